package chat_test

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"

	"vitrine/server/bus"
	"vitrine/server/chat"
	"vitrine/server/wire"
)

// real is NATS as the server introduces it to rooms.
type real struct{ *bus.Bus }

func (r real) Request(ctx context.Context, subject string, payload []byte) ([]byte, error) {
	answer, err := r.Bus.Request(ctx, subject, payload)
	if errors.Is(err, bus.ErrNobody) {
		err = fmt.Errorf("%w: %w", chat.ErrNobody, err)
	}
	return answer, err
}

func TestTwoHubsShareARoomOverNATS(t *testing.T) {
	b, err := bus.New(bus.Config{})
	if err != nil {
		t.Fatal(err)
	}
	w := newTown(t, "SQLite")
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- b.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	hubs := []*hub{w.hubBy(w.db, real{b}), w.hubBy(w.db, real{b})}
	subs := make([]*chat.Subscription, len(hubs))
	for i, h := range hubs {
		if subs[i], _, err = h.Join(t.Context(), w.show, viewer(fmt.Sprint("Listener ", i)), 0); err != nil {
			t.Fatal(err)
		}
		defer subs[i].Close()
	}
	for i := range 6 {
		n := hubs[i%2].says(viewer(fmt.Sprint("V", i)), "hello")
		for _, s := range subs {
			hears(t, s, n)
		}
	}
	hubs[0].kill()
	if n := hubs[1].does(viewer("Ann"), wire.RoomRequest{Say: &wire.Say{Text: "still here"}}); n != 7 {
		t.Errorf("after a process ended the next event is %d", n)
	}
	w.all()
}

// blind is a storage that does not say who is home, as soon as it is told not to.
type blind struct {
	chat.Storage
	is atomic.Bool
}

func (b *blind) RoomHead(ctx context.Context, show wire.ShowID) (chat.Head, error) {
	if b.is.Load() {
		return chat.Head{}, errors.New("the store does not answer")
	}
	return b.Storage.RoomHead(ctx, show)
}

func TestWhoJoinsAtAHomeThatDoesNotKnowOfItsSuccessorMissesNothing(t *testing.T) {
	w := newTown(t, "SQLite")
	db, way := &blind{Storage: w.db}, w.bus.line()
	old, next := w.hubBy(db, way), w.hub()
	eye, _, err := old.Join(t.Context(), w.show, viewer("Eye"), 0)
	if err != nil {
		t.Fatal(err)
	}
	defer eye.Close()
	hears(t, eye, old.says(viewer("Ann"), "one"))
	db.is.Store(true)
	way.cut(true)
	n := next.says(viewer("Bea"), "two")
	way.cut(false)
	hears(t, eye, n)
	if j := old.joins(viewer("Cai"), 0); j.Through != n {
		t.Errorf("who joins after event %d is told how the room was after %d", n, j.Through)
	}
}
