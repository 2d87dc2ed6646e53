package app

import (
	"fmt"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	fynetheme "fyne.io/fyne/v2/theme"

	"vitrine/app/theme"
	"vitrine/app/widget"
	"vitrine/capture/frame"
	"vitrine/studio"
)

// overlay is what lies over the picture: the badge while on air, what is wrong with the source, the toast, and an invitation
// while there is no source. object outlives the panels, its content is built for a language.
type overlay struct {
	w      *Window
	object *fyne.Container

	battle  *battleStrip
	badge   *widget.Box
	badgeOn *widget.Text
	trouble *widget.Box
	reason  *widget.Paragraph
	empty   fyne.CanvasObject
	toast   *toast
}

func newOverlay(w *Window) *overlay { return &overlay{w: w, object: container.NewStack()} }

func (o *overlay) build() {
	t := o.w.words
	o.badgeOn = widget.NewText("", widget.Style{Bold: true, Color: theme.OnCurtain})
	o.badge = widget.NewPill(o.badgeOn, theme.Curtain)
	o.badge.Hide()
	o.reason = widget.NewParagraph("", fynetheme.ColorNameWarning)
	o.trouble = widget.NewBox(o.reason, fynetheme.ColorNameOverlayBackground, theme.Edge, fyne.NewSize(4, 0))
	o.trouble.Hide()
	o.toast, o.battle = newToast(o.w), newBattleStrip(o.w)
	add := widget.NewButton(t.AddSourceMenu, theme.Add, widget.Primary, nil)
	add.Keys = o.w.keys
	add.OnTap(func() { o.w.showAddMenu(add) })
	hint := widget.NewText(t.NoSourcesHint, widget.Style{Color: theme.OnCurtainQuiet, Align: fyne.TextAlignCenter, Shrink: true})
	o.empty = widget.NewBox(container.NewCenter(widget.Stack(12,
		widget.NewText(t.NoSources, widget.Style{Color: theme.OnCurtain, Size: theme.Title, Bold: true, Align: fyne.TextAlignCenter}),
		widget.Sized(fyne.NewSize(340, 0), hint),
		container.NewCenter(add),
	)), theme.Curtain, "", fyne.Size{}).Square()
	o.empty.Hide()
	foot := widget.Stack(8, container.NewCenter(o.toast.object), o.trouble)
	o.object.Objects = []fyne.CanvasObject{
		o.empty,
		widget.Inset(12, 12, container.NewBorder(topLine(o.badge, o.battle.object), foot, nil, nil)),
	}
	o.object.Refresh()
}

// onAirState is how the show stands, as badge, status bar and border say it.
type onAirState int

const (
	stateOff onAirState = iota
	stateStarting
	stateLive
	stateReconnecting
	stateEnding
)

func airState(a studio.Air) onAirState {
	switch a.Phase {
	case studio.Starting:
		return stateStarting
	case studio.Ending:
		return stateEnding
	case studio.OnAir:
		if a.Link.Phase != frame.LinkLive {
			return stateReconnecting
		}
		return stateLive
	}
	return stateOff
}

func (o *overlay) apply(s *studio.Snapshot) {
	t := o.w.words
	switch airState(s.Air) {
	case stateLive:
		o.w.picture.SetFrame(widget.LiveFrame)
		o.setBadge("●  "+t.OnAirBadge, fynetheme.ColorNamePrimary)
	case stateReconnecting:
		o.w.picture.SetFrame(widget.TroubledFrame)
		o.setBadge("▲  "+t.WaitingBadge, theme.Curtain)
	case stateStarting, stateEnding:
		o.w.picture.SetFrame(widget.TroubledFrame)
		o.badge.Hide()
	default:
		o.w.picture.SetFrame(widget.NoFrame)
		o.badge.Hide()
	}
	problem := sourceProblem(s)
	o.reason.Set(t.problem(problem), fynetheme.ColorNameWarning)
	show(o.trouble, problem.Trouble != studio.NoTrouble)
	show(o.empty, len(s.Settings.Sources) == 0)
	o.toast.apply(s)
	o.battle.apply(s)
}

// topLine puts the badge at the left, at its height, and the battle at the right.
func topLine(badge, battle fyne.CanvasObject) fyne.CanvasObject {
	return container.NewHBox(container.NewVBox(badge), layout.NewSpacer(), battle)
}

func (o *overlay) setBadge(text string, fill fyne.ThemeColorName) {
	o.badgeOn.Set(text)
	o.badge.SetFill(fill)
	o.badge.Show()
}

// sourceProblem is what is wrong with the source that is shown.
func sourceProblem(s *studio.Snapshot) studio.Problem {
	for i, src := range s.Settings.Sources {
		if src.ID == s.Settings.Selected && i < len(s.Sources) && s.Sources[i].Status == studio.Failed {
			return s.Sources[i].Problem
		}
	}
	return studio.Problem{}
}

// show shows or hides an object where that changes something.
func show(o fyne.CanvasObject, on bool) {
	switch {
	case on && !o.Visible():
		o.Show()
	case !on && o.Visible():
		o.Hide()
	}
}

// toast is a word to the host that goes away by itself, sometimes with a way to undo.
type toast struct {
	w      *Window
	object *widget.Box
	text   *widget.Text
	undo   *widget.Button
	until  time.Time
	last   studio.Change // that can be undone, as the last snapshot said
	newest int           // its highest number so far
}

const toastFor = 8 * time.Second

func newToast(w *Window) *toast {
	b := &toast{w: w, last: w.snap.Undo, newest: w.snap.Undo.Seq}
	b.text = widget.NewText("", widget.Style{Color: theme.OnCurtain})
	b.undo = widget.NewButton(w.words.Undo, "", widget.Primary, w.undo)
	b.undo.Keys = w.keys
	closer := widget.NewButton("", theme.Close, widget.Plain, func() { b.object.Hide() })
	closer.Keys = w.keys
	b.object = widget.NewBox(widget.Line(8, b.text, b.undo, closer), theme.Curtain, theme.Edge, fyne.NewSize(14, 5))
	b.object.Hide()
	return b
}

// say shows a sentence.
func (b *toast) say(text string) { b.appear(text, false) }

func (b *toast) appear(text string, undo bool) {
	b.text.Set(text)
	b.undo.Hidden = !undo
	b.until = b.w.now().Add(toastFor)
	b.object.Show()
	b.w.overlay.object.Refresh() // a longer sentence needs more room
}

func (b *toast) apply(s *studio.Snapshot) {
	if c := s.Undo; c != b.last {
		b.last = c
		switch {
		case removal(c) && c.Seq > b.newest: // not one that came to the top again
			b.appear(fmt.Sprintf(b.w.words.Removed, c.Name), true)
		case c.Kind == studio.ProductHidden && c.Seq > b.newest:
			b.appear(fmt.Sprintf(b.w.words.HiddenNow, c.Name), true)
		case b.undo.Visible(): // it would undo something else
			b.object.Hide()
		}
		b.newest = max(b.newest, c.Seq)
	}
	if b.object.Visible() && b.w.now().After(b.until) {
		b.object.Hide()
	}
}
