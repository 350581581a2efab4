package api

import (
	"encoding/base64"
	"encoding/json"

	"rondo/activities/fault"
	"rondo/activities/store"
)

// PageQuery is embedded by the inputs of lists.
type PageQuery struct {
	Limit  int    `query:"limit" minimum:"1" maximum:"500" default:"100" doc:"How many items at most"`
	Cursor string `query:"cursor" maxLength:"400" doc:"next_cursor of the page before; none: the first page"`
}

// page asks the store for one row more than is shown: whether it is there says whether a further page is.
func (q PageQuery) page() (store.Page, error) {
	p := store.Page{Limit: q.Limit + 1}
	if q.Cursor == "" {
		return p, nil
	}
	if err := readCursor(q.Cursor, &p.After); err != nil || p.After < 1 {
		return p, errBadCursor
	}
	return p, nil
}

// Page is the body of every list.
type Page[T any] struct {
	Items      []T    `json:"items" nullable:"false"`
	NextCursor string `json:"next_cursor,omitempty" doc:"For the next page; missing on the last one"`
}

// newPage shows rows as items. The id of the last one shown becomes the cursor.
func newPage[R, T any](q PageQuery, rows []R, id func(R) int64, show func(R) T) Page[T] {
	p := Page[T]{Items: []T{}}
	if len(rows) > q.Limit {
		rows = rows[:q.Limit]
		p.NextCursor = newCursor(id(rows[len(rows)-1]))
	}
	for _, r := range rows {
		p.Items = append(p.Items, show(r))
	}
	return p
}

var errBadCursor = fault.BadField("invalid_cursor", "query.cursor", "not a cursor that was given out here")

// newCursor packs a place in a list; clients must not read it.
func newCursor(place any) string {
	b, err := json.Marshal(place)
	if err != nil {
		panic(err) // a place is made of ids and instants
	}
	return base64.RawURLEncoding.EncodeToString(b)
}

// readCursor unpacks a cursor into the same type.
func readCursor(cursor string, place any) error {
	b, err := base64.RawURLEncoding.DecodeString(cursor)
	if err != nil {
		return errBadCursor
	}
	if err := json.Unmarshal(b, place); err != nil {
		return errBadCursor
	}
	return nil
}
