// Package bus carries what crosses rooms and machines: who asks is answered by whoever serves the subject, and what is published
// is heard by all who follow it, in whichever process they are. It is NATS: a server inside this process, or a cluster by its
// URL, with the same code for both.
//
// It owns the connection and the server inside. It keeps nothing: what must not be lost is in the store before it is published
// here, and a follower is told whenever something may have passed it by, so that it reads there what it lacks. One publisher's
// messages arrive in their order.
//
// Queues: what arrives for one Follow or Serve, 1024 messages. When it is full, what comes is dropped and counted, and the
// follower is told; who asked is not answered in its time. Nothing is kept for a line that is down: publishing and asking
// then fail at once with ErrAway, because what is sent late is worth less than an answer now.
//
// Decisions. The line is taken up again for ever, also at the start and with credentials that are refused, which may be put
// right meanwhile. While it is down followers are told every second, so that a show goes on without it from the store alone.
// They cannot be told when somebody else's line is down, the publisher's or one between servers of a cluster, nor in the moment
// that the news of their subscription takes through a cluster, for which they are told once more a second later. So a publisher
// that numbers its messages repeats its last number now and then. That nobody serves may likewise be true for one server of a
// cluster only: who then does it instead must be stopped by the store from doing it as a second.
//
// All subjects begin with "vitrine", so that the cluster can carry other things besides; two shops on it need an account each.
package bus

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"
)

// MaxPayload is the longest payload, in bytes.
const MaxPayload = 512 << 10

const (
	// waiting bounds the messages of one queue: seconds of a busy room.
	waiting = 1024
	// lookEvery is how often a follower whose line is down, or has just come up, is told.
	lookEvery = time.Second
	// dialWithin and redialAfter are for one attempt; roundTrip bounds one question to the server and its answer.
	dialWithin  = 2 * time.Second
	redialAfter = 200 * time.Millisecond
	roundTrip   = 2 * time.Second
	// pingEvery and pingsOut say when a silent server counts as gone.
	pingEvery = 2 * time.Second
	pingsOut  = 2
)

// Why the bus cannot do what was asked. ErrNobody is told at once: nobody serves the subject. After ErrAway what was asked
// may have been done nevertheless, if the line went down meanwhile.
var (
	ErrNobody   = errors.New("nobody serves this on the bus")
	ErrAway     = errors.New("the bus is away")
	ErrTooLarge = fmt.Errorf("the bus carries at most %d bytes at a time", MaxPayload)
)

// Config is what a bus needs to know.
type Config struct {
	// URL names servers of a cluster, "nats://user:password@host:port" or "tls://token@host:port", several separated by
	// commas. Empty means a server inside this process, which only this bus reaches.
	URL string
	// Credentials is a file of NATS credentials (JWT and key) for the cluster; empty means those in the URL, if any.
	Credentials string
	// Log receives events; nil discards them.
	Log *slog.Logger
}

// Stats are what a bus did since it began. Lost are messages that full queues did not take.
type Stats struct {
	Up                                bool
	Sent, Received, BytesIn, BytesOut uint64
	Reconnects, Lost                  uint64
}

// Bus is a line to a NATS server. It is safe for concurrent use.
type Bus struct {
	cfg   Config
	log   *slog.Logger
	conn  atomic.Pointer[nats.Conn]
	ready chan struct{}
	ended chan struct{}
	first sync.Once // coming up
	lost  atomic.Uint64

	mu sync.Mutex
	at turn
}

// turn is a time between two turns of the line, which comes and goes.
type turn struct {
	came int             // how often the line has come
	over chan struct{}   // closed at the next turn
	held context.Context // until the line goes, with ErrAway as cause
	drop context.CancelCauseFunc
}

// New checks the configuration. It starts and opens nothing.
func New(cfg Config) (*Bus, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	b := &Bus{cfg: cfg, log: cfg.Log, ready: make(chan struct{}), ended: make(chan struct{})}
	b.at.over = make(chan struct{})
	b.at.held, b.at.drop = context.WithCancelCause(context.Background())
	return b, nil
}

// Ready is closed when Run has tried each server once: the line is up, or tried again until it is.
func (b *Bus) Ready() <-chan struct{} { return b.ready }

// Run holds the line until ctx ends, sends what has been published, and returns when all that it started has ended. It may be
// called once. It fails only if it cannot begin, as with credentials that cannot be read.
func (b *Bus) Run(ctx context.Context) error {
	defer close(b.ended)
	options, end, err := b.inside()
	if err != nil {
		return err
	}
	defer end()
	closed := make(chan struct{})
	conn, err := nats.Connect(b.cfg.URL, append(options, b.options(ctx, closed)...)...)
	if err != nil {
		return fmt.Errorf("join the bus: %w", err)
	}
	b.conn.Store(conn)
	if conn.IsConnected() {
		b.first.Do(func() { b.up(conn) })
	}
	close(b.ready)
	<-ctx.Done()
	if conn.IsConnected() {
		if err := flush(context.WithoutCancel(ctx), conn); err != nil {
			b.log.Warn("the bus was left before all was sent", "error", err)
		}
	}
	conn.Close()
	<-closed
	return nil
}

// options are those of the line. What they call is called by one goroutine, one after the other.
func (b *Bus) options(ctx context.Context, closed chan<- struct{}) []nats.Option {
	told := false // that it is away
	away := func(err error) {
		level := slog.LevelDebug // for all attempts after
		if !told && ctx.Err() == nil {
			level = slog.LevelWarn
		}
		told = true
		b.log.Log(ctx, level, "the bus is away", "error", err)
	}
	up := func(c *nats.Conn) {
		told = false
		b.up(c)
	}
	list := []nats.Option{
		nats.Name("vitrine"),
		nats.SetCustomDialer(dialer(func(network, address string) (net.Conn, error) {
			d := net.Dialer{Timeout: dialWithin}
			return d.DialContext(ctx, network, address)
		})),
		nats.Timeout(dialWithin), nats.PingInterval(pingEvery), nats.MaxPingsOutstanding(pingsOut),
		nats.RetryOnFailedConnect(true), nats.MaxReconnects(-1), nats.IgnoreAuthErrorAbort(),
		nats.ReconnectWait(redialAfter), nats.ReconnectJitter(redialAfter, redialAfter), nats.ReconnectBufSize(-1),
		nats.ConnectHandler(func(c *nats.Conn) { b.first.Do(func() { up(c) }) }), nats.ReconnectHandler(up),
		nats.ReconnectErrHandler(func(_ *nats.Conn, err error) { away(err) }),
		nats.DisconnectErrHandler(func(_ *nats.Conn, err error) {
			away(err)
			b.turn(false)
		}),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) {
			if !errors.Is(err, nats.ErrSlowConsumer) { // told to the follower, and counted
				b.log.Warn("the bus refuses something", "error", err)
			}
		}),
		nats.ClosedHandler(func(*nats.Conn) { close(closed) }),
	}
	if b.cfg.Credentials != "" {
		list = append(list, nats.UserCredentials(b.cfg.Credentials))
	}
	return list
}

// dialer implements nats.CustomDialer.
type dialer func(network, address string) (net.Conn, error)

func (d dialer) Dial(network, address string) (net.Conn, error) { return d(network, address) }

// up tells that the line has come, when all subscriptions stand at the server.
func (b *Bus) up(conn *nats.Conn) {
	if flush(context.Background(), conn) != nil && !conn.IsConnected() {
		return // it went again, and will come again
	}
	b.log.Info("the bus is up", "server", conn.ConnectedServerName())
	b.turn(true)
}

// turn tells all who listen that the line has come or gone.
func (b *Bus) turn(came bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	close(b.at.over)
	b.at.over = make(chan struct{})
	if came {
		b.at.came++
		return
	}
	b.at.drop(ErrAway)
	b.at.held, b.at.drop = context.WithCancelCause(context.Background())
}

func (b *Bus) now() turn {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.at
}

func (b *Bus) isUp() bool {
	c := b.conn.Load()
	return c != nil && c.IsConnected()
}

// Check reports whether the server answers. It wraps ErrAway if it does not.
func (b *Bus) Check(ctx context.Context) error {
	c := b.conn.Load()
	if c == nil || !c.IsConnected() {
		return ErrAway
	}
	if err := flush(ctx, c); err != nil {
		return fmt.Errorf("%w: %w", ErrAway, err)
	}
	return nil
}

// flush returns when the server has all that was sent.
func flush(ctx context.Context, c *nats.Conn) error {
	ctx, cancel := context.WithTimeout(ctx, roundTrip)
	defer cancel()
	return c.FlushWithContext(ctx)
}

// Stats are all zero before Run.
func (b *Bus) Stats() Stats {
	c := b.conn.Load()
	if c == nil {
		return Stats{}
	}
	s := c.Stats()
	return Stats{
		Up: c.IsConnected(), Sent: s.OutMsgs, Received: s.InMsgs, BytesIn: s.InBytes, BytesOut: s.OutBytes,
		Reconnects: s.Reconnects, Lost: b.lost.Load(),
	}
}

// Publish sends the payload to all who follow the subject. It does not wait for them; it waits for the network if that takes
// nothing more. Errors wrap ErrAway or ErrTooLarge.
func (b *Bus) Publish(subject string, payload []byte) error {
	c, err := b.line(payload)
	if err == nil {
		err = c.Publish(subject, payload)
	}
	return explain("publish on the bus", err)
}

// Request asks who serves the subject and returns the first answer. It waits as long as ctx, which should have a deadline: an
// answer may get lost. Errors wrap ErrNobody, ErrAway, ErrTooLarge or ctx's error.
func (b *Bus) Request(ctx context.Context, subject string, payload []byte) (answer []byte, err error) {
	c, err := b.line(payload)
	if err != nil {
		return nil, explain("ask on the bus", err)
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	held := b.now().held
	defer context.AfterFunc(held, func() { cancel(ErrAway) })()
	m, err := c.RequestWithContext(ctx, subject, payload)
	if err != nil {
		if ctx.Err() != nil {
			err = context.Cause(ctx)
		}
		return nil, explain("ask on the bus", err)
	}
	return m.Data, nil
}

// line is the connection for a payload.
func (b *Bus) line(payload []byte) (*nats.Conn, error) {
	if len(payload) > MaxPayload {
		return nil, ErrTooLarge
	}
	if c := b.conn.Load(); c != nil {
		return c, nil
	}
	return nil, ErrAway
}

// explain makes of NATS's errors those of the bus.
func explain(tried string, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, nats.ErrNoResponders):
		err = ErrNobody
	case errors.Is(err, nats.ErrMaxPayload): // of a cluster that carries less
		err = ErrTooLarge
	case errors.Is(err, nats.ErrReconnectBufExceeded), errors.Is(err, nats.ErrDisconnected), errors.Is(err, nats.ErrConnectionClosed),
		errors.Is(err, nats.ErrConnectionReconnecting):
		err = ErrAway
	}
	return fmt.Errorf("%s: %w", tried, err)
}
