package widget

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
)

// Row puts objects beside each other: the first takes the room that is left, the others what they need, all centred on
// one line.
func Row(first fyne.CanvasObject, others ...fyne.CanvasObject) *fyne.Container {
	return container.New(rowLayout{gap: 6}, append([]fyne.CanvasObject{first}, others...)...)
}

// Line puts objects beside each other from the left, centred on one line, gap pixels apart.
func Line(gap float32, objects ...fyne.CanvasObject) *fyne.Container {
	return container.New(rowLayout{gap: gap, spare: spacers}, objects...)
}

// Spread puts objects beside each other, gap pixels apart, at the full height: each has what it needs and the same of what is left.
func Spread(gap float32, objects ...fyne.CanvasObject) *fyne.Container {
	return container.New(rowLayout{gap: gap, spare: everybody}, objects...)
}

// Stack puts objects below each other, gap pixels apart.
func Stack(gap float32, objects ...fyne.CanvasObject) *fyne.Container {
	return container.New(layout.NewCustomPaddedVBoxLayout(gap), objects...)
}

// Fill puts top and bottom at their heights and gives the rest to the middle, gap pixels apart. top and bottom may be nil.
func Fill(gap float32, top, middle, bottom fyne.CanvasObject) *fyne.Container {
	objects := []fyne.CanvasObject{middle}
	for _, o := range []fyne.CanvasObject{top, bottom} {
		if o != nil {
			objects = append(objects, o)
		}
	}
	return container.New(fillLayout{gap: gap, top: top, bottom: bottom}, objects...)
}

// Inset leaves room around an object.
func Inset(x, y float32, o fyne.CanvasObject) *fyne.Container {
	return container.New(layout.NewCustomPaddedLayout(y, y, x, x), o)
}

// Columns gives objects equal widths.
func Columns(gap float32, objects ...fyne.CanvasObject) *fyne.Container {
	return container.New(columnLayout{gap}, objects...)
}

// Sized makes an object at least as large as given.
func Sized(min fyne.Size, o fyne.CanvasObject) *fyne.Container {
	return container.New(sizedLayout{min}, o)
}

// Fixed gives an object a size whatever it would like, such as wrapped text that asks for a height before it knows its width.
func Fixed(size fyne.Size, o fyne.CanvasObject) *fyne.Container {
	return container.New(fixedLayout{size}, o)
}

type fixedLayout struct{ size fyne.Size }

func (l fixedLayout) MinSize([]fyne.CanvasObject) fyne.Size { return l.size }

func (l fixedLayout) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	objects[0].Resize(size)
	objects[0].Move(fyne.NewPos(0, 0))
}

type rowLayout struct {
	gap   float32
	spare spare
}

// spare is who takes the room that is left in a row.
type spare int

const (
	theFirst spare = iota
	spacers
	everybody
)

func (l rowLayout) MinSize(objects []fyne.CanvasObject) (m fyne.Size) {
	n := 0
	for _, o := range objects {
		if !o.Visible() {
			continue
		}
		s := o.MinSize()
		m.Width += s.Width
		m.Height = max(m.Height, s.Height)
		n++
	}
	m.Width += l.gap * float32(max(0, n-1))
	return m
}

// more is what an object takes of the room that is left when so many can be seen.
func (l rowLayout) more(i int, o fyne.CanvasObject, left float32, seen int) float32 {
	_, spacer := o.(layout.SpacerObject)
	switch {
	case l.spare == everybody:
		return left / float32(seen)
	case l.spare == theFirst && i == 0, l.spare == spacers && spacer:
		return left
	}
	return 0
}

func (l rowLayout) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	left, seen := max(0, size.Width-l.MinSize(objects).Width), 0
	for _, o := range objects {
		if o.Visible() {
			seen++
		}
	}
	x := float32(0)
	for i, o := range objects {
		if !o.Visible() {
			continue
		}
		s := o.MinSize()
		more := l.more(i, o, left, seen)
		s.Width += more
		if l.spare == everybody {
			s.Height = size.Height
		} else {
			left -= more
		}
		o.Resize(s)
		o.Move(fyne.NewPos(x, middle(size.Height, s.Height)))
		x += s.Width + l.gap
	}
}

// middle is where something of a height stands in a room, at a whole pixel: text between pixels loses its feet.
func middle(room, height float32) float32 { return float32(int((room - height) / 2)) }

type fillLayout struct {
	gap         float32
	top, bottom fyne.CanvasObject
}

func (l fillLayout) MinSize(objects []fyne.CanvasObject) (m fyne.Size) {
	n := 0
	for _, o := range objects {
		if !o.Visible() {
			continue
		}
		s := o.MinSize()
		m = fyne.NewSize(max(m.Width, s.Width), m.Height+s.Height)
		n++
	}
	m.Height += l.gap * float32(max(0, n-1))
	return m
}

func (l fillLayout) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	y, end := float32(0), size.Height
	if l.top != nil && l.top.Visible() {
		h := l.top.MinSize().Height
		l.top.Resize(fyne.NewSize(size.Width, h))
		l.top.Move(fyne.NewPos(0, 0))
		y = h + l.gap
	}
	if l.bottom != nil && l.bottom.Visible() {
		h := l.bottom.MinSize().Height
		l.bottom.Resize(fyne.NewSize(size.Width, h))
		l.bottom.Move(fyne.NewPos(0, end-h))
		end -= h + l.gap
	}
	objects[0].Resize(fyne.NewSize(size.Width, max(0, end-y)))
	objects[0].Move(fyne.NewPos(0, y))
}

type columnLayout struct{ gap float32 }

func (l columnLayout) MinSize(objects []fyne.CanvasObject) (m fyne.Size) {
	for _, o := range objects {
		m = m.Max(o.MinSize())
	}
	n := float32(len(objects))
	return fyne.NewSize(m.Width*n+l.gap*(n-1), m.Height)
}

func (l columnLayout) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	n := float32(len(objects))
	w := (size.Width - l.gap*(n-1)) / n
	for i, o := range objects {
		o.Resize(fyne.NewSize(w, size.Height))
		o.Move(fyne.NewPos(float32(i)*(w+l.gap), 0))
	}
}

type sizedLayout struct{ min fyne.Size }

func (l sizedLayout) MinSize(objects []fyne.CanvasObject) fyne.Size {
	return l.min.Max(objects[0].MinSize())
}

func (l sizedLayout) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	objects[0].Resize(size)
	objects[0].Move(fyne.NewPos(0, 0))
}
