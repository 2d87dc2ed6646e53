package face

import (
	"math"

	"vitrine/capture/frame"
)

// crop says which part of a picture a network sees: the middle of column x and row y of the crop, x and y with a half
// added, lies at (xx·x + xy·y + x0, yx·x + yy·y + y0) in the picture, in pixels. Red, green and blue of 0 to 255 are
// multiplied by gain and moved by offset. Outside the picture is black, or as its nearest edge.
type crop struct {
	xx, xy, x0, yx, yy, y0 float32
	gain, offset           float32
	width, height          int
	black                  bool
}

// square is a crop of size × size pixels that shows a square of the picture with the given centre and side, turned by an
// angle in radians, clockwise as seen.
func square(centre frame.Point, side, angle float64, size int) crop {
	sin, cos := math.Sincos(angle)
	k := side / float64(size)
	c := crop{
		xx: float32(k * cos), xy: float32(-k * sin),
		yx: float32(k * sin), yy: float32(k * cos),
		width: size, height: size,
	}
	middle := float32(size) / 2
	c.x0 = centre.X - (c.xx+c.xy)*middle
	c.y0 = centre.Y - (c.yx+c.yy)*middle
	return c
}

// ranged sets the values that black and white have.
func (c crop) ranged(black, white float32) crop {
	c.gain, c.offset = (white-black)/255, black
	return c
}

// point returns where a place of the crop lies in the picture.
func (c *crop) point(x, y float32) frame.Point {
	return frame.Point{X: c.xx*x + c.xy*y + c.x0, Y: c.yx*x + c.yy*y + c.y0}
}

// plane is 8-bit samples, rows stride bytes apart.
type plane struct {
	pix                   []byte
	stride, width, height int
}

// picture is I420, as frame.Video.
type picture struct{ y, u, v plane }

// levels is how often a picture is halved: to 1/32, for the widest pictures that networks look at.
const levels = 6

// sampler reads crops out of a picture. A crop that shows the picture smaller reads from copies of half, quarter … the
// size, made when first needed, so that no pixel is passed over: that would make noise and shimmer of fine detail. The
// memory is kept from picture to picture. Not safe for concurrent use.
type sampler struct {
	level [levels]picture
	made  int
}

// set makes v the picture to read from; it must not change while it is read from.
func (s *sampler) set(v *frame.Video) {
	cw, ch := (v.Width+1)/2, (v.Height+1)/2
	s.level[0] = picture{
		y: plane{v.Y, v.YStride, v.Width, v.Height},
		u: plane{v.U, v.CStride, cw, ch},
		v: plane{v.V, v.CStride, cw, ch},
	}
	s.made = 1
}

// read writes a crop as red, green, blue.
func (s *sampler) read(c crop, dst []float32) {
	// Of the copies, that whose pixels are nearest to the crop's in size: bilinear reading passes over none up to 1.5.
	k, scale := 0, math.Max(math.Hypot(float64(c.xx), float64(c.yx)), math.Hypot(float64(c.xy), float64(c.yy)))
	for ; k < levels-1 && scale > 1.5; k++ {
		scale /= 2
	}
	for ; s.made <= k; s.made++ {
		from, to := &s.level[s.made-1], &s.level[s.made]
		halvePlane(&to.y, from.y)
		halvePlane(&to.u, from.u)
		halvePlane(&to.v, from.v)
	}
	f := float32(math.Exp2(-float64(k)))
	c.xx, c.xy, c.x0, c.yx, c.yy, c.y0 = c.xx*f, c.xy*f, c.x0*f, c.yx*f, c.yy*f, c.y0*f
	sample(&s.level[k], c, dst[:3*c.width*c.height])
}

func halvePlane(dst *plane, src plane) {
	dst.width, dst.height = (src.width+1)/2, (src.height+1)/2
	dst.stride = (dst.width + 31) &^ 31
	if n := dst.stride * dst.height; cap(dst.pix) < n {
		dst.pix = make([]byte, n)
	} else {
		dst.pix = dst.pix[:n]
	}
	halve(dst, src)
}

// halveReference makes two by two pixels one; at odd ends the last counts twice.
func halveReference(dst *plane, src plane) {
	for y := range dst.height {
		a := src.pix[2*y*src.stride:]
		b := src.pix[min(2*y+1, src.height-1)*src.stride:]
		for x := range dst.width {
			l, r := 2*x, min(2*x+1, src.width-1)
			dst.pix[y*dst.stride+x] = byte((int(a[l]) + int(a[r]) + int(b[l]) + int(b[r]) + 2) >> 2)
		}
	}
}

// sampleReference reads a crop with bilinear interpolation and the matrix of ITU-R BT.709-6, limited range.
func sampleReference(p *picture, c crop, dst []float32) {
	w, h := float32(p.y.width), float32(p.y.height)
	for j := range c.height {
		for i := range c.width {
			at := c.point(float32(i)+0.5, float32(j)+0.5)
			l := 1.164384 * (p.y.at(at.X, at.Y) - 16)
			cb, cr := p.u.at(at.X/2, at.Y/2)-128, p.v.at(at.X/2, at.Y/2)-128
			rgb := [3]float32{l + 1.792741*cr, l - 0.213249*cb - 0.532909*cr, l + 2.112402*cb}
			inside := float32(1)
			if c.black && (at.X < 0 || at.Y < 0 || at.X > w || at.Y > h) {
				inside = 0
			}
			for k, v := range rgb {
				dst[3*(j*c.width+i)+k] = inside*min(max(v, 0), 255)*c.gain + c.offset
			}
		}
	}
}

func (p *plane) at(x, y float32) float32 {
	x = min(max(x-0.5, 0), float32(p.width-1))
	y = min(max(y-0.5, 0), float32(p.height-1))
	x0, y0 := int(x), int(y)
	x1, y1 := min(x0+1, p.width-1), min(y0+1, p.height-1)
	fx, fy := x-float32(x0), y-float32(y0)
	value := func(x, y int) float32 { return float32(p.pix[y*p.stride+x]) }
	upper := value(x0, y0) + (value(x1, y0)-value(x0, y0))*fx
	lower := value(x0, y1) + (value(x1, y1)-value(x0, y1))*fx
	return upper + (lower-upper)*fy
}
