package pictures

import (
	"image"
	"image/color"
	"image/draw"
)

// shrink draws a picture of the size `whole` on white and makes it as small as `size`, which is no larger: each pixel becomes the mean
// of the area that it covers. Only a line of the picture is unfolded at a time.
func shrink(img image.Image, whole, size image.Point) *image.RGBA {
	small := image.NewRGBA(image.Rectangle{Max: size})
	line := image.NewRGBA(image.Rect(0, 0, whole.X, 1))
	narrow, sum := make([]float32, 3*size.X), make([]float32, 3*size.X)
	across := spreads(whole.X, size.X)
	for y, s := range spreads(whole.Y, size.Y) {
		draw.Draw(line, line.Rect, image.NewUniform(color.White), image.Point{}, draw.Src)
		draw.Draw(line, line.Rect, img, image.Pt(0, y), draw.Over)
		clear(narrow)
		for x, s := range across {
			for c, v := range line.Pix[4*x : 4*x+3] {
				narrow[3*s.at+c] += float32(v) * s.here
				if s.next > 0 {
					narrow[3*s.at+3+c] += float32(v) * s.next
				}
			}
		}
		add(sum, narrow, s.here)
		if s.ends {
			put(small.Pix[s.at*small.Stride:], sum)
			clear(sum)
			add(sum, narrow, s.next)
		}
	}
	return small
}

// spread is how one of many places is shared out to fewer: some of it `here`, the rest to the next, as parts of theirs. ends says that
// it is the last of that place.
type spread struct {
	at         int
	here, next float32
	ends       bool
}

// spreads shares out `many` places to `few`.
func spreads(many, few int) []spread {
	all := make([]spread, many)
	for i := range all { // a place of the many is `few` long, one of the few `many`
		begin, end := i*few, (i+1)*few
		at := begin / many
		edge := (at + 1) * many
		all[i] = spread{at, float32(min(end, edge)-begin) / float32(many), float32(max(end-edge, 0)) / float32(many), end >= edge}
	}
	return all
}

func add(sum, line []float32, share float32) {
	for i, v := range line {
		sum[i] += v * share
	}
}

func put(pix []uint8, sum []float32) {
	for i := 0; i < len(sum)/3; i++ {
		for c := range 3 {
			pix[4*i+c] = uint8(min(sum[3*i+c]+0.5, 255))
		}
		pix[4*i+3] = 255
	}
}
