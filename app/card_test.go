package app

import (
	"context"
	"testing"

	"fyne.io/fyne/v2"

	"vitrine/app/widget"
	"vitrine/studio"
)

func (d *recorder) SetCard(_ context.Context, c studio.Card) error {
	return d.call("card %v %s stock %v timer %v in %s", c.On, c.Corner, c.Stock, c.Timer, c.Language)
}

func TestTheCardsSheetChangesOneThingAtATimeAndShowsWhatThereIs(t *testing.T) {
	b := newBench(t)
	b.w.openCard()
	var on *widget.Toggle
	var language *widget.Picker
	b.all(func(o fyne.CanvasObject) {
		if x, ok := o.(*widget.Toggle); ok && x.Text == b.w.words.CardOn {
			on = x
		}
		if x, ok := o.(*widget.Picker); ok && x.Value() == "en" && len(x.Options) == 3 {
			language = x
		}
	})
	if on == nil || language == nil || on.Checked || b.w.win.Canvas().Focused() != fyne.Focusable(on) {
		t.Fatal("the sheet does not begin with the switch, off")
	}
	on.SetChecked(true)
	b.expect("card true bottom-left stock true timer true in en")
	b.press(b.w.words.CardTopRight)
	b.expect("card true top-right stock true timer true in en")
	language.Choose("es")
	b.expect("card true top-right stock true timer true in es")
	b.change(func(s *studio.Snapshot) {
		s.Settings.Card = studio.Card{Corner: studio.TopLeft, Language: "zh"}
	})
	if on.Checked || language.Value() != "zh" {
		t.Error("what was undone is still shown")
	}
	b.press(b.w.words.CardDone)
	if b.w.sheet != nil {
		t.Error("the sheet is still open")
	}
	if got := b.w.words.undone(studio.Change{Kind: studio.CardChanged}); got == b.w.words.undone(studio.Change{}) {
		t.Errorf("undo of the card is called %q", got)
	}
}
