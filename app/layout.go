package app

import "fyne.io/fyne/v2"

// sidesLayout puts the second object at the left and the third at the right, at their widths and a ninth of what the window
// has beyond its first size, and gives the middle to the first. What a window has beyond the least goes first to the right, grow pixels
// at most.
type sidesLayout struct{ gap, grow float32 }

func (l sidesLayout) MinSize(o []fyne.CanvasObject) fyne.Size {
	m, left, right := o[0].MinSize(), o[1].MinSize(), o[2].MinSize()
	return fyne.NewSize(left.Width+m.Width+right.Width+2*l.gap, max(left.Height, m.Height, right.Height))
}

func (l sidesLayout) Layout(o []fyne.CanvasObject, size fyne.Size) {
	extra := min(70, max(0, size.Width-firstWidth)*0.11)
	grown := min(l.grow, max(0, size.Width-l.MinSize(o).Width))
	left, right := o[1].MinSize().Width+extra, o[2].MinSize().Width+grown+extra
	o[1].Resize(fyne.NewSize(left, size.Height))
	o[1].Move(fyne.NewPos(0, 0))
	o[0].Resize(fyne.NewSize(size.Width-left-right-2*l.gap, size.Height))
	o[0].Move(fyne.NewPos(left+l.gap, 0))
	o[2].Resize(fyne.NewSize(right, size.Height))
	o[2].Move(fyne.NewPos(size.Width-right, 0))
}

// shares gives objects widths in proportion, gap pixels apart.
type shares struct {
	gap float32
	of  []float32
}

func (l *shares) MinSize(o []fyne.CanvasObject) (m fyne.Size) {
	for _, one := range o {
		least := one.MinSize()
		m.Width += least.Width
		m.Height = max(m.Height, least.Height)
	}
	m.Width += l.gap * float32(len(o)-1)
	return m
}

func (l *shares) Layout(o []fyne.CanvasObject, size fyne.Size) {
	sum := float32(0)
	for _, share := range l.of {
		sum += share
	}
	x, room := float32(0), size.Width-l.gap*float32(len(o)-1)
	for i, one := range o {
		width := room * l.of[i] / sum
		one.Move(fyne.NewPos(x, 0))
		one.Resize(fyne.NewSize(width, size.Height))
		x += width + l.gap
	}
}

// flow puts objects beside each other from the left and goes on below where they do not fit. Its height is known once it has a width.
type flow struct{ gap, width float32 }

func (l *flow) MinSize(o []fyne.CanvasObject) (m fyne.Size) {
	for _, one := range o {
		m = m.Max(one.MinSize())
	}
	return fyne.NewSize(min(m.Width, 80), l.place(o, false))
}

func (l *flow) Layout(o []fyne.CanvasObject, size fyne.Size) {
	l.width = size.Width
	l.place(o, true)
}

// place returns the height.
func (l *flow) place(o []fyne.CanvasObject, move bool) (height float32) {
	x, y := float32(0), float32(0)
	for _, one := range o {
		size := one.MinSize()
		if l.width > 0 {
			size.Width = min(size.Width, l.width)
		}
		if x > 0 && l.width > 0 && x+size.Width > l.width {
			x, y = 0, height+l.gap
		}
		if move {
			one.Move(fyne.NewPos(x, y))
			one.Resize(size)
		}
		x += size.Width + l.gap
		height = max(height, y+size.Height)
	}
	return height
}
