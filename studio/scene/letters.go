package scene

import (
	"cmp"
	"image"
	"image/color"
	"image/draw"
	"slices"
	"strings"
	"unicode"

	"github.com/go-text/render"
	"github.com/go-text/typesetting/di"
	"github.com/go-text/typesetting/shaping"
	"golang.org/x/image/math/fixed"
)

// Fonts finds the face for a letter: one that has it, or any.
type Fonts = shaping.Fontmap

// letters sets text in any script. It is not safe for concurrent use.
type letters struct {
	fonts   Fonts
	split   shaping.Segmenter
	shaper  shaping.HarfbuzzShaper
	wrapper shaping.LineWrapper
}

// shape finds the glyphs of a text. Letters that no font has, as emoji often, are left out.
func (l *letters) shape(text string, size int) (runes []rune, runs []shaping.Output) {
	text = strings.Join(strings.Fields(strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return ' '
		}
		if _, ok := l.fonts.ResolveFace(r).NominalGlyph(r); !ok {
			return -1
		}
		return r
	}, text)), " ")
	if runes = []rune(text); len(runes) == 0 {
		return nil, nil
	}
	in := shaping.Input{Text: runes, RunEnd: len(runes), Size: fixed.I(size), Direction: di.DirectionLTR}
	for _, run := range l.split.Split(in, l.fonts) {
		runs = append(runs, l.shaper.Shape(run))
	}
	return runes, runs
}

// wrap breaks a text into at most so many lines of a width in pixels, as UAX #14 says. What does not fit ends with an ellipsis.
func (l *letters) wrap(text string, size, width, most int) (lines []shaping.Line) {
	_, end := l.shape("…", size)
	runes, runs := l.shape(text, size)
	if len(runs) == 0 || len(end) == 0 {
		return nil
	}
	wrapped, _ := l.wrapper.WrapParagraph(shaping.WrapConfig{Direction: di.DirectionLTR, TruncateAfterLines: most, Truncator: end[0]},
		width, runes, shaping.NewSliceIterator(runs))
	for _, line := range wrapped {
		line = slices.Clone(line)
		slices.SortStableFunc(line, func(a, b shaping.Output) int { return cmp.Compare(a.VisualIndex, b.VisualIndex) })
		lines = append(lines, line)
	}
	return lines
}

// line is a text in one line.
func (l *letters) line(text string, size, width int) shaping.Line {
	if lines := l.wrap(text, size, width, 1); len(lines) > 0 {
		return lines[0]
	}
	return nil
}

// long is how long a line is, in pixels.
func long(line shaping.Line) int {
	var w fixed.Int26_6
	for _, run := range line {
		w += run.Advance
	}
	return w.Ceil()
}

// write draws a line with its base line at a point, and returns where it ends. It is drawn on a small picture first, because the renderer
// goes over all of its picture for each letter.
func write(to *image.RGBA, line shaping.Line, size int, ink color.Color, at image.Point) int {
	r := render.Renderer{FontSize: float32(size), Color: ink}
	base := image.Pt(size, 2*size)
	small := image.NewRGBA(image.Rect(0, 0, long(line)+2*size, 3*size))
	end := base
	for _, run := range line {
		end.X = r.DrawShapedRunAt(run, small, end.X, end.Y)
	}
	draw.Draw(to, small.Rect.Add(at.Sub(base)), small, image.Point{}, draw.Over)
	return at.X + end.X - base.X
}
