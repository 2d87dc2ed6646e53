package audio

import "math"

// rnPitch finds the period of a voice (section "Pitch filtering") as Opus does (Valin et al., "High-Quality, Low-Delay Music Coding in
// the Opus Codec", 2013): where the sound, made white and at 24 kHz, is most like what was before, if it is not as much so at a fraction
// of that period. A place is where in white the earlier sound begins: rnLag less the lag.
type rnPitch struct {
	half    []float32 // at 24 kHz, rnTaps zeros before and behind
	alike   [rnTaps]float32
	taps    [1 + rnTaps]float32
	white   []float32
	quarter []float32 // every second of white
	at      []int32   // of rows one number apart
	coarse  [rnCoarse]float32
	fine    [rnLag + 1]float32 // by place: how alike
	energy  [rnLag + 1]float32 // by lag: of the earlier sound

	period   int // the last one, in samples at 48 kHz
	strength float32
}

const (
	rnLongest, rnShortest = 768, 60 // periods in samples at 48 kHz: 62.5 to 800 Hz

	// At 24 kHz:
	rnHalf  = rnPast / 2
	rnLag   = rnLongest / 2
	rnHeard = rnHalf - rnLag // samples that are compared
	rnFine  = (rnLongest - 3*rnShortest) / 2
	rnTaps  = 5
	// At 12 kHz:
	rnCoarse = rnFine / 2
)

func newRNPitch() rnPitch {
	return rnPitch{
		half: netSpace(rnTaps + rnHalf + rnTaps), white: netSpace(rnHalf), quarter: netSpace(rnHalf / 2), at: rowsAt(rnHalf, 1, 0),
	}
}

// find returns the period at the end of past, in samples.
func (p *rnPitch) find(past *[rnPast]float32) int {
	p.whiten(past)
	for i := range p.quarter {
		p.quarter[i] = p.white[2*i]
	}
	weigh(p.coarse[:], p.quarter, p.at, p.quarter[rnLag/2:], 1)
	weigh(p.fine[:], p.white, p.at, p.white[rnLag:], 1)
	p.energies()
	p.period, p.strength = p.fraction(p.search())
	return p.period
}

// whiten halves the rate and flattens the spectrum: by linear prediction of fourth order, and a zero against what halving damped.
func (p *rnPitch) whiten(past *[rnPast]float32) {
	half := p.half[rnTaps:][:rnHalf]
	half[0] = (past[1]/2 + past[0]) / 2
	for i := 1; i < rnHalf; i++ {
		half[i] = ((past[2*i-1]+past[2*i+1])/2 + past[2*i]) / 2
	}
	weigh(p.alike[:], p.half[rnTaps:], p.at, half, 1)
	p.alike[0] *= 1.0001
	for i := range p.alike {
		p.alike[i] -= p.alike[i] * (.008 * float32(i)) * (.008 * float32(i))
	}
	const zero = .8
	a, damping := rnPredictor(&p.alike), float32(1)
	for i := range a {
		damping *= .9
		a[i] *= damping
	}
	// The newest sample last, as in the row.
	p.taps = [...]float32{zero * a[3], a[3] + zero*a[2], a[2] + zero*a[1], a[1] + zero*a[0], a[0] + zero, 1}
	weigh(p.white, p.half, p.at, p.taps[:], 1)
}

// rnPredictor are the coefficients of linear prediction (Levinson and Durbin) for an autocorrelation, as many as lower the error by 30 dB.
func rnPredictor(r *[rnTaps]float32) (a [rnTaps - 1]float32) {
	rest := r[0]
	for i := range a {
		if rest == 0 || rest < .001*r[0] {
			break
		}
		var sum float32
		for j := range i {
			sum += a[j] * r[i-j]
		}
		k := -(sum + r[i+1]) / rest
		before := a
		for j := range i {
			a[j] += k * before[i-1-j]
		}
		a[i] = k
		rest -= k * k * rest
	}
	return a
}

// energies adds and takes away a sample from lag to lag.
func (p *rnPitch) energies() {
	sum := p.fine[rnLag]
	p.energy[0] = sum
	for lag := 1; lag <= rnLag; lag++ {
		first, last := p.white[rnLag-lag], p.white[rnLag-lag+rnHeard]
		sum = sum + first*first - last*last
		p.energy[lag] = max(0, sum)
	}
}

// search returns the most likely lag: near one of the two places that are best at 12 kHz.
func (p *rnPitch) search() (lag int) {
	var near [rnFine]float32
	for _, place := range rnBest(p.coarse[:], p.quarter, rnHeard/2) {
		for i := max(0, 2*place-2); i <= min(2*place+2, rnFine-1); i++ {
			near[i] = max(-1, p.fine[i])
		}
	}
	place := rnBest(near[:], p.white, rnHeard)[0]
	lag = rnLag - place
	if place > 0 && place < rnFine-1 && rnLean(near[place-1], near[place], near[place+1]) < 0 {
		lag--
	}
	return min(lag, rnLag-1)
}

// rnBest are the two places where what is alike of n samples is most for the energy of x there.
func rnBest(alike, x []float32, n int) (best [2]int) {
	best[1] = 1
	squares, energies := [2]float64{-1, -1}, [2]float64{}
	energy := float32(1)
	for _, v := range x[:n] {
		energy += v * v
	}
	for i, v := range alike {
		square, e := float64(v)*float64(v), float64(energy)
		if v > 0 && square*energies[1] > squares[1]*e {
			last := 1
			if square*energies[0] > squares[0]*e {
				best[1], squares[1], energies[1] = best[0], squares[0], energies[0]
				last = 0
			}
			best[last], squares[last], energies[last] = i, square, e
		}
		energy = max(1, energy+(x[i+n]*x[i+n]-x[i]*x[i]))
	}
	return best
}

// rnLean says to which neighbour, -1 or 1, the top of three numbers leans so much that it is nearer to half way there, 0 if to none.
func rnLean(before, top, after float32) int {
	switch {
	case after-before > .7*(top-before):
		return 1
	case before-after > .7*(top-after):
		return -1
	}
	return 0
}

// rnGuess is a lag; how alike the sound is to what was so much earlier, and the energy of that; and the correlation this makes.
type rnGuess struct {
	lag                     int
	alike, energy, strength float32
}

// guess is of the mean of two lags.
func (p *rnPitch) guess(lag, other int) rnGuess {
	g := rnGuess{lag: lag, alike: (p.fine[rnLag-lag] + p.fine[rnLag-other]) / 2, energy: (p.energy[lag] + p.energy[other]) / 2}
	g.strength = float32(float64(g.alike) / math.Sqrt(float64(1+p.energy[0]*g.energy)))
	return g
}

// fraction returns the period, in samples at 48 kHz, and how strong it is: that of the shortest fraction of the lag that is nearly as
// strong as the whole, taken together with another multiple of it.
func (p *rnPitch) fraction(lag int) (period int, strength float32) {
	whole := p.guess(lag, lag)
	best := whole
	for k := 2; k <= 15; k++ {
		part, other := rounded(lag, k), rounded(rnOther(k)*lag, k)
		if part < rnShortest/2 {
			break
		}
		if other > rnLag {
			other = lag
		}
		if g := p.guess(part, other); g.strength > p.wanted(part, whole, k) {
			best = g
		}
	}
	strength = 1
	if best.energy > best.alike {
		strength = max(0, best.alike) / (best.energy + 1)
	}
	place := rnLag - best.lag
	period = 2*best.lag + rnLean(p.fine[place+1], p.fine[place], p.fine[place-1])
	return max(period, rnShortest), min(strength, best.strength)
}

// wanted is how strong the k-th part of a lag must be to be the period: less if the last period was like it, more if it is short.
func (p *rnPitch) wanted(part int, whole rnGuess, k int) float32 {
	var trust float32
	switch d := part - p.period/2; {
	case d >= -1 && d <= 1:
		trust = p.strength
	case d >= -2 && d <= 2 && 5*k*k < whole.lag:
		trust = p.strength / 2
	}
	if part < 3*rnShortest/2 {
		return max(.4, .85*whole.strength-trust)
	}
	return max(.3, .7*whole.strength-trust)
}

// rnOther is the multiple of the k-th part of a lag at which to look too, the smallest prime that does not divide k: at the others
// there may be a longer period's peaks.
func rnOther(k int) int {
	for _, prime := range [...]int{2, 3} {
		if k%prime != 0 {
			return prime
		}
	}
	return 5
}

// rounded is n/k.
func rounded(n, k int) int { return (2*n + k) / (2 * k) }
