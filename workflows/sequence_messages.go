package workflows

import "time"

// Enrolled names an enrollment and when its first step is due. An early wake-up waits for that.
type Enrolled struct {
	ID    int64     `json:"id"`
	DueAt time.Time `json:"due_at"`
}

// Turn is what an enrollment waits for after a TakeStep.
type Turn struct {
	Over  bool      `json:"over,omitempty"`
	DueAt time.Time `json:"due_at,omitzero"` // zero: a doorbell
	State string    `json:"state"`
	Step  int       `json:"step,omitempty"` // the one to come
}

// Started counts the contacts that a StartContacts started, over all its attempts.
type Started struct {
	Started int `json:"started"`
}
