package reach_test

import (
	"bytes"
	"crypto/rand"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"vitrine/server/reach"
	"vitrine/server/wire"
)

// The example that the Standard Webhooks specification and its libraries share.
const (
	knownID        = "msg_p5jXN8AQM9LWM0D4loKWxJek"
	knownBody      = `{"test": 2432232314}`
	knownSignature = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
)

var knownTime = time.Unix(1614265330, 0)

func headers(id, stamp, signature string) http.Header {
	h := http.Header{}
	h.Set(reach.WebhookID, id)
	h.Set(reach.WebhookTimestamp, stamp)
	h.Set(reach.WebhookSignature, signature)
	return h
}

func TestTheKnownWebhookHasItsKnownSignature(t *testing.T) {
	got, err := reach.Sign([]string{secret}, knownID, knownTime, []byte(knownBody))
	if err != nil || got != knownSignature {
		t.Errorf("signed %q, %v", got, err)
	}
}

func TestAWebhookIsTrustedOnlyIfAllOfItIsSigned(t *testing.T) {
	stamp := strconv.FormatInt(knownTime.Unix(), 10)
	other, err := reach.NewSecret(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	rotated, err := reach.Sign([]string{other, secret}, knownID, knownTime, []byte(knownBody))
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		id, stamp, signature, body string
		now                        time.Duration
		want                       wire.Code
	}{
		"as sent":                {knownID, stamp, knownSignature, knownBody, 0, ""},
		"while the secret turns": {knownID, stamp, rotated, knownBody, 0, ""},
		"beside unknown ones":    {knownID, stamp, "v1a,xyz v2,abc v1,!! " + knownSignature, knownBody, 0, ""},
		"five minutes late":      {knownID, stamp, knownSignature, knownBody, 5 * time.Minute, ""},
		"five minutes early":     {knownID, stamp, knownSignature, knownBody, -5 * time.Minute, ""},
		"too late":               {knownID, stamp, knownSignature, knownBody, 5*time.Minute + time.Second, wire.Unauthenticated},
		"too early":              {knownID, stamp, knownSignature, knownBody, -5*time.Minute - time.Second, wire.Unauthenticated},
		"another body":           {knownID, stamp, knownSignature, knownBody + " ", 0, wire.Unauthenticated},
		"another id":             {knownID + "x", stamp, knownSignature, knownBody, 0, wire.Unauthenticated},
		"another time":           {knownID, "1614265331", knownSignature, knownBody, 0, wire.Unauthenticated},
		"no signature":           {knownID, stamp, "", knownBody, 0, wire.Unauthenticated},
		"its last bit turned":    {knownID, stamp, strings.TrimSuffix(knownSignature, "E=") + "I=", knownBody, 0, wire.Unauthenticated},
		"a shortened signature":  {knownID, stamp, knownSignature[:11], knownBody, 0, wire.Unauthenticated},
		"without its version":    {knownID, stamp, knownSignature[3:], knownBody, 0, wire.Unauthenticated},
		"no id":                  {"", stamp, knownSignature, knownBody, 0, wire.Invalid},
		"no time":                {knownID, "", knownSignature, knownBody, 0, wire.Invalid},
		"a time in words":        {knownID, "now", knownSignature, knownBody, 0, wire.Invalid},
		"an endless time":        {knownID, strings.Repeat("9", 40), knownSignature, knownBody, 0, wire.Invalid},
	} {
		t.Run(name, func(t *testing.T) {
			err := reach.Verify(secret, headers(c.id, c.stamp, c.signature), []byte(c.body), knownTime.Add(c.now))
			if wire.CodeOf(err) != c.want {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

func TestABadSecretIsRefusedAndNotShown(t *testing.T) {
	for _, bad := range []string{"", "whsec_", "whsec_c2hvcnQ=", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_%%%", "whsec_" + strings.Repeat("AAAA", 22)} {
		_, err := reach.Sign([]string{secret, bad}, knownID, knownTime, nil)
		if wire.CodeOf(err) != wire.Invalid || len(bad) > 6 && strings.Contains(err.Error(), bad) {
			t.Errorf("%q: %v", bad, err)
		}
	}
	if _, err := reach.Sign(nil, knownID, knownTime, nil); err == nil {
		t.Error("signed without a secret")
	}
	if _, err := reach.NewSecret(bytes.NewReader(nil)); err == nil {
		t.Error("made a secret of nothing")
	}
}

// FuzzVerify looks for a webhook that is trusted although no one signed it, and for what makes Verify panic.
func FuzzVerify(f *testing.F) {
	f.Add(knownID, "1614265330", knownSignature, []byte(knownBody))
	f.Add("", "-1", "v1, v1,", []byte{})
	f.Add(knownID+".1614265330", "1614265330", "v1,"+strings.Repeat("A", 44), []byte("x"))
	f.Fuzz(func(t *testing.T, id, stamp, signature string, body []byte) {
		err := reach.Verify(secret, headers(id, stamp, signature), body, knownTime)
		if err != nil {
			return
		}
		at, _ := strconv.ParseInt(stamp, 10, 64)
		ours, err := reach.Sign([]string{secret}, id, time.Unix(at, 0), body)
		if err != nil {
			t.Fatal(err)
		}
		// Base64 has more than one way to write a last character, so that the bytes are compared by trusting ours too.
		if reach.Verify(secret, headers(id, stamp, ours), body, knownTime) != nil && strconv.FormatInt(at, 10) == stamp {
			t.Errorf("trusted %q %q %q", id, stamp, signature)
		}
	})
}
