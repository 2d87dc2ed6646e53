package publish

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/klauspost/reedsolomon"
	"github.com/pion/rtcp"

	"vitrine/capture/frame"
)

const (
	// Packets that wait for the sending loop, and what the server said about them.
	videoQueue = 8 * frame.Layers
	audioQueue = 16
	heardQueue = 64
	// reportInterval is short against RFC 3550's 5 s because receivers align sound and picture by the first report.
	reportInterval = time.Second
	// probeStep is the time between two packets of a probe, or a few.
	probeStep = 5 * time.Millisecond
	// What an estimate holds besides pictures: headers of pictures, a tenth, and sound, in bits a second.
	headerPart   = 10
	roomForSound = 300_000
	// unexpected is searched for until the show says what it can use.
	unexpected = 3_000_000
)

// sender turns packets into RTP for one connection. Its loop owns the streams, the estimate of the path and the pace; the
// queues in front of it never wait: a full video queue drops up to the next key frame and asks for one, a full sound queue
// drops the newest packet.
type sender struct {
	layers  []*layer // largest first; empty when only sound is sent
	audio   *stream
	videoIn chan *frame.Packet
	audioIn chan *frame.Packet
	heardIn chan []rtcp.Packet
	// control writes RTCP.
	control func([]rtcp.Packet) error
	// keyFrame and demand steer the encoder; expected is what it can use at most, in bits a second.
	keyFrame func(frame.Layer)
	demand   func(frame.Demand)
	expected *atomic.Int64
	reports  *receiverReports
	position func() time.Duration // of the show's clock now; nil where nobody says

	start   time.Time
	bytes   atomic.Int64 // RTP payload sent
	carries atomic.Int64 // the estimate, in bits a second; 0 unknown
	dropped atomic.Uint64

	// Of the loop:
	pending   []outgoing // rest of the picture that is leaving, and its parity
	of        *layer     // it belongs to
	begun     bool
	epoch     time.Time     // wall time of position 0 on the show's clock
	newest    time.Duration // latest position sent
	transport uint16        // number of the next packet of all streams
	estimate  *estimator
	pace      pacer
	repair    repair
	parity    protection
	sound     meter
	plain     meter   // of all streams, without padding and repetitions
	usual     float64 // repetition, averaged
	demanded  frame.Demand
	told      bool // demanded was
}

// senderWays is what a sender speaks through.
type senderWays struct {
	control  func([]rtcp.Packet) error
	keyFrame func(frame.Layer)
	demand   func(frame.Demand)
	expected *atomic.Int64
	reports  *receiverReports
	position func() time.Duration // of the show's clock now; nil where nobody says
}

func newSender(layers []*layer, audio *stream, w senderWays) *sender {
	return &sender{
		layers: layers, audio: audio, start: time.Now(), position: w.position, estimate: newEstimator(unexpected),
		parity:  protection{coded: map[[2]int]reedsolomon.Encoder{}},
		control: w.control, keyFrame: w.keyFrame, demand: w.demand, expected: w.expected, reports: w.reports,
		videoIn: make(chan *frame.Packet, videoQueue), audioIn: make(chan *frame.Packet, audioQueue),
		heardIn: make(chan []rtcp.Packet, heardQueue),
	}
}

// single reports whether the server takes one stream only.
func (s *sender) single() bool { return len(s.layers) == 1 || !s.layers[1].taken && !s.layers[2].taken }

// layer is where pictures of a size go; nil where nothing takes them.
func (s *sender) layer(size frame.Layer) *layer {
	switch {
	case len(s.layers) == 0:
		return nil
	case s.single():
		return s.layers[0]
	case !s.layers[size].taken:
		return nil
	default:
		return s.layers[size]
	}
}

// writeVideo queues a picture or drops it. Safe for any goroutine.
func (s *sender) writeVideo(p *frame.Packet) {
	l := s.layer(p.Layer)
	if l == nil {
		return
	}
	if !l.takes(p) {
		s.dropped.Add(1)
		s.askKey(l, p.Layer)
		return
	}
	select {
	case s.videoIn <- p:
		if p.Key {
			l.needKey.Store(false)
		}
	default:
		s.dropped.Add(1)
		l.needKey.Store(true)
		s.askKey(l, p.Layer)
	}
}

// writeAudio queues sound or drops it. Safe for any goroutine.
func (s *sender) writeAudio(p *frame.Packet) {
	select {
	case s.audioIn <- p:
	default:
		s.dropped.Add(1)
	}
}

// askKey asks for a key frame of a size unless that was done a moment ago. Safe for any goroutine.
func (s *sender) askKey(l *layer, size frame.Layer) {
	now := int64(time.Since(s.start))
	last := l.asked.Load()
	if now-last >= int64(keyPatience) && l.asked.CompareAndSwap(last, now) {
		s.keyFrame(size)
	}
}

// askKeys asks for a key frame of every size that flows.
func (s *sender) askKeys() {
	for _, l := range s.layers {
		if l.taken {
			s.askKey(l, frame.Layer(l.source.Load()))
		}
	}
}

// hear queues what the server said, or drops it: it says it again. Safe for any goroutine.
func (s *sender) hear(packets []rtcp.Packet) {
	select {
	case s.heardIn <- packets:
	default:
	}
}

func (s *sender) now() time.Duration { return time.Since(s.start) }

// run sends until ctx ends.
func (s *sender) run(ctx context.Context) error {
	report := time.NewTicker(reportInterval)
	defer report.Stop()
	wake := time.NewTimer(0)
	defer wake.Stop()
	s.pace.set(0)
	s.follow()
	for {
		video := s.videoIn
		if len(s.pending) > 0 {
			video = nil // one picture after the other; sound goes between the bursts
		}
		select {
		case <-ctx.Done():
			return nil
		case p := <-s.audioIn:
			s.sendAudio(p)
		case p := <-video:
			s.of = s.layer(p.Layer)
			s.pending = s.protected(s.of, s.of.packetize(p, true))
		case packets := <-s.heardIn:
			s.heard(packets)
		case <-report.C:
			s.align()
			s.report(s.audio)
			for _, l := range s.layers {
				s.report(l.stream)
			}
		case <-wake.C:
		}
		if wait := s.work(); wait >= 0 {
			wake.Reset(wait)
		}
	}
}

// work sends what is due and returns how long until more is; negative when only something new makes work.
func (s *sender) work() time.Duration {
	wait := s.copies(s.now())
	sooner := func(d time.Duration) {
		if wait < 0 || d < wait {
			wait = d
		}
	}
	for len(s.pending) > 0 && s.pace.open(s.now()) {
		if o := &s.pending[0]; o.header.PayloadType == parityPayload {
			s.sendParity(s.of, o)
		} else {
			s.send(s.of.stream, o)
			s.pace.spend(o.size())
		}
		s.pending = s.pending[1:]
	}
	if len(s.pending) > 0 {
		sooner(s.pace.wait())
	}
	if s.pad() {
		sooner(probeStep)
	}
	return wait
}

// pad sends nothing, in packets, to find out what the path carries, and reports whether that is under way. Padding goes
// between pictures, in a stream that somebody wants.
func (s *sender) pad() bool {
	missing, probing := s.estimate.padding(s.now())
	for ; missing > 0 && len(s.pending) == 0; missing -= paddingSize {
		l := s.flowing()
		if l == nil {
			break
		}
		o := l.padding(l.last)
		s.send(l.stream, &o)
	}
	return probing
}

// flowing is the smallest layer that has begun and is wanted.
func (s *sender) flowing() *layer {
	for i := len(s.layers) - 1; i >= 0; i-- {
		if l := s.layers[i]; l.wanted() && l.packets > 0 {
			return l
		}
	}
	return nil
}

func (s *sender) sendAudio(p *frame.Packet) {
	rtt, _ := s.reports.quality()
	for _, o := range s.audio.packetize(p, false) {
		s.send(s.audio, &o)
		s.sound.add(s.now(), o.size())
		if s.far(rtt) {
			s.repeat(copied{s.now(), s.audio, o.header.SequenceNumber, false}, sendings(s.estimate.loss.own)-1, soundAfter)
		}
	}
}

// send writes a packet. The first one fixes where the show's clock lies in wall time, for all streams at once, and the first
// of each stream is followed by its report, so that receivers need not guess for a second.
func (s *sender) send(st *stream, o *outgoing) {
	o.transport = s.transport
	if !st.write(o) {
		return
	}
	if o.numbered {
		s.estimate.sent(s.transport, o.size(), s.now())
		s.transport++
	}
	if !o.header.Padding {
		s.plain.add(s.now(), o.size())
	}
	s.bytes.Add(int64(len(o.payload)))
	if !s.begun {
		s.begun, s.newest = true, o.pts
		s.epoch = time.Now().Add(-o.pts)
		s.align()
	}
	s.newest = max(s.newest, o.pts)
	if st.packets == 1 {
		s.report(st)
	}
	if st.holdsSets(o) {
		for range setsSendings(s.estimate.loss.own) - 1 {
			s.again(copied{s.now(), st, o.header.SequenceNumber, false}, s.now())
		}
	}
}

// align finds where the show's clock lies in wall time: it follows the sound card and strays, by little a second.
func (s *sender) align() {
	if s.position != nil {
		s.epoch = time.Now().Add(-s.position())
	}
}

// report sends a stream's report. The reports of all streams lie on the one line NTP = epoch + position, whatever the encoders'
// delays are; that is what keeps lips and voice together, and what tells viewers when a picture was taken.
func (s *sender) report(st *stream) {
	ntp := ntpTime(s.epoch.Add(s.newest))
	packets := st.report(s.newest, ntp)
	if packets == nil {
		return
	}
	s.reports.sent(ntp, time.Now())
	_ = s.control(packets) // fails only on a connection that is gone; its state tells the owner
}
