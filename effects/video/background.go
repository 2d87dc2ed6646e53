package video

import (
	"fmt"
	"image/color"
	"math"

	"vitrine/capture/frame"
)

// BackgroundMode says what becomes of what is not a person.
type BackgroundMode string

// Modes of the background.
const (
	BackgroundAsIs    BackgroundMode = ""
	BackgroundBlur    BackgroundMode = "blur"
	BackgroundColour  BackgroundMode = "colour"
	BackgroundPicture BackgroundMode = "picture" // a photo, or a video's present picture
)

// BackgroundSettings says what stands behind the host. The zero value leaves the room as it is.
type BackgroundSettings struct {
	Mode BackgroundMode
	// Blur is the strength of the blur, 0 to 100: at 100 a point becomes a disc of a ninth of the picture's smaller side.
	Blur float64
	// Colour is what the room is painted with; its alpha is ignored.
	Colour color.RGBA
}

// Background puts the host before another background. The zero value is ready; it keeps its memory and is not safe for
// concurrent use.
//
// The mask is refined at a quarter of the resolution or less: a guided filter (He, Sun, Tang, "Guided Image Filtering",
// 2013) moves its border to the edges of luma, and its two coefficients, interpolated to full resolution, give hair the
// detail that the mask lacks. Where the mask is sure, alpha is exactly 0 or 1 and the person's pixels keep every bit.
//
// Where alpha is between, the room shines through the border; before another background its colour, taken from around, is
// replaced too, so that no rim remains.
//
// The blur is that of a lens: discs of light, so that lamps bloom, and only of what is background. Persons have no weight
// in it, so they do not shine into it.
type Background struct {
	kernels backdropKernels
	width   int
	height  int
	backdropMemory
	reach  []int32
	radius int
	behind cover
	paint  *frame.Video
}

// backdropGrid is the working picture: a cell covers 2^shift × 2^shift pixels of luma.
type backdropGrid struct {
	width, height, shift int
}

// mostCells bounds what a picture costs at cell resolution; 720p has 57,600 cells of 4×4.
const mostCells = 1 << 16

func backdropGridOf(width, height int) backdropGrid {
	for shift := 2; ; shift++ {
		g := backdropGrid{(width-1)>>shift + 1, (height-1)>>shift + 1, shift}
		if g.width*g.height <= mostCells || shift == 4 {
			return g
		}
	}
}

// backdropMemory is all that the kernels read and write, a value a cell unless said otherwise.
type backdropMemory struct {
	grid    backdropGrid
	y, u, v []byte // the picture
	mask    []byte
	matte   matte
	blurred [3][]int16 // Y', Cb, Cr in 1/32

	lines []int16  // six rows at full resolution
	alpha []byte   // two rows of luma, one of chroma
	row   []uint16 // a row at full resolution
	work  []int16  // two planes
	sums  []int32  // eight rows
	discs []uint32 // four planes with margins and four rows

	maskWidth, maskHeight int
	xs, ys                []int32  // where cells lie in the mask
	maskRow               []uint16 // a row of the mask
}

// matte gives alpha as a function of luma: base + gain·(luma − level), in 1/32 of a level; gain is in 1/1024.
type matte struct {
	gain, base, level []int16
}

// Guided filter: the window reaches edgeReach cells each way, and edges of luma below edgeContrast levels are not
// followed.
const (
	edgeReach    = 4
	edgeContrast = 9
)

// shineReach is how far around a border the colour of the room that shines through it is looked for, in cells.
const shineReach = 4

// Apply changes v in place by the mask of its persons. A nil mask leaves the picture as it is, because showing the room is
// better than hiding the host, and so does a nil picture in mode BackgroundPicture. Picture is scaled to cover v; that is
// done anew when its pointer or PTS changes. It is not kept, nor may it be v.
func (b *Background) Apply(v *frame.Video, s BackgroundSettings, m *frame.Mask, picture *frame.Video) {
	if m == nil || m.Width < 1 || m.Height < 1 || s.Mode == BackgroundAsIs || s.Mode == BackgroundPicture && picture == nil {
		return
	}
	if len(m.Pix) < (m.Height-1)*m.Stride+m.Width {
		panic(fmt.Sprintf("video: %d bytes are no mask of %dx%d", len(m.Pix), m.Width, m.Height))
	}
	b.prepare(v.Width, v.Height)
	g := b.grid
	b.kernels.reduce(v.Y, v.YStride, v.Width, v.Height, g.shift, b.y, g.width, g.height, b.row)
	b.fit(m)
	b.kernels.guide(b.y, b.mask, g, b.matte, b.work, b.sums)
	switch s.Mode {
	case BackgroundBlur:
		b.defocus(v, bounded(s.Blur, 0, 100)/100*float64(min(g.width, g.height))/18)
		b.kernels.compose(v, g, b.matte, b.blurred, b.lines, b.alpha)
	case BackgroundColour:
		b.defocus(v, shineReach)
		b.kernels.replace(v, g, b.matte, b.painted(s.Colour), b.blurred, b.lines, b.alpha)
	case BackgroundPicture:
		b.defocus(v, shineReach)
		behind := b.behind.scaled(b.kernels, picture, v.Width, v.Height)
		b.kernels.replace(v, g, b.matte, behind, b.blurred, b.lines, b.alpha)
	}
}

// prepare makes the memory for pictures of a size.
func (b *Background) prepare(width, height int) {
	if b.kernels == nil {
		b.kernels = backdropNative{}
	}
	if b.width == width && b.height == height {
		return
	}
	b.width, b.height = width, height
	g := backdropGridOf(width, height)
	n, long := g.width*g.height, g.width<<g.shift
	b.backdropMemory = backdropMemory{
		grid: g, y: make([]byte, n), u: make([]byte, n), v: make([]byte, n), mask: make([]byte, n),
		matte: matte{make([]int16, n), make([]int16, n), make([]int16, n)},
		lines: make([]int16, 6*long), alpha: make([]byte, 3*long), row: make([]uint16, long),
		work: make([]int16, 2*n), sums: make([]int32, 8*g.width),
	}
	for i := range b.blurred {
		b.blurred[i] = make([]int16, n)
	}
}

// The mask is certain below sureRoom and above about 168, so that a network's murmur changes no pixel and its
// doubt does not make persons transparent.
const (
	sureRoom = 56
	sureGain = 583
)

// fit brings a mask to the cells.
func (b *Background) fit(m *frame.Mask) {
	g, n := b.grid, float64(int(1)<<b.grid.shift)
	if b.maskWidth != m.Width || b.maskHeight != m.Height {
		b.maskWidth, b.maskHeight = m.Width, m.Height
		kx, ky := float64(m.Width)/float64(b.width), float64(m.Height)/float64(b.height)
		b.xs = places(b.xs, g.width, m.Width, n/2*kx, n*kx)
		b.ys = places(b.ys, g.height, m.Height, n/2*ky, n*ky)
		b.maskRow = enough(b.maskRow, m.Width+1)
	}
	b.kernels.scale(m.Pix, m.Stride, m.Width, b.mask, g.width, g.width, g.height, b.xs, b.ys, sureRoom, sureGain, b.maskRow)
}

// defocus blurs what is background by discs of a radius in cells.
func (b *Background) defocus(v *frame.Video, radius float64) {
	g := b.grid
	cw, ch := (v.Width+1)/2, (v.Height+1)/2
	b.kernels.reduce(v.U, v.CStride, cw, ch, g.shift-1, b.u, g.width, g.height, b.row)
	b.kernels.reduce(v.V, v.CStride, cw, ch, g.shift-1, b.v, g.width, g.height, b.row)
	b.lens(radius)
	b.discs = enough(b.discs, 4*((g.width+2*b.radius+3)*g.height+g.width))
	b.kernels.defocus([3][]byte{b.y, b.u, b.v}, b.matte.base, g, b.reach, b.radius, b.blurred, b.discs)
}

// lens notes how far a disc of a radius in cells reaches in each of its rows.
func (b *Background) lens(radius float64) {
	b.radius = int(radius)
	b.reach = enough(b.reach, b.radius+1)
	for d := range b.reach {
		b.reach[d] = int32(math.Round(math.Sqrt(radius*radius - float64(d*d))))
	}
}

// painted is a picture of one colour.
func (b *Background) painted(c color.RGBA) *frame.Video {
	if b.paint == nil || b.paint.Width != b.width || b.paint.Height != b.height {
		b.paint = frame.New(b.width, b.height)
	}
	y, cb, cr := ycbcr(float32(c.R)/255, float32(c.G)/255, float32(c.B)/255, 1)
	b.paint.Fill(level(y), level(cb), level(cr))
	return b.paint
}

// enough is p with length n, made anew only when it is too small.
func enough[T any](p []T, n int) []T {
	if cap(p) < n {
		return make([]T, n)
	}
	return p[:n]
}
