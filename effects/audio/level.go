package audio

import (
	"math"

	"vitrine/capture/frame"
)

// TargetLUFS is the loudness that Level brings a voice to, as a program that carries it on both sides has it.
const TargetLUFS = -16

// Bounds of Level's gain, in dB, and how it moves: up slowly, so that the room does not breathe, down quicker, so that a shout is
// soon over. Far from the target it moves at full speed, near it only by a share of the distance a second.
const (
	levelMost   = 30
	levelLeast  = -24
	levelUp     = 8.0  // dB/s
	levelDown   = 24.0 // dB/s
	levelUpBy   = 0.7
	levelDownBy = 3.0
)

// What counts as speech. Windows are 400 ms long and begin every 100 ms.
const (
	levelHop      = 10  // blocks from one window to the next
	levelWindow   = 4   // hops in a window
	levelWindows  = 50  // of speech that the loudness is taken from: 5 s
	levelFloor    = 30  // hops in which the quietest is the room: 3 s
	levelAbove    = 6   // LU above the room
	levelGate     = -50 // LUFS
	levelBelow    = 10  // LU below the speaker so far: a breath or a chair, unless it goes on …
	levelBelowFor = 20  // … for that many windows
	levelOver     = 8   // LU above the speaker so far: another one …
	levelOverFor  = 4   // … after that many windows
)

// Level is the automatic gain: it brings a voice of any loudness from −40 to −2 LUFS to TargetLUFS within a few seconds and holds
// it there. It hears speech only: what is not well above the room's own noise moves nothing, so that pauses are not lifted.
// It goes by the loudness of the last 5 s of speech, K-weighted and gated as ITU-R BS.1770-5 does for a program; the short
// memory is what makes it follow a speaker. It adds no delay. Make it with NewLevel.
type Level struct {
	weight  levelWeight
	sum     float64 // of this hop
	blocks  int
	hops    [levelFloor]float64 // mean power
	hop     int
	speech  [levelWindows]float64
	n, at   int
	quieter int     // windows in a row much below the speaker so far
	louder  int     // and much above
	wanted  float64 // dB
	db      float64
	gain    float64 // linear, where the last block ended
	speaks  bool
}

// NewLevel returns a gain of 0 dB.
func NewLevel() *Level { return &Level{gain: 1} }

// GainDB is the gain now, for a meter.
func (l *Level) GainDB() float64 { return l.db }

// Process applies the gain in place. It moves in a straight line over the block.
func (l *Level) Process(b *Mono) {
	l.sum += l.weight.power(b)
	if l.blocks++; l.blocks == levelHop {
		l.listen(l.sum / (levelHop * frame.BlockSamples))
		l.sum, l.blocks = 0, 0
	}
	if l.speaks {
		l.approach()
	}
	to := math.Pow(10, l.db/20)
	step, g := (to-l.gain)/frame.BlockSamples, l.gain
	for i, v := range b {
		g += step
		b[i] = v * float32(g)
	}
	l.gain = to
}

// approach moves the gain towards the one wanted for the length of a block.
func (l *Level) approach() {
	const second = frame.SampleRate / frame.BlockSamples
	if d := l.wanted - l.db; d > 0 {
		l.db += min(levelUp, levelUpBy*d) / second
	} else {
		l.db += max(-levelDown, levelDownBy*d) / second
	}
}

// listen takes the mean power of a hop that has passed.
func (l *Level) listen(power float64) {
	l.hops[l.hop%levelFloor] = power
	l.hop++
	room, window := math.Inf(1), 0.0
	for i := range min(l.hop, levelFloor) {
		room = min(room, l.hops[i])
	}
	for i := max(0, l.hop-levelWindow); i < l.hop; i++ {
		window += l.hops[i%levelFloor] / levelWindow
	}
	loud := levelLUFS(window)
	if l.speaks = l.hop >= levelWindow && loud > levelGate && loud > levelLUFS(room)+levelAbove; !l.speaks {
		return
	}
	if !l.believes(loud) {
		return
	}
	l.speech[l.at] = window
	l.at = (l.at + 1) % levelWindows
	l.n = min(l.n+1, levelWindows)
	l.wanted = min(max(TargetLUFS-l.loudness(), levelLeast), levelMost)
}

// believes says whether a window may count. A breath or a chair much below the speaker so far does not; when it goes on, or when
// somebody is much louder, the speaker is another or has moved, and what was before is forgotten.
func (l *Level) believes(loud float64) bool {
	if l.n == 0 {
		return true
	}
	switch d := loud - (TargetLUFS - l.wanted); {
	case d < -levelBelow:
		l.quieter, l.louder = l.quieter+1, 0
	case d > levelOver:
		l.quieter, l.louder = 0, l.louder+1
	default:
		l.quieter, l.louder = 0, 0
	}
	if l.quieter >= levelBelowFor || l.louder >= levelOverFor {
		l.quieter, l.louder, l.n, l.at = 0, 0, 0, 0
	}
	return l.quieter == 0
}

// loudness is that of the remembered speech, gated 10 LU below its mean.
func (l *Level) loudness() float64 {
	var mean float64
	for _, p := range l.speech[:l.n] {
		mean += p / float64(l.n)
	}
	var sum, n float64
	for _, p := range l.speech[:l.n] {
		if p > mean/10 {
			sum += p
			n++
		}
	}
	return levelLUFS(sum / n)
}

// levelLUFS is the loudness of a K-weighted mean power that both sides carry.
func levelLUFS(power float64) float64 { return -0.691 + 10*math.Log10(max(2*power, 1e-12)) }

// levelWeight is the K filter of BS.1770 at 48 kHz: a shelf for the head, then a high-pass.
type levelWeight struct{ s1, s2, s3, s4 float64 }

// power filters a copy of b and sums its squares.
func (w *levelWeight) power(b *Mono) (sum float64) {
	s1, s2, s3, s4 := w.s1, w.s2, w.s3, w.s4
	for _, v := range b {
		in := float64(v)
		shelf := 1.53512485958697*in + s1
		s1 = -2.69169618940638*in + 1.69065929318241*shelf + s2
		s2 = 1.19839281085285*in - 0.73248077421585*shelf
		out := shelf + s3
		s3 = -2*shelf + 1.99004745483398*out + s4
		s4 = shelf - 0.99007225036621*out
		sum += out * out
	}
	w.s1, w.s2, w.s3, w.s4 = s1, s2, s3, s4
	return sum
}
