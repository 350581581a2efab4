package reply

import (
	"regexp"
	"strings"
)

// All about folded lines.
var (
	// closing ends a letter; what follows is a name, an office, telephone numbers.
	closing = regexp.MustCompile(`^(?:(?:with |my )?(?:kind|best|warm|kindest|warmest|many)? ?(?:regards|wishes|thanks)|all the best|best|cheers|sincerely|yours(?: \w+)?|sincerely yours|thanks?(?: you)?(?: (?:a lot|so much|in advance|and regards|again))?|` +
		`(?:bien |tres )?cordialement|(?:bien )?a vous|salutations(?: \w+)?|(?:meilleures|sinceres) salutations|bonne (?:journee|soiree|continuation)|amicalement|merci(?: d'avance| beaucoup| et .{0,20})?|` +
		`(?:mit )?(?:freundlichen?|besten?|vielen|herzlichen?|schoenen?|schonen?|viele|liebe|beste|schone) (?:grue?ssen?|dank|grusse)|grue?sse?|mfg|lg|vg|hochachtungsvoll|danke(?: schon| sehr| im voraus)?|vielen dank(?: und .{0,30})?|` +
		`(?:un )?(?:cordial )?saludos?(?: cordial(?:es)?)?|(?:reciba )?un (?:cordial )?(?:saludo|abrazo)|atentamente|(?:muchas )?gracias(?: de antemano| y .{0,20})?)(?:,? [a-z]+)?[ ,.!]*$`)
	// device is what a telephone writes under a mail.
	device = regexp.MustCompile(`^(?:sent (?:from|via) (?:my |the )?|get outlook for|envoye (?:de|depuis) |telecharger outlook|gesendet (?:von|mit) |von mein\w+ .{0,30}gesendet|outlook fur .{0,20} herunterladen|diese nachricht wurde von mein|enviado (?:desde|con) |obtener outlook|obtenga outlook).{0,80}$`)
	// disclaimer begins the small print of a company.
	disclaimer = regexp.MustCompile(`^(?:this (?:e-?mail|message)|the information|ce (?:message|courriel|mail)|les informations|diese (?:e-?mail|nachricht)|este (?:mensaje|correo)|la informacion).{0,120}confid|^(?:confidentiality|avis de confidentialite|aviso legal|disclaimer)`)
	// greeting begins a letter: the same notice in another language, after the signature of the first.
	greeting = regexp.MustCompile(`^(?:hi|hello|dear|greetings|bonjour|bonsoir|madame|chere?s?|hallo|guten|sehr geehrte|liebe|hola|estimad|buen[oa]s|p\.? ?s\b|english|francais|deutsch|espanol|[-*_=(\[])`)
)

const maxSignature = 15

// unsigned takes signatures out of lines without quotes. A signature ends with a quote, a greeting or a line of prose.
func unsigned(lines []string) []string {
	var kept []string
	dashes := false // under "-- "
	signed := 0     // lines since the closing, counting from 1
	for _, line := range lines {
		if line == quote {
			dashes, signed = false, 0
			continue
		}
		f := fold(line)
		switch {
		case dashes, device.MatchString(f) && len(f) <= 120:
		case f == "--":
			dashes = len(kept) > 0
		case disclaimer.MatchString(f):
			dashes = true
		case signed > 0 && signed <= maxSignature && !greeting.MatchString(f) && !prose(f):
			signed++
		case len(f) <= 60 && closing.MatchString(f) && firstNotEmpty(kept) < len(kept):
			signed = 1
		default:
			kept, signed = append(kept, line), 0
		}
	}
	return kept
}

// prose is a line longer than those of signatures, without what stands in them.
func prose(f string) bool {
	return len(f) >= 60 && !strings.ContainsAny(f, "|@") && !strings.Contains(f, "http")
}
