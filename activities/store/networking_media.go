package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/jackc/pgx/v5"

	"rondo/activities/fault"
)

// Limits of waiting media, in bytes.
const (
	MaxWaitingImage = 10 << 20
	MaxWaitingVideo = 20 << 20
)

// MediaTypes are what waiting media may be.
var MediaTypes = []string{"image/png", "image/jpeg", "image/gif", "image/webp", "video/mp4"}

// mediaLimit is how many bytes a file of a media type may have.
func mediaLimit(contentType string) int64 {
	if contentType == "video/mp4" {
		return MaxWaitingVideo
	}
	return MaxWaitingImage
}

// sniffed is how much http.DetectContentType looks at.
const sniffed = 512

// readMedia reads a file of one of MediaTypes. It stops as soon as the file is something else than it says, or too large.
func readMedia(contentType string, r io.Reader) ([]byte, error) {
	head := make([]byte, sniffed)
	n, err := io.ReadFull(r, head)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, err
	}
	if found := http.DetectContentType(head[:n]); found != contentType {
		return nil, fault.BadField("media_mismatch", "body", "the file is not %s: its content looks like %s", contentType, found)
	}
	content := bytes.NewBuffer(head[:n:n])
	limit := mediaLimit(contentType)
	if _, err := io.Copy(content, io.LimitReader(r, limit+1-int64(n))); err != nil {
		return nil, err
	}
	if int64(content.Len()) > limit {
		return nil, fault.BadField("media_too_large", "body", "waiting media of this type has at most %d MB", limit>>20)
	}
	return content.Bytes(), nil
}

// SetWaitingMedia gives a session the image or video that its direct link shows until people come in, instead of the one before.
// The content type is one of MediaTypes. Invalid "media_mismatch" for a file that is something else, "media_too_large";
// Conflict "session_over".
func (db *DB) SetWaitingMedia(ctx context.Context, session int64, contentType string, r io.Reader) (NetworkingSession, []Ring, error) {
	s, err := db.Session(ctx, session) // before the upload is read
	if err == nil && s.Over() {
		err = sessionOver(s)
	}
	if err != nil {
		return s, nil, err
	}
	content, err := readMedia(contentType, r)
	if err != nil {
		return s, nil, err
	}
	var rings []Ring
	err = db.tx(ctx, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `INSERT INTO waiting_media (session_id, content) VALUES ($1, $2)
			ON CONFLICT (session_id) DO UPDATE SET content = excluded.content`, session, content) // before the lock: it takes a while
		if err != nil {
			return fmt.Errorf("store waiting media of session %d: %w", session, err)
		}
		s, rings, err = changeSession(ctx, tx, session, func(_ pgx.Tx, s NetworkingSession) (string, []any, error) {
			if s.Over() {
				return "", nil, sessionOver(s)
			}
			return `media_type = $2`, []any{contentType}, nil
		})
		return err
	})
	return s, rings, err
}

// DeleteWaitingMedia takes a session's waiting media away. Without any it changes nothing.
func (db *DB) DeleteWaitingMedia(ctx context.Context, session int64) (NetworkingSession, []Ring, error) {
	return db.commandSession(ctx, session, func(tx pgx.Tx, s NetworkingSession) (string, []any, error) {
		if s.MediaType == "" {
			return "", nil, nil
		}
		if _, err := tx.Exec(ctx, `DELETE FROM waiting_media WHERE session_id = $1`, session); err != nil {
			return "", nil, fmt.Errorf("delete waiting media of session %d: %w", session, err)
		}
		return `media_type = ''`, nil, nil
	})
}

// WaitingMedia reads a session's waiting media: its type, one of MediaTypes, and its bytes. NotFound "media_not_found".
func (db *DB) WaitingMedia(ctx context.Context, session int64) (contentType string, content []byte, err error) {
	m, err := oneRow[struct {
		MediaType string
		Content   []byte
	}](ctx, db.pool, "media_not_found", "waiting media", `SELECT s.media_type, w.content FROM waiting_media w JOIN networking_sessions s ON s.id = w.session_id
		WHERE w.session_id = $1`, session)
	return m.MediaType, m.Content, err
}
