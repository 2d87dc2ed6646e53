package remote

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"vitrine/capture/frame"
	"vitrine/server/wire"
)

// taker is a server that takes what a check sends, and counts.
type taker struct {
	t        *testing.T
	bytes    atomic.Int64
	requests atomic.Int64
}

func (s *taker) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost || r.URL.Path != "/api/check" || r.Header.Get("Authorization") != "Bearer "+token || r.ProtoMajor != 1 {
		s.t.Errorf("asked %s %s by %s", r.Method, r.URL, r.Proto)
	}
	n, err := io.Copy(io.Discard, r.Body)
	if err != nil {
		return // the check was over
	}
	s.bytes.Add(n)
	s.requests.Add(1)
	w.WriteHeader(http.StatusNoContent)
}

func TestA_network_check_finds_out_all_figures_and_sends_no_more_than_it_may(t *testing.T) {
	taker := &taker{t: t}
	s := httptest.NewUnstartedServer(taker)
	s.EnableHTTP2 = true
	s.StartTLS()
	t.Cleanup(s.Close)
	trust := x509.NewCertPool()
	trust.AddCert(s.Certificate())
	var shares []float64
	p, err := client(t, &tls.Config{RootCAs: trust}).Check(t.Context(), s.URL, token, func(share float64, _ frame.Path) { shares = append(shares, share) })
	if err != nil {
		t.Fatal(err)
	}
	if p.Up <= 1 || p.RTT <= 0 || p.Jitter <= 0 || p.Loss < 0 != (runtime.GOOS != "linux") || p.Loss > 0.5 {
		t.Errorf("%+v", p)
	}
	if n := taker.bytes.Load(); n > mostBytes+calmBody*taker.requests.Load() {
		t.Errorf("%d bytes were sent", n)
	}
	before := 0.0
	for _, s := range shares {
		if s < before || s > 1 {
			t.Errorf("the check was done by %v", shares)
			break
		}
		before = s
	}
	if len(shares) == 0 {
		t.Error("nothing was told")
	}
}

// narrow is a listener whose connections read no faster together than a slow line lets them.
type narrow struct {
	net.Listener
	bps  float64
	mu   sync.Mutex
	idle time.Time // when the line will have carried all that it took
}

func (l *narrow) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	return narrowed{c, l}, err
}

type narrowed struct {
	net.Conn
	line *narrow
}

func (c narrowed) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b[:min(len(b), 1400)])
	c.line.mu.Lock()
	if now := time.Now(); c.line.idle.Before(now) {
		c.line.idle = now
	}
	c.line.idle = c.line.idle.Add(time.Duration(8 * float64(n) / c.line.bps * float64(time.Second)))
	wait := time.Until(c.line.idle)
	c.line.mu.Unlock()
	time.Sleep(wait)
	return n, err
}

func TestA_network_check_says_how_narrow_a_line_is(t *testing.T) {
	const bps = 2_000_000
	s := httptest.NewUnstartedServer(&taker{t: t})
	s.Listener = &narrow{Listener: s.Listener, bps: bps}
	s.Start()
	t.Cleanup(s.Close)
	p, err := client(t, nil).Check(t.Context(), s.URL, token, func(float64, frame.Path) {})
	if err != nil {
		t.Fatal(err)
	}
	if p.Up < bps/2 || p.Up > bps*5/4 {
		t.Errorf("a line of %d bit/s is said to carry %d", bps, p.Up)
	}
}

func TestA_network_check_says_why_it_failed(t *testing.T) {
	for name, c := range map[string]struct {
		status int
		code   wire.Code
		fault  frame.Fault
	}{
		"token": {401, wire.Unauthenticated, frame.FaultToken},
		"often": {429, wire.RateLimited, frame.FaultBusy},
		"old":   {404, wire.NotFound, frame.FaultServer},
	} {
		t.Run(name, func(t *testing.T) {
			s := serve(t, func(w http.ResponseWriter, _ *http.Request) {
				answer(w, c.status, wire.Problem{Status: c.status, Code: c.code, Detail: "no"})
			})
			r := client(t, nil)
			if _, err := r.Check(t.Context(), s.URL, token, nil); err == nil || r.Fault(err) != c.fault {
				t.Errorf("%v is %s", err, r.Fault(err))
			}
		})
	}
	r := client(t, nil)
	if _, err := r.Check(t.Context(), "127.0.0.1:1", token, nil); r.Fault(err) != frame.FaultUnreachable {
		t.Errorf("%v is %s", err, r.Fault(err))
	}
	if _, err := r.Check(t.Context(), "no address", token, nil); r.Fault(err) != frame.FaultAddress {
		t.Errorf("%v is %s", err, r.Fault(err))
	}
}

func TestA_server_that_goes_away_during_the_check_is_said_to_be_away(t *testing.T) {
	taker := &taker{t: t}
	s := serve(t, taker.ServeHTTP)
	r := client(t, nil)
	leave := sync.OnceFunc(func() {
		s.Listener.Close()
		s.CloseClientConnections()
	})
	_, err := r.Check(t.Context(), s.URL, token, func(float64, frame.Path) { leave() })
	if err == nil || r.Fault(err) != frame.FaultUnreachable {
		t.Errorf("%v is %s", err, r.Fault(err))
	}
}

func TestA_network_check_ends_when_nobody_wants_it_any_more(t *testing.T) {
	s := serve(t, (&taker{t: t}).ServeHTTP)
	ctx, cancel := context.WithCancel(t.Context())
	_, err := client(t, nil).Check(ctx, s.URL, token, func(float64, frame.Path) { cancel() })
	if !errors.Is(err, context.Canceled) {
		t.Errorf("it ended with %v", err)
	}
}
