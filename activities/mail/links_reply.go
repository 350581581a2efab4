package mail

import (
	"crypto/hmac"
	"encoding/base32"
	"encoding/binary"
	"strings"
)

// An address to answer to has to survive servers that write it in small or capital letters.
var replyEncoding = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

const replyPrefix = "reply+"

// ReplyToken is the signed name of an enrollment, for addresses and message ids: 31 to 42 small letters and digits.
func (l *Links) ReplyToken(enrollment int64) string {
	buf := binary.AppendUvarint(nil, uint64(enrollment)) //nolint:gosec // ids are positive
	return replyEncoding.EncodeToString(l.sum(linkReply, buf, buf))
}

// ReplyAddress is where a contact's answer to a sequence goes.
func (l *Links) ReplyAddress(enrollment int64, domain string) string {
	return replyPrefix + l.ReplyToken(enrollment) + "@" + domain
}

// ReadReplyAddress finds the enrollment that an address of ours names.
func (l *Links) ReadReplyAddress(address string) (enrollment int64, ok bool) {
	local, _, _ := strings.Cut(strings.ToLower(address), "@")
	token, ours := strings.CutPrefix(local, replyPrefix)
	if !ours {
		return 0, false
	}
	return l.ReadReplyToken(token)
}

// ReadReplyToken verifies a token of ReplyToken.
func (l *Links) ReadReplyToken(token string) (enrollment int64, ok bool) {
	raw, err := replyEncoding.DecodeString(token)
	if err != nil || len(raw) <= macSize {
		return 0, false
	}
	message, signature := raw[:len(raw)-macSize], raw[len(raw)-macSize:]
	if !hmac.Equal(signature, l.sum(linkReply, nil, message)) {
		return 0, false
	}
	id, n := binary.Uvarint(message)
	return int64(id), n == len(message) && id > 0 && id < 1<<62 //nolint:gosec // just bounded
}

// ReadMessageID finds the enrollment in the id of a step's mail, which an answer names in In-Reply-To and References.
func (l *Links) ReadMessageID(id string) (enrollment int64, ok bool) {
	local, _, _ := strings.Cut(strings.Trim(id, "<>"), "@")
	_, token, dotted := strings.Cut(local, ".")
	if !dotted {
		return 0, false
	}
	return l.ReadReplyToken(token)
}
