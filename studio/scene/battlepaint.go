package scene

import (
	"image"
	"image/color"
	"math"
	"strconv"

	"github.com/go-text/typesetting/shaping"
	"golang.org/x/image/vector"

	"vitrine/server/wire"
)

// A bar's measures in units, of which the picture is 720 high.
const (
	barMargin             = 24
	barHigh, tileHigh     = 40, 58
	pillHigh, pillGap     = 32, 8
	countHigh             = 92
	scoreSize, nameSize   = 25, 17
	timeSize, smallerSize = 20, 15
)

var (
	barGround = color.NRGBA{12, 14, 20, 190}
	barGold   = color.NRGBA{255, 205, 84, 255}
	barHot    = color.NRGBA{232, 48, 60, 245}
	barLit    = color.NRGBA{255, 94, 58, 255}
	barQuiet  = color.NRGBA{206, 212, 222, 255}
	barFaint  = color.NRGBA{255, 255, 255, 90}
	barWhite  = color.NRGBA{255, 255, 255, 255}
)

// barTints are the sides' colours, ours first.
var barTints = []color.NRGBA{
	{244, 66, 104, 255},
	{48, 122, 246, 255},
	{34, 172, 110, 255},
	{244, 146, 38, 255},
	{150, 86, 232, 255},
	{20, 172, 190, 255},
	{214, 84, 190, 255},
	{148, 158, 44, 255},
	{120, 130, 150, 255},
}

// high is how high the bar is with all that hangs below it, in units.
func (b bar) high() int {
	high := barHigh
	if len(b.sides) > 2 {
		high = tileHigh
	}
	high += pillGap + pillHigh
	if b.phase == wire.BattleCounting {
		return high - pillHigh + countHigh
	}
	if b.third() {
		high += pillGap + pillHigh
	}
	return high
}

// third says whether there is a third row.
func (b bar) third() bool {
	for _, s := range b.sides {
		if s.best != "" && s.won && len(b.sides) == 2 {
			return true
		}
	}
	return b.penalty != ""
}

// battle paints the bar.
func (d pen) battle(b bar) {
	y := d.px(barHigh)
	if len(b.sides) == 2 {
		d.duel(b)
	} else {
		y = d.px(tileHigh)
		d.field(b)
	}
	y += d.px(pillGap)
	used := d.clockPill(b, y)
	if len(b.sides) == 2 {
		room := (d.Rect.Dx()-used)/2 - d.px(pillGap)
		for i, s := range b.sides {
			d.namePill(b, s, i, y, room)
		}
	}
	if b.penalty != "" {
		d.pill(b.penalty, smallerSize, barQuiet, barGround, d.Rect.Dx()/2, y+d.px(pillHigh+pillGap), d.Rect.Dx()/2)
	}
}

// duel paints two sides that share one bar, with a slanted seam.
func (d pen) duel(b bar) {
	h, wide := d.px(barHigh), d.Rect.Dx()
	seam := int(b.sides[0].share*float64(wide) + 0.5)
	d.rounded(image.Rect(0, 0, wide, h), h/2, image.NewUniform(barWhite)) // its shape, coloured below
	tints := [2]color.NRGBA{tint(b, 0), tint(b, 1)}
	glow := float64(d.px(3))
	if b.phase == wire.BattlePush {
		glow = float64(d.px(14))
		if b.lit {
			glow = float64(d.px(26))
		}
	}
	reach := float64(wide) / 3 // so far there is anything but the plain colour
	for y := range h {
		edge, shine := float64(seam)+0.4*(float64(h)/2-float64(y)), 26*(h-y)/h
		plain := [2]color.NRGBA{lighter(tints[0], shine), lighter(tints[1], shine)}
		row := d.Pix[y*d.Stride:]
		for x := range wide {
			far := float64(x) + 0.5 - edge
			c := plain[boolean(far >= 0)]
			if far > -reach && far < reach {
				c = d.sideInk(c, math.Abs(far), reach, glow)
			}
			p := row[4*x:][:4]
			a := int(p[3])
			p[0], p[1], p[2] = uint8(int(c.R)*a/255), uint8(int(c.G)*a/255), uint8(int(c.B)*a/255)
		}
	}
	for i, s := range b.sides {
		line := d.line(grouped(s.score), d.px(scoreSize), wide)
		x := d.px(18)
		if i == 1 {
			x = wide - d.px(18) - long(line)
		}
		d.shadowed(line, scoreSize, image.Pt(x, d.middle(h/2, scoreSize)))
	}
}

// sideInk is a side's colour so far from the seam, in pixels: lighter near it, white on it.
func (d pen) sideInk(c color.NRGBA, far, reach, glow float64) color.NRGBA {
	c = lighter(c, int(70-70*far/reach))
	if far < glow {
		c = lighter(c, int(150*(glow-far)/glow))
	}
	thick := float64(d.px(3)) / 2
	return lighter(c, int(255*min(max(thick-far+0.5, 0), 1)))
}

// tint is a side's colour: paler for who has lost or given up.
func tint(b bar, i int) color.NRGBA {
	c, s := barTints[i%len(barTints)], b.sides[i]
	won := false
	for _, one := range b.sides {
		won = won || one.won
	}
	if s.forfeit || won && !s.won {
		grey := uint8((int(c.R) + int(c.G) + int(c.B)) / 3)
		mix := func(v uint8) uint8 { return uint8((int(v)*2 + int(grey)*3) / 9) }
		return color.NRGBA{mix(c.R), mix(c.G), mix(c.B), 255}
	}
	return c
}

// lighter is a colour by so much nearer to white: 0 not at all, 255 white.
func lighter(c color.NRGBA, by int) color.NRGBA {
	by = min(max(by, 0), 255)
	mix := func(v uint8) uint8 { return uint8(int(v) + (255-int(v))*by/255) }
	return color.NRGBA{mix(c.R), mix(c.G), mix(c.B), c.A}
}

// field paints more than two sides, each in a tile of its own.
func (d pen) field(b bar) {
	n, gap, h := len(b.sides), d.px(6), d.px(tileHigh)
	w := (d.Rect.Dx() - (n-1)*gap) / n
	pad := d.px(9)
	for i, s := range b.sides {
		r := image.Rect(0, 0, w, h).Add(image.Pt(i*(w+gap), 0))
		c := tint(b, i)
		d.rounded(r, d.px(12), image.NewUniform(barGround))
		foot := image.Rect(r.Min.X+pad, r.Max.Y-d.px(11), r.Max.X-pad, r.Max.Y-d.px(5))
		d.rounded(foot, foot.Dy()/2, image.NewUniform(barFaint))
		if full := int(s.share * float64(foot.Dx())); full > foot.Dy() {
			d.rounded(image.Rect(foot.Min.X, foot.Min.Y, foot.Min.X+full, foot.Max.Y), foot.Dy()/2, image.NewUniform(lighter(c, 30)))
		}
		x := r.Min.X + pad
		if s.won {
			x = d.crown(x, r.Min.Y+d.px(14), d.px(18)) + d.px(5)
		}
		x = d.wins(b, s, x, r.Min.Y+d.px(14))
		write(d.RGBA, d.line(s.label(), d.px(smallerSize), r.Max.X-pad-x), d.px(smallerSize), lighter(c, 120), image.Pt(x, d.middle(r.Min.Y+d.px(14), smallerSize)))
		score := d.line(grouped(s.score), d.px(21), w-2*pad)
		d.shadowed(score, 21, image.Pt(r.Min.X+pad, d.middle(r.Min.Y+d.px(34), 21)))
	}
}

// label is a side's name, and for how long it may still be away.
func (s side) label() string {
	if s.away > 0 {
		return clockText(s.away) + " … " + s.name
	}
	return s.name
}

// wins draws what a side has won of a series of rounds, and returns where that ends.
func (d pen) wins(b bar, s side, x, y int) int {
	size := d.px(9)
	for i := range b.series {
		ink := barFaint
		if i < s.wins {
			ink = barGold
		}
		d.rounded(image.Rect(x, y-size/2, x+size, y-size/2+size), size/2, image.NewUniform(ink))
		x += size + d.px(4)
	}
	return x + boolean(b.series > 0)*d.px(3)
}

// clockPill shows how long it goes on, in the middle, and returns how wide that is.
func (d pen) clockPill(b bar, y int) int {
	mid := d.Rect.Dx() / 2
	switch b.phase {
	case wire.BattleCounting:
		r := image.Rect(mid-d.px(countHigh)/2, y, mid+d.px(countHigh)/2, y+d.px(countHigh))
		d.rounded(r, r.Dy()/2, image.NewUniform(barGold))
		d.rounded(r.Inset(d.px(5)), r.Dy()/2, image.NewUniform(color.NRGBA{12, 14, 20, 255}))
		line := d.line(strconv.Itoa(b.left), d.px(54), r.Dx())
		write(d.RGBA, line, d.px(54), barWhite, image.Pt(mid-long(line)/2, d.middle(y+r.Dy()/2, 54)))
		return r.Dx()
	case wire.BattlePush:
		ground := barHot
		if b.lit {
			ground = barLit
		}
		return d.pill(join(b.title, clockText(b.left)), timeSize, barWhite, ground, mid, y, d.Rect.Dx()/2)
	case wire.BattleLap:
		return d.pill(join(b.title, clockText(b.left)), timeSize, barQuiet, barGround, mid, y, d.Rect.Dx()/2)
	}
	return d.pill(clockText(b.left), timeSize, barWhite, barGround, mid, y, d.Rect.Dx()/2)
}

func join(a, b string) string {
	if a == "" {
		return b
	}
	return a + " · " + b
}

// pill writes a text on a ground of its own, in the middle of a place, and returns how wide it is.
func (d pen) pill(text string, size int, ink, ground color.NRGBA, mid, y, room int) int {
	line := d.line(text, d.px(size), room)
	w := long(line) + 2*d.px(14)
	r := image.Rect(mid-w/2, y, mid-w/2+w, y+d.px(pillHigh))
	d.rounded(r, r.Dy()/2, image.NewUniform(ground))
	write(d.RGBA, line, d.px(size), ink, image.Pt(r.Min.X+d.px(14), d.middle(y+r.Dy()/2, size)))
	return w
}

// namePill names a side, at its end of the bar, with what it has won; below it is who gave most to the winner.
func (d pen) namePill(b bar, s side, i, y, room int) {
	pad, h := d.px(14), d.px(pillHigh)
	text := s.label()
	if s.won && b.words.Won != "" {
		text = b.words.Won + " · " + text
	}
	front := boolean(s.won)*d.px(30) + b.series*d.px(13) + boolean(b.series > 0)*d.px(3)
	line := d.line(text, d.px(nameSize), room-front-2*pad)
	r := image.Rect(0, y, front+long(line)+2*pad, y+h)
	if i == 1 {
		r = r.Add(image.Pt(d.Rect.Dx()-r.Dx(), 0))
	}
	ground, ink := barGround, barWhite
	if s.won {
		ground, ink = barGold, color.NRGBA{30, 22, 0, 255}
	}
	d.rounded(r, h/2, image.NewUniform(ground))
	x := r.Min.X + pad
	if s.won {
		x = d.crownOf(color.NRGBA{30, 22, 0, 255}, x, y+h/2, d.px(22)) + d.px(8)
	}
	x = d.wins(b, s, x, y+h/2)
	write(d.RGBA, line, d.px(nameSize), ink, image.Pt(x, d.middle(y+h/2, nameSize)))
	if s.best != "" && s.won {
		d.bestPill(s.best, i, y+h+d.px(pillGap), room)
	}
}

// bestPill names who gave most.
func (d pen) bestPill(name string, i, y, room int) {
	pad, h, star := d.px(12), d.px(pillHigh), d.px(18)
	line := d.line(name, d.px(smallerSize), room-2*pad-star)
	r := image.Rect(0, y, long(line)+2*pad+star+d.px(7), y+h)
	if i == 1 {
		r = r.Add(image.Pt(d.Rect.Dx()-r.Dx(), 0))
	}
	d.rounded(r, h/2, image.NewUniform(barGround))
	d.star(r.Min.X+pad, y+h/2, star)
	write(d.RGBA, line, d.px(smallerSize), barWhite, image.Pt(r.Min.X+pad+star+d.px(7), d.middle(y+h/2, smallerSize)))
}

func (d pen) crown(x, y, size int) int { return d.crownOf(barGold, x, y, size) }

// crownOf draws a crown, its left end at x and its middle at y, and returns its right end.
func (d pen) crownOf(ink color.NRGBA, x, y, size int) int {
	d.polygon(ink, image.Rect(x, y-size*3/8, x+size, y-size*3/8+size*3/4), [][2]float32{
		{0, 0.15}, {0.26, 0.5}, {0.5, 0}, {0.74, 0.5}, {1, 0.15}, {0.9, 1}, {0.1, 1},
	})
	return x + size
}

// star draws a star, its left end at x and its middle at y.
func (d pen) star(x, y, size int) {
	d.polygon(barGold, image.Rect(x, y-size/2, x+size, y-size/2+size), [][2]float32{
		{0.5, 0.02}, {0.62, 0.38}, {1, 0.38}, {0.69, 0.6}, {0.81, 0.97}, {0.5, 0.74}, {0.19, 0.97}, {0.31, 0.6}, {0, 0.38}, {0.38, 0.38},
	})
}

// polygon fills a shape whose corners are parts of a rectangle.
func (d pen) polygon(ink color.NRGBA, r image.Rectangle, corners [][2]float32) {
	w, h := float32(r.Dx()), float32(r.Dy())
	v := vector.NewRasterizer(r.Dx(), r.Dy())
	v.MoveTo(corners[0][0]*w, corners[0][1]*h)
	for _, c := range corners[1:] {
		v.LineTo(c[0]*w, c[1]*h)
	}
	v.ClosePath()
	v.Draw(d.RGBA, r, image.NewUniform(ink), image.Point{})
}

// shadowed writes white letters with a soft edge, readable on any colour.
func (d pen) shadowed(line shaping.Line, size int, at image.Point) {
	write(d.RGBA, line, d.px(size), color.NRGBA{0, 0, 0, 110}, at.Add(image.Pt(0, d.px(1))))
	write(d.RGBA, line, d.px(size), barWhite, at)
}
