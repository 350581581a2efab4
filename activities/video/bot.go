package video

import (
	"bytes"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"github.com/livekit/protocol/livekit"
	"github.com/livekit/protocol/logger"
	lksdk "github.com/livekit/server-sdk-go/v2"
	"github.com/pion/rtcp"
	"github.com/pion/webrtc/v4"
	"github.com/pion/webrtc/v4/pkg/media"
	"github.com/pion/webrtc/v4/pkg/media/ivfreader"
)

// picture is a disc that draws an eight in five seconds, as VP8, with one key frame at its beginning. ffmpeg made it:
//
//	ffmpeg -f lavfi -i color=c=0x4a2f1d:s=320x240:r=12:d=5 -f lavfi -i color=c=0xf2e2c4:s=72x72:r=12:d=5 -filter_complex
//	"[1]format=yuva420p,geq=lum='lum(X,Y)':cb='cb(X,Y)':cr='cr(X,Y)':a='if(lt(hypot(X-36,Y-36),35),255,0)'[b];
//	[0][b]overlay=x='124+90*cos(2*PI*t/5)':y='84+60*sin(4*PI*t/5)'" -frames:v 60 -c:v libvpx -crf 20 -b:v 150k -g 600
//	-deadline best -auto-alt-ref 0 -error-resilient 1 -pix_fmt yuv420p bot.ivf
//
//go:embed bot.ivf
var picture []byte

// silence is 20 ms of it in Opus: configuration 31 (full band, mono) and an empty frame.
var silence = []byte{0xf8, 0xff, 0xfe}

// joinWithin is how long a bot tries to get into a room.
const joinWithin = 15 * time.Second

// reel is the frames of the picture and how long each is shown.
type reel struct {
	frames [][]byte
	each   time.Duration
	width  int
	height int
}

var unreel = sync.OnceValues(func() (reel, error) {
	reader, header, err := ivfreader.NewWith(bytes.NewReader(picture))
	if err != nil {
		return reel{}, fmt.Errorf("read the bot's picture: %w", err)
	}
	r := reel{
		each:  time.Second * time.Duration(header.TimebaseNumerator) / time.Duration(header.TimebaseDenominator),
		width: int(header.Width), height: int(header.Height),
	}
	for {
		frame, _, err := reader.ParseNextFrame()
		if errors.Is(err, io.EOF) {
			return r, nil
		}
		if err != nil {
			return reel{}, fmt.Errorf("read the bot's picture: %w", err)
		}
		r.frames = append(r.frames, frame)
	}
})

// loop plays frames for ever. Again begins anew, for somebody who needs a key frame.
type loop struct {
	lksdk.BaseSampleProvider
	frames [][]byte
	each   time.Duration
	next   int
	again  atomic.Bool
}

func (l *loop) NextSample(context.Context) (media.Sample, error) {
	if l.again.Swap(false) || l.next == len(l.frames) {
		l.next = 0
	}
	l.next++
	return media.Sample{Data: l.frames[l.next-1], Duration: l.each}, nil
}

func (l *loop) heed(packet rtcp.Packet) {
	switch packet.(type) {
	case *rtcp.PictureLossIndication, *rtcp.FullIntraRequest:
		l.again.Store(true)
	}
}

// quiet silences LiveKit's client, whose log names people.
var quiet = sync.OnceFunc(func() { lksdk.SetLogger(logger.GetDiscardLogger()) })

// Join is a partner for demonstrations and tests: it takes a person's place in a room, shows a moving picture, says nothing, and
// receives what others publish, until the context ends, the room is deleted, or somebody else comes as this person. All of that
// is nil; an error says that it did not get in, ErrNoRoom that there is no such room. In is called once the picture is shown.
func (l *LiveKit) Join(ctx context.Context, room string, person int64, name string, in func()) error {
	quiet()
	signals, err := withScheme(l.api, "ws")
	if err != nil {
		return err
	}
	token, err := l.Token(room, person, name, time.Minute)
	if err != nil {
		return err
	}
	stay, over := context.WithCancel(ctx)
	defer over()
	visit := lksdk.NewRoom(&lksdk.RoomCallback{OnDisconnected: over})
	defer visit.Disconnect()
	trying, cancel := context.WithTimeout(stay, joinWithin)
	defer cancel()
	err = visit.JoinWithContextAndToken(trying, signals, token)
	if err == nil {
		err = publish(stay, visit.LocalParticipant)
	}
	if err != nil && stay.Err() == nil {
		return l.whyNot(ctx, room, err)
	}
	if stay.Err() == nil {
		in()
	}
	<-stay.Done()
	return nil
}

// whyNot tells a room that is not there from a server that is not.
func (l *LiveKit) whyNot(ctx context.Context, room string, cause error) error {
	rooms, err := l.Rooms(ctx, room)
	switch {
	case err != nil:
		return err
	case len(rooms) == 0:
		return ErrNoRoom
	default:
		return unavailable(fmt.Errorf("join: %w", cause))
	}
}

// publish shows the picture and says nothing. It does not wait for the answer of a server that has ended the visit.
func publish(stay context.Context, me *lksdk.LocalParticipant) error {
	film, err := unreel()
	if err != nil {
		return err
	}
	camera := &loop{frames: film.frames, each: film.each}
	picture, err := playing(camera, webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeVP8, ClockRate: 90000}, lksdk.WithRTCPHandler(camera.heed))
	if err != nil {
		return err
	}
	sound, err := playing(&loop{frames: [][]byte{silence}, each: 20 * time.Millisecond},
		webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeOpus, ClockRate: 48000, Channels: 2})
	if err != nil {
		return err
	}
	published := make(chan error, 1)
	go func() {
		_, err := me.PublishTrack(picture, &lksdk.TrackPublicationOptions{
			Name: "camera", Source: livekit.TrackSource_CAMERA, VideoWidth: film.width, VideoHeight: film.height,
		})
		if err == nil {
			_, err = me.PublishTrack(sound, &lksdk.TrackPublicationOptions{Name: "microphone", Source: livekit.TrackSource_MICROPHONE})
		}
		published <- err
	}()
	select {
	case err := <-published:
		return err
	case <-stay.Done():
		return nil
	}
}

func playing(what *loop, codec webrtc.RTPCodecCapability, options ...lksdk.LocalTrackOptions) (*lksdk.LocalTrack, error) {
	track, err := lksdk.NewLocalTrack(codec, options...)
	if err != nil {
		return nil, fmt.Errorf("make a track: %w", err)
	}
	if err := track.StartWrite(what, nil); err != nil {
		return nil, fmt.Errorf("make a track: %w", err)
	}
	return track, nil
}
