package insight

import (
	"math"
	"slices"
	"time"

	"vitrine/server/wire"
)

// figures are all that a verdict is made of.
type figures struct {
	all        wire.Seen
	byProtocol map[wire.Protocol]wire.Seen
	hops       wire.Hops
	// loss and rtt are medians of those who suffer; dropped is the share of frames that came to them and were not shown.
	loss, dropped float64
	rtt           int
	// encoder is the share of pictures that the encoder had no time for, sent how many a second left it; 0 if the studio does not count.
	encoder, sent float64
	// arrives says that the uplink was measured, absent that nobody sends the show although viewers are there, cut that nothing has come
	// for a while, the studio's word neither.
	arrives, absent, cut bool
}

// group collects what a group of viewers saw.
type group struct {
	seen                         wire.Seen
	latencies, rates             []float64
	freezing                     int
	watched, frozen, made, heard int // of the last minute
}

func (g *group) add(v *viewer, now, minute sum, suffers bool) {
	g.seen.Viewers++
	if suffers {
		g.seen.Suffering++
	}
	if now.freezing() {
		g.freezing++
	}
	if v.latency > 0 {
		g.latencies = append(g.latencies, float64(v.latency.Milliseconds()))
	}
	if now.watched > 0 {
		g.rates = append(g.rates, now.fps())
	}
	g.watched += minute.watched
	g.frozen += minute.frozen
	g.made += minute.concealed
	g.heard += minute.samples
}

func (g *group) sum() wire.Seen {
	s := g.seen
	s.LatencyP50, s.LatencyP95 = int(quantile(g.latencies, 0.5)), int(quantile(g.latencies, 0.95))
	s.FPS = round(quantile(g.rates, 0.5), 10)
	s.Freezing = share(g.freezing, s.Viewers)
	s.Frozen = int(60_000 * share(g.frozen, g.watched))
	s.Concealed = share(g.made, g.heard)
	return s
}

// figures makes them of what is known, and forgets viewers who have said nothing for a minute.
func (s *show) figures(now time.Time) figures {
	f := figures{byProtocol: map[wire.Protocol]wire.Seen{}}
	way, measured := s.tellsOf(&f, now)
	f.hops.Uplink, f.hops.Server = ways(measured)
	f.arrives = f.hops.Uplink != nil
	if n := len(s.measured); n > 0 {
		f.absent, f.cut = s.measured[n-1].Source == 0, s.cut(s.measured[n-1].Quiet, now)
		if f.arrives {
			f.hops.Uplink.Quiet = int(s.measured[n-1].Quiet.Milliseconds())
		}
	}
	if way != nil {
		if !f.arrives {
			f.hops.Uplink = &wire.Uplink{}
		}
		f.hops.Uplink.Way = way
	}
	fps := 0.0
	if f.hops.Uplink != nil {
		fps = f.hops.Uplink.FPS
	}
	all, groups := &group{}, map[wire.Protocol]*group{}
	var last lastMile
	for name, v := range s.viewers {
		switch age := now.Sub(v.at); {
		case age > keptFor:
			delete(s.viewers, name)
			continue
		case age > silentFor:
			continue
		}
		recent, minute := v.since(now.Add(-seenFor)), v.since(now.Add(-keptFor))
		suffers := recent.suffers(fps)
		g := groups[v.protocol]
		if g == nil {
			g = &group{}
			groups[v.protocol] = g
		}
		g.add(v, recent, minute, suffers)
		all.add(v, recent, minute, suffers)
		last.add(v, recent, suffers)
	}
	f.all = all.sum()
	for p, g := range groups {
		f.byProtocol[p] = g.sum()
	}
	f.loss, f.rtt = round(quantile(last.badLoss, 0.5), 1000), int(quantile(last.badTrip, 0.5))
	f.dropped = round(share(last.dropped, last.dropped+last.shown), 1000)
	if f.all.Viewers > 0 {
		f.hops.LastMile = last.sum()
		if n := len(s.measured); n > 0 {
			f.hops.LastMile.Silent = max(0, s.measured[n-1].Viewers-f.byProtocol[wire.WHEP].Viewers)
		}
	}
	return f
}

// cut says whether nothing at all comes: while the studio is heard its way is not cut, though pictures may wait.
func (s *show) cut(quiet time.Duration, now time.Time) bool {
	n := len(s.studio)
	heard := n > 0 && now.Sub(s.studio[n-1].at) < quiet-soonest
	return quiet > quietBad && !heard
}

// lastMile collects the ways to the viewers, and apart from them those of who suffers.
type lastMile struct {
	losses, trips, badLoss, badTrip []float64
	limited, shown, dropped         int
}

func (l *lastMile) add(v *viewer, s sum, suffers bool) {
	l.losses, l.trips = append(l.losses, v.loss), append(l.trips, float64(v.rtt))
	if v.limited {
		l.limited++
	}
	if suffers {
		l.badLoss, l.badTrip = append(l.badLoss, v.loss), append(l.badTrip, float64(v.rtt))
		l.shown += s.shown
		l.dropped += s.dropped
	}
}

func (l *lastMile) sum() *wire.LastMile {
	return &wire.LastMile{
		Loss: round(quantile(l.losses, 0.5), 1000), LossP95: round(quantile(l.losses, 0.95), 1000),
		RTT: int(quantile(l.trips, 0.5)), RTTP95: int(quantile(l.trips, 0.95)), Limited: l.limited,
	}
}

// ways are the uplink and the server over the time measured; nil before there are two measurements of different times.
func ways(measured []sample) (*wire.Uplink, *wire.Serving) {
	n := len(measured)
	if n == 0 || !measured[n-1].at.After(measured[0].at) {
		return nil, nil
	}
	a, b := measured[0], measured[n-1]
	span := b.at.Sub(a.at)
	server := &wire.Serving{
		Late: perMinute(b.Late-a.Late, span), Dropped: share(int(b.Dropped-a.Dropped), int(b.Dropped-a.Dropped+b.Sent-a.Sent)),
	}
	if b.Processors > 0 {
		server.CPU = round(float64(b.CPU-a.CPU)/float64(span)/float64(b.Processors), 1000)
	}
	if w := int(b.Waits - a.Waits); w > 0 {
		server.Queued = int((b.Waited - a.Waited).Milliseconds()) / w
	}
	return arrival(measured), server
}

// arrival adds up what came between every two measurements of one stream: viewers may turn to another size, which is another stream.
func arrival(measured []sample) *wire.Uplink {
	var sum Measured
	var span time.Duration
	for i := 1; i < len(measured); i++ {
		a, b := measured[i-1], measured[i]
		if a.Source == 0 || a.Source != b.Source {
			continue
		}
		span += b.at.Sub(a.at)
		sum.Frames += b.Frames - a.Frames
		sum.Packets += b.Packets - a.Packets
		sum.Lost += b.Lost - min(a.Lost, b.Lost) // what only came late was not lost
		sum.Gone += b.Gone - a.Gone
		sum.Stalled += b.Stalled - a.Stalled
		sum.Skipped += b.Skipped - a.Skipped
	}
	if span == 0 {
		return nil
	}
	last := measured[len(measured)-1]
	return &wire.Uplink{
		FPS: round(float64(sum.Frames)/span.Seconds(), 10), Bitrate: last.Bitrate,
		Stalled: perMinute(sum.Stalled, span), Skipped: perMinute(sum.Skipped, span),
		Loss: round(share(int(sum.Lost), int(sum.Packets)), 1000), Unrepaired: round(share(int(sum.Gone), int(sum.Packets)), 10_000),
		Jitter: int(last.Jitter.Milliseconds()),
	}
}

// perMinute is a part of a span in ms a minute.
func perMinute(part, span time.Duration) int { return int(float64(part) / float64(span) * 60_000) }

// tellsOf fills in what the studio says, if it still does. measured is what the server measured over the same time, as far as the studio
// counts.
func (s *show) tellsOf(f *figures, now time.Time) (way *wire.Way, measured []sample) {
	n := len(s.studio)
	if n == 0 || now.Sub(s.studio[n-1].at) > toldFor {
		return nil, s.measured
	}
	a, b := s.studio[0], s.studio[n-1]
	f.hops.Capture, f.hops.Encode = &b.Capture, &b.Encode
	pictures, dropped, span := b.Encode.Pictures-a.Encode.Pictures, b.Encode.Dropped-a.Encode.Dropped, b.at.Sub(a.at)
	if b.Encode.Pictures == 0 {
		return &b.Way, s.measured
	}
	stalled, late := b.Encode.Stalled-a.Encode.Stalled, b.Encode.Late-a.Encode.Late
	f.hops.Encode.Pictures, f.hops.Encode.Stalled, f.hops.Encode.Late = pictures, 0, 0
	if span > 0 {
		f.encoder, f.sent = share(dropped, dropped+pictures), round(float64(pictures)/span.Seconds(), 10)
		f.hops.Encode.FPS = f.sent
		f.hops.Encode.Stalled, f.hops.Encode.Late = perMinute(milliseconds(stalled), span), perMinute(milliseconds(late), span)
	}
	for _, m := range s.measured {
		if !m.at.Before(a.at) && !m.at.After(b.at) {
			measured = append(measured, m)
		}
	}
	return &b.Way, measured
}

func milliseconds(n int) time.Duration { return time.Duration(n) * time.Millisecond }

// quantile of values, which it sorts; 0 of none.
func quantile(list []float64, q float64) float64 {
	if len(list) == 0 {
		return 0
	}
	slices.Sort(list)
	return list[min(int(q*float64(len(list))), len(list)-1)]
}

// round to parts of one.
func round(x float64, parts float64) float64 { return math.Round(x*parts) / parts }
