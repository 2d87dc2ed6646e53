package studio

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"vitrine/capture/frame"
	"vitrine/effects"
	"vitrine/studio/mix"
)

// chamber is a room with a loudspeaker and a microphone in it: 90 reflections within 180 ms, which decay by 60 dB in 0.35 s.
type chamber struct {
	past    []float32
	at      int
	delays  []int
	weights []float32
}

func newChamber(seed uint64, gain float64) *chamber {
	r := rand.New(rand.NewPCG(seed, 9))
	c := &chamber{past: make([]float32, 1<<14), delays: []int{150}, weights: []float32{float32(gain)}}
	for range 90 {
		d := 200 + r.IntN(8400)
		c.delays = append(c.delays, d)
		c.weights = append(c.weights, float32(gain*0.35*r.NormFloat64()*math.Pow(10, -3*float64(d)/frame.SampleRate/0.35)))
	}
	return c
}

// hears is what the microphone hears of a block that the loudspeaker plays.
func (c *chamber) hears(played *frame.Block) (b frame.Block) {
	for i := range frame.BlockSamples {
		c.past[c.at] = (played[2*i] + played[2*i+1]) / 2
		var v float32
		for k, d := range c.delays {
			v += c.weights[k] * c.past[(c.at-d)&(len(c.past)-1)]
		}
		c.at = (c.at + 1) & (len(c.past) - 1)
		b[2*i], b[2*i+1] = v, v
	}
	return b
}

// end is one end of a conversation: a studio's sound in a room, and the way to it.
type end struct {
	*sound
	room    *chamber
	speaker *frame.Queue
	other   *voice
	way     []frame.Block // from here to the other end
	played  frame.Block
	noise   *rand.Rand
}

// conversation is two ends, 60 ms apart.
func conversation(t *testing.T, cancel, level bool) (host, guest *end) {
	t.Helper()
	build := func(seed uint64) *end {
		rack := effects.New()
		e := &end{sound: newSound(newClock(time.Now()), rack.Sound), room: newChamber(seed, 0.4), speaker: frame.NewQueue(monitorBlocks), other: newVoice(), noise: rand.New(rand.NewPCG(seed, 1))}
		e.rack.Set(effects.Voice{Echo: cancel, Rumble: true, Level: level})
		e.monitor.Store(e.speaker)
		e.setSilent(true)
		e.seat([]seat{{voice: e.other, place: mix.Place{}}})
		e.way = make([]frame.Block, 6)
		return e
	}
	return build(1), build(2)
}

// says has somebody say a block, and returns what is sent of it.
func (e *end) says(words []float32, at int) (sent frame.Block) {
	b := e.room.hears(&e.played)
	for i := range frame.BlockSamples {
		v := float32(e.noise.NormFloat64() * 0.0001) // −80 dBFS: what is heard after the voices is theirs
		if words != nil {
			v += words[(at+i)%len(words)]
		}
		b[2*i] += v
		b[2*i+1] += v
	}
	e.step(&b, 0, true)
	e.speaker.Get(&e.played)
	return b
}

// sends has what was sent arrive at the other end.
func (e *end) sends(b *frame.Block, to *end) {
	to.other.elastic.Put(&e.way[0])
	copy(e.way, e.way[1:])
	e.way[len(e.way)-1] = *b
}

func energyOf(b *frame.Block) (sum float64) {
	for _, v := range b {
		sum += float64(v) * float64(v)
	}
	return sum
}

// repeats has host and guest speak in turns of 2 s with pauses of 0.6 s and returns how loud each voice is repeated in what the host sends, against how it is
// sent, in dB. A repeat is what comes in the loop's 160 ms after a turn, in which the voice itself has ended; and of the guest, who is heard from their own track,
// all that the host sends meanwhile.
func repeats(t *testing.T, cancel, level bool) (ofHost, ofGuest float64) {
	host, guest := conversation(t, cancel, level)
	words := spoken(2)
	r := rand.New(rand.NewPCG(7, 7))
	for i := range words { // breath: what no voice is without
		words[i] *= 1 + float32(0.3*r.NormFloat64())
	}
	const turn, pause, turns = 200, 60, 8
	from, to := [2]int{turn + 6, 50}, [2]int{turn + 20, turn}
	var voice, again [2]float64
	for n := range turns * (turn + pause) {
		who, in := n/(turn+pause)%2, n%(turn+pause)
		says := [2][]float32{}
		if in < turn {
			says[who] = words
		}
		sent := [2]frame.Block{host.says(says[0], in*frame.BlockSamples), guest.says(says[1], in*frame.BlockSamples)}
		host.sends(&sent[0], guest)
		guest.sends(&sent[1], host)
		if n < (turns-2)*(turn+pause) {
			continue // the cancellers learn the rooms
		}
		if in >= 50 && in < turn {
			voice[who] += energyOf(&sent[who]) / (turn - 50)
		}
		if in >= from[who] && in < to[who] {
			again[who] += energyOf(&sent[0]) / float64(to[who]-from[who])
		}
	}
	return 10 * math.Log10(again[0]/voice[0]), 10 * math.Log10(again[1]/voice[1])
}

func TestNobodysVoiceComesBackThroughTheWholeLoop(t *testing.T) {
	if testing.Short() {
		t.Skip("it hears two minutes of sound at both ends")
	}
	for _, level := range []bool{false, true} {
		host, guest := repeats(t, true, level)
		t.Logf("levelled %t: the host's voice is repeated at %.1f dB, the guest's at %.1f dB", level, host, guest)
		if host > -40 || guest > -40 {
			t.Errorf("levelled %t: the host's voice is repeated at %.1f dB, the guest's at %.1f dB; want -40", level, host, guest)
		}
	}
	if host, guest := repeats(t, false, false); host < -10 || guest < -10 {
		t.Errorf("without the canceller the host's voice is repeated at %.1f dB, the guest's at %.1f dB: this test shows nothing", host, guest)
	}
}

func TestWhatIsLeftOfAGuestIsTakenDownAndTheHostIsNot(t *testing.T) {
	var r remains
	level := func(mic, far float64, blocks int) float64 {
		var out float64
		for range blocks {
			var b, f frame.Block
			for i := range b {
				b[i], f[i] = float32(mic*math.Sqrt2*math.Sin(float64(i/2))), float32(far)
			}
			before := power(&b)
			r.process(&b, &f)
			out = 10 * math.Log10(power(&b)/before)
		}
		return out
	}
	for _, c := range []struct {
		what     string
		mic, far float64 // RMS
		want     float64 // dB
	}{
		{"what is left", 0.001, 0.1, -remainsDown},
		{"a voice over the guest's", 0.05, 0.1, 0},
		{"a soft voice over the guest's", 0.014, 0.1, 0},
		{"what is left again", 0.001, 0.1, -remainsDown},
		{"the room, when nobody is heard", 0.0005, 0, 0},
	} {
		if got := level(c.mic, c.far, 300); math.Abs(got-c.want) > 0.5 {
			t.Errorf("%s is changed by %.1f dB, want %.1f", c.what, got, c.want)
		}
	}
}
