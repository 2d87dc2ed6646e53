package plug_test

import (
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"vitrine/capture/frame"
	"vitrine/effects/plug"
)

// tone is block n of a sine at half scale, the right side a quarter turn ahead.
func tone(n int) *frame.Block {
	var b frame.Block
	for i := range frame.BlockSamples {
		turn := 2 * math.Pi * 440 * float64(n*frame.BlockSamples+i) / frame.SampleRate
		b[2*i], b[2*i+1] = float32(math.Sin(turn)/2), float32(math.Cos(turn)/2)
	}
	return &b
}

// band is a sound loop of 10 ms blocks.
type band struct {
	*testing.T
	plug   *plug.Audio
	factor float64 // what the program does to samples
	blocks int
	last   *[2]float32
	worst  time.Duration
	limit  time.Duration
}

// block plays a block and checks that it is the one from two before, changed, unchanged or on the way from one to the
// other, and that no sample jumps.
func (d *band) block() (changed bool) {
	d.Helper()
	b := tone(d.blocks)
	began := time.Now()
	changed = d.plug.Apply(b, d.limit)
	d.worst = max(d.worst, time.Since(began))
	was := new(frame.Block)
	if d.blocks >= plug.DelayBlocks {
		was = tone(d.blocks - plug.DelayBlocks)
	}
	low, high := min(1, d.factor), max(1, d.factor)
	step := math.Pi * 440 / frame.SampleRate * high * 1.2 // a sine moves no faster; the rest is the fade
	for i, s := range b {
		// Fading out of changed sound adds what was the difference, which is no bigger than at full swing.
		if got, in, swing := float64(s), float64(was[i]), (high-low)/2+1e-6; math.Abs(got-in) > swing {
			d.Fatalf("block %d, sample %d: %.4f was %.4f", d.blocks, i, got, in)
		}
		if d.last != nil && math.Abs(float64(s-d.last[i%2])) > step+0.5*(high-low)/frame.BlockSamples && d.blocks > plug.DelayBlocks {
			d.Fatalf("block %d, sample %d: a jump from %.4f to %.4f", d.blocks, i, d.last[i%2], s)
		}
		if d.last == nil {
			d.last = new([2]float32)
		}
		d.last[i%2] = s
	}
	d.blocks++
	time.Sleep(time.Until(began.Add(frame.BlockDuration)))
	return changed
}

func (d *band) until(what string, holds func() bool) {
	d.Helper()
	for end := time.Now().Add(patience); !holds(); d.block() {
		if time.Now().After(end) {
			d.Fatalf("never %s: %+v", what, d.plug.State())
		}
	}
}

func (d *band) status(want plug.Status) {
	d.Helper()
	d.until(string(want), func() bool { return d.plug.State().Status == want })
}

func TestTheGainSampleChangesSoundTwoBlocksLater(t *testing.T) {
	p := plug.NewAudio(python(t, "gain.py", "6.0206"))
	run(t, p)
	b := tone(0)
	until(t, p, "running", func() bool { return p.Apply(b, forgiving) })
	// The chain from here holds blocks of the loop above: the first two.
	for n := range 200 {
		b := tone(n)
		if !p.Apply(b, forgiving) {
			t.Fatalf("block %d passed untouched: %+v", n, p.State())
		}
		if n < plug.DelayBlocks {
			continue
		}
		for i, was := range tone(n - plug.DelayBlocks) {
			if math.Abs(float64(b[i]-2*was)) > 1e-4 {
				t.Fatalf("block %d, sample %d: %.5f of %.5f", n, i, b[i], was)
			}
		}
	}
}

func TestSoundWithoutAProgramIsLateByTheSameTime(t *testing.T) {
	p := plug.NewAudio([]string{"no-such-plug-in"})
	run(t, p)
	for n := range 50 {
		b := tone(n)
		if p.Apply(b, forgiving) {
			t.Fatal("changed by nobody")
		}
		want := frame.Block{}
		if n >= plug.DelayBlocks {
			want = *tone(n - plug.DelayBlocks)
		}
		if *b != want {
			t.Fatalf("block %d is not the one from %d before", n, plug.DelayBlocks)
		}
	}
}

func TestABadPlugInForSoundIsTold(t *testing.T) {
	for manner, says := range map[string]string{"deafens": "NaN", "resizes": "481×2"} {
		p := plug.NewAudio(bad(manner))
		run(t, p)
		var s plug.State
		until(t, p, "crashed", func() bool {
			b := tone(0)
			p.Apply(b, plug.AudioLimit)
			for _, x := range b {
				if !(math.Abs(float64(x)) <= 1) {
					t.Fatalf("sample %g", x)
				}
			}
			s = p.State()
			return s.Status == plug.Crashed
		})
		if !errors.Is(s.Err, plug.ErrProtocol) || !strings.Contains(s.Err.Error(), says) {
			t.Errorf("%s: %v", manner, s.Err)
		}
	}
}

func TestABlockCostsNoMemory(t *testing.T) {
	p := plug.NewAudio(bad("echoes"))
	run(t, p)
	b := tone(0)
	until(t, p, "running", func() bool { return p.Apply(b, forgiving) })
	if n := testing.AllocsPerRun(200, func() { p.Apply(b, forgiving) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// BenchmarkAudio is the time that a block takes when blocks follow each other without a pause, up to three on the way.
func BenchmarkAudio(b *testing.B) {
	for name, argv := range map[string][]string{"echo": bad("echoes"), "gain.py": python(b, "gain.py")} {
		b.Run(name, func(b *testing.B) {
			p := plug.NewAudio(argv)
			run(b, p)
			block := tone(0)
			until(b, p, "running", func() bool { return p.Apply(block, forgiving) })
			for b.Loop() {
				if !p.Apply(block, forgiving) {
					b.Fatalf("%+v", p.State())
				}
			}
			b.ReportMetric(float64(p.State().RoundTrip.Nanoseconds()), "ns/roundtrip")
		})
	}
}
