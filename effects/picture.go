package effects

import (
	"image/color"
	"strconv"
	"strings"
	"sync/atomic"

	"vitrine/capture/frame"
	"vitrine/effects/plug"
	"vitrine/effects/video"
)

// Picture is the rack of the picture. Set, Spare and Backdrop may be called from any goroutine; Apply belongs to the picture
// loop. A nil Picture changes nothing.
type Picture struct {
	look    atomic.Pointer[dressed]
	thrift  atomic.Int32
	behind  atomic.Pointer[frame.Slot]
	outside atomic.Pointer[plug.Video]
	eyes    eyes

	pool frame.Pool
	// Owned by the picture loop:
	beauty     video.Beauty
	colour     video.Colour
	background video.Background
	backdrop   *frame.Video // the newest of the picture or video behind the host
	from       *frame.Slot  // where backdrop came from
	seen       sight
}

// dressed is a look as the transforms take it.
type dressed struct {
	Look
	beauty     video.BeautySettings
	colour     video.ColourSettings
	background video.BackgroundSettings
}

// Thrift is how much a rack leaves out because the computer is too slow, in this order. Background stays: a host who hides a
// room must be able to rely on it.
type Thrift int32

// Steps of thrift; each includes those before it.
const (
	Lavish     Thrift = iota
	FewerMasks        // persons are looked for in every second picture
	FewerFaces        // so are faces
	NoShapes          // faces keep their shape
	NoBeauty          // skin and lips stay as they are
	NoColour          // and so do colours
	MostThrift = NoColour
)

func newPicture() *Picture {
	p := &Picture{}
	p.eyes.newest = frame.NewSlot()
	p.Set(Look{}, nil)
	return p
}

// Set changes what is done to the picture from the next one on. grade is the look's grade, nil for none.
func (p *Picture) Set(l Look, grade *video.LUT) {
	if p == nil {
		return
	}
	d := &dressed{
		Look: l,
		beauty: video.BeautySettings{
			Smooth: l.Smooth, Whiten: l.Whiten, Blush: l.Blush, Lips: l.Lips, Sharpen: l.Sharpen, SlimFace: l.Slim, BigEyes: l.Eyes,
		},
		colour: video.ColourSettings{
			Temperature: float64(l.Temperature), Tint: float64(l.Tint), Exposure: float64(l.Exposure) / 50,
			Contrast: float64(l.Contrast), Saturation: float64(l.Saturation), LUT: grade, Strength: float64(l.GradeStrength), Auto: l.Auto,
		},
	}
	switch l.Background {
	case BlurBackground:
		d.background = video.BackgroundSettings{Mode: video.BackgroundBlur, Blur: float64(l.Blur)}
	case ReplaceBackground:
		d.background = video.BackgroundSettings{Mode: video.BackgroundPicture, Colour: noBackdrop}
		if c, ok := colourOf(l.Backdrop); ok {
			d.background = video.BackgroundSettings{Mode: video.BackgroundColour, Colour: c}
		}
	}
	p.look.Store(d)
	p.eyes.want(l)
}

// noBackdrop is what stands behind the host while there is no picture to stand there.
var noBackdrop = color.RGBA{R: 0x2b, G: 0x31, B: 0x38, A: 0xff}

// colourOf reads #rrggbb.
func colourOf(s string) (c color.RGBA, ok bool) {
	n, err := strconv.ParseUint(strings.TrimPrefix(s, "#"), 16, 32)
	if err != nil || len(s) != 7 || s[0] != '#' {
		return c, false
	}
	return color.RGBA{R: byte(n >> 16), G: byte(n >> 8), B: byte(n), A: 0xff}, true
}

// BackdropPath is the file that stands behind the host, "" if none does.
func (l Look) BackdropPath() string {
	if _, isColour := colourOf(l.Backdrop); isColour || l.Background != ReplaceBackground {
		return ""
	}
	return l.Backdrop
}

// Spare leaves out what the computer has no time for.
func (p *Picture) Spare(t Thrift) {
	if p != nil {
		p.thrift.Store(int32(t))
	}
}

// Backdrop says where the pictures come from that stand behind the host; nil for none.
func (p *Picture) Backdrop(from *frame.Slot) {
	if p != nil {
		p.behind.Store(from)
	}
}

// Switch says that the next picture comes from another source: faces and persons of the last one count no more.
func (p *Picture) Switch() {
	if p != nil {
		p.eyes.forget()
	}
}

// Apply returns v with the look, as a reference of the caller's: v itself where nothing is to be done, else another picture of
// its size. It does not wait for the eyes.
func (p *Picture) Apply(v *frame.Video) *frame.Video {
	if p == nil {
		return v.Retain()
	}
	d, outside := p.look.Load(), p.outside.Load()
	if d.Look == (Look{}) && outside == nil {
		return v.Retain()
	}
	thrift := Thrift(p.thrift.Load())
	p.eyes.show(v, thrift)
	p.eyes.last(&p.seen)
	out := p.pool.Get(v.Width, v.Height)
	out.Copy(v)
	if thrift < NoColour {
		p.colour.Apply(out, d.colour)
	}
	if thrift < NoBeauty {
		b := d.beauty
		if thrift >= NoShapes {
			b.SlimFace, b.BigEyes = 0, 0
		}
		p.beauty.Apply(out, b, p.seen.faces)
	}
	p.hide(out, d.background)
	if outside != nil {
		outside.Apply(out, plug.VideoLimit)
	}
	return out
}

// hide puts the background behind the host. Before the first mask the whole picture is background: a room that the host hides
// is not shown for a moment either.
func (p *Picture) hide(out *frame.Video, s video.BackgroundSettings) {
	p.takeBackdrop()
	if s.Mode == video.BackgroundAsIs || p.eyes.blind() {
		return
	}
	mask := p.seen.mask
	if mask == nil {
		mask = &nobody
	}
	if s.Mode == video.BackgroundPicture && p.backdrop == nil {
		s.Mode = video.BackgroundColour
	}
	p.background.Apply(out, s, mask, p.backdrop)
}

// nobody is a mask without a person.
var nobody = frame.Mask{Pix: make([]byte, 16*9), Stride: 16, Width: 16, Height: 9}

// takeBackdrop takes the newest picture of what stands behind the host.
func (p *Picture) takeBackdrop() {
	from := p.behind.Load()
	if from != p.from {
		p.from = from
		p.dropBackdrop()
	}
	if from == nil {
		return
	}
	if v := from.Take(); v != nil {
		p.dropBackdrop()
		p.backdrop = v
	}
}

func (p *Picture) dropBackdrop() {
	if p.backdrop != nil {
		p.backdrop.Release()
		p.backdrop = nil
	}
}

// Close gives back what the rack holds, after the last Apply.
func (p *Picture) Close() {
	if p == nil {
		return
	}
	p.dropBackdrop()
	p.eyes.newest.Drain()
}
