package scene

import (
	"cmp"
	"fmt"
	"image"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"vitrine/server/wire"
)

// BattleWords are what a battle's bar says in the language of the picture. Empty ones are left out.
type BattleWords struct {
	Push  string // in the final push
	Won   string // beside the winner
	Drawn string // for a draw
	Void  string // for a round that counts for nobody
}

// BattleBar paints the bar of a battle (PK): the sides with their scores, how long it goes on, and how it ended. It keeps the last one.
// Its colours move to new scores within half a second, if it is asked for that often. It is not safe for concurrent use.
type BattleBar struct {
	letters letters
	shares  []float64 // as they are drawn
	at      time.Time
	key     string
	painted *Overlay
}

// NewBattleBar returns a painter that writes with the fonts.
func NewBattleBar(f Fonts) *BattleBar { return &BattleBar{letters: letters{fonts: f}} }

// side is a team in a battle, or a host on their own.
type side struct {
	team    int
	name    string
	score   int64
	share   float64 // of the bar, or of the best one's score
	wins    int
	away    int // for so many seconds they still may be away; 0 for here
	forfeit bool
	won     bool
	best    string
}

// bar is all that is painted.
type bar struct {
	sides   []side
	phase   wire.BattlePhase
	left    int // seconds of the phase
	series  int // wins that are needed, when there are several rounds
	title   string
	penalty string
	lit     bool // every other half second of the push
	words   BattleWords
}

// mostRounds is how long a series is at most; smallestUnit is of pictures in which a bar could not be read.
const mostRounds, smallestUnit = 5, 250

// Paint returns the bar for a program picture of a size in pixels, nil for none: without a battle, as long as hosts are only
// linked, and in pictures in which it could not be read. now is the time by the server's clock, which the battle's times are by.
func (p *BattleBar) Paint(b *wire.Battle, words BattleWords, now time.Time, width, height int) *Overlay {
	if b == nil || b.Phase == wire.BattleLinked || b.Phase == wire.BattleChallenged || len(b.Corners) < 2 {
		p.shares, p.key, p.painted = nil, "", nil
		return nil
	}
	it := barOf(b, words, now)
	p.ease(it.sides, now)
	unit := min(1000*height/720, 1000*width/800)
	d := pen{letters: &p.letters, unit: unit}
	wide := even(width - 2*d.px(barMargin))
	if unit < smallestUnit || len(it.sides) < 2 {
		return nil
	}
	for i := range it.sides {
		it.sides[i].share = float64(int(it.sides[i].share*float64(wide))) / float64(wide) // whole pixels
	}
	if key := fmt.Sprint(unit, wide, it); p.key != key || p.painted == nil {
		d.RGBA = image.NewRGBA(image.Rect(0, 0, wide, even(d.px(it.high()))))
		d.battle(it)
		p.key, p.painted = key, newOverlay(d.RGBA)
	}
	return p.painted
}

// BattlePlace is where a bar of a size stands in a picture: at its head.
func BattlePlace(bar, picture image.Point) image.Point {
	unit := min(1000*picture.Y/720, 1000*picture.X/800)
	return image.Pt(max((picture.X-bar.X)/2, 0)&^1, (barMargin*unit/1000*3/4)&^1)
}

// ease moves the shares towards what they should be.
func (p *BattleBar) ease(sides []side, now time.Time) {
	k := 1 - math.Exp(-max(now.Sub(p.at).Seconds(), 0)*6)
	p.at = now
	if len(p.shares) != len(sides) {
		p.shares, k = make([]float64, len(sides)), 1
	}
	for i := range sides {
		p.shares[i] += (sides[i].share - p.shares[i]) * k
		if math.Abs(sides[i].share-p.shares[i]) < 0.001 {
			p.shares[i] = sides[i].share
		}
		sides[i].share = p.shares[i]
	}
}

// barOf is what a battle's bar says at a moment.
func barOf(b *wire.Battle, words BattleWords, now time.Time) bar {
	it := bar{sides: sidesOf(b, now), phase: b.Phase, words: words}
	if left := b.Until - now.UnixMilli(); b.Until > 0 && left > 0 {
		it.left = int((left + 999) / 1000)
	}
	it.lit = b.Phase == wire.BattlePush && now.UnixMilli()/500%2 == 0
	if b.Terms != nil && b.Terms.Rounds > 1 {
		it.series = min(b.Terms.Rounds/2+1, mostRounds/2+1)
	}
	if b.Phase == wire.BattlePush {
		it.title = words.Push
	}
	if r := b.Result; b.Phase == wire.BattleLap && r != nil {
		it.title = map[wire.BattleOutcome]string{wire.BattleDrawn: words.Drawn, wire.BattleVoid: words.Void}[r.Outcome]
		if b.Terms != nil && r.Winner >= 0 {
			it.penalty = b.Terms.Penalty
		}
	}
	return it
}

// sidesOf are the sides, ours first, with their parts of the bar.
func sidesOf(b *wire.Battle, now time.Time) []side {
	var sides []side
	ours := -1
	for _, c := range b.Corners[:min(len(b.Corners), wire.MaxCorners)] {
		i := slices.IndexFunc(sides, func(s side) bool { return s.team == c.Team })
		if i < 0 {
			i = len(sides)
			sides = append(sides, side{team: c.Team, forfeit: true})
		}
		s := &sides[i]
		s.name = strings.TrimPrefix(s.name+" + "+cmp.Or(c.Room.Name, string(c.Room.Show)), " + ")
		s.score += max(c.Score, 0)
		s.forfeit = s.forfeit && c.State == wire.CornerForfeit
		if left := c.Until - now.UnixMilli(); c.State == wire.CornerAway && left > 0 {
			s.away = int((left + 999) / 1000)
		}
		if c.Team >= 0 && c.Team < len(b.Wins) {
			s.wins = b.Wins[c.Team]
		}
		if b.Phase == wire.BattleLap && b.Result != nil {
			s.won = b.Result.Winner == c.Team
			if len(c.Best) > 0 && s.best == "" {
				s.best = c.Best[0].Name
			}
		}
		if c.ID == b.Us {
			ours = c.Team
		}
	}
	slices.SortStableFunc(sides, func(a, b side) int { return boolean(b.team == ours) - boolean(a.team == ours) })
	share(sides)
	return sides
}

func boolean(is bool) int {
	if is {
		return 1
	}
	return 0
}

// leastShare is what a side has of the bar at least, so that its score can be read.
const leastShare = 0.16

// share divides the bar: between two by their scores; of more, each has its own, full for the best.
func share(sides []side) {
	var sum, most float64
	for _, s := range sides {
		sum, most = sum+float64(s.score), max(most, float64(s.score))
	}
	for i := range sides {
		s := &sides[i]
		switch {
		case len(sides) != 2 && most > 0:
			s.share = float64(s.score) / most
		case len(sides) == 2 && sum > 0:
			s.share = min(max(float64(s.score)/sum, leastShare), 1-leastShare)
		case len(sides) == 2:
			s.share = 0.5
		}
	}
}

// grouped is a number with a space between thousands.
func grouped(n int64) string {
	text := strconv.FormatInt(n, 10)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + " " + text[i:]
	}
	return text
}

// clockText is a time as minutes and seconds.
func clockText(seconds int) string { return fmt.Sprintf("%d:%02d", seconds/60, seconds%60) }
