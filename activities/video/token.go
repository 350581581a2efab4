package video

import (
	"fmt"
	"time"

	"github.com/livekit/protocol/auth"
	"github.com/livekit/protocol/livekit"
)

// sources are what people show and say; no screens.
var sources = []livekit.TrackSource{livekit.TrackSource_CAMERA, livekit.TrackSource_MICROPHONE}

// Token lets a person into exactly this room, for as long as validFor after now, to show camera and microphone and to see
// and hear others. It says nothing else about them but the name. A token outlives a removal: LiveKit renews that of whoever
// is connected.
func (l *LiveKit) Token(room string, person int64, name string, validFor time.Duration) (string, error) {
	yes, no := true, false
	grant := &auth.VideoGrant{
		RoomJoin: true, Room: room, CanPublish: &yes, CanSubscribe: &yes, CanPublishData: &no, CanUpdateOwnMetadata: &no,
	}
	grant.SetCanPublishSources(sources)
	token, err := auth.NewAccessToken(l.key, l.secret).SetVideoGrant(grant).
		SetIdentity(Identity(person)).SetName(name).SetValidFor(validFor).ToJWT()
	if err != nil {
		return "", fmt.Errorf("sign a token: %w", err)
	}
	return token, nil
}
