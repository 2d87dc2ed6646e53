package studio

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"vitrine/server/wire"
)

// RoomPhase is where the way into the room stands.
type RoomPhase string

// Phases of a room.
const (
	NoRoom      RoomPhase = ""        // no server or show is chosen
	RoomJoining RoomPhase = "joining" // for the first time
	RoomHere    RoomPhase = "here"
	RoomLost    RoomPhase = "lost" // Problem says why; it is tried again
)

// Room is the conversation of the chosen show, or of that in which the studio is a guest, at one moment. It is immutable like the Snapshot that holds it.
type Room struct {
	Phase   RoomPhase
	Problem Problem
	Me      wire.Member
	// Moderates says that the token's bearer is of the staff: all commands below are theirs.
	Moderates bool
	// Lines are what can be read, newest last, at most maxLines; Heard counts those that there ever were.
	Lines []Line
	Heard int
	// Pinned is the message above the chat, without a text where that is not known; nil for none.
	Pinned    *wire.RoomEvent
	Announced string
	Modes     wire.Modes
	// Polls run, Ended are the last results, newest first.
	Polls, Ended []wire.OpenPoll
	// Questions wait for an answer, the most wanted first.
	Questions []wire.OpenQuestion
	// Held wait for a moderator, the oldest first.
	Held     []Held
	Silenced []wire.Silenced
	// People are those who did something, the last first, at most maxAttendees.
	People []Attendee
	// Viewers are in the room now; Likes and Given (coins) are sums.
	Viewers      int
	Likes, Given int64
	// Gifts are the kinds of gifts that there are.
	Gifts []wire.Gift
	// Clock is what the server's time is ahead of this computer's.
	Clock time.Duration
}

// Line is an event that can be read.
type Line struct {
	wire.RoomEvent
	// Removed says that its text is to be shown no more.
	Removed bool
	// About is the text of the message, question or poll that the event is about, where that is known.
	About string
}

// Held is a message that waits for a moderator.
type Held struct {
	wire.RoomEvent
	// Escalated says that others were asked to judge it; it can still be judged here.
	Escalated bool
}

// Attendee is somebody who did something in the room, at a time (Unix ms).
type Attendee struct {
	wire.Member
	At int64
}

// Line is the line with that number, nil if it is not among those that are remembered.
func (r *Room) Line(n int64) *Line { return find(r.Lines, n, func(l Line) int64 { return l.N }) }

// visit is the session's stay in one room, owned by the loop.
type visit struct {
	talk
	link RoomLink // nil where there is no room
	stop context.CancelFunc
	// open is the last request that was not answered in time: asked again within a minute it is the same wish.
	open openRequest
	// rules are as OpenRules found them, with the host's edits; nil before.
	rules *Rules
}

type openRequest struct {
	body, id string
	until    time.Time
}

// sameWish is how long a request that was not answered keeps its ID.
const sameWish = time.Minute

// followRoom leaves the room of before and joins that of the chosen show, or of the show in which the studio is a guest.
func (s *Session) followRoom() {
	if s.visit.stop != nil {
		s.visit.stop()
	}
	v := &visit{talk: talk{early: map[int64]bool{}}}
	s.visit, v.stageNews = v, true
	s.followStage()
	srv := s.settings.Server
	if g := s.guest; g != nil {
		srv = Server{Address: g.server, Show: g.show}
	} else if srv.Address == "" || srv.Show == "" || srv.Token == "" {
		return
	}
	link, err := s.c.Rooms.Room(srv.Address, srv.Token, srv.Show)
	if err != nil {
		s.lost(v, err)
		return
	}
	ctx, stop := context.WithCancel(s.ctx)
	v.link, v.stop, v.room.Phase = link, stop, RoomJoining
	on := func(f func()) {
		s.post(ctx, func() {
			if s.visit == v {
				f()
				s.followStage()
				s.followGuest()
			}
		})
	}
	s.group.Go(func() error {
		return link.Run(ctx, RoomFeedback{
			Joined: func(j wire.RoomJoined) { on(func() { v.join(j, time.Now()) }) },
			Frame: func(f wire.RoomFrame) {
				on(func() {
					for _, e := range v.hear(f) {
						s.chimeFor(e, v.stage)
					}
				})
			},
			Lost: func(err error) { on(func() { s.lost(v, err) }) },
		})
	})
}

func (s *Session) lost(v *visit, err error) {
	v.room.Phase = RoomLost
	v.room.Problem = Problem{Trouble: LinkTrouble, Fault: s.c.Backstage.Fault(err), Detail: err.Error()}
	v.news = true
}

// ErrNoAnswer is what a command for the room returns when it could not be said whether the room heard it. The same command within
// a minute is the same wish and does nothing twice.
var ErrNoAnswer = errors.New("the room has not answered: try again")

// ask asks the room for something and waits for its answer. What the room refuses is a *wire.Error, whose RetryAfter says when
// trying again makes sense.
func (s *Session) ask(ctx context.Context, q wire.RoomRequest) error {
	body, err := json.Marshal(q)
	if err != nil {
		return err
	}
	var v *visit
	err = s.do(ctx, func() error {
		if v = s.visit; v.link == nil {
			return ErrNoServer
		}
		q.ID = rand.Text()
		if o := v.open; o.body == string(body) && time.Now().Before(o.until) {
			q.ID = o.id
		}
		v.open = openRequest{}
		return nil
	})
	if err != nil {
		return err
	}
	_, err = v.link.Ask(ctx, q)
	if ctx.Err() == nil {
		return err
	}
	s.post(s.ctx, func() { v.open = openRequest{body: string(body), id: q.ID, until: time.Now().Add(sameWish)} })
	return ErrNoAnswer
}

// Say says something in the room, as an answer to a line or to none (0). This and the commands below wait for the room's answer.
func (s *Session) Say(ctx context.Context, text string, reply int64) error {
	return s.ask(ctx, wire.RoomRequest{Say: &wire.Say{Text: text, Reply: reply}})
}

// CallMe changes how the host is called in this room.
func (s *Session) CallMe(ctx context.Context, name string) error {
	if err := s.ask(ctx, wire.RoomRequest{Name: &name}); err != nil {
		return err
	}
	return s.do(ctx, func() error {
		s.visit.room.Me.Name, s.visit.news = name, true
		return nil
	})
}

// Pin puts a message above the chat; 0 takes it down.
func (s *Session) Pin(ctx context.Context, line int64) error {
	return s.ask(ctx, wire.RoomRequest{Pin: &wire.Numbered{N: line}})
}

// Highlight lifts a message out.
func (s *Session) Highlight(ctx context.Context, line int64) error {
	return s.ask(ctx, wire.RoomRequest{Highlight: &wire.Numbered{N: line}})
}

// RemoveLine takes a message or question back for everybody.
func (s *Session) RemoveLine(ctx context.Context, line int64, reason string) error {
	return s.ask(ctx, wire.RoomRequest{Remove: &wire.Removed{Line: line, Reason: reason}})
}

// Announce puts an announcement above everything; "" takes it down.
func (s *Session) Announce(ctx context.Context, text string) error {
	return s.ask(ctx, wire.RoomRequest{Announce: &wire.Announced{Text: text}})
}

// StartPoll starts a poll.
func (s *Session) StartPoll(ctx context.Context, p wire.StartPoll) error {
	if n := len(p.Options); n < 2 || n > wire.MaxOptions || slices.Contains(p.Options, "") {
		return wire.Errorf(wire.Invalid, "a poll has 2 to %d options, and each says something", wire.MaxOptions)
	}
	return s.ask(ctx, wire.RoomRequest{Poll: &p})
}

// EndPoll ends a poll before its time.
func (s *Session) EndPoll(ctx context.Context, poll int64) error {
	return s.ask(ctx, wire.RoomRequest{EndPoll: &wire.Numbered{N: poll}})
}

// AnswerQuestion answers a question with a text, or with "" aloud in the picture that is on air now.
func (s *Session) AnswerQuestion(ctx context.Context, question int64, text string) error {
	return s.ask(ctx, wire.RoomRequest{Answer: &wire.Answered{Question: question, Text: text}})
}

// Judge decides about a held message.
func (s *Session) Judge(ctx context.Context, held int64, d wire.Decision, reason string) error {
	return s.ask(ctx, wire.RoomRequest{Judge: &wire.Judged{Held: held, Decision: d, Reason: reason}})
}

// Silence keeps somebody from speaking, or lets them speak again.
func (s *Session) Silence(ctx context.Context, one wire.SilenceOne) error {
	return s.ask(ctx, wire.RoomRequest{Silence: &one})
}

// SetModes changes who may say what, how often.
func (s *Session) SetModes(ctx context.Context, m wire.Modes) error {
	return s.ask(ctx, wire.RoomRequest{Modes: &m})
}
