package bus

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
)

var events, asked = Subject("evening", "events"), Subject("evening", "ask")

// everywhere runs a test on the server inside and on a cluster, where the second bus is on another server than the first.
func everywhere(t *testing.T, test func(t *testing.T, one, other *Bus)) {
	t.Run("inside", func(t *testing.T) {
		b := run(t, Config{})
		test(t, b, b)
	})
	t.Run("in a cluster", func(t *testing.T) {
		all := cluster(t)
		test(t, run(t, Config{URL: all[0].ClientURL()}), run(t, Config{URL: all[1].ClientURL()}))
	})
}

func TestWhoAsksIsAnsweredByWhoServes(t *testing.T) {
	everywhere(t, func(t *testing.T, one, other *Bus) {
		serve(t, one, asked, func(b []byte) []byte { return append([]byte("you said "), b...) })
		known(t, other, asked)
		a, err := other.Request(within(t), asked, []byte("hello"))
		if err != nil || string(a) != "you said hello" {
			t.Errorf("got %q, %v", a, err)
		}
	})
}

// known waits until the news that somebody serves has reached the server of b.
func known(t testing.TB, b *Bus, subject string) {
	t.Helper()
	await(t, "known", func() bool {
		_, err := b.Request(within(t), subject, []byte("?"))
		return !errors.Is(err, ErrNobody)
	})
}

func TestWhenNobodyServesThatIsToldWithoutWaiting(t *testing.T) {
	everywhere(t, func(t *testing.T, one, other *Bus) {
		stop := serve(t, one, asked, func(b []byte) []byte { return b })
		known(t, other, asked)
		stop()
		await(t, "told that nobody serves", func() bool {
			_, err := other.Request(context.Background(), asked, nil) // without a deadline
			return errors.Is(err, ErrNobody)
		})
	})
}

func TestAnAnswerThatDoesNotComeIsWaitedForAsLongAsTheContext(t *testing.T) {
	b := run(t, Config{})
	back := make(chan struct{}, 1)
	begin(t, func(ctx context.Context) error {
		return b.Serve(ctx, asked, func([]byte, func([]byte) error) {}, func() { back <- struct{}{} })
	})
	wait(t, "served", back)
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer cancel()
	if _, err := b.Request(ctx, asked, nil); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
}

func TestOnePublishersMessagesArriveInTheirOrder(t *testing.T) {
	everywhere(t, func(t *testing.T, one, other *Bus) {
		const publishers, each = 4, 200 // fewer than a queue holds
		var next [publishers]uint32
		all, heard, first := make(chan struct{}), 0, make(chan struct{}, 1)
		begin(t, func(ctx context.Context) error {
			return other.Follow(ctx, events, func(b []byte) {
				if len(b) == 0 {
					select {
					case first <- struct{}{}:
					default:
					}
					return
				}
				who, n := b[0], binary.BigEndian.Uint32(b[1:])
				if next[who] != n {
					t.Errorf("publisher %d: %d came instead of %d", who, n, next[who])
				}
				next[who] = n + 1
				if heard++; heard == publishers*each {
					close(all)
				}
			}, func() {})
		})
		await(t, "heard", func() bool {
			_ = one.Publish(events, nil)
			return len(first) > 0
		})
		var g sync.WaitGroup
		for who := range publishers {
			g.Go(func() {
				for n := range each {
					if err := one.Publish(events, binary.BigEndian.AppendUint32([]byte{byte(who)}, uint32(n))); err != nil {
						t.Error(err)
					}
				}
			})
		}
		g.Wait()
		wait(t, "all heard", all)
	})
}

// ledger is what a follower is to know: a publisher that numbers, keeps first and tells then.
type ledger struct{ kept atomic.Uint64 }

func (l *ledger) say(b *Bus) error {
	return b.Publish(events, binary.BigEndian.AppendUint64(nil, l.kept.Add(1)))
}

// reader follows a ledger: it counts what was lost, and what was missing though nothing had been told as lost.
type reader struct {
	ledger        *ledger
	known         atomic.Uint64
	lost, missing atomic.Int64
	pause         func()
}

func (r *reader) got(b []byte) {
	n := binary.BigEndian.Uint64(b)
	if known := r.known.Load(); n > known+1 {
		r.missing.Add(1)
	}
	r.known.Store(max(n, r.known.Load()))
	if r.pause != nil {
		r.pause()
	}
}

func (r *reader) look() {
	r.lost.Add(1)
	r.known.Store(r.ledger.kept.Load())
}

func (r *reader) follow(b *Bus) func(context.Context) error {
	return func(ctx context.Context) error { return b.Follow(ctx, events, r.got, r.look) }
}

func TestASlowFollowerIsToldOfWhatItLostAndNobodyElseIsHeld(t *testing.T) {
	b := run(t, Config{})
	var l ledger
	held := make(chan struct{})
	slow, quick := &reader{ledger: &l, pause: func() { <-held }}, &reader{ledger: &l}
	begin(t, slow.follow(b))
	begin(t, quick.follow(b))
	await(t, "followed", func() bool { return slow.lost.Load() > 0 && quick.lost.Load() > 0 })
	const all = 3 * waiting
	for n := uint64(1); n <= all; n++ {
		if err := l.say(b); err != nil {
			t.Fatal(err)
		}
		if n%(waiting/2) == 0 {
			await(t, "heard by the quick one", func() bool { return quick.known.Load() == n })
		}
	}
	close(held)
	await(t, "all known", func() bool { return slow.known.Load() == all })
	if slow.missing.Load() > 0 || quick.missing.Load() > 0 {
		t.Errorf("%d and %d were missing, and not told as lost", slow.missing.Load(), quick.missing.Load())
	}
	if lost := b.Stats().Lost; lost < all-waiting-2 || lost > all {
		t.Errorf("%d were counted as lost", lost)
	}
}

func TestTheBusGoesOnWhenAServerOfItsClusterIsKilled(t *testing.T) {
	all := cluster(t)
	home, away := run(t, Config{URL: all[0].ClientURL()}), run(t, Config{URL: urls(all[1:]...)})
	if !away.isUp() {
		t.Fatal("it is not up")
	}
	backs := make(chan struct{}, 100)
	begin(t, func(ctx context.Context) error {
		return away.Serve(ctx, asked, func(b []byte, reply func([]byte) error) { _ = reply(b) }, func() { backs <- struct{}{} })
	})
	wait(t, "served", backs)
	known(t, home, asked)
	var l ledger
	r := &reader{ledger: &l}
	begin(t, r.follow(away))
	say := func(n int) {
		for range n {
			if err := l.say(home); err != nil {
				t.Error(err)
			}
			time.Sleep(time.Millisecond)
		}
	}
	say(100)
	at := away.conn.Load().ConnectedServerName()
	kill(all[slices.IndexFunc(all, func(s *server.Server) bool { return s.Name() == at })])
	say(500)
	wait(t, "served again", backs)
	known(t, home, asked)
	say(100)
	await(t, "all known", func() bool { return r.known.Load() == l.kept.Load() })
	if s := away.Stats(); s.Reconnects == 0 || !s.Up || home.Stats().Reconnects > 0 {
		t.Errorf("it says %+v", s)
	}
	if err := away.Check(within(t)); err != nil {
		t.Error(err)
	}
}

func TestAnAskWhoseLineBreaksIsNotWaitedFor(t *testing.T) {
	s := natsServer(t, nil)
	b := run(t, Config{URL: s.ClientURL()})
	back, taken := make(chan struct{}, 9), make(chan struct{}, 1)
	begin(t, func(ctx context.Context) error {
		return b.Serve(ctx, asked, func([]byte, func([]byte) error) { taken <- struct{}{} }, func() { back <- struct{}{} })
	})
	wait(t, "served", back)
	answer := make(chan error, 1)
	go func() {
		_, err := b.Request(context.Background(), asked, nil)
		answer <- err
	}()
	wait(t, "taken", taken)
	kill(s)
	if err := <-answer; !errors.Is(err, ErrAway) {
		t.Errorf("got %v", err)
	}
	for what, err := range map[string]error{"publishing": b.Publish(events, nil), "the check": b.Check(within(t))} {
		if !errors.Is(err, ErrAway) {
			t.Errorf("without its server %s is answered %v", what, err)
		}
	}
	if _, err := b.Request(within(t), asked, nil); !errors.Is(err, ErrAway) {
		t.Errorf("without its server a request is answered %v", err)
	}
}

func TestAServerThatFallsSilentIsLeftForAnother(t *testing.T) {
	all := cluster(t)
	l := newLink(t, all[0].Addr().String())
	b, other := run(t, Config{URL: "nats://" + l.listener.Addr().String()}), run(t, Config{URL: all[1].ClientURL()})
	serve(t, other, asked, func(b []byte) []byte { return b })
	known(t, b, asked)
	close(l.silent)
	if _, err := b.Request(context.Background(), asked, nil); !errors.Is(err, ErrAway) { // without a deadline
		t.Errorf("got %v", err)
	}
	await(t, "up by another way", func() bool {
		a, err := b.Request(within(t), asked, []byte("x"))
		return err == nil && string(a) == "x"
	})
}

func TestAFollowerLooksIntoTheStoreWhileTheBusIsAwayAndHearsWhenItComes(t *testing.T) {
	s := natsServer(t, nil)
	url := s.ClientURL()
	kill(s)
	var log lines
	b := run(t, Config{URL: url, Log: log.log()})
	if b.Stats().Up || !errors.Is(b.Check(within(t)), ErrAway) {
		t.Error("it is up without a server")
	}
	var l ledger
	r := &reader{ledger: &l}
	begin(t, r.follow(b))
	l.kept.Add(3)
	await(t, "known without the bus", func() bool { return r.known.Load() == 3 && r.lost.Load() > 1 })
	natsServer(t, again(url))
	await(t, "up", func() bool { return b.Check(within(t)) == nil })
	if err := l.say(b); err != nil {
		t.Error(err)
	}
	await(t, "heard", func() bool { return r.known.Load() == 4 })
	if text := log.String(); !strings.Contains(text, "is away") || !strings.Contains(text, "is up") {
		t.Errorf("the log is %s", text)
	}
}

func TestWhatIsTooLargeIsRefused(t *testing.T) {
	b := run(t, Config{})
	most, more := make([]byte, MaxPayload), make([]byte, MaxPayload+1)
	answers := make(chan error, 1)
	begin(t, func(ctx context.Context) error {
		return b.Serve(ctx, asked, func(request []byte, reply func([]byte) error) {
			answers <- reply(more)
			_ = reply(request)
		}, func() {})
	})
	known(t, b, asked)
	<-answers
	if a, err := b.Request(within(t), asked, most); err != nil || !bytes.Equal(a, most) {
		t.Errorf("the longest is answered %d bytes, %v", len(a), err)
	}
	_, ask := b.Request(within(t), asked, more)
	for what, err := range map[string]error{"answer": <-answers, "publication": b.Publish(events, more), "request": ask} {
		if !errors.Is(err, ErrTooLarge) {
			t.Errorf("the %s is answered %v", what, err)
		}
	}
}

func TestWhoStopsServingTakesWhatHasCome(t *testing.T) {
	b := run(t, Config{})
	for range 20 {
		stop := serve(t, b, asked, func(b []byte) []byte { return b })
		var g sync.WaitGroup
		for range 8 {
			g.Go(func() {
				for {
					a, err := b.Request(within(t), asked, []byte("x"))
					if errors.Is(err, ErrNobody) {
						return
					}
					if err != nil || string(a) != "x" {
						t.Errorf("got %q, %v", a, err)
						return
					}
				}
			})
		}
		stop()
		g.Wait()
	}
}

func TestNothingWorksBeforeRunAndAfter(t *testing.T) {
	b, err := New(Config{})
	if err != nil {
		t.Fatal(err)
	}
	refused := func() {
		_, ask := b.Request(within(t), asked, nil)
		for what, err := range map[string]error{"publishing": b.Publish(events, nil), "asking": ask, "checking": b.Check(within(t))} {
			if !errors.Is(err, ErrAway) {
				t.Errorf("%s is answered %v", what, err)
			}
		}
	}
	refused()
	ctx, cancel := context.WithCancel(context.Background())
	follower, server := make(chan error, 1), make(chan error, 1)
	began := make(chan struct{}, 9)
	go func() {
		follower <- b.Follow(context.Background(), events, func([]byte) {}, func() { began <- struct{}{} })
	}()
	go func() {
		server <- b.Serve(context.Background(), asked, func([]byte, func([]byte) error) {}, func() { began <- struct{}{} })
	}()
	done := make(chan error, 1)
	go func() { done <- b.Run(ctx) }()
	wait(t, "followed or served", began)
	wait(t, "followed and served", began)
	cancel()
	for _, err := range []error{<-follower, <-server} {
		if !errors.Is(err, ErrAway) {
			t.Errorf("without the bus they end with %v", err)
		}
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
	refused()
}

func TestManyBusesInOneProcessDoNotHearOneAnother(t *testing.T) {
	one, other := run(t, Config{}), run(t, Config{})
	serve(t, one, asked, func(b []byte) []byte { return b })
	if _, err := other.Request(within(t), asked, nil); !errors.Is(err, ErrNobody) {
		t.Errorf("got %v", err)
	}
}
