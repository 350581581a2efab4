package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
)

const (
	liveKitWebhooks = "/livekit/webhooks"        // where tests say where they want LiveKit's webhooks
	liveKitEvents   = "/livekit/webhooks/events" // where LiveKit posts them
	maxEvent        = 1 << 20
	passOnWithin    = 5 * time.Second
)

// receiver wants LiveKit's webhooks.
type receiver struct {
	URL string `json:"url"`
	// Rooms is how the names of the rooms begin that it wants to hear of; all if empty.
	Rooms string `json:"rooms"`
	// Drop and Double are the shares of webhooks that get lost on the way and that come twice, from 0 to 1.
	Drop   float64 `json:"drop"`
	Double float64 `json:"double"`
}

func (r receiver) check() error {
	if u, err := url.Parse(r.URL); err != nil || u.Scheme != "http" || u.Host == "" {
		return errors.New("url is not one like http://127.0.0.1:8080/webhooks/livekit")
	}
	if r.Drop < 0 || r.Drop > 1 || r.Double < 0 || r.Double > 1 {
		return errors.New("drop and double are shares from 0 to 1")
	}
	return nil
}

// fanOut passes the webhooks of a throwaway stack's LiveKit, which posts them to one address that it learns at its start, on
// to whoever has asked for them: tests, each with a Rondo of its own.
//
//	POST   /livekit/webhooks {"url": ..., "rooms": ..., "drop": 0.1, "double": 0.1}  asks for them, or changes how they come
//	DELETE /livekit/webhooks {"url": ...}                                            ends that
//
// LiveKit gets its answer when every receiver has the webhook; if one has not, LiveKit posts it again, to all.
type fanOut struct {
	mu        sync.Mutex
	receivers map[string]receiver
	client    http.Client
}

func newFanOut() *fanOut {
	return &fanOut{
		receivers: map[string]receiver{},
		client:    http.Client{Timeout: passOnWithin, Transport: &http.Transport{MaxIdleConnsPerHost: 64, IdleConnTimeout: time.Minute}},
	}
}

func (f *fanOut) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST "+liveKitWebhooks, f.change(func(r receiver) { f.receivers[r.URL] = r }))
	mux.HandleFunc("DELETE "+liveKitWebhooks, f.change(func(r receiver) { delete(f.receivers, r.URL) }))
	mux.HandleFunc("POST "+liveKitEvents, f.event)
	return mux
}

func (f *fanOut) change(apply func(receiver)) http.HandlerFunc {
	return func(w http.ResponseWriter, req *http.Request) {
		var r receiver
		err := json.NewDecoder(req.Body).Decode(&r)
		if err == nil {
			err = r.check()
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		f.mu.Lock()
		apply(r)
		f.mu.Unlock()
		w.WriteHeader(http.StatusNoContent)
	}
}

func (f *fanOut) event(w http.ResponseWriter, req *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, req.Body, maxEvent))
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	ctx := req.Context()
	var g errgroup.Group // one that fails does not cut the others short
	for _, to := range f.wanting(body) {
		if rand.Float64() < to.Drop {
			continue
		}
		g.Go(func() error {
			err := f.passOn(ctx, to.URL, req.Header, body)
			if err == nil && rand.Float64() < to.Double {
				err = f.passOn(ctx, to.URL, req.Header, body)
			}
			return err
		})
	}
	if err := g.Wait(); err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
	}
}

// wanting are the receivers of an event.
func (f *fanOut) wanting(body []byte) (list []receiver) {
	var event struct {
		Room struct {
			Name string `json:"name"`
		} `json:"room"`
	}
	_ = json.Unmarshal(body, &event) // then it is of no room
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, r := range f.receivers {
		if strings.HasPrefix(event.Room.Name, r.Rooms) {
			list = append(list, r)
		}
	}
	return list
}

// passOn posts what LiveKit has posted. Only an answer that LiveKit would not accept is an error: it repeats what a server
// could not do (5xx), not what it refused.
func (f *fanOut) passOn(ctx context.Context, to string, header http.Header, body []byte) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, to, bytes.NewReader(body))
	if err != nil {
		return err
	}
	for _, name := range []string{"Authorization", "Content-Type"} {
		req.Header.Set(name, header.Get(name))
	}
	resp, err := f.client.Do(req)
	if err != nil {
		return err
	}
	if _, err := io.Copy(io.Discard, resp.Body); err != nil {
		return errors.Join(err, resp.Body.Close())
	}
	if resp.StatusCode >= http.StatusInternalServerError {
		return errors.Join(fmt.Errorf("%s answers %s", to, resp.Status), resp.Body.Close())
	}
	return resp.Body.Close()
}
