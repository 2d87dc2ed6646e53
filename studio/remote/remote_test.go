package remote

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"vitrine/capture/frame"
	"vitrine/server/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const token = "t0ken"

func client(t *testing.T, c *tls.Config) *Client {
	t.Helper()
	r := New()
	r.transport.TLSClientConfig = c
	t.Cleanup(r.CloseIdle)
	return r
}

func serve(t *testing.T, h http.HandlerFunc) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s
}

func answer(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	if _, ok := v.(wire.Problem); ok {
		w.Header().Set("Content-Type", "application/problem+json")
	}
	w.WriteHeader(status)
	if v != nil {
		_ = json.NewEncoder(w).Encode(v)
	}
}

func TestAddresses_are_completed(t *testing.T) {
	for typed, want := range map[string]string{
		"shop.example":                "https://shop.example",
		"  Shop.Example/ ":            "https://shop.example",
		"shop.example:8443":           "https://shop.example:8443",
		"http://shop.example":         "http://shop.example",
		"HTTPS://shop.example":        "https://shop.example",
		"https://shop.example/live/":  "https://shop.example/live",
		"shop.example/live?x=1#y":     "https://shop.example/live",
		"192.168.1.20:8080":           "https://192.168.1.20:8080",
		"localhost":                   "http://localhost",
		"localhost:8080":              "http://localhost:8080",
		"127.0.0.1:8080":              "http://127.0.0.1:8080",
		"127.8.8.8":                   "http://127.8.8.8",
		"::1":                         "http://[::1]",
		"[::1]:8080":                  "http://[::1]:8080",
		"https://localhost:8443":      "https://localhost:8443",
		"http://localhost.example":    "http://localhost.example",
		"localhost.example":           "https://localhost.example",
		"2001:db8::1":                 "https://[2001:db8::1]",
		"https://shop.example/a/../b": "https://shop.example/b",
	} {
		u, err := Address(typed)
		if err != nil || u.String() != want {
			t.Errorf("%q: %v, %v; want %s", typed, u, err, want)
		}
	}
}

func TestAddresses_that_are_none_are_refused(t *testing.T) {
	for _, typed := range []string{
		"", "  ", "http://", "ftp://shop.example", "shop.example:http", "shop.example:0", "shop.example:99999", "shop.example:",
		"a b", "https://user:secret@shop.example", "https://user:secret@[shop", "http://[::1", "javascript:alert(1)", "/watch/evening",
	} {
		u, err := Address(typed)
		if err == nil {
			t.Errorf("%q was taken as %s", typed, u)
			continue
		}
		if frame.FaultOf(err) != frame.FaultAddress || strings.Contains(err.Error(), "secret") {
			t.Errorf("%q: fault %q, %v", typed, frame.FaultOf(err), err)
		}
	}
}

func FuzzAddress(f *testing.F) {
	f.Add("shop.example:8443/live")
	f.Add("[::1]:80")
	f.Add("https://u:p@h/../..//?#")
	f.Fuzz(func(t *testing.T, typed string) {
		u, err := Address(typed)
		if err != nil {
			return
		}
		again, err := Address(u.String())
		if err != nil || again.String() != u.String() {
			t.Errorf("%q gives %s, which gives %v, %v", typed, u, again, err)
		}
		if whip := WHIP(u, "evening"); !strings.HasPrefix(whip, u.Scheme+"://") || !strings.HasSuffix(whip, "/whip/evening") {
			t.Errorf("%q gives %s", typed, whip)
		}
	})
}

func TestA_show_has_an_endpoint_and_a_page(t *testing.T) {
	c := client(t, nil)
	whip, watch, err := c.Addresses("shop.example/live/", "evening")
	if err != nil || whip != "https://shop.example/live/whip/evening" || watch != "https://shop.example/live/watch/evening" {
		t.Errorf("%s, %s, %v", whip, watch, err)
	}
	if _, _, err := c.Addresses("shop.example", "../x"); wire.CodeOf(err) != wire.Invalid {
		t.Errorf("a name that is none: %v", err)
	}
	if _, _, err := c.Addresses("", "evening"); c.Fault(err) != frame.FaultAddress {
		t.Errorf("no address: %v", err)
	}
}

func TestCalls_speak_the_contract(t *testing.T) {
	since := time.Date(2026, 11, 21, 20, 0, 0, 0, time.UTC)
	show := wire.Show{ID: "evening", Title: "Evening", State: wire.Open, Live: true, Video: "H264", Viewers: 7, Since: &since}
	var calls []string
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		calls = append(calls, strings.TrimSpace(r.Method+" "+r.URL.Path+" "+r.Header.Get("Authorization")+" "+r.Header.Get("Content-Type")+" "+string(body)))
		switch {
		case r.Method == http.MethodPost && r.URL.Path == "/api/shows":
			answer(w, 201, wire.CreatedShow{Show: show, Token: "new"})
		case r.Method == http.MethodPost:
			w.WriteHeader(http.StatusNoContent)
		case r.URL.Path == "/api/shows":
			answer(w, 200, []wire.Show{show})
		default:
			answer(w, 200, show)
		}
	})
	c, ctx := client(t, nil), t.Context()

	created, err := c.Create(ctx, s.URL, token, wire.NewShow{ID: "evening", Title: "Evening"})
	if err != nil || created.Token != "new" || created.ID != "evening" {
		t.Errorf("Create: %+v, %v", created, err)
	}
	shows, err := c.Shows(ctx, s.URL, token)
	if err != nil || len(shows) != 1 || shows[0].Viewers != 7 || !shows[0].Since.Equal(since) {
		t.Errorf("Shows: %+v, %v", shows, err)
	}
	one, err := c.Show(ctx, s.URL, "evening")
	if err != nil || one.Title != "Evening" {
		t.Errorf("Show: %+v, %v", one, err)
	}
	if err := errors.Join(c.Close(ctx, s.URL, token, "evening"), c.Open(ctx, s.URL, token, "evening")); err != nil {
		t.Error(err)
	}
	want := []string{
		`POST /api/shows Bearer t0ken application/json {"id":"evening","title":"Evening"}`,
		"GET /api/shows Bearer t0ken",
		"GET /api/shows/evening",
		"POST /api/shows/evening/close Bearer t0ken",
		"POST /api/shows/evening/open Bearer t0ken",
	}
	if got := strings.Join(calls, "\n"); got != strings.Join(want, "\n") {
		t.Errorf("calls\n%s\nwant\n%s", got, strings.Join(want, "\n"))
	}
}

func TestComplaints_keep_their_code(t *testing.T) {
	for _, c := range []struct {
		status int
		body   any
		code   wire.Code
		fault  frame.Fault
	}{
		{401, wire.Problem{Code: wire.Unauthenticated, Detail: "who are you?"}, wire.Unauthenticated, frame.FaultToken},
		{403, wire.Problem{Code: wire.Forbidden}, wire.Forbidden, frame.FaultToken},
		{404, wire.Problem{Code: wire.NotFound}, wire.NotFound, frame.FaultShow},
		{409, wire.Problem{Code: wire.Conflict}, wire.Conflict, frame.FaultServer},
		{409, wire.Problem{Code: wire.ShowClosed}, wire.ShowClosed, frame.FaultClosed},
		{410, wire.Problem{Code: wire.Replaced}, wire.Replaced, frame.FaultReplaced},
		{429, wire.Problem{Code: wire.RateLimited}, wire.RateLimited, frame.FaultBusy},
		{500, wire.Problem{Code: wire.Internal}, wire.Internal, frame.FaultServer},
		{401, nil, wire.Unauthenticated, frame.FaultToken},
		{502, "<html>", wire.Unavailable, frame.FaultBusy},
		{418, "<html>", wire.Internal, frame.FaultServer},
		{200, "<html>", wire.Internal, frame.FaultServer},
		{200, nil, wire.Internal, frame.FaultServer},
		{200, strings.Repeat("x", maxBody), wire.Internal, frame.FaultServer},
	} {
		s := serve(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "7")
			answer(w, c.status, c.body)
		})
		r := client(t, nil)
		_, err := r.Shows(t.Context(), s.URL, token)
		var e *wire.Error
		if !errors.As(err, &e) || e.Code != c.code || e.Text == "" || r.Fault(err) != c.fault {
			t.Errorf("%d: %v, code %q, fault %q; want %q, %q", c.status, err, wire.CodeOf(err), r.Fault(err), c.code, c.fault)
			continue
		}
		if c.status >= 300 && e.RetryAfter != 7*time.Second {
			t.Errorf("%d: retry after %v", c.status, e.RetryAfter)
		}
		if strings.Contains(err.Error(), token) || len(err.Error()) > 2*maxText {
			t.Errorf("%d: error of %d bytes: %.100s", c.status, len(err.Error()), err)
		}
	}
}

func TestConnections_that_fail_say_why(t *testing.T) {
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	secure := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { answer(w, 200, []wire.Show{}) }))
	secure.Config.ErrorLog = log.New(io.Discard, "", 0)
	secure.StartTLS()
	t.Cleanup(secure.Close)
	trusted := x509.NewCertPool()
	trusted.AddCert(secure.Certificate())

	for url, want := range map[string]frame.Fault{gone.URL: frame.FaultUnreachable, secure.URL: frame.FaultCertificate, "ftp://x": frame.FaultAddress} {
		c := client(t, nil)
		if _, err := c.Shows(t.Context(), url, token); c.Fault(err) != want || strings.Contains(err.Error(), token) {
			t.Errorf("%s: fault %q, want %q: %v", url, c.Fault(err), want, err)
		}
	}
	if _, err := client(t, &tls.Config{RootCAs: trusted}).Shows(t.Context(), secure.URL, token); err != nil {
		t.Errorf("trusted: %v", err)
	}
}

func TestThe_token_stays_with_the_host(t *testing.T) {
	other := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "" {
			t.Error("the token was sent to another host")
		}
		answer(w, 200, []wire.Show{})
	})
	elsewhere := strings.Replace(other.URL, "127.0.0.1", "localhost", 1)
	here := serve(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, elsewhere+"/api/shows", http.StatusTemporaryRedirect)
	})
	if _, err := client(t, nil).Shows(t.Context(), here.URL, token); err != nil {
		t.Error(err)
	}
	secure := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, other.URL, http.StatusTemporaryRedirect)
	}))
	t.Cleanup(secure.Close)
	trusted := x509.NewCertPool()
	trusted.AddCert(secure.Certificate())
	if _, err := client(t, &tls.Config{RootCAs: trusted}).Shows(t.Context(), secure.URL, token); err == nil {
		t.Error("a redirect from https to http was followed")
	}
}

func TestNonsense_does_not_leave_the_studio(t *testing.T) {
	s := serve(t, func(http.ResponseWriter, *http.Request) { t.Error("the server was asked") })
	c, ctx := client(t, nil), t.Context()
	_, create := c.Create(ctx, s.URL, token, wire.NewShow{ID: "Evening!"})
	_, show := c.Show(ctx, s.URL, "../../x")
	for _, err := range []error{create, show, c.Open(ctx, s.URL, token, ""), c.Close(ctx, s.URL, token, "a/b")} {
		if wire.CodeOf(err) != wire.Invalid {
			t.Error(err)
		}
	}
}
