// Package filter is the small language in which people are selected: the people list, the export, lists filled by a
// filter and the audience of a program all read it. A filter is parsed by hand and compiled to SQL with arguments; no
// part of its text ever becomes SQL.
//
// # Reference
//
//	department = "Sales" and (timezone starts with Europe or not office is set)
//
// A filter is conditions joined by "and", "or" and "not"; "not" binds tightest, then "and", then "or", and parentheses
// say otherwise. The empty filter selects everybody. Erased people are never selected by whoever lists people.
//
// A condition names a field:
//
//	email name timezone   text of the person
//	owner                 the owner's e-mail address
//	status                active or inactive
//	list                  the names of the lists the person is on
//	program               the ids of the programs whose rounds the person was ever part of
//	created               when Rondo first knew the person, in UTC
//	anything else         the attribute of that name; attr."any name" for names that are no plain word, or one of the above
//
// and an operator:
//
//	= x   != x               equal, not equal
//	in (x, y)  not in (x, y) equal to one of them, to none of them
//	contains x  starts with x
//	is set  is not set       not empty, empty; of list and program: at least one, none
//	<  <=  >  >=             of created and attributes: order of dates (2026-01-31) or, for attributes, of numbers (12.5)
//
//	            = !=   in, not in   contains, starts with   is (not) set   < <= > >=
//	text, owner  x         x                 x                    x
//	attribute    x         x                 x                    x         number or date
//	status       x         x
//	list         x         x                                      x
//	program      x         x                                      x
//	created      x                                                          date or instant
//
// Text is compared without regard to case. A missing attribute is the same as an empty one, and a condition is either
// true or false, never unknown: != and "not in" select exactly those that = and "in" leave, the empty ones included. Of
// list and program, "= x" means that x is among them. An ordered comparison of an attribute holds only for people whose
// value is a number (a date); of a value such as 2026-01-31T10:00 the first ten characters are the date.
//
// A date after created means that whole day in UTC, so that "created <= 2026-01-31" includes the evening of the 31st; an
// instant (2026-01-31T10:00:00Z) means itself.
//
// A value is a bare word of letters, digits and _ - . @ : + / or is written in double quotes, where \" is a quote and \\
// a backslash. Keywords are written in any case; to use one as a value, quote it. A plain attribute name is a word of
// letters, digits, _ and - that begins with a letter. Attribute names have no case.
//
// A filter has at most MaxLength characters and MaxDepth levels of parentheses and "not".
package filter
