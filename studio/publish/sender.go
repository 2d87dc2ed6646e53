package publish

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/pion/rtcp"

	"vitrine/capture/frame"
)

const (
	// Packets that wait for the sending loop. It is behind only while the network stack is.
	videoQueue = 8
	audioQueue = 16
	// A key frame leaves in bursts with pauses, so that it does not overrun the first small buffer on its way: 60 Mbit/s.
	burst      = 16
	burstPause = 2 * time.Millisecond
	// reportInterval is short against RFC 3550's 5 s because receivers align sound and picture by the first report.
	reportInterval = time.Second
	// keyPatience is how long a wish for a key frame is not repeated: encoding and sending it takes a few pictures.
	keyPatience = 250 * time.Millisecond
)

// sender turns packets into RTP for one connection. Its loop owns the streams; the queues in front of it never wait: a
// full video queue drops up to the next key frame and asks for one, a full sound queue drops the newest packet.
type sender struct {
	video, audio *stream // video is nil when only sound is sent
	videoIn      chan *frame.Packet
	audioIn      chan *frame.Packet
	// control writes RTCP.
	control func([]rtcp.Packet) error
	// keyFrame asks the encoder for one.
	keyFrame func()
	reports  *receiverReports

	start   time.Time
	needKey atomic.Bool
	asked   atomic.Int64 // when keyFrame was last called, since start
	bytes   atomic.Int64 // RTP payload sent
	dropped atomic.Uint64

	// Of the loop:
	pending []outgoing // rest of the picture that is leaving
	begun   bool
	epoch   time.Time     // wall time of position 0 on the show's clock
	newest  time.Duration // latest position sent
}

func newSender(video, audio *stream, control func([]rtcp.Packet) error, keyFrame func(), reports *receiverReports) *sender {
	s := &sender{
		video: video, audio: audio, control: control, keyFrame: keyFrame, reports: reports, start: time.Now(),
		videoIn: make(chan *frame.Packet, videoQueue), audioIn: make(chan *frame.Packet, audioQueue),
	}
	s.needKey.Store(true)
	s.asked.Store(-int64(keyPatience))
	return s
}

// writeVideo queues a picture or drops it. Safe for any goroutine.
func (s *sender) writeVideo(p *frame.Packet) {
	if s.video == nil {
		return
	}
	if s.needKey.Load() && !p.Key {
		s.dropped.Add(1)
		s.askKey()
		return
	}
	select {
	case s.videoIn <- p:
		if p.Key {
			s.needKey.Store(false)
		}
	default:
		s.dropped.Add(1)
		s.needKey.Store(true)
		s.askKey()
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

// askKey asks for a key frame unless that was done a moment ago. Safe for any goroutine.
func (s *sender) askKey() {
	now := int64(time.Since(s.start))
	last := s.asked.Load()
	if now-last >= int64(keyPatience) && s.asked.CompareAndSwap(last, now) {
		s.keyFrame()
	}
}

// run sends until ctx ends.
func (s *sender) run(ctx context.Context) error {
	report := time.NewTicker(reportInterval)
	defer report.Stop()
	pause := time.NewTimer(burstPause)
	defer pause.Stop()
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
			s.pending = s.video.packetize(p, true)
			s.burst(p.PTS)
			pause.Reset(burstPause)
		case <-pause.C:
			if len(s.pending) > 0 {
				s.burst(s.newest)
				pause.Reset(burstPause)
			}
		case <-report.C:
			s.report(s.audio)
			s.report(s.video)
		}
	}
}

func (s *sender) sendAudio(p *frame.Packet) {
	for _, o := range s.audio.packetize(p, false) {
		s.send(s.audio, &o, p.PTS)
	}
}

func (s *sender) burst(pts time.Duration) {
	n := min(burst, len(s.pending))
	for i := range n {
		s.send(s.video, &s.pending[i], pts)
	}
	s.pending = s.pending[n:]
}

// send writes a packet. The first one fixes where the show's clock lies in wall time, for both streams at once, and the
// first of each stream is followed by its report, so that receivers need not guess for a second.
func (s *sender) send(st *stream, o *outgoing, pts time.Duration) {
	if !st.write(o) {
		return
	}
	s.bytes.Add(int64(len(o.payload)))
	if !s.begun {
		s.begun, s.newest = true, pts
		s.epoch = time.Now().Add(-pts)
	}
	s.newest = max(s.newest, pts)
	if st.packets == 1 {
		s.report(st)
	}
}

// report sends a stream's report. Every report of a connection lies on the one line NTP = epoch + position, whatever the
// encoders' delays are; that is what keeps lips and voice together.
func (s *sender) report(st *stream) {
	if st == nil {
		return
	}
	ntp := ntpTime(s.epoch.Add(s.newest))
	packets := st.report(s.newest, ntp)
	if packets == nil {
		return
	}
	s.reports.sent(ntp, time.Now())
	_ = s.control(packets) // fails only on a connection that is gone; its state tells the owner
}
