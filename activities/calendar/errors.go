package calendar

import "strings"

// Codes of a FieldError.
const (
	CodeRequired         = "required"           // a date that the others need is missing
	CodeConflict         = "conflict"           // two fields that exclude each other
	CodeUnknownZone      = "unknown_zone"       // not an IANA zone
	CodePast             = "past"               // lies before now
	CodeNotBeforeMatch   = "not_before_match"   // opt-in at or after the match
	CodeOutOfRange       = "out_of_range"       // a number outside its range
	CodeUntilBeforeFirst = "until_before_first" // ends before it begins
	CodeNotRecurring     = "not_recurring"      // an end for something that happens once
	CodeNoSuchOrdinal    = "no_such_ordinal"    // the recurrence has no such occurrence
)

// FieldError is one thing wrong with one field.
type FieldError struct {
	Field  string // review, opt_in, match, zone, every_weeks, until, count, ordinal
	Code   string // one of the Code constants
	Detail string // a sentence for the person who entered it
}

// FieldErrors is everything wrong with an input, in the order of its fields.
type FieldErrors []FieldError

func (e FieldErrors) Error() string {
	parts := make([]string, len(e))
	for i, f := range e {
		parts[i] = f.Field + ": " + f.Detail
	}
	return strings.Join(parts, "; ")
}

func (e *FieldErrors) add(field, code, detail string) {
	*e = append(*e, FieldError{Field: field, Code: code, Detail: detail})
}

// orNil keeps an empty list from becoming a non-nil error.
func (e FieldErrors) orNil() error {
	if len(e) == 0 {
		return nil
	}
	return e
}
