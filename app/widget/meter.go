package widget

import (
	"image/color"
	"math"
	"strconv"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	fynewidget "fyne.io/fyne/v2/widget"

	"vitrine/app/theme"
)

// Meter shows a level in dBFS from −60 to 0: the bar is the peak, the needle the mean power, the scale is below, and the
// light at the end says that the sound clips. The three zones differ in height as well as in colour, so that they can be
// told apart without colours.
type Meter struct {
	fynewidget.BaseWidget
	peak, rms float64
	clipped   bool
	clip      string // the light's word
	muted     bool
}

// zones of a meter: from is where one begins, in dBFS.
var zones = [...]struct {
	from, to float64
	height   float32
	color    fyne.ThemeColorName
}{
	{meterFloor, -20, 0.6, theme.Safe},
	{-20, -9, 0.8, theme.Loud},
	{-9, 0, 1, theme.Hot},
}

const (
	meterFloor  = -60.0
	meterHeight = 11
	zoneGap     = 2
	clipGap     = 6
)

// NewMeter returns a silent meter; clip is the word on its light.
func NewMeter(clip string) *Meter {
	m := &Meter{clip: clip, peak: meterFloor, rms: meterFloor}
	m.ExtendBaseWidget(m)
	return m
}

// Set shows a level in dBFS. A muted meter is drawn without colours: it shows what would be heard.
func (m *Meter) Set(peak, rms float64, clipped, muted bool) {
	peak, rms = quantise(peak), quantise(rms)
	if m.peak != peak || m.rms != rms || m.clipped != clipped || m.muted != muted {
		m.peak, m.rms, m.clipped, m.muted = peak, rms, clipped, muted
		m.Refresh()
	}
}

// quantise rounds to what the eye can tell apart, so that a quiet room does not repaint.
func quantise(db float64) float64 {
	if !(db > meterFloor) {
		return meterFloor
	}
	return min(0, math.Round(db*4)/4)
}

// Levels are what the meter shows, in dBFS.
func (m *Meter) Levels() (peak, rms float64, clipped bool) { return m.peak, m.rms, m.clipped }

// CreateRenderer implements fyne.Widget.
func (m *Meter) CreateRenderer() fyne.WidgetRenderer {
	r := &meterRenderer{m: m, light: canvas.NewRectangle(color.Transparent), word: canvas.NewText(m.clip, nil), needle: canvas.NewRectangle(color.Transparent)}
	for i := range zones {
		r.dim[i], r.lit[i] = canvas.NewRectangle(color.Transparent), canvas.NewRectangle(color.Transparent)
		r.objects = append(r.objects, r.dim[i], r.lit[i])
	}
	r.objects = append(r.objects, r.needle, r.light, r.word)
	for db := meterFloor; db <= 0; db += 10 {
		t := canvas.NewText(strconv.Itoa(int(-db)), nil)
		if db < 0 {
			t.Text = "−" + t.Text
		}
		r.scale = append(r.scale, t)
		r.objects = append(r.objects, t)
	}
	r.paint()
	return r
}

type meterRenderer struct {
	m        *Meter
	dim, lit [len(zones)]*canvas.Rectangle
	needle   *canvas.Rectangle
	light    *canvas.Rectangle
	word     *canvas.Text
	scale    []*canvas.Text
	objects  []fyne.CanvasObject
	barWide  float32
	clipWide float32
}

const scaleText = 9

func (r *meterRenderer) MinSize() fyne.Size {
	return fyne.NewSize(140, meterHeight+2+fyne.MeasureText("0", scaleText, fyne.TextStyle{}).Height)
}

// x is where a level lies on the bar.
func (r *meterRenderer) x(db float64) float32 {
	return float32((db-meterFloor)/-meterFloor) * r.barWide
}

func (r *meterRenderer) Layout(s fyne.Size) {
	word := fyne.MeasureText(r.m.clip, scaleText, fyne.TextStyle{Bold: true})
	r.clipWide = word.Width + 10
	r.barWide = max(0, s.Width-r.clipWide-clipGap)
	for i, z := range zones {
		h := meterHeight * z.height
		x, wide := r.x(z.from), r.x(z.to)-r.x(z.from)-zoneGap
		if i == len(zones)-1 {
			wide += zoneGap
		}
		r.dim[i].Move(fyne.NewPos(x, meterHeight-h))
		r.dim[i].Resize(fyne.NewSize(max(0, wide), h))
		r.lit[i].Move(r.dim[i].Position())
	}
	r.light.Move(fyne.NewPos(s.Width-r.clipWide, 0))
	r.light.Resize(fyne.NewSize(r.clipWide, meterHeight))
	r.word.Move(fyne.NewPos(s.Width-r.clipWide+5, (meterHeight-word.Height)/2))
	r.word.Resize(word)
	r.layoutScale()
	r.layoutLevel()
}

func (r *meterRenderer) layoutScale() {
	step := 1
	if r.barWide < 190 {
		step = 2
	}
	for i, t := range r.scale {
		size := fyne.MeasureText(t.Text, scaleText, fyne.TextStyle{})
		x := r.x(meterFloor+10*float64(i)) - size.Width/2
		t.Move(fyne.NewPos(min(max(0, x), r.barWide-size.Width), meterHeight+2))
		t.Resize(size)
		t.Hidden = i%step != 0
	}
}

func (r *meterRenderer) layoutLevel() {
	for i, z := range zones {
		part := (min(r.m.peak, z.to) - z.from) / (z.to - z.from)
		r.lit[i].Hidden = part <= 0
		if part > 0 {
			full := r.dim[i].Size()
			r.lit[i].Resize(fyne.NewSize(full.Width*float32(part), full.Height))
		}
	}
	r.needle.Hidden = r.m.rms <= meterFloor
	r.needle.Move(fyne.NewPos(min(r.x(r.m.rms), r.barWide-2), 0))
	r.needle.Resize(fyne.NewSize(2, meterHeight))
}

func (r *meterRenderer) paint() {
	th, v := r.m.Theme(), variant()
	quiet := th.Color(theme.Quiet, v)
	for i, z := range zones {
		r.dim[i].FillColor = th.Color(theme.Trough, v)
		r.lit[i].FillColor = th.Color(z.color, v)
		if r.m.muted {
			r.lit[i].FillColor = quiet
		}
		r.dim[i].CornerRadius, r.lit[i].CornerRadius = 2, 2
	}
	r.needle.FillColor = th.Color(theme.Needle, v)
	r.light.CornerRadius = 3
	r.light.FillColor, r.word.Color = th.Color(theme.Trough, v), quiet
	if r.m.clipped {
		r.light.FillColor, r.word.Color = th.Color(theme.Hot, v), color.White
	}
	r.word.Text, r.word.TextSize, r.word.TextStyle = r.m.clip, scaleText, fyne.TextStyle{Bold: true}
	for _, t := range r.scale {
		t.Color, t.TextSize = quiet, scaleText
	}
}

func (r *meterRenderer) Refresh() {
	r.paint()
	r.layoutLevel()
	canvas.Refresh(r.m)
}

func (r *meterRenderer) Objects() []fyne.CanvasObject { return r.objects }
func (r *meterRenderer) Destroy()                     {}
