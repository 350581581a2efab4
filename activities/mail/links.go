package mail

import (
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"hash"
	"net/url"
	"strings"
	"sync"
	"time"

	"rondo/activities/fault"
)

// LinkPurpose is what the holder of a signed link may do. A link is good for its purpose only.
type LinkPurpose byte

// The purposes of signed links. Their numbers are part of links already sent: they never change.
const (
	LinkAnswer      LinkPurpose = 1 // answer the opt-in of a round
	LinkMatch       LinkPurpose = 2 // see one's match of a round
	LinkCheckIn     LinkPurpose = 3 // say whether the people of a round met
	LinkPreferences LinkPurpose = 4 // snooze, wishes, leave a program
	LinkUnsubscribe LinkPurpose = 5 // stop every kind of mail
	LinkCalendar    LinkPurpose = 6 // load the calendar file of one's match
	LinkPlanning    LinkPurpose = 7 // subscribe to the planning of a program, or of all, as a calendar
	linkReply       LinkPurpose = 8 // no page: an address to answer to, see ReplyAddress
	LinkSession     LinkPurpose = 9 // take part in a networking session, whose id stands for the round's
)

// linkPaths is where each purpose is served, below the public URL.
var linkPaths = [...]string{
	LinkAnswer: "/a/", LinkMatch: "/m/", LinkCheckIn: "/d/", LinkPreferences: "/p/", LinkUnsubscribe: "/u/", LinkCalendar: "/c/",
	LinkPlanning: "/f/", LinkSession: "/n/",
}

// known reports whether the purpose has a page.
func (p LinkPurpose) known() bool { return p >= LinkAnswer && p <= LinkSession && p != linkReply }

// Link is what a signed link says. Ids are row ids, 0 where the purpose has none; it names nobody.
type Link struct {
	Purpose LinkPurpose
	Round   int64
	Person  int64
	Program int64
	// Expires is the first instant at which the link is no longer good, in UTC to the second; zero is never.
	Expires time.Time
}

// Codes of the faults of Verify.
const (
	LinkInvalid      = "link_invalid"       // not a link of ours, or damaged on its way
	LinkExpired      = "link_expired"       // was good once
	LinkWrongPurpose = "link_wrong_purpose" // good, but for another page
)

// macSize is the length of a link's signature in bytes: HMAC-SHA256 cut to 128 bits, which RFC 2104 section 5 permits.
const macSize = 16

// maxToken is longer than any token Sign makes: 1 + 4 varints of 10 + the signature, in base64.
const maxToken = 80

// Links signs and verifies the links in mails. It is safe for concurrent use.
type Links struct {
	base string
	// By purpose: HMACs with its key, which cost more to make than to use.
	macs [LinkSession + 1]sync.Pool
}

// NewLinks derives one key per purpose (HKDF-SHA256, RFC 5869) from the root secret of at least 32 bytes. Links begin with
// the public URL, given without a trailing slash.
func NewLinks(secret []byte, publicURL string) (*Links, error) {
	if len(secret) < 32 {
		return nil, fmt.Errorf("the root secret has %d bytes, at least 32 are needed", len(secret))
	}
	u, err := url.Parse(publicURL)
	if err != nil || (u.Scheme != "https" && u.Scheme != "http") || u.Host == "" || u.RawQuery != "" || u.Fragment != "" {
		return nil, fmt.Errorf("the public URL %q is not an http or https address", publicURL)
	}
	l := &Links{base: strings.TrimSuffix(publicURL, "/")}
	for p := LinkAnswer; p <= LinkSession; p++ {
		key, err := hkdf.Key(sha256.New, secret, nil, fmt.Sprintf("rondo link %d", p), sha256.Size)
		if err != nil {
			return nil, fmt.Errorf("derive link key: %w", err)
		}
		l.macs[p].New = func() any { return hmac.New(sha256.New, key) }
	}
	return l, nil
}

// Sign makes the token of a link: purpose byte, round, person, program and expiry as varints, signature; in base64url.
func (l *Links) Sign(link Link) string {
	buf := make([]byte, 0, maxToken)
	buf = append(buf, byte(link.Purpose))
	for _, field := range []int64{link.Round, link.Person, link.Program, expiry(link.Expires)} {
		buf = binary.AppendUvarint(buf, uint64(field)) //nolint:gosec // ids and instants from now on are positive
	}
	buf = l.sum(link.Purpose, buf, buf)
	return base64.RawURLEncoding.EncodeToString(buf)
}

func expiry(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return max(t.Unix(), 1)
}

// sum appends the signature of the message.
func (l *Links) sum(p LinkPurpose, dst, message []byte) []byte {
	h := l.macs[p].Get().(hash.Hash) //nolint:forcetypeassert,errcheck // see NewLinks
	defer l.macs[p].Put(h)
	h.Reset()
	h.Write(message)
	var full [sha256.Size]byte
	return append(dst, h.Sum(full[:0])[:macSize]...)
}

// Verify reads a token that should be good for the purpose at the instant now. Its faults are LinkInvalid, LinkExpired and
// LinkWrongPurpose, all of kind Denied; with the latter two the link was ours and is returned, so that a page can say
// whose it is.
func (l *Links) Verify(token string, purpose LinkPurpose, now time.Time) (Link, error) {
	invalid := fault.New(fault.Denied, LinkInvalid, "this link is not one of ours, or it was cut off on its way: open it from the mail again")
	if len(token) > maxToken {
		return Link{}, invalid
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(token)
	if err != nil || len(raw) <= macSize || !LinkPurpose(raw[0]).known() {
		return Link{}, invalid
	}
	message, signature := raw[:len(raw)-macSize], raw[len(raw)-macSize:]
	if !hmac.Equal(signature, l.sum(LinkPurpose(raw[0]), nil, message)) {
		return Link{}, invalid
	}
	link, ok := parseLink(message)
	switch {
	case !ok:
		return Link{}, invalid
	case link.Purpose != purpose:
		return link, fault.New(fault.Denied, LinkWrongPurpose, "this link is for another page")
	case !link.Expires.IsZero() && !now.Before(link.Expires):
		return link, fault.New(fault.Denied, LinkExpired, "this link was good until %s", link.Expires.Format(time.RFC3339))
	}
	return link, nil
}

func parseLink(message []byte) (Link, bool) {
	link := Link{Purpose: LinkPurpose(message[0])}
	rest := message[1:]
	var expires int64
	for _, field := range []*int64{&link.Round, &link.Person, &link.Program, &expires} {
		v, n := binary.Uvarint(rest)
		if n <= 0 || v > 1<<62 {
			return Link{}, false
		}
		*field, rest = int64(v), rest[n:]
	}
	if expires > 0 {
		link.Expires = time.Unix(expires, 0).UTC()
	}
	return link, len(rest) == 0
}

// URL is the address of a signed link.
func (l *Links) URL(link Link) string { return l.base + linkPaths[link.Purpose] + l.Sign(link) }

// AnswerURL is where a person answers a round's opt-in: the page asks, opening it changes nothing. With ?answer=yes or
// ?answer=no behind it that answer is already chosen, and still to be confirmed.
func (l *Links) AnswerURL(round, person int64, expires time.Time) string {
	return l.URL(Link{Purpose: LinkAnswer, Round: round, Person: person, Expires: expires})
}

// MatchURL is where a person sees their match of a round.
func (l *Links) MatchURL(round, person int64, expires time.Time) string {
	return l.URL(Link{Purpose: LinkMatch, Round: round, Person: person, Expires: expires})
}

// SessionURL is where a person takes part in a networking session.
func (l *Links) SessionURL(session, person int64, expires time.Time) string {
	return l.URL(Link{Purpose: LinkSession, Round: session, Person: person, Expires: expires})
}

// CheckInURL is where a person says whether they met.
func (l *Links) CheckInURL(round, person int64, expires time.Time) string {
	return l.URL(Link{Purpose: LinkCheckIn, Round: round, Person: person, Expires: expires})
}

// PreferencesURL is where a person snoozes, names whom to meet or avoid, and leaves the program.
func (l *Links) PreferencesURL(program, person int64, expires time.Time) string {
	return l.URL(Link{Purpose: LinkPreferences, Program: program, Person: person, Expires: expires})
}

// UnsubscribeURL is where a person stops every kind of mail: a page on GET, RFC 8058 one-click on POST. It never expires.
func (l *Links) UnsubscribeURL(person int64) string {
	return l.URL(Link{Purpose: LinkUnsubscribe, Person: person})
}

// CalendarURL serves the calendar file of a person's match in a round.
func (l *Links) CalendarURL(round, person int64, expires time.Time) string {
	return l.URL(Link{Purpose: LinkCalendar, Round: round, Person: person, Expires: expires}) + ".ics"
}
