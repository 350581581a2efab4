package api

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"time"

	"rondo/activities/fault"
	"rondo/activities/mail"
	"rondo/activities/matching"
	"rondo/activities/store"
	"rondo/activities/store/filter"
)

func (s *Server) addPrograms() {
	handle(s, Route{
		Method: http.MethodGet, Path: "/v1/programs", ID: "list-programs", Tag: "programs", Scope: Read,
		Summary: "List programs",
	}, s.listPrograms)
	handle(s, Route{
		Method: http.MethodPost, Path: "/v1/programs", ID: "create-program", Tag: "programs", Scope: Admin,
		Status: http.StatusCreated, Idempotent: true, Summary: "Create a program",
		Description: "Only `name` is required: everybody is asked, pairs are made, nobody meets the same person again while that can be avoided.",
	}, s.createProgram)
	handle(s, Route{
		Method: http.MethodGet, Path: "/v1/programs/{id}", ID: "get-program", Tag: "programs", Scope: Read,
		Summary: "Read a program",
	}, s.getProgram)
	handle(s, Route{
		Method: http.MethodPatch, Path: "/v1/programs/{id}", ID: "update-program", Tag: "programs", Scope: Admin,
		Summary:     "Change a program",
		Description: "Fields that are missing stay. Rounds that have opened keep how people take part; everything else counts from the next moment it is needed.",
	}, s.updateProgram)
	handle(s, Route{
		Method: http.MethodPost, Path: "/v1/programs/{id}/archive", ID: "archive-program", Tag: "programs", Scope: Admin,
		Summary: "End a program: its schedules end, running rounds go on",
	}, s.archiveProgram)
	handle(s, Route{
		Method: http.MethodGet, Path: "/v1/programs/{id}/never-pairs", ID: "list-never-pairs", Tag: "programs", Scope: Admin,
		Summary: "List who is never matched with whom",
	}, s.listNeverPairs)
	handle(s, Route{
		Method: http.MethodPost, Path: "/v1/programs/{id}/never-pairs", ID: "add-never-pairs", Tag: "programs", Scope: Admin, Idempotent: true,
		Summary: "Never match these pairs, in no round of this program",
	}, s.addNeverPairs)
	handle(s, Route{
		Method: http.MethodPost, Path: "/v1/programs/{id}/never-pairs/remove", ID: "remove-never-pairs", Tag: "programs", Scope: Admin,
		Summary: "Let these pairs be matched again",
	}, s.removeNeverPairs)
}

// Program is a standing matchmaking programme.
type Program struct {
	ID                int64      `json:"id"`
	Name              string     `json:"name"`
	Audience          string     `json:"audience" doc:"A filter over people; empty: everybody"`
	GroupSize         int        `json:"group_size" doc:"In a lottery: how many are drawn"`
	Participation     string     `json:"participation" enum:"ask,automatic"`
	Mode              string     `json:"mode" enum:"random,cross_groups,composer,lottery,mystery" doc:"How groups come about"`
	Leftover          string     `json:"leftover" enum:"larger,smaller,left_out" doc:"What becomes of people who do not fill a group, in modes random and cross_groups"`
	Seats             *Seats     `json:"seats,omitempty" doc:"Of mode composer"`
	Fixed             []int64    `json:"fixed,omitempty" doc:"Of mode lottery: people who are in the group besides those drawn, whenever they take part"`
	Rules             []Rule     `json:"rules" nullable:"false" doc:"Ranked: the first outranks the rest"`
	Reminder          bool       `json:"reminder"`
	SenderName        string     `json:"sender_name"`
	VisibleAttributes []string   `json:"visible_attributes" nullable:"false" doc:"What people who are matched see of each other beside name and address"`
	Texts             mail.Texts `json:"texts" doc:"By purpose: opt_in, reminder, match, no_match, check_in; a missing one uses the built-in text"`
	Color             string     `json:"color" doc:"Of its cards in the planning; stable"`
	RoundsSent        int        `json:"rounds_sent" doc:"How many of its rounds have sent matches"`
	ArchivedAt        *time.Time `json:"archived_at,omitempty"`
	CreatedAt         time.Time  `json:"created_at"`
}

// programFields are what an admin sets.
type programFields struct {
	Name              *string     `json:"name,omitempty" minLength:"1" maxLength:"200"`
	Audience          *string     `json:"audience,omitempty" maxLength:"4000"`
	GroupSize         *int        `json:"group_size,omitempty" minimum:"2" maximum:"8" doc:"Default 2; in mode composer what the seats add up to; in mode lottery how many are drawn"`
	Participation     *string     `json:"participation,omitempty" enum:"ask,automatic" doc:"Default ask"`
	Mode              *string     `json:"mode,omitempty" enum:"random,cross_groups,composer,lottery,mystery" doc:"Default random. Another mode drops the seats and fixed people of the one before"`
	Leftover          *string     `json:"leftover,omitempty" enum:"larger,smaller,left_out" doc:"Default larger"`
	Seats             *Seats      `json:"seats,omitempty" doc:"Required in mode composer"`
	Fixed             *[]int64    `json:"fixed,omitempty" maxItems:"7" nullable:"false" doc:"People's ids; only in mode lottery" example:"[12]"`
	Rules             *[]Rule     `json:"rules,omitempty" maxItems:"14" nullable:"false" doc:"Default: no_repeat, then wishes. Fair turns outrank all rules where fair_turns is not ranked among them" example:"[{\"kind\": \"no_repeat\"}, {\"kind\": \"different\", \"attribute\": \"team\", \"hard\": true}, {\"kind\": \"with\", \"attribute\": \"role\", \"value\": \"newcomer\", \"other_value\": \"veteran\"}]"`
	Reminder          *bool       `json:"reminder,omitempty" doc:"Default true"`
	SenderName        *string     `json:"sender_name,omitempty" maxLength:"100"`
	VisibleAttributes *[]string   `json:"visible_attributes,omitempty" maxItems:"50" nullable:"false"`
	Texts             *mail.Texts `json:"texts,omitempty"`
}

// ProgramPath is embedded by inputs about one program.
type ProgramPath struct {
	ID int64 `path:"id" minimum:"1"`
}

type (
	programsOutput struct{ Body Page[Program] }
	programOutput  struct {
		ETag ETag `header:"ETag"`
		Body Program
	}
)

func showProgram(p store.Program) (Program, error) {
	out := Program{
		ID: p.ID, Name: p.Name, Audience: p.Audience, GroupSize: p.GroupSize, Participation: p.Participation, Reminder: p.Reminder,
		SenderName: p.SenderName, VisibleAttributes: p.VisibleAttributes, Color: p.Color, RoundsSent: p.RoundsSent,
		ArchivedAt: p.ArchivedAt, CreatedAt: p.CreatedAt, Rules: []Rule{}, Texts: mail.Texts{},
		Mode: string(p.Mode), Leftover: string(p.Leftover), Fixed: p.Fixed, Seats: showSeats(p.Seats),
	}
	if err := json.Unmarshal(p.Rules, &out.Rules); err != nil {
		return out, err
	}
	return out, json.Unmarshal(p.Texts, &out.Texts)
}

func (s *Server) answerProgram(p store.Program, err error) (*programOutput, error) {
	if err != nil {
		return nil, err
	}
	body, err := showProgram(p)
	return &programOutput{ETag: etag(p.Version), Body: body}, err
}

type listProgramsInput struct {
	PageQuery
	Archived bool `query:"archived" doc:"Archived ones too"`
}

func (s *Server) listPrograms(ctx context.Context, in *listProgramsInput) (*programsOutput, error) {
	p, err := in.page()
	if err != nil {
		return nil, err
	}
	rows, err := s.store.Programs(ctx, in.Archived, p)
	if err != nil {
		return nil, err
	}
	return &programsOutput{Body: newPage(in.PageQuery, rows, func(p store.Program) int64 { return p.ID }, func(p store.Program) Program {
		out, badRow := showProgram(p)
		if badRow != nil {
			err = badRow
		}
		return out
	})}, err
}

type createProgramInput struct {
	Body programFields
}

func (s *Server) createProgram(ctx context.Context, in *createProgramInput) (*programOutput, error) {
	if in.Body.Name == nil {
		return nil, fault.BadField("name_missing", "body.name", "a program needs a name")
	}
	p := store.Program{
		GroupSize: 2, Participation: "ask", Mode: matching.ModeRandom, Leftover: matching.LeftoverLarger, Fixed: []int64{},
		Reminder: true, VisibleAttributes: []string{},
		Rules: json.RawMessage(`[{"kind":"no_repeat"},{"kind":"wishes"}]`), Texts: json.RawMessage(`{}`),
	}
	if err := in.Body.apply(&p); err != nil {
		return nil, err
	}
	return s.answerProgram(s.store.CreateProgram(ctx, p))
}

func (s *Server) getProgram(ctx context.Context, in *ProgramPath) (*programOutput, error) {
	return s.answerProgram(s.store.Program(ctx, in.ID))
}

type updateProgramInput struct {
	ProgramPath
	IfMatch
	Body programFields
}

func (s *Server) updateProgram(ctx context.Context, in *updateProgramInput) (*programOutput, error) {
	version, err := in.version()
	if err != nil {
		return nil, err
	}
	p, err := s.store.Program(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	if err := in.Body.apply(&p); err != nil {
		return nil, err
	}
	p.Version = version
	p, rings, err := s.store.UpdateProgram(ctx, p)
	s.ring(ctx, rings)
	return s.answerProgram(p, err)
}

type programVersionInput struct {
	ProgramPath
	IfMatch
}

func (s *Server) archiveProgram(ctx context.Context, in *programVersionInput) (*programOutput, error) {
	version, err := in.version()
	if err != nil {
		return nil, err
	}
	p, rings, err := s.store.ArchiveProgram(ctx, in.ID, version)
	s.ring(ctx, rings)
	return s.answerProgram(p, err)
}

// apply checks the given fields and writes them over the row.
func (f programFields) apply(p *store.Program) error {
	set(&p.Name, f.Name)
	set(&p.Audience, f.Audience)
	set(&p.GroupSize, f.GroupSize)
	set(&p.Participation, f.Participation)
	set(&p.Reminder, f.Reminder)
	set(&p.SenderName, f.SenderName)
	set(&p.VisibleAttributes, f.VisibleAttributes)
	if _, err := filter.Parse(p.Audience); err != nil {
		return fault.BadField("invalid_filter", "body.audience", "%s", err.Error())
	}
	if hasControl(p.SenderName) {
		return fault.BadField("invalid_sender_name", "body.sender_name", "a sender name is one line without control characters")
	}
	if f.VisibleAttributes != nil {
		for i := range p.VisibleAttributes {
			var err error
			if p.VisibleAttributes[i], err = store.AttributeName("body.visible_attributes["+itoa(i)+"]", p.VisibleAttributes[i]); err != nil {
				return err
			}
		}
	}
	return firstError(f.applyMode(p), f.applyRules(p), f.applyTexts(p))
}

// applyTexts checks the texts, also those there are already when what a match may see changes under them.
func (f programFields) applyTexts(p *store.Program) error {
	var texts mail.Texts
	if f.Texts != nil {
		texts = *f.Texts
	} else if err := json.Unmarshal(p.Texts, &texts); err != nil {
		return fmt.Errorf("read the texts of program %d: %w", p.ID, err)
	}
	for purpose := range texts {
		if !slices.Contains(mail.Purposes, purpose) {
			return fault.BadField("unknown_purpose", "body.texts", "there is no mail %q; there are opt_in, reminder, match, no_match and check_in", purpose)
		}
		if err := mail.Check(purpose, texts.For(purpose, string(p.Mode)), p.VisibleAttributes); err != nil {
			return err
		}
	}
	return assignJSON(&p.Texts, texts)
}
