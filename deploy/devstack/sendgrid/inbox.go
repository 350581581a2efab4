package sendgrid

import (
	"bytes"
	"embed"
	"errors"
	"html/template"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

//go:embed templates
var templateFiles embed.FS

var pages = template.Must(template.New("").Funcs(template.FuncMap{
	"clock":   func(t time.Time) string { return t.Local().Format("15:04:05") },
	"moment":  func(t time.Time) string { return t.Local().Format("Mon 2 Jan 2006 15:04:05 MST") },
	"rfc3339": func(t time.Time) string { return t.Format(time.RFC3339) },
	"tone":    tone,
	"initial": initial,
}).ParseFS(templateFiles, "templates/*.html"))

const pageLength = 50

const pageRules = "default-src 'none'; style-src 'unsafe-inline'; script-src 'self'; connect-src 'self'; img-src data:; " +
	"frame-src 'self'; form-action 'self'; base-uri 'none'"

// frameRules are what a rendered mail may do: show itself and its pictures, and open its links in a new tab.
const frameRules = "default-src 'none'; img-src * data:; style-src 'unsafe-inline'; font-src data:; " +
	"sandbox allow-popups allow-popups-to-escape-sandbox"

func (s *server) routeInbox(mux *http.ServeMux) {
	mux.HandleFunc("GET /{$}", s.inbox)
	mux.HandleFunc("GET /messages/{id}", s.messagePage)
	mux.HandleFunc("GET /messages/{id}/html", s.messageHTML)
	mux.HandleFunc("POST /messages/{id}/events", s.eventForm)
	mux.HandleFunc("POST /messages/{id}/reply", s.replyForm)
	mux.HandleFunc("POST /clear", s.clearForm)
	mux.HandleFunc("GET /live.js", func(w http.ResponseWriter, r *http.Request) {
		http.ServeFileFS(w, r, templateFiles, "templates/live.js")
	})
}

// tone is the CSS class of an event.
func tone(event string) string {
	switch event {
	case eventDelivered, eventOpen, eventClick:
		return "good"
	case eventBounce, eventBlocked, eventDropped, eventSpamReport:
		return "bad"
	case eventDeferred, eventUnsubscribe, eventGroupUnsubscribe:
		return "odd"
	}
	return "plain"
}

// initial is the letter shown for a mailbox.
func initial(a Address) string {
	for _, r := range a.Name + a.Email {
		return strings.ToUpper(string(r))
	}
	return "?"
}

func writePage(w http.ResponseWriter, status int, name string, data any) {
	var b bytes.Buffer
	if err := pages.ExecuteTemplate(&b, name, data); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", pageRules)
	w.WriteHeader(status)
	_, _ = b.WriteTo(w)
}

func (s *server) problemPage(w http.ResponseWriter, err error) {
	status, text := http.StatusBadRequest, err.Error()
	if errors.Is(err, errNoMessage) {
		status, text = http.StatusNotFound, "This message is not here. Perhaps the inbox has been emptied."
	}
	writePage(w, status, "problem.html", text)
}

type inboxRow struct {
	*Mail
	Last string // the latest event
}

type inboxPage struct {
	Rows  []inboxRow
	Query string
	Next  string // link to the next page, "" at the end
	Back  bool
	Total int
}

func (s *server) inbox(w http.ResponseWriter, r *http.Request) {
	q, _, err := parseQuery(r)
	if err != nil {
		s.problemPage(w, err)
		return
	}
	list, err := s.messages(q, "", pageLength)
	if err != nil {
		s.problemPage(w, err)
		return
	}
	p := inboxPage{Query: q.address, Back: q.beforeID > 0, Total: s.store.total()}
	for _, m := range list.Messages {
		row := inboxRow{Mail: m}
		if events, err := s.store.events(m.ID); err == nil && len(events) > 0 {
			row.Last = events[len(events)-1].Event
		}
		p.Rows = append(p.Rows, row)
	}
	if list.Next > 0 {
		p.Next = "/?" + url.Values{"to": {q.address}, "before": {strconv.Itoa(list.Next)}}.Encode()
	}
	writePage(w, http.StatusOK, "inbox.html", p)
}

type messagePage struct {
	*Mail
	HeaderNames []string
	ArgNames    []string
	Links       []string
	Reply       Reply
	CanReply    bool
	Notice      string
	Emit        []button
}

type button struct{ Event, Label string }

var buttons = []button{
	{eventOpen, "Open"},
	{eventClick, "Click"},
	{eventBounce, "Bounce"},
	{eventBlocked, "Block"},
	{eventSpamReport, "Report spam"},
	{eventUnsubscribe, "Unsubscribe"},
}

var notices = map[string]string{
	"event":     "Done. The event is on its way to the webhook.",
	"delivered": "Your reply was delivered.",
	"queued":    "The inbound webhook did not take your reply; it will be tried again.",
}

func (s *server) messagePage(w http.ResponseWriter, r *http.Request) {
	m, err := s.message(r)
	if err != nil {
		s.problemPage(w, err)
		return
	}
	p := messagePage{
		Mail: m, HeaderNames: slices.Sorted(maps.Keys(m.Headers)), ArgNames: slices.Sorted(maps.Keys(m.CustomArgs)),
		Links: m.links(), CanReply: s.settings.get().InboundWebhookURL != "", Notice: notices[r.FormValue("done")], Emit: buttons,
	}
	p.Reply.complete(m)
	writePage(w, http.StatusOK, "message.html", p)
}

func (s *server) messageHTML(w http.ResponseWriter, r *http.Request) {
	m, err := s.message(r)
	if err != nil {
		s.problemPage(w, err)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", frameRules)
	_, _ = w.Write([]byte("<!doctype html><base target=\"_blank\">" + m.HTML))
}

func (s *server) eventForm(w http.ResponseWriter, r *http.Request) {
	m, err := s.message(r)
	if err == nil {
		err = s.emit(m, EventRequest{Event: r.FormValue("event"), Recipient: r.FormValue("recipient"), URL: r.FormValue("url")})
	}
	if err != nil {
		s.problemPage(w, err)
		return
	}
	http.Redirect(w, r, "/messages/"+strconv.Itoa(m.ID)+"?done=event", http.StatusSeeOther)
}

func (s *server) replyForm(w http.ResponseWriter, r *http.Request) {
	m, err := s.message(r)
	if err != nil {
		s.problemPage(w, err)
		return
	}
	reply := Reply{From: r.FormValue("from"), To: r.FormValue("to"), Subject: r.FormValue("subject"), Text: r.FormValue("text")}
	if r.FormValue("automatic") != "" {
		reply.Headers = map[string]string{"Auto-Submitted": "auto-replied"}
	}
	delivered, err := s.reply(r.Context(), m, reply)
	if err != nil {
		s.problemPage(w, err)
		return
	}
	done := "queued"
	if delivered {
		done = "delivered"
	}
	http.Redirect(w, r, "/messages/"+strconv.Itoa(m.ID)+"?done="+done, http.StatusSeeOther)
}

func (s *server) clearForm(w http.ResponseWriter, r *http.Request) {
	if err := s.clear(); err != nil {
		s.problemPage(w, err)
		return
	}
	http.Redirect(w, r, "/", http.StatusSeeOther)
}
