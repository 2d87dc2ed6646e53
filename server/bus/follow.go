package bus

import (
	"context"
	"errors"
	"time"

	"github.com/nats-io/nats.go"
)

// subscription is the queue of one Follow or Serve.
type subscription struct {
	bus      *Bus
	sub      *nats.Subscription
	messages chan *nats.Msg
	seen     int  // of what was dropped
	at       turn // when it began
}

// subscribe begins a queue. It stands at the server when subscribe returns, if the line is up.
func (b *Bus) subscribe(ctx context.Context, subject string) (*subscription, error) {
	select {
	case <-b.ready:
	case <-b.ended:
		return nil, ErrAway
	case <-ctx.Done():
		return nil, nil
	}
	conn := b.conn.Load()
	s := &subscription{bus: b, messages: make(chan *nats.Msg, waiting), at: b.now()}
	var err error
	if s.sub, err = conn.ChanSubscribe(subject, s.messages); err != nil {
		return nil, err
	}
	if conn.IsConnected() {
		_ = flush(ctx, conn) // or the line is about to turn, which is told
	}
	return s, nil
}

// dropped reports whether messages were since it was last asked. They are only while the queue is full, so that who asks at
// each message misses none.
func (s *subscription) dropped() bool {
	n, err := s.sub.Dropped()
	if err != nil || n == s.seen {
		return false
	}
	s.bus.lost.Add(uint64(n - s.seen))
	s.seen = n
	return true
}

// leave ends the subscription, which may have gone with its connection.
func (s *subscription) leave() { _ = s.sub.Unsubscribe() }

// last hands over what the server has sent before it knows that no more is wanted.
func (s *subscription) last(hand func(*nats.Msg)) {
	if s.sub.Drain() == nil && s.bus.isUp() {
		_ = flush(context.Background(), s.bus.conn.Load()) // or nothing comes any more
	}
	for {
		select {
		case m := <-s.messages:
			hand(m)
		default:
			return
		}
	}
}

// Follow calls got with each message to the subject until ctx ends, or the bus does, which is ErrAway. It calls lost when it
// begins to hear and whenever something may have passed it by: the queue was full, or the line went, is down (every second)
// or has come. After lost the follower should read from where the publisher writes first what it lacks. Both are called by
// one goroutine, one after the other; while they do not return the queue fills.
func (b *Bus) Follow(ctx context.Context, subject string, got func(payload []byte), lost func()) error {
	s, err := b.subscribe(ctx, subject)
	if s == nil || err != nil {
		return explain("follow on the bus", err)
	}
	defer s.leave()
	look := time.NewTicker(lookEvery)
	defer look.Stop()
	lost()
	settled := false // the news of this subscription has had its time
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-b.ended:
			return explain("follow on the bus", ErrAway)
		case m := <-s.messages:
			if s.dropped() {
				lost()
			}
			got(m.Data)
		case <-s.at.over:
			s.at, settled = b.now(), false
			lost()
		case <-look.C:
			if up := b.isUp(); s.dropped() || !settled || !up {
				settled = up
				lost()
			}
		}
	}
}

// Serve calls take with each request to the subject until ctx ends, or the bus does, which is ErrAway. Requests come in their
// order from one goroutine; reply may be called later and from any, once. take must not wait: while it does the queue fills,
// and who is dropped from it learns nothing. back is called, by the same goroutine, when requests can come: at the start, and
// again when the line was down, while others may have begun to serve. When ctx ends, what has come is still taken.
func (b *Bus) Serve(ctx context.Context, subject string, take func(request []byte, reply func(answer []byte) error), back func()) error {
	s, err := b.subscribe(ctx, subject)
	if s == nil || err != nil {
		return explain("serve on the bus", err)
	}
	defer s.leave()
	hand := func(m *nats.Msg) {
		s.dropped()
		take(m.Data, func(answer []byte) error { return b.reply(m, answer) })
	}
	if b.isUp() {
		back()
	}
	for {
		select {
		case <-ctx.Done():
			s.last(hand)
			return nil
		case <-b.ended:
			return explain("serve on the bus", ErrAway)
		case m := <-s.messages:
			hand(m)
		case <-s.at.over:
			was := s.at.came
			if s.at = b.now(); s.at.came != was {
				back()
			}
		}
	}
}

// reply answers a request.
func (b *Bus) reply(m *nats.Msg, answer []byte) error {
	if len(answer) > MaxPayload {
		return explain("answer on the bus", ErrTooLarge)
	}
	err := m.Respond(answer)
	if errors.Is(err, nats.ErrMsgNoReply) { // it was published rather than asked
		return nil
	}
	return explain("answer on the bus", err)
}
