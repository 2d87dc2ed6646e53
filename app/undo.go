package app

import (
	"context"
	"fmt"

	"vitrine/app/widget"
	"vitrine/studio"
)

// undoTyped takes back what was changed last, or where the host is typing, what was typed.
func (w *Window) undoTyped() {
	if e, ok := w.win.Canvas().Focused().(*widget.Entry); ok {
		e.Undo()
		return
	}
	if w.sheet == nil {
		w.undo()
	}
}

// undo takes back what was changed last and says what that was: it may be in a panel that is out of sight.
func (w *Window) undo() {
	if w.snap.Undo.Kind == "" && w.underWay == 0 {
		return
	}
	var done studio.Change
	w.ask(gesture{
		do: func(ctx context.Context) (err error) {
			done, err = w.desk.Undo(ctx)
			return err
		},
		done: func(err error) {
			if err != nil {
				w.toast.say(w.sentence(err))
				return
			}
			w.toast.say(w.words.undone(done))
		},
	})
}

// change says what was changed.
func (t *words) change(c studio.Change) string {
	switch c.Kind {
	case studio.BackgroundChanged:
		return t.ChangeGround
	case studio.VoiceChanged:
		return t.ChangeVoice
	case studio.CardChanged:
		return t.ChangeCard
	case studio.PersonUsed:
		return fmt.Sprintf(t.ChangeUsed, c.Name)
	case studio.PersonKept:
		return fmt.Sprintf(t.ChangeKept, c.Name)
	case studio.LookChanged:
		return t.ChangeLook
	}
	return t.productChange(c)
}

// productChange says what was changed in the shop.
func (t *words) productChange(c studio.Change) string {
	format := t.ChangeProduct
	switch c.Kind {
	case studio.ProductsImported:
		return t.ChangeProducts
	case studio.ProductAdded:
		format = t.ChangeAdded
	case studio.ProductMoved:
		format = t.ChangeMoved
	case studio.ProductHidden:
		format = t.ChangeHidden
	case studio.ProductShown:
		format = t.ChangeShown
	case studio.EditDropped:
		format = t.ChangeDropped
	}
	return fmt.Sprintf(format, c.Name)
}

func removal(c studio.Change) bool {
	return c.Kind == studio.SourceRemoved || c.Kind == studio.PersonRemoved
}

// undo names what Undo would do.
func (t *words) undo(c studio.Change) string {
	switch {
	case c.Kind == "":
		return t.Undo
	case removal(c):
		return fmt.Sprintf(t.UndoRemove, c.Name)
	}
	return fmt.Sprintf(t.UndoOf, t.change(c))
}

// undone says what Undo did.
func (t *words) undone(c studio.Change) string {
	if removal(c) {
		return fmt.Sprintf(t.BroughtBack, c.Name)
	}
	return fmt.Sprintf(t.Undone, t.change(c))
}
