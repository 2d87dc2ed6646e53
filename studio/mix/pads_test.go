package mix_test

import (
	"math"
	"testing"
	"time"

	"vitrine/capture/frame"
	"vitrine/studio/mix"
)

// held is a sound of one value on both sides.
func held(value float32, t time.Duration) mix.Sound {
	s := make([]float32, 2*int(t.Seconds()*frame.SampleRate))
	for i := range s {
		s[i] = value
	}
	return mix.Sound{Name: "held", Samples: s}
}

// after takes blocks for some time and returns the last sample, and the largest step between two.
func after(p *mix.Pads, t time.Duration) (last, step float64) {
	var b frame.Block
	for block := range t / frame.BlockDuration {
		before := last
		p.Take(&b)
		for i := 0; i < len(b); i += 2 {
			if block == 0 && i == 0 {
				before = float64(b[0])
			}
			step = max(step, math.Abs(float64(b[i])-before))
			before = float64(b[i])
		}
		last = before
	}
	return last, step
}

func TestAPadBeginsAgainOrOverlaps(t *testing.T) {
	var p mix.Pads
	p.Set(3, held(0.25, time.Second))
	p.Trigger(3)
	p.Trigger(4) // empty
	p.Trigger(-1)
	p.Trigger(mix.PadCount)
	if got, _ := after(&p, 500*time.Millisecond); got != 0.25 {
		t.Fatalf("one sounding gives %v", got)
	}
	p.Trigger(3)
	if got, _ := after(&p, 100*time.Millisecond); got != 0.25 {
		t.Fatalf("beginning again gives %v", got)
	}
	if s := p.State()[3]; !s.Playing || s.Position != 100*time.Millisecond || s.Length != time.Second || s.Name != "held" {
		t.Fatalf("%+v", s)
	}
	p.SetOverlap(3, true)
	p.Trigger(3)
	if got, _ := after(&p, 100*time.Millisecond); got != 0.5 {
		t.Fatalf("two at once give %v", got)
	}
	if got, _ := after(&p, time.Second); got != 0 || p.State()[3].Playing {
		t.Fatalf("after the end: %v", got)
	}
}

func TestStoppingPadsFadesThemOut(t *testing.T) {
	var p mix.Pads
	for i := range mix.PadCount {
		p.Set(i, held(0.05, 10*time.Second))
		p.Trigger(i)
	}
	p.SetVolume(0, -6.0206)
	if got, step := after(&p, 100*time.Millisecond); math.Abs(got-11.5*0.05) > 1e-5 || step > 0.001 {
		t.Fatalf("all but half a pad give %v", got)
	}
	p.Stop(1, 0)
	if got, step := after(&p, 100*time.Millisecond); math.Abs(got-10.5*0.05) > 1e-5 || step > 0.001 {
		t.Fatalf("without another: %v", got)
	}
	p.StopAll(time.Second)
	half, a := after(&p, 500*time.Millisecond)
	end, b := after(&p, 500*time.Millisecond)
	if math.Abs(half-10.5*0.05/2) > 1e-3 || math.Abs(end) > 1e-9 || b > 0.001 {
		t.Fatalf("half way %v, at the end %v, steps of %v and %v", half, end, a, b)
	}
}

func TestMoreSoundsThanVoicesEndTheOldest(t *testing.T) {
	var p mix.Pads
	p.Set(0, held(0.01, time.Minute))
	p.SetOverlap(0, true)
	for range 50 {
		p.Trigger(0)
	}
	if got, _ := after(&p, 100*time.Millisecond); got < 0.1 || got > 0.2 {
		t.Fatalf("fifty give %v", got)
	}
	if got := p.State()[0].Length; got != mix.PadLength {
		t.Fatalf("a minute was kept as %v", got)
	}
	var b frame.Block
	if n := testing.AllocsPerRun(100, func() { p.Take(&b); p.Trigger(0) }); n != 0 {
		t.Fatalf("%.0f allocations", n)
	}
}

func TestOwnSoundsAreLoudShortAndEndInSilence(t *testing.T) {
	began := time.Now()
	sounds := mix.Sounds()
	t.Logf("made in %v", time.Since(began))
	for _, s := range sounds {
		var top, sum float64
		for _, v := range s.Samples {
			top = max(top, math.Abs(float64(v)))
			sum += float64(v) * float64(v)
		}
		length := time.Duration(len(s.Samples)/2) * time.Second / frame.SampleRate
		rms := 10 * math.Log10(sum/float64(len(s.Samples)))
		last := s.Samples[len(s.Samples)-1]
		t.Logf("%-14s %v, peak %.1f dBFS, RMS %.1f dBFS", s.Name, length, 20*math.Log10(top), rms)
		if math.Abs(20*math.Log10(top)+3) > 0.01 || rms < -27 || math.Abs(float64(last)) > 1e-4 || length > mix.PadLength {
			t.Errorf("%s: last sample %v", s.Name, last)
		}
	}
}
