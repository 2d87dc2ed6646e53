package publish

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"vitrine/capture/frame"
	"vitrine/server/wire"
)

// Error says why the show is not on the air: a fault in one word for the window, the cause in its text, and whether trying
// again could help.
type Error struct {
	fault frame.Fault
	// final: trying again would not help.
	final bool
	// retryAfter is how long the server asked to be left alone; zero where it did not.
	retryAfter time.Duration
	status     int
	err        error
}

func (e *Error) Error() string { return e.err.Error() }

func (e *Error) Unwrap() error { return e.err }

// Fault is the cause in one word.
func (e *Error) Fault() frame.Fault { return e.fault }

func mediaError(format string, args ...any) *Error {
	return &Error{fault: frame.FaultMedia, err: fmt.Errorf(format, args...)}
}

func serverError(format string, args ...any) *Error {
	return &Error{fault: frame.FaultServer, err: fmt.Errorf(format, args...)}
}

func addressError(format string, args ...any) *Error {
	return &Error{fault: frame.FaultAddress, final: true, err: fmt.Errorf(format, args...)}
}

// longestRetryAfter bounds what a server can ask for: a host who waits wants to see attempts.
const longestRetryAfter = 2 * time.Minute

// postError maps the answer to an offer that was not 201 (RFC 9725 §4.2, RFC 9457).
func postError(r *http.Response) *Error {
	p := problem(r)
	e := &Error{fault: frame.FaultServer, status: r.StatusCode, err: p.describe("the server refused the offer", r.StatusCode)}
	switch {
	case e.ended(p.Code):
	case r.StatusCode == http.StatusUnauthorized || r.StatusCode == http.StatusForbidden:
		e.fault, e.final = frame.FaultToken, true
	case r.StatusCode == http.StatusNotFound:
		e.fault, e.final = frame.FaultShow, true
	case r.StatusCode == http.StatusTooManyRequests || r.StatusCode == http.StatusServiceUnavailable:
		e.fault, e.retryAfter = frame.FaultBusy, retryAfter(r.Header.Get("Retry-After"), time.Now())
	case r.StatusCode >= 400 && r.StatusCode < 500:
		e.final = !passing(r.StatusCode)
	}
	return e
}

// passing tells 4xx answers that may change by themselves from those that blame the request.
func passing(status int) bool {
	return status == http.StatusRequestTimeout || status == http.StatusConflict || status == http.StatusTooEarly || status == http.StatusGone
}

// sessionError maps the answer to a request about a running session. Unknown there means that the server forgot it (it
// was restarted, or gave up on us), which a new offer heals.
func sessionError(doing string, r *http.Response) *Error {
	p := problem(r)
	e := &Error{fault: frame.FaultServer, status: r.StatusCode, err: p.describe("the server refused to "+doing, r.StatusCode)}
	switch {
	case e.ended(p.Code):
	case r.StatusCode == http.StatusUnauthorized || r.StatusCode == http.StatusForbidden:
		e.fault, e.final = frame.FaultToken, true
	}
	return e
}

// ended recognises the two ways in which somebody else ended the show.
func (e *Error) ended(c wire.Code) bool {
	switch c {
	case wire.Replaced:
		e.fault, e.final = frame.FaultReplaced, true
	case wire.ShowClosed:
		e.fault, e.final = frame.FaultClosed, true
	default:
		return false
	}
	return true
}

type problemBody struct{ wire.Problem }

// problem reads a problem body (RFC 9457) or gives an empty one.
func problem(r *http.Response) (p problemBody) {
	if !strings.HasPrefix(r.Header.Get("Content-Type"), "application/problem+json") {
		return p
	}
	if json.NewDecoder(io.LimitReader(r.Body, maxBody)).Decode(&p.Problem) != nil {
		return problemBody{}
	}
	return p
}

const longestDetail = 200

func (p problemBody) describe(doing string, status int) error {
	text := p.Detail
	if text == "" {
		text = p.Title
	}
	if len(text) > longestDetail {
		text = strings.ToValidUTF8(text[:longestDetail], "") + "…"
	}
	if text == "" {
		return fmt.Errorf("%s: %d %s", doing, status, http.StatusText(status))
	}
	return fmt.Errorf("%s: %d %s: %s", doing, status, http.StatusText(status), text)
}

// retryAfter reads seconds or a date (RFC 9110 §10.2.3); zero when there is neither.
func retryAfter(v string, now time.Time) time.Duration {
	var d time.Duration
	if s, err := strconv.Atoi(v); err == nil {
		d = time.Duration(min(max(s, 0), int(longestRetryAfter/time.Second))) * time.Second
	} else if t, err := http.ParseTime(v); err == nil {
		d = t.Sub(now)
	}
	return min(max(d, 0), longestRetryAfter)
}
