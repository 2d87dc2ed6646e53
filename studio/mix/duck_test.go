package mix_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"vitrine/capture/frame"
	"vitrine/studio/mix"
)

// duck plays a constant under a voice and gives the music's gain in dB at the end of each block, and the steepest step of it
// between two samples.
func duck(d *mix.Ducker, voice sound) (gains []float64, steepest float64) {
	last := 1.0
	both(voice).blocks(func(b *frame.Block) {
		var m frame.Block
		for i := range m {
			m[i] = 1
		}
		d.Process(&m, b)
		for i := 0; i < len(m); i += 2 {
			steepest = max(steepest, math.Abs(float64(m[i])-last))
			last = float64(m[i])
		}
		gains = append(gains, 20*math.Log10(last))
	})
	return gains, steepest
}

func TestMusicMakesRoomForAVoice(t *testing.T) {
	random := rand.New(rand.NewPCG(9, 9))
	speaks := func(t float64) bool { return t >= 4 && t < 6 }
	voice := wave(10, func(t float64) float64 {
		v := random.NormFloat64() * 0.001
		if speaks(t) {
			v += 0.2 * math.Sin(2*math.Pi*200*t)
		}
		return v
	})
	gains, steepest := duck(mix.NewDucker(), voice)
	first := func(from int, reached func(float64) bool) int {
		for i := from; i < len(gains); i++ {
			if reached(gains[i]) {
				return 10 * (i + 1 - from)
			}
		}
		return math.MaxInt
	}
	down := first(400, func(g float64) bool { return g < -11.9 })
	starts := first(600, func(g float64) bool { return g > -11.9 })
	back := first(600, func(g float64) bool { return g > -0.1 })
	t.Logf("down after %d ms, up again from %d to %d ms after the voice, steepest step %.5f", down, starts, back, steepest)
	if gains[399] != 0 || gains[599] > -11.9 || gains[len(gains)-1] != 0 {
		t.Errorf("gain %.1f dB before, %.1f dB under, %.1f dB after the voice", gains[399], gains[599], gains[len(gains)-1])
	}
	if down > 100 || starts < 280 || starts > 420 || back < 800 || back > 1000 {
		t.Error("the times are wrong")
	}
	if steepest > 0.0006 {
		t.Error("the gain clicks")
	}
}

func TestMusicStaysDownThroughASentenceAndUpThroughNoise(t *testing.T) {
	s := read(t, speech+"/demo-congrats.g722", "12", "-f", "g722")
	voice := make(sound, len(s)/2)
	for i := range voice {
		voice[i] = s[2*i]
	}
	gains, _ := duck(mix.NewDucker(), voice)
	down, turns := 0, 0
	for i := 100; i < len(gains); i++ {
		if gains[i] < -11.9 {
			down++
		}
		if gains[i] < -6 != (gains[i-1] < -6) {
			turns++
		}
	}
	t.Logf("down for %d of %d blocks of speech, %d turns", down, len(gains)-100, turns)
	if down < (len(gains)-100)*85/100 || turns > 4 {
		t.Error("the music comes back between words")
	}
	random := rand.New(rand.NewPCG(9, 10))
	gains, _ = duck(mix.NewDucker(), wave(10, func(float64) float64 { return 0.02 * random.NormFloat64() }))
	down = 0
	for _, g := range gains[100:] {
		if g < 0 {
			down++
		}
	}
	if down > 0 {
		t.Errorf("a fan turns the music down for %d blocks", down)
	}
}
