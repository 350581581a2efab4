package reply

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"rondo/activities/calendar"
)

func TestBack(t *testing.T) {
	for _, c := range []struct{ language, text, want string }{ // on Wednesday 10 June 2026
		{"en", "I will be back on 12 March", "2027-03-12"},
		{"en", "I will be back on March 12th, 2027.", "2027-03-12"},
		{"en", "back in the office 12.07.2026", "2026-07-12"},
		{"en", "back on 07/12", "2026-07-12"}, // not 7 December: that is later
		{"en", "back on 06/12", "2026-06-12"}, // 6 December is later
		{"en", "back on 13/07", "2026-07-13"},
		{"en", "back on 2026-07-01", "2026-07-01"},
		{"en", "out until 3 July", "2026-07-04"},
		{"en", "until the end of June", "2026-07-01"},
		{"en", "returning next Monday", "2026-06-15"},
		{"en", "back tomorrow", "2026-06-11"},
		{"en", "back next week", "2026-06-15"},
		{"en", "back in September", "2026-09-01"},
		{"en", "back on the 22nd", "2026-06-22"},
		{"en", "away from June 10 to June 19", "2026-06-20"},
		{"en", "away 10-19 June", "2026-06-20"},
		{"en", "away between 11 June and 14 June", "2026-06-15"},
		{"en", "On June 22 I will be back", "2026-06-22"},
		{"en", "out until 19 June. I am back on Monday, June 22nd", "2026-06-22"},
		{"en", "back on 10 June", "2026-06-10"},
		{"en", "back on 8 June", ""}, // two days ago, not next year
		{"en", "back on 8 June 2025", ""},
		{"en", "back on 1 July 2027", ""}, // more than a year ahead
		{"en", "back on 31 June", ""},
		{"en", "from 11 June I am out of office", ""},
		{"en", "call 24/7 on +44 20 12.07.2026", ""},
		{"fr", "de retour le 3 août", "2026-08-03"},
		{"fr", "je reviens le 1er juillet 2026", "2026-07-01"},
		{"fr", "jusqu'au 5 juillet inclus", "2026-07-06"},
		{"fr", "absent du 10 au 21 juin", "2026-06-22"},
		{"fr", "de retour le 12/07", "2026-07-12"},
		{"fr", "de retour le 07/12/26", "2026-12-07"},
		{"fr", "de retour lundi prochain", "2026-06-15"},
		{"fr", "à partir du 22 juin je serai de nouveau joignable", "2026-06-22"},
		{"fr", "entre le 11 et le 14 juin", "2026-06-15"},
		{"fr", "jusqu'à fin juin", "2026-07-01"},
		{"fr", "pas avant le 15 juin", "2026-06-15"},
		{"de", "bis zum 5. Juli", "2026-07-06"},
		{"de", "bis zum 5. Mai", ""},
		{"de", "bis einschließlich 24.06.", "2026-06-25"},
		{"de", "ab dem 22.06.2026 wieder da", "2026-06-22"},
		{"de", "zurück am 3. August", "2026-08-03"},
		{"de", "am 17. August zurück", "2026-08-17"},
		{"de", "vom 10. bis 21. Juni", "2026-06-22"},
		{"de", "zwischen dem 8. und 29. Juni", "2026-06-30"},
		{"de", "ab nächsten Montag wieder", "2026-06-15"},
		{"de", "morgen wieder im Büro", "2026-06-11"},
		{"de", "bis Ende Juni", "2026-07-01"},
		{"de", "ab 10.30 Uhr wieder da", ""},
		{"es", "vuelvo el 3 de agosto", "2026-08-03"},
		{"es", "hasta el 5 de julio de 2026", "2026-07-06"},
		{"es", "del 10 al 21 de junio", "2026-06-22"},
		{"es", "me reincorporo el 07/12", "2026-12-07"},
		{"es", "regreso el próximo lunes", "2026-06-15"},
		{"es", "estaré de vuelta a partir del 22 de junio", "2026-06-22"},
		{"es", "entre el 11 y el 14 de junio", "2026-06-15"},
		{"es", "hasta finales de junio", "2026-07-01"},
	} {
		today := calendar.WallOf(time.Date(2026, 6, 10, 0, 0, 0, 0, time.UTC), time.UTC).Date()
		require.Equal(t, c.want, back(fold(c.text), c.language, today).String(), c.text)
	}
}

func TestUntilCountsDaysWhereNowIs(t *testing.T) {
	m := Mail{Text: "I am back tomorrow", Auto: true}
	now := time.Date(2026, 6, 10, 23, 0, 0, 0, time.UTC)
	require.Equal(t, "2026-06-11", Classify(m, now).Until.String())
	require.Equal(t, "2026-06-12", Classify(m, now.In(time.FixedZone("", 2*60*60))).Until.String())
	require.True(t, Classify(m, time.Time{}).Until.IsZero())
}
