package audio

import "math"

// Echo takes out of the microphone's sound what comes from the loudspeaker, for hosts without headphones. Make it with NewEcho.
//
// A Kalman filter models the way from loudspeaker to microphone and subtracts what it expects (Enzner and Vary,
// "Frequency-domain adaptive Kalman filter for acoustic echo control in hands-free telephones", 2006; partitioned: Kuech,
// Mabande and Enzner, "State-space architecture of the partitioned-block-based acoustic echo controller", 2014). Beside it runs
// a shadow filter that believes the way to change all the time: worse in the long run, quicker when somebody moves the
// microphone; whichever has clearly less error teaches the other (Ochiai et al., "Echo canceler with two echo path models",
// 1977). What is left, distortion and reverberation that the filters cannot model, is suppressed bin by bin, and all of it where nobody near speaks.
//
// Until the filter has proved that there is an echo, and ten seconds of the loudspeaker's sound after it last did, the
// microphone's sound is let through as it is: a host with headphones loses nothing.
//
// The filters cover 280 ms, from wherever echoDelay finds the echo to begin, up to 290 ms after the loudspeaker's block.
type Echo struct {
	main, shadow echoFilter
	residue      *echoResidue
	delay        echoDelay

	ring     [][]complex64 // spectra of the loudspeaker's last blocks, from newest on, oldest last
	newest   int
	offset   int     // blocks between loudspeaker and the beginning of the echo
	heard    float32 // energy of the microphone's block, smoothed
	proof    int     // blocks for which the filter has made it clearly quieter
	unproved int     // blocks of the loudspeaker's sound without proof of an echo
	silent   int     // blocks for which the loudspeaker has played nothing

	fft       *fft
	loud, mic []float32 // the last 1024 samples
	spec      []complex64
	time      []float32
	gain      []float32
	late      []float32 // power of the echo that comes after what the filters cover
}

const (
	echoRing = 64
	// How slowly reverberation dies away at most, as power, a block: by 60 dB in 1.9 s.
	echoSlowest = .93
	// How much of its power the way is believed to change in a block: in main, in shadow.
	echoSteady, echoUnsteady = .0004, .02
	// By how much less error the shadow, or the main filter, has to have to teach the other.
	echoWins, echoLoses = .6, .5
	// What part of the microphone's energy may be left, for how many blocks, to prove an echo; for how many that counts.
	echoProof, echoLasting, echoPatience = .5, 12, 1000
)

// NewEcho returns a canceller that knows nothing of the room yet.
func NewEcho() *Echo {
	e := &Echo{fft: newFFT(echoFFT), unproved: echoPatience}
	bins := e.fft.bins()
	e.main, e.shadow = newEchoFilter(echoSteady, bins), newEchoFilter(echoUnsteady, bins)
	e.residue = newEchoResidue(e.fft)
	for range echoRing {
		e.ring = append(e.ring, make([]complex64, bins))
	}
	e.loud, e.mic = make([]float32, echoFFT), make([]float32, echoFFT)
	e.spec, e.time, e.gain = make([]complex64, bins), make([]float32, echoFFT), make([]float32, bins)
	e.late = make([]float32, bins)
	return e
}

// Latency is by how many samples the microphone's sound is delayed: 480 (10 ms).
func (e *Echo) Latency() int { return echoHop }

// Process takes the echo of far, the very block given to the loudspeaker in the time of mic or a little before, out of mic.
func (e *Echo) Process(mic, far *Mono) {
	e.listen(mic, far)
	if e.silent > echoRing {
		e.residue.process(mic, mic, &Mono{}, nil, nil, nil)
		return
	}
	for _, f := range [...]*echoFilter{&e.main, &e.shadow} {
		f.subtract(e, mic)
		f.learn(e)
	}
	e.reverberate()
	if e.echoes(mic) {
		e.residue.process(mic, &e.main.err, &e.main.echo, e.far(delayAhead), e.late, e.main.unsure)
	} else {
		e.residue.process(mic, mic, &Mono{}, nil, nil, nil)
	}
	if e.shadow.loud < echoWins*e.main.loud {
		e.main.become(&e.shadow)
		e.residue.distrust()
	} else if e.main.loud < echoLoses*e.shadow.loud {
		e.shadow.become(&e.main)
	}
}

// reverberate estimates what is still in the room of the sound that the loudspeaker played before what the filters cover: it goes on
// dying away as it does at the model's end (Habets et al., "Joint dereverberation and residual echo suppression of speech signals
// in noisy environments", 2008).
func (e *Echo) reverberate() {
	const span = echoSpan / 4
	var before, end float32
	for i := range span {
		before += e.main.part[echoSpan-2*span+i]
		end += e.main.part[echoSpan-span+i]
	}
	fall := min(float32(math.Pow(float64(end/(before+echoTiny)), 1./span)), echoSlowest)
	next := end / span * float32(math.Pow(float64(fall), span/2))
	for k, x := range e.far(echoSpan) {
		e.late[k] = fall*e.late[k] + next*power(x)
	}
}

// echoes reports whether the filter has lately proved that there is an echo, by making the microphone's sound clearly quieter.
// With headphones it never does, and the voice must not suffer from what it makes up.
func (e *Echo) echoes(mic *Mono) bool {
	e.heard += .1 * (loudness(mic)*echoHop - e.heard)
	e.proof++
	if e.main.loud > echoProof*e.heard {
		e.proof = 0
	}
	e.unproved++
	if e.proof > echoLasting {
		e.unproved = 0
	}
	return e.unproved < echoPatience
}

// listen puts the blocks into the past of loudspeaker and microphone, and begins anew when the delay between the two has
// changed.
func (e *Echo) listen(mic, far *Mono) {
	e.newest = (e.newest + echoRing - 1) % echoRing
	heard := &e.delay.far[e.newest]
	e.silent++
	if loudness(far) > delayQuiet {
		e.silent = 0
	}
	e.transform(e.ring[e.newest], e.loud, far)
	phases(heard, e.ring[e.newest])
	if e.silent > 0 {
		*heard = [delayBins]complex64{}
	}
	e.transform(e.spec, e.mic, mic)
	phases(&e.delay.mic, e.spec)
	// A filter that makes the microphone's sound clearly quieter stands at the right place, whatever the correlation says.
	if by := e.delay.update(e.newest, e.offset); by != 0 && e.unproved > echoLasting {
		e.offset += by
		e.main.reset()
		e.shadow.reset()
		e.residue.forget()
	}
}

// transform appends a block to the last samples and puts their spectrum into spec.
func (e *Echo) transform(spec []complex64, last []float32, b *Mono) {
	copy(last, last[echoHop:])
	copy(last[echoOld:], b[:])
	e.fft.forward(spec, last)
}

// far is the loudspeaker's spectrum for partition i of the filters.
func (e *Echo) far(i int) []complex64 { return e.ring[(e.newest+e.offset+i)%echoRing] }

// loudness is the mean square of a block.
func loudness(b *Mono) float32 {
	var sum float32
	for _, v := range b {
		sum += v * v
	}
	return sum / float32(len(b))
}
