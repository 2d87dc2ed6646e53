package app

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"vitrine/capture/frame"
	"vitrine/server/wire"
	"vitrine/studio"
	"vitrine/studio/mix"
)

func at(d time.Duration) int64 { return evening.Add(d).UnixMilli() }

func loud(db float64) mix.Level { return mix.Level{Peak: db, RMS: db - 6} }

// onStage is a stage with people in all states.
func onStage(s *studio.Snapshot) {
	inRoom(s)
	s.Shop = glassShopOf()
	bo, cy, di, ed := wire.Member{Alias: "m9", Name: "Bo"}, wire.Member{Alias: "m3", Name: "Cyprian von Lauscha"}, wire.Member{Alias: "m4", Name: "Di"}, wire.Member{Alias: "m5", Name: "林晓"}
	box := func(spot string, x, y int) wire.StageBox {
		return wire.StageBox{Spot: wire.SpotID(spot), X: x, Y: y, W: 5000, H: 5000}
	}
	s.Stage = &studio.Stage{Now: wire.StageNow{
		Open: true,
		Layout: wire.StageLayout{
			Kind: wire.LayoutGrid, Fade: 300, Boxes: []wire.StageBox{box("host", 0, 0), box("m9", 5000, 0), box("m3", 0, 5000), box("m4", 5000, 5000)},
		},
		Applied: []wire.StageGuest{
			{Member: ada, State: wire.GuestApplied, Since: at(-133 * time.Second), Note: "I have the same vase and would love to show what I put in it."},
			{Member: wire.Member{Alias: "m6", Name: "Eva"}, State: wire.GuestApplied, Since: at(-4 * time.Second)},
		},
		Waiting: 2,
		Guests: []wire.StageGuest{
			{Member: bo, State: wire.GuestLive, Since: at(-time.Minute), Media: "evening~m9", Pan: -40, Distance: 20},
			{Member: cy, State: wire.GuestLive, Since: at(-time.Minute), Media: "evening~m3", Muted: true, SelfDark: true},
			{Member: di, State: wire.GuestAway, Since: at(-3 * time.Second), Until: at(12 * time.Second), Media: "evening~m4", Silent: true},
			{Member: ed, State: wire.GuestInvited, Since: at(-9 * time.Second), Until: at(21 * time.Second)},
		},
	}, Feeds: []studio.StageFeed{
		{Spot: "m9", Name: "Bo", Status: studio.Running, Width: 1280, Height: 720, FPS: 30, Level: loud(-14), Delay: 180 * time.Millisecond},
		{Spot: "m3", Name: cy.Name, Status: studio.Running, Level: loud(-30)},
		{Spot: "m4", Name: "Di", Status: studio.Running, Level: loud(-90)},
	}}
}

func glassShopOf() *studio.Shop {
	s := &studio.Snapshot{}
	glassShop(s)
	return s.Shop
}

// stage shows another state of the stage.
func (b *bench) stage(edit func(*studio.Stage)) {
	b.change(func(s *studio.Snapshot) {
		next := *s.Stage
		edit(&next)
		s.Stage = &next
	})
}

// stageBench is a bench with a panel of a busy stage open.
func stageBench(t *testing.T, tab int, edit ...func(*studio.Snapshot)) *bench {
	t.Helper()
	b := newBench(t, append([]func(*studio.Snapshot){onStage}, edit...)...)
	b.w.openStage(tab)
	return b
}

// linked is a battle of three hosts, one of another server, in a phase.
func linked(phase wire.BattlePhase) func(*studio.Snapshot) {
	return func(s *studio.Snapshot) {
		onStage(s)
		terms := wire.BattleTerms{Fight: 300, Push: 30, Lap: 180, Rounds: 3, Penalty: "Sing a song of the winner's choice, with a hat on", Weights: usualWeights}
		b := &wire.Battle{
			ID: "b1", Seq: 9, Phase: phase, Us: "evening", Since: at(-time.Minute), Until: at(83 * time.Second),
			Corners: []wire.BattleCorner{
				{ID: "bo@b.example", Room: wire.BattleRoom{Show: "bo", Server: "https://b.example", Name: "Bo Lund", Title: "Bo throws bowls"}, State: wire.CornerHere, Team: 0, Score: 4210, Media: "x", Agreed: true, Best: []wire.BattleFan{{Name: "Kim", Points: 2000}}},
				{ID: "evening", Room: wire.BattleRoom{Show: "evening", Name: "Mia"}, State: wire.CornerHere, Team: 1, Score: 6180, Best: []wire.BattleFan{{Name: "Ada", Points: 3200}, {Name: "林晓", Points: 900}}},
				{ID: "cleo", Room: wire.BattleRoom{Show: "cleo", Name: "Cleo", Title: "Clay & Co"}, State: wire.CornerAway, Until: at(9 * time.Second), Team: 2, Score: 350, Heard: wire.HearLess},
			},
		}
		if phase != wire.BattleLinked {
			b.Round, b.Terms = 2, &terms
			b.Wins = []int{1, 0, 0}
		} else {
			b.Until = 0
		}
		s.Stage = &studio.Stage{Now: wire.StageNow{Layout: wire.StageLayout{Kind: wire.LayoutSide}, Battle: b}, Feeds: []studio.StageFeed{
			{Spot: "bo@b.example", Name: "Bo Lund", Status: studio.Running, Level: loud(-18)},
			{Spot: "cleo", Name: "Cleo", Status: studio.Opening, Level: loud(-90)},
		}}
	}
}

// won is a battle whose series the host has won.
func won(s *studio.Snapshot) {
	linked(wire.BattleLap)(s)
	b := s.Stage.Now.Battle
	b.Wins = []int{0, 2, 0}
	b.Result = &wire.BattleResult{
		Battle: "b1", Round: 2, Outcome: wire.BattleWon, Winner: 1, Scores: map[wire.CornerID]int64{"bo@b.example": 4210, "evening": 6180, "cleo": 350},
		Final: true, Signer: "3q2+7wDEADBEEF", Signature: "c2ln",
	}
}

// called is a desk with friends, with a call that waits for the host and one of the host's own.
func called(s *studio.Snapshot) {
	onStage(s)
	s.Stage = &studio.Stage{Now: wire.StageNow{
		Layout: wire.StageLayout{Kind: wire.LayoutGrid},
		Calls: []wire.BattleCall{
			{ID: "c1", Ours: true, From: wire.BattleRoom{Show: "evening"}, To: []wire.BattleRoom{{Show: "dora", Name: "Dora"}}, Until: at(12 * time.Second)},
			{ID: "c2", From: boRoom, To: []wire.BattleRoom{{Show: "evening", Name: "Mia"}, {Show: "cleo", Name: "Cleo"}}, Until: at(24 * time.Second)},
		},
		Desk: &wire.BattleDesk{Friends: []wire.BattleRoom{boRoom, {Show: "cleo", Name: "Cleo", Title: "Clay & Co"}}, Blocked: []wire.BattleRoom{{Show: "rude", Name: "Rude"}}},
	}}
}

var boRoom = wire.BattleRoom{Show: "bo", Server: "https://b.example", Name: "Bo Lund", Title: "Bo throws bowls"}

func (b *bench) guests() *guestsPanel { return b.w.stage.panels[guestsTab].(*guestsPanel) }

// card is a guest's card.
func (b *bench) card(who wire.Alias) *guestCard {
	b.Helper()
	for _, row := range b.guests().rows {
		if c, ok := row.(*guestCard); ok && c.who == who {
			return c
		}
	}
	b.Fatalf("%s has no card", who)
	return nil
}

func TestTheStageSaysWhoWaitsWhoIsOnAndHowTheyAre(t *testing.T) {
	b := stageBench(t, guestsTab)
	b.reads("Guests 6", "5 of 17 on stage", "WOULD LIKE TO COME", "Ada", "waits 2:13", "I have the same vase", "Eva", "waits 0:04",
		"ON STAGE", "Bo", "Live · 180 ms", "Cyprian von Lauscha", "muted · camera off by themselves", "Away · off in 0:12", "nothing to hear for long",
		"林晓", "Invited · 0:21 to answer")
	b.stage(func(s *studio.Stage) {
		s.Now.Applied, s.Now.Waiting = nil, 7
		s.Now.Guests = []wire.StageGuest{{Member: ada, State: wire.GuestAdmitted, Since: at(-5 * time.Second), Until: at(40 * time.Second)}}
	})
	b.reads("7 wait", "Connecting · 0:40 left")
	b.lacks("WOULD LIKE TO COME", "camera off by themselves")
	b.stage(func(s *studio.Stage) {
		s.Now.Guests[0].State = wire.GuestLive
		s.Feeds = []studio.StageFeed{{Spot: "m7", Status: studio.Failed, Problem: studio.Problem{Trouble: studio.LinkTrouble, Fault: frame.FaultMedia}}}
	})
	b.reads("No picture or sound: ")
	b.change(func(s *studio.Snapshot) { s.Stage = nil })
	b.reads("Nobody beside you yet", "1 of 17 on stage")
	b.change(func(s *studio.Snapshot) { s.Room = &studio.Room{} })
	b.reads("No stage yet", "Connect")
	b.change(func(s *studio.Snapshot) {
		s.Room = &studio.Room{Phase: studio.RoomLost, Problem: studio.Problem{Trouble: studio.LinkTrouble, Fault: frame.FaultUnreachable}}
	})
	b.reads("Not in the room. The server does not answer.")
}

func TestWhoAppliesIsAdmittedOrTurnedAway(t *testing.T) {
	b := stageBench(t, guestsTab)
	b.press("Admit")
	b.press("Turn away")
	test.Tap(b.guests().open)
	b.expect(`{"admit":{"who":"m6"}}`, `{"turn":{"who":"m6"}}`, `{"open":{"open":false}}`)
	b.press("Take back")
	b.d.err = wire.Errorf(wire.Conflict, "the stage is full: somebody must leave first")
	b.press("Admit")
	b.expect(`{"turn":{"who":"m5"}}`, `{"admit":{"who":"m6"}}`)
	b.reads("The room refused: the stage is full: somebody must leave first.")
}

func TestTheHostSwitchesPlacesAndMixesGuests(t *testing.T) {
	b := stageBench(t, guestsTab)
	bo, cy := b.card("m9"), b.card("m3")
	test.Tap(bo.mute)
	test.Tap(cy.mute)
	test.Tap(bo.dark)
	test.Tap(bo.solo)
	b.expect(`{"mute":{"who":"m9","off":true}}`, `{"mute":{"who":"m3","off":false}}`, `{"dark":{"who":"m9","off":true}}`, "strip m9 0 muted false solo true")
	if bo.pad.Visible() && bo.more.Visible() {
		t.Error("the pad shows before it is asked for")
	}
	test.Tap(bo.sound)
	b.reads("Volume", "left", "near", "right", "far")
	if x, y := bo.pad.Place(); x != -40 || y != 20 {
		t.Errorf("the dot is at %d, %d", x, y)
	}
	b.w.win.Canvas().Focus(bo.pad)
	b.key(fyne.KeyRight)
	b.key(fyne.KeyUp)
	bo.gain.fader.OnChanged(-6)
	b.expect(`{"place":{"who":"m9","pan":-30,"distance":20}}`, "strip m9 -6 muted false solo true", `{"place":{"who":"m9","pan":-30,"distance":30}}`)
	test.Tap(cy.sound)
	if bo.more.Visible() || !cy.more.Visible() {
		t.Error("two cards are open, or none")
	}
	b.menuItems = bo.menu()
	b.pick("Show large")
	b.expect(`{"layout":{"kind":"spotlight","main":"m9","fade":300}}`)
}

func TestRemovingAsksForAReasonAndKeepsIt(t *testing.T) {
	b := stageBench(t, guestsTab)
	b.menuItems = b.card("m9").menu()
	b.pick("Remove from the stage…")
	b.reads("Remove Bo from the stage?", "To come back they have to be invited again.")
	b.entries()[0].SetText(strings.Repeat("x", wire.MaxNote+2))
	b.press("Remove")
	b.expect()
	b.reads("shorten it by 2")
	b.entries()[0].SetText(" time is up ")
	b.d.err = wire.Errorf(wire.Forbidden, "only the staff of the show may do this")
	b.press("Remove")
	b.expect(`{"remove":{"who":"m9","reason":"time is up"}}`)
	b.reads("The room refused: only the staff of the show may do this.")
	if got := b.entries()[0].Text; got != " time is up " {
		t.Errorf("the box holds %q", got)
	}
	b.d.err = nil
	b.press("Remove")
	b.expect(`{"remove":{"who":"m9","reason":"time is up"}}`)
	if b.w.sheet != nil {
		t.Error("the sheet is still open")
	}
	b.stage(func(s *studio.Stage) { s.Now.Guests = s.Now.Guests[1:] })
	b.lacks("Bo has left") // the host knows
}

func TestADealCountsDownAndSaysHowItEnded(t *testing.T) {
	b := stageBench(t, guestsTab)
	test.Tap(b.card("m9").sell)
	b.reads("Deal with Bo", "instead of €64.50", "Only Bo can buy at this price")
	b.pickers()[0].Choose("vase-1")
	price := b.entries()[0]
	for text, says := range map[string]string{"cheap": "Type a price", "200": "€129.50"} {
		price.SetText(text)
		b.press("Offer")
		b.expect()
		b.reads(says)
	}
	price.SetText("99.50")
	b.d.err = wire.Errorf(wire.SoldOut, "nothing is left of it")
	b.press("Offer")
	b.expect("deal m9 vase vase-1 99.50 EUR")
	b.reads("nothing is left of it")
	if price.Text != "99.50" {
		t.Errorf("the box holds %q", price.Text)
	}
	b.d.err = nil
	b.press("Offer")
	b.expect("deal m9 vase vase-1 99.50 EUR")
	b.change(func(*studio.Snapshot) {})
	b.reads("Deal: Smoke vase “Nebel” 琉璃花瓶 · €99.50, 1:30 left")
	offer := wire.Offer{ID: "o", Kind: wire.Personal, Parts: []wire.Part{{Variant: "vase-1", Quantity: 1}}, Price: eur(9950), Until: evening.Add(89 * time.Second), Public: true}
	shop := func(o wire.Offer) {
		b.change(func(s *studio.Snapshot) {
			next := *s.Shop
			next.Offers = []wire.Offer{o}
			s.Shop = &next
		})
	}
	later := evening.Add(30 * time.Second)
	b.w.now = func() time.Time { return later }
	shop(offer)
	b.reads("1:00 left")
	offer.Taken = 1
	shop(offer)
	b.reads("€99.50, taken")
	offer.Taken, offer.Ended = 0, true
	shop(offer)
	b.reads("€99.50, not taken")
}

func TestPeopleOfTheRoomAreInvited(t *testing.T) {
	b := stageBench(t, guestsTab, func(s *studio.Snapshot) {
		r := *s.Room
		r.People = append(r.People, studio.Attendee{Member: wire.Member{Alias: "m9", Name: "Bo"}}, studio.Attendee{Member: wire.Member{Alias: "m8", Name: "Fay"}})
		s.Room = &r
	})
	b.press("Invite…")
	if len(b.menuItems) != 2 {
		t.Errorf("%d can be invited: the host and who is on stage cannot", len(b.menuItems))
	}
	b.pick("Fay")
	b.press("Invite…")
	b.pick("Ada") // has applied
	b.expect(`{"invite":{"who":"m8"}}`, `{"admit":{"who":"m7"}}`)
	b.w.openRoom(peopleTab)
	b.w.win.Canvas().Focus(b.w.room.panels[peopleTab].(*crowdPanel).feed)
	for range 6 {
		b.key(fyne.KeyDown)
	}
	b.key(fyne.KeyReturn)
	b.pick("Invite to the stage")
	b.expect(`{"invite":{"who":"m8"}}`)
	b.change(func(s *studio.Snapshot) {
		r := *s.Room
		r.People = nil
		s.Room = &r
	})
	b.w.openStage(guestsTab)
	b.press("Invite…")
	if !b.menuItems[0].Disabled {
		t.Error("nobody can be invited")
	}
}

// wish is the one wish that the desk was asked for.
func (b *bench) wish() (w wire.StageWish) {
	b.Helper()
	calls := b.carry()
	if len(calls) != 1 {
		b.Fatalf("the desk was asked %q", calls)
	}
	if err := json.Unmarshal([]byte(calls[0]), &w); err != nil {
		b.Fatal(err)
	}
	return w
}

func TestWhatIsNewOnStageIsTold(t *testing.T) {
	b := newBench(t, onStage)
	b.reads("2 would like to come on stage: Ada, Eva")
	b.press("See")
	if b.w.side.at != stageSide || b.w.stage.at != guestsTab {
		t.Error("it does not lead there")
	}
	b.stage(func(s *studio.Stage) { s.Now.Applied = s.Now.Applied[:1] })
	b.reads("Ada would like to come on stage.")
	b.w.openRoom(chatTab)
	if b.w.side.wants != stageSide {
		t.Error("the tab does not say that somebody waits")
	}
	b.stage(func(s *studio.Stage) { s.Now.Applied, s.Now.Guests = nil, s.Now.Guests[1:] })
	b.lacks("would like to come")
	b.reads("Bo has left the stage.")
	if b.w.side.wants != -1 {
		t.Error("the tab says that somebody waits")
	}
	b.change(called)
	b.reads("Bo Lund calls you for a PK.")
	b.w.notices.news.dismiss(b.w.notices.news.shown[0])
	b.change(func(*studio.Snapshot) {})
	b.lacks("Bo Lund calls you for a PK.")
	b.change(linked(wire.BattleChallenged))
	b.reads("Bo Lund, Cleo challenges you: see the terms.")
	b.stage(func(s *studio.Stage) { s.Now.Battle = nil })
	b.reads("The link with Bo Lund, Cleo has ended.")
	later := b.w.now().Add(goneFor + time.Second)
	b.w.now = func() time.Time { return later }
	b.change(func(*studio.Snapshot) {})
	b.lacks("has ended", "has left")
	b.change(func(s *studio.Snapshot) {
		r := *s.Room
		r.Phase = studio.RoomLost
		s.Room = &r
		onStageLost(s)
	})
	b.change(func(s *studio.Snapshot) { s.Room.Phase = studio.RoomHere })
	b.lacks("has left")
}

func TestWhatKeepsAGuestFromBeingSeenAndHeardIsToldWithWhatToDo(t *testing.T) {
	b := stageBench(t, guestsTab)
	guest := func(g wire.StageGuest) {
		g.Member = ada
		b.stage(func(s *studio.Stage) { s.Now.Applied, s.Now.Guests = nil, []wire.StageGuest{g} })
	}
	b.lacks("cannot be seen", "Nothing is heard")
	guest(wire.StageGuest{State: wire.GuestAdmitted, Since: at(-2 * time.Second), Until: at(20 * time.Second), Refused: wire.TooLarge})
	b.reads("Connecting · 0:20 left", "picture too large", "Ada cannot be seen: guests send at most 1280×720")
	if b.w.side.wants != stageSide {
		t.Error("the tab does not say that somebody needs help")
	}
	guest(wire.StageGuest{State: wire.GuestAway, Until: at(12 * time.Second), Refused: wire.NoCodec})
	b.reads("unknown coding", "Ask them to choose VP8 or H.264 and Opus")
	b.lacks("guests send at most")
	guest(wire.StageGuest{State: wire.GuestAdmitted, Since: at(-16 * time.Second), Until: at(29 * time.Second)})
	b.reads("Nothing arrives yet · 0:29 left")
	b.lacks("cannot be seen")
	guest(wire.StageGuest{State: wire.GuestLive, Silent: true})
	b.reads("Nothing is heard of Ada. Ask them to check their microphone.")
	guest(wire.StageGuest{State: wire.GuestLive})
	b.lacks("Nothing is heard", "nothing to hear")
}

// onStageLost is a stage of which nothing is known while the room is away.
func onStageLost(s *studio.Snapshot) { s.Stage = &studio.Stage{} }
