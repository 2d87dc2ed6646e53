package stage

import (
	"slices"

	"vitrine/server/wire"
)

// Limits of a layout: the longest change to it, ms; how late somebody may be in a program, ms; how many boxes are read; how small a box may be, in units.
const (
	longestFade, usualFade = 3000, 300
	latest                 = 2000
	mostBoxes              = 64
	smallest               = 500
)

// Measures in units of the picture. The picture is 16:9, so what is as long in both directions has 16 units up for 9 across.
const (
	units       = wire.StageUnits
	across, up  = 45, 80 // between boxes
	small       = 2200   // a picture in the picture
	column, row = 4, 8   // of small ones
)

var kinds = []wire.LayoutKind{wire.LayoutGrid, wire.LayoutSide, wire.LayoutPicture, wire.LayoutSpotlight, wire.LayoutFree}

// arranged is a layout for those who are seen.
func arranged(l wire.StageLayout, spots []wire.SpotID) wire.StageLayout {
	if !slices.Contains(spots, l.Main) {
		l.Main = ""
	}
	l.Boxes = Arrange(l, spots)
	return l
}

// Arrange says where each of spots, who are seen, is in a layout: in boxes inside of the picture, each spot once. Only in
// LayoutPicture and LayoutFree they lie over one another. A spot that occurs twice counts once; an unknown kind is a grid.
func Arrange(l wire.StageLayout, spots []wire.SpotID) []wire.StageBox {
	var all []wire.SpotID
	for _, s := range spots {
		if !slices.Contains(all, s) {
			all = append(all, s)
		}
	}
	if len(all) == 0 {
		return nil
	}
	switch l.Kind {
	case wire.LayoutSide:
		return rows(all, min(len(all), 2), 0, 0)
	case wire.LayoutPicture:
		return picture(first(all, l.Main))
	case wire.LayoutSpotlight:
		return spotlight(first(all, l.Main))
	case wire.LayoutFree:
		return free(l.Boxes, first(all, l.Main))
	}
	return grid(all)
}

// first puts who is large before the others.
func first(spots []wire.SpotID, main wire.SpotID) []wire.SpotID {
	if main == "" {
		main = wire.HostSpot
	}
	if i := slices.Index(spots, main); i > 0 {
		return slices.Insert(slices.Delete(slices.Clone(spots), i, i+1), 0, main)
	}
	return spots
}

// grid shows all equally large, in so many columns that they are as large as can be; the more upright, if two are.
func grid(spots []wire.SpotID) []wire.StageBox {
	n, best, cols := len(spots), 0, 1
	for c := 1; c <= n; c++ {
		r := (n + c - 1) / c
		if size := units / max(c, r); size >= best && (c-1)*r < n {
			best, cols = size, c
		}
	}
	gap := max(1, n)
	return rows(spots, cols, min(across, units/(4*gap)), min(up, units/(4*gap)))
}

// rows puts boxes of one size into rows, the last one in the middle.
func rows(spots []wire.SpotID, cols, gapX, gapY int) []wire.StageBox {
	n := len(spots)
	high := (n + cols - 1) / cols
	w, h := (units-(cols-1)*gapX)/cols, (units-(high-1)*gapY)/high
	var boxes []wire.StageBox
	for i, s := range spots {
		in := min(cols, n-i/cols*cols) // this row
		left := (units - in*w - (in-1)*gapX) / 2
		if in == cols {
			left = 0
		}
		boxes = append(boxes, wire.StageBox{Spot: s, X: left + i%cols*(w+gapX), Y: i / cols * (h + gapY), W: w, H: h})
	}
	return boxes
}

func whole(s wire.SpotID) wire.StageBox { return wire.StageBox{Spot: s, W: units, H: units} }

// picture shows the first in the whole picture, the others small over it: up from a corner, or if they are many in rows at the foot.
func picture(spots []wire.SpotID) []wire.StageBox {
	boxes, k := []wire.StageBox{whole(spots[0])}, len(spots)-1
	if k <= column {
		for i, s := range spots[1:] {
			boxes = append(boxes, slot(s, i))
		}
		return boxes
	}
	in := max(min(k, row), (k+row-1)/row)
	size := min(small, (units-2*2*across-(in-1)*across)/in)
	for i, s := range spots[1:] {
		boxes = append(boxes, wire.StageBox{
			Spot: s, X: units - 2*across - size - i%in*(size+across), Y: units - 2*up - size - i/in*(size+up), W: size, H: size,
		})
	}
	return boxes
}

// slot is one of column × column places for small boxes: up from the right corner at the foot, then further left.
func slot(s wire.SpotID, i int) wire.StageBox {
	i %= column * column
	return wire.StageBox{Spot: s, X: units - 2*across - small - i/column*(small+across), Y: units - 2*up - small - i%column*(small+up), W: small, H: small}
}

// spotlight shows the first large, the others in one, two or three columns beside it.
func spotlight(spots []wire.SpotID) []wire.StageBox {
	k := len(spots) - 1
	if k == 0 {
		return []wire.StageBox{whole(spots[0])}
	}
	cols, main := 1, 7500
	if k > 5 {
		cols, main = 2, 6800
	}
	if k > 16 {
		cols, main = 3, 6400
	}
	high := (k + cols - 1) / cols
	gap := min(up, units/(4*high))
	w, h := (units-main)/cols-across, min((units-(high-1)*gap)/high, units/2)
	boxes := []wire.StageBox{{Spot: spots[0], W: main, H: units}}
	top := (units - high*h - (high-1)*gap) / 2
	for i, s := range spots[1:] {
		boxes = append(boxes, wire.StageBox{Spot: s, X: main + across + i/high*(w+across), Y: top + i%high*(h+gap), W: w, H: h})
	}
	return boxes
}

// free shows all where the host put them. For whom there is no box there is a small one where no other small one is; for the first, the
// whole picture below the others.
func free(boxes []wire.StageBox, spots []wire.SpotID) []wire.StageBox {
	var kept []wire.StageBox
	has := func(s wire.SpotID) bool {
		return slices.ContainsFunc(kept, func(b wire.StageBox) bool { return b.Spot == s })
	}
	for _, b := range boxes {
		if slices.Contains(spots, b.Spot) && !has(b.Spot) {
			kept = append(kept, inside(b))
		}
	}
	if !has(spots[0]) {
		kept = slices.Insert(kept, 0, whole(spots[0]))
	}
	for _, s := range spots[1:] {
		if has(s) {
			continue
		}
		at := 0
		for i := range column * column {
			if !slices.ContainsFunc(kept, func(b wire.StageBox) bool { return b.W*b.H < units*units/2 && overlap(b, slot(s, i)) }) {
				at = i
				break
			}
		}
		kept = append(kept, slot(s, at))
	}
	return kept
}

// inside is a box moved, and if it must be made smaller, until it is in the picture.
func inside(b wire.StageBox) wire.StageBox {
	b.W, b.H = min(max(b.W, smallest), units), min(max(b.H, smallest), units)
	b.X, b.Y = min(max(b.X, 0), units-b.W), min(max(b.Y, 0), units-b.H)
	return b
}

func overlap(a, b wire.StageBox) bool {
	return a.X < b.X+b.W && b.X < a.X+a.W && a.Y < b.Y+b.H && b.Y < a.Y+a.H
}
