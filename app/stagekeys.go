package app

import (
	"slices"

	"fyne.io/fyne/v2"

	"vitrine/server/wire"
)

// stageActions are what the host does on stage while talking.
func (w *Window) stageActions() []action {
	t := w.words
	open := func(tab int) func() { return func() { w.openStage(tab) } }
	return []action{
		{id: "stage/guests", name: t.KeyGuests, key: altKey(fyne.KeyG), do: open(guestsTab)},
		{id: "stage/battles", name: t.KeyBattles, key: altKey(fyne.KeyB), do: open(battleTab)},
		{id: "stage/away", name: t.KeyAway, key: altKey(fyne.KeyV), do: open(awayTab)},
		{id: "stage/admit", name: t.KeyAdmit, key: plainKey(fyne.KeyG), do: w.admitFirst, apart: true},
		{id: "stage/mute", name: t.KeyMuteGuests, key: plainKey(fyne.KeyX), do: w.muteGuests},
		{id: "stage/layout", name: t.KeyLayout, key: plainKey(fyne.KeyL), do: w.nextLayout},
		{id: "stage/agree", name: t.KeyAgree, key: plainKey(fyne.KeyC), do: w.agree, apart: true},
		{id: "stage/hear", name: t.KeyHear, key: plainKey(fyne.KeyO), do: w.hearOpponents},
		{id: "stage/dark", name: t.KeyDark, key: plainKey(fyne.KeyV), do: w.darkenGuest},
	}
}

// admitFirst lets the first in line on stage.
func (w *Window) admitFirst() {
	if line := stageOf(w.snap).Now.Applied; len(line) > 0 {
		w.wish(wire.StageWish{Admit: &wire.StageWho{Who: line[0].Alias}})
	}
}

// muteGuests takes all guests' sound, or gives it back to all where nobody has it.
func (w *Window) muteGuests() {
	guests := stageOf(w.snap).Now.Guests
	off := slices.ContainsFunc(guests, func(g wire.StageGuest) bool { return !g.Muted })
	for _, g := range guests {
		if g.Muted != off {
			w.wish(wire.StageWish{Mute: &wire.StageSwitch{Who: g.Alias, Off: off}})
		}
	}
}

// nextLayout goes through the layouts in the order of their tiles.
func (w *Window) nextLayout() {
	now := stageOf(w.snap).Now.Layout.Kind
	at := 1
	for i, l := range layouts {
		if l.kind == now {
			at = i + 1
		}
	}
	w.stage.layout.choose(layouts[at%len(layouts)].kind)
}

// agree takes the first call, or agrees to the challenge that stands.
func (w *Window) agree() {
	now := stageOf(w.snap).Now
	if now.Battle != nil && toAgree(now.Battle) {
		w.wish(wire.StageWish{Agree: &wire.BattleRound{ID: now.Battle.ID, Round: now.Battle.Round}})
		return
	}
	for _, c := range now.Calls {
		if !c.Ours {
			w.wish(wire.StageWish{TakeCall: &wire.BattleNamed{ID: c.ID}})
			return
		}
	}
}

// hearOpponents mutes all opponents, or lets all be heard where nobody is.
func (w *Window) hearOpponents() {
	b := stageOf(w.snap).Now.Battle
	if b == nil {
		return
	}
	others := slices.DeleteFunc(slices.Clone(b.Corners), func(c wire.BattleCorner) bool { return c.ID == b.Us })
	how := wire.HearAll
	if slices.ContainsFunc(others, func(c wire.BattleCorner) bool { return c.Heard != wire.HearNone }) {
		how = wire.HearNone
	}
	for _, c := range others {
		if c.Heard != how {
			w.wish(wire.StageWish{Hear: &wire.BattleHear{Corner: c.ID, How: how}})
		}
	}
}
