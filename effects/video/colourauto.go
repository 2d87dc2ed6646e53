package video

import (
	"math"
	"time"

	"vitrine/capture/frame"
)

// correction is what Auto adds: stops of exposure and, relative to green, stops of red and blue. It moves in steps that
// nobody sees, so that the table is not made anew for every picture.
type correction struct {
	stops, red, blue float64
}

const correctionSteps = 64 // a stop

// Limits of the automatic correction. Colours are corrected by castShare only: lamps may look warm.
const (
	darkest      = 0.33 // a median signal below it is lifted to it
	brightest    = 0.72 // one above it is lowered to it
	highlight    = 0.78 // the 95th percentile, where faces are in a dark room, is not lifted above it
	mostLift     = 1.25 // stops
	mostLowering = 0.75
	mostNoise    = 3.5 // standard deviation of luma noise after lifting, in levels
	castShare    = 0.7
	mostCast     = 0.5  // stops of red or blue
	plausible    = 0.08 // how far from one half shares of a grey thing's red and blue lie under any lamp
)

// Auto begins to move when the target is this far away, in stops, and then goes all the way.
const (
	restStops = 0.12
	restCast  = 0.07
)

// pace is the time constant of the approach, and longestStep what a gap between pictures counts at most.
const (
	pace        = 800 * time.Millisecond
	longestStep = 100 * time.Millisecond
)

// auto watches pictures and glides to the correction they need.
type auto struct {
	now    correction
	last   time.Duration
	seen   bool
	moving bool

	luma      [256]int
	red, blue [shares]int // histograms of R'/(R'+G') and B'/(B'+G')
	rough     [64]int     // of second differences in luma
	grey, all int         // places that may be grey, and all
}

const shares = 256

func (a *auto) correction() correction {
	step := func(x float64) float64 { return math.Round(x*correctionSteps) / correctionSteps }
	return correction{step(a.now.stops), step(a.now.red), step(a.now.blue)}
}

// watch measures v as the camera gave it, so that the correction never feeds on itself.
func (a *auto) watch(v *frame.Video) {
	step := bounded((v.PTS - a.last).Seconds(), 0, longestStep.Seconds())
	if !a.seen {
		step = 0
	}
	a.last, a.seen = v.PTS, true
	a.measure(v)
	to := a.target()
	far := max(math.Abs(to.stops-a.now.stops)/restStops, math.Abs(to.red-a.now.red)/restCast, math.Abs(to.blue-a.now.blue)/restCast)
	if far > 1 {
		a.moving = true
	}
	if !a.moving {
		return
	}
	f := 1 - math.Exp(-step/pace.Seconds())
	a.now.stops += f * (to.stops - a.now.stops)
	a.now.red += f * (to.red - a.now.red)
	a.now.blue += f * (to.blue - a.now.blue)
	a.moving = far > 0.1
}

// measure fills the histograms from about 4,000 places.
func (a *auto) measure(v *frame.Video) {
	clear(a.luma[:])
	clear(a.red[:])
	clear(a.blue[:])
	clear(a.rough[:])
	a.grey, a.all = 0, 0
	step := max(2, int(math.Sqrt(float64(v.Width*v.Height)/4000))) &^ 1
	for y := 0; y < v.Height; y += step {
		row := v.Y[y*v.YStride : y*v.YStride+v.Width]
		for x := step / 2; x+1 < v.Width; x += step {
			l := row[x]
			a.luma[l]++
			a.all++
			d := 2*int(l) - int(row[x-1]) - int(row[x+1])
			a.rough[min(max(d, -d), len(a.rough)-1)]++
			if l > 32 && l < 225 {
				c := y/2*v.CStride + x/2
				a.tinge(rgb(float32(l), float32(v.U[c]), float32(v.V[c])))
			}
		}
	}
}

func (a *auto) tinge(r, g, b float32) {
	if r <= 0 || g <= 0 || b <= 0 {
		return
	}
	red, blue := r/(r+g), b/(b+g)
	// The nearer to grey, the more it counts: skin is no measure of light.
	off := max(red-0.5, 0.5-red, blue-0.5, 0.5-blue)
	if weight := int((1 - off/plausible) * 16); weight > 0 {
		a.red[int(red*shares)] += weight
		a.blue[int(blue*shares)] += weight
		a.grey++
	}
}

// percentile is the place in a histogram below which the share p lies, between two classes by linear interpolation; 0
// when it is empty.
func percentile(h []int, p float64) float64 {
	total := 0
	for _, n := range h {
		total += n
	}
	want := p * float64(total)
	for i, n := range h {
		if float64(n) >= want && n > 0 {
			return float64(i) + want/float64(n)
		}
		want -= float64(n)
	}
	return 0
}

func (a *auto) target() correction {
	to := correction{stops: a.exposure()}
	// A fade-in of the share that may be grey, because a threshold would pump.
	if sure := bounded(float64(a.grey)/float64(max(a.all, 1))*10-0.5, 0, 1); sure > 0 {
		to.red, to.blue = sure*cast(a.red[:]), sure*cast(a.blue[:])
	}
	return to
}

// exposure brings the median of luma into its bounds, as far as highlights and noise allow.
func (a *auto) exposure() float64 {
	at := func(p float64) float64 { return light(max(0.01, (percentile(a.luma[:], p)-16)/219)) }
	middle := at(0.5)
	if middle > light(brightest) {
		return max(math.Log2(light(brightest)/middle), -mostLowering)
	}
	lift := math.Log2(light(darkest) / middle)
	lift = min(lift, math.Log2(light(highlight)/at(0.95)), mostLift)
	// Noise grows with the signal, whose exponent is 0.45.
	lift = min(lift, math.Log2(mostNoise/max(0.1, a.noise()))/0.45)
	return max(lift, 0)
}

// noise is the standard deviation of luma in levels. Texture is left out by taking the mean of the lower half of absolute
// second differences; for a normal distribution that is 0.3246 deviations, and of a second difference √6 times that.
func (a *auto) noise() float64 {
	half, sum, n := 0, 0, 0
	for _, c := range a.rough {
		half += c
	}
	half /= 2
	for d, c := range a.rough {
		c = min(c, half-n)
		n += c
		sum += c * d
	}
	if n == 0 {
		return 0
	}
	return float64(sum) / float64(n) / (0.3246 * math.Sqrt(6))
}

// cast is the grey-world assumption with the median for the mean, so that a coloured wall or a face in one half of the picture
// is not taken for light: the stops that make the median of a channel equal to green. What no lamp makes of grey was left out.
func cast(h []int) float64 {
	s := percentile(h, 0.5) / shares
	// A ratio of signals is that of light to the power of 0.45.
	return bounded(-castShare*math.Log2(s/(1-s))/0.45, -mostCast, mostCast)
}
