package pay

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"strconv"
	"strings"
	"time"

	"vitrine/server/wire"
)

// Headers of Standard Webhooks 1.0.0 (www.standardwebhooks.com).
const (
	noticeID        = "Webhook-Id"
	noticeTime      = "Webhook-Timestamp"
	noticeSignature = "Webhook-Signature"
)

// sign returns the headers of a notice.
func sign(secret []byte, id string, at time.Time, body []byte) http.Header {
	stamp := strconv.FormatInt(at.Unix(), 10)
	h := http.Header{"Content-Type": {"application/json"}}
	h.Set(noticeID, id)
	h.Set(noticeTime, stamp)
	h.Set(noticeSignature, "v1,"+base64.StdEncoding.EncodeToString(seal(secret, id, stamp, body)))
	return h
}

func seal(secret []byte, id, stamp string, body []byte) []byte {
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte(id + "." + stamp + "."))
	mac.Write(body)
	return mac.Sum(nil)
}

// verify reports a notice that is forged, or old by the clock now. A header may hold several signatures, as while secrets change.
func verify(secret []byte, h http.Header, body []byte, now time.Time) error {
	id, stamp, genuine := h.Get(noticeID), h.Get(noticeTime), false
	want := seal(secret, id, stamp, body)
	for one := range strings.FieldsSeq(h.Get(noticeSignature)) {
		version, text, _ := strings.Cut(one, ",")
		got, err := base64.StdEncoding.DecodeString(text)
		genuine = genuine || version == "v1" && err == nil && hmac.Equal(got, want)
	}
	if !genuine || id == "" {
		return forged()
	}
	seconds, err := strconv.ParseInt(stamp, 10, 64)
	if err != nil {
		return forged()
	}
	return fresh(time.Unix(seconds, 0), now)
}

func forged() error {
	return wire.Errorf(wire.Unauthenticated, "the notice is not signed by the payment provider")
}

// fresh reports a time more than maxAge away.
func fresh(at, now time.Time) error {
	if age := now.Sub(at).Abs(); age > maxAge {
		return wire.Errorf(wire.Invalid, "the notice is %s away from now; at most %s are taken", age.Round(time.Second), maxAge)
	}
	return nil
}

func unreadable() error { return wire.Errorf(wire.Invalid, "the notice cannot be read") }
