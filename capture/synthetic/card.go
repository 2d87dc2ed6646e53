package synthetic

import (
	"image"
	"math"
	"time"

	"vitrine/capture/frame"
)

// Card draws the test picture in one size: a presenter before a soft backdrop, colour bars, the time of day in UTC, a
// ball on a Lissajous path of eight seconds, the time code strip on top and the flash. What does not move is drawn once.
// Safe for concurrent use.
type Card struct {
	still *frame.Video
	w, h  int
}

// FlashDuration is how long after each whole second the flash is lit; the beep begins at the same instant.
const FlashDuration = 100 * time.Millisecond

// FlashRect is where a w × h picture flashes: white (luma 235) while the time code lies in the first 100 ms of a second,
// else dark (luma 32). It spans 3/8 … 5/8 of the width and 3/4 … 7/8 of the height, rounded down to even pixels.
func FlashRect(w, h int) image.Rectangle {
	return image.Rect(w*3/8&^1, h*3/4&^1, w*5/8&^1, h*7/8&^1)
}

// ReadFlash reports whether the flash is lit in the luma plane of a w × h picture.
func ReadFlash(luma []byte, stride, w, h int) bool {
	r := FlashRect(w, h)
	c := r.Min.Add(r.Max).Div(2)
	return luma[c.Y*stride+c.X] > neutral
}

// NewCard prepares the picture in the given size in pixels.
func NewCard(width, height int) *Card {
	c := &Card{still: frame.New(width, height), w: width, h: height}
	c.backdrop()
	c.presenter()
	c.bars()
	return c
}

// Draw paints the picture of the time at into v, which has the card's size. The PTS is left alone.
func (c *Card) Draw(v *frame.Video, at time.Time) {
	pts := v.PTS
	v.Copy(c.still)
	v.PTS = pts
	c.ball(v, at)
	c.clock(v, at)
	flash := byte(32)
	if ms := at.UnixMilli() % 1000; ms < FlashDuration.Milliseconds() {
		flash = white
	}
	box(v, FlashRect(c.w, c.h), flash, neutral, neutral)
	DrawTimeCode(v, uint32(at.UnixMilli()))
}

// backdrop is a wall with light from the upper left, with a little noise against banding.
func (c *Card) backdrop() {
	v := c.still
	var seed uint32 = 1
	for y := range c.h {
		for x := range c.w {
			seed = seed*1664525 + 1013904223
			dx, dy := float64(x)/float64(c.w)-0.3, float64(y)/float64(c.h)-0.25
			v.Y[y*v.YStride+x] = byte(165 - 95*math.Min(1, math.Sqrt(dx*dx+dy*dy)) + float64(seed>>30))
		}
	}
	for y := range (c.h + 1) / 2 {
		for x := range (c.w + 1) / 2 {
			t := float64(2*x) / float64(c.w)
			v.U[y*v.CStride+x] = byte(136 - 14*t)
			v.V[y*v.CStride+x] = byte(118 + 22*t)
		}
	}
}

// presenter is a figure of head, hair, neck and shoulders in the left third.
func (c *Card) presenter() {
	h := float64(c.h)
	x, y := 0.3*float64(c.w), 0.42*h
	body := image.Rect(0, 0, c.w, c.h*7/8)
	disc(c.still, body, x, y+0.52*h, 0.26*h, 0.30*h, flat(92, 150, 112)) // shirt
	disc(c.still, body, x, y+0.2*h, 0.055*h, 0.12*h, flat(140, 110, 150))
	disc(c.still, body, x, y-0.03*h, 0.135*h, 0.16*h, flat(48, 124, 134)) // hair
	disc(c.still, body, x, y+0.03*h, 0.11*h, 0.145*h, flat(172, 108, 152))
	for _, side := range [2]float64{-1, 1} {
		disc(c.still, body, x+side*0.042*h, y+0.005*h, 0.012*h, 0.009*h, flat(60, 124, 132))
		disc(c.still, body, x+side*0.042*h, y-0.028*h, 0.024*h, 0.005*h, flat(70, 122, 136))
	}
	disc(c.still, body, x, y+0.095*h, 0.034*h, 0.012*h, flat(125, 112, 172))
}

// colourBars are 75 % bars, BT.709 limited range (ITU-R BT.1729 order).
var colourBars = [7][3]byte{
	{180, 128, 128},
	{168, 44, 136},
	{145, 147, 44},
	{133, 63, 52},
	{63, 193, 204},
	{51, 109, 212},
	{28, 212, 120},
}

func (c *Card) bars() {
	for i, b := range colourBars {
		r := image.Rect(i*c.w/7&^1, c.h*7/8&^1, (i+1)*c.w/7&^1, c.h)
		if i == len(colourBars)-1 {
			r.Max.X = c.w
		}
		box(c.still, r, b[0], b[1], b[2])
	}
}

// ball is lit from above and travels over the upper right part.
func (c *Card) ball(v *frame.Video, at time.Time) {
	t := float64(at.UnixMilli()%8000) / 8000 * 2 * math.Pi
	w, h := float64(c.w), float64(c.h)
	x, y := (0.66+0.24*math.Sin(t))*w, (0.42+0.2*math.Sin(2*t))*h
	r := h / 11
	disc(v, image.Rect(0, StripHeight(c.h), c.w, c.h*3/4), x, y, r, r, func(dx, dy float64) (byte, byte, byte) {
		return byte(150 - 60*dy - 30*dx), 90, 185
	})
}

// clock shows hours, minutes and seconds in UTC in seven-segment digits, top right.
func (c *Card) clock(v *frame.Video, at time.Time) {
	u := max(c.h/180, 1) // stroke
	at = at.UTC()
	x, y := c.w-50*u, StripHeight(c.h)+3*u
	for i, n := range [3]int{at.Hour(), at.Minute(), at.Second()} {
		digit(v, x, y, u, n/10)
		digit(v, x+6*u, y, u, n%10)
		if i < 2 {
			box(v, image.Rect(x+12*u, y+3*u, x+13*u, y+4*u), white, neutral, neutral)
			box(v, image.Rect(x+12*u, y+6*u, x+13*u, y+7*u), white, neutral, neutral)
		}
		x += 16 * u
	}
}

// segments of the digits 0 … 9: bit 0 top, then clockwise, bit 6 the middle.
var segments = [10]byte{0x3f, 0x06, 0x5b, 0x4f, 0x66, 0x6d, 0x7d, 0x07, 0x7f, 0x6f}

// digit paints a digit 4 × 9 strokes large with its upper left corner at x, y.
func digit(v *frame.Video, x, y, u, n int) {
	at := [7]image.Rectangle{
		image.Rect(0, 0, 4, 1),
		image.Rect(3, 0, 4, 5),
		image.Rect(3, 4, 4, 9),
		image.Rect(0, 8, 4, 9),
		image.Rect(0, 4, 1, 9),
		image.Rect(0, 0, 1, 5),
		image.Rect(0, 4, 4, 5),
	}
	for i, r := range at {
		if segments[n]>>i&1 == 1 {
			box(v, image.Rect(x+r.Min.X*u, y+r.Min.Y*u, x+r.Max.X*u, y+r.Max.Y*u), white, neutral, neutral)
		}
	}
}

// box fills a rectangle; chroma samples it touches take its colour.
func box(v *frame.Video, r image.Rectangle, y, cb, cr byte) {
	r = r.Intersect(image.Rect(0, 0, v.Width, v.Height))
	if r.Empty() {
		return
	}
	for row := r.Min.Y; row < r.Max.Y; row++ {
		paint(v.Y[row*v.YStride+r.Min.X:row*v.YStride+r.Max.X], y)
	}
	x0, x1 := r.Min.X/2, (r.Max.X+1)/2
	for row := r.Min.Y / 2; row < (r.Max.Y+1)/2; row++ {
		paint(v.U[row*v.CStride+x0:row*v.CStride+x1], cb)
		paint(v.V[row*v.CStride+x0:row*v.CStride+x1], cr)
	}
}

func flat(y, cb, cr byte) func(dx, dy float64) (byte, byte, byte) {
	return func(float64, float64) (byte, byte, byte) { return y, cb, cr }
}

// disc fills an ellipse around x, y inside clip; shade gives the colour by the position in radii.
func disc(v *frame.Video, clip image.Rectangle, x, y, rx, ry float64, shade func(dx, dy float64) (y, cb, cr byte)) {
	clip = clip.Intersect(image.Rect(0, 0, v.Width, v.Height))
	for row := max(clip.Min.Y, int(y-ry)); row < min(clip.Max.Y, int(y+ry)+1); row++ {
		dy := (float64(row) - y) / ry
		if dy*dy >= 1 {
			continue
		}
		half := rx * math.Sqrt(1-dy*dy)
		for col := max(clip.Min.X, int(math.Ceil(x-half))); col < min(clip.Max.X, int(x+half)+1); col++ {
			luma, cb, cr := shade((float64(col)-x)/rx, dy)
			v.Y[row*v.YStride+col] = luma
			if row&1 == 0 && col&1 == 0 {
				at := row/2*v.CStride + col/2
				v.U[at], v.V[at] = cb, cr
			}
		}
	}
}
