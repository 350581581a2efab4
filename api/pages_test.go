package api

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"mime/multipart"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"rondo/activities/mail"
)

// purposes are those of the pages, with how they begin.
var purposes = map[mail.LinkPurpose]string{
	mail.LinkAnswer: "/a/", mail.LinkMatch: "/m/", mail.LinkCheckIn: "/d/", mail.LinkPreferences: "/p/", mail.LinkUnsubscribe: "/u/", mail.LinkCalendar: "/c/",
}

func TestBadLinksGetAPageThatSaysWhatToDo(t *testing.T) {
	k := setupPages(t)
	k.everybodyIn("sent")
	k.exec(`INSERT INTO people (name, status) VALUES ('', 'erased')`)
	erased := zed + 1
	elsewhere, err := mail.NewLinks(bytes.Repeat([]byte{8}, 32), "https://rondo.example.org")
	require.NoError(t, err)
	for purpose, begin := range purposes {
		token := func(l mail.Link) string {
			return strings.TrimPrefix(k.path(l), begin)
		}
		good := mail.Link{Purpose: purpose, Person: ana, Round: k.round, Program: k.program, Expires: k.expires}
		with := func(change func(*mail.Link)) string {
			l := good
			change(&l)
			return token(l)
		}
		another := mail.LinkPlanning
		for _, bad := range []struct {
			name, token string
			status      int
			text        string
		}{
			{"nonsense", "x", 403, "This link does not work"},
			{"binary", "%00%ff", 403, "This link does not work"},
			{"endless", strings.Repeat("A", 5000), 403, "This link does not work"},
			{"cut off", token(good)[:20], 403, "This link does not work"},
			{"changed", swapped(token(good)), 403, "This link does not work"},
			{"of another server", elsewhere.Sign(good), 403, "This link does not work"},
			{"for another page", k.server.links.Sign(mail.Link{Purpose: another, Program: k.program}), 403, "This link is for another page"},
			{"expired", with(func(l *mail.Link) { l.Expires = time.Now().Add(-time.Minute) }), 410, "This link has expired"},
			{"of an unknown person", with(func(l *mail.Link) { l.Person = 9999 }), 410, "There is nothing here any more"},
			{"of an unknown round", with(func(l *mail.Link) { l.Round, l.Program = 9999, 9999 }), 410, "There is nothing here any more"},
			{"of a stranger to the round", with(func(l *mail.Link) { l.Person, l.Program = zed, 9999 }), 410, "There is nothing here any more"},
			{"of somebody erased", with(func(l *mail.Link) { l.Person = erased }), 410, "has been deleted"},
		} {
			if purpose == mail.LinkUnsubscribe && slices.Contains([]string{"of an unknown round", "of a stranger to the round", "of somebody erased"}, bad.name) {
				continue // it is about a person and nothing else, and who has been erased gets no mail
			}
			t.Run(begin+" "+bad.name, func(t *testing.T) {
				before := k.snapshot()
				pages := []shown{k.open(begin + bad.token)}
				if purpose != mail.LinkCalendar {
					pages = append(pages, k.send(begin+bad.token, "action", "leave", "answer", "yes", "program", fmt.Sprint(k.program)))
				}
				for _, s := range pages {
					require.Equal(t, bad.status, s.Status, "%s", s.Body)
					require.Equal(t, "text/html; charset=utf-8", s.Header.Get("Content-Type"))
					s.has(t, bad.text, "<h1>", "noindex")
					s.lacks(t, "goroutine", "Ana", "ana@")
				}
				require.Equal(t, before, k.snapshot())
			})
		}
	}
}

// swapped changes a token in its middle.
func swapped(token string) string {
	i := len(token) / 2
	if token[i] == 'A' {
		return token[:i] + "B" + token[i+1:]
	}
	return token[:i] + "A" + token[i+1:]
}

// snapshot is everything in the database, but for when keys were used.
func (k *pageKit) snapshot() map[string]string {
	k.t.Helper()
	tables := strings.Fields(k.text(`SELECT string_agg(tablename, ' ') FROM pg_tables WHERE schemaname = 'public' AND tablename NOT LIKE 'goose%' AND tablename <> 'api_keys'`))
	all := map[string]string{}
	for _, table := range tables {
		all[table] = k.text(`SELECT coalesce(string_agg(t::text, E'\n' ORDER BY t::text), '') FROM ` + table + ` t`)
	}
	require.Greater(k.t, len(all), 20)
	return all
}

// A program that checks mails opens every link, follows links on the page and runs its scripts.
func TestOpeningAPageChangesNothing(t *testing.T) {
	k := setupPages(t)
	href := regexp.MustCompile(`(?:href|action)="(/[^"]*)"`)
	open := func() {
		var found []string
		for purpose := range purposes {
			for person := ana; person <= dee; person++ {
				for _, query := range []string{"", "?answer=yes", "?answer=no", "?done=answered", "?q=young", "?action=leave&weeks=2", "?List-Unsubscribe=One-Click"} {
					s := k.open(k.link(purpose, person) + query)
					require.Less(t, s.Status, 500, "%s", s.Body)
					for _, m := range href.FindAllStringSubmatch(s.Body, -1) {
						found = append(found, strings.ReplaceAll(m[1], "&amp;", "&"))
					}
				}
			}
		}
		slices.Sort(found)
		for _, path := range slices.Compact(found) {
			s := k.open(path)
			require.Less(t, s.Status, 500, path)
			head := k.fetch(http.MethodHead, path, nil)
			require.Equal(t, s.Status, head.Status, path)
			require.Empty(t, head.Body)
		}
		require.Greater(t, len(found), 20)
	}
	before := k.snapshot()
	open()
	require.Equal(t, before, k.snapshot())
	for _, phase := range []string{"review", "sent", "closed", "cancelled"} {
		k.round = k.anotherRound()
		k.everybodyIn(phase)
		before = k.snapshot()
		open()
		require.Equal(t, before, k.snapshot())
	}
	require.Empty(t, k.bell.rung)
}

func TestFormsOfOtherSitesAreRefused(t *testing.T) {
	k := setupPages(t)
	at := k.link(mail.LinkAnswer, ana)
	form := "application/x-www-form-urlencoded"
	for _, c := range []struct {
		name    string
		headers []string
		status  int
	}{
		{"another site", []string{"Sec-Fetch-Site", "cross-site"}, 403},
		{"another host of our site", []string{"Sec-Fetch-Site", "same-site"}, 403},
		{"another site, older browser", []string{"Origin", "https://evil.example"}, 403},
		{"our page", []string{"Sec-Fetch-Site", "same-origin", "Origin", "null"}, 303},
		{"our page, older browser", []string{"Origin", "null"}, 303},
		{"our page behind a proxy", []string{"Origin", "https://rondo.example.org"}, 303},
		{"no browser", nil, 303},
	} {
		t.Run(c.name, func(t *testing.T) {
			before := k.snapshot()
			s := k.fetch(http.MethodPost, at, strings.NewReader("action=yes"), append(c.headers, "Content-Type", form)...)
			require.Equal(t, c.status, s.Status, "%s", s.Body)
			if c.status == http.StatusForbidden {
				s.has(t, "That did not come from our page")
				require.Equal(t, before, k.snapshot())
			}
		})
	}
}

func TestPagesTellBrowsersToKeepThemToThemselves(t *testing.T) {
	k := setupPages(t)
	for _, path := range []string{"/", k.link(mail.LinkAnswer, ana), "/a/forged"} {
		h := k.open(path).Header
		require.Equal(t, "no-referrer", h.Get("Referrer-Policy"))
		require.Equal(t, "noindex, nofollow", h.Get("X-Robots-Tag"))
		require.Equal(t, "no-store", h.Get("Cache-Control"))
		require.Equal(t, contentPolicy, h.Get("Content-Security-Policy"))
		require.NotContains(t, contentPolicy, "unsafe")
	}
	s := k.open(k.link(mail.LinkAnswer, ana))
	require.NotRegexp(t, `(?:src|href)="(?:https?:)?//`, s.Body, "nothing comes from another host")
	for _, m := range regexp.MustCompile(`(?:src|href)="(/assets/[^"]*|/favicon[^"]*)"`).FindAllStringSubmatch(s.Body, -1) {
		asset := k.open(m[1])
		require.Equal(t, http.StatusOK, asset.Status, m[1])
		require.Contains(t, asset.Header.Get("Cache-Control"), "public, max-age=")
	}
	for _, name := range []string{"nothing.css", "manifest.json", "..%2f..%2fweb.go", "..", ".gitkeep", "%00"} {
		require.GreaterOrEqual(t, k.open("/assets/"+name).Status, 400, name)
	}
}

func TestTokensAndNamesStayOutOfTheLog(t *testing.T) {
	k := setupPages(t)
	k.everybodyIn("sent")
	for purpose := range purposes {
		at := k.link(purpose, ana)
		k.open(at + "?q=young")
		if purpose != mail.LinkCalendar {
			k.send(at, "action", "meet", "person", "3", "q", "young", "answer", "yes", "note", "secret note")
		}
	}
	k.open("/a/forged-token")
	log := k.log.String()
	require.Contains(t, log, `"route":"/a/:token"`)
	for _, secret := range []string{strings.TrimPrefix(k.link(mail.LinkAnswer, ana), "/a/")[:12], "forged-token", "young", "secret", "Ana", "example.org"} {
		require.NotContains(t, log, secret)
	}
}

func TestTheOneClickOfAMailProviderUnsubscribes(t *testing.T) {
	k := setupPages(t)
	k.everybodyIn("ready")
	at := func(person int64) string { return k.path(mail.Link{Purpose: mail.LinkUnsubscribe, Person: person}) }
	urlEncoded := func(r string) (io.Reader, string) { return strings.NewReader(r), "application/x-www-form-urlencoded" }
	body, contentType := urlEncoded("List-Unsubscribe=One-Click")
	s := k.fetch(http.MethodPost, at(ana), body, "Content-Type", contentType)
	require.Equal(t, http.StatusOK, s.Status)
	s.has(t, "You get no more mail from us", "a•••@example.org")
	s.lacks(t, "ana@example.org")

	var parts bytes.Buffer
	w := multipart.NewWriter(&parts)
	require.NoError(t, w.WriteField("List-Unsubscribe", "One-Click"))
	require.NoError(t, w.Close())
	s = k.fetch(http.MethodPost, at(bo), &parts, "Content-Type", w.FormDataContentType(), "Sec-Fetch-Site", "cross-site", "Origin", "https://mail.example")
	require.Equal(t, http.StatusOK, s.Status)

	body, contentType = urlEncoded("")
	s = k.fetch(http.MethodPost, at(cy), body, "Content-Type", contentType, "Sec-Fetch-Site", "cross-site")
	require.Equal(t, http.StatusForbidden, s.Status, "only the one click may come from elsewhere")

	require.Equal(t, "ana@example.org unsubscribe one-click, bo@example.org unsubscribe one-click",
		k.text(`SELECT string_agg(concat_ws(' ', value, origin, reason), ', ' ORDER BY value) FROM blacklist`))
	require.Equal(t, "1 2", k.text(`SELECT string_agg(id::text, ' ' ORDER BY id) FROM people WHERE status = 'inactive' AND inactive_reason = 'unsubscribe'`))
	require.Equal(t, []string{fmt.Sprintf("round-%d", k.round)}, k.bell.rung, "the round repairs itself, and is told once")

	before := k.snapshot()
	body, contentType = urlEncoded("List-Unsubscribe=One-Click")
	require.Equal(t, http.StatusOK, k.fetch(http.MethodPost, at(ana), body, "Content-Type", contentType).Status, "again")
	require.Equal(t, before, k.snapshot())
	k.open(at(ana)).has(t, "You get no more mail from us")
	require.Equal(t, http.StatusGone, k.open(k.link(mail.LinkAnswer, ana)).Status)
	k.open(k.link(mail.LinkAnswer, ana)).has(t, "You take part in nothing at the moment")
}

func TestEveryPageIsInTheOpenAPIDocument(t *testing.T) {
	f := setup(t)
	var doc struct {
		Paths map[string]map[string]json.RawMessage
	}
	require.NoError(t, json.Unmarshal(f.call(Public, "GET", "/openapi.json", nil).Body, &doc))
	for _, begin := range purposes {
		methods := slices.Sorted(maps.Keys(doc.Paths[begin+"{token}"]))
		if begin == "/c/" {
			require.Equal(t, []string{"get"}, methods)
		} else {
			require.Equal(t, []string{"get", "post"}, methods)
		}
	}
}
