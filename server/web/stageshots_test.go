package web

import (
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"vitrine/server/wire"
)

// TestShots_of_the_stage takes pictures to look at, with -shots DIR.
func TestShots_of_the_stage(t *testing.T) {
	if *shots == "" {
		t.Skip("only with -shots DIR")
	}
	s := newStage(t)
	for _, id := range []wire.ShowID{"evening", "atelier", "evening~m9", "evening~m5", "evening~m4", "many"} {
		s.put(live(id, "VP8"))
	}
	browser := chromium(t, devices()...)

	h := s.hall("evening")
	h.fill()
	h.stages(wire.StageOpened, func(n *wire.StageNow) { n.Open, n.Waiting = true, 3 })
	p := s.open(t, browser, "evening", "en-GB")
	p.state("playing")
	p.says("Join the stage")
	p.shootBoth("01-open")
	p.do(chromedp.Click(chromedp.CSS(".way .ok")))
	p.wait("document.querySelector('.check .mirror')?.videoWidth > 0")
	p.shootBoth("02-apply")
	p.do(chromedp.Click(chromedp.CSS(".check .stays .ok")))
	p.says("You are no. 2 in line")
	p.shootBoth("03-applied")
	h.tellsOf(wire.StageMine{State: wire.GuestInvited, Until: time.Now().Add(30 * time.Second).UnixMilli()})
	p.wait("document.querySelector('.check .rest') && document.querySelector('.check .mirror')?.videoWidth > 0")
	p.shootBoth("04-invited")
	p.do(chromedp.Click(chromedp.CSS(".check .stays .ok")))
	p.wait("document.querySelector('.dock')")
	me := h.somebody()
	h.stages(wire.StageJoined, func(n *wire.StageNow) {
		n.Guests = []wire.StageGuest{{Member: wire.Member{Alias: me, Name: "Ada"}, State: wire.GuestLive, Media: "evening~" + string(me)}}
		n.Layout = wire.StageLayout{Kind: wire.LayoutSide, Boxes: boxes(2, wire.HostSpot, wire.SpotID(me)), Fade: 300}
	})
	h.tellsOf(wire.StageMine{State: wire.GuestLive, Media: "evening~" + string(me)})
	p.wait("document.querySelector('.tile[data-kind=guest] .mirror')?.videoWidth > 0")
	p.shootBoth("05-on-stage")
	h.tellsOf(wire.StageMine{State: wire.GuestLive, Media: "evening~" + string(me), Muted: true})
	h.stages(wire.StageJoined, func(n *wire.StageNow) {
		n.Guests = append(n.Guests, sitting("evening", bo), sitting("evening", eve), sitting("evening", lin))
		n.Guests[2].SelfDark, n.Guests[3].State = true, wire.GuestAway
		n.Layout = wire.StageLayout{Kind: wire.LayoutSpotlight, Fade: 300, Boxes: []wire.StageBox{
			{Spot: wire.HostSpot, W: 7500, H: 10000},
			{Spot: wire.SpotID(me), X: 7500, W: 2500, H: 2500},
			{Spot: "m9", X: 7500, Y: 2500, W: 2500, H: 2500},
			{Spot: "m5", X: 7500, Y: 5000, W: 2500, H: 2500},
			{Spot: "m4", X: 7500, Y: 7500, W: 2500, H: 2500},
		}}
	})
	p.wait("document.querySelector('.tile[data-spot=m9]')?.dataset.bare === 'false'")
	p.shootBoth("06-five")
	h.tellsOf(wire.StageMine{Why: wire.StageRemoved, Reason: "the next guest is waiting"})
	h.stages(wire.StageRemoved, func(n *wire.StageNow) { n.Guests = n.Guests[1:2]; n.Layout.Boxes = boxes(2, wire.HostSpot, "m9") })
	p.says("The host says: the next guest is waiting")
	p.shootBoth("07-removed")
	h.stages(wire.StageLeft, func(n *wire.StageNow) { n.Guests, n.Open = nil, false })

	p.do(chromedp.Click(chromedp.CSS(".way.ended .shut")))
	h.duel("evening", "atelier")
	p.wait("document.querySelector('.tile[data-spot=atelier]')?.dataset.bare === 'false'")
	p.shootBoth("08-linked")
	h.phase(wire.BattleCounts, wire.BattleCounting, 30*time.Second, func(b *wire.Battle) { b.Until = time.Now().Add(2900 * time.Millisecond).UnixMilli() })
	p.wait("document.querySelector('.three')")
	p.shootBoth("09-countdown")
	h.phase(wire.BattleFights, wire.BattleFight, 4*time.Minute, func(b *wire.Battle) {
		b.Corners[0].Score, b.Corners[1].Score = 12840, 9310
		b.Corners[0].Best = []wire.BattleFan{{Name: "Eva Martín", Points: 4000}, {Name: "Bo", Points: 900}, {Name: "林小雨", Points: 300}}
		b.Corners[1].Best = []wire.BattleFan{{Name: "Kenji Sato", Points: 8000}}
		b.Corners[1].Heard = wire.HearLess
	})
	p.says("12,840")
	h.says(eve, wire.RoomEvent{Gifted: &wire.Gifted{Gift: "cake", Count: 1, Combo: 1, Coins: 20}})
	h.scores(13040, 9390)
	p.shootBoth("10-fight")
	h.phase(wire.BattlePushes, wire.BattlePush, 25*time.Second, nil)
	p.shootBoth("11-push")
	h.phase(wire.BattleResulted, wire.BattleLap, 3*time.Minute, func(b *wire.Battle) {
		b.Result = &wire.BattleResult{Battle: b.ID, Round: 1, Outcome: wire.BattleWon, Winner: 0, Scores: map[wire.CornerID]int64{"evening": 13040, "atelier": 9390}, Final: true}
	})
	p.says("Mia Lopes wins")
	p.shootBoth("12-result")
	h.phase(wire.BattleResulted, wire.BattleLap, 3*time.Minute, func(b *wire.Battle) { b.Result.Outcome, b.Result.Winner, b.Round = wire.BattleDrawn, -1, 2 })
	p.says("A draw")
	p.shootBoth("13-draw")
	h.phase(wire.BattleResulted, wire.BattleLap, 3*time.Minute, func(b *wire.Battle) {
		b.Result.Outcome, b.Result.Winner, b.Round, b.Corners[1].State = wire.BattleForfeited, 0, 3, wire.CornerForfeit
	})
	p.shootBoth("14-forfeit")

	many := s.hall("many")
	many.fill()
	nine(many)
	p = s.open(t, browser, "many", "es-ES")
	p.wait("document.querySelectorAll('.tile[data-bare=false]').length >= 2")
	p.shootBoth("15-nine")

	h.fights(wire.BattleUnlinked, func(b *wire.Battle) { b.Phase = wire.BattleLinked })
	h.stages(wire.StageOpened, func(n *wire.StageNow) { n.Open, n.Battle = true, nil })
	p = s.open(t, chromium(t, soundAtOnce), "evening", "zh-CN")
	p.wait("document.querySelector('.way .ok')")
	p.do(chromedp.Click(chromedp.CSS(".way .ok")))
	p.wait("document.querySelector('.check .wrong button')")
	p.shootBoth("16-no-camera")
	p.do(chromedp.KeyEvent(kb.Escape))
	p.wait("document.querySelector('.check') === null")
}

// shootBoth takes the page on a phone and on a desktop.
func (p *tab) shootBoth(name string) {
	p.t.Helper()
	for suffix, size := range map[string][2]int64{"390x844": {390, 844}, "1280x720": {1280, 720}} {
		p.do(chromedp.EmulateViewport(size[0], size[1]), chromedp.MouseEvent("mouseMoved", float64(size[0])/3, 300), chromedp.Sleep(450*time.Millisecond))
		p.save(name + "-" + suffix)
	}
}
