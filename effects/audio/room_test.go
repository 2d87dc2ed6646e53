package audio

import "math"

// room is the way of sound from a loudspeaker to a microphone in a box-shaped room, by the image method (Allen and Berkley,
// "Image method for efficiently simulating small-room acoustics", 1979), walls alike, absorption after Sabine.
func room(rt60, source float64) []float32 {
	const c, rate = 343.0, 48000.0
	size := [3]float64{5, 4, 2.7}
	src, mic := [3]float64{2, 1.5 + source, 1.2}, [3]float64{2.6, 1.7, 1.25}
	volume := size[0] * size[1] * size[2]
	surface := 2 * (size[0]*size[1] + size[1]*size[2] + size[0]*size[2])
	reflect := math.Sqrt(1 - min(.99, .161*volume/(surface*rt60)))
	length := int(rt60 * rate)
	h := make([]float32, length+2)
	reach := [3]int{}
	for i := range reach {
		reach[i] = int(float64(length)/rate*c/(2*size[i])) + 1
	}
	for x := -reach[0]; x <= reach[0]; x++ {
		for y := -reach[1]; y <= reach[1]; y++ {
			for z := -reach[2]; z <= reach[2]; z++ {
				for mirror := range 8 {
					n := [3]int{x, y, z}
					var d2 float64
					bounces := 0
					for i := range 3 {
						m := mirror >> i & 1
						at := float64(1-2*m)*src[i] + 2*float64(n[i])*size[i] - mic[i]
						d2 += at * at
						bounces += abs(n[i]-m) + abs(n[i])
					}
					d := math.Sqrt(d2)
					at := d / c * rate
					if int(at) >= length {
						continue
					}
					a := math.Pow(reflect, float64(bounces)) / (4 * math.Pi * d)
					part := at - math.Floor(at)
					h[int(at)] += float32(a * (1 - part))
					h[int(at)+1] += float32(a * part)
				}
			}
		}
	}
	return h
}

// convolve is x through h, as long as x.
func convolve(x, h []float32) []float32 {
	n := 1 << 16
	f := newFFT(n)
	hs, xs := make([]complex64, f.bins()), make([]complex64, f.bins())
	buf, out := make([]float32, n), make([]float32, len(x)+n)
	copy(buf, h)
	f.forward(hs, buf)
	step := n - len(h)
	for at := 0; at < len(x); at += step {
		clear(buf)
		copy(buf, x[at:min(at+step, len(x))])
		f.forward(xs, buf)
		for k := range xs {
			xs[k] *= hs[k]
		}
		f.inverse(buf, xs)
		add(out[at:], buf, 1)
	}
	return out[:len(x)]
}

// loudspeaker distorts a little: 2 % at full scale.
func loudspeaker(x []float32) []float32 {
	out := make([]float32, len(x))
	for i, v := range x {
		out[i] = v + .02*v*v - .08*v*v*v
	}
	return out
}

func delayed(x []float32, samples int) []float32 {
	out := make([]float32, len(x))
	copy(out[samples:], x)
	return out
}

func abs(n int) int { return max(n, -n) }
