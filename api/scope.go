package api

import "slices"

// Scope is what an API key may do. Admin includes all others, send includes read; signal stands alone.
type Scope string

// The scopes. Public routes need no key: health, documentation, signed links, webhooks with their own signature.
const (
	Public Scope = ""
	Admin  Scope = "admin"  // everything: people, programs, keys
	Send   Scope = "send"   // what makes mail go out, and reading
	Read   Scope = "read"   // looking
	Signal Scope = "signal" // integrations: answers on behalf of people
)

// allows reports whether a key with these scopes may use a route that needs this one.
func (need Scope) allows(have []string) bool {
	return need == Public || slices.ContainsFunc(have, func(s string) bool {
		switch Scope(s) {
		case Admin, need:
			return true
		case Send:
			return need == Read
		default:
			return false
		}
	})
}
