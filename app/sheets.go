package app

import (
	"context"
	"fmt"
	"time"

	"fyne.io/fyne/v2"
	fynetheme "fyne.io/fyne/v2/theme"

	"vitrine/app/theme"
	"vitrine/app/widget"
	"vitrine/studio"
)

// openSheet opens a sheet in place of the one that is open. pieces are those that take the keyboard in it; Escape closes
// the sheet from each of them.
func (w *Window) openSheet(spec widget.SheetSpec, pieces ...fyne.CanvasObject) {
	w.closeSheet()
	closed := spec.Closed
	spec.Closed = func() {
		w.sheet, w.watch = nil, nil
		if closed != nil {
			closed()
		}
	}
	for _, p := range pieces {
		switch p := p.(type) {
		case *widget.Button:
			p.Keys = w.keys
		case *widget.Entry:
			p.Keys = w.keys
		case *widget.Picker:
			p.Keys = w.keys
		case *widget.Item:
			p.Keys = w.keys
		case *widget.Toggle:
			p.Keys = w.keys
		case *widget.Fader:
			p.Keys = w.keys
		case *widget.Cropper:
			p.Keys = w.keys
		}
	}
	w.sheet = widget.NewSheet(w.win.Canvas(), spec)
}

func (w *Window) closeSheet() {
	if w.sheet != nil {
		w.sheet.Close()
	}
}

// confirm asks before something that cannot be taken back. The safe answer has the keyboard.
func (w *Window) confirm(heading, text, yes, no string, do func()) {
	if w.sheet != nil {
		return
	}
	stay := widget.NewButton(no, "", widget.Plain, w.closeSheet)
	sure := widget.NewButton(yes, "", widget.Primary, func() {
		w.closeSheet()
		do()
	})
	w.openSheet(widget.SheetSpec{
		Heading: heading, Content: flush(text), Size: fyne.NewSize(400, 0),
		Foot: []fyne.CanvasObject{stay, sure}, Focus: stay,
	}, stay, sure)
}

// offerUnfinished asks once whether to go on with a show that a crash cut off; to go on has the keyboard. A sheet
// that is open goes first.
func (w *Window) offerUnfinished(s *studio.Snapshot) {
	u := s.Unfinished
	if u == nil || w.sheet != nil || u == w.offered {
		return
	}
	w.offered = u
	t, name, until := w.words, s.Air.Title, u.Until.Local()
	if name == "" {
		name = string(u.Show)
	}
	clock := time.TimeOnly[:5]
	if until.Format(time.DateOnly) != w.now().Format(time.DateOnly) {
		clock = time.DateTime[:16]
	}
	leave := widget.NewButton(t.NotNow, "", widget.Plain, w.closeSheet)
	next := w.desk.LeaveUnfinished
	goOn := widget.NewButton(t.GoOn, theme.OnAir, widget.Primary, func() {
		next = w.desk.GoLive
		w.closeSheet()
	})
	w.openSheet(widget.SheetSpec{
		Heading: t.UnfinishedTitle, Content: flush(fmt.Sprintf(t.UnfinishedText, name, until.Format(clock))), Size: fyne.NewSize(420, 0),
		Foot: []fyne.CanvasObject{leave, goOn}, Focus: goOn,
		Closed: func() { w.command(next) },
	}, leave, goOn)
	w.watch = func(s *studio.Snapshot) {
		if s.Unfinished == nil {
			w.closeSheet()
		}
	}
}

// flush is wrapped text without the toolkit's padding.
func flush(text string) fyne.CanvasObject {
	return widget.Inset(-7, -7, widget.NewParagraph(text, fynetheme.ColorNameForeground))
}

// field is a form's line: a label above what is filled in.
func field(label string, input fyne.CanvasObject) fyne.CanvasObject {
	return widget.Stack(4, widget.NewText(label, widget.Style{Color: theme.Quiet, Size: theme.Small}), input)
}

// form is a small sheet with fields. accept reads them and returns the sentence that says what is wrong, or "" when it has
// done its work and the sheet may close; what was typed stays until then.
func (w *Window) form(heading string, fields fyne.CanvasObject, first fyne.Focusable, yes string, accept func() string, pieces ...fyne.CanvasObject) {
	wrong := widget.NewParagraph("", fynetheme.ColorNameError)
	wrong.Hide()
	try := func() {
		sentence := accept()
		if sentence == "" {
			w.closeSheet()
			return
		}
		wrong.Set(sentence, fynetheme.ColorNameError)
		wrong.Show()
	}
	for _, p := range pieces {
		if e, ok := p.(*widget.Entry); ok {
			e.OnSubmitted = func(string) { try() }
		}
	}
	cancel := widget.NewButton(w.words.Cancel, "", widget.Plain, w.closeSheet)
	ok := widget.NewButton(yes, "", widget.Primary, try)
	w.openSheet(widget.SheetSpec{
		Heading: heading, Content: widget.Stack(10, fields, widget.Inset(-7, -7, wrong)), Size: fyne.NewSize(440, 0),
		Foot: []fyne.CanvasObject{cancel, ok}, Focus: first,
	}, append(pieces, cancel, ok)...)
}

func (w *Window) renameSource() {
	src, _, ok := w.source()
	if !ok || w.sheet != nil {
		return
	}
	name := widget.NewEntry("")
	name.SetText(src.Name)
	w.form(w.words.RenameTitle, field(w.words.Name, name), name, w.words.Save, func() string {
		if !goodName(name.Text) {
			return w.words.NameWrong
		}
		w.rename(src.ID, name.Text)
		return ""
	}, name)
	name.TypedShortcut(&fyne.ShortcutSelectAll{})
}

func (w *Window) rename(id studio.SourceID, name string) {
	w.command(func(ctx context.Context) error { return w.desk.RenameSource(ctx, id, name) })
}
