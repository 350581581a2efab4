package api

import (
	"context"
	"mime"
	"net/http"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"rondo/activities/store"
)

func (s *Server) addNetworkingMedia() {
	handle(s, Route{
		Method: http.MethodPut, Path: "/v1/sessions/{id}/waiting-media", ID: "put-waiting-media", Tag: "networking", Scope: Admin, Stream: true,
		MaxBody: store.MaxWaitingVideo + 1, Summary: "Set the image or video that is shown until people may come in",
		Description: "The session's direct link, `/s/{id}`, shows it instead of a countdown; a video plays in a loop without sound. PNG, JPEG, GIF or WebP up to 10 MB, " +
			"MP4 up to 20 MB, in the body as it is. 422 `media_mismatch` if the file is not what its Content-Type says, `media_too_large`.",
		Document: documentMediaUpload,
	}, s.putWaitingMedia)
	handle(s, Route{
		Method: http.MethodGet, Path: "/v1/sessions/{id}/waiting-media", ID: "get-waiting-media", Tag: "networking", Scope: Read, Stream: true,
		Summary: "Load the waiting media of a session", Document: documentMedia,
	}, s.getWaitingMedia)
	handle(s, Route{
		Method: http.MethodDelete, Path: "/v1/sessions/{id}/waiting-media", ID: "delete-waiting-media", Tag: "networking", Scope: Admin,
		Summary: "Take the waiting media of a session away",
	}, s.deleteWaitingMedia)
}

func mediaContent() map[string]*huma.MediaType {
	content := map[string]*huma.MediaType{}
	for _, t := range store.MediaTypes {
		content[t] = &huma.MediaType{Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}}
	}
	return content
}

func documentMediaUpload(op *huma.Operation) {
	op.RequestBody = &huma.RequestBody{Required: true, Description: "The file", Content: mediaContent()}
}

func documentMedia(op *huma.Operation) {
	op.Responses = map[string]*huma.Response{"200": {Description: "The file", Content: mediaContent()}}
}

type putMediaInput struct {
	SessionPath
	Upload
	ContentType string `header:"Content-Type" doc:"What the file is" example:"image/png"`
}

func (s *Server) putWaitingMedia(ctx context.Context, in *putMediaInput) (*sessionOutput, error) {
	kind, _, err := mime.ParseMediaType(in.ContentType)
	if err != nil || !slices.Contains(store.MediaTypes, kind) {
		return nil, newProblem(http.StatusUnsupportedMediaType, "unsupported_media_type", "send the file as one of %s", strings.Join(store.MediaTypes, ", "))
	}
	n, rings, err := s.store.SetWaitingMedia(ctx, in.ID, kind, in.body)
	return s.answerSession(ctx, n, rings, err)
}

type mediaOutput struct {
	ContentType string `header:"Content-Type"`
	Body        []byte
}

func (s *Server) getWaitingMedia(ctx context.Context, in *SessionPath) (*mediaOutput, error) {
	contentType, content, err := s.store.WaitingMedia(ctx, in.ID)
	return &mediaOutput{contentType, content}, err
}

func (s *Server) deleteWaitingMedia(ctx context.Context, in *SessionPath) (*sessionOutput, error) {
	n, rings, err := s.store.DeleteWaitingMedia(ctx, in.ID)
	return s.answerSession(ctx, n, rings, err)
}
