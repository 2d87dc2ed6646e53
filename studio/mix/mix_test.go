package mix_test

import (
	"math"
	"testing"

	"pgregory.net/rapid"

	"vitrine/capture/frame"
	"vitrine/studio/mix"
)

func sine(amplitude, hertz float64, from int) *frame.Block {
	var b frame.Block
	for i := range frame.BlockSamples {
		v := float32(amplitude * math.Sin(2*math.Pi*hertz*float64(from+i)/frame.SampleRate))
		b[2*i], b[2*i+1] = v, v
	}
	return &b
}

func TestAMeterShowsAKnownSine(t *testing.T) {
	var m mix.Meter
	for i := range 200 {
		m.Add(sine(0.5, 1000, i*frame.BlockSamples))
	}
	l := m.Level()
	if math.Abs(l.Peak-(-6.02)) > 0.05 || math.Abs(l.RMS-(-9.03)) > 0.1 || l.Clipped {
		t.Fatalf("half-scale sine shows %+v", l)
	}
	var silence frame.Block
	for range 170 {
		m.Add(&silence)
	}
	if got := m.Level().Peak; math.Abs(got-(-26.02)) > 0.2 {
		t.Fatalf("peak after 1.7 s of silence is %.2f dB, want 20 dB less", got)
	}
	for range 3000 {
		m.Add(&silence)
	}
	if got := m.Level(); got.Peak != mix.Floor || got.RMS != mix.Floor {
		t.Fatalf("silence shows %+v", got)
	}
}

func TestAStripChangesGainWithoutAClick(t *testing.T) {
	var s mix.Strip
	s.Process(sine(0.5, 1000, 0))
	s.Muted = true
	b := sine(0.5, 1000, frame.BlockSamples)
	s.Process(b)
	limit := 0.5*2*math.Pi*1000/frame.SampleRate + 0.5/frame.BlockSamples
	for i := 2; i < len(b); i += 2 {
		if d := math.Abs(float64(b[i] - b[i-2])); d > limit+1e-6 {
			t.Fatalf("step of %.4f at sample %d, a sine moves at most %.4f", d, i/2, limit)
		}
	}
	b = sine(0.5, 1000, 0)
	s.Process(b)
	for _, v := range b {
		if v != 0 {
			t.Fatal("a muted strip is heard")
		}
	}
	s = mix.Strip{GainDB: 6.0206}
	b = sine(0.25, 1000, 0)
	s.Process(b)
	if got := s.Meter.Level().Peak; math.Abs(got-(-6.02)) > 0.05 {
		t.Fatalf("+6 dB on −12 dBFS gives %.2f dBFS", got)
	}
}

func TestTheMasterNeverPassesItsCeilingAndLeavesQuietSoundAlone(t *testing.T) {
	top := float32(math.Pow(10, mix.Ceiling/20))
	rapid.Check(t, func(t *rapid.T) {
		in := rapid.Float32Range(-100, 100).Draw(t, "sample")
		var m mix.Master
		for i := range 3 {
			var b frame.Block
			if i == 0 {
				b[0] = in
			}
			m.Process(&b)
			if i == 0 && math.Abs(float64(in)) <= 0.83 && b[2*mix.LimiterDelay] != in {
				t.Fatalf("quiet %g became %g", in, b[2*mix.LimiterDelay])
			}
			for _, v := range b {
				if v > top || v < -top {
					t.Fatalf("%g became %g", in, v)
				}
			}
		}
	})
}
