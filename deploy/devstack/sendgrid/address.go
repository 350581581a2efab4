package sendgrid

import "strings"

const maxAddress = 320

// validAddress tells whether s is an ASCII mailbox without display name, comments or quoting, under a dotted domain.
func validAddress(s string) bool {
	at := strings.LastIndexByte(s, '@')
	if at < 1 || len(s) > maxAddress {
		return false
	}
	local, domain := s[:at], s[at+1:]
	if len(local) > 64 || !validLocal(local) {
		return false
	}
	labels := 0
	for label := range strings.SplitSeq(domain, ".") {
		if !validLabel(label) {
			return false
		}
		labels++
	}
	return labels > 1
}

func validLocal(local string) bool {
	for i := range len(local) {
		c := local[i]
		switch {
		case c == '.':
			if i == 0 || i == len(local)-1 || local[i-1] == '.' {
				return false
			}
		case alphanumeric(c), strings.IndexByte("!#$%&'*+-/=?^_`{|}~", c) >= 0:
		default:
			return false
		}
	}
	return true
}

func validLabel(label string) bool {
	if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
		return false
	}
	for i := range len(label) {
		if c := label[i]; !alphanumeric(c) && c != '-' {
			return false
		}
	}
	return true
}

func alphanumeric(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'z'
}

// A behaviour is what happens to mail for a special address.
type behaviour uint8

const (
	delivers behaviour = iota
	bounces
	bouncesLater
	blocks
	drops
	defers
	reportsSpam
	unsubscribes
	opens
	clicks
	refused
)

var behaviours = map[string]behaviour{
	"bounce": bounces, "asyncbounce": bouncesLater, "blocked": blocks, "drop": drops, "dropped": drops, "defer": defers,
	"deferred": defers, "spam": reportsSpam, "unsubscribe": unsubscribes, "open": opens, "click": clicks, "invalid": refused,
}

// behaviourOf reads the local part: its name alone, or followed by +anything or by a number (bounce@, bounce+7@, bounce.3@, bounce3@).
func behaviourOf(address string) behaviour {
	local, _, _ := strings.Cut(address, "@")
	local, _, _ = strings.Cut(local, "+")
	name := strings.TrimRight(local, "0123456789")
	if name != local {
		name = strings.TrimRight(name, ".-_")
	}
	if len(name) > len("unsubscribe") {
		return delivers
	}
	return behaviours[strings.ToLower(name)]
}
