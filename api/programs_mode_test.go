package api

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
)

const mentorSeats = `{"attribute": " Role ", "of": [{"value": "mentor", "count": 1}, {"value": " mentee ", "count": 2}], "rematch": -1}`

func TestProgramModes(t *testing.T) {
	f := setup(t, unrung(t))
	f.posted() // person 1
	p := f.program(`{"name": "Coffee"}`)
	require.Equal(t, []any{"random", "larger"}, []any{p.Mode, p.Leftover})
	require.Nil(t, p.Seats)
	require.Empty(t, p.Fixed)
	path := "/v1/programs/" + decimal(p.ID)
	patch := func(body string) answer {
		return f.call(Admin, http.MethodPatch, path, body, "If-Match", f.call(Read, http.MethodGet, path, nil).Header.Get("ETag"))
	}

	p = into[Program](t, patch(`{"mode": "composer", "leftover": "smaller", "seats": `+mentorSeats+`}`), 200)
	require.Equal(t, &Seats{Attribute: "role", Of: []Seat{{Value: "mentor", Count: 1}, {Value: "mentee", Count: 2}}, Rematch: -1}, p.Seats)
	require.Equal(t, []any{3, "smaller"}, []any{p.GroupSize, p.Leftover}, "the seats are the group")
	require.Equal(t, "group_size_not_seats", patch(`{"group_size": 4}`).Problem.Code)
	require.Equal(t, 3, into[Program](t, patch(`{"name": "Tea"}`), 200).GroupSize)
	require.Equal(t, p.Seats, into[Program](t, patch(`{"mode": "composer"}`), 200).Seats, "the same mode keeps them")

	p = into[Program](t, patch(`{"mode": "lottery", "fixed": [1]}`), 200)
	require.Nil(t, p.Seats, "they were of the other mode")
	require.Equal(t, []int64{1}, p.Fixed)
	require.Equal(t, "person_not_found", patch(`{"fixed": [1, 99]}`).Problem.Code)
	p = into[Program](t, patch(`{"mode": "mystery"}`), 200)
	require.Equal(t, 2, p.GroupSize)
	require.Empty(t, p.Fixed)
	require.Equal(t, "seats_missing", patch(`{"mode": "composer"}`).Problem.Code)
	require.Equal(t, "mystery", into[Program](t, f.call(Read, http.MethodGet, path, nil), 200).Mode, "nothing is half changed")
	text := into[RenderedText](t, f.call(Read, http.MethodPost, path+"/texts/match/preview", `{}`), 200)
	require.Contains(t, text.Subject, "you give to Grace Hopper")
}

func TestProgramModeRefusals(t *testing.T) {
	f := setup(t, unrung(t))
	f.posted()
	for _, c := range []struct{ body, code, at string }{
		{`"mode": "composer"`, "seats_missing", "body.seats"},
		{`"mode": "composer", "group_size": 2, "seats": ` + mentorSeats, "group_size_not_seats", "body.group_size"},
		{`"seats": ` + mentorSeats, "seats_unused", "body.seats"},
		{`"mode": "lottery", "seats": ` + mentorSeats, "seats_unused", "body.seats"},
		{`"mode": "composer", "seats": {"attribute": " ", "of": [{"value": "a", "count": 2}]}`, "attribute_name_required", "body.seats.attribute"},
		{`"mode": "composer", "seats": {"attribute": "r", "of": [{"value": " ", "count": 2}]}`, "seat_value_missing", "body.seats.of[0].value"},
		{`"mode": "composer", "seats": {"attribute": "r", "of": [{"value": "a", "count": 1}, {"value": "a ", "count": 1}]}`, "seat_twice", "body.seats.of[1].value"},
		{`"mode": "composer", "seats": {"attribute": "r", "of": [{"value": "a", "count": 1}]}`, "seats_size", "body.seats.of"},
		{`"mode": "composer", "seats": {"attribute": "r", "of": [{"value": "a", "count": 5}, {"value": "b", "count": 4}]}`, "seats_size", "body.seats.of"},
		{`"mode": "composer", "seats": {"attribute": "r", "of": [{"value": "a", "count": 2}], "rematch": -2}`, "invalid_request", "body.seats.rematch"},
		{`"mode": "mystery", "group_size": 3`, "mystery_group_size", "body.group_size"},
		{`"mode": "speed_dating"`, "invalid_request", "body.mode"},
		{`"leftover": "eaten"`, "invalid_request", "body.leftover"},
		{`"fixed": [1]`, "fixed_unused", "body.fixed"},
		{`"mode": "lottery", "fixed": [1, 1]`, "fixed_twice", "body.fixed[1]"},
		{`"mode": "lottery", "fixed": [1, 99]`, "person_not_found", "body.fixed[1]"},
		{`"mode": "lottery", "fixed": [1, 2, 3, 4, 5, 6, 7, 8]`, "invalid_request", "body.fixed"},
	} {
		a := f.call(Admin, http.MethodPost, "/v1/programs", `{"name": "B", `+c.body+`}`)
		require.Equal(t, http.StatusUnprocessableEntity, a.Status, "%s: %s", c.body, a.Body)
		require.Equal(t, c.code, a.Problem.Code, c.body)
		require.Equal(t, c.at, a.Problem.Errors[0].Location, c.body)
	}
}

func TestRules(t *testing.T) {
	f := setup(t, unrung(t))
	p := f.program(`{"name": "Coffee", "rules": [
		{"kind": "between", "attribute": "Role", "value": " mentor ", "other": "ROLE", "other_value": "mentee", "hard": true},
		{"kind": "with", "attribute": "role", "value": "newcomer", "other": "Tenure", "other_value": "long"},
		{"kind": "with", "attribute": "role", "value": "mentor", "other_value": "newcomer"},
		{"kind": "with", "attribute": "role", "value": "newcomer", "other_value": "mentor"},
		{"kind": "apart", "attribute": "role", "value": "boss", "other_value": "mentee", "hard": true},
		{"kind": "wishes"}, {"kind": "few_shared", "attribute": "hobbies"}, {"kind": "no_repeat"}, {"kind": "fair_turns"}]}`)
	require.Equal(t, []Rule{
		{Kind: "between", Attribute: "role", Value: "mentor", OtherValue: "mentee", Hard: true},
		{Kind: "with", Attribute: "role", Value: "newcomer", Other: "tenure", OtherValue: "long"},
		{Kind: "with", Attribute: "role", Value: "mentor", OtherValue: "newcomer"},
		{Kind: "with", Attribute: "role", Value: "newcomer", OtherValue: "mentor"},
		{Kind: "apart", Attribute: "role", Value: "boss", OtherValue: "mentee", Hard: true},
		{Kind: "wishes"},
		{Kind: "few_shared", Attribute: "hobbies"},
		{Kind: "no_repeat"},
		{Kind: "fair_turns"},
	}, p.Rules)
	for _, c := range []struct{ rules, code, at string }{
		{`{"kind": "with", "value": "a", "other_value": "b"}`, "rule_attribute_missing", "[0].attribute"},
		{`{"kind": "few_shared"}`, "rule_attribute_missing", "[0].attribute"},
		{`{"kind": "wishes", "attribute": "a"}`, "rule_attribute_unused", "[0].attribute"},
		{`{"kind": "wishes", "hard": true}`, "rule_cannot_be_hard", "[0].hard"},
		{`{"kind": "fair_turns", "hard": true}`, "rule_cannot_be_hard", "[0].hard"},
		{`{"kind": "with", "attribute": "a", "other_value": "b"}`, "rule_value_missing", "[0].value"},
		{`{"kind": "apart", "attribute": "a", "value": "b"}`, "rule_value_missing", "[0].other_value"},
		{`{"kind": "between", "attribute": "a", "value": "b", "other_value": " "}`, "rule_value_missing", "[0].other_value"},
		{`{"kind": "same", "attribute": "a", "value": "b"}`, "rule_value_unused", "[0].value"},
		{`{"kind": "few_shared", "attribute": "a", "other_value": "b"}`, "rule_value_unused", "[0].other_value"},
		{`{"kind": "no_repeat", "other": "b"}`, "rule_value_unused", "[0].other"},
		{`{"kind": "few_shared", "attribute": "a"}, {"kind": "few_shared", "attribute": "A", "hard": true}`, "rule_twice", "[1]"},
		{`{"kind": "apart", "attribute": "a", "value": "x", "other_value": "y"}, {"kind": "apart", "attribute": "a", "value": "y", "other_value": "x"}`, "rule_twice", "[1]"},
		{`{"kind": "apart", "attribute": "a", "value": "x", "other": "b", "other_value": "y"}, {"kind": "apart", "attribute": "b", "value": "y", "other": "a", "other_value": "x"}`, "rule_twice", "[1]"},
		{`{"kind": "with", "attribute": "a", "value": "x", "other_value": "y"}, {"kind": "apart", "attribute": "a", "value": "x", "other_value": "y"}`, "rules_contradict", "[1]"},
		{`{"kind": "apart", "attribute": "a", "value": "x", "other_value": "y"}, {"kind": "between", "attribute": "a", "value": "y", "other_value": "x"}`, "rules_contradict", "[1]"},
		{`{"kind": "different", "attribute": "a"}, {"kind": "same", "attribute": "a"}`, "rules_contradict", "[1]"},
	} {
		a := f.call(Admin, http.MethodPost, "/v1/programs", `{"name": "B", "rules": [`+c.rules+`]}`)
		require.Equal(t, http.StatusUnprocessableEntity, a.Status, "%s: %s", c.rules, a.Body)
		require.Equal(t, c.code, a.Problem.Code, c.rules)
		require.Equal(t, "body.rules"+c.at, a.Problem.Errors[0].Location, c.rules)
	}
}
