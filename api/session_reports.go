package api

import (
	"context"
	"net/http"
	"time"

	"rondo/activities/store"
)

func (s *Server) addSessionReports() {
	handle(s, Route{
		Method: http.MethodGet, Path: "/v1/sessions/{id}/reports", ID: "list-session-reports", Tag: "networking", Scope: Admin,
		Summary: "List what attendees of a session reported of others",
	}, s.listSessionReports)
	handle(s, Route{
		Method: http.MethodGet, Path: "/v1/sessions/{id}/reports/{report}", ID: "get-attendee-report", Tag: "networking", Scope: Admin,
		Summary: "Read one of these reports",
	}, s.getAttendeeReport)
	handle(s, Route{
		Method: http.MethodPatch, Path: "/v1/sessions/{id}/reports/{report}", ID: "settle-attendee-report", Tag: "networking", Scope: Admin,
		Summary:     "Note what became of a report",
		Description: "It does nothing else: use remove-attendee or revoke-tickets for who is to leave.",
	}, s.settleAttendeeReport)
}

// AttendeeReport is what an attendee reported of somebody they met.
type AttendeeReport struct {
	ID        int64     `json:"id"`
	Meeting   int       `json:"meeting"`
	PersonID  int64     `json:"person_id" doc:"Who reports"`
	Name      string    `json:"name"`
	OtherID   int64     `json:"other_id" doc:"Who is reported"`
	OtherName string    `json:"other_name"`
	Reason    string    `json:"reason" enum:"harassment,inappropriate,spam,other"`
	Text      string    `json:"text,omitempty"`
	State     string    `json:"state" enum:"open,acted,dismissed"`
	At        time.Time `json:"at"`
}

func showAttendeeReport(c store.SessionComplaint) AttendeeReport {
	return AttendeeReport{
		ID: c.ID, Meeting: c.No, PersonID: c.PersonID, Name: c.Name, OtherID: c.OtherID, OtherName: c.OtherName, Reason: c.Reason, Text: c.Text,
		State: c.State, At: c.At,
	}
}

type (
	listSessionReportsInput struct {
		SessionPath
		PageQuery
		State string `query:"state" enum:"open,acted,dismissed" doc:"Missing: any"`
	}
	sessionReportsOutput struct{ Body Page[AttendeeReport] }
	attendeeReportOutput struct {
		ETag ETag `header:"ETag"`
		Body AttendeeReport
	}
	// AttendeeReportPath is embedded by inputs about one report.
	AttendeeReportPath struct {
		SessionPath
		Report int64 `path:"report" minimum:"1"`
	}
)

func (s *Server) listSessionReports(ctx context.Context, in *listSessionReportsInput) (*sessionReportsOutput, error) {
	p, err := in.page()
	if err != nil {
		return nil, err
	}
	rows, err := s.store.SessionComplaints(ctx, in.ID, in.State, p)
	if err != nil {
		return nil, err
	}
	return &sessionReportsOutput{newPage(in.PageQuery, rows, func(c store.SessionComplaint) int64 { return c.ID }, showAttendeeReport)}, nil
}

func answerAttendeeReport(c store.SessionComplaint, err error) (*attendeeReportOutput, error) {
	if err != nil {
		return nil, err
	}
	return &attendeeReportOutput{ETag: etag(c.Version), Body: showAttendeeReport(c)}, nil
}

func (s *Server) getAttendeeReport(ctx context.Context, in *AttendeeReportPath) (*attendeeReportOutput, error) {
	return answerAttendeeReport(s.store.SessionComplaint(ctx, in.ID, in.Report))
}

type settleReportInput struct {
	AttendeeReportPath
	IfMatch
	Body struct {
		State string `json:"state" enum:"open,acted,dismissed"`
	}
}

func (s *Server) settleAttendeeReport(ctx context.Context, in *settleReportInput) (*attendeeReportOutput, error) {
	version, err := in.version()
	if err != nil {
		return nil, err
	}
	return answerAttendeeReport(s.store.SettleComplaint(ctx, in.ID, in.Report, version, in.Body.State))
}
