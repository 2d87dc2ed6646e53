package app

import (
	"context"
	"slices"

	"fyne.io/fyne/v2"

	"vitrine/app/theme"
	"vitrine/app/widget"
	"vitrine/studio"
)

// cueList has a switch for every sound that tells the host of something, and plays it.
type cueList struct {
	w      *Window
	object fyne.CanvasObject
	pieces []fyne.CanvasObject
	orders *widget.Toggle
	cues   []*widget.Toggle // as studio.Cues
	shown  bool
}

func newCueList(w *Window) *cueList {
	l := &cueList{w: w}
	t := w.words
	rows := []fyne.CanvasObject{heading(t.CuesHeading)}
	l.orders = widget.NewToggle(t.CueOrder, func(on bool) {
		w.command(func(ctx context.Context) error { return w.desk.SetOrderChime(ctx, on) })
	})
	rows = append(rows, l.orders)
	l.pieces = append(l.pieces, l.orders)
	for _, c := range studio.Cues {
		one := widget.NewToggle(t.cue(c), func(on bool) {
			w.command(func(ctx context.Context) error { return w.desk.SetCue(ctx, c, on) })
		})
		play := widget.NewButton("", theme.Play, widget.Quiet, func() {
			w.command(func(ctx context.Context) error { return w.desk.PlayCue(ctx, c) })
		}).Slim()
		l.cues = append(l.cues, one)
		l.pieces = append(l.pieces, one, play)
		rows = append(rows, widget.Row(one, play))
	}
	l.object = widget.Stack(2, rows...)
	return l
}

// cue says what a sound tells of.
func (t *words) cue(c studio.Cue) string {
	return map[studio.Cue]string{
		studio.CueApplied: t.CueApplied, studio.CueCalled: t.CueCalled, studio.CueChallenged: t.CueChallenged,
		studio.CueCountdown: t.CueCountdown, studio.CuePush: t.CuePush, studio.CueWon: t.CueWon, studio.CueLost: t.CueLost,
	}[c]
}

func (l *cueList) apply(s *studio.Snapshot) {
	if l.shown && !l.w.settled(s) {
		return
	}
	l.shown = true
	l.orders.Set(!s.Settings.QuietOrders)
	for i, c := range studio.Cues {
		l.cues[i].Set(!slices.Contains(s.Settings.QuietCues, c))
	}
}
