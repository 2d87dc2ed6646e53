package studio

import (
	"context"
	"errors"
	"maps"
	"slices"

	"vitrine/capture/frame"
	"vitrine/server/wire"
)

// cast is somebody who is to be seen and heard here.
type cast struct {
	spot  wire.SpotID
	name  string
	media string
	sends bool // their media flow, as the room knows
}

// castOf are those on a stage whose media can be watched, but for the host's own.
func castOf(now *wire.StageNow) (all []cast) {
	for _, g := range now.Guests {
		if g.Media != "" && (g.State == wire.GuestAdmitted || g.State == wire.GuestLive || g.State == wire.GuestAway) {
			all = append(all, cast{wire.SpotID(g.Alias), g.Name, g.Media, g.State == wire.GuestLive})
		}
	}
	if now.Battle == nil {
		return all
	}
	for _, c := range now.Battle.Corners {
		if c.ID == now.Battle.Us || c.Media == "" {
			continue
		}
		name := c.Room.Name
		if name == "" {
			name = c.Room.Title
		}
		all = append(all, cast{wire.SpotID(c.ID), name, c.Media, c.State != wire.CornerAway})
	}
	return all
}

// followStage makes the feeds, the sound and the picture follow what the room tells of its stage.
func (s *Session) followStage() {
	st := &s.stage
	if !s.visit.stageNews {
		return
	}
	st.now = s.visit.stage
	var want []cast
	server, g := s.settings.Server.Address, s.guest
	switch {
	case s.c.Receivers == nil || s.c.Decoders == nil:
	case g != nil:
		server, want = g.server, g.castOfOther(&st.now, s.visit.room.Me.Alias)
	default:
		want = castOf(&st.now)
	}
	feeds := make([]*feed, 0, len(want))
	for _, c := range want {
		f := find(st.feeds, c.spot, (*feed).at)
		if f == nil || (*f).media != c.media || (*f).server != server || c.sends && !(*f).sends && !(*f).flows() { // who has come is not to wait for the next attempt
			next := newFeed(c, server)
			if f != nil {
				next.strip = (*f).strip
			}
			f = &next
			s.open(next)
		}
		(*f).name, (*f).sends = c.name, c.sends
		feeds = append(feeds, *f)
	}
	for _, f := range st.feeds {
		if !slices.Contains(feeds, f) {
			f.stop()
		}
	}
	st.feeds = feeds
	thumbs := make(map[wire.SpotID]*frame.Slot, len(feeds))
	for _, f := range feeds {
		thumbs[f.spot] = f.thumb
	}
	if was := s.thumbs.Load(); was == nil || !maps.Equal(*was, thumbs) {
		s.thumbs.Store(&thumbs)
	}
	s.mixStage()
	s.arrangeStage()
}

// open lets a feed flow until it is stopped.
func (s *Session) open(f *feed) {
	ctx, stop := context.WithCancel(s.ctx)
	f.stop = stop
	f.clock = s.clock
	f.fault = s.c.Backstage.Fault
	s.group.Go(func() error {
		err := f.run(ctx, s.c.Receivers, s.c.Decoders)
		if err != nil && !errors.Is(err, context.Canceled) {
			s.c.Log.Warn("somebody on stage does not come here", "err", err)
		}
		return nil
	})
}
