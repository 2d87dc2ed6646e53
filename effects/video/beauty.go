package video

import "vitrine/capture/frame"

// Settings are the strengths of the effects, each 0 (off) to 100.
type Settings struct {
	Smooth   int // evens skin out; pores and edges stay
	Whiten   int // lifts and cools skin
	Blush    int // colour of the cheeks
	Lips     int // colour of the lips
	Sharpen  int // detail of what is not skin
	SlimFace int // narrows cheeks and jaw
	BigEyes  int // widens eyes
}

// Preset is a named look.
type Preset struct {
	Name     string
	Settings Settings
}

// Presets are the looks on offer, from none to strong.
var Presets = []Preset{
	{"Off", Settings{}},
	{"Natural", Settings{Smooth: 45, Whiten: 15, Blush: 10, Lips: 10, Sharpen: 15}},
	{"Fresh", Settings{Smooth: 65, Whiten: 35, Blush: 30, Lips: 30, Sharpen: 25, SlimFace: 15, BigEyes: 10}},
	{"Radiant", Settings{Smooth: 85, Whiten: 60, Blush: 45, Lips: 50, Sharpen: 30, SlimFace: 30, BigEyes: 20}},
}

// Beauty applies Settings to pictures. The zero value is ready; it allocates with the first picture of a size and not after.
// Not safe for concurrent use.
type Beauty struct {
	kernels kernels // native unless a test asks for others
	grid    cells
	floats  []float32 // floatPlanes of the grid
	region  []float32 // where a face's skin may be, 0 to 1; all 1 without faces
	row     []float32
	planes  []int16 // intPlanes of the grid
	spans   []int32
	line    []int16
}

// Apply changes v, which the caller owns, in place. Faces are those in v; each one's Strength scales all that is done to it.
// Without faces skin is found by its colour alone, and the effects that need landmarks (blush, lips, contours) are not
// applied; as much as the strongest face lacks of 1 is done so, hence nothing jumps when faces come and go.
func (b *Beauty) Apply(v *frame.Video, s Settings, faces []frame.Face) {
	b.size(v.Width, v.Height)
	if s.Smooth > 0 || s.Whiten > 0 {
		b.smooth(v, s)
	}
}

func (b *Beauty) smooth(v *frame.Video, s Settings) {
	k, c := b.kernels, b.grid
	clear(b.floats[planeSkin*c.size:][:c.size])
	k.reduce(v, c, b.floats)
	k.skin(c, anySkin, b.region, b.floats)
	r := max(2, (v.Height+90)/180)
	k.guide(c, r, b.floats, b.row)
	k.fold(c, r, dose{smooth: share(s.Smooth), whiten: share(s.Whiten)}, b.floats, b.row, b.planes, b.spans)
	k.luma(v, c, b.planes, b.spans, b.line)
	k.chroma(v, c, b.planes, b.spans, b.line)
}

func share(percent int) float32 { return float32(min(max(percent, 0), 100)) / 100 }

// size makes room for pictures of w × h pixels.
func (b *Beauty) size(w, h int) {
	if b.kernels == nil {
		b.kernels = native{}
	}
	gw, gh := (w+3)/4, (h+3)/4
	if b.grid.width == gw && b.grid.height == gh {
		return
	}
	b.grid = cells{width: gw, height: gh, stride: gw, size: gw * gh, x1: gw, y1: gh}
	b.floats = make([]float32, floatPlanes*gw*gh)
	b.region = make([]float32, gw*gh)
	for i := range b.region {
		b.region[i] = 1
	}
	b.row = make([]float32, 11*(gw+64))
	b.planes = make([]int16, intPlanes*gw*gh+64)
	b.spans = make([]int32, 2*gh)
	b.line = make([]int16, 4*(gw+2*margin)+64)
}

// anySkin is the colour of human skin of all tones under white light.
var anySkin = skin{
	luma: 130, cb: -18, cr: 20,
	along: [2]float32{-0.66 / 16, 0.75 / 16}, across: [2]float32{0.75 / 7, 0.66 / 7},
	dim: 0.3, dark: 0.12, weight: 1,
}
