package api

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"os"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"rondo/activities/mail"
	"rondo/activities/store"
)

// provider signs webhooks as SendGrid does.
type provider struct{ key *ecdsa.PrivateKey }

func newProvider(t *testing.T) provider {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	return provider{key}
}

func (p provider) trusted(c *Config) { c.WebhookKey = &p.key.PublicKey }

func (p provider) post(f *fixture, body string) answer {
	f.t.Helper()
	return p.signed(f, "/webhooks/sendgrid/events", body)
}

// signed posts to a webhook; headers come in pairs.
func (p provider) signed(f *fixture, path, body string, headers ...string) answer {
	f.t.Helper()
	timestamp := fmt.Sprint(time.Now().Unix())
	sum := sha256.Sum256([]byte(timestamp + body))
	signature, err := ecdsa.SignASN1(rand.Reader, p.key, sum[:])
	require.NoError(f.t, err)
	return f.call(Public, http.MethodPost, path, body, append(headers,
		"X-Twilio-Email-Event-Webhook-Signature", base64.StdEncoding.EncodeToString(signature),
		"X-Twilio-Email-Event-Webhook-Timestamp", timestamp)...)
}

// posted is a message in doubt, to a person of its own.
func (f *fixture) posted() store.Message {
	f.t.Helper()
	var person int64
	require.NoError(f.t, f.server.store.Pool().QueryRow(f.t.Context(), `INSERT INTO people (email, name) VALUES ($1, 'Ada') RETURNING id`,
		uuid.NewString()+"@example.com").Scan(&person))
	call, id, err := f.server.store.ClaimTest(f.t.Context(), person)
	require.NoError(f.t, err)
	require.NoError(f.t, f.server.store.MarkUnknown(f.t.Context(), call, []int64{id}))
	m, err := f.server.store.Message(f.t.Context(), id)
	require.NoError(f.t, err)
	return m
}

func TestWebhookAppliesEvents(t *testing.T) {
	sendGrid := newProvider(t)
	f := setup(t, unrung(t), sendGrid.trusted)
	m := f.posted()
	path := "/v1/messages/" + decimal(m.ID)
	require.Equal(t, "unknown", into[Message](t, f.call(Read, http.MethodGet, path, nil), 200).State)
	person, err := f.server.store.Person(t.Context(), m.PersonID)
	require.NoError(t, err)
	event := `{"event":%q,"type":"bounce","timestamp":1780000000,"m":"%d","email":%q,"sg_event_id":"x"}`
	delivered := fmt.Sprintf(event, "delivered", m.ID, person.Email)
	bounced := fmt.Sprintf(event, "bounce", m.ID, person.Email)
	for range 2 {
		require.Equal(t, http.StatusNoContent, sendGrid.post(f, "["+bounced+","+delivered+","+delivered+"]").Status)
	}
	got := into[Message](t, f.call(Read, http.MethodGet, path, nil), 200)
	require.Equal(t, "sent", got.State)
	require.NotNil(t, got.DeliveredAt)
	require.NotNil(t, got.BouncedAt)
	person, err = f.server.store.Person(t.Context(), m.PersonID)
	require.NoError(t, err)
	require.Equal(t, store.Inactive, person.Status)
	list, err := f.server.store.Blacklist(t.Context(), "", store.ByBounce, store.Page{Limit: 9})
	require.NoError(t, err)
	require.Len(t, list, 1)
}

func TestWebhookTakesNothingUnsigned(t *testing.T) {
	sendGrid, forger := newProvider(t), newProvider(t)
	f := setup(t, unrung(t), sendGrid.trusted)
	m := f.posted()
	body := fmt.Sprintf(`[{"event":"delivered","timestamp":1780000000,"m":"%d"}]`, m.ID)
	require.Equal(t, "signature_invalid", forger.post(f, body).Problem.Code)
	require.Equal(t, http.StatusUnauthorized, f.call(Public, http.MethodPost, "/webhooks/sendgrid/events", body).Status)
	require.Equal(t, "unknown", into[Message](t, f.call(Read, http.MethodGet, "/v1/messages/"+decimal(m.ID), nil), 200).State)
	require.Equal(t, "not_events", sendGrid.post(f, `{}`).Problem.Code)
	require.Equal(t, http.StatusNoContent, sendGrid.post(f, `[]`).Status)
	for range 300 { // more than an address may ask otherwise
		require.Equal(t, http.StatusNoContent, sendGrid.post(f, `[{"event":"delivered","timestamp":1,"m":"999999"}]`).Status)
	}
	large := make([]byte, maxWebhook+1)
	for i := range large {
		large[i] = ' '
	}
	require.Equal(t, http.StatusRequestEntityTooLarge, f.call(Public, http.MethodPost, "/webhooks/sendgrid/events", string(large)).Status)

	without := setup(t, unrung(t))
	require.Equal(t, "webhook_not_configured", sendGrid.post(without, `[]`).Problem.Code)
}

func TestListMessages(t *testing.T) {
	f := setup(t, unrung(t))
	var ids []int64
	for range 3 {
		ids = append(ids, f.posted().ID)
	}
	page := into[Page[Message]](t, f.call(Read, http.MethodGet, "/v1/messages?state=unknown&limit=2", nil), 200)
	require.Len(t, page.Items, 2)
	require.Equal(t, ids[0], page.Items[0].ID)
	require.Equal(t, ids[1], page.Items[1].ID)
	page = into[Page[Message]](t, f.call(Read, http.MethodGet, "/v1/messages?state=unknown&limit=2&cursor="+page.NextCursor, nil), 200)
	require.Len(t, page.Items, 1)
	require.Empty(t, page.NextCursor)
	require.Empty(t, into[Page[Message]](t, f.call(Read, http.MethodGet, "/v1/messages?state=sent", nil), 200).Items)
	require.Empty(t, into[Page[Message]](t, f.call(Read, http.MethodGet, "/v1/messages?round=1", nil), 200).Items)
	require.Equal(t, "message_not_found", f.call(Read, http.MethodGet, "/v1/messages/999", nil).Problem.Code)
}

func TestPreviewText(t *testing.T) {
	f := setup(t, unrung(t))
	p := f.program(`{"name": "Tea & talk", "visible_attributes": ["team"], "texts": {"match": {"subject": "Own: {{ others[0].name }}"}}}`)
	path := "/v1/programs/" + decimal(p.ID) + "/texts/"
	m := into[RenderedText](t, f.call(Read, http.MethodPost, path+"match/preview", `{}`), 200)
	require.Equal(t, "Own: Grace Hopper", m.Subject)
	require.Contains(t, m.HTML, "Tea &amp; talk")

	person := f.posted().PersonID
	m = into[RenderedText](t, f.call(Read, http.MethodPost, path+"opt_in/preview",
		fmt.Sprintf(`{"person_id": %d, "text": {"text": "Dear {{ person.name | upcase }}"}}`, person)), 200)
	require.Contains(t, m.Text, "Dear ADA")

	bad := f.call(Read, http.MethodPost, path+"opt_in/preview", `{"text": {"text": "ok\n{{ nmae }}"}}`)
	require.Equal(t, "text_invalid", bad.Problem.Code)
	require.Equal(t, "texts.opt_in.text", bad.Problem.Errors[0].Location)
	require.Equal(t, "line 2: unknown variable nmae", bad.Problem.Errors[0].Message)
	require.Equal(t, http.StatusUnprocessableEntity, f.call(Read, http.MethodPost, path+"outreach/preview", `{}`).Status)
	require.Equal(t, "program_not_found", f.call(Read, http.MethodPost, "/v1/programs/99/texts/match/preview", `{}`).Problem.Code)

	texts := into[struct {
		Texts   []BuiltInText
		Filters []string
	}](t, f.call(Read, http.MethodGet, "/v1/texts", nil), 200)
	require.Len(t, texts.Texts, 7, "five, two of them also for mysteries")
	require.Contains(t, texts.Filters, "upcase")
}

func TestSendTestMail(t *testing.T) {
	if os.Getenv("RONDO_SENDGRID_URL") == "" {
		t.Skip("RONDO_SENDGRID_URL is not set: run `make test`, which starts a SendGrid simulator")
	}
	f := setup(t, unrung(t), func(c *Config) {
		var err error
		c.Mail, err = mail.NewSendGrid(mail.SendGridOptions{
			URL: os.Getenv("RONDO_SENDGRID_URL"), Key: os.Getenv("RONDO_SENDGRID_API_KEY"), From: "coffee@rondo.example",
		})
		require.NoError(t, err)
	})
	p := f.program(`{"name": "Coffee"}`)
	person := f.posted().PersonID
	path := "/v1/programs/" + decimal(p.ID) + "/texts/opt_in/test"
	body := fmt.Sprintf(`{"person_id": %d}`, person)
	first := f.call(Send, http.MethodPost, path, body, "Idempotency-Key", "once")
	m := into[Message](t, first, http.StatusCreated)
	require.Equal(t, "sent", m.State)
	require.Equal(t, "test", m.Purpose)
	require.Zero(t, m.RoundID)
	require.NotEmpty(t, m.ProviderID)
	again := f.call(Send, http.MethodPost, path, body, "Idempotency-Key", "once")
	require.Equal(t, string(first.Body), string(again.Body), "repeated, it is not sent again")

	_, err := f.server.store.BlacklistPerson(t.Context(), person, store.ByUnsubscribe, "")
	require.NoError(t, err)
	require.Equal(t, "person_unreachable", f.call(Send, http.MethodPost, path, body).Problem.Code)
	require.Equal(t, http.StatusForbidden, f.call(Read, http.MethodPost, path, body).Status)

	without := setup(t, unrung(t))
	without.program(`{"name": "Coffee"}`)
	require.Equal(t, "mail_not_configured", without.call(Send, http.MethodPost, path, body).Problem.Code)
}
