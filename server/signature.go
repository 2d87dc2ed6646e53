package server

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"

	"vitrine/server/wire"
)

// Servers sign what they ask of each other by HTTP Message Signatures (RFC 9421) with Ed25519, over the method, whom it is for, the path,
// the query and the digest of the body (RFC 9530). keyid is the URL of who signs.
const (
	signedParts = `("@method" "@authority" "@path" "@query" "content-digest")`
	signedName  = "vitrine"
	signedTag   = "vitrine-stage"
	// signedFor is how old a signature may be, and how far ahead; what is younger was not seen before (noncesMost at most are remembered).
	signedFor  = 2 * time.Minute
	noncesMost = 100_000
)

var signedParameters = regexp.MustCompile(`^` + signedName + `=(` + regexp.QuoteMeta(signedParts) +
	`;created=([0-9]{1,12});nonce="([A-Za-z0-9]{16,64})";keyid="(https?://[A-Za-z0-9.:\[\]-]{1,260})";alg="ed25519";tag="` + signedTag + `")$`)

// digestOf is a body's Content-Digest.
func digestOf(body []byte) string {
	sum := sha256.Sum256(body)
	return "sha-256=:" + base64.StdEncoding.EncodeToString(sum[:]) + ":"
}

// signedText is what is signed of a request that is for a host (RFC 9421 §2.5).
func signedText(r *http.Request, host, digest, parameters string) []byte {
	return fmt.Appendf(nil, "\"@method\": %s\n\"@authority\": %s\n\"@path\": %s\n\"@query\": ?%s\n\"content-digest\": %s\n\"@signature-params\": %s",
		r.Method, host, r.URL.EscapedPath(), r.URL.RawQuery, digest, parameters)
}

// sign signs a request with a body as a server.
func sign(r *http.Request, body []byte, key ed25519.PrivateKey, server string, now time.Time) {
	digest := digestOf(body)
	parameters := fmt.Sprintf(`%s;created=%d;nonce="%s";keyid="%s";alg="ed25519";tag="%s"`, signedParts, now.Unix(), rand.Text(), server, signedTag)
	signature := ed25519.Sign(key, signedText(r, r.URL.Host, digest, parameters))
	r.Header.Set("Content-Digest", digest)
	r.Header.Set("Signature-Input", signedName+"="+parameters)
	r.Header.Set("Signature", signedName+"=:"+base64.StdEncoding.EncodeToString(signature)+":")
}

// verifier finds out which server has signed a request, each once.
type verifier struct {
	keys  map[string]ed25519.PublicKey // of URLs
	hosts []string                     // what this server is called
	now   func() time.Time

	mu     sync.Mutex
	nonces map[string]time.Time // with when they may be forgotten
	swept  time.Time
}

func newVerifier(peers []Peer, hosts []string) *verifier {
	v := &verifier{keys: map[string]ed25519.PublicKey{}, hosts: hosts, now: time.Now, nonces: map[string]time.Time{}}
	for _, p := range peers {
		v.keys[p.URL] = p.Key
	}
	return v
}

func errUnsigned(format string, args ...any) error {
	return wire.Errorf(wire.Unauthenticated, format, args...)
}

// verify returns the URL of who signed a request with that body. Errors have code Unauthenticated.
func (v *verifier) verify(r *http.Request, body []byte) (string, error) {
	m := signedParameters.FindStringSubmatch(r.Header.Get("Signature-Input"))
	if m == nil {
		return "", errUnsigned("this is for other servers, which sign it (RFC 9421)")
	}
	parameters, nonce, server := m[1], m[3], m[4]
	key := v.keys[server]
	if key == nil {
		return "", errUnsigned("the server %s is not one that this one trusts", server)
	}
	text, found := strings.CutPrefix(r.Header.Get("Signature"), signedName+"=:")
	signature, err := base64.StdEncoding.DecodeString(strings.TrimSuffix(text, ":"))
	digest := r.Header.Get("Content-Digest")
	if !found || err != nil || digest != digestOf(body) {
		return "", errUnsigned("the signature or the body's digest is missing or wrong")
	}
	good := false
	for _, host := range v.hosts { // whatever a proxy has made of it
		good = good || ed25519.Verify(key, signedText(r, host, digest, parameters), signature)
	}
	if !good {
		return "", errUnsigned("the signature is not that of %s, or for another server than this one", server)
	}
	seconds, _ := strconv.ParseInt(m[2], 10, 64) // it is digits
	return server, v.once(server+" "+nonce, time.Unix(seconds, 0))
}

// once refuses what is too old, and what came before.
func (v *verifier) once(nonce string, made time.Time) error {
	now := v.now()
	if off := now.Sub(made); off > signedFor || off < -signedFor {
		return errUnsigned("this was signed at %s, and it is %s here: set the clocks", made.UTC().Format(time.RFC3339), now.UTC().Format(time.RFC3339))
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if now.Sub(v.swept) > signedFor {
		v.swept = now
		for n, until := range v.nonces {
			if now.After(until) {
				delete(v.nonces, n)
			}
		}
	}
	if _, twice := v.nonces[nonce]; twice {
		return errUnsigned("this came before: sign it anew")
	}
	if len(v.nonces) >= noncesMost {
		return &wire.Error{Code: wire.RateLimited, Text: "too much was signed lately", RetryAfter: signedFor}
	}
	v.nonces[nonce] = made.Add(2 * signedFor)
	return nil
}
