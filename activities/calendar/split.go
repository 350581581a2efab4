package calendar

import "fmt"

// Split changes an occurrence and all that follow: head ends before ordinal,
// tail begins with it at the given dates, its ordinals counted from 0 again. A
// zero wall clock in to keeps what the rule says. Together they have as many
// occurrences as a counted r; an until stays the same day in the tail.
//
// The error is a FieldErrors: ordinal must exist and be at least 1, because a
// change from the first occurrence on is an edit of r itself, and the tail must
// be valid. Dates in the past are the caller's to check, with tail.Validate.
func Split(r Recurrence, ordinal int, to Dates) (head, tail Recurrence, err error) {
	if err := r.check().orNil(); err != nil {
		return Recurrence{}, Recurrence{}, err
	}
	if last := r.lastOrdinal(); ordinal < 1 || ordinal > last {
		return Recurrence{}, Recurrence{}, FieldErrors{{
			Field: "ordinal", Code: CodeNoSuchOrdinal,
			Detail: fmt.Sprintf("must be from 1 to %d, not %d", last, ordinal),
		}}
	}
	head, tail = r, r
	head.Until, head.Count = Date{}, ordinal
	tail.Dates = to.or(r.dates(ordinal))
	if r.Count > 0 {
		tail.Count = r.Count - ordinal
	}
	if err := tail.check().orNil(); err != nil {
		return Recurrence{}, Recurrence{}, err
	}
	return head, tail, nil
}

// Split shares the overrides between the two halves of a recurrence that was
// split at ordinal.
func (o Overrides) Split(ordinal int) (head, tail Overrides) {
	head, tail = Overrides{}, Overrides{}
	for n, override := range o {
		if n < ordinal {
			head[n] = override
		} else {
			tail[n-ordinal] = override
		}
	}
	return head, tail
}
