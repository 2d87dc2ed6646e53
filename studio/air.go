package studio

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"vitrine/capture/frame"
	"vitrine/server/wire"
)

// airState is the show's way out, owned by the loop.
type airState struct {
	phase   AirPhase
	since   time.Time
	link    frame.Link
	viewers int
	title   string
	watch   string
	truth   *wire.Truth
	truthAt time.Time
	stop    context.CancelFunc
	ending  bool // the host ended the show, so it is closed on the server too
}

func (a *airState) public() Air {
	return Air{Phase: a.phase, Since: a.since, Link: a.link, Viewers: a.viewers, Title: a.title, WatchURL: a.watch, Truth: a.truth}
}

// Reasons why the show cannot begin.
var (
	ErrNoServer = errors.New("choose a server and a show first")
	ErrOnAir    = errors.New("the show is on air: end it first")
)

const (
	callTimeout = 5 * time.Second
	watchEvery  = 3 * time.Second
	// unfinishedEvery is how often it is kept until when the show was on air.
	unfinishedEvery = 30 * time.Second
	lossForecast    = 10 // percent; from 8 on Opus carries its in-band FEC at every bitrate
	// soundPacket is 10 ms and not the usual 20: a player then hears 30 ms earlier (measured in Chromium: one packet less to
	// fill, two less in its buffer), which is what keeps the sound with a picture that is 40 ms old.
	soundPacket = 10 * time.Millisecond
)

// SetServer chooses where the show goes. On air it cannot change.
func (s *Session) SetServer(ctx context.Context, srv Server) error {
	srv.Address, srv.Token = strings.TrimSpace(srv.Address), strings.TrimSpace(srv.Token)
	if srv.Show != "" {
		if err := srv.Show.Validate(); err != nil {
			return err
		}
	}
	if srv.Address != "" {
		if _, _, err := s.c.Backstage.Addresses(srv.Address, srv.Show); err != nil {
			return err
		}
	}
	return s.do(ctx, func() error {
		if s.air.phase != OffAir {
			return ErrOnAir
		}
		if s.guest != nil {
			return ErrGuest
		}
		if srv == s.settings.Server {
			return nil
		}
		s.change(func(set *Settings) { set.Server = srv })
		s.waits = false
		s.air.title, s.air.viewers = "", 0
		s.audience.begin()
		s.followRoom()
		s.followShop()
		return nil
	})
}

// CheckServer asks the server about the show. It waits for the network.
func (s *Session) CheckServer(ctx context.Context, srv Server) (wire.Show, error) {
	shows, err := s.Shows(ctx, srv)
	if err != nil {
		return wire.Show{}, err
	}
	for _, show := range shows {
		if show.ID == srv.Show {
			return show, nil
		}
	}
	return wire.Show{}, wire.Errorf(wire.NotFound, "the server has no show %q that this token may see", srv.Show)
}

// Shows lists the shows that the token may see. It waits for the network.
func (s *Session) Shows(ctx context.Context, srv Server) ([]wire.Show, error) {
	shows, err := s.c.Backstage.Shows(ctx, srv.Address, srv.Token)
	if err != nil {
		return nil, fmt.Errorf("list shows: %w", err)
	}
	return shows, nil
}

// CreateShow makes a show with an operator's token. It waits for the network.
func (s *Session) CreateShow(ctx context.Context, srv Server, n wire.NewShow) (wire.CreatedShow, error) {
	if err := n.Validate(); err != nil {
		return wire.CreatedShow{}, err
	}
	show, err := s.c.Backstage.Create(ctx, srv.Address, srv.Token, n)
	if err != nil {
		return wire.CreatedShow{}, fmt.Errorf("create the show: %w", err)
	}
	return show, nil
}

// CheckNetwork measures the way to the server before the show, without putting anything on air. On air it refuses: the show
// needs the line. It waits for the network, for about five seconds; progress is called from another goroutine.
func (s *Session) CheckNetwork(ctx context.Context, progress func(share float64, so frame.Path)) (frame.Path, error) {
	var srv Server
	err := s.do(ctx, func() error {
		if s.air.phase != OffAir {
			return ErrOnAir
		}
		if s.guest != nil {
			return ErrGuest
		}
		if srv = s.settings.Server; srv.Address == "" || srv.Token == "" {
			return ErrNoServer
		}
		return nil
	})
	if err != nil {
		return frame.Path{}, err
	}
	return s.c.Backstage.Check(ctx, srv.Address, srv.Token, progress)
}

// Fault says in one word why CheckServer, Shows, CreateShow or CheckNetwork failed.
func (s *Session) Fault(err error) frame.Fault { return s.c.Backstage.Fault(err) }

// GoLive puts the show on air. It returns at once; the snapshot says how it goes, and the session tries until End.
func (s *Session) GoLive(ctx context.Context) error {
	return s.do(ctx, func() error {
		srv := s.settings.Server
		if s.air.phase != OffAir {
			return ErrOnAir
		}
		if s.guest != nil {
			return ErrGuest
		}
		if srv.Address == "" || srv.Show == "" || srv.Token == "" {
			return ErrNoServer
		}
		whip, watch, err := s.c.Backstage.Addresses(srv.Address, srv.Show)
		if err != nil {
			return err
		}
		voice, err := s.openProgram()
		if err != nil {
			return err
		}
		s.cutOff, s.waits = nil, false
		air, stop := context.WithCancel(s.ctx)
		s.air.phase, s.air.since, s.air.link = Starting, time.Time{}, frame.Link{Phase: frame.LinkConnecting, Attempt: 1}
		s.air.stop, s.air.ending, s.air.watch = stop, false, watch
		target := frame.Target{Endpoint: whip, Token: srv.Token, Video: s.settings.Output.Codec, Position: s.clock.Now}
		feedback := s.feedback(voice)
		s.group.Go(func() error {
			err := s.onAir(air, srv, target, feedback)
			s.offAir(err)
			return nil
		})
		return nil
	})
}

// openProgram has the program's sound go to the uplink from now on, and begins its figures anew. What it returns is to be told whether media flow.
func (s *Session) openProgram() (*audioOut, error) {
	encoder, err := s.c.Encoders.Audio(frame.AudioSettings{
		Bitrate: s.settings.Output.AudioBitrate, LossPercent: lossForecast, PacketDuration: soundPacket,
	})
	if err != nil {
		return nil, fmt.Errorf("build the sound encoder: %w", err)
	}
	voice := &audioOut{encoder: encoder, write: s.c.Uplink.WriteAudio, failed: s.encoderFailed}
	s.sound.air.Store(voice)
	s.rate.dropped, s.rate.layers = 0, [frame.Layers]LayerStatus{}
	s.c.Uplink.Expect(s.bitrate())
	s.linkNow.Store(nil)
	s.video.ask(oneLayer)
	return voice, nil
}

// bitrate is the most that the picture may use in all its layers, in bits a second.
func (s *Session) bitrate() int {
	o := s.settings.Output
	o.Format = s.governor.format()
	return o.Bitrate()
}

// onAir opens the show and publishes until air ends or trying again would not help.
func (s *Session) onAir(air context.Context, srv Server, target frame.Target, feedback Feedback) error {
	err := s.openShow(air, srv)
	if refused := wire.CodeOf(err); refused == wire.Unauthenticated || refused == wire.Forbidden || refused == wire.NotFound {
		return err
	}
	closed := err != nil // the server did not answer: the show may still be closed when it does
	for {
		err = s.c.Uplink.Run(air, target, feedback)
		if err == nil || !closed || s.lastFault() != frame.FaultClosed {
			return err
		}
		if err := s.openShow(air, srv); err != nil {
			return err
		}
		closed = false
	}
}

func (s *Session) openShow(ctx context.Context, srv Server) error {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	return s.c.Backstage.Open(ctx, srv.Address, srv.Token, srv.Show)
}

// feedback is what the uplink of one show tells the session.
func (s *Session) feedback(voice *audioOut) Feedback {
	return Feedback{
		KeyFrame: func(l frame.Layer) { s.video.keys[l].Store(true) },
		Demand:   s.video.ask,
		Link: func(l frame.Link) {
			s.linkNow.Store(&l)
			on := l.Phase == frame.LinkLive
			voice.flowing.Store(on)
			if on != s.video.flowing.Load() {
				s.video.flow(on)
			}
			select {
			case s.link <- struct{}{}:
			default:
			}
		},
	}
}

func (s *Session) lastFault() frame.Fault {
	if l := s.linkNow.Load(); l != nil {
		return l.Fault
	}
	return frame.FaultNone
}

// linkChanged takes over the newest link state.
func (s *Session) linkChanged() {
	l := s.linkNow.Load()
	if l != nil && s.guest != nil && s.guest.stop != nil {
		s.guest.link = *l
	}
	if l == nil || s.air.phase == OffAir {
		return
	}
	if l.Fault != s.air.link.Fault && l.Fault != frame.FaultNone && s.air.phase != Ending {
		s.notice(Problem{Trouble: LinkTrouble, Fault: l.Fault, Detail: l.Detail})
	}
	s.air.link = *l
	if l.Phase == frame.LinkLive && s.air.phase == Starting {
		s.air.phase, s.air.since = OnAir, time.Now()
		s.audience.begin()
		s.unfinished(s.air.since)
	}
}

// unfinished keeps that the show is on air, so that a start after a crash knows.
func (s *Session) unfinished(now time.Time) {
	srv, u := s.settings.Server, s.settings.Unfinished
	if s.air.phase != OnAir || s.air.link.Phase != frame.LinkLive {
		return
	}
	if u == nil || u.Address != srv.Address || u.Show != srv.Show || now.Sub(u.Until) >= unfinishedEvery {
		s.change(func(set *Settings) { set.Unfinished = &Unfinished{Address: srv.Address, Show: srv.Show, Until: now} })
	}
}

// finished forgets the show that was on air: it was ended, or nobody wants to go on with it.
func (s *Session) finished() {
	s.cutOff, s.waits = nil, false
	if s.settings.Unfinished != nil {
		s.change(func(set *Settings) { set.Unfinished = nil })
	}
}

// LeaveUnfinished forgets the show that was cut off. GoLive goes on with it.
func (s *Session) LeaveUnfinished(ctx context.Context) error {
	return s.do(ctx, func() error {
		if s.air.phase == OffAir {
			s.finished()
		}
		return nil
	})
}

// offAir cleans up after a show, on the show's goroutine: first the show is closed if the host ended it.
func (s *Session) offAir(err error) {
	closeShow := make(chan bool, 1)
	s.post(s.ctx, func() { closeShow <- s.air.ending })
	select {
	case ending := <-closeShow:
		if ending {
			s.closeShow()
		}
	case <-s.ctx.Done():
	}
	s.video.flow(false)
	s.post(s.ctx, func() {
		s.sound.air.Store(nil)
		s.air.stop()
		fault, detail := s.lastFault(), ""
		if err != nil {
			detail = err.Error()
			if fault == frame.FaultNone {
				fault = s.c.Backstage.Fault(err)
			}
			s.notice(Problem{Trouble: LinkTrouble, Fault: fault, Detail: detail})
			s.air.link = frame.Link{Phase: frame.LinkRefused, Fault: fault, Detail: detail}
		} else {
			s.air.link = frame.Link{Phase: frame.LinkIdle}
		}
		s.air.phase, s.air.since, s.air.viewers = OffAir, time.Time{}, 0
		s.finished()
	})
}

func (s *Session) closeShow() {
	srv := s.Snapshot().Settings.Server
	ctx, cancel := context.WithTimeout(s.ctx, callTimeout)
	defer cancel()
	if err := s.c.Backstage.Close(ctx, srv.Address, srv.Token, srv.Show); err != nil {
		s.post(s.ctx, func() {
			s.notice(Problem{Trouble: LinkTrouble, Fault: s.c.Backstage.Fault(err), Detail: err.Error()})
		})
	}
}

// End takes the show off the air and closes it for viewers. It returns at once; the snapshot says when it is done.
func (s *Session) End(ctx context.Context) error {
	return s.do(ctx, func() error {
		if s.air.phase == OffAir || s.air.phase == Ending {
			return nil
		}
		s.air.phase, s.air.ending = Ending, true
		s.air.stop()
		return nil
	})
}

// watchShow asks the server every few seconds how many watch.
func (s *Session) watchShow(ctx context.Context) error {
	tick := time.NewTicker(watchEvery)
	defer tick.Stop()
	for {
		s.askShow(ctx)
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

func (s *Session) askShow(ctx context.Context) {
	srv := s.Snapshot().Settings.Server
	if srv.Address == "" || srv.Show == "" {
		return
	}
	_, watch, err := s.c.Backstage.Addresses(srv.Address, srv.Show)
	if err != nil {
		return
	}
	ask, cancel := context.WithTimeout(ctx, callTimeout)
	show, err := s.c.Backstage.Show(ask, srv.Address, srv.Show)
	cancel()
	s.post(ctx, func() {
		if s.settings.Server != srv {
			return
		}
		s.air.watch = watch
		if err == nil {
			s.air.viewers, s.air.title = show.Viewers, show.Title
		}
		s.offer(show, err)
	})
}

// offer takes what the server says of the show that was cut off: one that was closed meanwhile is over, and one that somebody
// else is on air with is left alone.
func (s *Session) offer(show wire.Show, err error) {
	u, srv := s.cutOff, s.settings.Server
	if u == nil || u.Address != srv.Address || u.Show != srv.Show {
		return
	}
	if show.State == wire.Closed {
		s.finished()
		return
	}
	s.waits = err == nil && !show.Live
}
