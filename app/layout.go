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
