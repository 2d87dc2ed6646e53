package scene

import (
	"image"
	"image/color"
	"strings"
	"unicode"

	"vitrine/capture/frame"
	"vitrine/server/wire"
)

// Names paints what stands for people where there is no picture of them, and their names below it. What it has painted it keeps, so asking
// again costs nothing. It is not safe for concurrent use.
type Names struct {
	letters  letters
	labels   map[named]*Overlay
	placards map[named]*frame.Video
}

// named is a name painted for a box and a picture of a size.
type named struct {
	name          string
	width, height int
}

// mostNames is how many labels, and how many placards, are kept.
const mostNames = 40

// NewNames returns a painter that writes with the fonts.
func NewNames(f Fonts) *Names {
	return &Names{letters: letters{fonts: f}, labels: map[named]*Overlay{}, placards: map[named]*frame.Video{}}
}

// Item is what is drawn for somebody in a box, before there is a picture: for a program picture of a size in pixels.
func (n *Names) Item(b wire.StageBox, name string, labelled bool, width, height int) Item {
	r := Pixels(b, width, height)
	i := Item{Spot: b.Spot, Placard: n.Placard(name, r.Dx(), r.Dy())}
	if labelled {
		i.Label = n.Label(name, r.Dx(), height)
	}
	return i
}

// A label's measures in units, of which the picture is 720 high.
const (
	labelSize, labelPad, labelHeight = 18, 12, 30
	labelLongest                     = 320
)

var (
	labelGround   = color.NRGBA{12, 14, 20, 168}
	placardGround = color.NRGBA{30, 33, 42, 255}
	placardInk    = color.NRGBA{255, 255, 255, 235}
)

// placardTints are what the discs with initials are filled with; a name has always the same.
var placardTints = []color.NRGBA{{214, 92, 92, 255}, {196, 122, 52, 255}, {120, 140, 60, 255}, {46, 148, 112, 255}, {44, 138, 168, 255}, {82, 114, 204, 255}, {134, 96, 196, 255}, {190, 84, 146, 255}}

// Label is a name for the foot of a box, for a program picture so high in pixels; nil for a name that cannot be written, or that
// has no room in a box so wide.
func (n *Names) Label(name string, width, height int) *Overlay {
	key := named{name, width, height}
	if o, ok := n.labels[key]; ok {
		return o
	}
	if len(n.labels) >= mostNames {
		clear(n.labels)
	}
	n.labels[key] = n.label(name, width, height)
	return n.labels[key]
}

func (n *Names) label(name string, width, height int) *Overlay {
	d := pen{letters: &n.letters, unit: 1000 * height / 720}
	margin := max(2, height/90) + 2
	room := min(d.px(labelLongest), width-2*margin-2*d.px(labelPad))
	if room < d.px(2*labelSize) {
		return nil
	}
	line := d.line(name, d.px(labelSize), room)
	if len(line) == 0 {
		return nil
	}
	d.RGBA = image.NewRGBA(image.Rect(0, 0, even(long(line)+2*d.px(labelPad)), even(d.px(labelHeight))))
	d.rounded(d.Rect, d.px(labelHeight)/2, image.NewUniform(labelGround))
	write(d.RGBA, line, d.px(labelSize), cardInk, image.Pt(d.px(labelPad), d.middle(d.Rect.Dy()/2, labelSize)))
	return newOverlay(d.RGBA)
}

// middle is the base line of letters of a size, in units, whose middle is to be at y.
func (d pen) middle(y, size int) int { return y + d.px(size)*36/100 }

// Placard is a picture of a size that stands for somebody of a name: their initials on a disc. The caller must not change it.
func (n *Names) Placard(name string, width, height int) *frame.Video {
	width, height = max(2, even(width)), max(2, even(height))
	key := named{name, width, height}
	if v, ok := n.placards[key]; ok {
		return v
	}
	if len(n.placards) >= mostNames {
		clear(n.placards)
	}
	v := frame.New(width, height)
	n.placards[key] = v
	c := newOverlay(plain(placardGround))
	v.Fill(c.y[0], c.u[0], c.v[0])
	if side := min(width, height) * 46 / 100 &^ 1; side >= 16 {
		disc := n.disc(name, side)
		disc.Blend(v, image.Pt((width-side)/2&^1, (height-side)/2&^1), Opaque)
	}
	return v
}

// plain is the smallest picture of a colour.
func plain(c color.NRGBA) *image.RGBA {
	img := image.NewRGBA(image.Rect(0, 0, 2, 2))
	for y := range 2 {
		for x := range 2 {
			img.Set(x, y, c)
		}
	}
	return img
}

// disc is initials on a disc.
func (n *Names) disc(name string, side int) *Overlay {
	d := pen{RGBA: image.NewRGBA(image.Rect(0, 0, side, side)), letters: &n.letters, unit: 1000}
	sum := 0
	for _, r := range name {
		sum = (sum*31 + int(r)) % 1000003
	}
	d.rounded(d.Rect, side/2, image.NewUniform(placardTints[sum%len(placardTints)]))
	size := side * 40 / 100
	line := d.line(initials(name), size, side)
	if len(line) == 0 { // head and shoulders
		d.rounded(image.Rect(side*38/100, side*22/100, side*62/100, side*46/100), side, image.NewUniform(placardInk))
		d.rounded(image.Rect(side*26/100, side*52/100, side*74/100, side*80/100), side*22/100, image.NewUniform(placardInk))
	}
	write(d.RGBA, line, size, placardInk, image.Pt((side-long(line))/2, d.middle(side/2, size)))
	return newOverlay(d.RGBA)
}

// initials are the first letters of the first and the last word of a name.
func initials(name string) string {
	words := strings.FieldsFunc(name, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	if len(words) == 0 {
		return ""
	}
	first := []rune(words[0])[:1]
	if last := []rune(words[len(words)-1])[:1]; len(words) > 1 {
		first = append(first, last...)
	}
	return strings.ToUpper(string(first))
}
