package api

import (
	"compress/gzip"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"vitrine/server/wire"
)

// codes reads the wire contract's source, so that a new code cannot be forgotten.
func codes(t *testing.T) (list []wire.Code) {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), "../wire/wire.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(f, func(n ast.Node) bool {
		v, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		if id, ok := v.Type.(*ast.Ident); ok && id.Name == "Code" {
			text, err := strconv.Unquote(v.Values[0].(*ast.BasicLit).Value)
			if err != nil {
				t.Fatal(err)
			}
			list = append(list, wire.Code(text))
		}
		return true
	})
	return list
}

func TestEvery_code_has_a_status(t *testing.T) {
	list := codes(t)
	if len(list) != len(statuses) {
		t.Errorf("there are %d codes and %d statuses", len(list), len(statuses))
	}
	for _, c := range list {
		if s := statuses[c]; s < 400 || http.StatusText(s) == "" {
			t.Errorf("%s has status %d", c, s)
		}
	}
}

func TestWaiting_times_are_rounded_up_to_seconds(t *testing.T) {
	e := &edge{}
	w := httptest.NewRecorder()
	e.fail(w, httptest.NewRequest(http.MethodGet, "/", nil), &wire.Error{Code: wire.NotLive, RetryAfter: 1100 * time.Millisecond})
	if got := w.Header().Get("Retry-After"); got != "2" {
		t.Errorf("Retry-After is %q", got)
	}
}

func TestA_bearer_token_is_read_as_RFC_6750_says(t *testing.T) {
	want, err := bearer(request("Bearer secret"))
	if err != nil {
		t.Fatal(err)
	}
	for header, ok := range map[string]bool{
		"bearer secret": true, "Bearer  secret ": true, "Basic secret": false, "Bearer": false, "Bearer ": false, "": false, "secret": false,
	} {
		if got, err := bearer(request(header)); (err == nil && equal(got, want)) != ok {
			t.Errorf("%q: %v", header, err)
		}
	}
}

func request(authorization string) *http.Request {
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	r.Header.Set("Authorization", authorization)
	return r
}

func TestAnswers_are_compressed_for_those_who_take_it(t *testing.T) {
	const line = "a=candidate:1 1 udp 2130706431 192.0.2.1 8443 typ host\r\n"
	for _, c := range []struct {
		name, kind, accepts string
		lines               int
		small               bool
	}{
		{"a browser's answer", sdpType, "gzip, deflate", 40, true},
		{"a client that does not say", sdpType, "", 40, false},
		{"an answer of one segment anyway", sdpType, "gzip", 5, false},
		{"a refusal", problemType, "gzip", 40, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			want := strings.Repeat(line, c.lines)
			h := small(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", c.kind)
				w.Header().Set("ETag", `"tag"`)
				w.WriteHeader(http.StatusCreated)
				_, _ = w.Write([]byte(want))
			}))
			r := httptest.NewRequest(http.MethodPost, "/whep/evening", nil)
			if c.accepts != "" {
				r.Header.Set("Accept-Encoding", c.accepts)
			}
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			var body io.Reader = w.Body
			if got := w.Header().Get("Content-Encoding") == "gzip"; got != c.small {
				t.Fatalf("compressed: %v", got)
			}
			if c.small {
				z, err := gzip.NewReader(w.Body)
				if err != nil {
					t.Fatal(err)
				}
				body = z
			}
			if got, err := io.ReadAll(body); err != nil || string(got) != want {
				t.Errorf("%d of %d bytes came, %v", len(got), len(want), err)
			}
			if w.Code != http.StatusCreated || w.Header().Get("ETag") != `"tag"` {
				t.Errorf("status %d, tag %s", w.Code, w.Header().Get("ETag"))
			}
		})
	}
}
