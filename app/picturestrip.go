package app

import (
	"context"
	"fmt"
	"image"
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"vitrine/app/theme"
	"vitrine/app/widget"
	"vitrine/server/wire"
)

// pictureStrip is the pictures of a product in its form: the first stands for the product.
type pictureStrip struct {
	s                   *productSheet
	object              fyne.CanvasObject
	pictures            []wire.Picture
	tiles               []*widget.Tile
	scroll              fyne.CanvasObject
	none                fyne.CanvasObject // says how a picture comes here
	row                 *fyne.Container
	path                *cell
	browse              *widget.Button
	alt                 *widget.Entry
	before, after, drop *widget.Button
	tools               fyne.CanvasObject
	at                  int // the chosen picture
	reading             bool
}

func newPictureStrip(s *productSheet) *pictureStrip {
	w, t := s.w, s.w.words
	p := &pictureStrip{s: s, row: container.NewHBox()}
	p.path = newCell("", t.PicturePath, nil, s.relay)
	p.path.entry.OnSubmitted = func(string) { p.take(p.path.text()) }
	p.browse = widget.NewButton(t.Browse, "", widget.Plain, func() { w.browse(t.PictureTitle, p.take, pictureEndings...) })
	p.alt = widget.NewEntry(t.PictureAlt)
	p.alt.OnChanged = func(text string) {
		if p.at < len(p.pictures) {
			p.pictures[p.at].Alt = text
		}
	}
	p.before = widget.NewButton("", theme.Previous, widget.Quiet, func() { p.move(-1) })
	p.after = widget.NewButton("", theme.Next, widget.Quiet, func() { p.move(+1) })
	p.drop = widget.NewButton("", theme.Remove, widget.Quiet, p.remove)
	p.tools = widget.Row(p.alt, widget.Line(0, p.before, p.after, p.drop))
	p.scroll = container.NewHScroll(p.row)
	p.none = widget.Sized(fyne.NewSize(330, 46), paragraph(t.NoPictures))
	p.object = field(t.Pictures, widget.Stack(6, p.none, p.scroll, p.tools, widget.Row(p.path.entry, p.browse), p.path.note))
	return p
}

func (p *pictureStrip) pieces() []fyne.CanvasObject {
	return []fyne.CanvasObject{p.path.entry, p.browse, p.alt, p.before, p.after, p.drop}
}

func (p *pictureStrip) set(pictures []wire.Picture) {
	p.pictures = pictures
	p.choose(0)
}

// choose chooses a picture and shows all.
func (p *pictureStrip) choose(i int) {
	p.at = max(0, min(i, len(p.pictures)-1))
	if p.at < len(p.pictures) {
		p.alt.SetText(p.pictures[p.at].Alt)
	}
	p.show()
	p.s.relay()
}

// show shows the pictures, as far as they are there.
func (p *pictureStrip) show() {
	n := len(p.pictures)
	for len(p.tiles) < n {
		i := len(p.tiles)
		tile := widget.NewTile(func() { p.choose(i) })
		tile.Keys = p.s.w.keys
		p.tiles = append(p.tiles, tile)
	}
	show(p.none, n == 0)
	show(p.scroll, n > 0)
	if len(p.row.Objects) != n {
		p.row.Objects = p.row.Objects[:0]
		for _, t := range p.tiles[:n] {
			p.row.Add(t)
		}
	}
	for i, one := range p.pictures {
		p.tiles[i].Set(p.s.p.thumbs.of(one.ID), i == p.at)
	}
	show(p.tools, n > 0)
	p.before.SetEnabled(p.at > 0)
	p.after.SetEnabled(p.at < n-1)
}

// now is where a picture is that was at a place of the product's, both from 1; 0 for nowhere.
func (p *pictureStrip) now(before []wire.Picture, place int) int {
	if place < 1 || place > len(before) {
		return 0
	}
	was := before[place-1]
	return 1 + slices.IndexFunc(p.pictures, func(o wire.Picture) bool { return o.ID == was.ID && o.Source == was.Source })
}

func (p *pictureStrip) move(by int) {
	to := p.at + by
	if to >= 0 && to < len(p.pictures) {
		p.pictures[p.at], p.pictures[to] = p.pictures[to], p.pictures[p.at]
		p.choose(to)
	}
}

func (p *pictureStrip) remove() {
	if p.at < len(p.pictures) {
		p.pictures = slices.Delete(p.pictures, p.at, p.at+1)
		p.choose(p.at)
	}
}

// take reads a picture file beside the toolkit's goroutine and opens the step that cuts it.
func (p *pictureStrip) take(path string) {
	w, t := p.s.w, p.s.w.words
	switch {
	case p.reading || path == "":
		return
	case len(p.pictures) >= wire.MaxPictures:
		p.say("", fmt.Sprintf(t.PicturesFull, wire.MaxPictures))
		return
	}
	p.path.entry.SetText(path)
	p.say(t.PictureReading, "")
	var picture, shown *image.RGBA
	p.reading = w.ask(gesture{
		slow: true, look: true,
		do: func(context.Context) (err error) {
			if picture, err = w.readPicture(path); err == nil {
				shown = smaller(picture, shownSize)
			}
			return err
		},
		done: func(err error) {
			p.reading = false
			p.say("", "")
			switch {
			case err != nil:
				p.say("", t.pictureFault(err))
			case w.drop != nil: // the form is still open
				p.s.leaves = true
				w.openCrop(picture, shown, p.add, p.s.open)
			}
		},
	})
}

func (p *pictureStrip) say(doing, wrong string) {
	if p.path.say(doing, wrong) {
		p.s.relay()
	}
}

// add adds a picture that was cut.
func (p *pictureStrip) add(one wire.Picture) {
	p.pictures = append(p.pictures, one)
	p.path.entry.SetText("")
	p.choose(len(p.pictures) - 1)
}
