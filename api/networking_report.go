package api

import (
	"context"
	"io"
	"net/http"

	"rondo/activities/store"
)

func (s *Server) addNetworkingReport() {
	handle(s, Route{
		Method: http.MethodGet, Path: "/v1/sessions/{id}/report", ID: "get-session-report", Tag: "networking", Scope: Read,
		Summary: "Read what became of a session, or has so far", Description: "The bot and its meetings are left out. It reads everything of the session: to watch one, use get-session-live.",
	}, s.getSessionReport)
	export := func(name string, columns string, write func(context.Context, io.Writer, store.NetworkingSession) error) {
		handle(s, Route{
			Method: http.MethodGet, Path: "/v1/sessions/{id}/" + name + ".csv", ID: "export-" + name, Tag: "networking", Scope: Read, Stream: true,
			Summary:     "Load the " + name + " of a session as CSV",
			Description: columns + " Instants are UTC. Cells that a spreadsheet would run as a formula begin with an apostrophe.",
			Document:    downloads("text/csv", "UTF-8 with a header row"),
		}, func(ctx context.Context, in *SessionPath) (*Download, error) {
			n, err := s.store.Session(ctx, in.ID)
			if err != nil {
				return nil, err
			}
			return download(ctx, "text/csv; charset=utf-8", name+".csv", func(ctx context.Context, w io.Writer) error { return write(ctx, w, n) }), nil
		})
	}
	export("meetings", "One line a meeting, with up to three people: id, name, address, and how long they waited.", s.store.ExportMeetings)
	export("connections", "One line for each time somebody asked to stay in touch; `accepted` is empty while that is all.", s.store.ExportConnections)
}

// SessionReport is what became of a networking session.
type SessionReport struct {
	Tickets          int            `json:"tickets" doc:"Valid ones of the event"`
	Attendees        int            `json:"attendees" doc:"Who came"`
	NoShows          int            `json:"no_shows" doc:"Who has a ticket and did not"`
	MetNobody        int            `json:"met_nobody" doc:"Who came and met nobody"`
	Meetings         int            `json:"meetings" doc:"Made"`
	Met              int            `json:"met" doc:"Of the meetings, those in which all had media"`
	Minutes          float64        `json:"minutes" doc:"Of all meetings that met, together"`
	WaitP50          float64        `json:"wait_p50" doc:"Seconds that people waited for a meeting: the median"`
	WaitP95          float64        `json:"wait_p95" doc:"Likewise, the 95th percentile"`
	WaitMax          float64        `json:"wait_max"`
	ExtendedShare    float64        `json:"extended_share" doc:"Of the meetings that met, 0 to 1"`
	ConnectionsAsked int            `json:"connections_asked"`
	ConnectionsMade  int            `json:"connections_made" doc:"Of them, accepted"`
	Forced           int            `json:"forced" doc:"Meetings that an organiser wanted"`
	Relaxed          int            `json:"relaxed" doc:"Meetings for which a rule did not hold, because somebody had waited so long"`
	Repeats          int            `json:"repeats" doc:"Pairs of people in a meeting who had been in one before in this session"`
	ForcedRepeats    int            `json:"forced_repeats" doc:"Of them, in meetings that an organiser wanted"`
	Reports          int            `json:"reports" doc:"By attendees about others"`
	Endings          map[string]int `json:"endings" nullable:"false" doc:"Meetings that have ended by reason: time, left, lost, no_media, removed, organiser, blocked, exited, session, room_failed"`
}

type sessionReportOutput struct{ Body SessionReport }

func (s *Server) getSessionReport(ctx context.Context, in *SessionPath) (*sessionReportOutput, error) {
	r, err := s.store.SessionReport(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	return &sessionReportOutput{SessionReport{
		Tickets: r.Tickets, Attendees: r.Attendees, NoShows: r.NoShows, MetNobody: r.Unmet, Meetings: r.Meetings, Met: r.Met, Minutes: float64(r.Seconds) / 60,
		WaitP50: seconds(r.WaitP50), WaitP95: seconds(r.WaitP95), WaitMax: seconds(r.WaitMax), ExtendedShare: float64(r.Extended) / float64(max(r.Met, 1)),
		ConnectionsAsked: r.Asked, ConnectionsMade: r.Connected, Forced: r.Forced, Relaxed: r.Relaxed, Repeats: r.Repeats, ForcedRepeats: r.ForcedRepeats,
		Reports: r.Complaints, Endings: r.Endings,
	}}, nil
}
