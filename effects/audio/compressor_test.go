package audio_test

import (
	"math"
	"slices"
	"testing"
	"time"

	"vitrine/capture/frame"
	"vitrine/effects/audio"
)

func TestACompressorHasTheCurveThatWasSet(t *testing.T) {
	var worst float64
	for _, c := range []audio.Compression{
		{ThresholdDB: -20, Ratio: 3, KneeDB: 8, Attack: 5 * time.Millisecond, Release: 150 * time.Millisecond, MakeupDB: 3},
		{ThresholdDB: -30, Ratio: 8, Attack: time.Millisecond, Release: 300 * time.Millisecond},
		{ThresholdDB: -24, Ratio: 2, KneeDB: 12, Attack: 10 * time.Millisecond, Release: 100 * time.Millisecond, RMS: true},
	} {
		for db := -50.0; db <= 0; db += 2.5 {
			out := sine(1, 997, db).through(audio.NewCompressor(c).Process)
			level, offset := db, 0.0
			if c.RMS {
				level, offset = db-3.01, 3.01
			}
			over := level - c.ThresholdDB
			want := level
			if over > c.KneeDB/2 {
				want = c.ThresholdDB + over/c.Ratio
			} else if over > -c.KneeDB/2 {
				want += (1/c.Ratio - 1) * math.Pow(over+c.KneeDB/2, 2) / (2 * c.KneeDB)
			}
			got := out[frame.SampleRate/2:].rms() + 3.01
			worst = max(worst, math.Abs(got-(want+offset+c.MakeupDB)))
		}
	}
	t.Logf("worst difference to the curve: %.3f dB", worst)
	if worst > 0.2 {
		t.Fatal("that is too much")
	}
}

func TestACompressorTakesTheTimesThatWereSet(t *testing.T) {
	for _, times := range [][2]time.Duration{{2 * time.Millisecond, 100 * time.Millisecond}, {20 * time.Millisecond, 400 * time.Millisecond}} {
		c := audio.NewCompressor(audio.Compression{ThresholdDB: -40, Ratio: 4, Attack: times[0], Release: times[1]})
		// A voice would blur the moment; a constant is at its level at once.
		in := generated(6, func(s float64) float64 {
			if s >= 1 && s < 3 {
				return 0.5
			}
			return 0.005
		})
		out := in.through(c.Process)
		gain := func(i int) float64 { return 20 * math.Log10(float64(out[i])/float64(in[i])) }
		cross := func(from, to int) float64 {
			start, end := gain(from), gain(to)
			for i := from; ; i++ {
				if (gain(i)-start)/(end-start) >= 1-1/math.E {
					return float64(i-from) / frame.SampleRate
				}
			}
		}
		attack := cross(frame.SampleRate, 3*frame.SampleRate-1)
		release := cross(3*frame.SampleRate, 6*frame.SampleRate-1)
		t.Logf("attack %.2f ms of %v, release %.1f ms of %v", attack*1e3, times[0], release*1e3, times[1])
		if math.Abs(attack/times[0].Seconds()-1) > 0.1 || math.Abs(release/times[1].Seconds()-1) > 0.1 {
			t.Error("that is more than 10 % off")
		}
	}
}

func TestACompressorEvensOutAVoice(t *testing.T) {
	in := announcement(t, "demo-instruct")
	c := audio.NewCompressor(audio.VoiceCompression())
	out := in.through(c.Process)
	spread := func(v voice) float64 {
		var levels []float64
		for from := 0; from+4800 <= len(v); from += 4800 {
			levels = append(levels, v[from:from+4800].rms())
		}
		slices.Sort(levels)
		return levels[len(levels)*95/100] - levels[len(levels)*40/100]
	}
	t.Logf("loud over soft syllables: %.1f dB, was %.1f dB", spread(out), spread(in))
	if spread(out) > spread(in)*0.7 {
		t.Fatal("it does not")
	}
}
