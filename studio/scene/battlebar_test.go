package scene_test

import (
	"fmt"
	"image"
	"image/color"
	"testing"
	"time"

	"vitrine/capture/frame"
	"vitrine/server/wire"
	"vitrine/studio/scene"
)

var english = scene.BattleWords{Push: "FINAL PUSH", Won: "WINNER", Drawn: "DRAW", Void: "NO RESULT"}

// fight is a battle of hosts with these scores, each on their own, that ends in four and a half minutes.
func fight(scores ...int64) *wire.Battle {
	b := &wire.Battle{ID: "b", Phase: wire.BattleFight, Us: "tea", Until: began.Add(4*time.Minute + 32*time.Second).UnixMilli(), Round: 1, Terms: &wire.BattleTerms{Rounds: 1}}
	shows := []string{"tea", "pots", "linen", "vinyl", "plants", "books", "bikes", "cheese", "lamps"}
	names := []string{"Hana's Tea House", "Lim Pottery", "Linen & Co", "Vinyl Vault", "小树植物", "Book Nook", "Bike Barn with a very long name", "Käserei", "Lampara"}
	for i, s := range scores {
		b.Corners = append(b.Corners, wire.BattleCorner{ID: wire.CornerID(shows[i]), Room: wire.BattleRoom{Show: wire.ShowID(shows[i]), Name: names[i]}, Team: i, Score: s, State: wire.CornerHere})
	}
	return b
}

func lap(b *wire.Battle, winner int, outcome wire.BattleOutcome) *wire.Battle {
	b.Phase, b.Until = wire.BattleLap, began.Add(171*time.Second).UnixMilli()
	b.Result = &wire.BattleResult{Winner: winner, Outcome: outcome}
	b.Terms.Penalty = "Sing the shop's jingle, loudly"
	return b
}

func battles() map[string]*wire.Battle {
	all := map[string]*wire.Battle{
		"fight": fight(128450, 97310), "start": fight(0, 0), "shutout": fight(1204300, 12), "three": fight(900, 1450, 300), "won": lap(fight(128450, 97310), 0, wire.BattleWon),
		"lost": lap(fight(12845, 97310), 1, wire.BattleForfeited), "drawn": lap(fight(5000, 5000), -1, wire.BattleDrawn), "void": lap(fight(50, 5000), -1, wire.BattleVoid),
		"nine": fight(1200, 45000, 300, 0, 87000, 54321, 999, 12, 66000), "countdown": fight(0, 0), "push": fight(48450, 47310), "series": fight(48450, 47310),
		"teams": fight(100, 200, 300, 400), "away": fight(10, 20), "ninewon": lap(fight(1200, 45000, 300, 0, 87000, 54321, 999, 12, 66000), 4, wire.BattleWon),
	}
	all["countdown"].Phase, all["countdown"].Until = wire.BattleCounting, began.Add(2500*time.Millisecond).UnixMilli()
	all["push"].Phase, all["push"].Until = wire.BattlePush, began.Add(27*time.Second).UnixMilli()
	all["series"].Terms.Rounds, all["series"].Wins = 5, []int{2, 1}
	for i := range all["teams"].Corners {
		all["teams"].Corners[i].Team = i % 2
	}
	all["away"].Corners[1].State, all["away"].Corners[1].Until = wire.CornerAway, began.Add(12*time.Second).UnixMilli()
	all["lost"].Corners[0].State = wire.CornerForfeit
	all["won"].Corners[0].Best = []wire.BattleFan{{Name: "Marguerite", Points: 9000}}
	return all
}

func TestTheBarIsDrawnAtTheHeadInEverySize(t *testing.T) {
	fonts := letters(t)
	for name, b := range battles() {
		for _, size := range []image.Point{{1280, 720}, {1920, 1080}, {640, 360}, {641, 481}, {720, 1280}} {
			p := scene.NewBattleBar(fonts)
			o := p.Paint(b, english, began, size.X, size.Y)
			if o == nil {
				t.Fatalf("%s in %v has no bar", name, size)
			}
			at := scene.BattlePlace(o.Size, size)
			r := image.Rectangle{Min: at, Max: at.Add(o.Size)}
			if !r.In(image.Rectangle{Max: size}) || at.X%2+at.Y%2+o.Size.X%2+o.Size.Y%2 != 0 || r.Max.Y > size.Y/3 {
				t.Errorf("%s in %v stands at %v", name, size, r)
			}
			v := backdrop(size.X, size.Y)
			o.Blend(v, at, scene.Opaque)
			shot(t, fmt.Sprint("battle-", name), size, v)
		}
	}
}

// painted is a battle's bar over black, and where it stands.
func painted(t testing.TB, p *scene.BattleBar, b *wire.Battle, now time.Time) (*image.RGBA, image.Rectangle) {
	t.Helper()
	v := frame.New(1280, 720)
	v.Fill(16, 128, 128)
	o := p.Paint(b, english, now, 1280, 720)
	at := scene.BattlePlace(o.Size, image.Pt(1280, 720))
	o.Blend(v, at, scene.Opaque)
	return rgb(v), image.Rectangle{Min: at, Max: at.Add(o.Size)}
}

func reddish(c color.RGBA) bool { return int(c.R) > int(c.B)+60 }
func blueish(c color.RGBA) bool { return int(c.B) > int(c.R)+60 }

// seam is where the bar's colours meet, in parts of its width.
func seam(img *image.RGBA, r image.Rectangle) float64 {
	y := r.Min.Y + 20
	for x := r.Min.X + 150; x < r.Max.X-150; x++ {
		if c := img.RGBAAt(x, y); min(c.R, c.G, c.B) > 235 {
			return float64(x+1-r.Min.X) / float64(r.Dx())
		}
	}
	return -1
}

func TestTwoSidesShareTheBarAsTheirScoresDoOursLeft(t *testing.T) {
	fonts := letters(t)
	for _, one := range []struct {
		left, right int64
		want        float64
	}{{0, 0, 0.5}, {500, 500, 0.5}, {3, 1, 0.75}, {1, 2, 1.0 / 3}, {1_000_000, 0, 0.84}, {0, 1, 0.16}, {-7, 1, 0.16}} {
		b := fight(one.left, one.right)
		img, r := painted(t, scene.NewBattleBar(fonts), b, began)
		if got := seam(img, r); got < one.want-0.003 || got > one.want+0.003 {
			t.Errorf("%d to %d: the seam is at %.3f, want %.3f", one.left, one.right, got, one.want)
		}
		if l, o := img.RGBAAt(r.Min.X+6, r.Min.Y+20), img.RGBAAt(r.Max.X-6, r.Min.Y+20); !reddish(l) || !blueish(o) {
			t.Errorf("its ends are %v and %v", l, o)
		}
		b.Us = "pots"
		img, r = painted(t, scene.NewBattleBar(fonts), b, began)
		if got := seam(img, r); got < 1-one.want-0.003 || got > 1-one.want+0.003 {
			t.Errorf("%d to %d: in the other's room the seam is at %.3f, want %.3f", one.left, one.right, got, 1-one.want)
		}
	}
}

func TestTheBarMovesToANewScoreAndEndsThere(t *testing.T) {
	p, b := scene.NewBattleBar(letters(t)), fight(500, 500)
	img, r := painted(t, p, b, began)
	before := seam(img, r)
	b.Corners[0].Score = 1500
	for i := range 20 {
		img, r = painted(t, p, b, began.Add(time.Duration(i)*100*time.Millisecond))
		now := seam(img, r)
		if now < before-0.001 || now > before+0.15 {
			t.Fatalf("after %d ms the seam is at %.3f, and was at %.3f", 100*i, now, before)
		}
		before = now
	}
	if before < 0.747 || before > 0.753 {
		t.Errorf("it ends at %.3f, want 0.75", before)
	}
}

func TestTheBarIsThereFromTheCountdownToTheLap(t *testing.T) {
	p := scene.NewBattleBar(letters(t))
	b := fight(1, 2)
	for phase, want := range map[wire.BattlePhase]bool{
		wire.BattleLinked: false, wire.BattleChallenged: false, wire.BattleCounting: true, wire.BattleFight: true, wire.BattlePush: true, wire.BattleLap: true,
	} {
		b.Phase = phase
		if got := p.Paint(b, scene.BattleWords{}, began, 1280, 720); (got != nil) != want {
			t.Errorf("%s: bar %v", phase, got != nil)
		}
	}
	b.Phase = wire.BattleFight
	b.Corners = b.Corners[:1]
	if p.Paint(nil, english, began, 1280, 720) != nil || p.Paint(b, english, began, 1280, 720) != nil || p.Paint(fight(1, 2), english, began, 64, 36) != nil {
		t.Error("there is a bar for nothing")
	}
	b = fight(1, 2)
	b.Corners[1].Team = 0 // a server that makes no sense
	if p.Paint(b, english, began, 1280, 720) != nil {
		t.Error("there is a bar for one side")
	}
}

func TestTheBarIsPaintedAgainOnlyWhenItChanges(t *testing.T) {
	p, b := scene.NewBattleBar(letters(t)), fight(100, 50)
	at := func(ms int) *scene.Overlay {
		return p.Paint(b, english, began.Add(time.Duration(ms)*time.Millisecond), 1280, 720)
	}
	first := at(100)
	if at(900) != first {
		t.Error("the same is painted again")
	}
	if at(1100) == first {
		t.Error("the clock stands")
	}
	second := at(1200)
	if b.Corners[0].Score++; at(1300) == second {
		t.Error("the score stands")
	}
	b.Phase = wire.BattlePush
	if lit := at(2100); lit == at(2600) {
		t.Error("the push does not pulse")
	}
}

func TestTheWinnerStandsOutAndTheOthersPale(t *testing.T) {
	fonts := letters(t)
	gold := color.RGBA{255, 205, 84, 255}
	for winner, ends := range map[int][2]bool{0: {true, false}, 1: {false, true}, -1: {false, false}} {
		outcome := wire.BattleWon
		if winner < 0 {
			outcome = wire.BattleDrawn
		}
		img, r := painted(t, scene.NewBattleBar(fonts), lap(fight(70, 70), winner, outcome), began)
		y := r.Min.Y + 40 + 8 + 16
		for i, x := range [2]int{r.Min.X + 6, r.Max.X - 6} {
			c := img.RGBAAt(x, y)
			is := abs(int(c.R)-int(gold.R)) < 12 && abs(int(c.G)-int(gold.G)) < 12 && abs(int(c.B)-int(gold.B)) < 12
			bar := img.RGBAAt(x, r.Min.Y+20)
			if pale := !reddish(bar) && !blueish(bar); is != ends[i] || pale != (winner >= 0 && !ends[i]) {
				t.Errorf("winner %d: side %d has %v on %v", winner, i, bar, c)
			}
		}
	}
}

func TestOfMoreThanTwoEachHasATileWithTheirScore(t *testing.T) {
	img, r := painted(t, scene.NewBattleBar(letters(t)), fight(50, 100, 25, 0), began)
	w := (r.Dx() - 3*6) / 4
	y := r.Min.Y + 50 // through the lines at the feet of the tiles
	for i, want := range []float64{0.5, 1, 0.25, 0} {
		left, whole, full := r.Min.X+i*(w+6)+9, w-18, 0
		for x := range whole {
			if c := img.RGBAAt(left+x, y); max(c.R, c.G, c.B)-min(c.R, c.G, c.B) > 40 {
				full++
			}
		}
		if got := float64(full) / float64(whole); got < want-0.03 || got > want+0.03 {
			t.Errorf("the line of number %d is %.2f full, want %.2f", i, got, want)
		}
	}
}

func BenchmarkBattleBar(b *testing.B) {
	p := scene.NewBattleBar(letters(b))
	for _, name := range []string{"fight", "nine"} {
		b.Run(name, func(b *testing.B) {
			battle := battles()[name]
			for b.Loop() {
				battle.Corners[0].Score++
				p.Paint(battle, english, began, 1920, 1080)
			}
		})
	}
	o, v := p.Paint(battles()["fight"], english, began, 1920, 1080), frame.New(1920, 1080)
	b.Run("blend", func(b *testing.B) {
		for b.Loop() {
			o.Blend(v, scene.BattlePlace(o.Size, image.Pt(1920, 1080)), scene.Opaque)
		}
	})
}
