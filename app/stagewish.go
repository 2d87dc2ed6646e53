package app

import (
	"context"

	"fyne.io/fyne/v2"
	fynetheme "fyne.io/fyne/v2/theme"

	"vitrine/app/widget"
	"vitrine/server/wire"
)

// lastWish sends wishes about one thing of which only the last counts, such as a place that is dragged: one is under way at most, and those that
// come meanwhile wait for its outcome, the newest alone.
type lastWish struct {
	w       *Window
	sending bool
	next    *wire.StageWish
	// refused is called when the server has refused the last one; nil for nothing.
	refused func()
}

// send sends a wish, now or when the one before has its outcome. A refusal shows as a toast.
func (l *lastWish) send(wish wire.StageWish) {
	if l.sending {
		l.next = &wish
		return
	}
	l.sending = l.w.ask(gesture{
		slow: true,
		do:   func(ctx context.Context) error { return l.w.desk.StageDo(ctx, wish) },
		done: l.answered,
	})
}

func (l *lastWish) answered(err error) {
	l.sending = false
	if next := l.next; next != nil {
		l.next = nil
		l.send(*next)
		return
	}
	if err != nil {
		l.w.toast.say(l.w.sentence(err))
		if l.refused != nil {
			l.refused()
		}
	}
}

// wishSheet is a sheet whose wish goes to the server: what was typed stays until that has done it, and it says why it did not.
type wishSheet struct {
	w       *Window
	note    *widget.Paragraph
	yes     *widget.Button
	sending bool
	// read is what would be done, and what is wrong with what was typed, "" for nothing.
	read func() (do func(context.Context) error, wrong string)
	// done is called once the server has done it; nil for nothing.
	done func()
}

// open opens the sheet.
func (s *wishSheet) open(title string, fields fyne.CanvasObject, width float32, first fyne.Focusable, label string, pieces ...fyne.CanvasObject) {
	w, t := s.w, s.w.words
	s.note = widget.NewParagraph("", fynetheme.ColorNameError)
	cancel := widget.NewButton(t.Cancel, "", widget.Plain, w.closeSheet)
	s.yes = widget.NewButton(label, "", widget.Primary, s.send)
	for _, p := range pieces {
		if e, ok := p.(*widget.Entry); ok {
			e.OnSubmitted = func(string) { s.send() }
		}
	}
	if first == nil {
		first = s.yes
	}
	w.openSheet(widget.SheetSpec{
		Heading: title, Content: widget.Stack(10, fields, widget.Inset(-7, -7, widget.Sized(fyne.NewSize(0, 34), s.note))), Size: fyne.NewSize(width, 0),
		Foot: []fyne.CanvasObject{cancel, s.yes}, Focus: first,
	}, append(pieces, cancel, s.yes)...)
}

func (s *wishSheet) send() {
	do, wrong := s.read()
	s.note.Set(wrong, fynetheme.ColorNameError)
	if wrong != "" || s.sending {
		return
	}
	sheet := s.w.sheet
	s.sending = s.w.ask(gesture{do: do, slow: true, done: func(err error) { s.answered(sheet, err) }})
	s.yes.SetEnabled(!s.sending)
}

func (s *wishSheet) answered(sheet *widget.Sheet, err error) {
	s.sending = false
	s.yes.SetEnabled(true)
	switch {
	case err == nil:
		if s.done != nil {
			s.done()
		}
		if s.w.sheet == sheet {
			s.w.closeSheet()
		}
	case s.w.sheet == sheet:
		s.note.Set(s.w.sentence(err), fynetheme.ColorNameError)
	default:
		s.w.toast.say(s.w.sentence(err))
	}
}
