package scene

import (
	"image"
	"image/color"
	"image/draw"

	xdraw "golang.org/x/image/draw"
	"golang.org/x/image/vector"

	"vitrine/capture/frame"
)

// Card is what a product's card in the picture says. Empty texts are left out; the zero Card is none.
type Card struct {
	Title string
	// Price is what it costs now, Was what it usually costs: struck, and there only if that is more.
	Price, Was string
	// Note is what is left of it, Timer for how long there is the price.
	Note, Timer string
	// Picture is a thumbnail; the same one is the same pointer.
	Picture image.Image
}

// Corner is where in the picture something stands.
type Corner string

// Corners.
const (
	TopLeft     Corner = "top-left"
	TopRight    Corner = "top-right"
	BottomLeft  Corner = "bottom-left"
	BottomRight Corner = "bottom-right"
)

// Corners lists them all.
func Corners() []Corner { return []Corner{TopLeft, TopRight, BottomLeft, BottomRight} }

// Painter paints cards, and keeps the last one. It is not safe for concurrent use.
type Painter struct {
	letters letters
	card    Card
	unit    int
	painted *Overlay
}

// NewPainter returns a painter that writes with the fonts.
func NewPainter(f Fonts) *Painter { return &Painter{letters: letters{fonts: f}} }

// A card's measures in units, of which the picture is 720 high.
const (
	cardWidth, cardHeight = 420, 136
	cardThumb, cardPad    = 112, 12
	cardMargin            = 24
	titleSize, priceSize  = 22, 26
	smallSize             = 18
)

var (
	cardGround = color.NRGBA{16, 18, 24, 222}
	cardInk    = color.NRGBA{255, 255, 255, 255}
	cardQuiet  = color.NRGBA{190, 196, 206, 255}
	cardAccent = color.NRGBA{255, 138, 92, 255}
	cardBlank  = color.NRGBA{255, 255, 255, 26}
)

// pen draws on a card; it measures in units of the card.
type pen struct {
	*image.RGBA
	*letters
	unit int // of which 1000 are a pixel
}

func (p pen) px(units int) int { return max(1, (units*p.unit+500)/1000) }

// Paint returns the card for a program picture of a size in pixels. It is painted anew only if something is another than before.
func (p *Painter) Paint(c Card, width, height int) *Overlay {
	unit := min(1000*height/720, 1000*width/(cardWidth+2*cardMargin)*2/3)
	if p.painted != nil && p.card == c && p.unit == unit {
		return p.painted
	}
	p.card, p.unit = c, unit
	d := pen{letters: &p.letters, unit: unit}
	d.RGBA = image.NewRGBA(image.Rect(0, 0, even(d.px(cardWidth)), even(d.px(cardHeight))))
	d.rounded(d.Rect, d.px(16), image.NewUniform(cardGround))
	left := cardPad + 4
	if c.Picture != nil {
		left = 2*cardPad + cardThumb
		d.thumb(c.Picture)
	}
	d.texts(c, d.px(left), d.px(cardWidth-left-cardPad-4))
	p.painted = newOverlay(d.RGBA)
	return p.painted
}

func even(n int) int { return (n + 1) &^ 1 }

// thumb draws the middle of a picture as a square.
func (d pen) thumb(img image.Image) {
	r := image.Rectangle{Max: image.Pt(d.px(cardThumb), d.px(cardThumb))}
	from := img.Bounds()
	side := min(from.Dx(), from.Dy())
	from = image.Rectangle{Max: image.Pt(side, side)}.Add(from.Min).Add(image.Pt((from.Dx()-side)/2, (from.Dy()-side)/2))
	square := image.NewRGBA(r)
	draw.Draw(square, r, image.NewUniform(cardBlank), image.Point{}, draw.Src)
	xdraw.CatmullRom.Scale(square, r, img, from, xdraw.Over, nil)
	d.rounded(r.Add(image.Pt(d.px(cardPad), (d.Rect.Dy()-r.Dy())/2)), d.px(10), square)
}

// texts writes title, price and what else there is, centred from top to bottom.
func (d pen) texts(c Card, x, width int) {
	title := d.wrap(c.Title, d.px(titleSize), width, 2)
	line, gap := d.px(titleSize+5), d.px(8)
	high := len(title)*line + gap + d.px(priceSize)
	if c.Note != "" || c.Timer != "" {
		high += gap + d.px(smallSize)
	}
	y := (d.Rect.Dy() - high) / 2
	for _, text := range title {
		write(d.RGBA, text, d.px(titleSize), cardInk, image.Pt(x, y+d.px(titleSize-3)))
		y += line
	}
	y += gap + d.px(priceSize)
	d.prices(c, image.Pt(x, y-d.px(5)), width)
	y += gap + d.px(smallSize)
	end := x
	if c.Timer != "" {
		end = d.clock(image.Pt(x, y-d.px(smallSize/2)), d.px(smallSize/2)) + d.px(6)
		end = write(d.RGBA, d.line(c.Timer, d.px(smallSize), x+width-end), d.px(smallSize), cardAccent, image.Pt(end, y-d.px(3))) + d.px(16)
	}
	write(d.RGBA, d.line(c.Note, d.px(smallSize), x+width-end), d.px(smallSize), cardQuiet, image.Pt(end, y-d.px(3)))
}

// prices writes what it costs, and what it usually costs if there is room.
func (d pen) prices(c Card, at image.Point, width int) {
	ink := cardInk
	if c.Was != "" {
		ink = cardAccent
	}
	begin := write(d.RGBA, d.line(c.Price, d.px(priceSize), width), d.px(priceSize), ink, at) + d.px(10)
	was := d.line(c.Was, d.px(smallSize), width)
	if c.Was == "" || begin+long(was) > at.X+width {
		return
	}
	end := write(d.RGBA, was, d.px(smallSize), cardQuiet, image.Pt(begin, at.Y))
	middle := at.Y - d.px(smallSize/3)
	draw.Draw(d.RGBA, image.Rect(begin-d.px(2), middle-d.px(1), end+d.px(2), middle+d.px(1)), image.NewUniform(cardQuiet), image.Point{}, draw.Over)
}

// clock draws a small clock, left end at a point, and returns its right end.
func (d pen) clock(at image.Point, radius int) int {
	r := image.Rect(at.X, at.Y-radius, at.X+2*radius, at.Y+radius).Add(image.Pt(0, d.px(1)))
	ink, thick := image.NewUniform(cardAccent), d.px(2)
	d.rounded(r, radius, ink)
	d.rounded(r.Inset(thick), radius-thick, image.NewUniform(color.NRGBA{16, 18, 24, 255}))
	mid := image.Pt(r.Min.X+radius, r.Min.Y+radius)
	draw.Draw(d.RGBA, image.Rect(mid.X-thick/2, mid.Y-radius*2/3, mid.X-thick/2+thick, mid.Y+thick/2), ink, image.Point{}, draw.Over)
	draw.Draw(d.RGBA, image.Rect(mid.X, mid.Y-thick/2, mid.X+radius/2, mid.Y-thick/2+thick), ink, image.Point{}, draw.Over)
	return r.Max.X
}

// rounded fills a rectangle with round corners.
func (d pen) rounded(r image.Rectangle, radius int, with image.Image) {
	const k = 0.5523 // a quarter of a circle as a cubic curve
	w, h, c := float32(r.Dx()), float32(r.Dy()), float32(min(radius, r.Dx()/2, r.Dy()/2))
	o := c * (1 - k)
	v := vector.NewRasterizer(r.Dx(), r.Dy())
	v.MoveTo(c, 0)
	v.LineTo(w-c, 0)
	v.CubeTo(w-o, 0, w, o, w, c)
	v.LineTo(w, h-c)
	v.CubeTo(w, h-o, w-o, h, w-c, h)
	v.LineTo(c, h)
	v.CubeTo(o, h, 0, h-o, 0, h-c)
	v.LineTo(0, c)
	v.CubeTo(0, o, o, 0, c, 0)
	v.ClosePath()
	v.Draw(d.RGBA, r, with, image.Point{})
}

// Place is where a card of a size stands in a picture, at even coordinates.
func (c Corner) Place(card, picture image.Point) image.Point {
	margin := max(2, cardMargin*picture.Y/720)
	at := image.Pt(margin, margin)
	if c == TopRight || c == BottomRight {
		at.X = picture.X - card.X - margin
	}
	if c == BottomLeft || c == BottomRight {
		at.Y = picture.Y - card.Y - margin
	}
	return image.Pt(max(at.X, 0)&^1, max(at.Y, 0)&^1)
}

// Overlay is a picture to lay over others: planes of I420 (BT.709, limited range) times their opacity, and how much of what is below
// stays. Its sides are even. It does not change.
type Overlay struct {
	Size    image.Point
	y, u, v []uint8
	under   []uint8 // of luma
	beneath []uint8 // of chroma
}

// newOverlay makes an Overlay of a picture with even sides.
func newOverlay(p *image.RGBA) *Overlay {
	size := p.Rect.Size()
	n := size.X * size.Y
	o := &Overlay{Size: size, y: make([]uint8, n), under: make([]uint8, n), u: make([]uint8, n/4), v: make([]uint8, n/4), beneath: make([]uint8, n/4)}
	for y := range size.Y {
		for x := range size.X {
			c := p.Pix[y*p.Stride+4*x:]
			r, g, b, a := int(c[0]), int(c[1]), int(c[2]), int(c[3])
			o.y[y*size.X+x] = uint8((16*1000*a + 219*(213*r+715*g+72*b) + 127500) / 255000)
			o.under[y*size.X+x] = uint8(255 - a)
		}
	}
	for y := range size.Y / 2 {
		for x := range size.X / 2 {
			var r, g, b, a int
			for _, at := range [4]int{0, 4, p.Stride, p.Stride + 4} {
				c := p.Pix[2*y*p.Stride+8*x+at:]
				r, g, b, a = r+int(c[0]), g+int(c[1]), b+int(c[2]), a+int(c[3])
			}
			luma := 213*r + 715*g + 72*b
			i := y*size.X/2 + x
			o.u[i] = chroma(a, 1000*b-luma, 1856)
			o.v[i] = chroma(a, 1000*r-luma, 1575)
			o.beneath[i] = uint8(255 - (a+2)/4)
		}
	}
	return o
}

// chroma is the mean of four pixels' colour difference, of which sum and whole are a thousand times that, times their opacity.
func chroma(alpha, difference, whole int) uint8 {
	return uint8(min(max((128*alpha+224*difference/whole+510)/1020, 0), 255))
}

// Opaque is the opacity of what hides all that is below.
const Opaque = 256

// Blend lays the overlay over a picture, at a point with even coordinates, with an opacity of 0 to Opaque. What lies outside is left out.
func (o *Overlay) Blend(to *frame.Video, at image.Point, opacity int) {
	r := image.Rectangle{Min: at, Max: at.Add(o.Size)}.Intersect(image.Rect(0, 0, to.Width&^1, to.Height&^1))
	if r.Empty() || opacity <= 0 {
		return
	}
	off := r.Min.Sub(at)
	lay(to.Y[r.Min.Y*to.YStride+r.Min.X:], to.YStride, o.y[off.Y*o.Size.X+off.X:], o.under[off.Y*o.Size.X+off.X:], o.Size.X, r.Size(), opacity)
	half, at2, from := r.Size().Div(2), r.Min.Y/2*to.CStride+r.Min.X/2, off.Y/2*o.Size.X/2+off.X/2
	lay(to.U[at2:], to.CStride, o.u[from:], o.beneath[from:], o.Size.X/2, half, opacity)
	lay(to.V[at2:], to.CStride, o.v[from:], o.beneath[from:], o.Size.X/2, half, opacity)
}

// lay lays one plane over another.
func lay(to []uint8, toStride int, over, under []uint8, stride int, size image.Point, opacity int) {
	k := uint32(opacity)
	for y := range size.Y {
		d, o, u := to[y*toStride:][:size.X], over[y*stride:][:size.X], under[y*stride:][:size.X]
		for x := range d {
			stays := 255*(Opaque-k) + uint32(u[x])*k // of 255 × Opaque
			// × 257 >> 16 is ÷ 255 for what is below 65536
			d[x] = uint8(((uint32(d[x])*stays+uint32(o[x])*k*255)/Opaque*257 + 32768) >> 16)
		}
	}
}
