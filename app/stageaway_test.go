package app

import (
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"

	"vitrine/capture/frame"
	"vitrine/server/wire"
	"vitrine/studio"
)

// away is a studio that is a guest in somebody else's show, whose host and one guest it sees.
func away(s *studio.Snapshot) {
	onStage(s)
	s.Guest = &studio.Guest{Page: "https://glass.example/watch/glass", Title: "Glass and light"}
	room := *s.Room
	room.Moderates = false
	s.Room = &room
	stage := *s.Stage
	stage.Now.Applied = nil
	stage.Feeds = append([]studio.StageFeed{{Spot: wire.HostSpot, Name: "Glass and light", Status: studio.Running, Level: loud(-12), Delay: 90 * time.Millisecond}}, s.Stage.Feeds[0])
	s.Stage = &stage
}

// asGuest shows another state of the way to the other's stage.
func (b *bench) asGuest(edit func(*studio.Guest)) {
	b.change(func(s *studio.Snapshot) {
		next := studio.Guest{Page: s.Guest.Page, Title: s.Guest.Title}
		edit(&next)
		s.Guest = &next
	})
}

func TestTheWayIntoAnothersShowIsAPastedAddressAndAName(t *testing.T) {
	b := newBench(t)
	b.w.openStage(awayTab)
	b.reads("As a guest", "Come on stage elsewhere")
	b.press("Be a guest…")
	b.press("Go there")
	b.expect()
	b.reads("This is no show's page.")
	b.entries()[0].SetText(" https://glass.example/watch/glass ")
	b.entries()[1].SetText(strings.Repeat("x", wire.MaxName+1))
	b.press("Go there")
	b.expect()
	b.entries()[1].SetText("Tom")
	for err, says := range map[error]string{
		studio.ErrOnAir:  "End the show first.",
		studio.ErrNoPage: "This is no show's page.",
		wire.Errorf(wire.NotFound, "there is no such show"): "there is no such show",
	} {
		b.d.err = err
		b.press("Go there")
		b.expect(`guest https://glass.example/watch/glass "Tom"`)
		b.reads(says)
	}
	b.d.err = nil
	b.press("Go there")
	b.expect(`guest https://glass.example/watch/glass "Tom"`)
	if b.w.sheet != nil {
		t.Error("the sheet is still open")
	}
	b.press("Be a guest…")
	if got := b.entries()[1].Text; got != "Tom" {
		t.Errorf("asked again, the name is %q", got)
	}
}

func TestAGuestSeesHowFarTheyAreAndWhatThereIsToDo(t *testing.T) {
	b := newBench(t, away)
	b.w.openStage(guestsTab)
	b.reads("Glass and light", "You watch.", "Live · 90 ms", "Bo", "Ask to come on stage", "Leave")
	b.lacks("Invite…", "Layout", "Camera off", "Withdraw", "Accept", "does not let you moderate")
	b.entries()[0].SetText(" I bring a vase ")
	b.press("Ask to come on stage")
	b.expect(`{"apply":{"text":"I bring a vase"}}`)

	b.asGuest(func(g *studio.Guest) { g.Mine = wire.StageMine{State: wire.GuestApplied, Place: 3} })
	b.reads("You are no. 3 in line.")
	b.lacks("Ask to come on stage", "Camera off")
	b.press("Withdraw")
	b.expect(`{"withdraw":{}}`)

	b.asGuest(func(g *studio.Guest) { g.Mine = wire.StageMine{State: wire.GuestInvited, Until: at(21 * time.Second)} })
	b.reads("The host invites you: 0:21 to answer.")
	b.press("Refuse")
	b.press("Accept")
	b.expect(`{"refuse":{}}`, `{"accept":{}}`)

	b.asGuest(func(g *studio.Guest) { g.Mine = wire.StageMine{State: wire.GuestAdmitted, Until: at(40 * time.Second)} })
	b.reads("Connecting, 0:40 left")
	b.asGuest(func(g *studio.Guest) {
		g.Mine = wire.StageMine{State: wire.GuestAway, Until: at(9 * time.Second)}
		g.Link = frame.Link{Phase: frame.LinkWaiting, Fault: frame.FaultUnreachable}
	})
	b.reads("Not connected, 0:09 left: ")
	b.asGuest(func(g *studio.Guest) { g.Mine.State = wire.GuestLive })
	b.reads("You are on stage.")
	b.press("Camera off")
	b.expect("dark true")
	b.asGuest(func(g *studio.Guest) { g.Mine.State, g.Dark = wire.GuestLive, true })
	b.key(fyne.KeyV)
	b.expect("dark false")
	b.asGuest(func(g *studio.Guest) { g.Mine = wire.StageMine{State: wire.GuestLive, Muted: true} })
	b.reads("The host has muted you.")
	b.asGuest(func(g *studio.Guest) {
		g.Mine = wire.StageMine{Why: wire.StageRemoved, Reason: "That is all for tonight."}
	})
	b.reads("taken you off the stage. That is all for tonight.", "Ask to come on stage")
	b.stage(func(s *studio.Stage) { s.Now.Open = false })
	b.asGuest(func(*studio.Guest) {})
	b.reads("takes no applications now")
	b.press("Leave")
	b.expect("end guest")
	b.change(func(s *studio.Snapshot) { s.Guest = nil })
	b.reads("Come on stage elsewhere", "Layout")
}

func TestAGuestHearsEachAsLoudAsTheyLike(t *testing.T) {
	b := newBench(t, away)
	b.w.openStage(awayTab)
	p := b.w.stage.panels[awayTab].(*awayPanel)
	if len(p.rows) != 2 || p.rows[0].spot != wire.HostSpot {
		t.Fatalf("%d rows", len(p.rows))
	}
	p.rows[0].gain.fader.OnChanged(-12)
	b.expect("strip host -12 muted false solo false")
}
