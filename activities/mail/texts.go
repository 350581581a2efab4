package mail

import (
	"embed"
	"fmt"
	"strings"

	"rondo/activities/fault"
	"rondo/workflows"
)

// Text is one mail as Liquid: {{ variable }}, filters, if, unless, case, for. HTML is escaped where values are printed.
type Text struct {
	Subject string `json:"subject,omitempty"`
	// Text is the plain version, which every mail has. A footer with the preferences and unsubscribe links follows it.
	Text string `json:"text,omitempty"`
	// HTML is the body; empty, it is made from Text. It stands in a layout with the same footer, unless it is a whole
	// document with an <html> tag, which then has to print links.unsubscribe itself.
	HTML string `json:"html,omitempty"`
}

// Texts are a program's own texts; a missing one is the built-in text.
type Texts map[workflows.Purpose]Text

// For gives the text of a purpose: the program's own, with what it leaves out taken from the one built in for its mode.
func (t Texts) For(p workflows.Purpose, mode string) Text {
	own, builtIn := t[p], Default(p, mode)
	if own.Subject == "" {
		own.Subject = builtIn.Subject
	}
	if own.Text == "" && own.HTML == "" {
		own.Text, own.HTML = builtIn.Text, builtIn.HTML
	}
	return own
}

// Purposes are the mails that programs have texts of, in the order a member meets them.
var Purposes = []workflows.Purpose{
	workflows.OptInMail, workflows.ReminderMail, workflows.MatchMail, workflows.NoMatchMail, workflows.CheckInMail,
}

// SessionPurposes are the mails of networking sessions, whose texts are the built-in ones.
var SessionPurposes = []workflows.Purpose{workflows.JoinMail, workflows.MetMail}

//go:embed defaults
var defaults embed.FS

// Default is the built-in text of a purpose, in programs of a mode. It panics for a purpose that has none.
func Default(p workflows.Purpose, mode string) Text {
	name := string(p)
	if HasOwn(p, mode) {
		name = mode + "_" + name
	}
	subject, text, _ := strings.Cut(read(name+".txt"), "\n\n")
	return Text{Subject: subject, Text: text, HTML: read(name + ".html")}
}

// HasOwn reports whether programs of a mode have a built-in text of their own for a purpose.
func HasOwn(p workflows.Purpose, mode string) bool {
	return mode == "mystery" && (p == workflows.MatchMail || p == workflows.CheckInMail)
}

func read(name string) string {
	b, err := defaults.ReadFile("defaults/" + name)
	if err != nil {
		panic(err) // embedded: only a missing file in the source tree
	}
	return string(b)
}

// Check compiles a program's text for a purpose and renders it for an invented reader. Its fault names every unknown
// variable, filter and tag, and every syntax error, with the line it is on. Visible are the attributes that the program
// shows to a match.
func Check(p workflows.Purpose, text Text, visible []string) error {
	_, err := Preview(p, "Sample program", text, visible, SampleReader(p, visible))
	return err
}

func textFault(p workflows.Purpose, bad map[string][]problem) error {
	f := fault.New(fault.Invalid, "text_invalid", "the %s text has mistakes", p)
	for _, field := range []string{"subject", "text", "html"} {
		for _, b := range bad[field] {
			f.Fields = append(f.Fields, fault.Field{Location: "texts." + string(p) + "." + field, Message: fmt.Sprintf("line %d: %s", b.line, b.message)})
		}
	}
	return f
}
