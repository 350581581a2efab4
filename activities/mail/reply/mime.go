package reply

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"strings"
)

const (
	maxDepth = 8
	maxParts = 100
)

// splitMail parts a raw mail at its first empty line.
func splitMail(raw string) (header, string) {
	end := strings.Index(raw, "\n\n")
	if i := strings.Index(raw, "\r\n\r\n"); i >= 0 && (end < 0 || i < end) {
		return readHeader(raw[:i]), raw[i+4:]
	}
	if end < 0 {
		return readHeader(raw), ""
	}
	return readHeader(raw[:end]), raw[end+2:]
}

// parts are those of a raw mail that matter: the first of each.
type parts struct {
	text, html string
	status     string // of a delivery status notification
	seen       int
}

// walk reads a part and those inside it. What cannot be read ends the part, not the mail.
func (p *parts) walk(h header, body io.Reader, depth int) {
	if p.seen++; p.seen > maxParts || depth > maxDepth {
		return
	}
	kind, params, err := mime.ParseMediaType(h.get("Content-Type"))
	if err != nil && kind == "" {
		kind = "text/plain" // RFC 2045 5.2
	}
	disposition, _, _ := mime.ParseMediaType(h.get("Content-Disposition"))
	switch {
	case strings.HasPrefix(kind, "multipart/") && params["boundary"] != "":
		r := multipart.NewReader(body, params["boundary"])
		for p.seen <= maxParts {
			part, err := r.NextRawPart()
			if err != nil {
				return
			}
			p.walk(header(part.Header), part, depth+1)
		}
	case disposition == "attachment":
	case kind == "text/plain" && p.text == "":
		p.text = decode(readPart(h, body, 4*maxText), params["charset"])
	case kind == "text/html" && p.html == "":
		p.html = decode(readPart(h, body, maxHTML), params["charset"])
	case kind == "message/delivery-status" || kind == "message/global-delivery-status":
		p.status += clean(readPart(h, body, maxText))
	}
}

// readPart undoes the transfer encoding.
func readPart(h header, body io.Reader, limit int64) string {
	switch strings.ToLower(h.get("Content-Transfer-Encoding")) {
	case "base64":
		body = base64.NewDecoder(base64.StdEncoding, &onlyBase64{bufio.NewReader(body)})
	case "quoted-printable":
		body = quotedprintable.NewReader(body)
	}
	var b bytes.Buffer
	_, _ = io.Copy(&b, io.LimitReader(body, limit)) // a broken end leaves what came before it
	return b.String()
}

// onlyBase64 leaves out what is not of the alphabet, as RFC 2045 6.8 demands.
type onlyBase64 struct{ r *bufio.Reader }

func (o *onlyBase64) Read(b []byte) (int, error) {
	for {
		n, err := o.r.Read(b)
		kept := b[:0]
		for _, c := range b[:n] {
			if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '+' || c == '/' || c == '=' {
				kept = append(kept, c)
			}
		}
		if len(kept) > 0 || err != nil {
			return len(kept), err
		}
	}
}
