package app

import (
	"fmt"
	"strconv"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	fynetheme "fyne.io/fyne/v2/theme"

	"vitrine/app/theme"
	"vitrine/app/widget"
	"vitrine/server/wire"
	"vitrine/studio"
)

// cornerCard is a host in a battle: their picture, their score, who gave most, and how they are heard here.
type cornerCard struct {
	w           *Window
	object      *fyne.Container
	about       *fyne.Container
	chip        *canvas.Circle
	thumb       *widget.Thumb
	name, score *widget.Text
	state, best *widget.Text
	level       *widget.Level
	hear        []*widget.Button
	heard       fyne.CanvasObject
	id          wire.CornerID
	changed     func() // takes another height
}

// hearings are how an opponent is heard, in the order of their buttons.
var hearings = []wire.Hearing{wire.HearAll, wire.HearLess, wire.HearNone}

func newCornerCard(w *Window, changed func()) *cornerCard {
	c := &cornerCard{w: w, changed: changed, chip: widget.Chip(0), thumb: widget.NewThumb(84), level: widget.NewLevel()}
	t := w.words
	c.name = widget.NewText("", widget.Style{Bold: true, Shrink: true})
	score, scores := timer(72, widget.Style{Bold: true})
	c.score = score
	c.state, c.best = widget.Caption(""), widget.Caption("")
	var row []fyne.CanvasObject
	for i, name := range []string{t.HearAll, t.HearLess, t.HearNone} {
		b := w.button(name, widget.Quiet, func() {
			w.wish(wire.StageWish{Hear: &wire.BattleHear{Corner: c.id, How: hearings[i]}})
		}).Low()
		c.hear, row = append(c.hear, b), append(row, b)
	}
	c.heard = widget.Spread(2, row...)
	chip := widget.Fixed(fyne.NewSquareSize(10), c.chip)
	c.about = widget.Stack(1, container.NewBorder(nil, nil, container.NewCenter(chip), scores, widget.Inset(6, 0, c.name)), c.state, c.best, widget.Inset(0, 3, c.level))
	c.object = widget.Stack(3, container.NewBorder(nil, nil, container.NewVBox(c.thumb), nil, widget.Inset(8, 0, c.about)), c.heard)
	return c
}

func (c *cornerCard) apply(s *studio.Stage, b *wire.Battle, corner wire.BattleCorner, fought bool) {
	w, t := c.w, c.w.words
	c.id = corner.ID
	us := corner.ID == b.Us
	spot := wire.SpotID(corner.ID)
	if fill := theme.Side(sideOf(b, corner.Team)); c.chip.FillColor != fill {
		c.chip.FillColor = fill
		c.chip.Refresh()
	}
	name := cornerName(corner)
	if us {
		name = t.StageYou
	}
	c.name.Set(name)
	score := ""
	if fought {
		score = strconv.FormatInt(corner.Score, 10)
	}
	c.score.Set(score)
	feed := s.Feed(spot)
	text, color := t.cornerState(w, corner, feed)
	c.state.Set(text)
	c.state.SetColor(color)
	changed := reshow(c.state, text != "")
	best := ""
	if fought && len(corner.Best) > 0 {
		best = t.fans(corner.Best)
	}
	c.best.Set(best)
	changed = reshow(c.best, best != "") || changed
	if us {
		c.thumb.Set(w.eyes.own(), theme.Camera)
	} else {
		c.thumb.Set(w.eyes.of(spot), theme.Camera)
	}
	changed = reshow(c.level, !us && feed != nil) || changed
	if feed != nil {
		c.level.Set(feed.Level.Peak, corner.Heard == wire.HearNone)
	}
	if reshow(c.heard, !us) || changed {
		c.about.Refresh()
		c.object.Refresh()
		c.changed()
	}
	for i, button := range c.hear {
		kind := widget.Quiet
		if hearings[i] == corner.Heard {
			kind = widget.Plain
		}
		button.Set(button.Text(), "", kind)
	}
}

// cornerState says what is not well with a host in a battle, and in which colour; "" for nothing.
func (t *words) cornerState(w *Window, c wire.BattleCorner, feed *studio.StageFeed) (string, fyne.ThemeColorName) {
	switch {
	case c.State == wire.CornerAway:
		return fmt.Sprintf(t.CornerAway, w.leftOn(c.Until)), fynetheme.ColorNameWarning
	case c.State == wire.CornerForfeit:
		return t.CornerForfeit, fynetheme.ColorNameError
	case feed != nil && feed.Status == studio.Failed:
		return fmt.Sprintf(t.StageFeedFails, t.problem(feed.Problem)), fynetheme.ColorNameWarning
	case feed != nil && feed.Status == studio.Opening:
		return t.StageFeedOpens, theme.Quiet
	}
	return roomNote(c.Room), theme.Quiet
}

// fans are who gave most: "Ada 1200 · Bo 300".
func (t *words) fans(best []wire.BattleFan) string {
	var all []string
	for _, f := range best {
		all = append(all, fmt.Sprintf(t.CornerFan, f.Name, f.Points))
	}
	return fmt.Sprintf(t.CornerBest, strings.Join(all, " · "))
}

// battleResult is how a round ended.
type battleResult struct {
	w      *Window
	object *widget.Box
	title  *widget.Text
	lines  *fyne.Container
	rows   string
}

func newBattleResult(w *Window) *battleResult {
	r := &battleResult{w: w, title: widget.NewText("", widget.Style{Bold: true, Size: theme.Title, Shrink: true}), lines: widget.Stack(2)}
	r.object = widget.NewBox(widget.Stack(4, r.title, r.lines), theme.Chosen, theme.Edge, fyne.NewSize(10, 8))
	r.object.Hide()
	return r
}

func (r *battleResult) apply(b *wire.Battle) {
	t := r.w.words
	r.title.Set(t.outcome(b))
	lines := []string{t.resultScores(b)}
	if b.Result.Outcome == wire.BattleForfeited {
		lines = append(lines, t.ResultForfeited)
	}
	if b.Terms != nil && b.Terms.Penalty != "" && b.Result.Final && b.Result.Winner >= 0 {
		lines = append(lines, fmt.Sprintf(t.ResultPenalty, b.Terms.Penalty))
	}
	if !b.Result.Final {
		lines = append(lines, t.ResultMore)
	}
	signed := t.ResultUnsigned
	if b.Result.Signature != "" {
		signed = fmt.Sprintf(t.ResultSigned, b.Result.Signer[:min(8, len(b.Result.Signer))])
	}
	lines = append(lines, signed)
	if rows := strings.Join(lines, "\n"); rows != r.rows {
		r.rows, r.lines.Objects = rows, nil
		for _, line := range lines {
			r.lines.Add(flushSmall(line))
		}
		r.lines.Refresh()
	}
}

// flushSmall is a wrapped line of second rank.
func flushSmall(text string) fyne.CanvasObject {
	return widget.Inset(-7, -6, widget.NewParagraph(text, theme.Quiet))
}

// outcome says in a line how a round ended for the host.
func (t *words) outcome(b *wire.Battle) string {
	us := ours(b)
	switch {
	case b.Result.Outcome == wire.BattleVoid:
		return t.ResultVoid
	case b.Result.Winner < 0:
		return t.ResultDrawn
	case us != nil && us.Team == b.Result.Winner:
		return t.ResultWon
	}
	return fmt.Sprintf(t.ResultLost, t.teamName(b, b.Result.Winner))
}

// resultScores are the scores that were signed.
func (t *words) resultScores(b *wire.Battle) string {
	var parts []string
	for _, c := range inOrder(b) {
		name := cornerName(c)
		if c.ID == b.Us {
			name = t.StageYou
		}
		parts = append(parts, fmt.Sprintf(t.CornerFan, name, b.Result.Scores[c.ID]))
	}
	return strings.Join(parts, " · ")
}
