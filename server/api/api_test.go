package api

import (
	"go/ast"
	"go/parser"
	"go/token"
	"net/http"
	"net/http/httptest"
	"strconv"
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
