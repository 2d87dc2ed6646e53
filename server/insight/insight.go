// Package insight says what the viewers of a show really see now, and names the part of the way that is to blame when it is not
// what they should: capture, encoder, uplink, server or last mile. Players and the studio report to a Desk, which measures the
// server besides, aggregates (wire.Truth) and judges.
//
// What it owns: the reports of the last minute of each viewer, the studio's of the last fifteen seconds, measurements of the
// same time, and the verdict on each show. All of that is bounded: a viewer is half a kilobyte to two, a show has up to viewersMost,
// and who says nothing for a minute is forgotten. It has no queue: a report is taken under a mutex by whoever brings it, and once
// a second Run aggregates and judges under the same mutex, which takes a millisecond for thousands of viewers.
//
// Decisions. A hop is guilty when what goes into it is good and what comes out of it is not, so every hop is judged by a
// measurement on each of its sides and not by its load: a busy server whose viewers are well is nobody's trouble. What players
// cannot see comes first: a frozen camera, and a picture made smaller for a slow encoder, which they show as it comes; there the
// studio's word alone decides. The uplink is judged by how complete pictures arrive at the server, after all repair, as a
// viewer's screen would count it; loss alone, which repair makes good, accuses nobody. What arrives is held against what left the
// encoder, counted alike (wire.Stalls) and over the same stretch: the server measures as a studio's report comes, and judges the
// uplink from the first to the last report of the time, not by what has happened since. Where a studio does not count, gaps in
// arrival are compared with those in the pictures' own timestamps. Studio and server both tell how late they get a processor
// (wire.Pulse): it is looked at after loss on the uplink, which is none of their making, for what a server does not read waits in the
// socket; and before pictures that come late, because a program that sleeps sends late or finds everything late. Of pictures that
// come late the uplink is to blame when it kept them longer than studio and server together, else the later of the two. What all
// viewers suffer at a time has a cause that they share; what some suffer while others are well has not, and is their own last mile,
// unless studio or server are so late that short buffers run dry. Where viewers suffer and no hop's figures say why, nobody is named.
//
// Viewers are judged over ten seconds and hops over fifteen, because viewers report later than things happen: so that at the end of a
// fault the hop is not found innocent while its victims still count. A verdict needs three seconds to change and five to be lifted;
// while viewers suffer and nobody is named yet, that is said, and not that all is well.
package insight

import (
	"context"
	"sync"
	"time"

	"vitrine/server/wire"
)

const (
	// seenFor is over what time viewers are judged, hopsFor hops; keptFor is how long reports are kept.
	seenFor = 10 * time.Second
	hopsFor = 15 * time.Second
	keptFor = time.Minute
	// silentFor is after what time without a report a player is not heard any more: reports come every two to five seconds.
	silentFor = 6 * time.Second
	// toldFor is how long a studio's report counts as its word.
	toldFor = 7 * time.Second
	// lookEvery is how often shows are measured and judged.
	lookEvery = time.Second
	// viewersMost is how many viewers of a show are remembered.
	viewersMost = 20_000
	// soonest is the least time between two reports of one that are taken.
	soonest = wire.ReportEvery / 2
)

// Measured is what the server knows of a show and of itself. Counters only grow as long as Source is the same.
type Measured struct {
	// Viewers are connected.
	Viewers int
	// Source tells the streams apart that the counters up to Stalled and Skipped are of; 0 while nobody sends.
	Source uint64
	// Frames are complete pictures, Packets those that should have come, Lost those that did not by themselves, Gone never did.
	Frames, Packets, Lost, Gone uint64
	// Stalled is how long pictures were missing as a viewer would see it, Skipped how much of that the host's clock has none for.
	Stalled, Skipped time.Duration
	Bitrate          int // bits a second
	Quiet, Jitter    time.Duration
	// Sent are packets forwarded in all shows, Dropped those that were not for a full queue. Waits counts batches that waited to be
	// forwarded, together for Waited.
	Sent, Dropped, Waits uint64
	Waited               time.Duration
	// Late is how much too late the server got a processor, summed up; CPU what it has used of Processors.
	Late, CPU  time.Duration
	Processors int
}

// Config is what a Desk needs.
type Config struct {
	Now func() time.Time
	// Measure measures a show; ok is false while nobody uses it. It must not block.
	Measure func(wire.ShowID) (m Measured, ok bool)
}

// Desk takes reports and says what they mean. It is safe for concurrent use.
type Desk struct {
	cfg Config

	mu    sync.Mutex // guards what follows; never held over Measure
	shows map[wire.ShowID]*show
}

// show is what is known about one.
type show struct {
	viewers  map[string]*viewer
	studio   []told
	measured []sample
	settled  settled
	truth    wire.Truth
	usedAt   time.Time
}

type told struct {
	at time.Time
	wire.StudioReport
}

type sample struct {
	at time.Time
	Measured
}

// New makes a desk.
func New(cfg Config) *Desk { return &Desk{cfg: cfg, shows: map[wire.ShowID]*show{}} }

// Heard is a player's report with what the server knows about that viewer.
type Heard struct {
	Report wire.PlayerReport
	// Latency is from the host to the screen, but for the way to the server, which the studio tells; 0 if not known.
	Latency time.Duration
	// Link is how the server sees the way to the viewer; nil if it does not. Limited says that the viewer is sent a smaller picture
	// than there is, because the way carries no more.
	Link    *wire.LinkEvent
	Limited bool
}

// Player takes a report that has been validated. Viewer tells the viewers of a show apart. Errors have code RateLimited.
func (d *Desk) Player(id wire.ShowID, name string, h Heard) error {
	now := d.cfg.Now()
	d.mu.Lock()
	defer d.mu.Unlock()
	s := d.show(id, now)
	if n := len(s.studio); n > 0 && h.Latency > 0 && now.Sub(s.studio[n-1].at) <= toldFor {
		h.Latency += time.Duration(s.studio[n-1].Way.RTT) * time.Millisecond / 2
	}
	v := s.viewers[name]
	switch {
	case v == nil && len(s.viewers) >= viewersMost:
		return &wire.Error{Code: wire.RateLimited, Text: "too many players report", RetryAfter: keptFor}
	case v == nil:
		v = &viewer{}
		s.viewers[name] = v
	case now.Sub(v.at) < soonest:
		return &wire.Error{Code: wire.RateLimited, Text: "a player reports every two seconds at most", RetryAfter: wire.ReportEvery}
	}
	v.take(h, now)
	return nil
}

// Studio takes a studio's report that has been validated, and answers with the truth.
func (d *Desk) Studio(id wire.ShowID, r wire.StudioReport) wire.Truth {
	now := d.cfg.Now()
	d.mu.Lock()
	s := d.show(id, now)
	n := len(s.studio)
	if n > 0 && now.Sub(s.studio[n-1].at) < soonest {
		d.mu.Unlock()
		return d.Truth(id)
	}
	if n > 0 && (r.Encode.Pictures < s.studio[n-1].Encode.Pictures || r.Encode.Dropped < s.studio[n-1].Encode.Dropped) {
		s.studio = nil // it has begun anew
	}
	s.studio = append(s.studio, told{now, r})
	d.mu.Unlock()
	return d.look(id, now) // measured now: what the studio has sent is held against what has come by then
}

// Truth is what is known about a show, at most a second old while Run runs.
func (d *Desk) Truth(id wire.ShowID) wire.Truth {
	now := d.cfg.Now()
	d.mu.Lock()
	s := d.show(id, now)
	t := s.truth
	d.mu.Unlock()
	if t.At.IsZero() {
		return d.look(id, now)
	}
	return t
}

// show finds or makes what is kept of a show.
func (d *Desk) show(id wire.ShowID, now time.Time) *show {
	s := d.shows[id]
	if s == nil {
		s = &show{viewers: map[string]*viewer{}}
		d.shows[id] = s
	}
	s.usedAt = now
	return s
}

// Run measures and judges once a second until ctx ends.
func (d *Desk) Run(ctx context.Context) error {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
			d.Look()
		}
	}
}

// Look measures and judges all shows, and forgets those that nobody has told or asked about for a minute.
func (d *Desk) Look() {
	now := d.cfg.Now()
	var ids []wire.ShowID
	d.mu.Lock()
	for id, s := range d.shows {
		if now.Sub(s.usedAt) > keptFor {
			delete(d.shows, id)
		} else {
			ids = append(ids, id)
		}
	}
	d.mu.Unlock()
	for _, id := range ids {
		d.look(id, now)
	}
}

// look measures and judges one show.
func (d *Desk) look(id wire.ShowID, now time.Time) wire.Truth {
	m, used := d.cfg.Measure(id)
	d.mu.Lock()
	defer d.mu.Unlock()
	s := d.shows[id]
	if s == nil {
		return wire.Truth{Show: id, At: now}
	}
	if used {
		s.measured = append(fresh(s.measured, now.Add(-hopsFor), func(x sample) time.Time { return x.at }), sample{now, m})
	} else {
		s.measured = nil
	}
	s.studio = fresh(s.studio, now.Add(-hopsFor), func(t told) time.Time { return t.at })
	f := s.figures(now)
	s.truth = wire.Truth{
		Show: id, At: now, Viewers: m.Viewers, All: f.all, ByProtocol: f.byProtocol, Hops: f.hops,
		Verdict: s.settled.take(judge(f), unnamed(f.all), now),
	}
	return s.truth
}

// fresh leaves out what is older than from; the list is in order of time.
func fresh[T any](list []T, from time.Time, at func(T) time.Time) []T {
	n := 0
	for n < len(list) && at(list[n]).Before(from) {
		n++
	}
	return append(list[:0], list[n:]...)
}
