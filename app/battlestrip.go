package app

import (
	"fmt"
	"strings"

	"fyne.io/fyne/v2"

	"vitrine/app/theme"
	"vitrine/app/widget"
	"vitrine/server/wire"
	"vitrine/studio"
)

// battleStrip lies over the picture while a battle runs: how far it is, how long it goes on, and the scores.
type battleStrip struct {
	w            *Window
	object       *widget.Box
	phase, timer *widget.Text
	scores       *widget.Scores
	points       *widget.Text
}

func newBattleStrip(w *Window) *battleStrip {
	s := &battleStrip{w: w, scores: widget.NewScores()}
	s.phase = widget.NewText("", widget.Style{Bold: true, Color: theme.OnCurtain})
	clock, clocks := timer(44, widget.Style{Bold: true, Color: theme.OnCurtain})
	s.timer = clock
	s.points = widget.NewText("", widget.Style{Size: theme.Small, Color: theme.OnCurtainQuiet, Align: fyne.TextAlignCenter, Shrink: true})
	s.object = widget.NewBox(widget.Sized(fyne.NewSize(220, 0), widget.Stack(3, widget.Row(s.phase, clocks), s.scores, s.points)), theme.Curtain, "", fyne.NewSize(12, 6))
	s.object.Hide()
	return s
}

func (s *battleStrip) apply(snap *studio.Snapshot) {
	b := stageOf(snap).Now.Battle
	if b == nil || !running(b.Phase) && b.Phase != wire.BattleLap {
		show(s.object, false)
		return
	}
	t := s.w.words
	s.phase.Set(t.phase(b))
	left := ""
	if b.Until > 0 {
		left = s.w.leftOn(b.Until)
	}
	s.timer.Set(left)
	scores := teamScores(b)
	s.scores.Set(scores)
	var parts []string
	for i, team := range sides(b) {
		parts = append(parts, fmt.Sprintf(t.CornerFan, t.teamName(b, team), scores[i]))
	}
	s.points.Set(strings.Join(parts, " · "))
	show(s.object, true)
}
