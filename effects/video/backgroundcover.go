package video

import (
	"time"

	"vitrine/capture/frame"
)

// cover keeps a picture scaled so that it covers a size, cut at the sides or above and below.
type cover struct {
	of     *frame.Video
	pts    time.Duration
	out    *frame.Video
	small  []byte
	row    []uint16
	xs, ys []int32
}

// scaled is src in the given size. A picture of that size is given back as it is.
func (c *cover) scaled(k backdropKernels, src *frame.Video, width, height int) *frame.Video {
	if src.Width == width && src.Height == height {
		return src
	}
	if c.out == nil || c.out.Width != width || c.out.Height != height {
		c.out, c.of = frame.New(width, height), nil
	}
	if c.of == src && c.pts == src.PTS {
		return c.out
	}
	c.of, c.pts = src, src.PTS
	o := c.out
	c.plane(k, src.Y, src.YStride, src.Width, src.Height, o.Y, o.YStride, width, height)
	sw, sh, w, h := (src.Width+1)/2, (src.Height+1)/2, (width+1)/2, (height+1)/2
	c.plane(k, src.U, src.CStride, sw, sh, o.U, o.CStride, w, h)
	c.plane(k, src.V, src.CStride, sw, sh, o.V, o.CStride, w, h)
	return o
}

// plane shrinks by powers of two by averaging as far as that goes, and interpolates the rest.
func (c *cover) plane(k backdropKernels, src []byte, stride, sw, sh int, dst []byte, dstStride, w, h int) {
	shift := 0
	for shift < 4 && sw>>(shift+1) >= w && sh>>(shift+1) >= h {
		shift++
	}
	if shift > 0 {
		nw, nh := sw>>shift, sh>>shift
		c.small, c.row = enough(c.small, nw*nh), enough(c.row, nw<<shift)
		k.reduce(src, stride, nw<<shift, nh<<shift, shift, c.small, nw, nh, c.row)
		src, stride, sw, sh = c.small, nw, nw, nh
	}
	step := min(float64(sw)/float64(w), float64(sh)/float64(h))
	c.xs = places(c.xs, w, sw, (float64(sw)-float64(w-1)*step)/2, step)
	c.ys = places(c.ys, h, sh, (float64(sh)-float64(h-1)*step)/2, step)
	c.row = enough(c.row, sw+1)
	k.scale(src, stride, sw, dst, dstStride, w, h, c.xs, c.ys, 0, 256, c.row)
}

// places are where the centres of n pixels, step apart from first on, lie between those of m, in 1/256.
func places(p []int32, n, m int, first, step float64) []int32 {
	p = enough(p, n)
	for i := range p {
		p[i] = int32(bounded(first+float64(i)*step-0.5, 0, float64(m-1)) * 256)
	}
	return p
}
