package mix

import (
	"math"

	"vitrine/capture/frame"
)

// Place is where a voice is heard.
type Place struct {
	// Side is −1 at the very left, 0 in the middle, 1 at the very right.
	Side float64
	// Distance is 0 for somebody at the table, 1 for somebody at the end of the room.
	Distance float64
}

// What the outermost places do.
const (
	spaceWidth   = 0.6                        // share of the pan law's quarter turn: 9.8 dB between the ears at the side
	spaceDelay   = 0.00066 * frame.SampleRate // samples that the far ear hears later at the side: a head of 8.75 cm
	spaceQuieter = 12.0                       // dB at the end of the room: four times as far
	spaceDuller  = 9.0                        // dB less treble there
	spaceTreble  = 3500.0                     // Hz
	spaceRoom    = 0.12                       // gain of each reflection there
	spaceGlide   = 0.93                       // what is left of the way to a new place after each block: 63 % in 140 ms
)

// echoes are the first reflections of a small room, in samples for the left and the right ear: mutually prime, so that they
// make no pitch.
var echoes = [2][4]int{{421, 769, 1109, 1523}, {509, 683, 1213, 1613}}

// Space gives a voice its place: a constant-power pan, the later arrival at the far ear (Woodworth's head, at most 0.66 ms), and
// for distance less level, less treble and the room's first reflections, which do not become quieter as the voice does. A
// voice moves to a new place smoothly. In the middle, near, it passes a sample later,
// otherwise unchanged but made mono. The zero value is there. Not safe
// for concurrent use.
type Space struct {
	started bool
	want    Place
	now     spot
	past    [spacePast]float32
	at      int
	dull    float64
}

const spacePast = 2048 // samples, a power of two

// spot is what a place means for the samples.
type spot struct {
	gain   [2]float64
	later  [2]float64 // samples
	treble float64    // gain of what lies above spaceTreble
	room   float64
}

// Set moves the voice. The first place is taken at once.
func (s *Space) Set(p Place) {
	s.want = Place{Side: min(max(p.Side, -1), 1), Distance: min(max(p.Distance, 0), 1)}
	if !s.started {
		s.started, s.now = true, s.want.spot()
	}
}

func (p Place) spot() (s spot) {
	far := math.Pow(10, -spaceQuieter*p.Distance/20)
	sin, cos := math.Sincos(math.Pi / 4 * (1 + spaceWidth*p.Side))
	s.gain = [2]float64{math.Sqrt2 * cos * far, math.Sqrt2 * sin * far}
	angle := math.Abs(p.Side) * math.Pi / 2
	delay := spaceDelay * (angle + math.Sin(angle)) / (1 + math.Pi/2)
	if p.Side > 0 {
		s.later[0] = delay
	} else {
		s.later[1] = delay
	}
	s.treble = math.Pow(10, -spaceDuller*p.Distance/20)
	s.room = spaceRoom * math.Sqrt(p.Distance)
	return s
}

// toward is the spot a share of the way from s to t.
func (s spot) toward(t spot, share float64) spot {
	mid := func(a, b float64) float64 { return a + (b-a)*share }
	for c := range s.gain {
		s.gain[c], s.later[c] = mid(s.gain[c], t.gain[c]), mid(s.later[c], t.later[c])
	}
	s.treble, s.room = mid(s.treble, t.treble), mid(s.room, t.room)
	return s
}

// dullKeep is the one-pole low-pass that divides bass from treble.
var dullKeep = math.Exp(-2 * math.Pi * spaceTreble / frame.SampleRate)

// Process puts the mean of both sides of a block in its place, in place.
func (s *Space) Process(b *frame.Block) {
	if !s.started {
		s.Set(Place{})
	}
	from, to := s.now, s.now.toward(s.want.spot(), 1-spaceGlide)
	for i := 0; i < len(b); i += 2 {
		p := from.toward(to, float64(i+2)/float64(len(b)))
		in := float64(b[i]+b[i+1]) / 2
		s.dull += (in - s.dull) * (1 - dullKeep)
		s.at = (s.at + 1) % spacePast
		s.past[s.at] = float32(s.dull + (in-s.dull)*p.treble)
		for c := range 2 {
			v := s.delayed(p.later[c]) * p.gain[c]
			if p.room > 0 {
				v += s.reflected(c) * p.room
			}
			b[i+c] = float32(v)
		}
	}
	s.now = to
}

// delayed reads the voice a fraction of samples ago, and one more that both ears share, by a cubic through four of them (Lagrange). Its loss of treble between
// samples falls on the far ear only, which the head keeps from treble anyway.
func (s *Space) delayed(by float64) float64 {
	n := int(by)
	x := by - float64(n)
	if x == 0 {
		return float64(s.ago(n + 1))
	}
	a, b, c, d := float64(s.ago(n)), float64(s.ago(n+1)), float64(s.ago(n+2)), float64(s.ago(n+3))
	return -a*x*(x-1)*(x-2)/6 + b*(x+1)*(x-1)*(x-2)/2 - c*(x+1)*x*(x-2)/2 + d*(x+1)*x*(x-1)/6
}

func (s *Space) ago(n int) float32 { return s.past[(s.at-n)&(spacePast-1)] }

// reflected sums the first reflections at an ear, each weaker than the one before.
func (s *Space) reflected(ear int) (sum float64) {
	g := 1.0
	for _, d := range echoes[ear] {
		sum += g * float64(s.ago(d))
		g *= -0.8
	}
	return sum
}
