package live

import (
	"context"
	"sync/atomic"
	"time"

	"vitrine/server/wire"
)

// muted is what is taken from a show.
type muted struct{ sound, picture bool }

// Mute has nothing of the sound, or of the picture, of a show or seat go to its viewers from the moment on at which it returns, or
// gives both back, as it says; what is given back begins with a key frame. It holds whoever publishes it, and before anybody does,
// until it is said otherwise or until Cut. Sessions go on: viewers get nothing.
func (s *Stage) Mute(id wire.ShowID, sound, picture bool) {
	s.mu.Lock()
	if m := (muted{sound, picture}); m == (muted{}) {
		delete(s.mutes, id)
	} else {
		s.mutes[id] = m
	}
	show := s.shows[id]
	s.mu.Unlock()
	if show != nil {
		_ = show.do(context.Background(), show.obey) // a show that has ended sends nothing
	}
}

func (s *Stage) mutedNow(id wire.ShowID) muted {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.mutes[id]
}

// obey makes true what Stage.Mute says.
func (s *Show) obey() {
	m := s.stage.mutedNow(s.id)
	for _, k := range []struct {
		off  *atomic.Bool
		want bool
		f    *feed
	}{{&s.dumb, m.sound, s.audio}, {&s.dark, m.picture, s.video}} {
		if k.off.Load() == k.want {
			continue
		}
		if k.want {
			k.off.Store(true)
		}
		if k.f != nil {
			s.interrupt(k.f)
		}
		k.off.Store(k.want)
		if p := s.onAir; p != nil {
			p.sounded.Store(time.Now().UnixNano())
		}
		if k.f != nil && !k.want {
			s.wakeUp(k.f)
		}
	}
}

// interrupt has viewers go on with what comes next as if nothing had been left out, and newcomers begin with nothing of before.
func (s *Show) interrupt(f *feed) {
	for _, l := range f.layers() {
		l.up.cache.Outdate()
	}
	for _, l := range s.lanes {
		l.do(s.ctx, func(time.Time) { l.interrupt(f) })
	}
}

// wakeUp asks for the key frames with which viewers go on.
func (s *Show) wakeUp(f *feed) {
	for _, l := range f.layers() {
		if l.up.video && l.wanted.Load() > 0 {
			l.up.RequestKey(time.Now())
		}
	}
}

// interrupt breaks the streams of a feed. It is called within do.
func (l *lane) interrupt(f *feed) {
	for _, list := range [][]*DownTrack{l.videos, l.audios} {
		for _, d := range list {
			if d.feed == f {
				d.interrupt()
			}
		}
	}
}

// interrupt has the stream go on without a gap when something comes again: a picture with a key frame.
func (d *DownTrack) interrupt() {
	d.forwarder.Break()
	d.spoken = 0
	if d.codec.Video() {
		d.phase = waiting
	}
}

// Cut ends the publisher of a show or seat and all its viewers, and whoever is just about to be either, and gives back what Mute took.
// Who has sent is told Forbidden when they ask for their session. Nobody can watch until somebody publishes anew: who may is for the
// caller to decide, before it cuts. A Pull comes back until its context ends. It fails only when ctx ends.
func (s *Stage) Cut(ctx context.Context, id wire.ShowID) error {
	s.mu.Lock()
	delete(s.mutes, id)
	show := s.shows[id]
	if show != nil {
		show.cuts++
	}
	s.mu.Unlock()
	if show == nil {
		return nil
	}
	err := show.do(ctx, func() {
		show.endAll(takenBack())
		show.obey()
	})
	if err != nil && ctx.Err() != nil {
		return err
	}
	return nil // a show that has ended has no sessions
}

// stands reports whether nothing was cut since the session was reserved.
func (s *Stage) stands(e *entry) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if e.cuts != e.show.cuts {
		return takenBack()
	}
	return nil
}
