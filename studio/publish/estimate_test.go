package publish

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// simulated is a path with a bottleneck, in steps of a millisecond.
type simulated struct {
	capacity func(at time.Duration) float64 // bits a second
	// buffer is how much delay the bottleneck's queue can hold; what comes then is lost.
	buffer time.Duration
	loss   float64 // of all packets, at random, behind the bottleneck
	jitter time.Duration
	// pauses says of each 100 ms for how long from then on nothing arrives; what would have comes at once afterwards.
	pauses []time.Duration
	// use is the part of the estimate that the encoders make of it; 1 is all.
	use float64
}

const (
	oneWay        = 30 * time.Millisecond
	feedbackEvery = 50 * time.Millisecond
	// elsewhere is the receiver's clock when ours is 0.
	elsewhere = 1234567 * time.Second
)

// second is what happened in one second of a simulation.
type second struct {
	estimate, delivered float64       // mean, bits a second
	queue               time.Duration // longest
}

// simulate runs an estimator against the path and returns what each second brought.
func simulate(p simulated, most int, lasts time.Duration) []second {
	e := newEstimator(most)
	random := rand.New(rand.NewPCG(1, 2))
	type flight struct {
		seq     uint16
		arrives time.Duration
		lost    bool
	}
	var (
		seq      uint16
		flights  []flight
		free     time.Duration // when the bottleneck has sent all it holds
		debt     float64       // bytes that the encoders have made
		seconds  []second
		reported time.Duration
		paused   time.Duration // until when nothing arrives
	)
	send := func(now time.Duration, size int) time.Duration {
		e.sent(seq, size, now)
		free = max(free, now)
		queue := free - now
		f := flight{seq: seq, lost: queue > p.buffer || random.Float64() < p.loss}
		if queue <= p.buffer {
			free += time.Duration(float64(8*size) / p.capacity(now) * float64(time.Second))
		}
		f.arrives = free + oneWay
		if p.jitter > 0 {
			f.arrives += time.Duration(random.Int64N(int64(p.jitter)))
		}
		if n := int(f.arrives / (100 * time.Millisecond)); n < len(p.pauses) {
			paused = max(paused, time.Duration(n)*100*time.Millisecond+p.pauses[n])
		}
		if f.arrives < paused {
			paused += time.Millisecond
			f.arrives = paused
		}
		flights = append(flights, f)
		seq++
		return queue
	}
	for now := time.Duration(0); now < lasts; now += time.Millisecond {
		if now%time.Second == 0 {
			seconds = append(seconds, second{})
		}
		s := &seconds[len(seconds)-1]
		s.estimate += e.target / 1000
		if now%(10*time.Millisecond) == 0 { // sound
			s.queue = max(s.queue, send(now, 180))
		}
		rate := e.rate()
		if rate == 0 {
			rate = firstEstimate
		}
		debt += p.use * max(float64(rate)-144_000, 0) / 8000
		for ; debt > 1200; debt -= 1200 {
			s.queue = max(s.queue, send(now, 1200))
		}
		if now%(5*time.Millisecond) == 0 {
			for missing, _ := e.padding(now); missing > 0; missing -= paddingSize {
				s.queue = max(s.queue, send(now, paddingSize))
			}
		}
		if now-reported < feedbackEvery {
			continue
		}
		reported = now
		// The server says what it has got, up to the newest that arrived a way ago.
		last := -1
		for i, f := range flights {
			if !f.lost && f.arrives+oneWay <= now {
				last = i
			}
		}
		var acks []ack
		for _, f := range flights[:last+1] {
			acks = append(acks, ack{seq: f.seq, got: !f.lost && f.arrives+oneWay <= now, at: f.arrives + elsewhere})
			if !f.lost {
				s.delivered += 8 * 1000
			}
		}
		flights = slices.Delete(flights, 0, last+1)
		if len(acks) > 0 {
			e.feedback(now, acks)
		}
	}
	return seconds
}

func steady(bps float64) func(time.Duration) float64 {
	return func(time.Duration) float64 { return bps }
}

func mean(s []second) float64 {
	sum := 0.0
	for _, x := range s {
		sum += x.estimate
	}
	return sum / float64(len(s))
}

func longest(s []second) (q time.Duration) {
	for _, x := range s {
		q = max(q, x.queue)
	}
	return q
}

func storyOf(s []second) string {
	text := ""
	for i, x := range s {
		text += fmt.Sprintf("%d:%.0fk/%v ", i, x.estimate/1000, x.queue.Round(time.Millisecond))
	}
	return text
}

func TestTheEstimateFollowsAStaircase(t *testing.T) {
	for _, jitter := range []time.Duration{0, 10 * time.Millisecond} {
		for _, use := range []float64{1, 0.8} {
			stairs := func(at time.Duration) float64 {
				if at >= 30*time.Second && at < 60*time.Second {
					return 300_000
				}
				return 4_000_000
			}
			s := simulate(simulated{capacity: stairs, buffer: 2 * time.Second, jitter: jitter, use: use}, 3_500_000, 90*time.Second)
			t.Logf("jitter %v use %v: %s", jitter, use, storyOf(s))
			if m := mean(s[5:30]); m < 3_000_000 {
				t.Errorf("5 s after the start the estimate is %.0f bit/s of 4,000,000", m)
			}
			if m := mean(s[32:60]); m < 200_000 || m > 320_000 {
				t.Errorf("on a path of 300,000 bit/s the estimate is %.0f", m)
			}
			if q := longest(s[37:60]); q > 400*time.Millisecond {
				t.Errorf("7 s after the fall the queue is still %v", q)
			}
			if m := mean(s[70:]); m < 3_000_000 {
				t.Errorf("10 s after the rise the estimate is %.0f bit/s of 4,000,000", m)
			}
		}
	}
}

func TestLossWithoutDelayDoesNotLowerTheEstimate(t *testing.T) {
	for _, loss := range []float64{0.05, 0.1, 0.3, 0.5, 0.7} {
		s := simulate(simulated{capacity: steady(20_000_000), buffer: time.Second, loss: loss, use: 1}, 3_000_000, 40*time.Second)
		t.Logf("loss %v: %s", loss, storyOf(s))
		if m := mean(s[10:]); m < 2_400_000 {
			t.Errorf("at %.0f %% random loss the estimate is %.0f bit/s of 3,000,000", 100*loss, m)
		}
	}
}

// A radio that is away, and a server or a studio that waits for a processor, bring nothing for a while and then everything: that is no queue.
func TestPausesOfThePathDoNotLowerTheEstimate(t *testing.T) {
	for _, most := range []time.Duration{50, 100, 250} {
		random := rand.New(rand.NewPCG(3, 4))
		p := simulated{capacity: steady(20_000_000), buffer: time.Second, use: 1}
		for range 600 {
			pause := time.Duration(0)
			if random.IntN(4) == 0 {
				pause = time.Duration(random.Int64N(int64(most * time.Millisecond)))
			}
			p.pauses = append(p.pauses, pause)
		}
		s := simulate(p, 3_000_000, 60*time.Second)
		t.Logf("pauses of up to %d ms: %s", most, storyOf(s))
		if m := mean(s[10:]); m < 2_400_000 {
			t.Errorf("with pauses of up to %d ms the estimate is %.0f bit/s of 3,000,000", most, m)
		}
	}
}

func TestLossThatWeCauseLowersTheEstimate(t *testing.T) {
	s := simulate(simulated{capacity: steady(1_000_000), buffer: 5 * time.Millisecond, use: 1}, 3_000_000, 60*time.Second)
	t.Log(storyOf(s))
	if m := mean(s[20:]); m > 1_300_000 || m < 500_000 {
		t.Errorf("a policer of 1,000,000 bit/s: the estimate is %.0f", m)
	}
}

func TestGrowingDelayLowersTheEstimateWhateverTheLoss(t *testing.T) {
	for _, loss := range []float64{0, 0.3} {
		fall := func(at time.Duration) float64 {
			if at > 20*time.Second {
				return 600_000
			}
			return 5_000_000
		}
		s := simulate(simulated{capacity: fall, buffer: 3 * time.Second, loss: loss, use: 1}, 3_000_000, 40*time.Second)
		t.Logf("loss %v: %s", loss, storyOf(s))
		if m := mean(s[22:]); m > 800_000 || m < 300_000 {
			t.Errorf("at %.0f %% loss a path of 600,000 bit/s is taken for %.0f", 100*loss, m)
		}
		if q := longest(s[25:]); q > 600*time.Millisecond {
			t.Errorf("at %.0f %% loss the queue is %v", 100*loss, q)
		}
	}
}

func TestAShowThatNeedsLittleFindsWhatThePathCarries(t *testing.T) {
	s := simulate(simulated{capacity: steady(4_000_000), buffer: time.Second, use: 0.1}, 3_000_000, 20*time.Second)
	t.Log(storyOf(s))
	if m := mean(s[8:]); m < 2_500_000 {
		t.Errorf("the estimate is %.0f bit/s of 3,000,000", m)
	}
}
