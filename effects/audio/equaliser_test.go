package audio_test

import (
	"math"
	"math/cmplx"
	"testing"

	"vitrine/capture/frame"
	"vitrine/effects/audio"
)

// prototype is the gain in dB that the cookbook's analogue filters have at a frequency, with the bilinear transform's warp.
func prototype(band int, db, hertz float64) float64 {
	warp := func(f float64) float64 { return math.Tan(math.Pi * f / frame.SampleRate) }
	s := complex(0, warp(hertz)/warp(audio.BandHz[band]))
	a := math.Pow(10, db/40)
	r := complex(math.Sqrt(a)*math.Sqrt2, 0)
	A := complex(a, 0)
	var h complex128
	switch band {
	case 0:
		h = A * (s*s + r*s + A) / (A*s*s + r*s + 1)
	case audio.Bands - 1:
		h = A * (A*s*s + r*s + 1) / (s*s + r*s + A)
	default:
		w := 2 * math.Pi * audio.BandHz[band] / frame.SampleRate
		q := complex(1/(2*math.Sinh(math.Ln2/2*w/math.Sin(w))), 0)
		h = (s*s + s*A/q + 1) / (s*s + s/(A*q) + 1)
	}
	return 20 * math.Log10(cmplx.Abs(h))
}

func TestTheEqualiserHasTheResponseOfItsFormula(t *testing.T) {
	var worst float64
	for _, gains := range [][audio.Bands]float64{
		{12, 12, 12, 12, 12, 12, 12, 12, 12, 12},
		{-12, 6, -3, 0, 12, -12, 9, 1, -6, 12},
		{6, 0, 0, 0, 0, -9, 0, 0, 0, -12},
	} {
		var e audio.Equaliser
		e.Set(gains)
		make(voice, frame.SampleRate).through(e.Process)
		impulse := make(voice, frame.SampleRate)
		impulse[0] = 1
		out := impulse.through(e.Process)
		for hertz := 20.0; hertz < 22000; hertz *= 1.13 {
			var sum complex128
			for i, v := range out {
				sum += complex(float64(v), 0) * cmplx.Rect(1, -2*math.Pi*hertz*float64(i)/frame.SampleRate)
			}
			var want float64
			for band, db := range gains {
				want += prototype(band, db, hertz)
			}
			worst = max(worst, math.Abs(20*math.Log10(cmplx.Abs(sum))-want))
		}
	}
	t.Logf("worst difference to the formula: %.4f dB", worst)
	if worst > 0.2 {
		t.Fatal("that is too much")
	}
}

func TestAFlatEqualiserChangesNoBitAndMovesWithoutAClick(t *testing.T) {
	in := sine(1, 440, -6)
	var e audio.Equaliser
	for i, v := range in.through(e.Process) {
		if v != in[i] {
			t.Fatalf("sample %d of a flat equaliser is %g, was %g", i, v, in[i])
		}
	}
	n := 0
	out := in.through(func(b *audio.Mono) {
		if n++; n == 50 {
			e.Set([audio.Bands]float64{12, -12, 12, -12, 12, -12, 12, -12, 12, -12})
		}
		e.Process(b)
	})
	click := out.roughness()
	t.Logf("a change by ±12 dB leaves %.1f dB above 4 kHz beside a tone at 440 Hz", click)
	if click > -60 {
		t.Fatal("it clicks")
	}
}

// roughness is the loudest 10 ms above 4 kHz, in dB under full scale: where a tone has nothing, a click has much.
func (v voice) roughness() float64 {
	// A binomial high-pass: 8 zeros at 0 Hz.
	high := append(voice{}, v...)
	for range 8 {
		for i := len(high) - 1; i > 0; i-- {
			high[i] = (high[i] - high[i-1]) / 2
		}
		high[0] = 0
	}
	worst := -200.0
	for from := 480; from+480 <= len(high); from += 480 {
		worst = max(worst, high[from:from+480].rms())
	}
	return worst
}
