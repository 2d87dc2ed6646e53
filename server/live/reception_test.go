package live

import (
	"math/rand/v2"
	"testing"
	"time"

	"pgregory.net/rapid"
)

var dawn = time.Unix(1_700_000_000, 0)

func TestWhat_is_missing_is_asked_for(t *testing.T) {
	at := func(ms int) time.Time { return dawn.Add(time.Duration(ms) * time.Millisecond) }
	same := func(t *testing.T, got []uint16, want ...uint16) {
		t.Helper()
		if len(got) != len(want) {
			t.Fatalf("asked for %v, want %v", got, want)
		}
		for i := range got {
			if got[i] != want[i] {
				t.Fatalf("asked for %v, want %v", got, want)
			}
		}
	}
	begun := func() *reception {
		r := &reception{rate: 90000}
		r.arrived(1<<16+10, 0, at(0))
		return r
	}
	t.Run("but not while it may just be late", func(t *testing.T) {
		r := begun()
		r.arrived(1<<16+12, 0, at(1))
		same(t, r.requests(at(2), nil))
		r.arrived(1<<16+11, 0, at(3))
		same(t, r.requests(at(20), nil))
		if b, _ := r.report(1, at(21)); b.TotalLost != 0 || b.FractionLost != 0 {
			t.Errorf("a late packet counts as lost: %+v", b)
		}
	})
	t.Run("nor what parity may bring back, and what it brought counts as lost", func(t *testing.T) {
		r := begun()
		r.arrived(1<<16+14, 0, at(1))
		r.protected = at(2)
		same(t, r.requests(at(30), nil))
		r.made(1<<16+12, at(30))
		r.made(1<<16+16, at(30)) // beyond the last that came
		same(t, r.requests(at(41), nil), 11, 13)
		r.arrived(1<<16+13, 0, at(60))
		same(t, r.requests(at(90), nil), 11, 15)
		if b, _ := r.report(1, at(90)); b.TotalLost != 5 {
			t.Errorf("of 6 packets 1 came by itself and 1 when asked for: %+v", b)
		}
	})
	t.Run("once a round trip, and not for ever", func(t *testing.T) {
		r := begun()
		r.arrived(1<<16+12, 0, at(1))
		count := 0
		for ms := 1; ms < 5000; ms++ {
			count += len(r.requests(at(ms), nil))
		}
		if most := int(askFor / firstTrip); count < most/2 || count > most+2 {
			t.Errorf("%d requests", count)
		}
	})
	t.Run("and shorter if a newer key frame has come", func(t *testing.T) {
		r := begun()
		r.arrived(1<<16+13, 0, at(1))
		r.arrived(1<<16+18, 0, at(2))
		r.key(1<<16+18, at(2))
		same(t, r.requests(at(10), nil), 11, 12, 14, 15, 16, 17)
		same(t, r.requests(at(110), nil), 14, 15, 16, 17)
	})
	t.Run("and counts as lost though it came again", func(t *testing.T) {
		r := begun()
		r.heard(0x1234_5678_9abc_def0, at(0))
		for i := range int64(100) {
			r.arrived(1<<16+10+2*i, 0, at(int(i)))
		}
		r.requests(at(200), nil)
		for i := range int64(99) {
			r.arrived(1<<16+11+2*i, 0, at(230))
		}
		b, ok := r.report(7, at(500))
		if !ok || b.SSRC != 7 || b.TotalLost != 99 || b.FractionLost < 126 || b.FractionLost > 128 ||
			b.LastSenderReport != 0x5678_9abc || b.Delay != 1<<15 || b.LastSequenceNumber != 208 {
			t.Errorf("%+v", b)
		}
		if b, _ := r.report(7, at(600)); b.FractionLost != 0 || b.TotalLost != 99 {
			t.Errorf("the second report: %+v", b)
		}
	})
	t.Run("an interruption is not asked for packet by packet", func(t *testing.T) {
		r := begun()
		r.arrived(1<<16+20_000, 0, at(1))
		if got := r.requests(at(10), nil); len(got) != maxMissing {
			t.Errorf("%d requests", len(got))
		}
		if b, _ := r.report(1, at(21)); b.FractionLost != 255 {
			t.Errorf("%+v", b)
		}
	})
}

// channel carries packets one way after delay, and loses a share of them.
type channel[T any] struct {
	chance *rand.Rand
	loss   float64
	delay  time.Duration
	moving []moving[T]
}

type moving[T any] struct {
	what T
	at   time.Time
}

func (c *channel[T]) put(now time.Time, what T) {
	if c.chance.Float64() >= c.loss {
		c.moving = append(c.moving, moving[T]{what, now.Add(c.delay)})
	}
}

func (c *channel[T]) take(now time.Time) (all []T) {
	for len(c.moving) > 0 && !c.moving[0].at.After(now) {
		all, c.moving = append(all, c.moving[0].what), c.moving[1:]
	}
	return all
}

// lossy sends 300 packets a second for a minute over a path that loses packets both ways, answers requests, and tells what
// share came within askFor, and how many packets were sent for each that came.
func lossy(loss float64, trip time.Duration) (came, cost float64, r *reception) {
	chance := rand.New(rand.NewPCG(1, 2))
	up := channel[int64]{chance: chance, loss: loss, delay: trip / 2}
	down := channel[[]uint16]{chance: chance, loss: loss, delay: trip / 2}
	r = &reception{rate: 90000}
	got := map[int64]bool{}
	const base, count = int64(1 << 16), int64(18_000)
	sent, next := 0, int64(0)
	for ms := 0; ms < 62_000; ms++ {
		now := dawn.Add(time.Duration(ms) * time.Millisecond)
		for ; next < count && next*10 < int64(ms)*3; next++ {
			up.put(now, base+next)
			sent++
		}
		for _, list := range down.take(now) {
			for _, s := range list {
				up.put(now, base+next-1+int64(int16(s-uint16(base+next-1))))
				sent++
			}
		}
		for _, i := range up.take(now) {
			r.arrived(i, uint32(i*300), now)
			got[i] = true
		}
		if ms%10 == 0 {
			if list := r.requests(now, nil); list != nil {
				down.put(now, list)
			}
		}
	}
	return float64(len(got)) / float64(count), float64(sent) / float64(len(got)), r
}

func TestRequests_heal_random_loss(t *testing.T) {
	for _, c := range []struct {
		loss       float64
		trip       time.Duration
		came, cost float64 // at least, at most
	}{
		{0, 40 * time.Millisecond, 1, 1},
		{0.02, 40 * time.Millisecond, 1, 1.04},
		{0.3, 10 * time.Millisecond, 1, 1.6},
		{0.3, 80 * time.Millisecond, 0.999, 1.9},
		{0.5, 40 * time.Millisecond, 0.999, 2.8},
		{0.5, 80 * time.Millisecond, 0.995, 3},
		{0.7, 10 * time.Millisecond, 0.985, 4},
		{0.7, 80 * time.Millisecond, 0.98, 5.5},
	} {
		came, cost, r := lossy(c.loss, c.trip)
		t.Logf("loss %2.0f %% both ways, round trip %v: %.2f %% came, %.2f packets sent for each, taken for %v",
			100*c.loss, c.trip, 100*came, cost, r.trip)
		if came < c.came || cost > c.cost {
			t.Errorf("loss %v, round trip %v: want at least %v for at most %v", c.loss, c.trip, c.came, c.cost)
		}
		if b, _ := r.report(1, dawn); c.loss > 0 && (float64(b.FractionLost)/256 < c.loss-0.02 || float64(b.FractionLost)/256 > c.loss+0.02) {
			t.Errorf("it reports a loss of %d/256 instead of %v", b.FractionLost, c.loss)
		}
	}
}

// TestReception_model holds it against what must be so whatever comes.
func TestReception_model(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := &reception{rate: 90000}
		now, next := dawn, int64(1<<16+rapid.IntRange(0, 1<<16).Draw(t, "start"))
		first, key, keyAt := next, int64(0), now
		got, found, asked := map[int64]bool{}, map[int64]time.Time{}, map[int64]time.Time{}
		arrive := func(i int64, isKey bool) {
			if len(got) == 0 {
				first = i
			}
			r.arrived(i, uint32(i), now)
			got[i] = true
			if isKey {
				r.key(i, now)
				key, keyAt = i, now
			}
		}
		arrive(next, false)
		t.Repeat(map[string]func(*rapid.T){
			"some come and some do not": func(t *rapid.T) {
				for range rapid.IntRange(1, 50).Draw(t, "n") {
					for range rapid.SampledFrom([]int{0, 0, 0, 1, 2, 9}).Draw(t, "lost") {
						next++
						found[next] = now
					}
					next++
					arrive(next, rapid.IntRange(0, 40).Draw(t, "key") == 0)
				}
			},
			"an old one comes": func(t *rapid.T) {
				if i := next - int64(rapid.IntRange(0, 1500).Draw(t, "age")); i >= first {
					arrive(i, false)
				}
			},
			"time goes by": func(t *rapid.T) {
				now = now.Add(time.Duration(rapid.IntRange(1, 200).Draw(t, "ms")) * time.Millisecond)
				for _, s := range r.requests(now, nil) {
					i := next + int64(int16(s-uint16(next)))
					switch {
					case i < first || i > next:
						t.Fatalf("asks for %d, which was not sent", i)
					case got[i]:
						t.Fatalf("asks for %d, which came", i)
					case i < key-keyHead && now.Sub(keyAt) > askPast:
						t.Fatalf("asks for %d, before the key frame at %d", i, key)
					case !asked[i].IsZero() && now.Sub(asked[i]) < askLeast:
						t.Fatalf("asks for %d after %v again", i, now.Sub(asked[i]))
					case now.Sub(found[i]) > askFor:
						t.Fatalf("asks for %d after %v still", i, now.Sub(found[i]))
					}
					asked[i] = now
				}
			},
			"it reports": func(t *rapid.T) {
				b, ok := r.report(1, now)
				if all := next - first + 1; !ok || int64(b.TotalLost) > all || r.lost < 0 {
					t.Fatalf("%+v of %d", b, all)
				}
			},
		})
	})
}
