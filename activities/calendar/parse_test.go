package calendar

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestParseWallSaysWhatWouldBeRight(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"", `the year needs 4 digits, as in 2026-06-04T10:00`},
		{"tomorrow", `the year needs 4 digits, as in 2026-06-04T10:00`},
		{"2026/06/04T10:00", `expected '-' between year and month, as in 2026-06-04T10:00`},
		{"2026-6-4T10:00", `the month needs 2 digits, as in 2026-06-04T10:00`},
		{"2026-06-04", `the time of day is missing, as in 2026-06-04T10:00`},
		{"2026-06-04 10:00", `expected 'T' between date and time, as in 2026-06-04T10:00`},
		{"2026-06-04T10", `expected ':' between hour and minute, as in 2026-06-04T10:00`},
		{"2026-06-04T9:00", `the hour needs 2 digits, as in 2026-06-04T10:00`},
		{"2026-13-04T10:00", `the month must be from 01 to 12`},
		{"2026-02-29T10:00", `February 2026 has days 01 to 28`},
		{"2028-02-30T10:00", `February 2028 has days 01 to 29`},
		{"2026-06-00T10:00", `June 2026 has days 01 to 30`},
		{"2026-06-04T24:00", `the hour must be from 00 to 23`},
		{"2026-06-04T10:60", `the minute must be from 00 to 59`},
		{"2026-06-30T23:59:60", `the second must be from 00 to 59`},
		{"0000-06-04T10:00", `the year must be from 1900 to 9999`},
		{"2026-06-04T10:00Z", `a wall clock has no offset; leave out "Z" and name the zone separately`},
		{"2026-06-04T10:00+02:00", `a wall clock has no offset; leave out "+02:00" and name the zone separately`},
		{"2026-06-04T10:00:00[Europe/Paris]", `a wall clock has no offset; leave out "[Europe/Paris]" and name the zone separately`},
		{"2026-06-04T10:00:00.5", `only whole seconds are kept; leave out ".5"`},
		{"2026-06-04T10:00 ", `unexpected " " at the end; write it as in 2026-06-04T10:00`},
	} {
		t.Run(c.text, func(t *testing.T) {
			_, err := ParseWall(c.text)
			var parseErr *ParseError
			require.ErrorAs(t, err, &parseErr)
			require.Equal(t, c.want, parseErr.Problem)
			require.Equal(t, c.text, parseErr.Text)
		})
	}
	_, err := ParseWall("2026-06-04T10:00 and then a text that goes on and on")
	require.EqualError(t, err, `date-time "2026-06-04T10:00 and then a text that go...": `+
		`unexpected " and then a text that goes on and on" at the end; write it as in 2026-06-04T10:00`)
}

func TestParseDateSaysWhatWouldBeRight(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"", `date "": the year needs 4 digits, as in 2026-06-04`},
		{"04.06.2026", `date "04.06.2026": the year needs 4 digits, as in 2026-06-04`},
		{"2026-06-31", `date "2026-06-31": June 2026 has days 01 to 30`},
		{"2026-06-04T10:00", `date "2026-06-04T10:00": unexpected "T10:00" at the end; write it as in 2026-06-04`},
	} {
		t.Run(c.text, func(t *testing.T) {
			_, err := ParseDate(c.text)
			require.EqualError(t, err, c.want)
		})
	}
}

func TestTextForms(t *testing.T) {
	type doc struct {
		Wall Wall            `json:"wall"`
		Date Date            `json:"date"`
		Days map[Date]string `json:"days"`
	}
	var d doc
	in := `{"wall":"2026-06-04T10:00:07","date":"2024-02-29","days":{"2026-12-25":"Christmas"}}`
	require.NoError(t, json.Unmarshal([]byte(in), &d))
	out, err := json.Marshal(d)
	require.NoError(t, err)
	require.JSONEq(t, in, string(out))
	require.Equal(t, "Christmas", d.Days[mustDate("2026-12-25")])

	require.Equal(t, "2026-06-04T10:00", mustWall("2026-06-04T10:00:00").String())
	require.Equal(t, time.Thursday, mustWall("2026-06-04T10:00").Weekday())
	require.Equal(t, mustDate("2026-06-04"), mustWall("2026-06-04T23:59:59").Date())
	require.Equal(t, mustDate("2027-01-01"), mustDate("2026-12-31").AddDays(1))
	require.Error(t, json.Unmarshal([]byte(`{"wall":"2026-06-04"}`), &d))
	require.Error(t, json.Unmarshal([]byte(`{"date":"soon"}`), &d))

	var none doc
	out, err = json.Marshal(none)
	require.NoError(t, err)
	require.JSONEq(t, `{"wall":"","date":"","days":null}`, string(out))
	require.NoError(t, json.Unmarshal(out, &d))
	require.Equal(t, none, d)

	_, err = json.Marshal(mustWall("9999-12-31T10:00").AddDays(1))
	require.ErrorContains(t, err, "the year must be from 1900 to 9999")
	_, err = json.Marshal(mustDate("1900-01-01").AddDays(-1))
	require.ErrorContains(t, err, "the year must be from 1900 to 9999")
}

func TestWallOrderIsTheOrderOfItsText(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := walls.Draw(t, "a"), walls.Draw(t, "b")
		textA, textB := a.In(time.UTC).Format(time.RFC3339), b.In(time.UTC).Format(time.RFC3339)
		require.Equal(t, textA < textB, a.Before(b))
		require.Equal(t, textA == textB, a == b)
		require.Equal(t, a.Compare(b), -b.Compare(a))
		require.Equal(t, a.Compare(b) < 0, a.Before(b))
		require.Equal(t, a.Date().Compare(b.Date()) < 0, a.Date().Before(b.Date()))

		days := rapid.IntRange(-4000, 4000).Draw(t, "days")
		want := a.In(time.UTC).AddDate(0, 0, days)
		require.Equal(t, want, a.AddDays(days).In(time.UTC))
		require.Equal(t, want.Weekday(), a.AddDays(days).Weekday())
		require.Equal(t, a.AddDays(days).Date(), a.Date().AddDays(days))
	})
}

// FuzzParseWall holds ParseWall against time.Parse, which knows the calendar but
// is laxer about length.
func FuzzParseWall(f *testing.F) {
	for _, seed := range []string{
		"2026-06-04T10:00", "2026-06-04T10:00:59", "2028-02-29T00:00", "2026-02-29T00:00", "2026-06-04",
		"2026-06-04T24:00", "2026-06-04T10:00Z", "1899-12-31T23:59", "2026-06-04T10:00:0", "", "٢٠٢٦-06-04T10:00",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		layout := "2006-01-02T15:04:05"
		if len(text) == 16 {
			layout = "2006-01-02T15:04"
		}
		want, stdErr := time.Parse(layout, text)
		valid := stdErr == nil && len(text) == len(layout) && want.Year() >= 1900

		got, err := ParseWall(text)
		require.Equal(t, valid, err == nil, "%q: %v, time.Parse: %v", text, err, stdErr)
		if err != nil {
			require.Zero(t, got)
			return
		}
		require.True(t, want.Equal(got.In(time.UTC)))
		again, err := ParseWall(got.String())
		require.NoError(t, err)
		require.Equal(t, got, again)
	})
}

// FuzzParseDate holds ParseDate against time.Parse.
func FuzzParseDate(f *testing.F) {
	for _, seed := range []string{"2026-06-04", "2028-02-29", "2100-02-29", "2026-6-4", "0000-00-00", "2026-06-04T", ""} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		want, stdErr := time.Parse(time.DateOnly, text)
		valid := stdErr == nil && want.Year() >= 1900
		got, err := ParseDate(text)
		require.Equal(t, valid, err == nil, "%q: %v, time.Parse: %v", text, err, stdErr)
		if err != nil {
			require.Zero(t, got)
			return
		}
		require.Equal(t, text, got.String())
		require.Equal(t, want.Weekday(), got.Weekday())
	})
}
