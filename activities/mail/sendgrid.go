package mail

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptrace"
	netmail "net/mail"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/goccy/go-json"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/sendgrid/rest"
	"github.com/sendgrid/sendgrid-go"
	sg "github.com/sendgrid/sendgrid-go/helpers/mail"
)

// Limits of one call and of the substitutions of one personalization, as SendGrid publishes them.
const (
	MaxAddressees         = 1000
	maxSubstitutionsBytes = 10_000
	maxSubstitutions      = 150
)

// SendGrid posts mails. It is safe for concurrent use: every call has a request of its own, because the request of a
// sendgrid.Client is shared between the goroutines that use it.
type SendGrid struct {
	host, key string
	from      sg.Email
	timeout   time.Duration
	rest      rest.Client
	calls     *prometheus.CounterVec
}

// SendGridOptions configures NewSendGrid.
type SendGridOptions struct {
	URL  string // without a path: https://api.sendgrid.com
	Key  string
	From string // the sender's address, also where replies go; a display name in it is used where a program has none
	// Timeout of one call; zero is 30 s. A call that takes longer may or may not have been accepted.
	Timeout time.Duration
	// Metrics, if not nil, counts calls by outcome.
	Metrics prometheus.Registerer
}

// NewSendGrid checks the options; it calls nobody.
func NewSendGrid(o SendGridOptions) (*SendGrid, error) {
	from, err := netmail.ParseAddress(o.From)
	if err != nil {
		return nil, fmt.Errorf("sender address %q: %w", o.From, err)
	}
	if o.Timeout == 0 {
		o.Timeout = 30 * time.Second
	}
	s := &SendGrid{
		host: strings.TrimSuffix(o.URL, "/"), key: o.Key, from: sg.Email{Name: from.Name, Address: from.Address}, timeout: o.Timeout,
		rest: rest.Client{HTTPClient: &http.Client{
			Transport: &http.Transport{
				Proxy: http.ProxyFromEnvironment, ForceAttemptHTTP2: true, MaxIdleConnsPerHost: 64, IdleConnTimeout: time.Minute,
				TLSHandshakeTimeout: 10 * time.Second,
			},
			// A redirect of a POST would be followed as a GET and look like an answer.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		}},
		calls: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "rondo_mail_calls_total", Help: "Calls to the mail provider by outcome.",
		}, []string{"outcome"}),
	}
	if o.Metrics != nil {
		if err := o.Metrics.Register(s.calls); err != nil {
			return nil, fmt.Errorf("register mail metrics: %w", err)
		}
	}
	return s, nil
}

// Post is one call: a shared message, and for each addressee what makes it theirs.
type Post struct {
	From     string // "": the sender's address of the options
	FromName string // "": that of the sender's address
	ReplyTo  string // "": from
	Message  Message
	To       []Addressee
	// Headers of all messages: Message-ID, In-Reply-To, References.
	Headers map[string]string
	// Clicks lets the provider tell who follows links in the HTML, by leading them over its own servers.
	Clicks bool
}

// Addressee is one personalization.
type Addressee struct {
	ID            int64 // of the ledger row: the only thing the provider's events say about whom they are about
	Email, Name   string
	Unsubscribe   string // RFC 8058 one-click URL; "" for a mail to a user
	Substitutions map[string]string
}

// Fits reports whether substitutions are within the provider's limits; a message whose are not goes in a call of its own,
// rendered whole.
func Fits(substitutions map[string]string) bool {
	bytes := 0
	for token, value := range substitutions {
		bytes += len(token) + len(value)
	}
	return bytes <= maxSubstitutionsBytes && len(substitutions) <= maxSubstitutions
}

// body is the request as JSON. It fails only for text that JSON cannot hold.
func (s *SendGrid) body(p Post) ([]byte, error) {
	no := false
	from := s.from
	if p.From != "" {
		from = sg.Email{Address: p.From}
	}
	if p.FromName != "" {
		from.Name = oneLine(p.FromName)
	}
	replyTo := from
	if p.ReplyTo != "" {
		replyTo.Address = p.ReplyTo
	}
	m := sg.SGMailV3{
		From: &from, ReplyTo: &replyTo, Subject: p.Message.Subject,
		Personalizations: make([]*sg.Personalization, len(p.To)),
		Headers:          map[string]string{},
		// The provider would lead signed links over its own servers, and add an unsubscribe link of its own.
		TrackingSettings: &sg.TrackingSettings{
			ClickTracking:        &sg.ClickTrackingSetting{Enable: &p.Clicks, EnableText: &no},
			SubscriptionTracking: &sg.SubscriptionTrackingSetting{Enable: &no},
		},
	}
	maps.Copy(m.Headers, p.Headers)
	for _, c := range []sg.Content{{Type: "text/plain", Value: p.Message.Text}, {Type: "text/html", Value: p.Message.HTML}} {
		if c.Value != "" {
			m.Content = append(m.Content, &c)
		}
	}
	for i, to := range p.To {
		m.Personalizations[i] = &sg.Personalization{
			To:            []*sg.Email{{Name: recipientName(to.Name), Address: to.Email}},
			CustomArgs:    map[string]string{"m": strconv.FormatInt(to.ID, 10)},
			Substitutions: to.Substitutions,
		}
		if to.Unsubscribe != "" {
			m.Headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
			m.Personalizations[i].Headers = map[string]string{"List-Unsubscribe": "<" + to.Unsubscribe + ">"}
		}
	}
	// Escaping for HTML would add a third to HTML; sorting the maps takes as long as everything else.
	b, err := json.MarshalWithOption(&m, json.DisableHTMLEscape(), json.UnorderedMap())
	if err != nil {
		return nil, fmt.Errorf("encode mail: %w", err)
	}
	return b, nil
}

// recipientName leaves out names that the provider refuses.
func recipientName(name string) string {
	if strings.ContainsAny(name, ";,") {
		return ""
	}
	return oneLine(name)
}

// Send makes one call and says what is known of it afterwards. The context's end does not cut a call that is under way,
// because its fate would be unknown; the timeout does.
func (s *SendGrid) Send(ctx context.Context, p Post) Result {
	body, err := s.body(p)
	if err != nil {
		return Result{Outcome: Refused, Code: "not_encodable", Err: err}
	}
	request := sendgrid.GetRequest(s.key, "/v3/mail/send", s.host)
	request.Method = rest.Post
	request.Body = body
	var connected atomic.Bool
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.timeout)
	defer cancel()
	traced := httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { connected.Store(true) }})
	response, err := s.rest.SendWithContext(traced, request)
	r := resultOf(response, err, connected.Load(), len(p.To), time.Now())
	s.calls.WithLabelValues(r.Code).Inc()
	return r
}
