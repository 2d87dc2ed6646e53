package app

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"vitrine/app/theme"
	"vitrine/app/widget"
	"vitrine/server/wire"
)

// Lengths that the form of a challenge offers, in seconds, and how many rounds.
var (
	fightTimes = []int{60, 120, 180, 300, 600, 900, 1800}
	pushTimes  = []int{0, 15, 30, 60, 120}
	lapTimes   = []int{0, 30, 60, 180, 300, 600}
	roundsOf   = []int{1, 3, 5}
)

// usualTerms are what a battle is about where nothing else is agreed.
var usualTerms = wire.BattleTerms{Fight: 300, Push: 30, Lap: 180, Rounds: 1, Weights: usualWeights}

var usualWeights = wire.BattleWeights{Coin: 10, Vote: 20, Like: 1, LikesMost: 5000, Paid: 2}

// filled are terms with the usual in place of what is left to the server.
func filled(b wire.BattleTerms) wire.BattleTerms {
	if b.Fight == 0 && b.Push == 0 && b.Lap == 0 {
		b.Fight, b.Push, b.Lap = usualTerms.Fight, usualTerms.Push, usualTerms.Lap
	}
	if b.Weights == (wire.BattleWeights{}) {
		b.Weights = usualWeights
	}
	b.Rounds = max(1, b.Rounds)
	return b
}

// termsSheet is a challenge as it is put together.
type termsSheet struct {
	w                *Window
	b                *wire.Battle
	fight, push, lap *widget.Picker
	rounds           *widget.Picker
	penalty          *widget.Entry
	coin, vote, like *widget.Entry
	most, paid       *widget.Entry
	teams            []*widget.Picker // in the order of the corners
	points           *widget.Button
	weights          *fyne.Container
	pieces           []fyne.CanvasObject
}

// openTerms asks what a battle is to be about, and challenges the others to it. A rematch begins with the terms before.
func (w *Window) openTerms(b *wire.Battle, rematch bool) {
	if w.sheet != nil {
		return
	}
	t, terms := w.words, usualTerms
	if b.Terms != nil {
		terms = filled(*b.Terms)
	}
	s := &termsSheet{w: w, b: b}
	fields := s.build(terms)
	sheet := &wishSheet{w: w}
	sheet.read = func() (func(context.Context) error, string) {
		terms, wrong := s.read()
		wish := wire.StageWish{Challenge: &terms}
		return func(ctx context.Context) error { return w.desk.StageDo(ctx, wish) }, wrong
	}
	title := fmt.Sprintf(t.TermsTitle, t.others(b))
	if rematch {
		title = fmt.Sprintf(t.TermsRematch, t.others(b))
	}
	sheet.open(title, fields, 520, nil, t.TermsSend, s.pieces...)
}

// lengths are times as a list to choose from, with one that is not among them.
func (t *words) lengths(all []int, chosen int) (list []widget.Choice) {
	if !slices.Contains(all, chosen) {
		all = append(slices.Clone(all), chosen)
		slices.Sort(all)
	}
	for _, s := range all {
		list = append(list, widget.Choice{Value: strconv.Itoa(s), Label: t.length(s)})
	}
	return list
}

// length is a time in words: "none", "45 s", "5 min".
func (t *words) length(seconds int) string {
	switch {
	case seconds == 0:
		return t.LengthNone
	case seconds%60 == 0:
		return fmt.Sprintf(t.LengthMinutes, seconds/60)
	}
	return fmt.Sprintf(t.LengthSeconds, seconds)
}

func (s *termsSheet) build(terms wire.BattleTerms) fyne.CanvasObject {
	t := s.w.words
	pick := func(choices []widget.Choice, chosen int) *widget.Picker {
		p := widget.NewPicker(nil)
		p.Set(choices, strconv.Itoa(chosen))
		s.pieces = append(s.pieces, p)
		return p
	}
	s.fight, s.push = pick(t.lengths(fightTimes, terms.Fight), terms.Fight), pick(t.lengths(pushTimes, terms.Push), terms.Push)
	s.lap = pick(t.lengths(lapTimes, terms.Lap), terms.Lap)
	var rounds []widget.Choice
	for _, n := range roundsOf {
		label := fmt.Sprintf(t.RoundsBest, n)
		if n == 1 {
			label = t.RoundsOne
		}
		rounds = append(rounds, widget.Choice{Value: strconv.Itoa(n), Label: label})
	}
	s.rounds = pick(rounds, terms.Rounds)
	s.penalty = widget.NewEntry(t.TermsPenaltyHint)
	s.penalty.SetText(terms.Penalty)
	s.pieces = append(s.pieces, s.penalty)
	rows := []fyne.CanvasObject{
		widget.Columns(10, field(t.TermsFight, s.fight), field(t.TermsPush, s.push)),
		widget.Columns(10, field(t.TermsLap, s.lap), field(t.TermsRounds, s.rounds)), field(t.TermsPenalty, s.penalty),
	}
	if len(s.b.Corners) > 2 {
		rows = append(rows, s.teamFields(terms))
	}
	return widget.Stack(10, append(rows, s.pointFields(terms.Weights))...)
}

// teamsHigh is how high the list of teams is at most, in pixels, before it scrolls.
const teamsHigh = 104

// teamFields ask in which team each host is.
func (s *termsSheet) teamFields(terms wire.BattleTerms) fyne.CanvasObject {
	t := s.w.words
	var rows []fyne.CanvasObject
	for i, c := range s.b.Corners {
		var teams []widget.Choice
		for n := range s.b.Corners {
			teams = append(teams, widget.Choice{Value: strconv.Itoa(n), Label: fmt.Sprintf(t.TermsTeam, n+1)})
		}
		team := i
		if i < len(terms.Teams) {
			team = terms.Teams[i]
		}
		p := widget.NewPicker(nil)
		p.Set(teams, strconv.Itoa(team))
		s.teams, s.pieces = append(s.teams, p), append(s.pieces, p)
		name := cornerName(c)
		if c.ID == s.b.Us {
			name = t.StageYou
		}
		rows = append(rows, widget.Columns(10, widget.NewText(name, widget.Style{Shrink: true}), p))
	}
	half := (len(rows) + 1) / 2
	list := container.NewVScroll(widget.Columns(20, widget.Stack(4, rows[:half]...), widget.Stack(4, rows[half:]...)))
	list.SetMinSize(fyne.NewSize(0, min(list.Content.MinSize().Height, teamsHigh)))
	return field(t.TermsTeams, list)
}

// pointFields are what gives points, folded away.
func (s *termsSheet) pointFields(weights wire.BattleWeights) fyne.CanvasObject {
	t := s.w.words
	typed := func(n int64) *widget.Entry {
		e := widget.NewEntry("0")
		e.SetText(strconv.FormatInt(n, 10))
		s.pieces = append(s.pieces, e)
		return e
	}
	s.points = widget.NewButton(t.TermsPoints, theme.Down, widget.Quiet, nil).Slim()
	s.pieces = append(s.pieces, s.points)
	s.coin, s.vote, s.paid = typed(weights.Coin), typed(weights.Vote), typed(weights.Paid)
	s.like, s.most = typed(weights.Like), typed(weights.LikesMost)
	s.weights = widget.Stack(6, widget.Columns(8, field(t.TermsCoin, s.coin), field(t.TermsVote, s.vote), field(t.TermsPaid, s.paid)),
		widget.Columns(8, field(t.TermsLike, s.like), field(t.TermsMost, s.most), widget.Caption("")))
	s.weights.Hide()
	s.points.OnTap(func() {
		show(s.weights, !s.weights.Visible())
		symbol := theme.Down
		if s.weights.Visible() {
			symbol = theme.Up
		}
		s.points.Set(t.TermsPoints, symbol, widget.Quiet)
		s.w.sheet.Fit()
	})
	return widget.Stack(4, widget.Line(0, s.points), s.weights)
}

// mostWeight is the most points that anything gives, mostLikes the most that likes give together.
const (
	mostWeight = 10_000
	mostLikes  = 1_000_000_000
)

// read is the challenge, and what is wrong with it.
func (s *termsSheet) read() (terms wire.BattleTerms, wrong string) {
	t := s.w.words
	number := func(p *widget.Picker) int {
		n, _ := strconv.Atoi(p.Value()) // ours
		return n
	}
	terms = wire.BattleTerms{Fight: number(s.fight), Push: number(s.push), Lap: number(s.lap), Rounds: number(s.rounds), Penalty: strings.TrimSpace(s.penalty.Text)}
	if over := utf8.RuneCountInString(terms.Penalty) - wire.MaxPenalty; over > 0 {
		wrong = fmt.Sprintf(t.TextLong, wire.MaxPenalty, over)
	}
	points := func(e *widget.Entry, most int64) int64 {
		n, err := strconv.ParseInt(strings.TrimSpace(e.Text), 10, 64)
		if err != nil || n < 0 || n > most {
			wrong = fmt.Sprintf(t.TermsNumber, most)
		}
		return n
	}
	terms.Weights = wire.BattleWeights{
		Coin: points(s.coin, mostWeight), Vote: points(s.vote, mostWeight), Paid: points(s.paid, mostWeight),
		Like: points(s.like, mostWeight), LikesMost: points(s.most, mostLikes),
	}
	if terms.Weights == (wire.BattleWeights{}) && wrong == "" {
		wrong = t.TermsNoPoints
	}
	together := map[int]bool{}
	for _, p := range s.teams {
		terms.Teams = append(terms.Teams, number(p))
		together[number(p)] = true
	}
	if len(s.teams) > 0 && len(together) < 2 {
		wrong = t.TermsOneTeam
	}
	terms.Teams = numbered(terms.Teams)
	if len(together) == len(s.teams) {
		terms.Teams = nil
	}
	return terms, wrong
}

// numbered are teams counted from 0 in the order in which they come.
func numbered(teams []int) (all []int) {
	names := map[int]int{}
	for _, team := range teams {
		if _, known := names[team]; !known {
			names[team] = len(names)
		}
		all = append(all, names[team])
	}
	return all
}

// termsView are all terms of a challenge as they are read before agreeing.
type termsView struct {
	w      *Window
	object *widget.Box
	rows   *fyne.Container
	shown  string
}

func newTermsView(w *Window) *termsView {
	v := &termsView{w: w, rows: widget.Stack(3)}
	v.object = widget.NewBox(v.rows, theme.Chosen, theme.Edge, fyne.NewSize(10, 8))
	v.object.Hide()
	return v
}

func (v *termsView) apply(b *wire.Battle) {
	lines := v.w.words.termLines(b)
	key := fmt.Sprint(lines)
	if key == v.shown {
		return
	}
	v.shown, v.rows.Objects = key, nil
	for _, l := range lines {
		v.rows.Add(widget.Row(widget.Caption(l[0]), widget.NewText(l[1], widget.Style{Size: theme.Small, Bold: true})))
	}
	if b.Terms.Penalty != "" {
		v.rows.Add(widget.Caption(v.w.words.TermsPenalty))
		v.rows.Add(widget.Inset(-7, -6, widget.NewParagraph(b.Terms.Penalty, theme.Quiet)))
	}
	v.rows.Refresh()
}

// termLines are the terms, a name and a value each.
func (t *words) termLines(b *wire.Battle) (lines [][2]string) {
	terms := filled(*b.Terms)
	rounds := t.RoundsOne
	if terms.Rounds > 1 {
		rounds = fmt.Sprintf(t.RoundsBest, terms.Rounds)
	}
	points := func(n int64) string { return strconv.FormatInt(n, 10) }
	lines = [][2]string{
		{t.TermsFight, t.length(terms.Fight)},
		{t.TermsPush, t.length(terms.Push)},
		{t.TermsLap, t.length(terms.Lap)},
		{t.TermsRounds, rounds},
		{t.TermsCoin, points(terms.Weights.Coin)},
		{t.TermsVote, points(terms.Weights.Vote)},
		{t.TermsPaid, points(terms.Weights.Paid)},
		{t.TermsLike, points(terms.Weights.Like)},
		{t.TermsMost, points(terms.Weights.LikesMost)},
	}
	if len(terms.Teams) > 0 {
		for n := range b.Corners {
			var names []string
			for i, c := range b.Corners {
				switch {
				case i >= len(terms.Teams) || terms.Teams[i] != n:
				case c.ID == b.Us:
					names = append(names, t.StageYou)
				default:
					names = append(names, cornerName(c))
				}
			}
			if len(names) > 0 {
				lines = append(lines, [2]string{fmt.Sprintf(t.TermsTeam, n+1), strings.Join(names, " + ")})
			}
		}
	}
	return lines
}
