package app

import (
	"testing"

	"fyne.io/fyne/v2"

	"vitrine/studio"
)

func TestTheHostReadsWhatCanBeUndoneAndWhatWas(t *testing.T) {
	for _, c := range []struct {
		change      studio.Change
		label, said string
	}{
		{studio.Change{Kind: studio.LookChanged}, "Undo: change of look", "Undone: change of look"},
		{studio.Change{Kind: studio.BackgroundChanged}, "Undo: change of background", "Undone: change of background"},
		{studio.Change{Kind: studio.VoiceChanged}, "Undo: change of voice", "Undone: change of voice"},
		{studio.Change{Kind: studio.PersonUsed, Name: "Mei"}, "Undo: look and voice of “Mei”", "Undone: look and voice of “Mei”"},
		{studio.Change{Kind: studio.PersonKept, Name: "Mei"}, "Undo: keeping “Mei”", "Undone: keeping “Mei”"},
		{studio.Change{Kind: studio.PersonRemoved, Name: "Mei"}, "Undo: bring back “Mei”", "“Mei” is back"},
	} {
		b := newBench(t)
		b.shortcut(ctrl(fyne.KeyZ))
		b.expect()
		b.change(func(s *studio.Snapshot) { c.change.Seq, s.Undo = 1, c.change })
		if got := b.w.menu.items[actUndo]; got.Label != c.label || got.Disabled {
			t.Errorf("the menu reads %q, want %q", got.Label, c.label)
		}
		b.shortcut(ctrl(fyne.KeyZ))
		b.expect("undo")
		b.reads(c.said)
	}
}

func TestOnlyANewRemovalOffersUndo(t *testing.T) {
	b := newBench(t)
	removed := studio.Change{Seq: 1, Kind: studio.PersonRemoved, Name: "Mei"}
	b.change(func(s *studio.Snapshot) { s.Undo = removed })
	b.reads("“Mei” was removed")
	b.change(func(s *studio.Snapshot) { s.Undo = studio.Change{Seq: 2, Kind: studio.LookChanged} })
	b.lacks("was removed")
	b.change(func(s *studio.Snapshot) { s.Undo = removed })
	b.lacks("was removed")
}
