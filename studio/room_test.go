package studio_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"vitrine/capture/frame"
	"vitrine/server/wire"
	"vitrine/studio"
)

// hall is a room on synctest's clock: what the test says is told, and what is asked is written down and answered.
type hall struct {
	told   chan func(studio.RoomFeedback)
	mu     sync.Mutex // guards the next two where the session asks by itself
	asked  []wire.RoomRequest
	answer func(q wire.RoomRequest) (int64, error)
	mute   bool // it answers nobody
	left   bool
}

// elsewhere is a server where nobody knows this studio.
const elsewhere = "https://glass.example"

func (m *machine) Room(server, token string, id wire.ShowID) (studio.RoomLink, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if (server != evening.Address || token != evening.Token) && (server != elsewhere || token != "") {
		return nil, wire.Errorf(wire.Unauthenticated, "who are you?")
	}
	m.hall = &hall{told: make(chan func(studio.RoomFeedback)), answer: func(wire.RoomRequest) (int64, error) { return 1, m.refuse }}
	return m.hall, nil
}

func (h *hall) Run(ctx context.Context, f studio.RoomFeedback) error {
	for {
		select {
		case <-ctx.Done():
			h.left = true
			return nil
		case tell := <-h.told:
			tell(f)
		}
	}
}

func (h *hall) Ask(ctx context.Context, q wire.RoomRequest) (int64, error) {
	h.mu.Lock()
	h.asked = append(h.asked, q)
	answer := h.answer
	h.mu.Unlock()
	if h.mute {
		<-ctx.Done()
		return 0, ctx.Err()
	}
	return answer(q)
}

// answers has the room answer so from now on.
func (h *hall) answers(how func(wire.RoomRequest) (int64, error)) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.answer = how
}

// wishes are those for the stage that were asked so far.
func (h *hall) wishes() (all []wire.StageWish) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, q := range h.asked {
		if q.Stage != nil {
			all = append(all, *q.Stage)
		}
	}
	return all
}

func (h *hall) joined(j wire.RoomJoined) {
	h.told <- func(f studio.RoomFeedback) { f.Joined(j) }
	wait(time.Millisecond)
}

func (h *hall) frame(f wire.RoomFrame) {
	h.told <- func(to studio.RoomFeedback) { to.Frame(f) }
	wait(time.Millisecond)
}

func (h *hall) viewers(n int) { h.frame(wire.RoomFrame{Now: &wire.RoomNow{Viewers: &n}}) }

var (
	ada = &wire.Member{Alias: "m7", Name: "Ada"}
	mia = &wire.Member{Alias: "m1", Name: "Mia", Role: "host"}
)

func said(n int64, by *wire.Member, text string) wire.RoomEvent {
	return wire.RoomEvent{N: n, At: n * 1000, By: by, Said: &wire.Said{Text: text}}
}

// inRoom is a session that has joined the evening's room.
func inRoom(t *testing.T, test func(ctx context.Context, s *studio.Session, h *hall)) {
	t.Helper()
	m := newMachine()
	onSession(t, m, func(ctx context.Context, s *studio.Session) {
		if s.Snapshot().Room.Phase != studio.NoRoom {
			t.Error("there is a room without a show")
		}
		must(t, s.SetServer(ctx, evening))
		if s.Snapshot().Room.Phase != studio.RoomJoining {
			t.Error("the room is not joined before the show is on air")
		}
		m.hall.joined(wire.RoomJoined{
			Me: *mia, Moderates: true, Through: 10, Clock: time.Now().Add(time.Hour).UnixMilli(),
			Events: []wire.RoomEvent{said(9, ada, "Hello"), said(10, mia, "Welcome")},
			State:  wire.RoomState{Modes: wire.Modes{Pause: 2}, Questions: []wire.OpenQuestion{{N: 8, By: *ada, Text: "Is there a 56?", Votes: 3}}},
		})
		test(ctx, s, m.hall)
	})
}

func texts(r *studio.Room) (all []string) {
	for _, l := range r.Lines {
		text := fmt.Sprint(l.N)
		if l.Said != nil {
			text += " " + l.Said.Text
		}
		if l.Removed {
			text += " (removed)"
		}
		all = append(all, text)
	}
	return all
}

func TestTheRoomIsFollowedInTheOrderOfItsNumbersEachOnce(t *testing.T) {
	inRoom(t, func(_ context.Context, s *studio.Session, h *hall) {
		before := s.Snapshot().Room
		h.frame(wire.RoomFrame{Through: 9, Events: []wire.RoomEvent{said(13, mia, "my own comes first")}})
		h.frame(wire.RoomFrame{Through: 13, Events: []wire.RoomEvent{
			said(10, mia, "Welcome"), said(11, ada, "one"), {N: 12, By: mia, Pinned: &wire.Pinned{Line: 11}}, said(13, mia, "my own comes first"),
		}})
		h.frame(wire.RoomFrame{Through: 14, Events: []wire.RoomEvent{{N: 14, By: mia, Removed: &wire.Removed{Line: 9}}}})
		r := s.Snapshot().Room
		want := []string{"9 Hello (removed)", "10 Welcome", "11 one", "13 my own comes first"}
		if !slices.Equal(texts(r), want) || r.Heard != 4 {
			t.Errorf("read: %q, %d heard", texts(r), r.Heard)
		}
		if r.Pinned == nil || r.Pinned.Said.Text != "one" || r.Clock != time.Hour || !r.Moderates {
			t.Errorf("the room: %+v", r)
		}
		if r.People[0].Alias != "m1" || r.People[1].Alias != "m7" || len(r.People) != 2 {
			t.Errorf("people: %+v", r.People)
		}
		if !slices.Equal(texts(before), []string{"9 Hello", "10 Welcome"}) {
			t.Errorf("an old snapshot has changed: %q", texts(before))
		}
		wait(time.Second)
		if s.Snapshot().Room != r {
			t.Error("nothing was said, and yet the room is another")
		}
	})
}

func TestAfterALossTheRoomGoesOnWhereItIsWholeAndBeginsAnewWhereNot(t *testing.T) {
	inRoom(t, func(_ context.Context, s *studio.Session, h *hall) {
		h.told <- func(f studio.RoomFeedback) { f.Lost(wire.Errorf(wire.Unavailable, "gone")) }
		wait(time.Millisecond)
		if r := s.Snapshot().Room; r.Phase != studio.RoomLost || r.Problem.Fault == frame.FaultNone || len(r.Lines) != 2 {
			t.Errorf("lost: %+v", r)
		}
		h.joined(wire.RoomJoined{Whole: true, Through: 12, Events: []wire.RoomEvent{said(11, ada, "meanwhile"), said(12, ada, "and"), said(13, ada, "now")}})
		if got := texts(s.Snapshot().Room); len(got) != 5 || s.Snapshot().Room.Phase != studio.RoomHere {
			t.Errorf("after a gap that was filled: %q", got)
		}
		h.joined(wire.RoomJoined{Through: 900, Events: []wire.RoomEvent{said(900, ada, "much later")}})
		if got := texts(s.Snapshot().Room); len(got) != 1 {
			t.Errorf("after a gap that was not: %q", got)
		}
	})
}

func TestPollsQuestionsAndTheQueueFollowTheLog(t *testing.T) {
	inRoom(t, func(_ context.Context, s *studio.Session, h *hall) {
		h.frame(wire.RoomFrame{Through: 16, Events: []wire.RoomEvent{
			{N: 11, By: mia, Polled: &wire.Poll{Question: "Which next?", Options: []string{"Rings", "Bowls"}}},
			{N: 12, By: ada, Asked: &wire.Asked{Text: "Does it tarnish?"}},
			{N: 13, By: ada, Asked: &wire.Asked{Text: "Will it tarnish?", Like: 12}},
			{N: 14, By: ada, Staff: true, Held: &wire.Withheld{Text: "buy at…", Class: "spam", Score: 0.9}},
			{N: 15, By: mia, Staff: true, Silenced: &wire.Silenced{Who: *ada, Until: 99}},
			{N: 16, By: mia, Modes: &wire.Modes{Pause: 10, Emoji: true}},
		}, Now: &wire.RoomNow{Polls: []wire.Tally{{Poll: 11, Counts: []int64{3, 5}}}, Questions: []wire.Asks{{N: 12, Votes: 14}}}})
		r := s.Snapshot().Room
		if len(r.Polls) != 1 || !slices.Equal(r.Polls[0].Counts, []int64{3, 5}) || r.Modes.Pause != 10 {
			t.Errorf("polls %+v, modes %+v", r.Polls, r.Modes)
		}
		if len(r.Questions) != 2 || r.Questions[0].N != 12 || r.Questions[0].Votes != 14 {
			t.Errorf("questions: %+v", r.Questions)
		}
		if len(r.Held) != 1 || len(r.Silenced) != 1 || len(r.Lines) != 6 {
			t.Errorf("held %+v, silenced %+v, %q", r.Held, r.Silenced, texts(r))
		}
		h.frame(wire.RoomFrame{Through: 20, Events: []wire.RoomEvent{
			{N: 17, PollEnded: &wire.PollEnded{Poll: 11, Counts: []int64{4, 5}}},
			{N: 18, By: mia, Answered: &wire.Answered{Question: 12}},
			{N: 19, By: mia, Staff: true, Judged: &wire.Judged{Held: 14, Decision: wire.Refuse}},
			{N: 20, By: mia, Staff: true, Silenced: &wire.Silenced{Who: *ada, Lifted: true}},
		}})
		r = s.Snapshot().Room
		if len(r.Polls) != 0 || len(r.Ended) != 1 || r.Ended[0].Counts[0] != 4 || r.Line(17).About != "Which next?" {
			t.Errorf("polls %+v, results %+v", r.Polls, r.Ended)
		}
		if len(r.Questions) != 1 || r.Line(18).About != "Does it tarnish?" || len(r.Held) != 0 || len(r.Silenced) != 0 {
			t.Errorf("questions %+v, held %+v, silenced %+v", r.Questions, r.Held, r.Silenced)
		}
	})
}

func TestOnlyTheNewestLinesAreRemembered(t *testing.T) {
	inRoom(t, func(_ context.Context, s *studio.Session, h *hall) {
		for n := int64(11); n <= 1010; n += 50 {
			f := wire.RoomFrame{Through: n + 49}
			for i := range int64(50) {
				f.Events = append(f.Events, said(n+i, ada, "again"))
			}
			h.frame(f)
		}
		if r := s.Snapshot().Room; len(r.Lines) != 400 || r.Lines[399].N != 1010 || r.Heard != 1002 {
			t.Errorf("%d lines, %d heard", len(r.Lines), r.Heard)
		}
		h.frame(wire.RoomFrame{Through: 1012, Events: []wire.RoomEvent{
			{N: 1011, By: mia, Pinned: &wire.Pinned{Line: 10}}, {N: 1012, By: mia, Highlighted: &wire.Numbered{N: 1010}},
		}})
		if r := s.Snapshot().Room; r.Pinned.Said == nil || r.Pinned.Said.Text != "Welcome" || !r.Line(1010).Said.Highlight {
			t.Errorf("pinned %+v, highlighted %+v", r.Pinned, r.Line(1010).Said)
		}
	})
}

func TestCommandsAreAskedOfTheRoomAndItsRefusalsComeBack(t *testing.T) {
	inRoom(t, func(ctx context.Context, s *studio.Session, h *hall) {
		must(t, errors.Join(
			s.Say(ctx, "Hello", 9), s.Pin(ctx, 9), s.Highlight(ctx, 9), s.RemoveLine(ctx, 9, "spam"), s.Announce(ctx, "Sale"),
			s.StartPoll(ctx, wire.StartPoll{Question: "?", Options: []string{"Yes", "No"}, Seconds: 30}), s.EndPoll(ctx, 11),
			s.AnswerQuestion(ctx, 8, ""), s.Judge(ctx, 14, wire.Escalate, ""), s.Silence(ctx, wire.SilenceOne{Who: "m7", Seconds: 60}),
			s.SetModes(ctx, wire.Modes{Pause: 5}), s.CallMe(ctx, "Mia from the shop")))
		if name := s.Snapshot().Room.Me.Name; name != "Mia from the shop" {
			t.Errorf("the host is called %q", name)
		}
		ids := map[string]bool{}
		for _, q := range h.asked {
			ids[q.ID] = true
		}
		if len(ids) != 12 || h.asked[0].Say.Reply != 9 || h.asked[7].Answer.Question != 8 || h.asked[8].Judge.Decision != wire.Escalate {
			t.Errorf("%d ids of %d requests", len(ids), len(h.asked))
		}
		h.answer = func(wire.RoomRequest) (int64, error) {
			return 0, &wire.Error{Code: wire.RateLimited, Text: "wait", RetryAfter: 2 * time.Second}
		}
		var refused *wire.Error
		if err := s.Say(ctx, "again", 0); !errors.As(err, &refused) || refused.RetryAfter != 2*time.Second {
			t.Errorf("a refusal: %v", err)
		}
		if err := s.StartPoll(ctx, wire.StartPoll{Question: "?", Options: []string{"Yes", ""}}); wire.CodeOf(err) != wire.Invalid {
			t.Errorf("a poll with an empty option: %v", err)
		}
	})
}

func TestWhatWasNotAnsweredIsTheSameWishWhenItIsAskedAgain(t *testing.T) {
	inRoom(t, func(ctx context.Context, s *studio.Session, h *hall) {
		h.mute = true
		short := func(text string) error {
			ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
			defer cancel()
			return s.Say(ctx, text, 0)
		}
		if err := short("once"); !errors.Is(err, studio.ErrNoAnswer) {
			t.Errorf("no answer: %v", err)
		}
		h.mute = false
		must(t, short("once"))
		must(t, short("once"))
		if a := h.asked; a[0].ID != a[1].ID || a[1].ID == a[2].ID {
			t.Errorf("the ids are %q, %q, %q", a[0].ID, a[1].ID, a[2].ID)
		}
	})
}

func TestAnotherShowHasAnotherRoom(t *testing.T) {
	inRoom(t, func(ctx context.Context, s *studio.Session, h *hall) {
		other := evening
		other.Token = "of another"
		must(t, s.SetServer(ctx, other))
		wait(time.Millisecond)
		if r := s.Snapshot().Room; !h.left || r.Phase != studio.RoomLost || len(r.Lines) != 0 {
			t.Errorf("left: %t; the room: %+v", h.left, r)
		}
		if err := s.Say(ctx, "?", 0); !errors.Is(err, studio.ErrNoServer) {
			t.Errorf("without a room: %v", err)
		}
	})
}

func TestASuddenFallOfViewersRaisesAnAlarmWithinTenSeconds(t *testing.T) {
	long(t)
	inRoom(t, func(ctx context.Context, s *studio.Session, h *hall) {
		h.viewers(1000)
		wait(5 * time.Second)
		h.viewers(500)
		wait(5 * time.Second)
		if s.Snapshot().Audience.Fell.From != 0 {
			t.Error("an alarm off air")
		}
		h.viewers(1000)
		must(t, s.GoLive(ctx))
		wait(60 * time.Second)
		for n := 1000; n >= 700; n -= 10 { // slowly: 10 % in 10 s
			h.viewers(n)
			wait(time.Second)
		}
		a := s.Snapshot().Audience
		if a.Fell.From != 0 || a.Viewers != 700 || len(a.Curve) < 85 || a.Step != time.Second {
			t.Errorf("after a slow fall: %+v", a)
		}
		began := time.Now()
		h.viewers(470)
		for s.Snapshot().Audience.Fell.From == 0 && time.Since(began) < 20*time.Second {
			wait(100 * time.Millisecond)
		}
		a = s.Snapshot().Audience
		if d := time.Since(began); d > 10*time.Second || a.Fell.To != 470 || a.Fell.From < 700 {
			t.Errorf("the alarm %+v came after %v", a.Fell, d)
		}
		h.viewers(760)
		wait(2 * time.Second)
		if s.Snapshot().Audience.Fell.From != 0 {
			t.Error("they came back, and the alarm stands")
		}
		wait(150 * time.Second)
		if a = s.Snapshot().Audience; len(a.Curve) > 240 || a.Step < 2*time.Second {
			t.Errorf("the curve has %d counts every %v", len(a.Curve), a.Step)
		}
	})
}
