package publish

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/pion/webrtc/v3"
)

const (
	// maxBody is the longest body read from a server, in bytes.
	maxBody      = 64 << 10
	maxRedirects = 5
	postTimeout  = 10 * time.Second
	patchTimeout = 2 * time.Second
	endTimeout   = 2 * time.Second

	sdpType      = "application/sdp"
	fragmentType = "application/trickle-ice-sdpfrag"
)

var errBody = errors.New("the server's answer is longer than 64 KB")

// whip speaks WHIP (RFC 9725) about one session. It belongs to one goroutine.
type whip struct {
	client   *http.Client
	endpoint *url.URL
	token    string
	// resource and etag name the session once the offer was answered.
	resource *url.URL
	etag     string
}

// post sends the offer and returns the answer and the ICE servers that came with it.
func (w *whip) post(ctx context.Context, offer string) (answer string, servers []webrtc.ICEServer, err error) {
	ctx, cancel := context.WithTimeout(ctx, postTimeout)
	defer cancel()
	r, err := w.do(ctx, http.MethodPost, w.endpoint, http.Header{"Content-Type": {sdpType}, "Accept": {sdpType}}, offer)
	if err != nil {
		return "", nil, err
	}
	defer drain(r)
	if r.StatusCode != http.StatusCreated {
		return "", nil, postError(r)
	}
	loc := r.Header.Get("Location")
	resource, err := r.Request.URL.Parse(loc)
	if err != nil || loc == "" {
		return "", nil, serverError("the server gave the session no usable address")
	}
	if resource.Scheme != "https" && resource.Scheme != "http" {
		return "", nil, serverError("the session's address is no web address")
	}
	w.resource, w.etag = resource, r.Header.Get("ETag")
	if t, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); t != sdpType {
		return "", nil, serverError("the server answered the offer with %q, not with an SDP", t)
	}
	answer, err = body(r)
	return answer, iceServers(r.Header.Values("Link")), err
}

// trickle sends candidates (RFC 9725 §4.3.2) and reports whether the server takes any.
func (w *whip) trickle(ctx context.Context, frag string) (supported bool, err error) {
	h := http.Header{"Content-Type": {fragmentType}}
	if w.etag != "" {
		h.Set("If-Match", w.etag)
	}
	ctx, cancel := context.WithTimeout(ctx, patchTimeout)
	defer cancel()
	r, err := w.do(ctx, http.MethodPatch, w.resource, h, frag)
	if err != nil {
		return true, err
	}
	defer drain(r)
	switch r.StatusCode {
	case http.StatusNoContent, http.StatusOK:
		return true, nil
	case http.StatusMethodNotAllowed, http.StatusNotImplemented, http.StatusUnsupportedMediaType:
		return false, nil
	default:
		return true, sessionError("take a candidate", r)
	}
}

// restart sends new ICE credentials (RFC 9725 §4.3.3) and returns the server's.
func (w *whip) restart(ctx context.Context, frag string) (f remoteFragment, err error) {
	h := http.Header{"Content-Type": {fragmentType}, "If-Match": {"*"}}
	ctx, cancel := context.WithTimeout(ctx, patchTimeout)
	defer cancel()
	r, err := w.do(ctx, http.MethodPatch, w.resource, h, frag)
	if err != nil {
		return f, err
	}
	defer drain(r)
	if r.StatusCode != http.StatusOK {
		return f, sessionError("restart the connection", r)
	}
	text, err := body(r)
	if err != nil {
		return f, err
	}
	if f, err = parseFragment(text); err != nil {
		return f, serverError("restart the connection: %w", err)
	}
	w.etag = r.Header.Get("ETag")
	return f, nil
}

// end takes the session off the server. A session that is gone already is no error.
func (w *whip) end(ctx context.Context) error {
	if w.resource == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, endTimeout)
	defer cancel()
	r, err := w.do(ctx, http.MethodDelete, w.resource, http.Header{}, "")
	if err != nil {
		return err
	}
	defer drain(r)
	if r.StatusCode >= 300 && r.StatusCode != http.StatusNotFound && r.StatusCode != http.StatusGone {
		return sessionError("end the session", r)
	}
	return nil
}

// do sends a request and follows redirects that keep the method (307 and 308; RFC 9725 §4.5).
func (w *whip) do(ctx context.Context, method string, to *url.URL, h http.Header, content string) (*http.Response, error) {
	for range maxRedirects + 1 {
		r, err := http.NewRequestWithContext(ctx, method, to.String(), strings.NewReader(content))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", method, err)
		}
		r.Header = h.Clone()
		if w.mayHearToken(to) {
			r.Header.Set("Authorization", "Bearer "+w.token)
		}
		answer, err := w.client.Do(r)
		if err != nil {
			return nil, fmt.Errorf("reach the server: %w", err)
		}
		if answer.StatusCode != http.StatusTemporaryRedirect && answer.StatusCode != http.StatusPermanentRedirect {
			return answer, nil
		}
		drain(answer)
		next, err := to.Parse(answer.Header.Get("Location"))
		if err != nil || next.Host == "" || next.Scheme != "http" && next.Scheme != "https" {
			return nil, serverError("the server redirected to no web address")
		}
		to = next
	}
	return nil, serverError("the server redirected more than %d times", maxRedirects)
}

// mayHearToken reports whether the token may be sent to an address the server named: over https anywhere, since the server
// we trust chose it; over http only to the very host that the user typed, and never where the user typed https.
func (w *whip) mayHearToken(to *url.URL) bool {
	if w.token == "" {
		return false
	}
	return to.Scheme == "https" || w.endpoint.Scheme == "http" && to.Host == w.endpoint.Host
}

func body(r *http.Response) (string, error) {
	b, err := io.ReadAll(io.LimitReader(r.Body, maxBody+1))
	if err != nil {
		return "", fmt.Errorf("read the server's answer: %w", err)
	}
	if len(b) > maxBody {
		return "", serverError("%w", errBody)
	}
	return string(b), nil
}

// drain lets the connection be used again.
func drain(r *http.Response) {
	_, _ = io.Copy(io.Discard, io.LimitReader(r.Body, maxBody))
	_ = r.Body.Close()
}
