package api

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"rondo/activities/fault"
	"rondo/activities/mail"
	"rondo/activities/matching"
	"rondo/activities/store"
	"rondo/workflows"
)

func (s *Server) addTexts() {
	handle(s, Route{
		Method: http.MethodGet, Path: "/v1/texts", ID: "list-texts", Tag: "texts", Scope: Read,
		Summary:     "List the built-in texts, with the variables and filters that texts can use",
		Description: "Texts are Liquid: `{{ variable }}`, filters, and the tags `if`, `unless`, `case`, `for`, `comment` and `raw`. What is printed into HTML is escaped.",
	}, s.listTexts)
	handle(s, Route{
		Method: http.MethodPost, Path: "/v1/programs/{id}/texts/{purpose}/preview", ID: "preview-text", Tag: "texts", Scope: Read,
		Summary:     "Render a text of a program as a delivery would",
		Description: "Without `text` the program's own; without `person_id` for an invented person. The links lead nowhere. 422 `text_invalid` names every mistake with its line.",
	}, s.previewText)
	handle(s, Route{
		Method: http.MethodPost, Path: "/v1/programs/{id}/texts/{purpose}/test", ID: "send-test-mail", Tag: "texts", Scope: Send,
		Status: http.StatusCreated, Idempotent: true,
		Summary:     "Send a text of a program to one person, as a test",
		Description: "The people to meet in it are invented, and links about the round lead to no round. It is sent at once, and at most once.",
	}, s.sendTest)
}

// TextPath is embedded by inputs about one text of a program.
type TextPath struct {
	ProgramPath
	Purpose string `path:"purpose" enum:"opt_in,reminder,match,no_match,check_in"`
}

type textsOutput struct {
	Body struct {
		Texts   []BuiltInText `json:"texts" nullable:"false"`
		Filters []string      `json:"filters" nullable:"false"`
	}
}

// BuiltInText is what a program sends unless it has a text of its own.
type BuiltInText struct {
	Mode      matching.Mode     `json:"mode,omitempty" doc:"Only of programs in this mode; missing: of all others"`
	Purpose   workflows.Purpose `json:"purpose"`
	Text      mail.Text         `json:"text"`
	Variables []mail.Variable   `json:"variables" nullable:"false"`
}

func (s *Server) listTexts(context.Context, *struct{}) (*textsOutput, error) {
	var out textsOutput
	for _, p := range mail.Purposes {
		out.Body.Texts = append(out.Body.Texts, BuiltInText{Purpose: p, Text: mail.Default(p, ""), Variables: mail.Variables(p)})
		if mail.HasOwn(p, string(matching.ModeMystery)) {
			own := mail.Default(p, string(matching.ModeMystery))
			out.Body.Texts = append(out.Body.Texts, BuiltInText{Mode: matching.ModeMystery, Purpose: p, Text: own, Variables: mail.Variables(p)})
		}
	}
	out.Body.Filters = mail.Filters()
	return &out, nil
}

type previewInput struct {
	TextPath
	Body struct {
		Text     *mail.Text `json:"text,omitempty" doc:"A draft; what it leaves out is taken from the built-in text"`
		PersonID *int64     `json:"person_id,omitempty" minimum:"1" doc:"Who reads it"`
	}
}

// RenderedText is a mail as one person reads it.
type RenderedText struct {
	Subject string `json:"subject"`
	Text    string `json:"text"`
	HTML    string `json:"html"`
}

type previewOutput struct{ Body RenderedText }

func (s *Server) previewText(ctx context.Context, in *previewInput) (*previewOutput, error) {
	p, text, err := s.textOf(ctx, in.TextPath, in.Body.Text)
	if err != nil {
		return nil, err
	}
	reader := mail.SampleReader(workflows.Purpose(in.Purpose), p.VisibleAttributes)
	if in.Body.PersonID != nil {
		if reader.Person, err = s.readerOf(ctx, *in.Body.PersonID); err != nil {
			return nil, err
		}
	}
	m, err := mail.Preview(workflows.Purpose(in.Purpose), p.Name, text, p.VisibleAttributes, reader)
	return &previewOutput{RenderedText(m)}, err
}

// textOf is the draft, or else the text that the program would send.
func (s *Server) textOf(ctx context.Context, in TextPath, draft *mail.Text) (store.Program, mail.Text, error) {
	p, err := s.store.Program(ctx, in.ID)
	if err != nil {
		return p, mail.Text{}, err
	}
	texts := mail.Texts{}
	if draft != nil {
		texts[workflows.Purpose(in.Purpose)] = *draft
	} else if err := json.Unmarshal(p.Texts, &texts); err != nil {
		return p, mail.Text{}, fault.Wrap(err, fault.Internal, "internal", "the texts of program %d cannot be read", p.ID)
	}
	return p, texts.For(workflows.Purpose(in.Purpose), string(p.Mode)), nil
}

func (s *Server) readerOf(ctx context.Context, id int64) (mail.Person, error) {
	p, err := s.store.Person(ctx, id)
	if err != nil {
		return mail.Person{}, err
	}
	return mail.NewPerson(p.ID, p.Email, p.Name, p.Timezone, p.Attributes), nil
}

type testMailInput struct {
	TextPath
	Body struct {
		Text     *mail.Text `json:"text,omitempty" doc:"A draft; what it leaves out is taken from the built-in text"`
		PersonID int64      `json:"person_id" minimum:"1" doc:"Who gets it"`
	}
}

// testLinksWork is how long the links in a test mail work.
const testLinksWork = 7 * 24 * time.Hour

func (s *Server) sendTest(ctx context.Context, in *testMailInput) (*messageOutput, error) {
	if s.mail == nil {
		return nil, newProblem(http.StatusServiceUnavailable, "mail_not_configured", "this server cannot send mail")
	}
	p, text, err := s.textOf(ctx, in.TextPath, in.Body.Text)
	if err != nil {
		return nil, err
	}
	purpose := workflows.Purpose(in.Purpose)
	reader := mail.SampleReader(purpose, p.VisibleAttributes)
	if reader.Person, err = s.readerOf(ctx, in.Body.PersonID); err != nil {
		return nil, err
	}
	now := time.Now()
	template, err := mail.Compile(mail.Occasion{
		Purpose: purpose, Program: p.ID, ProgramName: p.Name, MatchAt: now.AddDate(0, 0, 7), AnswersCloseAt: now.AddDate(0, 0, 6),
		Zone: "UTC", Expires: now.Add(testLinksWork), Links: s.links,
	}, text, p.VisibleAttributes)
	if err != nil {
		return nil, err
	}
	m, err := template.Render(reader)
	if err != nil {
		return nil, fault.Wrap(err, fault.Invalid, "text_invalid", "the text cannot be rendered for this person")
	}
	from := p.SenderName
	if from == "" {
		from = p.Name
	}
	return s.postTest(ctx, mail.Post{FromName: from, Message: m, To: []mail.Addressee{{
		Email: reader.Person.Email, Name: reader.Person.Name, Unsubscribe: s.links.UnsubscribeURL(reader.Person.ID),
	}}}, reader.Person.ID)
}

// postTest sends one mail through the ledger, once: nobody repeats it.
func (s *Server) postTest(ctx context.Context, post mail.Post, person int64) (*messageOutput, error) {
	call, id, err := s.store.ClaimTest(ctx, person)
	if err != nil {
		return nil, err
	}
	post.To[0].ID = id
	r := s.mail.Send(ctx, post)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), requestTimeout)
	defer cancel()
	switch r.Outcome {
	case mail.Accepted:
		err = s.store.MarkSent(ctx, call, []int64{id}, r.ProviderID)
	case mail.Doubtful:
		err = s.store.MarkUnknown(ctx, call, []int64{id})
	default:
		err = s.store.MarkFailed(ctx, call, []int64{id}, r.Code)
		if err := errors.Join(err, s.store.ReleaseCall(ctx, call, nil)); err != nil {
			return nil, err
		}
		if r.Outcome == mail.Later {
			return nil, &fault.Error{Kind: fault.Unavailable, Code: "mail_unavailable", Message: "the mail provider takes no mail now", RetryAfter: r.Wait, Err: r.Err}
		}
		return nil, fault.Wrap(r.Err, fault.Invalid, "mail_rejected", "the mail provider does not accept this mail")
	}
	if err != nil {
		return nil, err
	}
	row, err := s.store.Message(ctx, id)
	return &messageOutput{showMessage(row)}, err
}
