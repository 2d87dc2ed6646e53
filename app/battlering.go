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

// battleRing is the link with other hosts: how the battle stands, who is in it, and what the host can do next.
type battleRing struct {
	w             *Window
	object        *fyne.Container
	phase, timer  *widget.Text
	series        *widget.Text
	scores        *widget.Scores
	apart         *remark
	result        *battleResult
	terms         *termsView
	corners       *fyne.Container
	cards         []*cornerCard
	wait          *widget.Text // for whose answer
	agree, no     *widget.Button
	ask, again    *widget.Button
	giveUp, leave *widget.Button
	foot, head    *fyne.Container
	body          *fyne.Container
	shown         ringLook
	battle        *wire.Battle
}

// ringLook is what the ring is laid out by.
type ringLook struct {
	phase                                 wire.BattlePhase
	asked, apart, ended, final, out, laid bool
	round                                 int
}

func newBattleRing(w *Window) *battleRing {
	r := &battleRing{w: w, scores: widget.NewScores(), apart: newRemark(), corners: widget.Stack(10), result: newBattleResult(w), terms: newTermsView(w)}
	t := w.words
	r.phase = widget.NewText("", widget.Style{Bold: true, Shrink: true})
	clock, clocks := timer(64, widget.Style{Bold: true, Size: theme.Title})
	r.timer = clock
	r.series, r.wait = widget.Caption(""), widget.Caption("")
	r.agree = w.button(t.BattleAgree, widget.Primary, func() { w.wish(wire.StageWish{Agree: r.round()}) })
	r.no = w.button(t.BattleDecline, widget.Plain, func() { w.wish(wire.StageWish{Decline: r.round()}) })
	r.ask = w.button(t.BattleChallenge, widget.Primary, func() { w.openTerms(r.battle, false) })
	r.again = w.button(t.BattleRematch, widget.Primary, func() { w.openTerms(r.battle, true) })
	r.giveUp = w.button(t.BattleGiveUp, widget.Plain, r.end)
	r.leave = w.button(t.BattleUnlink, widget.Plain, r.unlink)
	r.foot = widget.Spread(6, r.agree, r.no, r.again, r.ask, r.giveUp, r.leave)
	r.head = widget.Stack(3, widget.Row(r.phase, clocks), r.series, r.scores, r.apart.object)
	r.body = widget.Stack(10, r.head, r.result.object, r.terms.object, r.corners)
	r.object = widget.Fill(8, nil, scrolled(r.body), widget.Stack(4, r.wait, r.foot))
	return r
}

// round names the challenge, or the battle, that is shown.
func (r *battleRing) round() *wire.BattleRound {
	return &wire.BattleRound{ID: r.battle.ID, Round: r.battle.Round}
}

// end asks before the host gives a battle up.
func (r *battleRing) end() {
	t, round := r.w.words, r.round()
	r.w.confirm(t.BattleGiveUpTitle, t.BattleGiveUpText, t.BattleGiveUpYes, t.BattleGoOn, func() { r.w.wish(wire.StageWish{End: round}) })
}

// unlink asks before the host leaves the others.
func (r *battleRing) unlink() {
	t, id := r.w.words, r.battle.ID
	r.w.confirm(t.BattleUnlinkTitle, fmt.Sprintf(t.BattleUnlinkText, t.others(r.battle)), t.BattleUnlink, t.BattleStay, func() {
		r.w.wish(wire.StageWish{Unlink: &wire.BattleNamed{ID: id}})
	})
}

// running says that points count, or soon will.
func running(p wire.BattlePhase) bool {
	return p == wire.BattleCounting || p == wire.BattleFight || p == wire.BattlePush
}

func (r *battleRing) apply(s *studio.Stage, b *wire.Battle) {
	r.battle = b
	w, t := r.w, r.w.words
	asked := toAgree(b)
	r.phase.Set(t.phase(b))
	timer := ""
	if b.Until > 0 {
		timer = w.leftOn(b.Until)
	}
	r.timer.Set(timer)
	series := t.seriesNote(b)
	r.series.Set(series)
	fought := running(b.Phase) || b.Phase == wire.BattleLap
	r.scores.Set(teamScores(b))
	sentence := ""
	if b.Apart > 0 {
		sentence = fmt.Sprintf(t.BattleApart, w.sinceOn(b.Apart))
	}
	r.apart.say(sentence)
	r.showCorners(s, b, fought)
	ended := b.Result != nil && (b.Phase == wire.BattleLap || b.Phase == wire.BattleLinked)
	if ended {
		r.result.apply(b)
	}
	if b.Terms != nil {
		r.terms.apply(b)
	}
	wait := t.BattleAgain
	if b.Phase == wire.BattleChallenged {
		wait = fmt.Sprintf(t.BattleWaits, t.notAgreed(b))
	}
	r.wait.Set(wait)
	if look := (ringLook{b.Phase, asked, b.Apart > 0, ended, ended && b.Result.Final, isOut(b), true, b.Round}); look != r.shown {
		r.shown = look
		show(r.series, series != "")
		show(r.scores, fought)
		show(r.result.object, ended)
		show(r.terms.object, b.Phase == wire.BattleChallenged && b.Terms != nil)
		r.choices(b, asked, ended)
		r.head.Refresh()
		r.body.Refresh()
		r.object.Refresh()
	}
}

// isOut says that the host has lost the round already.
func isOut(b *wire.Battle) bool {
	us := ours(b)
	return us != nil && us.State == wire.CornerForfeit
}

// choices are what the host can do now.
func (r *battleRing) choices(b *wire.Battle, asked, ended bool) {
	t := r.w.words
	linked, final := b.Phase == wire.BattleLinked, ended && b.Result.Final
	fights := (b.Phase == wire.BattleFight || b.Phase == wire.BattlePush) && !isOut(b)
	show(r.agree, asked)
	show(r.no, b.Phase == wire.BattleChallenged)
	name := t.BattleTakeBack
	if asked {
		name = t.BattleDecline
	}
	r.no.Set(name, "", widget.Plain)
	show(r.again, linked && final && b.Terms != nil)
	show(r.ask, linked)
	kind := widget.Primary
	if r.again.Visible() {
		kind = widget.Plain
	}
	r.ask.Set(t.BattleChallenge, "", kind)
	show(r.giveUp, fights)
	show(r.leave, !fights)
	show(r.wait, b.Phase == wire.BattleChallenged && !asked || b.Phase == wire.BattleLap && final)
	r.foot.Refresh()
}

// showCorners shows who is in the battle, the host first.
func (r *battleRing) showCorners(s *studio.Stage, b *wire.Battle, fought bool) {
	order := inOrder(b)
	if len(r.cards) != len(order) {
		r.cards, r.corners.Objects = nil, nil
		for range order {
			card := newCornerCard(r.w, r.corners.Refresh)
			r.cards = append(r.cards, card)
			r.corners.Add(card.object)
		}
		r.corners.Refresh()
	}
	for i, c := range order {
		r.cards[i].apply(s, b, c, fought)
	}
}

// inOrder are the corners, the host's own first.
func inOrder(b *wire.Battle) (all []wire.BattleCorner) {
	for _, c := range b.Corners {
		if c.ID == b.Us {
			all = append([]wire.BattleCorner{c}, all...)
		} else {
			all = append(all, c)
		}
	}
	return all
}

// sides are the teams in the order in which they are shown, the host's first.
func sides(b *wire.Battle) (teams []int) {
	seen := map[int]bool{}
	for _, c := range inOrder(b) {
		if !seen[c.Team] {
			seen[c.Team] = true
			teams = append(teams, c.Team)
		}
	}
	return teams
}

// sideOf is the place of a team among the sides.
func sideOf(b *wire.Battle, team int) int {
	for i, one := range sides(b) {
		if one == team {
			return i
		}
	}
	return 0
}

// teamScores are the sides' scores.
func teamScores(b *wire.Battle) []int64 {
	scores := make([]int64, len(sides(b)))
	for _, c := range b.Corners {
		scores[sideOf(b, c.Team)] += c.Score
	}
	return scores
}

// phase is how far a battle is.
func (t *words) phase(b *wire.Battle) string {
	switch b.Phase {
	case wire.BattleChallenged:
		return t.PhaseChallenged
	case wire.BattleCounting:
		return t.PhaseCounting
	case wire.BattleFight:
		return t.PhaseFight
	case wire.BattlePush:
		return t.PhasePush
	case wire.BattleLap:
		return t.PhaseLap
	}
	return fmt.Sprintf(t.PhaseLinked, t.others(b))
}

// seriesNote is how a series of rounds stands: "Best of 3 · you 1, Bo 0"; "" for a single round.
func (t *words) seriesNote(b *wire.Battle) string {
	if b.Terms == nil || b.Terms.Rounds < 2 || b.Phase == wire.BattleLinked || b.Phase == wire.BattleChallenged {
		return ""
	}
	var parts []string
	for _, team := range sides(b) {
		wins := 0
		if team >= 0 && team < len(b.Wins) {
			wins = b.Wins[team]
		}
		parts = append(parts, fmt.Sprintf(t.SeriesWins, t.teamName(b, team), wins))
	}
	return fmt.Sprintf(t.SeriesBest, b.Terms.Rounds, strings.Join(parts, ", "))
}

// teamName is what a team is called: its hosts' names, "you" for the host.
func (t *words) teamName(b *wire.Battle, team int) string {
	var names []string
	for _, c := range inOrder(b) {
		switch {
		case c.Team != team:
		case c.ID == b.Us:
			names = append(names, t.StageYou)
		default:
			names = append(names, cornerName(c))
		}
	}
	return strings.Join(names, " + ")
}

// notAgreed are those who have not agreed to a challenge yet.
func (t *words) notAgreed(b *wire.Battle) string {
	var names []string
	for _, c := range b.Corners {
		if !c.Agreed && c.ID != b.Us {
			names = append(names, cornerName(c))
		}
	}
	return some(names)
}
