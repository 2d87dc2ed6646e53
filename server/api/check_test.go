package api

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"vitrine/server/wire"
)

// shelf is a store with one show and one operator. What a check does not ask for is missing.
type shelf struct{ Store }

func (shelf) Operators(context.Context) ([]Hash, error) {
	return []Hash{sha256.Sum256([]byte("operator"))}, nil
}

func (shelf) ShowOf(_ context.Context, token Hash) (s wire.Show, err error) {
	if token != sha256.Sum256([]byte("show")) {
		err = wire.Errorf(wire.NotFound, "there is no such show")
	}
	return s, err
}

// checking is a request of a network check.
func checking(token, kind string, body io.Reader) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "/api/check", body)
	r.Header.Set("Content-Type", kind)
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	return r
}

// answered is what the edge says to a request: its status and, where it is refused, its problem's code.
func answered(t *testing.T, h http.Handler, r *http.Request) (int, wire.Code, http.Header) {
	t.Helper()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	var p wire.Problem
	if w.Code >= 400 {
		if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil || w.Header().Get("Content-Type") != problemType || p.Status != w.Code || p.Detail == "" {
			t.Errorf("%d is said as %q (%v)", w.Code, w.Body, err)
		}
	}
	return w.Code, p.Code, w.Header()
}

func TestA_network_check_takes_bytes_of_whoever_has_a_token_and_no_more_than_it_says(t *testing.T) {
	h := New(Config{Store: shelf{}, Page: http.NotFoundHandler()})
	full := strings.Repeat("x", maxCheck)
	for name, c := range map[string]struct {
		token, kind string
		body        io.Reader
		status      int
		code        wire.Code
	}{
		"a show's token":               {"show", bytesType, strings.NewReader("x"), 204, ""},
		"an operator's token":          {"operator", bytesType, strings.NewReader("x"), 204, ""},
		"nothing":                      {"show", bytesType, http.NoBody, 204, ""},
		"as much as there may be":      {"show", bytesType, strings.NewReader(full), 204, ""},
		"one byte more":                {"show", bytesType, strings.NewReader(full + "x"), 413, wire.TooLarge},
		"a body that hides its length": {"show", bytesType, io.MultiReader(strings.NewReader("x")), 413, wire.TooLarge},
		"no token":                     {"", bytesType, strings.NewReader("x"), 401, wire.Unauthenticated},
		"a wrong token":                {"guess", bytesType, strings.NewReader(full + "x"), 401, wire.Unauthenticated},
		"another media type":           {"show", jsonType, strings.NewReader("{}"), 415, wire.MediaType},
	} {
		t.Run(name, func(t *testing.T) {
			if status, code, _ := answered(t, h, checking(c.token, c.kind, c.body)); status != c.status || code != c.code {
				t.Errorf("answered %d %s", status, code)
			}
		})
	}
	r := checking("show", bytesType, http.NoBody)
	r.Method = http.MethodGet
	if status, code, _ := answered(t, h, r); status != 405 || code != wire.Method {
		t.Errorf("reading is answered %d %s", status, code)
	}
}

func TestA_body_that_breaks_off_is_not_said_to_have_come(t *testing.T) {
	r := checking("show", bytesType, io.MultiReader(strings.NewReader("x"), brokenReader{}))
	r.ContentLength = 100
	h := New(Config{Store: shelf{}, Page: http.NotFoundHandler()})
	if status, code, _ := answered(t, h, r); status != 400 || code != wire.Invalid {
		t.Errorf("answered %d %s", status, code)
	}
}

type brokenReader struct{}

func (brokenReader) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

func TestChecking_too_often_is_refused_to_that_token_alone(t *testing.T) {
	h := New(Config{Store: shelf{}, Page: http.NotFoundHandler()})
	full := strings.Repeat("x", maxCheck)
	for n := 0; ; n++ {
		status, code, header := answered(t, h, checking("show", bytesType, strings.NewReader(full)))
		if status == http.StatusNoContent && n <= 2*checksMost/maxCheck {
			continue
		}
		if status != 429 || code != wire.RateLimited || header.Get("Retry-After") != "1" || n < checksMost/(maxCheck+checkCost) {
			t.Errorf("after %d bodies: %d %s, again in %q s", n, status, code, header.Get("Retry-After"))
		}
		break
	}
	if status, _, _ := answered(t, h, checking("operator", bytesType, strings.NewReader(full))); status != 204 {
		t.Errorf("another token is answered %d", status)
	}
}

func TestAn_allowance_comes_back_with_time_and_never_grows_beyond_its_most(t *testing.T) {
	a, now := &allowances{all: map[Hash]allowance{}}, time.Unix(1, 0)
	if wait := a.take(Hash{}, checksMost, now); wait != 0 {
		t.Errorf("the first one waits %v", wait)
	}
	if wait := a.take(Hash{}, 3*checksASecond, now.Add(time.Second)); wait != 2*time.Second {
		t.Errorf("waits %v", wait)
	}
	if wait := a.take(Hash{}, 3*checksASecond, now.Add(3*time.Second)); wait != 0 {
		t.Errorf("still waits %v", wait)
	}
	if wait := a.take(Hash{}, checksMost+checksASecond, now.Add(24*time.Hour)); wait != time.Second {
		t.Errorf("after a day of rest waits %v", wait)
	}
}
