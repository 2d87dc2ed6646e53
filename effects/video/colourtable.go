package video

import "math"

// A table has a node every 8 levels, so that cell and place in it are the upper 5 and lower 3 bits of a value.
const (
	tableCells = 32
	tableNodes = tableCells + 1
	tableStep  = 8
)

// corners holds, for a cell in Cb and Cr and a node in Y', the results at the cell's four corners: a byte each for
// (Cb, Cr), (Cb+1, Cr), (Cb, Cr+1), (Cb+1, Cr+1), lowest byte first. Y' varies fastest: an entry and its successor are
// all eight corners of a colour's cube, which a kernel reads at once.
type corners [tableCells * tableCells * tableNodes]uint32

// colourTable gives Y', Cb and Cr for each colour. It takes the picture's own colour difference apart from its
// resolution: luma looks up with the chroma it shares, chroma with the mean of its four luma.
type colourTable struct {
	y, u, v corners
	node    [tableNodes * tableNodes * tableNodes][3]byte // by Cb, Cr, Y'
	curve   [3][curveSteps + 1]float32
}

// The tone curves cover every signal that 8-bit Y'CbCr can mean.
const (
	curveFrom  = -1.25
	curveTo    = 2.25
	curveScale = 256
	curveSteps = (curveTo - curveFrom) * curveScale
)

func (t *colourTable) build(g grade) {
	t.trace(g)
	saturation := float32(1 + g.Saturation/100)
	i := 0
	for u := range tableNodes {
		for v := range tableNodes {
			for y := range tableNodes {
				r, gr, b := rgb(float32(y*tableStep), float32(u*tableStep), float32(v*tableStep))
				r, gr, b = t.bend(0, r), t.bend(1, gr), t.bend(2, b)
				Y, U, V := ycbcr(r, gr, b, saturation)
				if g.LUT != nil {
					r, gr, b = rgb(Y, U, V)
					r, gr, b = g.LUT.over(r, gr, b, float32(g.Strength/100))
					Y, U, V = ycbcr(r, gr, b, 1)
				}
				t.node[i] = [3]byte{level(Y), level(U), level(V)}
				i++
			}
		}
	}
	t.pack()
}

// trace draws the tone curves.
func (t *colourTable) trace(g grade) {
	k := g.gains()
	top := signal(max(k[0], k[1], k[2]))
	for c := range t.curve {
		for i := range t.curve[c] {
			x := curveFrom + float64(i)/curveScale
			t.curve[c][i] = float32(g.tone(x, k[c], top))
		}
	}
}

func (t *colourTable) bend(channel int, x float32) float32 {
	p := (x - curveFrom) * curveScale
	i := int(p)
	a, b := t.curve[channel][i], t.curve[channel][i+1]
	return a + (b-a)*(p-float32(i))
}

func (t *colourTable) pack() {
	at := func(u, v, y int) *[3]byte { return &t.node[(u*tableNodes+v)*tableNodes+y] }
	i := 0
	for u := range tableCells {
		for v := range tableCells {
			for y := range tableNodes {
				a, b, c, d := at(u, v, y), at(u+1, v, y), at(u, v+1, y), at(u+1, v+1, y)
				t.y[i] = uint32(a[0]) | uint32(b[0])<<8 | uint32(c[0])<<16 | uint32(d[0])<<24
				t.u[i] = uint32(a[1]) | uint32(b[1])<<8 | uint32(c[1])<<16 | uint32(d[1])<<24
				t.v[i] = uint32(a[2]) | uint32(b[2])<<8 | uint32(c[2])<<16 | uint32(d[2])<<24
				i++
			}
		}
	}
}

func level(x float32) byte { return byte(math.Round(bounded(float64(x), 0, 255))) }
