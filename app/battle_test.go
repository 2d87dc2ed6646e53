package app

import (
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"vitrine/app/widget"
	"vitrine/server/wire"
	"vitrine/studio"
)

// battleBench is a bench with the desk of battles open.
func battleBench(t *testing.T, edit func(*studio.Snapshot)) *bench {
	t.Helper()
	b := newBench(t, edit)
	b.w.openStage(battleTab)
	return b
}

func (b *bench) battles() *battlePanel { return b.w.stage.panels[battleTab].(*battlePanel) }

// fight shows another state of the battle.
func (b *bench) fight(edit func(*wire.Battle)) {
	b.stage(func(s *studio.Stage) {
		next := *s.Now.Battle
		edit(&next)
		s.Now.Battle = &next
	})
}

const boJSON = `{"show":"bo","server":"https://b.example","name":"Bo Lund","title":"Bo throws bowls"}`

func TestACallWaitsForTheHostWithACountdown(t *testing.T) {
	b := battleBench(t, called)
	b.reads("PK 1", "Bo Lund calls you", "Bo throws bowls · b.example", "together with Cleo", "0:24", "Calling Dora", "0:12")
	b.press("Take")
	b.press("Refuse")
	b.press("Take back")
	b.expect(`{"takeCall":{"id":"c2"}}`, `{"dropCall":{"id":"c2"}}`, `{"dropCall":{"id":"c1"}}`)
	b.press("Block")
	b.expect(`{"desk":{"friends":[{"show":"cleo","name":"Cleo","title":"Clay \u0026 Co"}],"blocked":[{"show":"rude","name":"Rude"},`+boJSON+`]}}`, `{"dropCall":{"id":"c2"}}`)
	later := b.w.now().Add(20 * time.Second)
	b.w.now = func() time.Time { return later }
	b.stage(func(s *studio.Stage) { s.Now.Calls = s.Now.Calls[1:] })
	b.reads("0:04")
	b.lacks("Calling Dora")
}

func TestHostsAreFoundChosenAndCalled(t *testing.T) {
	b := battleBench(t, onStage)
	b.reads("Whom will you meet?")
	b.d.hosts = []wire.BattleHost{
		{BattleRoom: boRoom, Viewers: 310}, {BattleRoom: wire.BattleRoom{Show: "cleo", Name: "Cleo"}, Viewers: 12, Fighting: true},
	}
	b.entries()[0].SetText(" bo ")
	b.press("Find")
	b.press("Find") // while it looks
	b.expect(`find hosts "bo"`)
	b.reads("FOUND", "Bo Lund", "310 watching · Bo throws bowls · b.example", "in a battle · 12 watching")
	desk := b.battles().desk
	if !desk.call.Disabled() {
		t.Error("nobody is chosen, and can be called")
	}
	test.Tap(desk.found.rows[0])
	test.Tap(desk.found.rows[1])
	b.d.err = wire.Errorf(wire.Conflict, "Cleo is in a battle: try again later")
	b.press("Call 2 hosts")
	b.expect(`{"call":{"to":[` + boJSON + `,{"show":"cleo","name":"Cleo"}]}}`)
	b.reads("Cleo is in a battle: try again later", "Call 2 hosts")
	test.Tap(desk.found.rows[1])
	b.lacks("try again later")
	b.d.err = nil
	b.press("Call")
	b.expect(`{"call":{"to":[` + boJSON + `]}}`)
	if len(desk.chosen) != 0 || !desk.call.Disabled() {
		t.Error("who was called is still chosen")
	}
	b.d.err = wire.Errorf(wire.RateLimited, "wait a little")
	b.entries()[0].OnSubmitted("bo")
	b.expect(`find hosts "bo"`)
	b.reads("wait a little", "Bo Lund")
	b.d.err, b.d.hosts = nil, nil
	b.press("Find")
	b.expect(`find hosts "bo"`)
	b.reads("Nobody found who can be called now.")
	b.lacks("wait a little")
	for i := range mostCalled + 1 {
		desk.choose(wire.BattleRoom{Show: wire.ShowID(rune('a' + i))})
	}
	b.reads("At most 8 hosts are called at once.")
}

func TestTheDeskKeepsFriendsBlocksAndChance(t *testing.T) {
	b := battleBench(t, called)
	desk := b.battles().desk
	b.reads("FRIENDS", "Cleo", "Clay & Co")
	desk.friends.rows[0].Acted()
	b.pick("Remove from friends")
	b.expect(`{"desk":{"friends":[{"show":"cleo","name":"Cleo","title":"Clay \u0026 Co"}],"blocked":[{"show":"rude","name":"Rude"}]}}`)
	b.press("Blocked 1")
	b.pick("Let Rude call again")
	b.expect(`{"desk":{"friends":[{"show":"cleo","name":"Cleo","title":"Clay \u0026 Co"}]}}`) // on top of what was wanted before
	later := b.w.now().Add(tellsWithin)
	b.w.now = func() time.Time { return later }
	b.stage(func(s *studio.Stage) { s.Now.Desk = nil })
	b.d.hosts = []wire.BattleHost{{BattleRoom: boRoom, Viewers: 3}}
	b.press("Find")
	b.carry()
	desk.found.rows[0].Second(fyne.NewPos(0, 0))
	b.pick("Add to friends")
	b.expect(`{"desk":{"friends":[` + boJSON + `]}}`)
	later = later.Add(tellsWithin)
	test.Tap(desk.busy)
	test.Tap(desk.open)
	b.press("Random opponent")
	b.expect(`{"desk":{"busy":true}}`, `{"seek":{"on":true}}`, `{"desk":{"busy":true,"found":true}}`)
	b.stage(func(s *studio.Stage) { s.Now.Seeking = at(-34 * time.Second) })
	b.press("Looking 0:36 · stop")
	b.expect(`{"seek":{"on":false}}`)
}

func TestAChallengeIsPutTogetherAndKeptUntilItIsTaken(t *testing.T) {
	b := battleBench(t, linked(wire.BattleLinked))
	b.reads("Linked with Bo Lund, Cleo")
	b.press("Challenge…")
	b.reads("Challenge Bo Lund, Cleo", "Teams", "Points")
	b.lacks("a coin gives")
	b.press("Points")
	b.reads("a coin gives", "likes give at most")
	pickers, entries := b.pickers(), b.entries()
	pickers[0].Choose("600")
	pickers[1].Choose("0")
	pickers[3].Choose("3")
	entries[0].SetText(" Wear a hat ")
	send := func() {
		var yes *widget.Button
		b.all(func(o fyne.CanvasObject) {
			if button, ok := o.(*widget.Button); ok && button.Text() == "Challenge" {
				yes = button
			}
		})
		test.Tap(yes)
	}
	entries[1].SetText("many")
	send()
	b.expect()
	b.reads("Points are whole numbers from 0 to 10000.")
	entries[1].SetText("30")
	for _, p := range pickers[4:] {
		p.Choose("1")
	}
	send()
	b.expect()
	b.reads("two teams at least")
	pickers[4].Choose("2") // Bo Lund against the other two
	b.d.err = wire.Errorf(wire.Conflict, "Cleo is away: wait until they are back")
	send()
	want := `{"challenge":{"fight":600,"push":0,"lap":180,"rounds":3,"penalty":"Wear a hat","weights":{"coin":30,"vote":20,"like":1,"likesMost":5000,"paid":2},"teams":[0,1,1]}}`
	b.expect(want)
	b.reads("Cleo is away: wait until they are back")
	b.d.err = nil
	send()
	b.expect(want)
	if b.w.sheet != nil {
		t.Error("the sheet is still open")
	}
}

func TestAChallengeShowsAllItsTermsBeforeTheHostAgrees(t *testing.T) {
	b := battleBench(t, linked(wire.BattleChallenged))
	b.reads("PK 1", "Challenge", "1:23", "Battle", "5 min", "Final push", "30 s", "Lap for the penalty", "3 min", "Best of 3",
		"a coin gives", "10", "likes give at most", "5000", "Sing a song of the winner's choice, with a hat on")
	b.press("Agree")
	b.press("Decline")
	b.expect(`{"agree":{"id":"b1","round":2}}`, `{"decline":{"id":"b1","round":2}}`)
	b.fight(func(f *wire.Battle) {
		f.Corners = append([]wire.BattleCorner{}, f.Corners...)
		f.Corners[1].Agreed = true
		f.Terms = &wire.BattleTerms{Rounds: 1, Teams: []int{0, 1, 0}}
	})
	b.reads("Waiting for Cleo", "Team 1", "Bo Lund + Cleo", "Team 2", "You", "5 min")
	b.lacks("Agree", "Decline")
	b.press("Take back")
	b.expect(`{"decline":{"id":"b1","round":2}}`)
}

func TestABattleShowsTimeScoresAndHowOpponentsAreHeard(t *testing.T) {
	b := battleBench(t, linked(wire.BattlePush))
	b.reads("Final push", "1:23", "Best of 3 · You 0, Bo Lund 1, Cleo 0", "6180", "4210", "350", "★ Ada 3200 · 林晓 900", "★ Kim 2000", "Away · loses in 0:09")
	b.w.openRoom(chatTab)
	b.reads("Final push", "You 6180 · Bo Lund 4210 · Cleo 350") // over the picture
	b.w.openStage(battleTab)
	ring := b.battles().ring
	if shares := ring.scores.Shares(); len(shares) != 3 || shares[0] < shares[1] || shares[1] < shares[2] {
		t.Errorf("the bar is shared %v", shares)
	}
	test.Tap(ring.cards[1].hear[2])
	test.Tap(ring.cards[2].hear[0])
	b.expect(`{"hear":{"corner":"bo@b.example","how":"muted"}}`, `{"hear":{"corner":"cleo"}}`)
	b.lacks("Unlink", "Challenge…")
	b.press("Give up…")
	b.expect()
	b.reads("The others win it at once")
	b.press("Fight on")
	b.expect()
	b.press("Give up…")
	b.press("Give up")
	b.expect(`{"end":{"id":"b1","round":2}}`)
	b.fight(func(f *wire.Battle) { f.Apart = at(-8 * time.Second) })
	b.reads("not been heard of for 0:08")
	b.fight(func(f *wire.Battle) {
		f.Apart, f.Phase = 0, wire.BattleFight
		f.Corners = append([]wire.BattleCorner{}, f.Corners...)
		f.Corners[2].State = wire.CornerForfeit
	})
	b.lacks("not been heard of")
	b.reads("Out of this round", "Battle")
	b.fight(func(f *wire.Battle) {
		f.Corners = append([]wire.BattleCorner{}, f.Corners...)
		f.Corners[1].State = wire.CornerForfeit
	})
	b.lacks("Give up…")
}

func TestAResultSaysWhoWonAndWhetherItIsSigned(t *testing.T) {
	b := battleBench(t, won)
	b.reads("You won", "You 6180 · Bo Lund 4210 · Cleo 350", "Penalty: Sing a song", "Signed by the referee, key 3q2+7wDE…")
	b.reads("You can challenge again when the lap is over.")
	b.lacks("Rematch…", "Challenge…")
	b.fight(func(f *wire.Battle) { f.Phase, f.Until = wire.BattleLinked, 0 })
	b.press("Rematch…")
	b.reads("Rematch with Bo Lund, Cleo")
	b.press("Challenge")
	if terms := b.wish().Challenge; terms == nil || terms.Rounds != 3 || terms.Penalty == "" {
		t.Errorf("the rematch is about %+v", terms)
	}
	result := func(edit func(*wire.BattleResult)) {
		b.fight(func(f *wire.Battle) {
			next := *f.Result
			edit(&next)
			f.Result = &next
		})
	}
	result(func(r *wire.BattleResult) { r.Winner, r.Final, r.Signature = 0, false, "" })
	b.reads("Bo Lund won", "Not signed", "The next round follows.")
	b.lacks("Rematch…", "Penalty:")
	result(func(r *wire.BattleResult) { r.Winner, r.Outcome = -1, wire.BattleDrawn })
	b.reads("A draw")
	result(func(r *wire.BattleResult) { r.Winner, r.Outcome = 1, wire.BattleForfeited })
	b.reads("You won", "The others gave up")
	result(func(r *wire.BattleResult) { r.Winner, r.Outcome = -1, wire.BattleVoid })
	b.reads("it counts for nobody")
	b.press("Unlink")
	b.reads("will not see and hear each other's host any more")
	b.press("Stay linked")
	b.expect()
	b.press("Unlink")
	b.press("Unlink")
	b.expect(`{"unlink":{"id":"b1"}}`)
	b.stage(func(s *studio.Stage) { s.Now.Battle = nil })
	b.reads("Whom will you meet?")
}
