package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"math"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/klauspost/compress/gzhttp"

	"vitrine/server/wire"
)

const (
	sdpType      = "application/sdp"
	fragmentType = "application/trickle-ice-sdpfrag" // RFC 8840 §9
	jsonType     = "application/json"
	problemType  = "application/problem+json"

	// maxSDP and maxJSON bound request bodies, in bytes.
	maxSDP  = 64 << 10
	maxJSON = 16 << 10
	// smallFrom is how many bytes an answer has that is worth to be compressed.
	smallFrom = 600
)

// statuses is the meaning of every code in HTTP.
var statuses = map[wire.Code]int{
	wire.Invalid:              http.StatusBadRequest,
	wire.Unauthenticated:      http.StatusUnauthorized,
	wire.Forbidden:            http.StatusForbidden,
	wire.NotFound:             http.StatusNotFound,
	wire.Method:               http.StatusMethodNotAllowed,
	wire.NoCodec:              http.StatusNotAcceptable,
	wire.Conflict:             http.StatusConflict,
	wire.NotLive:              http.StatusConflict,
	wire.ShowClosed:           http.StatusConflict,
	wire.Replaced:             http.StatusGone,
	wire.SoldOut:              http.StatusConflict,
	wire.StalePrice:           http.StatusConflict,
	wire.OfferClosed:          http.StatusConflict,
	wire.CapReached:           http.StatusConflict,
	wire.KeyReused:            http.StatusUnprocessableEntity,
	wire.Declined:             http.StatusPaymentRequired,
	wire.StepUp:               http.StatusForbidden,
	wire.Precondition:         http.StatusPreconditionFailed,
	wire.TooLarge:             http.StatusRequestEntityTooLarge,
	wire.MediaType:            http.StatusUnsupportedMediaType,
	wire.PreconditionRequired: http.StatusPreconditionRequired,
	wire.RateLimited:          http.StatusTooManyRequests,
	wire.Unavailable:          http.StatusServiceUnavailable,
	wire.Internal:             http.StatusInternalServerError,
}

// action answers a request, or returns why it does not; then it has written nothing.
type action func(w http.ResponseWriter, r *http.Request) error

// methods maps what an address can do. An empty map is an address that does not exist.
type methods map[string]action

// methods serves an address. accept is the media type that its POST takes, "" if it has none.
func (e *edge) methods(m methods, accept string) http.Handler {
	list := []string{http.MethodOptions}
	for name := range m {
		if list = append(list, name); name == http.MethodGet {
			list = append(list, http.MethodHead)
		}
	}
	slices.Sort(list)
	allow := strings.Join(list, ", ")
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Cache-Control", "no-store")
		name := r.Method
		if name == http.MethodHead {
			name = http.MethodGet
		}
		do, ok := m[name]
		switch {
		case len(m) == 0:
			e.fail(w, r, wire.Errorf(wire.NotFound, "there is nothing at this address"))
		case ok:
			if err := do(w, r); err != nil {
				e.fail(w, r, err)
			}
		case r.Method == http.MethodOptions:
			h.Set("Allow", allow)
			h.Set("Access-Control-Allow-Methods", allow)
			if accept != "" {
				h.Set("Accept-Post", accept)
			}
			w.WriteHeader(http.StatusNoContent)
		default:
			h.Set("Allow", allow)
			e.fail(w, r, wire.Errorf(wire.Method, "this address knows %s", allow))
		}
	})
}

// only lets nothing but GET and HEAD through to a handler of another room.
func (e *edge) only(next http.Handler) http.Handler {
	refuse := e.methods(methods{http.MethodGet: health}, "")
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			refuse.ServeHTTP(w, r)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// small compresses answers for clients that take it (RFC 9110 §12.5.3): where most packets are lost, an answer of one segment is
// there long before one of two.
var small = func() func(http.Handler) http.HandlerFunc {
	wrap, err := gzhttp.NewWrapper(gzhttp.MinSize(smallFrom), gzhttp.ContentTypes([]string{sdpType}))
	if err != nil {
		panic(err) // the options are constants of the package
	}
	return wrap
}()

// open lets pages of any origin use an address (the Fetch standard's CORS): it is protected by tokens, never by cookies.
func open(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Access-Control-Allow-Origin", "*")
		h.Set("Access-Control-Expose-Headers", "Location, ETag, Link, Accept-Patch, Accept-Post, Retry-After, WWW-Authenticate")
		if r.Method == http.MethodOptions {
			h.Set("Access-Control-Allow-Headers", "Authorization, Content-Type, If-Match, "+wire.IdempotencyKey)
			h.Set("Access-Control-Max-Age", "86400")
		}
		next.ServeHTTP(w, r)
	})
}

// fail answers with a problem body (RFC 9457).
func (e *edge) fail(w http.ResponseWriter, r *http.Request, err error) {
	p, header := e.explain(r.Pattern, err)
	for name, values := range header {
		w.Header()[name] = values
	}
	w.Header().Set("Content-Type", problemType)
	w.WriteHeader(p.Status)
	_ = json.NewEncoder(w).Encode(p)
}

// explain is what a client is told of an error, and the headers of it. What is the server's own failure is logged, with the pattern
// of the request's address.
func (e *edge) explain(pattern string, err error) (wire.Problem, http.Header) {
	code, detail := wire.CodeOf(err), "the server failed; its log says more"
	var known *wire.Error
	switch {
	case errors.As(err, &known):
		detail = known.Text
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		code, detail = wire.Unavailable, "the request took too long"
	}
	p := problemOf(code, detail)
	if p.Status == http.StatusInternalServerError {
		e.Log.Error("request failed", "pattern", pattern, "error", err)
	}
	header := http.Header{}
	if known != nil && known.RetryAfter > 0 {
		header.Set("Retry-After", strconv.Itoa(int(math.Ceil(known.RetryAfter.Seconds()))))
	}
	if p.Status == http.StatusUnauthorized {
		header.Set("WWW-Authenticate", `Bearer realm="vitrine"`)
	}
	return p, header
}

func problemOf(code wire.Code, detail string) wire.Problem {
	status, ok := statuses[code]
	if !ok {
		status = http.StatusInternalServerError
	}
	return wire.Problem{Type: "about:blank", Title: http.StatusText(status), Status: status, Detail: detail, Code: code}
}

func text(w http.ResponseWriter, body string) error {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = io.WriteString(w, body) // the client may have gone
	return nil
}

func answerJSON(w http.ResponseWriter, status int, v any) error {
	w.Header().Set("Content-Type", jsonType)
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v)
	return nil
}

// body reads a request's body of the media type, at most limit bytes.
func body(w http.ResponseWriter, r *http.Request, kind string, limit int64) ([]byte, error) {
	if t, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || t != kind {
		return nil, wire.Errorf(wire.MediaType, "the body must be %s", kind)
	}
	b, err := io.ReadAll(http.MaxBytesReader(w, r.Body, limit))
	var long *http.MaxBytesError
	if errors.As(err, &long) {
		return nil, wire.Errorf(wire.TooLarge, "the body has more than %d KB", limit>>10)
	}
	if err != nil {
		return nil, wire.Errorf(wire.Invalid, "the body could not be read to its end")
	}
	return b, nil
}

// readJSON reads a body of exactly one JSON value that has no unknown fields.
func readJSON(w http.ResponseWriter, r *http.Request, v any) error {
	return readJSONUpTo(w, r, v, maxJSON)
}

func readJSONUpTo(w http.ResponseWriter, r *http.Request, v any, limit int64) error {
	b, err := body(w, r, jsonType, limit)
	if err != nil {
		return err
	}
	return readStrict(b, v)
}

// readStrict reads one JSON value, which has no field that is not known.
func readStrict(b []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return wire.Errorf(wire.Invalid, "the body is not the JSON expected: %s", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return wire.Errorf(wire.Invalid, "the body holds more than one JSON value")
	}
	return nil
}
