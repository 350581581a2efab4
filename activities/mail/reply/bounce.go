package reply

import (
	"mime"
	"regexp"
	"strings"
)

var (
	// bounceSubject and delayed are about folded text.
	bounceSubject = regexp.MustCompile(`undeliver|delivery (?:status notification|failure|has failed|incomplete)|failure notice|returned mail|mail delivery failed|` +
		`unzustellbar|nicht zugestellt|zustellung fehlgeschlagen|` +
		`non remis|echec de (?:la )?(?:remise|distribution)|non distribu|` +
		`no entregado|no se (?:puede|pudo|ha podido) entregar|devuelto al remitente|error de entrega`)
	delayed = regexp.MustCompile(`\(delay\)|delayed|verzoe?ger|retarde|retard\b|demora|retrasad|warning: could not send|still being retried`)
	action  = regexp.MustCompile(`(?im)^action:\s*([a-z]+)`)
)

// bounced says whether a mail reports that a delivery failed. status is the text of its delivery-status part, if it was
// to be had; nobody says that the envelope has no sender, as RFC 5321 demands of such reports.
func bounced(m *Mail, h header, status string, nobody bool) bool {
	if found := action.FindAllStringSubmatch(status, maxIDs); found != nil {
		for _, a := range found {
			if strings.EqualFold(a[1], "failed") {
				return true
			}
		}
		return false
	}
	subject := fold(m.Subject)
	if delayed.MatchString(subject) {
		return false
	}
	kind, params, err := mime.ParseMediaType(h.get("Content-Type"))
	report := err == nil && kind == "multipart/report"
	if report && params["report-type"] != "" {
		return strings.EqualFold(params["report-type"], "delivery-status") // others say that a mail was read, or is spam
	}
	local, _, _ := strings.Cut(m.From, "@")
	switch {
	case local == "mailer-daemon", h.get("X-Failed-Recipients") != "":
		return true
	case nobody || local == "postmaster":
		return report || bounceSubject.MatchString(subject)
	default:
		return false
	}
}
