package mix

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"vitrine/capture/frame"
)

// arrivals plays blocks that come late by up to a jitter (ms), with a clock that is off by a share, and returns how long the last ones waited, in ms.
func arrivals(e *Elastic, seconds int, jitter, off float64, heard func(*frame.Block, bool)) (waits []float64) {
	r := rand.New(rand.NewPCG(1, 2))
	phase := 0.0
	var came []float64 // when each of the blocks to come comes, ms
	next := 0.0
	newest := 0.0
	for t := 0.0; t < float64(seconds)*1000; t += 10 {
		for next <= t {
			newest = max(newest, next+r.Float64()*jitter) // they stay in their order
			came = append(came, newest)
			next += 10 * (1 + off)
		}
		for len(came) > 0 && came[0] <= t {
			came = came[1:]
			var b frame.Block
			for i := 0; i < len(b); i += 2 {
				phase += 2 * math.Pi * 300 / frame.SampleRate
				b[i] = float32(0.3 * math.Sin(phase))
				b[i+1] = b[i]
			}
			e.Put(&b)
		}
		waits = append(waits, e.Waiting().Seconds()*1000)
		var b frame.Block
		heard(&b, e.Take(&b))
	}
	return waits[len(waits)/2:]
}

func TestAnElasticKeepsAsMuchAsTheJitterNeedsAndNoMore(t *testing.T) {
	for _, c := range []struct{ jitter, off, most float64 }{{0, 0, 25}, {5, 0, 35}, {30, 0, 75}, {80, 0, 150}, {5, 0.0005, 45}, {5, -0.0005, 45}} {
		e, late, silent := NewElastic(), 0, 0
		waits := arrivals(e, 60, c.jitter, c.off, func(_ *frame.Block, ok bool) {
			if late++; !ok && late > 3000 {
				silent++
			}
		})
		sum := 0.0
		for _, w := range waits {
			sum += w
		}
		mean := sum / float64(len(waits))
		t.Logf("jitter %.0f ms, clock off by %.2f %%: waits %.0f ms, %.2f %% of the blocks of the second half minute are missing", c.jitter, 100*c.off, mean, float64(silent)/30)
		if mean > c.most || silent > 60 {
			t.Errorf("jitter %.0f ms: waits %.0f ms, at most %.0f; %d blocks are missing", c.jitter, mean, c.most, silent)
		}
	}
}

func TestAnElasticMakesNoClicks(t *testing.T) {
	for _, jitter := range []float64{0, 40} {
		e := NewElastic()
		before, most := float32(0), 0.0
		arrivals(e, 30, jitter, 0.002, func(b *frame.Block, _ bool) {
			for i := 0; i < len(b); i += 2 {
				most = max(most, math.Abs(float64(b[i]-before)))
				before = b[i]
			}
		})
		if steps := 0.3 * 2 * math.Pi * 300 / frame.SampleRate; most > 3*steps {
			t.Errorf("jitter %.0f ms: a step of %.3f; a tone of 300 Hz has at most %.3f", jitter, most, steps)
		}
	}
}

func TestAnElasticThatWasFloodedIsSoonPromptAgain(t *testing.T) {
	e := NewElastic()
	var b frame.Block
	for range 40 {
		e.Put(&frame.Block{0.1})
	}
	for range 300 { // 3 s
		e.Put(&frame.Block{0.1})
		e.Take(&b)
	}
	if w := e.Waiting(); w > 50*time.Millisecond {
		t.Errorf("3 s after a burst what comes waits %v", w)
	}
}

func TestAnElasticAllocatesNothing(t *testing.T) {
	e := NewElastic()
	var b frame.Block
	if n := testing.AllocsPerRun(500, func() {
		e.Put(&b)
		e.Put(&b)
		e.Take(&b)
	}); n != 0 {
		t.Errorf("%g allocations a block", n)
	}
}
