package live

import (
	"context"
	"time"

	"vitrine/server/wire"
)

// arrival measures how complete pictures come. It is pure; the zero value with a rate is ready.
type arrival struct {
	rate uint32 // ticks a second
	wire.Stalls
	ticks uint32 // of the newest frame
}

// completed takes a frame whose last packet has come.
func (a *arrival) completed(ticks uint32, now time.Time) {
	step := int32(ticks - a.ticks)
	if a.Pictures > 0 && step <= 0 {
		return // it comes late, or its end twice
	}
	a.ticks = ticks
	a.Take(time.Duration(float64(step)/float64(a.rate)*float64(time.Second)), now)
}

// Arrival is how a stream has come since it began, after repair. Its counters only grow as long as Source is the same.
type Arrival struct {
	Source uint64
	// Frames are complete pictures, Packets those that should have come, Lost those that did not by themselves, Gone never did.
	Frames, Packets, Lost, Gone uint64
	// Stalled is for how long a viewer at the server would have seen pictures missing, Skipped how much of that the publisher's clock
	// has no pictures for.
	Stalled, Skipped time.Duration
	Bitrate          int // bits a second
	Quiet, Jitter    time.Duration
}

// Arrival is how the publisher's stream comes.
func (u *UpTrack) Arrival(now time.Time) Arrival {
	u.mu.Lock()
	defer u.mu.Unlock()
	a := Arrival{
		Source: u.serial<<32 | uint64(u.epoch), Frames: u.arrival.Pictures, Stalled: u.arrival.Stalled, Skipped: u.arrival.Skipped,
		Lost: uint64(max(u.reception.lost, 0)), Gone: u.reception.gone, Bitrate: u.meter.rate(now), Quiet: u.Quiet(now),
		Jitter: time.Duration(u.reception.jitter / float64(u.rate) * float64(time.Second)),
	}
	if u.reception.started {
		a.Packets = uint64(u.reception.highest - u.reception.first + 1)
	}
	return a
}

// watched is the layer that most viewers are sent, of those that flow; the best one while nobody is.
func (f *feed) watched(now time.Time) *Layer {
	most := f.best(now)
	for _, l := range f.layers() {
		if l.Alive(now) && l.wanted.Load() > most.wanted.Load() {
			most = l
		}
	}
	return most
}

// Arrival is how the picture of a show comes, or its sound where it has no picture, in the size that most viewers see, and how many
// viewers there are. ok is false while nobody publishes it.
func (s *Stage) Arrival(id wire.ShowID, now time.Time) (a Arrival, viewers int, ok bool) {
	s.mu.Lock()
	show := s.shows[id]
	s.mu.Unlock()
	if show == nil {
		return a, 0, false
	}
	on := show.state.Load()
	f := on.video
	if f == nil {
		f = on.audio
	}
	if on.publishers == 0 || f == nil {
		return a, on.viewers, false
	}
	return f.watched(now).up.Arrival(now), on.viewers, true
}

// Said is a viewer's report, with what the server knows besides.
type Said struct {
	Report wire.PlayerReport
	// Latency is from when the picture on screen left the publisher, as its reports tell, to when it was reported, but for the way to
	// us; 0 if that is not known.
	Latency time.Duration
	Link    wire.LinkEvent
	// Limited says that the viewer is sent a smaller picture than there is, by our choice.
	Limited bool
}

// report hands on what the viewer reports.
func (v *Viewer) report(ctx context.Context, r wire.PlayerReport) {
	l := v.lane.Load()
	if l == nil || v.tells == nil {
		return
	}
	said := make(chan Said, 1)
	l.do(ctx, func(now time.Time) { said <- v.said(r, now) })
	select {
	case s := <-said:
		v.tells(s) // here, for the lane waits for nobody
	case <-ctx.Done():
	}
}

// said adds to a report what the lane knows. It belongs to the lane.
func (v *Viewer) said(r wire.PlayerReport, now time.Time) Said {
	s := Said{Report: r, Link: v.linkEvent()}
	v.sight.mu.Lock()
	seen := v.sight.seen
	v.sight.mu.Unlock()
	if n := len(seen.Layers); n > 1 && seen.Pinned == "" {
		s.Limited = seen.Current != seen.Layers[n-1].ID
	}
	if c := v.steered().up.clock.Load(); c != nil && r.Playing > 0 {
		ntp, _ := c.read(now)
		host := int64(ntp>>32-ntpEpoch)*1000 + int64(ntp&0xffffffff*1000>>32)
		if d := time.Duration(host-r.Playing)*time.Millisecond - v.guard.rtt/2; d > 0 && d < time.Minute {
			s.Latency = d
		}
	}
	return s
}
