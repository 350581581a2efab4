package store

import (
	"net/mail"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/idna"

	"rondo/activities/fault"
)

// Lengths of an address in octets, RFC 5321 section 4.5.3.1 with its erratum 1690.
const (
	maxLocalPart = 64
	maxAddress   = 254
)

// domains converts a domain to its lower-case ASCII form as a resolver would look it up (UTS 46), and refuses labels that
// no host name may have.
var domains = idna.New(idna.MapForLookup(), idna.Transitional(false), idna.StrictDomainName(true), idna.VerifyDNSLength(true), idna.BidiRule())

// Address gives the one form in which an e-mail address is stored and compared: lower case, the domain in ASCII. It
// refuses what no provider delivers to: display names, comments, quoted or non-ASCII local parts, address literals,
// domains of one label. Its error is Invalid at the given location.
func Address(location, s string) (string, error) {
	s = strings.TrimSpace(s)
	bad := func(code, format string, args ...any) (string, error) {
		return "", fault.BadField(code, location, format, args...)
	}
	if s == "" {
		return bad("email_required", "an e-mail address is required")
	}
	at := strings.LastIndexByte(s, '@')
	if at < 1 || at == len(s)-1 {
		return bad("email_invalid", "an e-mail address has a name, an @ and a domain: ada@example.com")
	}
	local, domain := strings.ToLower(s[:at]), s[at+1:]
	domain, err := Domain(location, domain)
	if err != nil {
		return bad("email_invalid", "what follows the @ is no domain: it looks like example.com")
	}
	address := local + "@" + domain
	if len(local) > maxLocalPart || len(address) > maxAddress {
		return bad("email_too_long", "an e-mail address has at most %d characters, %d of them before the @", maxAddress, maxLocalPart)
	}
	if !ascii(local) {
		return bad("email_invalid", "before the @ come letters a to z, digits and some signs only")
	}
	parsed, err := mail.ParseAddress(address)
	if err != nil || parsed.Name != "" || parsed.Address != address || strings.Contains(local, `"`) {
		return bad("email_invalid", "this is not an e-mail address: it looks like ada@example.com")
	}
	return address, nil
}

// Domain gives the one form in which a domain is stored and compared: lower-case ASCII, without a dot at the end.
func Domain(location, s string) (string, error) {
	domain, err := domains.ToASCII(strings.TrimSuffix(strings.TrimSpace(s), "."))
	if err != nil || !utf8.ValidString(s) || !strings.Contains(domain, ".") {
		return "", fault.BadField("domain_invalid", location, "this is not a domain: it looks like example.com")
	}
	return domain, nil
}

func ascii(s string) bool {
	for _, r := range s {
		if r > '~' || r < '!' {
			return false
		}
	}
	return true
}
