package live

import (
	"context"
	"time"

	"vitrine/server/wire"
)

const (
	// stallLeast and stallFrames say from when on a viewer would see that no picture comes (W3C webrtc-stats, freezeCount): after three
	// frames, and a frame and stallLeast.
	stallLeast  = 150 * time.Millisecond
	stallFrames = 3
	// stallMost is the longest pause that counts as a stall: beyond it the stream was paused, or is interrupted, which is told otherwise.
	stallMost = 5 * time.Second
	// usualMost bounds what is taken for the usual time between frames.
	usualMost = 200 * time.Millisecond
)

// arrival measures how complete pictures come, as a screen that shows each at once would count it. It is pure; the zero value with a
// rate is ready.
type arrival struct {
	rate   uint32 // ticks a second
	frames uint64
	// stalled is the sum of stalls; skipped that of the same in the pictures' own time, for what was never made cannot come.
	stalled, skipped time.Duration

	at    time.Time // when the newest frame was complete
	ticks uint32    // of it
	usual time.Duration
}

// completed takes a frame whose last packet has come.
func (a *arrival) completed(ticks uint32, now time.Time) {
	step := int32(ticks - a.ticks)
	if a.frames > 0 && step <= 0 {
		return // it comes late, or its end twice
	}
	if a.frames++; a.frames == 1 {
		a.at, a.ticks, a.usual = now, ticks, usualMost/2
		return
	}
	gap, media := now.Sub(a.at), time.Duration(float64(step)/float64(a.rate)*float64(time.Second))
	a.at, a.ticks = now, ticks
	if limit := max(stallFrames*a.usual, a.usual+stallLeast); gap > limit {
		if gap <= stallMost {
			a.stalled += gap
			if media > limit {
				a.skipped += min(media, gap)
			}
		}
	}
	a.usual += (min(gap, usualMost) - a.usual) / 16
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
		Source: u.serial<<32 | uint64(u.epoch), Frames: u.arrival.frames, Stalled: u.arrival.stalled, Skipped: u.arrival.skipped,
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

// pulseEvery is how often it is looked whether the process gets a processor when it wants one, pulseSlack how late it may be without
// counting.
const pulseEvery, pulseSlack = 20 * time.Millisecond, 20 * time.Millisecond

// pulse measures until ctx ends how late this process gets a processor: what waits for it waits as long.
func (s *Stage) pulse(ctx context.Context) error {
	wait := time.NewTimer(pulseEvery)
	defer wait.Stop()
	for due := time.Now().Add(pulseEvery); ; due = time.Now().Add(pulseEvery) {
		select {
		case <-ctx.Done():
			return nil
		case <-wait.C:
		}
		if late := time.Since(due); late > pulseSlack {
			s.stats.late.Add(int64(late))
		}
		wait.Reset(pulseEvery)
	}
}
