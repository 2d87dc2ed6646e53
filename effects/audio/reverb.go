package audio

import (
	"math"
	"time"

	"vitrine/capture/frame"
)

// ReverbMode is the kind of space a Reverb stands for.
type ReverbMode int

// The modes, from none to the largest. Studio is a treated room that makes a dry voice less bare, Plate a bright sheet of steel
// without early reflections.
const (
	ReverbOff ReverbMode = iota
	ReverbStudio
	ReverbRoom
	ReverbPlate
	ReverbHall
)

// space is what a mode is made of.
type space struct {
	decay             float64 // s, at 1 kHz
	shortest, longest float64 // ms, of the lines
	before            float64 // ms until the tail
	early             float64 // gain of the early reflections
	treble, corner    float64 // decay above the corner frequency (Hz) as a share of that below
}

var spaces = [...]space{
	ReverbStudio: {decay: 0.35, shortest: 7, longest: 23, before: 3, early: 0.4, treble: 0.6, corner: 6000},
	ReverbRoom:   {decay: 0.7, shortest: 11, longest: 41, before: 8, early: 0.4, treble: 0.45, corner: 5000},
	ReverbPlate:  {decay: 1.4, shortest: 9, longest: 53, before: 0, treble: 0.6, corner: 9000},
	ReverbHall:   {decay: 2.2, shortest: 31, longest: 83, before: 22, early: 0.35, treble: 0.4, corner: 4500},
}

// Decay is the time in which the sound of a mode falls by 60 dB at 1 kHz, unless set otherwise; 0 for ReverbOff.
func (m ReverbMode) Decay() time.Duration {
	return time.Duration(spaces[m].decay * float64(time.Second))
}

const (
	reverbLines = 16
	reverbStep  = 160  // samples worked on at a time; no delay may be shorter
	reverbPast  = 4096 // samples of memory in a line: 85 ms
	reverbFade  = 8    // blocks in which the tail fades when the mode changes
)

// Reverb puts a voice into a space: a feedback delay network of 16 lines with Hadamard mixing, whose losses are set so that bass
// and treble die away in their own time (Jot and Chaigne, "Digital delay networks for designing artificial reverberators", AES
// 1991), behind four all-pass diffusers (Schroeder 1962) and a few early reflections. The delays are prime, so that echoes do not
// fall together and ring. The voice itself passes without delay. Make it with NewReverb.
type Reverb struct {
	mode, next ReverbMode
	decay      time.Duration
	amount     float64
	now        float64 // the wet gain where the last block ended
	fade       float64 // 1 while the mode is the one wanted

	input   reverbLine
	hold    int // samples before the tail
	early   float32
	thin    float32 // state of the high-pass into the tail
	diffuse [4]diffuser
	lines   [reverbLines]reverbLine
	level   float32
}

// NewReverb returns a reverb that is off.
func NewReverb() *Reverb { return &Reverb{} }

// Set chooses the space, how long its sound takes to fall by 60 dB at 1 kHz (0 is the mode's own time, otherwise kept between
// 0.7 and three times that: a hall does not fall silent like a closet), and how loud it is: at amount 1 as loud as the voice. Another mode fades in after the old
// one has faded out; the rest glides or changes what is still to come.
func (r *Reverb) Set(mode ReverbMode, decay time.Duration, amount float64) {
	if decay != 0 {
		decay = min(max(decay, mode.Decay()*7/10), mode.Decay()*3)
	}
	again := mode == r.mode && mode != ReverbOff && decay != r.decay
	r.next, r.decay, r.amount = mode, decay, min(max(amount, 0), 1)
	if again {
		r.tune()
	}
}

// Process puts the voice with its space on both sides into out.
func (r *Reverb) Process(in *Mono, out *frame.Block) {
	for i, v := range in {
		out[2*i], out[2*i+1] = v, v
	}
	if r.mode != r.next {
		if r.fade = max(0, r.fade-1.0/reverbFade); r.fade == 0 {
			r.build()
		}
	} else {
		r.fade = min(1, r.fade+1.0/reverbFade)
	}
	wet := r.amount * r.fade
	if r.mode != ReverbOff {
		for from := 0; from < len(in); from += reverbStep {
			r.step(in[from:from+reverbStep], out[2*from:2*(from+reverbStep)], wet, from)
		}
	}
	r.now = wet
}

// step works on reverbStep samples, adding to out what sounds of them and before.
func (r *Reverb) step(in, out []float32, wet float64, from int) {
	var into, tail [reverbStep]float32
	var sound [2][reverbStep]float32
	r.input.put(in)
	r.input.get(into[:], r.hold+reverbStep)
	thin := r.thin
	for i, v := range into {
		thin += (v - thin) * 0.02 // 150 Hz
		tail[i] = v - thin
	}
	r.thin = thin
	for i := range r.diffuse {
		r.diffuse[i].process(&tail)
	}
	r.circulate(&tail, &sound)
	if r.early > 0 {
		for c := range sound {
			r.reflect(&sound[c], c)
		}
	}
	slope := float32((wet - r.now) / frame.BlockSamples)
	g := float32(r.now) + slope*float32(from)
	for i := range reverbStep {
		g += slope
		out[2*i] += g * sound[0][i]
		out[2*i+1] += g * sound[1][i]
	}
}

// circulate sends the sound in the lines round once more, with what is new. Two rows of the mixing matrix, at right angles to
// each other, are what both ears hear.
func (r *Reverb) circulate(in *[reverbStep]float32, sound *[2][reverbStep]float32) {
	var x [reverbLines][reverbStep]float32
	for k := range r.lines {
		r.lines[k].get(x[k][:], r.lines[k].length)
	}
	for k := 0; k < reverbLines; k += 2 {
		lose(&r.lines[k], &r.lines[k+1], &x[k], &x[k+1])
	}
	for gap := 1; gap < reverbLines; gap *= 4 {
		for k := range x {
			if k&(3*gap) == 0 {
				butterfly(&x[k], &x[k+gap], &x[k+2*gap], &x[k+3*gap])
			}
		}
	}
	for i := range reverbStep {
		sound[0][i] = x[5][i] * r.level
		sound[1][i] = x[10][i] * r.level
	}
	for k := range r.lines {
		for i, v := range in {
			x[k][i] += v
		}
		r.lines[k].put(x[k][:])
	}
}

// butterfly mixes four lines by the Hadamard matrix of that size.
func butterfly(a, b, c, d *[reverbStep]float32) {
	for i, v := range a {
		w, x, y := b[i], c[i], d[i]
		p, q, r, s := v+w, v-w, x+y, x-y
		a[i], b[i], c[i], d[i] = p+r, q+s, p-r, q-s
	}
}

// reverbTaps are the early reflections of a shoebox room with the talker off its middle, in ms for both ears; the
// further the weaker.
var reverbTaps = [2][6]float64{{4.3, 7.9, 11.3, 14.2, 17.9, 22.7}, {5.1, 6.7, 12.1, 15.7, 19.1, 21.1}}

func (r *Reverb) reflect(sound *[reverbStep]float32, ear int) {
	var echo [reverbStep]float32
	g := r.early
	for _, ms := range reverbTaps[ear] {
		r.input.get(echo[:], int(ms*frame.SampleRate/1000)+reverbStep)
		for i, v := range echo {
			sound[i] += v * g
		}
		g *= -0.8
	}
}

// build makes the space of the mode that comes, silent.
func (r *Reverb) build() {
	r.mode = r.next
	if r.mode == ReverbOff {
		return
	}
	s := spaces[r.mode]
	r.input, r.thin = reverbLine{}, 0
	r.hold = int(s.before * frame.SampleRate / 1000)
	r.early = float32(s.early)
	for i, length := range []int{163, 211, 317, 433} {
		r.diffuse[i] = diffuser{line: reverbLine{length: length}}
	}
	for k := range r.lines {
		ms := s.shortest * math.Pow(s.longest/s.shortest, float64(k)/(reverbLines-1))
		r.lines[k] = reverbLine{length: prime(int(ms * frame.SampleRate / 1000))}
	}
	r.tune()
}

// tune sets the losses of the lines, and the level so that a tail is as loud as what made it: the energy of a voice in the
// lines falls by 60 dB in the time of decay.
func (r *Reverb) tune() {
	s := spaces[r.mode]
	if r.decay != 0 {
		s.decay = r.decay.Seconds()
	}
	keep := float32(1 - math.Exp(-2*math.Pi*s.corner/frame.SampleRate))
	var mean float64
	for k := range r.lines {
		l := &r.lines[k]
		seconds := float64(l.length) / frame.SampleRate
		mean += seconds / reverbLines
		// 1/4 makes the Hadamard matrix of 16 rows keep energy.
		l.bass = float32(math.Pow(10, -3*seconds/s.decay) / 4)
		l.treble = float32(math.Pow(10, -3*seconds/(s.decay*s.treble)) / 4)
		l.keep = keep
	}
	r.level = float32(math.Sqrt(1 - math.Pow(10, -6*mean/s.decay)))
}

// prime is the next prime number from n.
func prime(n int) int {
	for ; ; n++ {
		d := 2
		for d*d <= n && n%d != 0 {
			d++
		}
		if d*d > n {
			return n
		}
	}
}

// reverbLine is a delay line with its loss. Samples are put and got in steps.
type reverbLine struct {
	length             int
	bass, treble, keep float32
	low                float32
	past               [reverbPast]float32
	at                 int
}

func (l *reverbLine) put(x []float32) {
	n := copy(l.past[l.at:], x)
	copy(l.past[:], x[n:])
	l.at = (l.at + len(x)) % reverbPast
}

// get reads the samples from the one put ago samples before the next.
func (l *reverbLine) get(x []float32, ago int) {
	from := (l.at - ago + reverbPast) % reverbPast
	n := copy(x, l.past[from:])
	copy(x[n:], l.past[:])
}

// lose filters x and y by shelves of first order: the losses of one way through the lines k and l. Two at a time, because one
// alone would wait for itself.
func lose(k, l *reverbLine, x, y *[reverbStep]float32) {
	keep := k.keep
	low, treble, bass := k.low, k.treble, k.bass-k.treble
	low2, treble2, bass2 := l.low, l.treble, l.bass-l.treble
	for i, v := range x {
		w := y[i]
		// A little is added so that silence does not end in slow, denormal numbers.
		low = low*(1-keep) + (v*keep + 1e-20)
		low2 = low2*(1-keep) + (w*keep + 1e-20)
		x[i], y[i] = low*bass+v*treble, low2*bass2+w*treble2
	}
	k.low, l.low = low, low2
}

// diffuser is an all-pass: it smears a sound over time and leaves its colour.
type diffuser struct{ line reverbLine }

func (d *diffuser) process(x *[reverbStep]float32) {
	const g = 0.6
	var old, next [reverbStep]float32
	d.line.get(old[:], d.line.length)
	for i, v := range x {
		w := v - g*old[i] + 1e-20
		next[i] = w
		x[i] = old[i] + g*w
	}
	d.line.put(next[:])
}
