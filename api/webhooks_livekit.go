package api

import (
	"fmt"
	"io"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gin-gonic/gin"

	"rondo/activities/pairing"
	"rondo/activities/store"
	"rondo/activities/video"
)

func (s *Server) addLiveKit() {
	plain(s, Route{
		Method: http.MethodPost, Path: "/webhooks/livekit", ID: "livekit-events", Tag: "webhooks", Scope: Public, Signed: true,
		Summary: "Take LiveKit's signed webhooks",
		Description: "Posts have to be signed with `RONDO_LIVEKIT_API_KEY`. Answered with 204 once the event is committed. Lost, repeated and late " +
			"ones do no harm: the lobby of a session also asks LiveKit.",
		Document: func(op *huma.Operation) {
			op.RequestBody = &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{
				"application/webhook+json": {Schema: &huma.Schema{Type: huma.TypeObject}},
			}}
			op.Responses = map[string]*huma.Response{
				"204": {Description: "The event is committed, or does not concern a meeting"}, "403": {Description: "The signature is missing or not LiveKit's"},
			}
		},
	}, s.liveKitEvent)
}

// observed is what an event means to a lobby.
var observed = map[video.Kind]pairing.Kind{
	video.Joined: pairing.Joined, video.Media: pairing.Media, video.Left: pairing.Lost, video.Aborted: pairing.Lost,
}

func (s *Server) liveKitEvent(c *gin.Context) error {
	if s.video == nil {
		return newProblem(http.StatusServiceUnavailable, "webhook_not_configured", "this server has no key to check signatures with")
	}
	body, err := io.ReadAll(c.Request.Body)
	if err != nil {
		return fmt.Errorf("read webhook: %w", err)
	}
	event, concerns, err := s.video.Receive(c.Request.Header, body)
	if err != nil {
		return err
	}
	kind, ok := observed[event.Kind]
	if concerns && ok && event.Person != 0 {
		err := s.store.AddActions(c.Request.Context(), []store.SessionAction{{
			Session: event.Session, Person: event.Person, Key: "livekit-" + event.ID, Kind: kind, Meeting: event.No,
		}})
		if err != nil {
			return err
		}
	}
	c.Status(http.StatusNoContent)
	return nil
}
