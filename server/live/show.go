package live

import (
	"cmp"
	"context"
	"log/slog"
	"slices"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"vitrine/server/wire"
)

// lookAround is how often a show looks for sessions and times that have run out.
const lookAround = 250 * time.Millisecond

// interruptedAfter is how long nothing must come from a publisher until viewers are told: longer than the pauses of sound
// that is not sent while it is silent, and shorter than it takes ICE to notice.
const interruptedAfter = 1500 * time.Millisecond

// Show is one show while anybody publishes or watches it. Its loop alone changes what it holds; others send it functions.
type Show struct {
	id    wire.ShowID
	stage *Stage
	cfg   Config
	log   *slog.Logger
	stats *counters
	calls chan func()
	wake  chan struct{} // some peer's link changed, or media flows again
	done  chan struct{} // closed when the loop takes no more calls
	state atomic.Pointer[onAir]

	claims, cuts int // guarded by the stage's mutex

	dumb, dark atomic.Bool // sound and picture are muted; the loop changes them

	// What follows belongs to the loop.
	ctx             context.Context // ends with the show
	group           *errgroup.Group
	lanes           []*lane
	audio, video    *feed
	onAir, incoming *Publisher
	viewers         map[SessionID]*Viewer
	since           time.Time // went on air; zero while nobody does
	vacantSince     time.Time // has no publisher; zero while it has, or had none
	base            wire.Show // as it was when the newest viewer came, without media
	announced       announcement
	announcedAt     time.Time
	poster          printed // the announcement
	layerList       []wire.Layer
	linksToldAt     time.Time
	rung            Flow // what the bell was told
}

// onAir is what others may read of a show.
type onAir struct {
	audio, video        *feed
	live                bool // media flows
	interrupted         bool // there is a publisher, and its media does not flow, or not yet
	publishers, viewers int
	since               time.Time
}

func (o *onAir) status() Status {
	st := Status{Live: o.live, Interrupted: o.interrupted, Viewers: o.viewers, Since: o.since}
	if o.publishers > 0 && o.video != nil {
		st.Video = o.video.codec.Name()
	}
	return st
}

func (s *Stage) newShow(id wire.ShowID) *Show {
	w := &Show{
		id: id, stage: s, cfg: s.cfg, log: s.log.With("show", id), stats: &s.stats,
		calls: make(chan func()), wake: make(chan struct{}, 1), done: make(chan struct{}), viewers: map[SessionID]*Viewer{},
	}
	for i := range s.cfg.Lanes {
		w.lanes = append(w.lanes, newLane(w.stats, newOutbox(s.port.socks[i%len(s.port.socks)])))
	}
	w.dumb.Store(s.mutes[id].sound)
	w.dark.Store(s.mutes[id].picture)
	w.state.Store(&onAir{})
	return w
}

// do has the loop call f and returns when it has.
func (s *Show) do(ctx context.Context, f func()) error {
	called := make(chan struct{})
	select {
	case s.calls <- func() { defer close(called); f() }:
		<-called
		return nil
	case <-s.done:
		return stopping()
	case <-ctx.Done():
		return ctx.Err()
	}
}

// post is do for pion's callbacks: it returns once the loop has taken f.
func (s *Show) post(f func()) {
	select {
	case s.calls <- f:
	case <-s.done:
	}
}

// run is the loop. It returns when the show is empty and nobody is about to use it, or when ctx ends.
func (s *Show) run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	s.group, s.ctx = errgroup.WithContext(ctx)
	for _, l := range s.lanes {
		s.group.Go(func() error { return l.run(s.ctx) })
	}
	tick := time.NewTicker(lookAround)
	defer tick.Stop()
	for ctx.Err() == nil {
		select {
		case f := <-s.calls:
			f()
		case <-s.wake:
			s.checkLinks()
		case now := <-tick.C:
			s.look(now)
		case <-ctx.Done():
		}
		s.tell()
		if s.empty() && s.stage.forget(s) {
			break
		}
	}
	close(s.done)
	s.endAll(nil)
	s.state.Store(&onAir{})
	cancel()
	return s.group.Wait()
}

func (s *Show) empty() bool { return s.onAir == nil && s.incoming == nil && len(s.viewers) == 0 }

// tell publishes what others may read, and tells the viewers.
func (s *Show) tell() {
	now := time.Now()
	o := &onAir{audio: s.audio, video: s.video, since: s.since}
	if p := s.onAir; p != nil {
		o.live = p.link() == connected && s.flows(now)
		p.flowed = p.flowed || o.live
		o.interrupted = !o.live
		o.publishers = 1
	}
	coming := s.coming()
	o.interrupted = o.interrupted || coming
	for _, v := range s.viewers {
		if v.connected {
			o.viewers++
		}
	}
	if old := s.state.Load(); *old != *o {
		s.state.Store(o)
	}
	s.announce(o, now)
	if o.live && !s.rung.Up {
		s.onAir.sounded.Store(now.UnixNano()) // who comes back has as long to be heard as who comes
	}
	if n := (Flow{Coming: coming, Up: o.live, Silent: o.live && s.silent(now)}); n != s.rung {
		s.rung = n
		s.stage.bell.rang(s.id, n)
	}
}

// coming reports whether somebody is about to send from a seat where nobody does.
func (s *Show) coming() bool {
	p := cmp.Or(s.onAir, s.incoming)
	return seat(s.id) && p != nil && !p.flowed
}

// flows reports whether anything has come from the publisher lately.
func (s *Show) flows(now time.Time) bool {
	return slices.ContainsFunc(s.layers(), func(l *Layer) bool { return l.up.Quiet(now) <= interruptedAfter })
}

// look ends what has run out of time, and puts layers in order whose size has become known.
func (s *Show) look(now time.Time) {
	for _, f := range []*feed{s.audio, s.video} {
		if f != nil {
			f.sort(now)
		}
	}
	s.judge(now)
	s.measureLayers(now)
	s.tellLinks(now)
	late := func(p *peer) bool { return !p.connected && now.After(p.deadline) }
	if p := s.incoming; p != nil && now.After(p.deadline) { // a publisher must also have sent something by then
		s.log.Warn("publisher did not get on air", "connected", p.connected)
		s.stats.failed.Add(1)
		s.drop(p.peer, nil)
	}
	for _, v := range s.viewers {
		if late(v.peer) {
			s.stats.failed.Add(1)
			s.drop(v.peer, nil)
		} else if v.link() == failed { // silence changes no state
			s.drop(v.peer, nil)
		}
	}
	if !s.vacantSince.IsZero() && now.Sub(s.vacantSince) >= s.cfg.Grace {
		s.vacantSince = time.Time{}
		s.endViewers()
	}
}

// watchLink has the loop follow the connection.
func (s *Show) watchLink(p *peer) {
	p.watchLink(func() {
		p.changed.Store(true)
		s.awake()
	})
}

// awake has the loop look at links and at what flows. It never blocks.
func (s *Show) awake() {
	select {
	case s.wake <- struct{}{}:
	default: // the loop will look anyway
	}
}

// checkLinks acts upon every link that has changed.
func (s *Show) checkLinks() {
	for _, p := range []*Publisher{s.incoming, s.onAir} {
		if p != nil && p.changed.Swap(false) {
			s.linkChanged(p.peer, func() {})
		}
	}
	for _, v := range s.viewers {
		if v.changed.Swap(false) {
			s.linkChanged(v.peer, func() { s.startSending(s.ctx, v) })
		}
	}
}

func (s *Show) linkChanged(p *peer, up func()) {
	switch p.link() {
	case connected:
		p.connected = true
		up()
	case failed:
		s.drop(p, nil)
	case connecting, shaky:
	}
}

// drop ends a session. Its owner may ask for a while why, if there is a reason.
func (s *Show) drop(p *peer, why *wire.Error) {
	if v, ok := s.viewers[p.id]; ok {
		s.stopSending(s.ctx, v)
		delete(s.viewers, p.id)
	}
	if s.incoming != nil && s.incoming.peer == p {
		s.incoming = nil
		if s.onAir == nil && s.vacantSince.IsZero() {
			s.vacantSince = time.Now() // of those who have come to wait for it
		}
	}
	if s.onAir != nil && s.onAir.peer == p {
		s.onAir = nil
		s.leaveAir()
	}
	s.stage.unregister(p.id, why)
	s.group.Go(p.close)
}

// leaveAir begins the time in which viewers wait for a publisher.
func (s *Show) leaveAir() {
	for _, l := range s.layers() {
		l.up.Silence()
	}
	s.since, s.vacantSince = time.Time{}, time.Now()
	s.log.Info("off air", "viewers", len(s.viewers))
}

func (s *Show) endViewers() {
	for _, v := range s.viewers {
		s.drop(v.peer, nil)
	}
}

// endAll ends all sessions, publishers' for a reason or nil.
func (s *Show) endAll(why *wire.Error) {
	for _, p := range []*Publisher{s.incoming, s.onAir} {
		if p != nil {
			s.drop(p.peer, why)
		}
	}
	s.endViewers()
}

func stopping() error {
	return &wire.Error{Code: wire.Unavailable, Text: "the server is stopping", RetryAfter: 5 * time.Second}
}
