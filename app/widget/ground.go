package widget

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
)

// ground is a filled shape with round corners and a border. Small ones are one rounded rectangle. Without a graphics card
// every painted pixel counts, at each repaint, and those of a rounded rectangle nearly twice; so a large ground is put
// together from rounded strips at its top and bottom, lines at its sides, and a plain middle, and nothing is painted twice.
type ground struct {
	single       *canvas.Rectangle
	edges, fills [2]*canvas.Rectangle // top and bottom
	sides        [2]*canvas.Rectangle // left and right
	middle       *canvas.Rectangle

	at             fyne.Position
	size           fyne.Size
	radius, border float32
	filled         bool
}

// seam is how far the strips reach under what is between them, in pixels: their edges are soft.
const seam = 2

// large is the area in pixels from which a ground is put together.
const large = 24_000

func newGround() *ground {
	g := &ground{}
	for _, r := range []**canvas.Rectangle{
		&g.single, &g.edges[0], &g.edges[1], &g.sides[0], &g.sides[1], &g.fills[0], &g.fills[1], &g.middle,
	} {
		*r = canvas.NewRectangle(color.Transparent)
	}
	return g
}

// objects are in the order they are painted.
func (g *ground) objects() []fyne.CanvasObject {
	return []fyne.CanvasObject{g.single, g.edges[0], g.edges[1], g.sides[0], g.sides[1], g.fills[0], g.fills[1], g.middle}
}

// paint sets colours, radius and the border's width. A ground without a fill is a border around something that covers its
// inside.
func (g *ground) paint(fill, edge color.Color, radius, border float32) {
	if edge == color.Transparent {
		border = 0
	}
	g.radius, g.border, g.filled = radius, border, fill != color.Transparent
	g.single.FillColor, g.single.StrokeColor, g.single.StrokeWidth, g.single.CornerRadius = fill, edge, border, radius
	for i := range 2 {
		g.edges[i].FillColor, g.sides[i].FillColor, g.fills[i].FillColor = edge, edge, fill
	}
	g.middle.FillColor = fill
	g.place(g.at, g.size)
}

// place gives the ground its place within its widget.
func (g *ground) place(at fyne.Position, size fyne.Size) {
	g.at, g.size = at, size
	pieces := size.Width*size.Height >= large && size.Height > 5*g.radius && g.radius > 0
	g.single.Hidden = pieces
	for _, o := range g.objects()[1:] {
		o.(*canvas.Rectangle).Hidden = true
	}
	if !pieces {
		g.single.Resize(size)
		g.single.Move(at)
		return
	}
	strip := 2 * g.radius
	if g.border > 0 {
		g.strips(g.edges, 0, strip+seam)
		for i, x := range []float32{0, size.Width - g.border} {
			put(g.sides[i], at.AddXY(x, strip), fyne.NewSize(g.border, size.Height-2*strip))
		}
	}
	if g.filled {
		g.strips(g.fills, g.border, strip-g.border+seam)
		put(g.middle, at.AddXY(g.border, strip), fyne.NewSize(size.Width-2*g.border, size.Height-2*strip))
	}
}

// strips lays out the top and the bottom of a rounded shape that lies inset pixels within the ground.
func (g *ground) strips(r [2]*canvas.Rectangle, inset, height float32) {
	radius := max(0, g.radius-inset)
	r[0].TopLeftCornerRadius, r[0].TopRightCornerRadius = radius, radius
	r[1].BottomLeftCornerRadius, r[1].BottomRightCornerRadius = radius, radius
	size := fyne.NewSize(g.size.Width-2*inset, height)
	put(r[0], g.at.AddXY(inset, inset), size)
	put(r[1], g.at.AddXY(inset, g.size.Height-inset-height), size)
}

func put(r *canvas.Rectangle, at fyne.Position, size fyne.Size) {
	r.Hidden = false
	r.Move(at)
	r.Resize(size)
}
