// Package video is Rondo's side of LiveKit: rooms of meetings, tokens for those who meet in them, and what LiveKit tells about
// them. It knows neither the database nor workflows.
package video

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/livekit/protocol/auth"
	"github.com/livekit/protocol/livekit"
	"github.com/livekit/protocol/utils/xtwirp"
	"github.com/twitchtv/twirp"

	"rondo/activities/fault"
)

const (
	// MinSecret is how many bytes a secret has at least, because tokens are signed with HMAC-SHA-256.
	MinSecret = 32
	// callWithin bounds a call whose context has no earlier end.
	callWithin = 10 * time.Second
	// connections stay open between calls: rooms are made in bursts, when many pairs meet at once.
	connections = 64
)

// ErrNoRoom says that LiveKit has no room of this name: it was deleted, or everybody has left it, or LiveKit has been started
// again since.
var ErrNoRoom = fault.New(fault.NotFound, "no_room", "the video server has no such room")

// LiveKit speaks to one LiveKit server or cluster. It is safe for concurrent use.
type LiveKit struct {
	api, key, secret string
	browsers         string
	keys             auth.KeyProvider
	rooms            livekit.RoomService
}

// New prepares calls to the LiveKit server at a URL (ws, wss, http or https, without a path); it calls nobody. Tokens are signed
// with the API key and its secret. Errors do not quote them.
func New(serverURL, apiKey, apiSecret string) (*LiveKit, error) {
	api, err := withScheme(serverURL, "http")
	if err != nil {
		return nil, err
	}
	if apiKey == "" || len(apiSecret) < MinSecret {
		return nil, fmt.Errorf("livekit needs an API key and a secret of at least %d characters", MinSecret)
	}
	l := &LiveKit{api: api, key: apiKey, secret: apiSecret, keys: auth.NewSimpleKeyProvider(apiKey, apiSecret)}
	l.rooms = livekit.NewRoomServiceProtobufClient(api, &http.Client{
		Transport: &http.Transport{
			Proxy: http.ProxyFromEnvironment, DialContext: (&net.Dialer{Timeout: 5 * time.Second}).DialContext, ForceAttemptHTTP2: true,
			MaxIdleConns: connections, MaxIdleConnsPerHost: connections, IdleConnTimeout: time.Minute, TLSHandshakeTimeout: 5 * time.Second,
		},
		// A redirect of a POST would be followed as a GET.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}, xtwirp.ClientPassTimout())
	return l, l.SetPublicURL(serverURL)
}

// SetPublicURL says where browsers reach the server, if that is not where this process does. It is for the set-up, before
// others use l.
func (l *LiveKit) SetPublicURL(u string) (err error) {
	l.browsers, err = withScheme(u, "ws")
	return err
}

// URL is where browsers reach the server: ws://host:port or wss://host:port.
func (l *LiveKit) URL() string { return l.browsers }

// withScheme turns a URL into one of http or ws, or their secure kin; it has no slash at the end.
func withScheme(raw, scheme string) (string, error) {
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return "", errors.New("livekit's URL is not one like wss://video.example.org")
	}
	switch u.Scheme {
	case "ws", "http":
		u.Scheme = scheme
	case "wss", "https":
		u.Scheme = scheme + "s"
	default:
		return "", errors.New("livekit's URL begins with none of wss, ws, https, http")
	}
	return strings.TrimRight(u.String(), "/"), nil
}

// call makes one call with a grant. What is not found is ErrNoRoom; a server that is away or busy is fault.Unavailable.
func call[In, Out any](ctx context.Context, l *LiveKit, grant auth.VideoGrant, method func(context.Context, In) (Out, error), in In) (out Out, err error) {
	ctx, cancel := context.WithTimeout(ctx, callWithin)
	defer cancel()
	token, err := auth.NewAccessToken(l.key, l.secret).SetVideoGrant(&grant).SetValidFor(time.Minute).ToJWT()
	if err != nil {
		return out, fmt.Errorf("sign a call to livekit: %w", err)
	}
	if ctx, err = twirp.WithHTTPRequestHeaders(ctx, http.Header{"Authorization": {"Bearer " + token}}); err != nil {
		return out, fmt.Errorf("sign a call to livekit: %w", err)
	}
	if out, err = method(ctx, in); err != nil {
		return out, classify(err)
	}
	return out, nil
}

// classify tells apart what does not exist, what LiveKit refuses, which no repetition changes unless somebody changes the
// configuration, and everything else, which passes.
func classify(err error) error {
	var refusal twirp.Error
	if !errors.As(err, &refusal) {
		return unavailable(err)
	}
	switch refusal.Code() { //nolint:exhaustive // the others are of servers that are away or busy
	case twirp.NotFound:
		return fmt.Errorf("%w: %w", ErrNoRoom, err)
	case twirp.Unauthenticated, twirp.PermissionDenied, twirp.InvalidArgument, twirp.Malformed, twirp.BadRoute, twirp.Unimplemented:
		return fault.Wrap(err, fault.Internal, "video_refused", "the video server refuses the call")
	default:
		return unavailable(err)
	}
}

func unavailable(err error) error {
	return fault.Wrap(err, fault.Unavailable, "video_unavailable", "the video server cannot be reached or is busy")
}
