package studio

import (
	"math"
	"math/cmplx"

	"vitrine/capture/frame"
)

// parlour is a box-shaped room with a loudspeaker, which distorts 2 % at full scale, and a microphone in it: the way between the two by the
// image method (Allen and Berkley, 1979), walls alike, absorption after Sabine, at work a block at a time.
type parlour struct {
	parts [][]complex128 // spectra of the way, 10 ms each
	heard [][]complex128 // of the loudspeaker's last blocks, newest first
	last  [parlourFFT]complex128
}

const parlourFFT = 1024

// parlourOf is a room of so many metres, with the loudspeaker so many beside its place; gain makes it loud.
func parlourOf(size [3]float64, rt60, aside, gain float64) *parlour {
	way := images(size, rt60, aside)
	p := &parlour{}
	for at := 0; at < len(way); at += frame.BlockSamples {
		part := make([]complex128, parlourFFT)
		for i, v := range way[at:min(at+frame.BlockSamples, len(way))] {
			part[i] = complex(gain*v, 0)
		}
		fourier(part, -1)
		p.parts = append(p.parts, part)
		p.heard = append(p.heard, make([]complex128, parlourFFT))
	}
	return p
}

// become has the loudspeaker's sound go another way from now on.
func (p *parlour) become(o *parlour) { p.parts = o.parts }

// images is what a microphone hears of a click, sample by sample.
func images(size [3]float64, rt60, aside float64) []float64 {
	const c = 343.0
	from, to := [3]float64{0.4 * size[0], 0.4*size[1] + aside, 1.2}, [3]float64{0.4*size[0] + 0.6, 0.4*size[1] + 0.2, 1.25}
	volume, surface := size[0]*size[1]*size[2], 2*(size[0]*size[1]+size[0]*size[2]+size[1]*size[2])
	reflect := math.Sqrt(1 - min(0.99, 0.161*volume/(surface*rt60)))
	out := make([]float64, int(rt60*frame.SampleRate)+1)
	far := rt60 * c
	type image struct {
		d float64
		n int
	}
	var along [3][]image
	for i, s := range size {
		for n := -int(far/(2*s)) - 1; float64(n) <= far/(2*s)+1; n++ {
			k := max(n, -n)
			along[i] = append(along[i], image{from[i] + 2*float64(n)*s - to[i], 2 * k}, image{-from[i] + 2*float64(n)*s - to[i], max(n-1, 1-n) + k})
		}
	}
	for _, x := range along[0] {
		for _, y := range along[1] {
			for _, z := range along[2] {
				d := math.Sqrt(x.d*x.d + y.d*y.d + z.d*z.d)
				at := d / c * frame.SampleRate
				if i := int(at); i+1 < len(out) {
					a := math.Pow(reflect, float64(x.n+y.n+z.n)) / (4 * math.Pi * d)
					out[i] += a * (1 - at + float64(i))
					out[i+1] += a * (at - float64(i))
				}
			}
		}
	}
	return out
}

// hears is what the microphone hears of a block that the loudspeaker plays.
func (p *parlour) hears(played *frame.Block) (b frame.Block) {
	copy(p.last[:], p.last[frame.BlockSamples:])
	for i := range frame.BlockSamples {
		v := float64(played[2*i]+played[2*i+1]) / 2
		p.last[parlourFFT-frame.BlockSamples+i] = complex(v+0.02*v*v-0.08*v*v*v, 0)
	}
	oldest := p.heard[len(p.heard)-1]
	copy(p.heard[1:], p.heard)
	p.heard[0] = oldest
	copy(oldest, p.last[:])
	fourier(oldest, -1)
	var sum [parlourFFT]complex128
	for i, part := range p.parts {
		for k, v := range p.heard[i] {
			sum[k] += v * part[k]
		}
	}
	fourier(sum[:], 1)
	for i := range frame.BlockSamples {
		v := float32(real(sum[parlourFFT-frame.BlockSamples+i]) / parlourFFT)
		b[2*i], b[2*i+1] = v, v
	}
	return b
}

// turns of fourier.
var parlourTurns = func() (t [parlourFFT / 2]complex128) {
	for k := range t {
		t[k] = cmplx.Rect(1, 2*math.Pi*float64(k)/parlourFFT)
	}
	return t
}()

// fourier is the discrete Fourier transform in place, unscaled; backwards with a sign of 1 (Cooley and Tukey, 1965).
func fourier(x []complex128, sign float64) {
	for i, j := 1, 0; i < len(x); i++ {
		bit := len(x) / 2
		for ; j&bit != 0; bit /= 2 {
			j ^= bit
		}
		if j ^= bit; i < j {
			x[i], x[j] = x[j], x[i]
		}
	}
	for half := 1; half < len(x); half *= 2 {
		for at := 0; at < len(x); at += 2 * half {
			for k := range half {
				w := parlourTurns[k*len(x)/(2*half)]
				v := x[at+half+k] * complex(real(w), sign*imag(w))
				x[at+half+k] = x[at+k] - v
				x[at+k] += v
			}
		}
	}
}
