package widget

import (
	"image/color"
	"strings"
	"unicode"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	fynetheme "fyne.io/fyne/v2/theme"

	"vitrine/app/theme"
)

// Post is a text in a Feed. All fields but ID may be empty.
type Post struct {
	// ID is not 0, and no other row's.
	ID int64
	// Lead stands before the text, large, such as a number of votes.
	Lead string
	// Head begins the text, bold, in its colour: who says it.
	Head  string
	Color fyne.ThemeColorName
	// Text is wrapped, in Ink.
	Text string
	Ink  fyne.ThemeColorName
	// Over and Under are lines of second rank above and below the text, cut where they do not fit.
	Over, Under string
	// Marked gives the row a ground of its own.
	Marked bool
}

// shape is a row as it is drawn in a width: its objects, and where they are from its top left.
type shape struct {
	row     Post
	laid    bool
	y       float32
	height  float32
	ground  *canvas.Rectangle
	objects []fyne.CanvasObject
	places  []fyne.Position // parallel to objects
}

// Room around a row's texts, and what a scroll bar takes, in pixels.
const (
	rowInset = 7
	rowGap   = 3
	leadWide = 38
	// leastRoom is what a text has in a feed that is hardly there.
	leastRoom = 24
)

// lay makes the objects, unless they are there.
func (s *shape) lay(f *Feed) {
	if s.laid {
		return
	}
	s.laid = true
	s.ground = canvas.NewRectangle(color.Transparent)
	s.ground.CornerRadius = f.Theme().Size(fynetheme.SizeNameInputRadius)
	s.objects, s.places = []fyne.CanvasObject{s.ground}, []fyne.Position{{}}
	x, y := float32(rowInset), f.scale*rowGap
	size, small := f.textSize(fynetheme.SizeNameText), f.textSize(theme.Small)
	room := f.width - 2*rowInset - f.Theme().Size(fynetheme.SizeNameScrollBar)
	if s.row.Lead != "" {
		s.text(s.row.Lead, f.color(theme.Accent), f.textSize(fynetheme.SizeNameSubHeadingText), true, fyne.NewPos(x, y))
		x, room = x+f.scale*leadWide, room-f.scale*leadWide
	}
	room = max(room, leastRoom)
	if s.row.Over != "" {
		y += s.text(cut(s.row.Over, room, small), f.color(theme.Quiet), small, false, fyne.NewPos(x, y))
	}
	if s.row.Head+s.row.Text != "" {
		y = s.paragraph(f, fyne.NewPos(x, y), room, size)
	}
	if s.row.Under != "" {
		y += s.text(cut(s.row.Under, room, small), f.color(theme.Quiet), small, false, fyne.NewPos(x, y))
	}
	s.height = float32(int(y + f.scale*rowGap + 0.5))
}

// text adds a line and returns its height.
func (s *shape) text(text string, c color.Color, size float32, bold bool, at fyne.Position) float32 {
	t := canvas.NewText(text, c)
	t.TextSize, t.TextStyle.Bold = size, bold
	m := t.MinSize()
	t.Resize(m)
	s.objects, s.places = append(s.objects, t), append(s.places, at)
	return m.Height
}

// paragraph adds the head and behind it the wrapped text, and returns where the next line begins.
func (s *shape) paragraph(f *Feed, at fyne.Position, room, size float32) float32 {
	ink := f.color(s.row.Ink)
	y, begin := at.Y, float32(0)
	line := fyne.MeasureText("M", size, fyne.TextStyle{}).Height
	if s.row.Head != "" {
		bold := fyne.TextStyle{Bold: true}
		head := cutStyled(s.row.Head, room, size, bold)
		s.text(head, f.color(s.row.Color), size, true, at)
		begin = fyne.MeasureText(head, size, bold).Width + fyne.MeasureText(" ", size, bold).Width*1.5
	}
	for i, text := range wrap(s.row.Text, begin, room, size) {
		x := at.X
		if i == 0 {
			x += begin
		} else {
			y += line
		}
		if text != "" {
			s.text(text, ink, size, false, fyne.NewPos(x, y))
		}
	}
	return y + line
}

// wrap breaks a text into lines: the first begins at a place, all end at room. A word that is longer than a line is broken.
func wrap(text string, begin, room, size float32) (lines []string) {
	width := func(s string) float32 { return fyne.MeasureText(s, size, fyne.TextStyle{}).Width }
	line, x := "", begin
	flush := func() { lines, line, x = append(lines, strings.TrimRight(line, " ")), "", 0 }
	for _, word := range words(text) {
		w := width(strings.TrimRight(word, " "))
		if x+w > room && (line != "" || len(lines) == 0 && begin > 0) {
			flush()
		}
		for x+w > room && word != "" {
			n := fitting(word, room-x, width)
			line = word[:n]
			word = word[n:]
			flush()
			w = width(strings.TrimRight(word, " "))
		}
		line += word
		x += width(word)
	}
	return append(lines, strings.TrimRight(line, " "))
}

// fitting is how many bytes of a word fit, one letter at least.
func fitting(word string, room float32, width func(string) float32) int {
	n := 0
	for i, r := range word {
		end := i + len(string(r))
		if n > 0 && width(word[:end]) > room {
			break
		}
		n = end
	}
	return n
}

// words are the parts of a text between which a line may end, with the spaces behind them: Chinese may end behind each letter.
func words(text string) (all []string) {
	var word strings.Builder
	space := false
	for _, r := range text {
		if unicode.IsSpace(r) {
			r = ' '
		}
		wide := unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul)
		if word.Len() > 0 && r != ' ' && (space || wide) {
			all = append(all, word.String())
			word.Reset()
		}
		word.WriteRune(r)
		space = r == ' ' || wide
	}
	if word.Len() > 0 {
		all = append(all, word.String())
	}
	return all
}

func cut(text string, room, size float32) string {
	return cutStyled(text, room, size, fyne.TextStyle{})
}

// cutStyled is the text on one line, shortened where it does not fit.
func cutStyled(text string, room, size float32, style fyne.TextStyle) string {
	text = strings.Join(strings.Fields(text), " ")
	width := func(s string) float32 { return fyne.MeasureText(s, size, style).Width }
	if width(text) <= room {
		return text
	}
	return strings.TrimRight(text[:fitting(text, room-width("…"), width)], " ") + "…"
}

// place puts the objects where the row is now.
func (s *shape) place(f *Feed, chosen bool) {
	s.ground.Resize(fyne.NewSize(f.width-f.Theme().Size(fynetheme.SizeNameScrollBar), s.height-1))
	s.ground.FillColor, s.ground.StrokeColor = f.ground(s.row.Marked, chosen)
	s.ground.StrokeWidth = 0
	if s.ground.StrokeColor != color.Transparent {
		s.ground.StrokeWidth = 2
	}
	for i, o := range s.objects {
		o.Move(s.places[i].AddXY(0, s.y))
	}
}
