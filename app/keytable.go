package app

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"fyne.io/fyne/v2"

	"vitrine/app/widget"
	"vitrine/effects"
	"vitrine/server/wire"
	"vitrine/studio"
	"vitrine/studio/mix"
)

// action is something that the window does at a key. The table of actions makes the menu bar, the list of keys and the keys themselves: to add
// an action is to add a line to it.
type action struct {
	// id is what the key is remembered under: it never changes.
	id string
	// name is what the list of keys calls it; label is shorter, for its menu, "" for the name.
	name, label string
	// key is the usual one.
	key chord
	do  func()
	// hold is called in place of do when the key goes down and when it is let go; it has a key without modifiers only.
	hold func(on bool)
	// here says whether a key without modifiers counts now, nil for always.
	here func() bool
	// apart draws a line above it in its menu. under is the submenu that it stands in, "" for none.
	apart bool
	under string
	// button is where it is found by the mouse: nil for what is in the menu.
	button func() *widget.Button
}

// actions are a menu of the bar, and a heading of the list of keys.
type actions struct {
	name string
	list []action
}

// table has all actions, in the window's language.
func (w *Window) table() []actions {
	t := w.words
	return []actions{
		{t.MenuStudio, w.studioActions()},
		{t.MenuSources, w.sourceActions()},
		{t.MenuPicture, w.pictureActions()},
		{t.MenuSound, w.soundActions()},
		{t.MenuRoom, w.roomActions()},
		{t.TabShop, w.shopActions()},
		{t.TabStage, w.stageActions()},
		{t.MenuHelp, []action{
			{id: "help/guide", name: t.GuideMenu, key: plainKey(fyne.KeyF3), do: w.Guide},
			{id: "help/keys", name: t.TabKeys, key: plainKey(fyne.KeyF1), do: w.showShortcuts},
		}},
	}
}

// action is the one with an id.
func (w *Window) action(id string) (action, bool) {
	i := slices.IndexFunc(w.actions, func(a action) bool { return a.id == id })
	if i < 0 {
		return action{}, false
	}
	return w.actions[i], true
}

// Actions whose entries in the menu change.
const (
	actLive  = "studio/live"
	actCheck = "studio/check"
	actUndo  = "studio/undo"
	actQuit  = "studio/quit"
	actMute  = "sound/mute"
)

// Actions that other panels ask the key of.
const (
	actRename    = "sources/rename"
	actMoveUp    = "sources/up"
	actMoveDown  = "sources/down"
	actRemove    = "sources/remove"
	actDuplicate = "shop/duplicate"
	actPublish   = "room/publish"
	actRefuse    = "room/refuse"
	actEscalate  = "room/escalate"
	actBig       = "room/big"
)

func (w *Window) studioActions() []action {
	t := w.words
	return []action{
		{id: actLive, name: t.ShortcutLive, label: t.GoLive, key: mainKey(fyne.KeyL), do: w.goLive},
		{id: actCheck, name: t.CheckNetwork, label: t.CheckNetworkMenu, key: mainKey(fyne.KeyK), do: w.checkNetwork},
		{id: actUndo, name: t.ShortcutUndo, label: t.Undo, key: mainKey(fyne.KeyZ), do: w.undoTyped, apart: true},
		{id: "studio/settings", name: t.ShortcutSettings, label: t.Settings, key: mainKey(fyne.KeyComma), do: func() { w.openSettings(serverTab) }, apart: true},
		{id: actQuit, name: t.Quit, key: mainKey(fyne.KeyQ), do: w.requestClose, apart: true},
	}
}

// keyedSources is how many sources have a key.
const keyedSources = 9

func (w *Window) sourceActions() []action {
	t := w.words
	all := []action{{
		id: "sources/add", name: t.AddSourceMenu, key: chord{fyne.KeyA, mainMod | shiftMod},
		do: func() { w.showAddMenu(nil) },
	}}
	for n := range keyedSources {
		all = append(all, action{
			id: fmt.Sprintf("sources/show-%d", n+1), name: fmt.Sprintf(t.KeySource, n+1), key: mainKey(digit(n + 1)), under: t.MenuShowSource,
			do: func() {
				if w.sheet == nil {
					w.selectNumber(n)
				}
			},
		})
	}
	return append(all,
		action{id: actRename, name: t.ShortcutRename, label: t.Rename, key: plainKey(fyne.KeyF2), do: w.renameSource, apart: true},
		action{id: actMoveUp, name: t.KeyMoveUp, label: t.MoveUp, key: altKey(fyne.KeyUp), do: func() { w.moveChosen(-1) }},
		action{id: actMoveDown, name: t.KeyMoveDown, label: t.MoveDown, key: altKey(fyne.KeyDown), do: func() { w.moveChosen(+1) }},
		action{id: actRemove, name: t.ShortcutRemove, label: t.Remove, key: plainKey(fyne.KeyDelete), do: w.removeSource},
	)
}

func (w *Window) pictureActions() []action {
	t := w.words
	all := []action{{
		id: "picture/before", name: t.ShortcutBefore, key: plainKey(fyne.KeyB), hold: w.compare,
		button: func() *widget.Button { return w.looks.compare },
	}}
	at := 0
	next := func() chord {
		at++
		return altKey(digit(at))
	}
	for _, c := range t.presetChoices(effects.Plain) {
		all = append(all, action{
			id: "picture/look-" + c.Value, name: fmt.Sprintf(t.KeyPreset, c.Label), label: c.Label, key: next(), under: t.TabLook,
			do: func() { w.looks.change(func(l *effects.Look) { *l = l.With(effects.Preset(c.Value)) }) },
		})
	}
	for i, g := range t.grounds() {
		all = append(all, action{
			id: fmt.Sprintf("picture/ground-%d", i+1), name: fmt.Sprintf(t.KeyBackground, g.Label), label: g.Label, key: next(), under: t.MenuBackground,
			do: func() { w.looks.change(func(l *effects.Look) { l.Background = effects.Background(g.Value) }) },
		})
	}
	return all
}

func (w *Window) soundActions() []action {
	t, d := w.words, w.desk
	ask := func(do func(context.Context) error) func() { return func() { w.command(do) } }
	all := []action{
		{id: actMute, name: t.ShortcutMute, label: t.Mute, key: plainKey(fyne.KeyM), do: w.toggleMute},
		{id: "sound/speaker", name: t.TestSpeakerMenu, key: altKey(fyne.KeyT), do: w.testSpeaker},
		{id: "sound/music", name: t.KeyMusic, key: plainKey(fyne.KeyF8), do: func() { w.playlist.toggle() }, apart: true},
		{id: "sound/previous", name: t.KeyMusicPrevious, key: plainKey(fyne.KeyF7), do: ask(d.PreviousTrack)},
		{id: "sound/next", name: t.KeyMusicNext, key: plainKey(fyne.KeyF9), do: ask(d.NextTrack)},
		{id: "sound/stop", name: t.KeyMusicStop, key: plainKey(fyne.KeyF6), do: ask(d.StopMusic)},
		{id: "sound/listen", name: t.Listen, key: plainKey(fyne.KeyH), do: func() { w.playlist.listenChosen() }},
		{id: "sound/music-mute", name: t.KeyMusicMute, key: plainKey(fyne.KeyN), do: func() { w.changeMusic(func(m *studio.Music) { m.Muted = !m.Muted }) }},
		{id: "sound/duck", name: t.KeyDuck, key: plainKey(fyne.KeyD), do: func() { w.changeMusic(func(m *studio.Music) { m.Duck = !m.Duck }) }},
	}
	names := strings.Split(t.PadNames, "|")
	for i := range mix.PadCount {
		pad, label, key := t.PadOwn, "", plainKey([]fyne.KeyName{fyne.KeyJ, fyne.KeyK, fyne.KeyY}[max(0, i-9)])
		if i < len(names) {
			pad, label = names[i], names[i]
		}
		if i < 9 {
			key = plainKey(digit(i + 1))
		}
		all = append(all, action{
			id: fmt.Sprintf("sound/pad-%d", i+1), name: fmt.Sprintf(t.KeyPad, i+1, pad), label: label, key: key, under: t.MenuPads,
			do: ask(func(ctx context.Context) error { return d.TriggerPad(ctx, i) }),
		})
	}
	return append(all, action{id: "sound/pads-stop", name: t.KeyPadsStop, label: t.StopPads, key: plainKey(fyne.Key0), do: ask(d.StopPads), under: t.MenuPads})
}

func (w *Window) roomActions() []action {
	t := w.words
	judge := func(d wire.Decision) func() { return func() { w.judgeChosen(d) } }
	return []action{
		{id: "room/say", name: t.ShortcutSay, label: t.SayHint, key: mainKey(fyne.KeyT), do: w.sayToRoom},
		{id: "room/queue", name: t.ShortcutQueue, label: t.TabQueue, key: mainKey(fyne.KeyU), do: func() { w.openRoom(queueTab) }},
		{id: actPublish, name: t.KeyPublish, key: plainKey(fyne.KeyA), do: judge(wire.Publish), here: w.atQueue},
		{id: actRefuse, name: t.KeyRefuse, key: plainKey(fyne.KeyR), do: judge(wire.Refuse), here: w.atQueue},
		{id: actEscalate, name: t.KeyEscalate, key: plainKey(fyne.KeyE), do: judge(wire.Escalate), here: w.atQueue},
		{id: "room/announce", name: t.Announce, key: altKey(fyne.KeyA), do: w.announce, apart: true},
		{id: "room/rules", name: t.RulesMenu, key: altKey(fyne.KeyR), do: w.openRules},
		{id: actBig, name: t.ShortcutBig, label: t.BigType, key: mainKey(fyne.KeyB), do: w.toggleBig, apart: true},
	}
}

func (w *Window) shopActions() []action {
	t := w.words
	open := func(tab int) func() { return func() { w.openShop(tab) } }
	return []action{
		{id: "shop/products", name: t.ShortcutProducts, label: t.TabProducts, key: mainKey(fyne.KeyP), do: open(productsTab)},
		{id: "shop/offers", name: t.ShortcutOffers, label: t.TabOffers, key: mainKey(fyne.KeyE), do: open(offersTab)},
		{id: "shop/orders", name: t.ShortcutOrders, label: t.TabOrders, key: mainKey(fyne.KeyO), do: open(ordersTab)},
		{id: "shop/new", name: t.ProductAddMenu, key: mainKey(fyne.KeyN), do: w.addProduct, apart: true},
		{id: "shop/import", name: t.ImportTitle, key: mainKey(fyne.KeyI), do: w.openImport},
		{id: "shop/find", name: t.ShortcutFind, label: t.ProductFindMenu, key: mainKey(fyne.KeyF), do: w.searchProducts},
		{id: actDuplicate, name: t.ShortcutDuplicate, label: t.DuplicateProduct, key: mainKey(fyne.KeyD), do: w.duplicateProduct},
		{id: "shop/show", name: t.ShortcutShow, key: plainKey(fyne.KeyP), do: w.showChosen, here: w.atProducts, apart: true},
		// Arrows with Ctrl go by words where the host types, so the next and the previous product are pages.
		{id: "shop/next", name: t.ShowNextMenu, key: mainKey(fyne.KeyPageDown), do: func() { w.showNext(+1) }},
		{id: "shop/previous", name: t.ShowPreviousMenu, key: mainKey(fyne.KeyPageUp), do: func() { w.showNext(-1) }},
		{id: "shop/flash", name: t.ShortcutFlash, key: mainKey(fyne.KeyG), do: w.flash},
		{id: "shop/coupon", name: t.CouponTitle, key: altKey(fyne.KeyC), do: w.openCoupon},
	}
}
