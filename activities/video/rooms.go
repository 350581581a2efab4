package video

import (
	"cmp"
	"context"
	"errors"
	"math"
	"slices"
	"time"

	"github.com/livekit/protocol/auth"
	"github.com/livekit/protocol/livekit"
)

// namesAtOnce is how many rooms are asked for by their names; for more of them, all rooms are listed. LiveKit compares
// every room with every name, but to list a room costs it more than to compare some hundred names.
const namesAtOnce = 500

// Room is what CreateRoom makes. Times are rounded up to whole seconds; zero is LiveKit's own default.
type Room struct {
	Max       uint32        // participants at a time; one who comes again under the same identity takes their own place
	Empty     time.Duration // how long the room waits for the first to come
	Departure time.Duration // how long it waits after the last has left
}

// CreateRoom makes a room. One that exists stays, with those who are in it, and takes on the new limits.
func (l *LiveKit) CreateRoom(ctx context.Context, room string, o Room) error {
	_, err := call(ctx, l, auth.VideoGrant{RoomCreate: true}, l.rooms.CreateRoom, &livekit.CreateRoomRequest{
		Name: room, MaxParticipants: o.Max, EmptyTimeout: seconds(o.Empty), DepartureTimeout: seconds(o.Departure),
	})
	return err
}

func seconds(d time.Duration) uint32 {
	return uint32(min(max(0, math.Ceil(d.Seconds())), math.MaxUint32))
}

// DeleteRoom ends a room for everybody in it. Where rooms are not made by joining, nobody comes back, whatever their token
// says. A room that does not exist is deleted.
func (l *LiveKit) DeleteRoom(ctx context.Context, room string) error {
	_, err := call(ctx, l, auth.VideoGrant{RoomCreate: true}, l.rooms.DeleteRoom, &livekit.DeleteRoomRequest{Room: room})
	return unlessGone(err)
}

// Remove ends the stay of a person in a room. Their token lasts: who shall not come back needs the room to be deleted. A
// person who is not there is removed.
func (l *LiveKit) Remove(ctx context.Context, room string, person int64) error {
	_, err := call(ctx, l, auth.VideoGrant{RoomAdmin: true, Room: room}, l.rooms.RemoveParticipant,
		&livekit.RoomParticipantIdentity{Room: room, Identity: Identity(person)})
	return unlessGone(err)
}

func unlessGone(err error) error {
	if errors.Is(err, ErrNoRoom) {
		return nil
	}
	return err
}

// Participant is a person in a room.
type Participant struct {
	Person int64
	// Visit is LiveKit's name of this stay; who leaves and comes back has another one.
	Visit string
	// Active means that their media connection stands; before, they have only asked to come in.
	Active bool
	// Audio and Video are published, muted or not.
	Audio, Video bool
}

// Participants are the people in a room, by id; none and ErrNoRoom if there is no such room.
func (l *LiveKit) Participants(ctx context.Context, room string) ([]Participant, error) {
	answer, err := call(ctx, l, auth.VideoGrant{RoomAdmin: true, Room: room}, l.rooms.ListParticipants, &livekit.ListParticipantsRequest{Room: room})
	if err != nil {
		return nil, err
	}
	if len(answer.Participants) == 0 { // LiveKit says the same of a room that is empty and of one that does not exist
		known, err := l.Rooms(ctx, room)
		if err == nil && len(known) == 0 {
			err = ErrNoRoom
		}
		return nil, err
	}
	people := make([]Participant, 0, len(answer.Participants))
	for _, info := range answer.Participants {
		person, ok := ParseIdentity(info.Identity)
		if !ok || info.State == livekit.ParticipantInfo_DISCONNECTED {
			continue
		}
		p := Participant{Person: person, Visit: info.Sid, Active: info.State == livekit.ParticipantInfo_ACTIVE}
		for _, t := range info.Tracks {
			p.Audio = p.Audio || t.Type == livekit.TrackType_AUDIO
			p.Video = p.Video || t.Type == livekit.TrackType_VIDEO
		}
		people = append(people, p)
	}
	slices.SortFunc(people, func(a, b Participant) int { return cmp.Compare(a.Person, b.Person) })
	return people, nil
}

// Rooms are those of the names that are rooms now, and how many participants LiveKit counts in each; its count lags by a second or
// two.
func (l *LiveKit) Rooms(ctx context.Context, names ...string) (map[string]int, error) {
	if len(names) == 0 {
		return nil, nil
	}
	request := &livekit.ListRoomsRequest{}
	if len(names) <= namesAtOnce {
		request.Names = names
	}
	answer, err := call(ctx, l, auth.VideoGrant{RoomList: true}, l.rooms.ListRooms, request)
	if err != nil {
		return nil, err
	}
	all := make(map[string]int, len(answer.Rooms))
	for _, room := range answer.Rooms {
		all[room.Name] = int(room.NumParticipants)
	}
	known := make(map[string]int, len(names))
	for _, name := range names {
		if n, ok := all[name]; ok {
			known[name] = n
		}
	}
	return known, nil
}
