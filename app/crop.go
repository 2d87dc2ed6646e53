package app

import (
	"context"
	"image"

	"fyne.io/fyne/v2"
	fynetheme "fyne.io/fyne/v2/theme"

	"vitrine/app/theme"
	"vitrine/app/widget"
	"vitrine/server/wire"
)

// cropSheet is the step in which a picture is cut to a square.
type cropSheet struct {
	w       *Window
	full    *image.RGBA // as large as it is
	crop    *widget.Cropper
	zoom    *widget.Fader
	alt     *widget.Entry
	use     *widget.Button
	turn    *widget.Button
	state   *widget.Paragraph
	content fyne.CanvasObject
	busy    bool
	gone    bool // closed, perhaps while it was at work
	take    func(wire.Picture)
}

// openCrop lets the host cut a picture; take is called with the one that was cut, and then is called however the step ends.
func (w *Window) openCrop(full, shown *image.RGBA, take func(wire.Picture), then func()) {
	t := w.words
	c := &cropSheet{w: w, full: full, take: take, crop: widget.NewCropper(shown), alt: widget.NewEntry(t.PictureAlt)}
	c.zoom = widget.NewFader(1, widget.MostZoom, 0.05, c.crop.SetZoom)
	c.crop.Zoomed = c.zoom.Set
	c.crop.Taken = c.cut
	c.alt.OnSubmitted = func(string) { c.cut() }
	c.turn = widget.NewButton(t.CropTurn, theme.Turn, widget.Plain, c.turnPicture)
	c.state = widget.NewParagraph(t.CropHint, theme.Quiet)
	c.use = widget.NewButton(t.CropUse, "", widget.Primary, c.cut)
	cancel := widget.NewButton(t.Cancel, "", widget.Plain, w.closeSheet)
	zoom := widget.Row(c.zoom, c.turn)
	c.content = widget.Columns(20, c.crop, widget.Stack(14, field(t.CropZoom, zoom), field(t.PictureAltLabel, c.alt), widget.Inset(-7, -7, c.state)))
	w.openSheet(widget.SheetSpec{
		Heading: t.CropTitle, Content: c.content, Size: fyne.NewSize(716, 348),
		Foot: []fyne.CanvasObject{cancel, c.use}, Focus: c.crop, Closed: func() {
			c.gone = true
			if then != nil {
				then()
			}
		},
	}, c.crop, c.zoom, c.turn, c.alt, cancel, c.use)
}

// say shows a sentence about the picture, and whether the step is at work.
func (c *cropSheet) say(sentence string, wrong, busy bool) {
	color := theme.Quiet
	if wrong {
		color = fynetheme.ColorNameError
	}
	c.busy = busy
	c.state.Set(sentence, color)
	c.use.SetEnabled(!busy)
	c.turn.SetEnabled(!busy)
	c.content.Refresh()
}

// turnPicture turns the picture right by a quarter.
func (c *cropSheet) turnPicture() {
	if c.busy {
		return
	}
	var full, shown *image.RGBA
	full = c.full
	if c.w.ask(gesture{
		slow: true, look: true,
		do: func(context.Context) error {
			full = quarter(full)
			shown = smaller(full, shownSize)
			return nil
		},
		done: func(error) {
			c.full = full
			c.crop.Set(shown)
			c.zoom.Set(1)
			c.say(c.w.words.CropHint, false, false)
		},
	}) {
		c.say(c.w.words.CropWorking, false, true)
	}
}

// cut cuts the picture and gives it to the desk; the step stays open until the desk has it.
func (c *cropSheet) cut() {
	if c.busy {
		return
	}
	w, full, part, alt := c.w, c.full, c.crop.Region(c.full.Rect), c.alt.Text
	var picture wire.Picture
	if w.ask(gesture{
		slow: true,
		do: func(ctx context.Context) error {
			file, err := cutOut(full, part)
			if err == nil {
				picture, err = w.desk.AddPicture(ctx, file, alt)
			}
			return err
		},
		done: func(err error) {
			switch {
			case c.gone:
				return
			case err != nil:
				c.say(w.refused(err), true, false)
				return
			}
			c.take(picture)
			w.closeSheet()
		},
	}) {
		c.say(w.words.CropWorking, false, true)
	}
}
