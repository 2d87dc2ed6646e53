package remote

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"vitrine/capture/frame"
	"vitrine/server/wire"
)

// A network check has two parts: small requests for calmFor, which say how the way is when it is not full, and then bodies
// for fullFor or until mostBytes are sent, which fill it.
const (
	calmFor = 1500 * time.Millisecond
	fullFor = 3500 * time.Millisecond
	// warmFor is left to TCP's slow start.
	warmFor   = time.Second
	mostBytes = 16 << 20
	// calmLanes and fullLanes are the connections used at the same time: while one waits for its answer another sends.
	calmLanes, fullLanes = 6, 2
	calmEvery            = 20 * time.Millisecond
	calmBody             = 200
	// A body is as long as the way carries in bodyFor, within the bounds.
	bodyFor             = 250 * time.Millisecond
	leastBody, mostBody = 8 << 10, 512 << 10
	// patience is how long the last bodies may take to arrive.
	patience = 3 * time.Second
	// tell is how often progress is told.
	tell = 100 * time.Millisecond
)

// Check measures the way to the server without putting anything on the air. It takes about five seconds. The token is a
// show's or an operator's. progress hears, from one goroutine, which share is done and what is known so far.
//
// What is counted are bytes that the server says have come, so neither our buffers nor those of a proxy look like a fast
// line. Round trips, their changes and loss are measured before the line is filled: a show never fills it. Loss is what TCP
// had to send again, where the system says so.
func (c *Client) Check(ctx context.Context, server, token string, progress func(share float64, so frame.Path)) (frame.Path, error) {
	p, err := c.check(ctx, server, token, progress)
	if err != nil {
		return frame.Path{}, fmt.Errorf("check the network: %w", err)
	}
	return p, nil
}

func (c *Client) check(ctx context.Context, server, token string, progress func(float64, frame.Path)) (frame.Path, error) {
	base, err := Address(server)
	if err != nil {
		return frame.Path{}, err
	}
	m := &measurement{to: base.JoinPath("api", "check"), token: token}
	t := c.oneProtocol()                          // HTTP/2 would have all lanes share a connection
	t.MaxConnsPerHost = max(calmLanes, fullLanes) // one more would be closed, and with it go its figures
	t.MaxIdleConnsPerHost = t.MaxConnsPerHost
	t.DialContext = m.dialer(t.DialContext)
	defer t.CloseIdleConnections()
	m.http = &http.Client{Transport: t, CheckRedirect: checkRedirect}
	if _, err := m.send(ctx, nil); err != nil {
		if wire.CodeOf(err) == wire.NotFound { // the address, not the show
			err = wire.Errorf(wire.Internal, "the server has no network check")
		}
		return frame.Path{}, err
	}
	m.begun = time.Now()
	told := make(chan struct{})
	telling, stop := context.WithCancel(ctx)
	go func() {
		defer close(told)
		m.tell(telling, progress)
	}()
	defer func() { stop(); <-told }()
	if err := m.calm(ctx); err != nil {
		return frame.Path{}, err
	}
	if err := m.fill(ctx); err != nil {
		return frame.Path{}, err
	}
	p := m.path()
	p.Up = max(p.Up, 1) // that nothing came is known
	return p, nil
}

// measurement is one check.
type measurement struct {
	http  *http.Client
	to    *url.URL
	token string
	begun time.Time

	mu     sync.Mutex
	conns  []net.Conn
	trips  []time.Duration
	loss   float64
	seen   bool // loss was
	filled time.Time
	sent   int
	acked  []arrival
}

// arrival is a body that the server has.
type arrival struct {
	at   time.Time
	size int
}

// dialer notes the connections that are made, to ask the system about them.
func (m *measurement) dialer(dial func(context.Context, string, string) (net.Conn, error)) func(context.Context, string, string) (net.Conn, error) {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		c, err := dial(ctx, network, address)
		if err == nil {
			m.mu.Lock()
			m.conns = append(m.conns, c)
			m.mu.Unlock()
		}
		return c, err
	}
}

// send sends a body and returns how long the server took to say that it has it.
func (m *measurement) send(ctx context.Context, body []byte) (time.Duration, error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, m.to.String(), bytes.NewReader(body))
	if err != nil {
		return 0, fmt.Errorf("write the request: %w", err)
	}
	r.Header.Set("Content-Type", "application/octet-stream")
	r.Header.Set("Authorization", "Bearer "+m.token)
	begun := time.Now()
	answer, err := m.http.Do(r)
	if err != nil {
		return 0, err
	}
	took := time.Since(begun)
	defer answer.Body.Close()
	text, err := io.ReadAll(io.LimitReader(answer.Body, maxBody))
	if err == nil && answer.StatusCode >= 300 {
		err = complaint(answer, text)
	}
	return took, err
}

// calm sends small requests.
func (m *measurement) calm(ctx context.Context) error {
	resent, segments, _ := m.transmitted()
	until := time.Now().Add(calmFor)
	g, ctx := errgroup.WithContext(ctx)
	for range calmLanes {
		g.Go(func() error {
			pause := time.NewTimer(0)
			defer pause.Stop()
			for first := true; time.Now().Before(until); first = false {
				took, err := m.send(ctx, make([]byte, calmBody))
				if err != nil {
					return err
				}
				if !first { // it may have made the connection
					m.mu.Lock()
					m.trips = append(m.trips, took)
					m.mu.Unlock()
				}
				pause.Reset(calmEvery)
				select {
				case <-ctx.Done():
					return ctx.Err()
				case <-pause.C:
				}
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		return err
	}
	again, all, ok := m.transmitted()
	m.mu.Lock()
	defer m.mu.Unlock()
	m.seen = ok && all > segments
	if m.seen {
		m.loss = float64(again-resent) / float64(all-segments)
	}
	return nil
}

// transmitted is how many segments with data the connections sent, and how many of them again.
func (m *measurement) transmitted() (resent, all uint64, ok bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, c := range m.conns {
		r, a, known := segments(c)
		if !known {
			return 0, 0, false
		}
		resent, all = resent+r, all+a
	}
	return resent, all, true
}

// fill sends as much as the way takes.
func (m *measurement) fill(ctx context.Context) error {
	noise := make([]byte, mostBody) // so that nothing on the way can compress it
	_, _ = rand.Read(noise)         // never fails
	m.mu.Lock()
	m.filled = time.Now()
	until := m.filled.Add(fullFor)
	m.mu.Unlock()
	late, cancel := context.WithDeadline(ctx, until.Add(patience))
	defer cancel()
	var g errgroup.Group
	for range fullLanes {
		g.Go(func() error {
			for size := leastBody; time.Now().Before(until) && m.spend(size); {
				took, err := m.send(late, noise[:size])
				switch {
				case ctx.Err() == nil && late.Err() != nil:
					return nil // what did not come in time does not count
				case err != nil:
					cancel() // the other lane must not wait
					return err
				}
				m.mu.Lock()
				m.acked = append(m.acked, arrival{time.Now(), size})
				m.mu.Unlock()
				next := float64(size) * min(max(bodyFor.Seconds()/took.Seconds(), 0.5), 4)
				size = int(min(max(next, leastBody), mostBody))
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		return err
	}
	return ctx.Err()
}

// spend reports whether so much more may be sent.
func (m *measurement) spend(size int) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.sent += size
	return m.sent <= mostBytes
}

// path is what is known now.
func (m *measurement) path() frame.Path {
	m.mu.Lock()
	defer m.mu.Unlock()
	p := frame.Path{Loss: -1}
	if m.seen {
		p.Loss = m.loss
	}
	if n := len(m.trips); n > 0 {
		p.Jitter = jitter(m.trips)
		p.RTT = slices.Sorted(slices.Values(m.trips))[n/2]
	}
	if len(m.acked) > 0 {
		p.Up = carried(m.filled, m.acked)
	}
	return p
}

// jitter is the mean change from one round trip to the next.
func jitter(trips []time.Duration) time.Duration {
	var sum time.Duration
	for i := range trips[1:] {
		sum += (trips[i+1] - trips[i]).Abs()
	}
	return sum / time.Duration(max(1, len(trips)-1))
}

// carried is the rate at which bodies arrived once the way was warm, in bits a second.
func carried(begun time.Time, acked []arrival) int {
	slices.SortFunc(acked, func(a, b arrival) int { return a.at.Compare(b.at) })
	last := acked[len(acked)-1].at
	warm := begun.Add(min(warmFor, last.Sub(begun)/3))
	from, size := begun, 0
	for _, a := range acked {
		if !a.at.After(warm) {
			from = a.at
			continue
		}
		size += a.size
	}
	return int(8 * float64(size) / max(last.Sub(from), time.Nanosecond).Seconds())
}

// tell tells of progress until ctx ends.
func (m *measurement) tell(ctx context.Context, progress func(float64, frame.Path)) {
	tick := time.NewTicker(tell)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			progress(m.share(), m.path())
		}
	}
}

// share is how much of the check is done, 0 to 1.
func (m *measurement) share() float64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	done := min(time.Since(m.begun), calmFor)
	if !m.filled.IsZero() {
		done = calmFor + max(time.Since(m.filled), time.Duration(float64(fullFor)*float64(m.sent)/mostBytes))
	}
	return min(1, done.Seconds()/(calmFor+fullFor).Seconds())
}
