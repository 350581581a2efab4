package api

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

type uploadInput struct {
	Upload
	Loud bool `query:"loud"`
}

type countOutput struct {
	Body struct {
		Bytes int64 `json:"bytes"`
	}
}

func addCount(s *Server, calls *int) {
	handle(s, Route{
		Method: "POST", Path: "/v1/count", ID: "count", Tag: "test", Scope: Admin, Stream: true, Idempotent: true, MaxBody: 3 << 20,
		Document: uploads("text/csv", "lines"),
	}, func(_ context.Context, in *uploadInput) (*countOutput, error) {
		*calls++
		out := &countOutput{}
		var err error
		out.Body.Bytes, err = io.Copy(io.Discard, in.body)
		return out, err
	})
}

func TestAnUploadIsReadAsItArrives(t *testing.T) {
	f := setup(t)
	calls := 0
	addCount(f.server, &calls)
	body := strings.Repeat("x", 2<<20)
	a := f.call(Admin, "POST", "/v1/count?loud=true", body)
	require.Equal(t, http.StatusOK, a.Status, "%s", a.Body)
	require.JSONEq(t, `{"bytes":2097152}`, string(a.Body))
	require.Equal(t, "body_too_large", f.call(Admin, "POST", "/v1/count", body+body).Problem.Code)
	require.Equal(t, "invalid_request", f.call(Admin, "POST", "/v1/count?quiet=true", body).Problem.Code)
}

func TestAnUploadWithAKeyIsDoneOnce(t *testing.T) {
	f := setup(t)
	calls := 0
	addCount(f.server, &calls)
	body := strings.Repeat("x", 2<<20)
	first := f.call(Admin, "POST", "/v1/count", body, "Idempotency-Key", "k")
	again := f.call(Admin, "POST", "/v1/count", body, "Idempotency-Key", "k")
	require.Equal(t, "true", again.Header.Get("Idempotent-Replayed"))
	require.Equal(t, first.Body, again.Body)
	require.Equal(t, "idempotency_key_reused", f.call(Admin, "POST", "/v1/count", body+"y", "Idempotency-Key", "k").Problem.Code)
	require.Equal(t, 1, calls)
}

func TestADownloadThatBreaksOffIsNotTakenForTheWhole(t *testing.T) {
	f := setup(t)
	handle(f.server, Route{
		Method: "GET", Path: "/v1/file", ID: "file", Tag: "test", Scope: Read, Stream: true, Document: downloads("text/csv", "lines"),
	}, func(ctx context.Context, _ *uploadInput) (*Download, error) {
		return download(ctx, "text/csv", "file.csv", func(_ context.Context, w io.Writer) error {
			_, err := io.WriteString(w, strings.Repeat("half\n", 1000))
			return errors.Join(err, errors.New("gone"))
		}), nil
	})
	r := newRequest(t, "GET", f.url+"/v1/file", nil)
	r.Header.Set("Authorization", "Bearer "+f.keys[Read])
	res, err := http.DefaultClient.Do(r)
	if err == nil {
		defer res.Body.Close()
		require.Equal(t, `attachment; filename="file.csv"`, res.Header.Get("Content-Disposition"))
		_, err = io.ReadAll(res.Body)
	}
	require.Error(t, err)
}

func TestEventsArriveAsTheyAreSentAndEndWithTheServer(t *testing.T) {
	f := setup(t)
	type counts struct {
		Yes int `json:"yes"`
	}
	ended := make(chan struct{})
	handle(f.server, Route{
		Method: "GET", Path: "/v1/watch", ID: "watch", Tag: "test", Scope: Read, Stream: true, Document: sends[counts](f.server, "counts"),
	}, func(ctx context.Context, in *EventsQuery) (*Events, error) {
		return f.server.events(ctx, func(ctx context.Context, send func(Event) error) error {
			defer close(ended)
			if err := send(Event{ID: "7", Name: "counts", Data: counts{Yes: len(in.LastEventID)}}); err != nil {
				return err
			}
			<-ctx.Done()
			return ctx.Err()
		}), nil
	})
	r := newRequest(t, "GET", f.url+"/v1/watch", nil)
	r.Header.Set("Authorization", "Bearer "+f.keys[Read])
	r.Header.Set("Last-Event-ID", "abc")
	res, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	defer res.Body.Close()
	require.Equal(t, "text/event-stream", res.Header.Get("Content-Type"))
	lines := bufio.NewScanner(res.Body)
	var got []string
	for lines.Scan() && len(got) < 5 {
		got = append(got, lines.Text())
	}
	require.Equal(t, []string{": connected", "", "id: 7", "event: counts", `data: {"yes":3}`}, got)
	f.server.CloseStreams()
	<-ended
	_, err = io.Copy(io.Discard, res.Body)
	require.NoError(t, err)
	doc, err := json.Marshal(f.server.OpenAPI())
	require.NoError(t, err)
	require.True(t, bytes.Contains(doc, []byte("text/event-stream")))
}
