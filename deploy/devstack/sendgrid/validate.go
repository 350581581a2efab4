package sendgrid

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Limits of POST /v3/mail/send as SendGrid publishes them. Where its pages differ (custom arguments: 10,000 bytes in the API
// document, 50,000 on the errors page) the lower figure holds, so that what passes here passes there.
const (
	maxBody              = 30 << 20
	maxPersonalizations  = 1000
	maxRecipients        = 1000
	maxCustomArgs        = 10_000
	maxSubstitutionBytes = 10_000
	maxSubstitutions     = 150
	maxCategories        = 10
	maxCategory          = 255
	maxGroups            = 25
	maxAhead             = 72 * time.Hour
	maxProblems          = 2 * maxRecipients
)

// A request is what the store needs to know of an accepted call; the rest is rendered from the body when someone looks.
type request struct {
	sandbox  bool
	messages []envelope
}

// An envelope is one personalization: its recipients in the order to, cc, bcc.
type envelope struct {
	recipients []string
	sendAt     int64 // Unix seconds, 0 = at once
}

type validator struct {
	*tape
	now      time.Time
	path     []string
	problems []problem

	seen       map[string]bool
	recipients int
	request    request
	from       string

	sendAt        int64
	subject       bool
	template      bool
	customArgs    int
	customArgSize map[string]int
	batch         bool
}

// validate checks body against the published contract of POST /v3/mail/send. The error wraps errJSON if body is no JSON text;
// else the problems name every fault found, in the order of the document, none meaning that SendGrid would accept.
func validate(body []byte, now time.Time) (*validator, error) {
	t, err := readTape(body)
	if err != nil {
		return nil, err
	}
	defer t.release()
	v := &validator{tape: t, now: now, seen: map[string]bool{}, customArgSize: map[string]int{}}
	if v.want(0, kindObject) {
		v.message(0)
	}
	v.tape = nil
	return v, nil
}

func (v *validator) at(name string, f func()) {
	v.path = append(v.path, name)
	f()
	v.path = v.path[:len(v.path)-1]
}

func (v *validator) fail(format string, args ...any) {
	if len(v.problems) < maxProblems {
		v.problems = append(v.problems, fieldProblem(strings.Join(v.path, "."), fmt.Sprintf(format, args...)))
	}
}

func (v *validator) want(i int, k kind) bool {
	if got := v.nodes[i].kind; got != k {
		v.fail("wrong type: %s expected, %s given", k, got)
		return false
	}
	return true
}

// field runs f on the member called name of the object at i, if it is there and of kind k.
func (v *validator) field(i int, name string, k kind, f func(value int)) bool {
	value, ok := v.get(i, name)
	if ok {
		v.at(name, func() {
			if v.want(value, k) && f != nil {
				f(value)
			}
		})
	}
	return ok
}

// elements runs f on every element of the array at i that is of kind k.
func (v *validator) elements(i int, k kind, f func(value int)) {
	v.each(i, func(index, value int) {
		v.path = append(v.path, strconv.Itoa(index))
		if v.want(value, k) {
			f(value)
		}
		v.path = v.path[:len(v.path)-1]
	})
}

func (v *validator) message(root int) {
	if !v.field(root, "from", kindObject, func(i int) { v.from = v.mailbox(i) }) {
		v.at("from", func() { v.fail("a from object with an email address is required") })
	}
	v.field(root, "reply_to", kindObject, func(i int) { v.mailbox(i) })
	v.field(root, "reply_to_list", kindArray, func(i int) { v.replyToList(root, i) })
	v.subject = v.field(root, "subject", kindString, v.notEmpty)
	v.template = v.field(root, "template_id", kindString, func(i int) {
		// Templates live at SendGrid; ids of the dynamic kind are taken on trust, others cannot exist.
		if !strings.HasPrefix(v.str(i), "d-") {
			v.fail("no template %q in this account", v.str(i))
		}
	})
	v.content(root)
	v.field(root, "attachments", kindArray, func(i int) { v.elements(i, kindObject, v.attachment) })
	v.field(root, "headers", kindObject, v.headers)
	v.field(root, "sections", kindObject, func(i int) { v.stringValues(i) })
	v.field(root, "categories", kindArray, v.categories)
	v.field(root, "custom_args", kindObject, func(i int) { v.customArgs = v.args(i, v.customArgSize) })
	v.field(root, "send_at", kindNumber, func(i int) { v.sendAt = v.schedule(i) })
	v.batch = v.field(root, "batch_id", kindString, v.notEmpty)
	v.field(root, "asm", kindObject, v.asm)
	v.field(root, "ip_pool_name", kindString, func(i int) {
		if n := v.strLen(i); n < 2 || n > 64 {
			v.fail("an IP pool name has 2 to 64 characters")
		}
	})
	v.field(root, "mail_settings", kindObject, v.mailSettings)
	v.field(root, "tracking_settings", kindObject, v.trackingSettings)
	if !v.field(root, "personalizations", kindArray, v.personalizations) {
		v.at("personalizations", func() { v.fail("at least one personalization is required") })
	}
}

func (v *validator) notEmpty(i int) {
	if v.strLen(i) == 0 {
		v.fail("must have at least one character")
	}
}

// stringValues checks that every member of the object at i is a string and returns the bytes of names and values together.
func (v *validator) stringValues(i int) (size int) {
	v.members(i, func(key, value int) {
		if v.nodes[value].kind != kindString {
			v.at(v.str(key), func() { v.want(value, kindString) })
			return
		}
		size += v.strLen(key) + v.strLen(value)
	})
	return size
}

func (v *validator) schedule(i int) int64 {
	at, ok := v.integer(i)
	switch {
	case !ok:
		v.fail("send_at is a Unix timestamp, a whole number of seconds")
	case at > v.now.Add(maxAhead).Unix():
		v.fail("send_at is more than 72 hours ahead")
	}
	return at
}
