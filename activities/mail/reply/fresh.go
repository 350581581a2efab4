package reply

import (
	"regexp"
	"strings"
)

// All about folded lines.
var (
	// attribution is the line, or two or three, over a quote: "On 10 June 2026, Ana wrote:". It names a day or an address.
	attribution = regexp.MustCompile(`^(?:on|le|am|el|il|op)\b.*(?:\d|@).*\b(?:wrote|a ecrit|ecrivait|schrieb|escribio)\b.{0,120}: ?$` +
		`|^(?:on|le|am|el)\b.*(?:\d|@).*(?:wrote|a ecrit|schrieb|escribio) ?:$` +
		`|^\S.*<\S+@\S+> ?(?:wrote|a ecrit|schrieb|escribio)\b.*: ?$` +
		`|^\d{4}-\d\d-\d\d \d.*<\S+@\S+> ?: ?$`)
	// begun is how an attribution may begin, so that few lines are joined.
	begun = regexp.MustCompile(`^(?:on|le|am|el|il|op|\d{4}-\d\d-\d\d)\b|@`)
	// separator is a line after which everything is quoted.
	separator = regexp.MustCompile(`^[-_*> ]{2,}(?:original message|original appointment|forwarded message|message d'origine|message original|message transfere|ursprue?ngliche nachricht|` +
		`original-nachricht|weitergeleitete nachricht|mensaje original|mensaje reenviado)[-_* ]*$|^begin forwarded message:$`)
	// sentBy and sentTo are lines of the header block that Outlook and others write over a quote.
	sentBy = regexp.MustCompile(`^\*{0,2}(?:from|de|von|expediteur|absender) ?:\*{0,2} ?\S`)
	sentTo = regexp.MustCompile(`^\*{0,2}(?:sent|date|to|cc|subject|envoye(?: le)?|a|objet|gesendet|datum|an|betreff|enviado(?: el)?|fecha|para|asunto) ?:\*{0,2}`)
	rule   = regexp.MustCompile(`^[-_]{5,}$`)
)

// Fresh is what the person wrote: without quoted text, the lines that introduce it, and signatures. What stands under a
// quote marked with ">" is kept, what stands under another quote is not.
func (m Mail) Fresh() string {
	return strings.TrimSpace(strings.Join(unsigned(unquoted(strings.Split(m.Text, "\n"))), "\n"))
}

// quote marks where quoted lines were, so that signatures can be told to end there.
const quote = "\x00"

// unquoted takes quotes out.
func unquoted(lines []string) []string {
	folded := make([]string, len(lines))
	for i, line := range lines {
		if len(line) <= 1000 { // longer lines are prose
			folded[i] = fold(line)
		}
	}
	var kept []string
	for i := 0; i < len(lines); i++ {
		f := folded[i]
		switch {
		case strings.HasPrefix(strings.TrimSpace(lines[i]), ">"):
			kept = append(kept, quote)
		case separator.MatchString(f), headerBlock(folded[i:]):
			for len(kept) > 0 && (strings.TrimSpace(kept[len(kept)-1]) == "" || rule.MatchString(fold(kept[len(kept)-1]))) {
				kept = kept[:len(kept)-1]
			}
			return kept
		default:
			n := attributes(folded[i:])
			if n == 0 {
				kept = append(kept, lines[i])
				continue
			}
			if next := i + n + firstNotEmpty(folded[i+n:]); next == len(lines) || !strings.HasPrefix(folded[next], ">") {
				return kept
			}
			kept = append(kept, quote)
			i += n - 1
		}
	}
	return kept
}

// attributes is how many lines the attribution takes that begins here; 0 is none.
func attributes(folded []string) int {
	if !begun.MatchString(folded[0]) {
		return 0
	}
	joined := ""
	for n, line := range folded[:min(3, len(folded))] {
		if strings.HasPrefix(line, ">") || line == "" {
			return 0
		}
		if joined = strings.TrimSpace(joined + " " + line); len(joined) > 400 {
			return 0
		}
		if attribution.MatchString(joined) {
			return n + 1
		}
	}
	return 0
}

// headerBlock says whether "From:" begins here, followed by other headers of a mail.
func headerBlock(folded []string) bool {
	if !sentBy.MatchString(folded[0]) {
		return false
	}
	n := 0
	for _, line := range folded[1:min(7, len(folded))] {
		if sentTo.MatchString(line) {
			n++
		}
	}
	return n >= 2
}

// firstNotEmpty is the index of the first line with words, or the length.
func firstNotEmpty(lines []string) int {
	for i, line := range lines {
		if strings.TrimSpace(line) != "" {
			return i
		}
	}
	return len(lines)
}
