package studio_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"vitrine/capture/frame"
	"vitrine/server/wire"
	"vitrine/studio"
)

// tom is what the studio is to the room of another's show.
var tom = &wire.Member{Alias: "m1", Name: "Tom"}

// mine tells the studio how far it is on the way to another's stage, and all how the stage is.
func mine(n int64, mine wire.StageMine, guests ...wire.StageGuest) wire.RoomFrame {
	f := staged(n, wire.StageNow{Guests: guests})
	f.Stage = &mine
	return f
}

// asGuest is a session that is in somebody else's show, in which Ada is a guest already.
func asGuest(t *testing.T, test func(ctx context.Context, s *studio.Session, m *machine)) {
	t.Helper()
	m := newMachine()
	m.stage = newTheatre()
	m.shows["glass"] = wire.Show{ID: "glass", Title: "Glass and light", State: wire.Open}
	m.stage.set("glass", func(p *player) { p.luma, p.loud = 150, 0.2 })
	m.stage.set("evening~m7", func(p *player) { p.luma, p.loud = 200, 0.3 })
	onSession(t, m, func(ctx context.Context, s *studio.Session) {
		must(t, s.SetServer(ctx, evening))
		_, err := s.AddSource(ctx, "Camera", camera)
		must(t, err)
		must(t, s.BeGuest(ctx, elsewhere+"/watch/glass", "Tom"))
		if q := m.hall.asked[0]; q.Name == nil || *q.Name != "Tom" {
			t.Errorf("asked first: %+v", q)
		}
		m.hall.joined(wire.RoomJoined{Me: *tom, Through: 10, State: wire.RoomState{Stage: &wire.StageNow{Open: true, Guests: []wire.StageGuest{guest(ada, wire.GuestLive)}}}})
		wait(300 * time.Millisecond)
		test(ctx, s, m)
	})
}

func TestTheStudioComesOnAnothersStageAndSendsItsProgramWithAPass(t *testing.T) {
	asGuest(t, func(ctx context.Context, s *studio.Session, m *machine) {
		if g := s.Snapshot().Guest; g == nil || g.Title != "Glass and light" || g.Page != elsewhere+"/watch/glass" || g.Mine.State != "" || len(m.targets) != 0 {
			t.Fatalf("before: %+v, sending to %+v", g, m.targets)
		}
		must(t, s.StageDo(ctx, wire.StageWish{Apply: &wire.StageNote{Text: "I bring a vase"}}))
		if q := m.hall.asked[1]; q.Stage == nil || q.Stage.Apply == nil || q.Stage.Apply.Text != "I bring a vase" {
			t.Errorf("asked: %+v", q)
		}
		m.hall.frame(mine(11, wire.StageMine{State: wire.GuestApplied, Place: 2}, guest(ada, wire.GuestLive)))
		wait(time.Second)
		if g := s.Snapshot().Guest; g.Mine.Place != 2 || len(m.targets) != 0 {
			t.Errorf("in the line: %+v, sending to %+v", g, m.targets)
		}
		m.hall.frame(mine(12, wire.StageMine{State: wire.GuestAdmitted}, guest(ada, wire.GuestLive), guest(tom, wire.GuestAdmitted)))
		wait(time.Second)
		to := m.targets[0]
		if g := s.Snapshot().Guest; g.Link.Phase != frame.LinkLive || to.Endpoint != elsewhere+"/whip/glass~m1" || to.Token != "pass" || to.Video != frame.H264 {
			t.Errorf("let on: %+v, sending to %+v", g, to)
		}
		if s.Snapshot().Air.Phase != studio.OffAir || slices.Contains(m.calls, "open") {
			t.Error("its own show is on air")
		}
		m.sent()
		wait(time.Second)
		if video, audio := m.sent(); len(video) < 25 || len(audio) < 45 || m.encoded.Load() != 100 {
			t.Errorf("in a second it sends %d pictures of %d, %d sounds", len(video), m.encoded.Load(), len(audio))
		}
		feeds := s.Snapshot().Stage.Feeds
		if len(feeds) != 2 || feeds[0].Spot != wire.HostSpot || feeds[0].Name != "Glass and light" || feeds[1].Spot != adasSpot || feeds[0].Status != studio.Running {
			t.Errorf("it sees %+v", feeds)
		}
		listens(m)
		if program, speaker := listens(m); program > 0.101 || speaker < 0.499 || speaker > 0.501 {
			t.Errorf("it sends %.3f and hears %.3f; want its own 0.1, and both others' 0.5", program, speaker)
		}
		must(t, s.EndGuest(ctx))
		if q := m.hall; s.Snapshot().Guest != nil || s.Snapshot().Room.Phase != studio.RoomJoining || len(q.asked) != 0 {
			t.Errorf("after: %+v", s.Snapshot().Guest)
		}
		wait(time.Second)
		if m.stage.get("glass").watched != 0 || len(s.Snapshot().Stage.Feeds) != 0 {
			t.Error("the show is still watched")
		}
		must(t, s.GoLive(ctx))
		wait(time.Second)
		if s.Snapshot().Air.Phase != studio.OnAir {
			t.Errorf("then its own show is %s", s.Snapshot().Air.Phase)
		}
	})
}

func TestWhoLeavesSaysSoAsFarAsTheyHaveCome(t *testing.T) {
	for state, said := range map[wire.GuestState]func(wire.StageWish) bool{
		wire.GuestApplied:  func(w wire.StageWish) bool { return w.Withdraw != nil },
		wire.GuestInvited:  func(w wire.StageWish) bool { return w.Refuse != nil },
		wire.GuestAdmitted: func(w wire.StageWish) bool { return w.Leave != nil },
		wire.GuestLive:     func(w wire.StageWish) bool { return w.Leave != nil },
		wire.GuestAway:     func(w wire.StageWish) bool { return w.Leave != nil },
	} {
		asGuest(t, func(ctx context.Context, s *studio.Session, m *machine) {
			m.hall.frame(mine(11, wire.StageMine{State: state}, guest(tom, state)))
			wait(time.Second)
			room := m.hall
			must(t, s.EndGuest(ctx))
			wait(time.Second)
			if q := room.asked[len(room.asked)-1]; q.Stage == nil || !said(*q.Stage) || !room.left {
				t.Errorf("who is %s says %+v", state, q)
			}
		})
	}
}

func TestWhatAGuestSwitchesOffIsNotSentAndTold(t *testing.T) {
	asGuest(t, func(ctx context.Context, s *studio.Session, m *machine) {
		self := func() (all []wire.StageSelf) {
			for _, w := range m.hall.wishes() {
				if w.Self != nil {
					all = append(all, *w.Self)
				}
			}
			return all
		}
		must(t, s.DarkenGuest(ctx, true))
		if got := self(); len(got) != 0 {
			t.Errorf("who is not on stage tells %+v", got)
		}
		m.hall.frame(mine(11, wire.StageMine{State: wire.GuestAdmitted}, guest(tom, wire.GuestAdmitted)))
		wait(time.Second)
		m.sent()
		wait(time.Second)
		if video, audio := m.sent(); len(video) != 0 || len(audio) < 45 {
			t.Errorf("without a camera %d pictures and %d sounds are sent", len(video), len(audio))
		}
		must(t, s.DarkenGuest(ctx, false))
		wait(100 * time.Millisecond)
		mic := s.Snapshot().Settings.Microphone
		mic.Muted = true
		must(t, s.SetMicrophone(ctx, mic))
		wait(time.Second)
		if video, _ := m.sent(); len(video) < 25 || !video[0].Key {
			t.Errorf("with its camera again %d pictures are sent", len(video))
		}
		if got := self(); !slices.Equal(got, []wire.StageSelf{{Dark: true}, {}, {Muted: true}}) {
			t.Errorf("told: %+v", got)
		}
		m.hall.answers(func(wire.RoomRequest) (int64, error) { return 0, wire.Errorf(wire.RateLimited, "too much") })
		must(t, s.DarkenGuest(ctx, true))
		wait(500 * time.Millisecond)
		m.hall.answers(func(wire.RoomRequest) (int64, error) { return 1, nil })
		wait(2 * time.Second)
		if got := self(); len(got) != 5 || got[3] != got[4] {
			t.Errorf("what was refused is not told again: %+v", got)
		}
	})
}

func TestARemovedGuestSendsNoMoreAndMayComeAgain(t *testing.T) {
	asGuest(t, func(ctx context.Context, s *studio.Session, m *machine) {
		m.hall.frame(mine(11, wire.StageMine{State: wire.GuestLive, Muted: true}, guest(ada, wire.GuestLive), guest(tom, wire.GuestLive)))
		wait(time.Second)
		if g := s.Snapshot().Guest; !g.Mine.Muted || g.Link.Phase != frame.LinkLive {
			t.Errorf("muted: %+v", g)
		}
		m.hall.frame(mine(12, wire.StageMine{Why: wire.StageRemoved, Reason: "thank you"}, guest(ada, wire.GuestLive)))
		wait(time.Second)
		m.sent()
		wait(time.Second)
		video, audio := m.sent()
		if g := s.Snapshot().Guest; len(video)+len(audio) != 0 || g.Mine.Reason != "thank you" || g.Link.Phase != "" && g.Link.Phase != frame.LinkIdle {
			t.Errorf("removed: %+v, and sends %d and %d", g, len(video), len(audio))
		}
		m.hall.frame(mine(13, wire.StageMine{State: wire.GuestAdmitted}, guest(ada, wire.GuestLive), guest(tom, wire.GuestAdmitted)))
		wait(time.Second)
		m.sent()
		wait(time.Second)
		if video, _ := m.sent(); len(video) < 25 || len(m.targets) != 2 {
			t.Errorf("let on again it sends %d pictures", len(video))
		}
	})
}

func TestARefusedGuestTriesWithAnotherPassAsLongAsTheRoomHasThemOnStage(t *testing.T) {
	asGuest(t, func(_ context.Context, s *studio.Session, m *machine) {
		refuse := errors.New("the pass is not valid here")
		m.mu.Lock()
		m.script = func(ctx context.Context, m *machine, f studio.Feedback) error { return refuse }
		m.mu.Unlock()
		m.hall.frame(mine(11, wire.StageMine{State: wire.GuestAdmitted}, guest(tom, wire.GuestAdmitted)))
		wait(2500 * time.Millisecond)
		if g := s.Snapshot().Guest; g.Link.Phase != frame.LinkWaiting || !strings.Contains(g.Link.Detail, "not valid") || len(m.targets) != 3 {
			t.Errorf("refused: %+v after %d tries", g.Link, len(m.targets))
		}
		m.mu.Lock()
		m.script, m.passErr = live, wire.Errorf(wire.Unavailable, "in a moment")
		m.mu.Unlock()
		wait(2 * time.Second)
		m.mu.Lock()
		m.passErr = nil
		m.mu.Unlock()
		wait(2 * time.Second)
		if g := s.Snapshot().Guest; g.Link.Phase != frame.LinkLive || len(m.targets) != 4 {
			t.Errorf("then: %+v after %d tries", g.Link, len(m.targets))
		}
		m.hall.frame(mine(12, wire.StageMine{Why: wire.StageLapsed}))
		wait(time.Second)
	})
}

func TestAHostOnAirIsNoGuestAndAGuestHasNoShow(t *testing.T) {
	asGuest(t, func(ctx context.Context, s *studio.Session, m *machine) {
		for what, err := range map[string]error{
			"going live":     s.GoLive(ctx),
			"another server": s.SetServer(ctx, studio.Server{}),
			"another show":   s.BeGuest(ctx, elsewhere+"/watch/glass", ""),
		} {
			if !errors.Is(err, studio.ErrGuest) {
				t.Errorf("%s as a guest: %v", what, err)
			}
		}
		must(t, s.EndGuest(ctx))
		must(t, s.EndGuest(ctx))
		must(t, s.GoLive(ctx))
		if err := s.BeGuest(ctx, elsewhere+"/watch/glass", "Tom"); !errors.Is(err, studio.ErrOnAir) || s.Snapshot().Guest != nil {
			t.Errorf("a guest on air: %v", err)
		}
		must(t, s.End(ctx))
		wait(time.Second)
		if err := s.BeGuest(ctx, "glass.example", "Tom"); !errors.Is(err, studio.ErrNoPage) {
			t.Errorf("no page: %v", err)
		}
		if err := s.BeGuest(ctx, elsewhere+"/watch/none", "Tom"); wire.CodeOf(err) != wire.NotFound {
			t.Errorf("no show: %v", err)
		}
		if err := s.DarkenGuest(ctx, true); wire.CodeOf(err) != wire.Conflict {
			t.Errorf("the camera of no guest: %v", err)
		}
	})
}

func TestAGuestWhoseNameIsRefusedDoesNotStay(t *testing.T) {
	m := newMachine()
	onSession(t, m, func(ctx context.Context, s *studio.Session) {
		m.shows["glass"] = wire.Show{ID: "glass", State: wire.Open}
		done := make(chan error, 1)
		go func() { done <- s.BeGuest(ctx, elsewhere+"/watch/glass", "Shop owner") }()
		if err := <-done; err != nil { // this room takes any
			t.Fatal(err)
		}
		must(t, s.EndGuest(ctx))
		m.refuse = wire.Errorf(wire.Conflict, "somebody here has this name")
		if err := s.BeGuest(ctx, elsewhere+"/watch/glass", "Mia"); wire.CodeOf(err) != wire.Conflict || s.Snapshot().Guest != nil {
			t.Errorf("refused: %v, and it is %+v", err, s.Snapshot().Guest)
		}
	})
}

func TestAnothersProgramIsNotComposedHereAndItsCardNotShown(t *testing.T) {
	asGuest(t, func(ctx context.Context, s *studio.Session, m *machine) {
		full := wire.StageNow{
			Guests: []wire.StageGuest{guest(ada, wire.GuestLive), guest(tom, wire.GuestLive)},
			Layout: wire.StageLayout{Program: true, Boxes: []wire.StageBox{{Spot: adasSpot, W: wire.StageUnits, H: wire.StageUnits}}},
		}
		f := staged(11, full)
		f.Stage = &wire.StageMine{State: wire.GuestLive}
		f.Events = append(f.Events, wire.RoomEvent{N: 12, Showing: &wire.Showing{Product: "vase"}})
		m.hall.frame(f)
		wait(2 * time.Second)
		if got := m.encoded.Load(); got != 100 {
			t.Errorf("it sends a picture of %d, want its own 100", got)
		}
		if got := s.Snapshot().Shop.Showing; got != (wire.Showing{}) {
			t.Errorf("its own shop shows %+v", got)
		}
	})
}
