package reach

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"vitrine/server/wire"
)

// Headers of a webhook (Standard Webhooks specification, standardwebhooks.com).
const (
	WebhookID        = "webhook-id"
	WebhookTimestamp = "webhook-timestamp"
	WebhookSignature = "webhook-signature"
)

// Tolerance is how far the clocks of the sender and the receiver of a webhook may be apart.
const Tolerance = 5 * time.Minute

const (
	secretPrefix = "whsec_"
	version      = "v1,"
	// newSecret, leastSecret and mostSecret are lengths of keys in bytes; the bounds are the specification's.
	newSecret, leastSecret, mostSecret = 32, 24, 64
	// mostSignatures bounds what one header is searched for.
	mostSignatures = 16
)

// NewSecret makes a secret that an endpoint and its server share: "whsec_" and 32 random bytes in base64.
func NewSecret(random io.Reader) (string, error) {
	key := make([]byte, newSecret)
	if _, err := io.ReadFull(random, key); err != nil {
		return "", fmt.Errorf("make webhook secret: %w", err)
	}
	return secretPrefix + base64.StdEncoding.EncodeToString(key), nil
}

// Sign returns the value of the header webhook-signature: one signature a secret, so that a receiver may know either while one
// takes the other's place. The id must not hold a full stop.
func Sign(secrets []string, id string, at time.Time, body []byte) (string, error) {
	if len(secrets) == 0 {
		return "", wire.Errorf(wire.Invalid, "there is no secret to sign with")
	}
	var all []string
	for _, secret := range secrets {
		key, err := keyOf(secret)
		if err != nil {
			return "", err
		}
		sum := mac(key, id, strconv.FormatInt(at.Unix(), 10), body)
		all = append(all, version+base64.StdEncoding.EncodeToString(sum))
	}
	return strings.Join(all, " "), nil
}

// Verify reports why a received webhook is not to be trusted: it is not signed with the secret, or not of the last five
// minutes. The caller reads the body to its end first, and remembers the header webhook-id for as long as it wants to know
// letters that come twice.
func Verify(secret string, header http.Header, body []byte, now time.Time) error {
	key, err := keyOf(secret)
	if err != nil {
		return err
	}
	id, stamp := header.Get(WebhookID), header.Get(WebhookTimestamp)
	at, err := strconv.ParseInt(stamp, 10, 64)
	if id == "" || err != nil {
		return wire.Errorf(wire.Invalid, "the webhook lacks its headers %s and %s", WebhookID, WebhookTimestamp)
	}
	if low, high := now.Add(-Tolerance).Unix(), now.Add(Tolerance).Unix(); at < low || at > high {
		return wire.Errorf(wire.Unauthenticated, "the webhook is not of the last %d minutes: is the clock right?", int(Tolerance.Minutes()))
	}
	want := mac(key, id, stamp, body)
	for i, s := range strings.Fields(header.Get(WebhookSignature)) {
		if i == mostSignatures {
			break
		}
		code, ok := strings.CutPrefix(s, version)
		if !ok {
			continue
		}
		if got, err := base64.StdEncoding.DecodeString(code); err == nil && hmac.Equal(got, want) {
			return nil
		}
	}
	return wire.Errorf(wire.Unauthenticated, "the webhook is not signed with this secret")
}

// keyOf reads a secret. The error never shows it.
func keyOf(secret string) ([]byte, error) {
	code, ok := strings.CutPrefix(secret, secretPrefix)
	key, err := base64.StdEncoding.DecodeString(code)
	if !ok || err != nil || len(key) < leastSecret || len(key) > mostSecret {
		return nil, wire.Errorf(wire.Invalid, "a webhook secret is %q and %d to %d bytes in base64", secretPrefix, leastSecret, mostSecret)
	}
	return key, nil
}

func mac(key []byte, id, stamp string, body []byte) []byte {
	h := hmac.New(sha256.New, key)
	_, _ = io.WriteString(h, id+"."+stamp+".") // a hash takes everything
	_, _ = h.Write(body)
	return h.Sum(nil)
}
