package api

import (
	"context"
	"net/http"
	"time"

	"rondo/activities/store"
)

func (s *Server) addUsers() {
	handle(s, Route{
		Method: http.MethodGet, Path: "/v1/users", ID: "list-users", Tag: "users", Scope: Read, Summary: "List users",
	}, s.listUsers)
	handle(s, Route{
		Method: http.MethodPost, Path: "/v1/users", ID: "create-user", Tag: "users", Scope: Admin,
		Status: http.StatusCreated, Idempotent: true, Summary: "Add somebody who works with Rondo",
	}, s.createUser)
	handle(s, Route{
		Method: http.MethodGet, Path: "/v1/users/{id}", ID: "get-user", Tag: "users", Scope: Read, Summary: "Read a user",
	}, s.getUser)
	handle(s, Route{
		Method: http.MethodPatch, Path: "/v1/users/{id}", ID: "update-user", Tag: "users", Scope: Admin, Summary: "Change a user",
	}, s.updateUser)
}

// User is someone who works with Rondo and owns people.
type User struct {
	ID        int64     `json:"id"`
	Email     string    `json:"email"`
	Name      string    `json:"name"`
	Timezone  string    `json:"timezone" doc:"IANA name"`
	CreatedAt time.Time `json:"created_at"`
}

// UserPath is embedded by inputs about one user.
type UserPath struct {
	ID int64 `path:"id" minimum:"1"`
}

type (
	usersOutput struct{ Body Page[User] }
	userOutput  struct {
		ETag ETag `header:"ETag"`
		Body User
	}
)

func showUser(u store.User) User {
	return User{ID: u.ID, Email: u.Email, Name: u.Name, Timezone: u.Timezone, CreatedAt: u.CreatedAt}
}

func answerUser(u store.User, err error) (*userOutput, error) {
	if err != nil {
		return nil, err
	}
	return &userOutput{ETag: etag(u.Version), Body: showUser(u)}, nil
}

func (s *Server) listUsers(ctx context.Context, in *PageQuery) (*usersOutput, error) {
	p, err := in.page()
	if err != nil {
		return nil, err
	}
	rows, err := s.store.Users(ctx, p)
	if err != nil {
		return nil, err
	}
	return &usersOutput{Body: newPage(*in, rows, func(u store.User) int64 { return u.ID }, showUser)}, nil
}

type createUserInput struct {
	Body struct {
		Email    string `json:"email" maxLength:"320"`
		Name     string `json:"name,omitempty" maxLength:"200"`
		Timezone string `json:"timezone,omitempty" doc:"IANA name; missing: UTC"`
	}
}

func (s *Server) createUser(ctx context.Context, in *createUserInput) (*userOutput, error) {
	return answerUser(s.store.CreateUser(ctx, in.Body.Email, in.Body.Name, in.Body.Timezone))
}

func (s *Server) getUser(ctx context.Context, in *UserPath) (*userOutput, error) {
	return answerUser(s.store.User(ctx, in.ID))
}

type updateUserInput struct {
	UserPath
	IfMatch
	Body struct {
		Email    *string `json:"email,omitempty" maxLength:"320"`
		Name     *string `json:"name,omitempty" maxLength:"200"`
		Timezone *string `json:"timezone,omitempty" doc:"IANA name"`
	}
}

func (s *Server) updateUser(ctx context.Context, in *updateUserInput) (*userOutput, error) {
	version, err := in.version()
	if err != nil {
		return nil, err
	}
	return answerUser(s.store.PatchUser(ctx, in.ID, version, store.UserPatch(in.Body)))
}
