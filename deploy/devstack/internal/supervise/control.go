package supervise

import (
	"context"
	"encoding/json"
	"net"
	"net/http"
	"time"
)

// controlWithin bounds one control request.
const controlWithin = 90 * time.Second

// Handler serves the control endpoint:
//
//	GET  /components              all programs with their states
//	POST /components/{name}/kill  SIGKILL; answers when it is gone, it comes back by itself
//	POST /components/{name}/stop  orderly stop; answers when it is gone, it stays away
//	POST /components/{name}/start answers when it is ready
//
// Each POST answers 200 with the state of the program, 404 for an unknown name,
// 500 with a text when it did not work. It is Local.
func (s *Supervisor) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /components", func(w http.ResponseWriter, _ *http.Request) {
		list := []Status{}
		for _, u := range s.Units() {
			list = append(list, u.Status())
		}
		reply(w, list)
	})
	s.handle(mux, "kill", (*Unit).Kill)
	s.handle(mux, "stop", (*Unit).Stop)
	s.handle(mux, "start", (*Unit).Start)
	return Local(mux)
}

func (s *Supervisor) handle(mux *http.ServeMux, verb string, act func(*Unit, context.Context) error) {
	mux.HandleFunc("POST /components/{name}/"+verb, func(w http.ResponseWriter, r *http.Request) {
		u := s.Unit(r.PathValue("name"))
		if u == nil {
			http.Error(w, "no such component", http.StatusNotFound)
			return
		}
		ctx, cancel := context.WithTimeout(r.Context(), controlWithin)
		defer cancel()
		if err := act(u, ctx); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		reply(w, u.Status())
	})
}

// Local turns web pages away: their requests carry a foreign origin or a host
// name that is not an address.
func Local(next http.Handler) http.Handler {
	return onlyAddresses(http.NewCrossOriginProtection().Handler(next))
}

// onlyAddresses refuses names as host, so that no web page reaches the endpoint
// by a name that it resolves to the loopback address.
func onlyAddresses(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host, _, err := net.SplitHostPort(r.Host)
		if err != nil || net.ParseIP(host) == nil {
			http.Error(w, "use the loopback address", http.StatusForbidden)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func reply(w http.ResponseWriter, body any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(body)
}
