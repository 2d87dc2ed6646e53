package frame_test

import (
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/url"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"vitrine/capture/frame"
)

func TestPictures_return_to_their_pool_exactly_once(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var pool frame.Pool
		var held []*frame.Video
		t.Repeat(map[string]func(*rapid.T){
			"get": func(t *rapid.T) {
				w, h := rapid.IntRange(1, 5).Draw(t, "w"), rapid.IntRange(1, 5).Draw(t, "h")
				v := pool.Get(w, h)
				if v.Width != w || v.Height != h || v.PTS != 0 {
					t.Fatalf("got %dx%d at %v", v.Width, v.Height, v.PTS)
				}
				for _, other := range held {
					if other == v {
						t.Fatal("one picture for two owners")
					}
				}
				held = append(held, v)
			},
			"share and release": func(t *rapid.T) {
				if len(held) == 0 {
					t.Skip()
				}
				i := rapid.IntRange(0, len(held)-1).Draw(t, "i")
				held[i].Retain().Release()
				held[i].Release()
				held = append(held[:i], held[i+1:]...)
			},
			"": func(t *rapid.T) {
				if pool.Live() != len(held) {
					t.Fatalf("%d live, %d held", pool.Live(), len(held))
				}
			},
		})
	})
}

func TestA_picture_released_too_often_panics(t *testing.T) {
	for name, misuse := range map[string]func(v *frame.Video){
		"release": (*frame.Video).Release,
		"retain":  func(v *frame.Video) { v.Retain() },
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("no panic")
				}
			}()
			v := frame.New(2, 2)
			v.Release()
			misuse(v)
		})
	}
}

func TestPlanes_hold_every_pixel_and_copies_keep_them(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w, h := rapid.IntRange(1, 70).Draw(t, "w"), rapid.IntRange(1, 9).Draw(t, "h")
		a, b := frame.New(w, h), frame.New(w, h)
		cw, ch := (w+1)/2, (h+1)/2
		if a.YStride < w || a.CStride < cw || len(a.Y) < a.YStride*h || len(a.U) < a.CStride*ch || len(a.V) < a.CStride*ch {
			t.Fatalf("%dx%d: strides %d %d, planes %d %d %d", w, h, a.YStride, a.CStride, len(a.Y), len(a.U), len(a.V))
		}
		a.Fill(1, 2, 3)
		a.Y[(h-1)*a.YStride+w-1], a.V[(ch-1)*a.CStride+cw-1], a.PTS = 9, 8, 7
		b.Copy(a)
		if b.Y[(h-1)*b.YStride+w-1] != 9 || b.V[(ch-1)*b.CStride+cw-1] != 8 || b.U[0] != 2 || b.PTS != 7 {
			t.Fatal("the copy differs")
		}
	})
}

func TestA_slot_gives_the_newest_and_counts_the_rest(t *testing.T) {
	var pool frame.Pool
	s := frame.NewSlot()
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 500 {
				s.Put(pool.Get(4, 4))
			}
		})
	}
	done := make(chan struct{})
	go func() { wg.Wait(); close(done) }()
	taken := uint64(0)
	for running := true; running; {
		select {
		case <-s.Ready():
		case <-done:
			running = false
		}
		if v := s.Take(); v != nil {
			taken++
			v.Release()
		}
	}
	s.Drain()
	if put, dropped := s.Counts(); put != 2000 || put-dropped != taken || pool.Live() != 0 {
		t.Errorf("%d put, %d dropped, %d taken, %d live", put, dropped, taken, pool.Live())
	}
}

func TestA_queue_keeps_the_order_and_drops_the_oldest(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		size := rapid.IntRange(1, 6).Draw(t, "size")
		q := frame.NewQueue(size)
		var model []float32
		next, dropped := float32(0), uint64(0)
		t.Repeat(map[string]func(*rapid.T){
			"put": func(*rapid.T) {
				next++
				q.Put(&frame.Block{next})
				if model = append(model, next); len(model) > size {
					model, dropped = model[1:], dropped+1
				}
			},
			"get": func(t *rapid.T) {
				b := frame.Block{-1}
				ok := q.Get(&b)
				want := float32(-1)
				if len(model) > 0 {
					want, model = model[0], model[1:]
				}
				if b[0] != want || ok != (want > 0) {
					t.Fatalf("got %v %v, not %v", b[0], ok, want)
				}
			},
			"": func(t *rapid.T) {
				if q.Len() != len(model) || q.Dropped() != dropped {
					t.Fatalf("%d waiting and %d dropped, not %d and %d", q.Len(), q.Dropped(), len(model), dropped)
				}
			},
		})
	})
}

func TestA_queue_between_two_goroutines_loses_nothing_uncounted(t *testing.T) {
	q := frame.NewQueue(5)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for i := range 5000 {
			q.Put(&frame.Block{float32(i + 1)})
		}
	}()
	var b frame.Block
	got, last := uint64(0), float32(0)
	for running := true; running; {
		select {
		case <-q.Ready():
		case <-done:
			running = false
		}
		for q.Get(&b) {
			if b[0] <= last {
				t.Fatalf("%v after %v", b[0], last)
			}
			last = b[0]
			got++
		}
	}
	if got+q.Dropped() != 5000 || last != 5000 {
		t.Errorf("%d heard, %d dropped, last %v", got, q.Dropped(), last)
	}
}

type answer struct{ fault frame.Fault }

func (a answer) Error() string      { return "answered" }
func (a answer) Fault() frame.Fault { return a.fault }

func TestFaults_are_told_apart(t *testing.T) {
	parse := &url.Error{Op: "parse", URL: "http://a b", Err: errors.New("invalid character")}
	for _, c := range []struct {
		err  error
		want frame.Fault
	}{
		{nil, frame.FaultNone},
		{answer{frame.FaultToken}, frame.FaultToken},
		{fmt.Errorf("post: %w", x509.UnknownAuthorityError{}), frame.FaultCertificate},
		{&net.DNSError{IsNotFound: true}, frame.FaultAddress},
		{&net.DNSError{IsTimeout: true}, frame.FaultUnreachable},
		{parse, frame.FaultAddress},
		{errors.New("connection refused"), frame.FaultUnreachable},
	} {
		if got := frame.FaultOf(c.err); got != c.want {
			t.Errorf("%v is %q, not %q", c.err, got, c.want)
		}
	}
}
