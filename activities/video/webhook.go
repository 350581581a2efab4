package video

import (
	"bytes"
	"io"
	"net/http"
	"time"

	"github.com/livekit/protocol/livekit"
	"github.com/livekit/protocol/webhook"
	"google.golang.org/protobuf/encoding/protojson"

	"rondo/activities/fault"
)

// Kind is what an Event tells.
type Kind string

// What LiveKit tells about the rooms of meetings.
const (
	// Joined: a person's media connection stands.
	Joined Kind = "joined"
	// Left: a person who had joined is no longer in the room.
	Left Kind = "left"
	// Aborted: a person came, and their media connection never stood.
	Aborted Kind = "aborted"
	// Media: a person has published audio or video.
	Media Kind = "media"
	// Finished: the room is no more.
	Finished Kind = "room_finished"
)

var kinds = map[string]Kind{
	webhook.EventParticipantJoined: Joined, webhook.EventParticipantLeft: Left, webhook.EventParticipantConnectionAborted: Aborted,
	webhook.EventTrackPublished: Media, webhook.EventRoomFinished: Finished,
}

// Event is something that happened in the room of a meeting. Events can be lost, come twice, and come late: LiveKit sends those
// of one room in order, drops what it cannot deliver for half a minute, and forgets all when it is started again.
type Event struct {
	ID      string // the same when it comes again
	Kind    Kind
	Session int64
	No      int   // of the meeting
	Person  int64 // 0 for Finished
	// Visit is as in Participant: a Left of an earlier visit says nothing about the present one.
	Visit string
	// Audio and Video are which of them was published, for Media.
	Audio, Video bool
	At           time.Time // in whole seconds
}

// Receive reads a webhook's body, as it was received, after checking that LiveKit has signed it with the secret of our key not
// longer than some minutes ago. It reports false for events that are not about people in meetings. Errors are faults:
// signature_invalid (Denied) and not_event (Invalid).
func (l *LiveKit) Receive(header http.Header, body []byte) (Event, bool, error) {
	request := &http.Request{Header: header, Body: io.NopCloser(bytes.NewReader(body))}
	if _, err := webhook.Receive(request, l.keys); err != nil {
		return Event{}, false, fault.Wrap(err, fault.Denied, "signature_invalid", "the signature does not belong to this body and the configured key")
	}
	var posted livekit.WebhookEvent
	if err := (protojson.UnmarshalOptions{DiscardUnknown: true}).Unmarshal(body, &posted); err != nil {
		return Event{}, false, fault.Wrap(err, fault.Invalid, "not_event", "the body is no event")
	}
	e, ok := eventOf(&posted)
	return e, ok, nil
}

// eventOf leaves out what does not concern meetings. Who is pushed out by their own second coming has not left: the Joined of
// that is on its way or has come.
func eventOf(posted *livekit.WebhookEvent) (Event, bool) {
	kind, concerns := kinds[posted.Event]
	session, no, ours := ParseRoom(posted.GetRoom().GetName())
	e := Event{ID: posted.Id, Kind: kind, Session: session, No: no, At: time.Unix(posted.CreatedAt, 0).UTC()}
	if !concerns || !ours || posted.Id == "" {
		return Event{}, false
	}
	if kind == Finished {
		return e, true
	}
	who := posted.GetParticipant()
	e.Person, ours = ParseIdentity(who.GetIdentity())
	if !ours || kind == Left && who.GetDisconnectReason() == livekit.DisconnectReason_DUPLICATE_IDENTITY {
		return Event{}, false
	}
	e.Visit = who.GetSid()
	if kind == Media {
		e.Audio, e.Video = posted.GetTrack().GetType() == livekit.TrackType_AUDIO, posted.GetTrack().GetType() == livekit.TrackType_VIDEO
	}
	return e, true
}
