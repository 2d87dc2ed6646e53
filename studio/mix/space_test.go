package mix_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"vitrine/capture/frame"
	"vitrine/studio/mix"
)

// placed is a sound at a place, both ears.
func placed(p mix.Place, in sound) (left, right sound) {
	var s mix.Space
	s.Set(p)
	both(in).blocks(func(b *frame.Block) {
		s.Process(b)
		for i := 0; i < len(b); i += 2 {
			left, right = append(left, b[i]), append(right, b[i+1])
		}
	})
	return left, right
}

func (s sound) power() float64 {
	var sum float64
	for _, v := range s {
		sum += float64(v) * float64(v)
	}
	return sum / float64(len(s))
}

// lag is by how many milliseconds b is later than a, by the top of their correlation.
func lag(a, b sound) float64 {
	const most = 48
	var sums [2*most + 1]float64
	at := 0
	for d := range sums {
		for i := most; i < len(a)-most; i++ {
			sums[d] += float64(a[i]) * float64(b[i+d-most])
		}
		if sums[d] > sums[at] {
			at = d
		}
	}
	y0, y1, y2 := sums[at-1], sums[at], sums[at+1]
	return (float64(at-most) + (y0-y2)/(2*(y0-2*y1+y2))) * 1000 / frame.SampleRate
}

// smoothNoise has little above 6 kHz, so that a correlation can be read between samples.
func smoothNoise(seconds float64) sound {
	random := rand.New(rand.NewPCG(11, 12))
	var a, b float64
	return wave(seconds, func(float64) float64 {
		a += (0.3*random.NormFloat64() - a) * 0.3
		b += (a - b) * 0.3
		return b
	})
}

func TestAPlaceIsHeardByLevelAndTime(t *testing.T) {
	in := smoothNoise(1)
	for _, c := range []struct{ side, level, later float64 }{
		{-1, -9.77, 0.656}, {-0.5, -4.25, 0.389}, {0, 0, 0}, {0.5, 4.25, -0.389}, {1, 9.77, -0.656},
	} {
		left, right := placed(mix.Place{Side: c.side}, in)
		level := 10 * math.Log10(right.power()/left.power())
		later := lag(left, right)
		sum := 10 * math.Log10((left.power()+right.power())/2/in.power())
		t.Logf("side %4.1f: right ear %5.2f dB louder, %6.3f ms later, both together %5.2f dB", c.side, level, later, sum)
		if math.Abs(level-c.level) > 0.3 || math.Abs(later-c.later) > 0.02 || math.Abs(sum) > 0.2 {
			t.Error("that is not the place")
		}
	}
}

func TestTheMiddleNearbyChangesNothing(t *testing.T) {
	in := smoothNoise(0.5)
	left, right := placed(mix.Place{}, in)
	for i := 1; i < len(in); i++ {
		if math.Abs(float64(left[i]-in[i-1])) > 1e-6 || left[i] != right[i] {
			t.Fatalf("sample %d became %g, %g from %g", i, left[i], right[i], in[i-1])
		}
	}
}

func TestDistanceIsHeardByLevelTrebleAndRoom(t *testing.T) {
	level := func(distance, hertz float64) float64 {
		left, _ := placed(mix.Place{Distance: distance}, tone(1, hertz, -6, 0))
		return 10*math.Log10(left[frame.SampleRate/2:].power()) + 9.01
	}
	near := level(0, 200)
	for _, distance := range []float64{0.5, 1} {
		// The reflections colour a single tone, so several are averaged.
		var bass, treble float64
		for k := range 16 {
			bass += (level(distance, 180+17*float64(k)) - near) / 16
			treble += (level(distance, 9000+170*float64(k)) - near) / 16
		}
		click := make(sound, frame.SampleRate/2)
		click[0] = 1
		left, _ := placed(mix.Place{Distance: distance}, click)
		room := 10 * math.Log10(left[240:].power()*float64(len(left)-240)/(left[:240].power()*240))
		t.Logf("distance %.1f: bass %.1f dB, treble %.1f dB, room over voice %.1f dB", distance, bass, treble, room)
		if math.Abs(bass+12*distance) > 2 || treble-bass > -3*distance || room > 0 || room < -20 {
			t.Error("that is not the distance")
		}
	}
}

func TestAVoiceMovesWithoutAClick(t *testing.T) {
	var s mix.Space
	n, worst := 0, 0.0
	var last [2]float32
	both(tone(3, 300, -6, 0)).blocks(func(b *frame.Block) {
		if n++; n%50 == 0 {
			s.Set(mix.Place{Side: float64(n/50%3) - 1, Distance: float64(n / 50 % 2)})
		}
		s.Process(b)
		for i := range b {
			if n > 1 {
				worst = max(worst, math.Abs(float64(b[i]-last[i%2])))
			}
			last[i%2] = b[i]
		}
	})
	// A tone at the louder side of a pan moves by this much between two samples.
	usual := 0.5 * 1.41 * 2 * math.Pi * 300 / frame.SampleRate
	t.Logf("steepest step %.4f, of the tone itself at most %.4f", worst, usual)
	if worst > usual*1.1 {
		t.Fatal("it clicks")
	}
}
