package live

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/rtcp"
)

const (
	videoQueue  = 256
	audioQueue  = 64
	reportQueue = 256

	// Bursts are paced so that they fit the socket buffers on the way: every burstTick a viewer gets burstLeast packets (about
	// 38 Mbit/s), and those of long backlogs up to burstMost; all viewers of a lane together get burstTotal.
	burstTick  = time.Millisecond
	burstLeast = 4
	burstMost  = 12
	burstTotal = 96
	burstShare = 250 // a backlog is meant to be sent in so many ticks

	reportEvery = time.Second

	// The packets of a picture frame are sent together, because runs of packets to one viewer are what sending costs least for:
	// at the frame's end, when there are frameMost, or frameWait after the first.
	frameMost = 32
	frameWait = time.Millisecond
)

// lane sends the tracks of a show to a part of its viewers. Its goroutine alone touches their DownTracks.
type lane struct {
	video, audio chan *Packet
	feedback     chan feedback
	calls        chan func(now time.Time)
	overrun      atomic.Bool // a picture packet did not fit the queue
	stats        *counters

	viewers int // attached; belongs to the show's loop, which spreads viewers by it

	out            *outbox
	videos, audios []*DownTrack
	frame          []*Packet // of the picture, not sent yet
	room           []*Packet
	trail          trail
}

// feedback is what a viewer's RTCP asks for.
type feedback struct {
	down  *DownTrack
	nacks []rtcp.NackPair
	key   bool
	// guard learns of transport-wide feedback, or of packets some of which were lost, and of a round trip, as far as there is any.
	guard         *guard
	transport     []byte // the message; from messageRoom, which gets it back
	packets, lost int
	rtt           time.Duration
	limit         float64 // bits a second that the viewer names; 0 if it names none
}

// messageRoom are buffers for messages of feedback on their way to a lane.
var messageRoom = sync.Pool{New: func() any { return new([receiveMTU]byte) }}

func newLane(stats *counters, out *outbox) *lane {
	return &lane{
		out: out, frame: make([]*Packet, 0, frameMost),
		video: make(chan *Packet, videoQueue), audio: make(chan *Packet, audioQueue),
		feedback: make(chan feedback, reportQueue), calls: make(chan func(time.Time)),
		stats: stats, room: make([]*Packet, 0, burstMost),
	}
}

// offer hands over a packet for all viewers of the lane. It never blocks. It may be called from any one goroutine a kind.
func (l *lane) offer(p *Packet, video bool) {
	queue, dropped := l.audio, &l.stats.audioDropped
	if video {
		queue, dropped = l.video, &l.stats.videoDropped
	}
	select {
	case queue <- p:
	default:
		dropped.Add(1)
		if video {
			l.overrun.Store(true)
		}
	}
}

// tell hands over a viewer's wishes. It never blocks.
func (l *lane) tell(f feedback) {
	select {
	case l.feedback <- f:
	default:
		l.stats.reportsDropped.Add(1)
	}
}

// do has the lane call f, and returns once the lane has taken it, or when ctx ends.
func (l *lane) do(ctx context.Context, f func(now time.Time)) {
	select {
	case l.calls <- f:
	case <-ctx.Done():
	}
}

// attach begins to send the tracks; detach ends it for good. They are called within do.
func (l *lane) attach(now time.Time, downs []*DownTrack) {
	for _, d := range downs {
		d.attached = true
		if d.codec.Video() {
			l.videos = append(l.videos, d)
		} else {
			l.audios = append(l.audios, d)
		}
		d.start(now)
		l.see(d, now)
	}
}

func (l *lane) detach(downs []*DownTrack) {
	for _, d := range downs {
		d.attached = false
		l.videos, l.audios = remove(l.videos, d), remove(l.audios, d)
		d.stop()
	}
}

func remove(list []*DownTrack, d *DownTrack) []*DownTrack {
	for i := range list {
		if list[i] == d {
			list[i] = list[len(list)-1]
			list[len(list)-1] = nil
			return list[:len(list)-1]
		}
	}
	return list
}

// run sends until ctx ends.
func (l *lane) run(ctx context.Context) error {
	reports := time.NewTicker(reportEvery)
	defer reports.Stop()
	steers := time.NewTicker(lookAround)
	defer steers.Stop()
	pace := time.NewTicker(burstTick)
	defer pace.Stop()
	pace.Stop()
	wait := time.NewTimer(frameWait)
	wait.Stop()
	paced := false
	for {
		select {
		case <-ctx.Done():
			return nil
		case p := <-l.audio:
			l.room = append(l.room[:0], p)
			l.fan(l.audios, l.room)
		case p := <-l.video:
			begun := len(l.frame) > 0
			if l.gather(p) {
				wait.Stop()
				l.fanVideo()
			} else if !begun {
				wait.Reset(frameWait)
			}
		case <-wait.C:
			l.fanVideo()
		case f := <-l.feedback:
			l.answer(f, time.Now())
		case f := <-l.calls:
			f(time.Now())
		case <-pace.C:
			now := time.Now()
			l.pump(now)
			l.trail.repeat(l.videos, now)
			for _, d := range l.videos {
				d.probe(now)
			}
		case <-reports.C:
			l.report(time.Now())
		case <-steers.C:
			now := time.Now()
			for _, d := range l.videos {
				d.steer(now)
			}
		}
		l.out.flush()
		if b := l.busy(); b != paced {
			if paced = b; b {
				pace.Reset(burstTick)
			} else {
				pace.Stop()
			}
		}
	}
}

// gather takes a picture packet, and those that wait behind it, and reports whether it is time to send them.
func (l *lane) gather(p *Packet) (complete bool) {
	for {
		l.frame = append(l.frame, p)
		if p.Marker || len(l.frame) == frameMost {
			return true
		}
		select {
		case p = <-l.video:
		default:
			return false
		}
	}
}

// fanVideo sends the picture packets that were gathered, after all sound that waits.
func (l *lane) fanVideo() {
	for range len(l.audio) {
		l.room = append(l.room[:0], <-l.audio)
		l.fan(l.audios, l.room)
	}
	if !l.overrun.Swap(false) {
		l.fan(l.videos, l.frame)
		l.trail.add(l.frame, time.Now())
		l.frame = l.frame[:0]
		return
	}
	l.stats.videoDropped.Add(uint64(len(l.frame) + len(l.video)))
	l.frame = l.frame[:0]
	for range len(l.video) {
		<-l.video
	}
	now := time.Now()
	for _, d := range l.videos {
		d.recover(now)
	}
}

func (l *lane) fan(downs []*DownTrack, list []*Packet) {
	now := time.Now()
	if len(list) > 0 {
		l.stats.waits.Add(1)
		l.stats.waited.Add(now.UnixNano() - list[0].at)
	}
	packets, bytes := 0, 0
	for _, d := range downs {
		for _, p := range list {
			k, b := d.offer(p, now)
			packets, bytes = packets+k, bytes+b
		}
		if d.reportDue {
			d.report(now)
		}
	}
	l.count(packets, bytes)
}

func (l *lane) count(packets, bytes int) {
	l.stats.packetsOut.Add(uint64(packets))
	l.stats.bytesOut.Add(uint64(bytes))
}

// busy reports whether a viewer has packets to get that no arriving packet sends.
func (l *lane) busy() bool {
	for _, d := range l.videos {
		if d.phase == bursting || d.guard.shield().Copies > 0 || d.guard.way.link.probe.sending() {
			return true
		}
	}
	return false
}

// pump gives viewers in a burst their share of one tick, first come first served: a picture soon for some is better than a
// picture late for all.
func (l *lane) pump(now time.Time) {
	packets, bytes := 0, 0
	for _, d := range l.videos {
		if d.phase != bursting || packets >= burstTotal {
			continue
		}
		n := burstLeast
		if _, newest := d.up.cache.Key(); newest != nil {
			n = min(max(int(newest.Index-d.cursor)/burstShare, burstLeast), burstMost)
		}
		k, b := d.pump(n, l.room[:0], now)
		packets, bytes = packets+k, bytes+b
	}
	l.count(packets, bytes)
}

func (l *lane) answer(f feedback, now time.Time) {
	if f.transport != nil {
		f.guard.told(f.transport, now)
		f.down.steer(now)
		messageRoom.Put((*[receiveMTU]byte)(f.transport[:receiveMTU]))
	}
	if f.limit > 0 {
		f.guard.way.link.limit(f.limit)
	}
	if f.packets > 0 {
		f.guard.reported(f.packets, f.lost, now)
		f.guard.way.link.judged(float64(f.lost)/float64(f.packets), f.guard.picture, now)
	}
	if f.rtt > 0 {
		f.guard.tripped(f.rtt)
	}
	asked, sent := 0, 0
	for i := range f.nacks {
		f.nacks[i].Range(func(sequence uint16) bool {
			asked++
			if f.down.resend(sequence) {
				sent++
			}
			return true
		})
	}
	l.stats.nacked.Add(uint64(asked))
	l.stats.resent.Add(uint64(sent))
	if f.key {
		f.down.keyWanted(now)
	}
}

// report sends every viewer its sender reports, and asks for the key frame that somebody waits for.
func (l *lane) report(now time.Time) {
	for _, list := range [][]*DownTrack{l.videos, l.audios} {
		for _, d := range list {
			d.resends = resendsPerSecond
			d.report(now)
			if d.phase == waiting && d.next == nil {
				d.up.RequestKey(now)
			}
		}
	}
}
