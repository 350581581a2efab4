package api

import (
	"context"
	"net/http"
	"time"

	"rondo/activities/fault"
	"rondo/activities/store"
	"rondo/activities/store/filter"
)

func (s *Server) addPeople() {
	handle(s, Route{
		Method: http.MethodGet, Path: "/v1/people", ID: "list-people", Tag: "people", Scope: Read,
		Summary: "List people whom a filter selects",
		Description: "`filter` is a small language: `department = \"Sales\" and (timezone starts with Europe or not office is set)`. " +
			"It knows email, name, timezone, owner, status, list, program, created and every attribute; = != in (..) not in, contains, starts with, " +
			"is set, is not set, < <= > >=; and, or, not and parentheses. See docs/filters.md.",
	}, s.listPeople)
	handle(s, Route{
		Method: http.MethodPost, Path: "/v1/people", ID: "create-person", Tag: "people", Scope: Admin,
		Status: http.StatusCreated, Idempotent: true, Summary: "Add a person",
	}, s.createPerson)
	handle(s, Route{
		Method: http.MethodGet, Path: "/v1/people/{id}", ID: "get-person", Tag: "people", Scope: Read,
		Summary: "Read a person", Description: "Of an erased person only the id, the status and the dates are left.",
	}, s.getPerson)
	handle(s, Route{
		Method: http.MethodPatch, Path: "/v1/people/{id}", ID: "update-person", Tag: "people", Scope: Admin,
		Summary: "Change a person", Description: "Fields that are missing stay. Attributes are merged; an empty value removes one.",
	}, s.updatePerson)
}

// Person is anyone Rondo writes to or introduces.
type Person struct {
	ID             int64             `json:"id"`
	Email          string            `json:"email,omitempty" doc:"Lower case, the domain in ASCII; missing: erased"`
	Name           string            `json:"name"`
	Timezone       string            `json:"timezone" doc:"IANA name; empty: not known"`
	Owner          string            `json:"owner,omitempty" doc:"The address of the user who owns the person"`
	Attributes     map[string]string `json:"attributes" doc:"Names are lower case; no value is empty"`
	Status         string            `json:"status" enum:"active,inactive,erased"`
	InactiveReason string            `json:"inactive_reason,omitempty" enum:"admin,unsubscribe,bounce,spam"`
	SnoozedUntil   *time.Time        `json:"snoozed_until,omitempty" doc:"May have passed"`
	CreatedAt      time.Time         `json:"created_at"`
	UpdatedAt      time.Time         `json:"updated_at"`
}

func showPerson(p store.Person) Person {
	return Person{
		ID: p.ID, Email: p.Email, Name: p.Name, Timezone: p.Timezone, Owner: p.Owner, Attributes: p.Attributes, Status: p.Status,
		InactiveReason: p.InactiveReason, SnoozedUntil: p.SnoozedUntil, CreatedAt: p.CreatedAt, UpdatedAt: p.UpdatedAt,
	}
}

// PersonPath is embedded by inputs about one person.
type PersonPath struct {
	ID int64 `path:"id" minimum:"1"`
}

// FilterQuery is embedded by the inputs of what can be filtered.
type FilterQuery struct {
	Filter string `query:"filter" maxLength:"10000" doc:"Whom to select; empty: everybody" example:"department = Sales and status = active"`
}

// expr parses the filter.
func (q FilterQuery) expr() (filter.Expr, error) { return parseFilter("query.filter", q.Filter) }

// parseFilter names the input that is wrong.
func parseFilter(location, text string) (filter.Expr, error) {
	e, err := filter.Parse(text)
	if err != nil {
		f := *fault.From(err)
		f.Fields = []fault.Field{{Location: location, Message: f.Message}}
		return e, &f
	}
	return e, nil
}

type (
	peopleOutput struct{ Body Page[Person] }
	personOutput struct {
		ETag ETag `header:"ETag"`
		Body Person
	}
)

// answerPerson rings what a change of a person concerns, and shows it.
func (s *Server) answerPerson(ctx context.Context, p store.Person, rings []store.Ring, err error) (*personOutput, error) {
	if err != nil {
		return nil, err
	}
	s.ring(ctx, rings)
	return &personOutput{ETag: etag(p.Version), Body: showPerson(p)}, nil
}

type listPeopleInput struct {
	PageQuery
	FilterQuery
	EligibleFor int64 `query:"eligible_for" minimum:"1" doc:"Only who would be invited if a round of this program opened now"`
}

func (s *Server) listPeople(ctx context.Context, in *listPeopleInput) (*peopleOutput, error) {
	p, err := in.page()
	if err != nil {
		return nil, err
	}
	e, err := in.expr()
	if err != nil {
		return nil, err
	}
	var rows []store.Person
	if in.EligibleFor != 0 {
		rows, err = s.store.EligiblePeople(ctx, in.EligibleFor, e, p)
	} else {
		rows, err = s.store.People(ctx, e, p)
	}
	if err != nil {
		return nil, err
	}
	return &peopleOutput{Body: newPage(in.PageQuery, rows, func(p store.Person) int64 { return p.ID }, showPerson)}, nil
}

type createPersonInput struct {
	Body struct {
		Email      string            `json:"email" maxLength:"320"`
		Name       string            `json:"name,omitempty" maxLength:"200"`
		Timezone   string            `json:"timezone,omitempty" doc:"IANA name"`
		Owner      string            `json:"owner,omitempty" doc:"A user's address"`
		Attributes map[string]string `json:"attributes,omitempty"`
	}
}

func (s *Server) createPerson(ctx context.Context, in *createPersonInput) (*personOutput, error) {
	key, err := store.NewErasureKey(s.secret)
	if err != nil {
		return nil, err
	}
	p, rings, err := s.store.CreatePerson(ctx, key, store.NewPerson(in.Body))
	return s.answerPerson(ctx, p, rings, err)
}

func (s *Server) getPerson(ctx context.Context, in *PersonPath) (*personOutput, error) {
	p, err := s.store.Person(ctx, in.ID)
	return s.answerPerson(ctx, p, nil, err)
}

type updatePersonInput struct {
	PersonPath
	IfMatch
	Body struct {
		Email      *string           `json:"email,omitempty" maxLength:"320"`
		Name       *string           `json:"name,omitempty" maxLength:"200"`
		Timezone   *string           `json:"timezone,omitempty" doc:"IANA name; empty: not known"`
		Owner      *string           `json:"owner,omitempty" doc:"A user's address; empty: nobody"`
		Attributes map[string]string `json:"attributes,omitempty" doc:"Merged; an empty value removes the attribute"`
	}
}

func (s *Server) updatePerson(ctx context.Context, in *updatePersonInput) (*personOutput, error) {
	version, err := in.version()
	if err != nil {
		return nil, err
	}
	key, err := store.NewErasureKey(s.secret)
	if err != nil {
		return nil, err
	}
	b := in.Body
	p, rings, err := s.store.PatchPerson(ctx, key, in.ID, version, store.PersonPatch{
		Email: b.Email, Name: b.Name, Timezone: b.Timezone, Owner: b.Owner, Attributes: b.Attributes,
	})
	return s.answerPerson(ctx, p, rings, err)
}
