package main

import (
	"fmt"

	"rondo/activities/mail"
	"rondo/worker/telemetry"
)

// mailFlags say how mail leaves.
type mailFlags struct {
	URL    string `name:"sendgrid-url" env:"RONDO_SENDGRID_URL" default:"https://api.sendgrid.com" help:"SendGrid's API."`
	APIKey string `name:"sendgrid-api-key" env:"RONDO_SENDGRID_API_KEY" help:"SendGrid's API key. Needed."`
	From   string `name:"mail-from" env:"RONDO_MAIL_FROM" help:"Address that mails come from. Needed."`
}

func (m *mailFlags) check(f *faults) {
	m.URL = f.web("sendgrid-url", m.URL)
	f.needed("sendgrid-api-key", m.APIKey)
	f.sender("mail-from", m.From)
}

// sender counts its calls, and the provider's errors among them, in the process's metrics.
func (m *mailFlags) sender(t *telemetry.Telemetry) (*mail.SendGrid, error) {
	s, err := mail.NewSendGrid(mail.SendGridOptions{URL: m.URL, Key: m.APIKey, From: m.From, Metrics: t.Registry})
	if err != nil {
		return nil, fmt.Errorf("mail: %w", err)
	}
	return s, nil
}
