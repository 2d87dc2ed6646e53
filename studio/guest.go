package studio

import (
	"context"
	"errors"
	"fmt"
	"time"

	"vitrine/capture/frame"
	"vitrine/server/wire"
)

// Guest is the studio in somebody else's show. While it is there Snapshot.Room and Snapshot.Stage are that show's, whose host is on the stage as
// wire.HostSpot, and what the studio's viewers would see and hear goes there as soon as the studio is let on stage. It is immutable like the Snapshot
// that holds it.
type Guest struct {
	// Page is the show's page, Title what the show is called.
	Page, Title string
	// Mine is how far the studio is on the way to the stage, and what the show's staff has taken from it.
	Mine wire.StageMine
	// Dark says that no picture is sent because the host wants none to be.
	Dark bool
	// Link is how sending does; the zero value while nothing is sent.
	Link frame.Link
}

// ErrGuest is why there is no show of one's own while one is a guest in another, ErrNoPage why a link leads nowhere.
var (
	ErrGuest  = errors.New("you are a guest in another show: leave it first")
	ErrNoPage = errors.New("this link leads to no show's page")
)

// guesting is the studio as a guest, owned by the loop.
type guesting struct {
	server      string
	show        wire.ShowID
	page, title string
	dark        bool
	leaving     bool
	link        frame.Link
	told        wire.StageSelf     // what the room knows to be switched off
	telling     bool               // it is being told more
	stop        context.CancelFunc // ends sending; nil while nothing is sent
	ended       chan struct{}      // closed when what was sent last has ended; nil before the first
}

// guestRest is how long nothing is sent after a refusal, and after how long the room is told again what it did not hear.
const guestRest = time.Second

func (s *Session) guestNow() *Guest {
	g := s.guest
	if g == nil {
		return nil
	}
	return &Guest{Page: g.page, Title: g.title, Mine: s.visit.mine, Dark: g.dark, Link: g.link}
}

// BeGuest goes into somebody else's show, by a link to its page and under a name, "" for that which the server gives. StageDo then asks to come on stage
// (Apply) or answers an invitation (Accept, Refuse); once let on, the studio sends by itself. On air with a show of one's own it is refused. It waits
// for the server.
func (s *Session) BeGuest(ctx context.Context, link, name string) error {
	server, id, err := s.c.Backstage.Page(link)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrNoPage, err)
	}
	show, err := s.c.Backstage.Show(ctx, server, id)
	if err != nil {
		return err
	}
	_, page, err := s.c.Backstage.Addresses(server, id)
	if err != nil {
		return err
	}
	err = s.do(ctx, func() error {
		if s.air.phase != OffAir {
			return ErrOnAir
		}
		if s.guest != nil {
			return ErrGuest
		}
		s.guest = &guesting{server: server, show: id, page: page, title: show.Title}
		s.followRoom()
		return nil
	})
	if err != nil || name == "" {
		return err
	}
	if err = s.CallMe(ctx, name); err != nil {
		err = errors.Join(err, s.EndGuest(context.WithoutCancel(ctx)))
	}
	return err
}

// EndGuest leaves the stage and the show in which the studio is a guest, and goes back to its own. It waits until nothing is sent any more.
func (s *Session) EndGuest(ctx context.Context) error {
	var g *guesting
	var wish *wire.StageWish
	err := s.do(ctx, func() error {
		if g = s.guest; g == nil {
			return nil
		}
		wish, g.leaving = leaves(s.visit.mine.State), true
		s.followGuest()
		return nil
	})
	if err != nil || g == nil {
		return err
	}
	if wish != nil { // a room that does not hear of it finds out within wire.StageGrace
		told, cancel := context.WithTimeout(ctx, callTimeout)
		if err := s.StageDo(told, *wish); err != nil {
			s.c.Log.Info("left a stage that was not told", "err", err)
		}
		cancel()
	}
	if g.ended != nil {
		select {
		case <-g.ended:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return s.do(ctx, func() error {
		if s.guest == g {
			s.guest = nil
			s.followRoom()
		}
		return nil
	})
}

// leaves is how one ends being on the stage or on the way there; nil for who is not.
func leaves(state wire.GuestState) *wire.StageWish {
	switch state {
	case wire.GuestApplied:
		return &wire.StageWish{Withdraw: &struct{}{}}
	case wire.GuestInvited:
		return &wire.StageWish{Refuse: &struct{}{}}
	case wire.GuestAdmitted, wire.GuestLive, wire.GuestAway:
		return &wire.StageWish{Leave: &struct{}{}}
	}
	return nil
}

// DarkenGuest sends no picture, or sends it again, while the studio is a guest.
func (s *Session) DarkenGuest(ctx context.Context, dark bool) error {
	return s.do(ctx, func() error {
		if s.guest == nil {
			return wire.Errorf(wire.Conflict, "you are no guest in another show")
		}
		s.guest.dark = dark
		s.followGuest()
		return nil
	})
}

// followGuest sends as long as the studio is on another's stage, and tells its room what is switched off.
func (s *Session) followGuest() {
	g := s.guest
	s.video.dark.Store(g != nil && g.dark)
	if g == nil {
		return
	}
	on := !g.leaving && admitted(s.visit.mine.State)
	switch {
	case on && g.stop == nil:
		s.sendAsGuest(g)
	case !on && g.stop != nil:
		g.stop()
		g.stop, g.link, g.told = nil, frame.Link{}, wire.StageSelf{}
	}
	if me := (wire.StageSelf{Muted: s.settings.Microphone.Muted, Dark: g.dark}); g.stop != nil && !g.telling && g.told != me {
		s.tellSelf(g, me)
	}
}

// tellSelf tells the room what is switched off, one wish after the other, until it knows.
func (s *Session) tellSelf(g *guesting, me wire.StageSelf) {
	g.telling = true
	s.group.Go(func() error {
		ctx, cancel := context.WithTimeout(s.ctx, callTimeout)
		err := s.StageDo(ctx, wire.StageWish{Self: &me})
		cancel()
		if err != nil {
			select {
			case <-s.ctx.Done():
			case <-time.After(guestRest):
			}
		}
		s.post(s.ctx, func() {
			if g.telling = false; err == nil {
				g.told = me
			}
			s.followGuest()
		})
		return nil
	})
}

// admitted says whether somebody on the way to a stage may send.
func admitted(state wire.GuestState) bool {
	return state == wire.GuestAdmitted || state == wire.GuestLive || state == wire.GuestAway
}

// sendAsGuest sends the program to another's stage until it is stopped.
func (s *Session) sendAsGuest(g *guesting) {
	voice, err := s.openProgram()
	if err != nil {
		s.notice(Problem{Trouble: EncoderFailed, Detail: err.Error()})
		return
	}
	ctx, stop := context.WithCancel(s.ctx)
	before, ended := g.ended, make(chan struct{})
	g.stop, g.ended = stop, ended
	target, feedback := frame.Target{Video: s.settings.Output.Codec, Position: s.clock.Now}, s.feedback(voice)
	s.group.Go(func() error {
		defer close(ended)
		if before != nil {
			<-before // the uplink publishes one thing at a time
		}
		s.publishAsGuest(ctx, g, target, feedback)
		s.video.flow(false)
		s.sound.air.CompareAndSwap(voice, nil)
		stop()
		return nil
	})
}

// publishAsGuest publishes until ctx ends. A refusal is tried again with another pass: whether one is on stage the room decides.
func (s *Session) publishAsGuest(ctx context.Context, g *guesting, target frame.Target, feedback Feedback) {
	for ctx.Err() == nil {
		asked, cancel := context.WithTimeout(ctx, callTimeout)
		var err error
		target.Endpoint, target.Token, err = s.c.Backstage.StagePass(asked, g.server, g.show)
		cancel()
		if err == nil {
			err = s.c.Uplink.Run(ctx, target, feedback)
		}
		if err == nil || ctx.Err() != nil {
			return
		}
		feedback.Link(frame.Link{Phase: frame.LinkWaiting, Fault: s.c.Backstage.Fault(err), Detail: err.Error(), RetryAt: time.Now().Add(guestRest)})
		select {
		case <-ctx.Done():
		case <-time.After(guestRest):
		}
	}
}

// castOfOther are those in somebody else's show who are to be seen and heard here: its host, and all on its stage but the studio itself.
func (g *guesting) castOfOther(now *wire.StageNow, me wire.Alias) []cast {
	all := []cast{{spot: wire.HostSpot, name: g.title, media: string(g.show)}}
	for _, c := range castOf(now) {
		if c.spot != wire.SpotID(me) {
			all = append(all, c)
		}
	}
	return all
}
