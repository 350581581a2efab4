package mail

import (
	"slices"
	"strings"

	"rondo/workflows"
)

// Variable is something a text can print, for the documentation and for Check.
type Variable struct {
	Name        string `json:"name"`
	Description string `json:"description"`
	// Purposes that know it; nil is all.
	Purposes []workflows.Purpose `json:"purposes,omitempty"`
}

var (
	asks   = []workflows.Purpose{workflows.OptInMail, workflows.ReminderMail}
	groups = []workflows.Purpose{workflows.MatchMail, workflows.CheckInMail}
	steps  = []workflows.Purpose{workflows.StepMail}
	meets  = append(slices.Clone(groups), workflows.MetMail)
)

var variables = []Variable{
	{"person.name", "The reader's name; their address where the name is unknown.", nil},
	{"person.email", "The reader's address.", nil},
	{"person.ATTRIBUTE", `Any attribute of the reader; person["Job title"] where the name is more than a word. Empty if they have none.`, nil},
	{"program.name", "The program's name.", Purposes},
	{"round.match_date", "When the groups are sent, in the reader's time zone. Empty while undated.", Purposes},
	{"round.answers_close", "Until when answers count, in the reader's time zone.", asks},
	{"links.answer", "The page that asks whether the reader takes part.", asks},
	{"links.answer_yes", "The same page with yes chosen; it still asks to confirm, because mail scanners follow links.", asks},
	{"links.answer_no", "The same page with no chosen.", asks},
	{"links.match", "The page that shows the reader's match.", groups},
	{"links.calendar", "A calendar file (.ics) of the match.", []workflows.Purpose{workflows.MatchMail}},
	{"links.check_in", "The page that asks whether they met.", []workflows.Purpose{workflows.CheckInMail}},
	{"links.preferences", "The page to pause, to name people to meet or avoid, and to leave the program.", Purposes},
	{"event.name", "The name of the event that the session is part of.", SessionPurposes},
	{"session.name", "The networking session's name.", SessionPurposes},
	{"session.starts", "When it starts, in the reader's time zone.", SessionPurposes},
	{"links.session", "The reader's page of the session: to come in, and afterwards whom they met.", SessionPurposes},
	{"sender.name", "The name of whose mailbox sends.", steps},
	{"sender.email", "Their address.", steps},
	{"links.unsubscribe", "The page that stops every kind of mail.", nil},
	{"others", "The people the reader meets, in a mystery the one they give to, to go through with {% for other in others %}: other.name, other.email, " +
		"other.ATTRIBUTE and other.attributes (each with name and value) for what the program shows.", meets},
	{"reason", "Why there was no match, as a sentence.", []workflows.Purpose{workflows.NoMatchMail}},
}

// Variables lists what texts of the purpose can print.
func Variables(p workflows.Purpose) []Variable {
	return slices.DeleteFunc(slices.Clone(variables), func(v Variable) bool { return !v.knownTo(p) })
}

func (v Variable) knownTo(p workflows.Purpose) bool {
	return v.Purposes == nil || slices.Contains(v.Purposes, p)
}

// Filters lists what can be written after a | in texts.
func Filters() []string {
	return []string{
		"append", "capitalize", "default", "downcase", "escape", "first", "join", "last", "map", "newline_to_br", "prepend",
		"replace", "size", "strip", "truncate", "truncatewords", "upcase", "url_encode",
	}
}

// vocabulary knows the names that may stand in the texts of one purpose.
type vocabulary struct {
	purpose workflows.Purpose
	visible []string // attributes of others that the program shows
}

// scope maps the names that loops have introduced to what they stand for.
type scope map[string]nameKind

type nameKind int

const (
	anything nameKind = iota
	anOther
)

// knows reports whether a path such as person.name or others[0].email can have a value.
func (v vocabulary) knows(path []string, loops scope) bool {
	if kind, ok := loops[path[0]]; ok {
		return kind == anything || v.knowsOther(path[1:])
	}
	switch path[0] {
	case "forloop":
		return len(loops) > 0
	case "person":
		return len(path) == 2
	case "others":
		return v.listed("others") && v.knowsOthers(path[1:])
	default:
		return v.listed(strings.Join(path, "."))
	}
}

func (v vocabulary) listed(name string) bool {
	return slices.ContainsFunc(variables, func(x Variable) bool { return x.Name == name && x.knownTo(v.purpose) })
}

func (v vocabulary) knowsOthers(rest []string) bool {
	if len(rest) == 0 || len(rest) == 1 && rest[0] == "size" {
		return true
	}
	return (rest[0] == indexed || rest[0] == "first" || rest[0] == "last") && v.knowsOther(rest[1:])
}

func (v vocabulary) knowsOther(rest []string) bool {
	if len(rest) == 0 {
		return true
	}
	if rest[0] == "attributes" {
		return true
	}
	return len(rest) == 1 && (rest[0] == "name" || rest[0] == "email" || slices.Contains(v.visible, rest[0]))
}
