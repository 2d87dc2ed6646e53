package video

import (
	"math"

	"vitrine/capture/frame"
)

// backdropKernels are the loops over cells and pixels.
type backdropKernels interface {
	// reduce averages cells of 2^shift × 2^shift; those at the right and lower border repeat the last column and row.
	reduce(src []byte, stride, width, height, shift int, dst []byte, cells, rows int, row []uint16)
	// guide fits the mask to luma by a linear function in each window and averages these over the windows of a cell.
	guide(luma, mask []byte, g backdropGrid, out matte, work []int16, sums []int32)
	// defocus gives each cell the mean light of the background in a disc around it; its own colour where there is none.
	defocus(yuv [3][]byte, base []int16, g backdropGrid, reach []int32, radius int, out [3][]int16, sums []uint32)
	// compose lays the persons of v over cells.
	compose(v *frame.Video, g backdropGrid, m matte, behind [3][]int16, lines []int16, alpha []byte)
	// replace lays them over a picture and takes away what the room, given by cells, shone through their borders.
	replace(v *frame.Video, g backdropGrid, m matte, behind *frame.Video, room [3][]int16, lines []int16, alpha []byte)
	// scale interpolates at places in 1/256, then takes low away and multiplies by gain/256.
	scale(src []byte, stride, sw int, dst []byte, dstStride, width, height int, xs, ys []int32, low, gain int, row []uint16)
}

// backdropPlain is the reference in Go, which the kernels in C equal bit for bit where floating point does not contract.
type backdropPlain struct{}

func (backdropPlain) reduce(src []byte, stride, width, height, shift int, dst []byte, cells, rows int, _ []uint16) {
	n := 1 << shift
	for cy := range rows {
		for cx := range cells {
			sum := 1 << (2 * shift) >> 1
			for k := range n * n {
				x, y := min(cx*n+k%n, width-1), min(cy*n+k/n, height-1)
				sum += int(src[y*stride+x])
			}
			dst[cy*cells+cx] = byte(sum >> (2 * shift))
		}
	}
}

// windowed sums a plane of values over windows that end at the picture's edges, and tells their size.
func (g backdropGrid) windowed(x, y int, add func(i int)) (n int) {
	for cy := max(y-edgeReach, 0); cy <= min(y+edgeReach, g.height-1); cy++ {
		for cx := max(x-edgeReach, 0); cx <= min(x+edgeReach, g.width-1); cx++ {
			add(cy*g.width + cx)
			n++
		}
	}
	return n
}

func (backdropPlain) guide(luma, mask []byte, g backdropGrid, out matte, work []int16, _ []int32) {
	gain, offset := work[:len(luma)], work[len(luma):]
	for at := range luma {
		var i, p, ii, ip int
		n := g.windowed(at%g.width, at/g.width, func(k int) {
			l, m := int(luma[k]), int(mask[k])
			i, p, ii, ip = i+l, p+m, ii+l*l, ip+l*m
		})
		f := float32(n)
		a := float32(n*ip-i*p) / (float32(n*ii-i*i) + float32(edgeContrast*edgeContrast*float32(f*f)))
		b := (float32(p) - float32(a*float32(i))) / f
		gain[at] = int16(int(float32(a*1024)+8192.5) - 8192)
		offset[at] = int16(int(float32(b*8)+32768.5) - 32768)
	}
	for at, l := range luma {
		var a, b int
		n := float32(g.windowed(at%g.width, at/g.width, func(k int) {
			a += int(gain[k])
			b += int(offset[k])
		}))
		slope := float32(a) / n
		p := float32(float32(slope*float32(l))*(1.0/32)) + float32(float32(b)/n*4)
		out.gain[at] = int16(int(slope+8192.5) - 8192)
		out.base[at] = int16(min(max(int(p+65536.5)-65536, 0), 8160))
		out.level[at] = int16(l) << 5
	}
}

// lightOf is a cell's light, the square of its signal, times how surely it is background, and that weight.
func lightOf(y, u, v byte, base int16) (c [4]uint32) {
	l, cb, cr := 298*(int(y)-16)+128, int(u)-128, int(v)-128
	k := min(max((2048-int(base))>>6, 0), 32)
	for i, s := range [3]int{l + 459*cr, l - 55*cb - 136*cr, l + 541*cb} {
		s = min(max(s>>8, 0), 255)
		c[i] = uint32(s * s * k)
	}
	c[3] = uint32(k)
	return c
}

func (backdropPlain) defocus(yuv [3][]byte, base []int16, g backdropGrid, reach []int32, radius int, out [3][]int16, _ []uint32) {
	for at := range base {
		x, y := at%g.width, at/g.width
		var sum [4]uint32
		for cy := max(y-radius, 0); cy <= min(y+radius, g.height-1); cy++ {
			n := int(reach[max(cy-y, y-cy)])
			for cx := max(x-n, 0); cx <= min(x+n, g.width-1); cx++ {
				i := cy*g.width + cx
				for k, l := range lightOf(yuv[0][i], yuv[1][i], yuv[2][i], base[i]) {
					sum[k] += l
				}
			}
		}
		if sum[3] == 0 {
			out[0][at], out[1][at], out[2][at] = int16(yuv[0][at])<<5, int16(yuv[1][at])<<5, int16(yuv[2][at])<<5
			continue
		}
		out[0][at], out[1][at], out[2][at] = shade(sum)
	}
}

// shade is the colour of a sum of light in 1/32. The factors hold the √2 that halving takes away, 219/255 and 32.
func shade(sum [4]uint32) (y, cb, cr int16) {
	k := 1 / float32(sum[3])
	r, g, b := root(float32(sum[0]>>1)*k), root(float32(sum[1]>>1)*k), root(float32(sum[2]>>1)*k)
	l := float32(float32(r*8.262893)+float32(g*27.796900)) + float32(b*2.806119)
	return int16(l + 512.5),
		int16(float32((float32(b*38.865912)-l)*0.551213) + 4096.5),
		int16(float32((float32(r*38.865912)-l)*0.649499) + 4096.5)
}

// root is the square root by two of Newton's iterations for its inverse, good to 5e-6.
func root(x float32) float32 {
	h, r := x*0.5, math.Float32frombits(0x5f375a86-math.Float32bits(x)>>1)
	for range 2 {
		r *= 1.5 - float32(float32(h*r)*r)
	}
	return x * r
}

// backdropLine is a row of a cell plane at a resolution of 2^shift pixels a cell; rows holds two rows.
func (g backdropGrid) backdropLine(plane []int16, shift, y int, rows []int16) []int16 {
	n := 1 << shift
	p := 2*y + 1 - n
	i, f := p>>(shift+1), p&(2*n-1)
	at := func(i int) []int16 { return plane[min(max(i, 0), g.height-1)*g.width:][:g.width] }
	a, b := at(i), at(i+1)
	in, out := rows[:len(rows)/2], rows[len(rows)/2:]
	for x := range a {
		in[x] = int16((int(a[x])*(2*n-f) + int(b[x])*f + n) >> (shift + 1))
	}
	for k := range shift {
		w := g.width << k
		out[0], out[2*w-1] = in[0], in[w-1]
		for i := range w - 1 {
			out[2*i+1] = (3*in[i] + in[i+1] + 2) >> 2
			out[2*i+2] = (in[i] + 3*in[i+1] + 2) >> 2
		}
		in, out = out, in
	}
	return in
}

// backdropPair finds the alpha of two rows of luma and the one of chroma between them.
func backdropPair(v *frame.Video, g backdropGrid, m matte, y int, lines []int16, alpha []byte) {
	long := g.width << g.shift
	for k := range 2 {
		row := min(y+k, v.Height-1)
		gain := g.backdropLine(m.gain, g.shift, row, lines[:2*long])
		base := g.backdropLine(m.base, g.shift, row, lines[2*long:4*long])
		level := g.backdropLine(m.level, g.shift, row, lines[4*long:6*long])
		for x, l := range v.Y[row*v.YStride:][:v.Width] {
			sure := int(base[x]) + (int(gain[x])*(int(l)<<5-int(level[x]))+512)>>10
			alpha[k*long+x] = byte(min(max((sure-1224)*11>>8, 0), 255))
		}
	}
	a, b, c := alpha[:v.Width], alpha[long:][:v.Width], alpha[2*long:]
	for x := 0; x < v.Width; x += 2 {
		right := min(x+1, v.Width-1)
		c[x/2] = byte((int(a[x]) + int(a[right]) + int(b[x]) + int(b[right]) + 2) >> 2)
	}
}

func backdropOver(front byte, back int, alpha byte) byte {
	t := int(front)*int(alpha) + back*(255-int(alpha)) + 128
	return byte((t + t>>8) >> 8)
}

func (backdropPlain) compose(v *frame.Video, g backdropGrid, m matte, behind [3][]int16, lines []int16, alpha []byte) {
	long := g.width << g.shift
	over := func(row []byte, back []int16, alpha []byte) {
		for x := range row {
			row[x] = backdropOver(row[x], (int(back[x])+16)>>5, alpha[x])
		}
	}
	for y := 0; y < v.Height; y += 2 {
		backdropPair(v, g, m, y, lines, alpha)
		for k := range min(2, v.Height-y) {
			over(v.Y[(y+k)*v.YStride:][:v.Width], g.backdropLine(behind[0], g.shift, y+k, lines[:2*long]), alpha[k*long:])
		}
		at, half := y/2*v.CStride, (v.Width+1)/2
		over(v.U[at:][:half], g.backdropLine(behind[1], g.shift-1, y/2, lines[:2*long]), alpha[2*long:])
		over(v.V[at:][:half], g.backdropLine(behind[2], g.shift-1, y/2, lines[:2*long]), alpha[2*long:])
	}
}

// backdropClean is backdropOver and adds the foreground that is missing because the room shone through: with s the source, a
// alpha and r the room, the foreground is (s − (1−a)·r) / a, so that s − r is missing (1−a) times. Where alpha is low and
// s mostly room it is added in part.
func backdropClean(front, back byte, room int16, alpha byte) byte {
	missing := min(2*int(alpha), 255) * (255 - int(alpha)) >> 8
	d := int(front) - (int(room)+16)>>5
	return byte(min(max(int(backdropOver(front, int(back), alpha))+(d*missing+128)>>8, 0), 255))
}

func (backdropPlain) replace(v *frame.Video, g backdropGrid, m matte, behind *frame.Video, room [3][]int16, lines []int16, alpha []byte) {
	long := g.width << g.shift
	over := func(row, back []byte, room []int16, alpha []byte) {
		for x := range row {
			row[x] = backdropClean(row[x], back[x], room[x], alpha[x])
		}
	}
	for y := 0; y < v.Height; y += 2 {
		backdropPair(v, g, m, y, lines, alpha)
		for k := range min(2, v.Height-y) {
			line := g.backdropLine(room[0], g.shift, y+k, lines[:2*long])
			over(v.Y[(y+k)*v.YStride:][:v.Width], behind.Y[(y+k)*behind.YStride:], line, alpha[k*long:])
		}
		at, from, half := y/2*v.CStride, y/2*behind.CStride, (v.Width+1)/2
		over(v.U[at:][:half], behind.U[from:], g.backdropLine(room[1], g.shift-1, y/2, lines[:2*long]), alpha[2*long:])
		over(v.V[at:][:half], behind.V[from:], g.backdropLine(room[2], g.shift-1, y/2, lines[:2*long]), alpha[2*long:])
	}
}

func (backdropPlain) scale(src []byte, stride, sw int, dst []byte, dstStride, width, height int, xs, ys []int32, low, gain int, row []uint16) {
	for y := range height {
		at, f := int(ys[y]>>8)*stride, int(ys[y]&255)
		below := at
		if f > 0 {
			below += stride
		}
		for x := range sw {
			row[x] = uint16(int(src[at+x])*(256-f) + int(src[below+x])*f)
		}
		row[sw] = row[sw-1]
		for x, p := range xs[:width] {
			i, e := p>>8, int(p&255)
			l := (int(row[i])*(256-e) + int(row[i+1])*e + 1<<15) >> 16
			dst[y*dstStride+x] = byte(min(max((l-low)*gain>>8, 0), 255))
		}
	}
}
