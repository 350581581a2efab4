package reply

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestFresh(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"nothing else":     {"Yes.\n", "Yes."},
		"quoted above":     {"On Wed, Jun 10, 2026 at 8:00 AM A <a@example.com>\nwrote:\n> q\n> q\n\nYes.", "Yes."},
		"quoted between":   {"> one?\nYes.\n> two?\nNo.", "Yes.\nNo."},
		"Gmail, French":    {"Oui.\n\nLe mer. 10 juin 2026 à 08:00, A <a@example.com> a écrit :\n\nq", "Oui."},
		"Gmail, German":    {"Ja.\n\nAm Mi., 10. Juni 2026 um 08:00 Uhr schrieb A <\na@example.com>:\n> q", "Ja."},
		"Thunderbird":      {"Ja.\n\nAm 10.06.2026 um 08:00 schrieb A:\n> q", "Ja."},
		"Gmail, Spanish":   {"Sí.\n\nEl mié, 10 jun 2026 a las 8:00, A (<a@example.com>) escribió:\n> q", "Sí."},
		"name first":       {"Ja.\n\nA <a@example.com> schrieb am Mi., 10. Juni 2026, 08:00:\n> q", "Ja."},
		"Outlook":          {"Yes.\n\n________________________________\nFrom: A <a@example.com>\nSent: x\nTo: B\nSubject: q\n\nq", "Yes."},
		"Outlook, French":  {"Oui.\n\nDe : A\nEnvoyé : x\nÀ : B\nObjet : q\n\nq", "Oui."},
		"Outlook, German":  {"Ja.\n\nVon: A\nGesendet: x\nAn: B\nBetreff: q\n\nq", "Ja."},
		"Outlook, Spanish": {"Sí.\n\nDe: A\nEnviado el: x\nPara: B\nAsunto: q\n\nq", "Sí."},
		"original message": {"Ja.\n-----Ursprüngliche Nachricht-----\nq", "Ja."},
		"a person's words": {"From: here on it is simple.\nOn Monday he wrote: no.\nOn 3 May I will go.", "From: here on it is simple.\nOn Monday he wrote: no.\nOn 3 May I will go."},
		"signature":        {"Yes.\n-- \nPat\nUnsubscribe", "Yes."},
		"closing":          {"Yes.\n\nKind regards,\nPat Specimen\nHead of X | +44 20", "Yes."},
		"closing, German":  {"Ja.\n\nMit freundlichen Grüßen\nKim\nGmbH", "Ja."},
		"closing, French":  {"Oui.\n\nBien cordialement,\nCamille", "Oui."},
		"closing, Spanish": {"Sí.\n\nUn saludo,\nNoa", "Sí."},
		"postscript":       {"Yes.\n\nBest,\nPat\n\nPS: No.", "Yes.\n\nPS: No."},
		"second language":  {"Weg.\n\nViele Grüße\nKim\n\nHello, I am away.", "Weg.\n\nHello, I am away."},
		"only thanks":      {"Thanks!", "Thanks!"},
		"telephone":        {"Oui\n\nEnvoyé de mon iPhone", "Oui"},
		"disclaimer":       {"Yes.\n\nThis e-mail is confidential. Unsubscribe.", "Yes."},
	} {
		t.Run(name, func(t *testing.T) { require.Equal(t, c.want, Mail{Text: c.text}.Fresh()) })
	}
}

func TestHTMLQuotes(t *testing.T) {
	for markup, want := range map[string]string{
		`<div>Yes<br>now</div><div class="gmail_quote">On 10 June A wrote:<blockquote>q</blockquote></div>`:                   "Yes\nnow",
		`<blockquote><div>q</div></div></blockquote>Yes`:                                                                      "Yes",
		`<style>p{}</style><p>Ja</p><hr><div id="divRplyFwdMsg"><b>Von:</b> A</div><div>q</div>`:                              "Ja",
		`<p>one</p><p>two&nbsp;&amp; three</p><ul><li>x</li><li>y</li></ul><script>z</script><img src=cid:1 alt=unsubscribe>`: "one\n\ntwo & three\n\nx\ny",
	} {
		require.Equal(t, want, Mail{Text: clean(textOfHTML(markup))}.Fresh(), markup)
	}
}
