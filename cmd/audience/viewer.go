package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v3"
)

// viewer is one synthetic viewer.
type viewer struct {
	crowd  *crowd
	joined chan<- error
	began  time.Time
	sound  bool // the show has no picture: its first sound counts instead
	once   sync.Once
	lost   chan struct{}

	mu     sync.Mutex // a leaf
	frozen bool
	counts
	tracks []*trackCounts
}

// counts is what a viewer counted while the crowd measured.
type counts struct {
	packets, bytes, expected uint64
	delays                   []float64 // ms, a sample in a second and track
}

// trackCounts follows one track's sequence numbers.
type trackCounts struct {
	begun         bool
	first, newest uint64
	received      uint64
	sampled       time.Time
}

func newViewer(c *crowd, joined chan<- error) *viewer {
	return &viewer{crowd: c, joined: joined, lost: make(chan struct{})}
}

// run joins, watches until ctx ends, and leaves. A viewer that fails says so and ends; the others go on.
func (v *viewer) run(ctx context.Context) error {
	v.began = time.Now()
	if err := v.watch(ctx); err != nil && ctx.Err() == nil {
		v.say(err)
	}
	return nil
}

func (v *viewer) say(err error) { v.once.Do(func() { v.joined <- err }) }

func (v *viewer) watch(ctx context.Context) error {
	a, err := api()
	if err != nil {
		return err
	}
	pc, err := a.NewPeerConnection(webrtc.Configuration{})
	if err != nil {
		return fmt.Errorf("make a connection: %w", err)
	}
	var readers sync.WaitGroup
	defer readers.Wait()
	defer pc.Close()
	for _, kind := range []webrtc.RTPCodecType{webrtc.RTPCodecTypeAudio, webrtc.RTPCodecTypeVideo} {
		if _, err := pc.AddTransceiverFromKind(kind, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionRecvonly}); err != nil {
			return fmt.Errorf("ask for %s: %w", kind, err)
		}
	}
	var once sync.Once
	pc.OnConnectionStateChange(func(s webrtc.PeerConnectionState) {
		if s == webrtc.PeerConnectionStateFailed || s == webrtc.PeerConnectionStateClosed {
			once.Do(func() { close(v.lost) })
		}
	})
	pc.OnTrack(func(t *webrtc.TrackRemote, r *webrtc.RTPReceiver) {
		clock := &reportClock{}
		readers.Go(func() { clock.read(r) })
		v.read(t, clock)
	})
	session, err := v.join(ctx, pc)
	if err != nil {
		return err
	}
	select {
	case <-ctx.Done():
	case <-v.lost:
		err = errGone
	}
	v.leave(session)
	return err
}

// join exchanges offer and answer and returns the session's address.
func (v *viewer) join(ctx context.Context, pc *webrtc.PeerConnection) (string, error) {
	offer, err := pc.CreateOffer(nil)
	if err != nil {
		return "", fmt.Errorf("make an offer: %w", err)
	}
	if err := pc.SetLocalDescription(offer); err != nil {
		return "", fmt.Errorf("make an offer: %w", err)
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, v.crowd.endpoint, strings.NewReader(offer.SDP))
	if err != nil {
		return "", err
	}
	r.Header.Set("Content-Type", "application/sdp")
	w, err := v.crowd.http.Do(r)
	if err != nil {
		return "", fmt.Errorf("join: %w", err)
	}
	defer w.Body.Close()
	body, err := io.ReadAll(io.LimitReader(w.Body, 64<<10))
	if err != nil {
		return "", fmt.Errorf("join: %w", err)
	}
	if w.StatusCode != http.StatusCreated {
		return "", fmt.Errorf("the server answers %s: %s", w.Status, strings.TrimSpace(string(body)))
	}
	_, picture, _ := strings.Cut(string(body), "m=video")
	v.sound = !strings.Contains(picture, "a=sendonly")
	at, err := r.URL.Parse(w.Header.Get("Location"))
	if err != nil {
		return "", fmt.Errorf("the session's address: %w", err)
	}
	if err := pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: string(body)}); err != nil {
		return at.String(), fmt.Errorf("use the answer: %w", err)
	}
	return at.String(), nil
}

func (v *viewer) leave(session string) {
	if _, err := url.Parse(session); err != nil || session == "" {
		return
	}
	r, err := http.NewRequest(http.MethodDelete, session, nil)
	if err != nil {
		return
	}
	if w, err := v.crowd.http.Do(r); err == nil {
		w.Body.Close()
	}
}

// read takes every packet of a track until it ends.
func (v *viewer) read(t *webrtc.TrackRemote, clock *reportClock) {
	tc := &trackCounts{}
	v.mu.Lock()
	v.tracks = append(v.tracks, tc)
	v.mu.Unlock()
	video := t.Kind() == webrtc.RTPCodecTypeVideo
	buf := make([]byte, 1500)
	var p rtp.Packet
	for {
		n, _, err := t.Read(buf)
		if err != nil {
			return
		}
		if p.Unmarshal(buf[:n]) != nil {
			continue
		}
		now := time.Now()
		// The server begins a viewer's picture with a key frame, so the first marker ends the first whole picture.
		if (p.Marker && video) || v.sound {
			v.once.Do(func() { v.arrive(now) })
		}
		v.take(tc, &p, n, now, clock, t.Codec().ClockRate)
	}
}

func (v *viewer) arrive(now time.Time) {
	v.crowd.mu.Lock()
	v.crowd.joins = append(v.crowd.joins, float64(now.Sub(v.began).Microseconds())/1000)
	v.crowd.mu.Unlock()
	v.joined <- nil
}

func (v *viewer) take(tc *trackCounts, p *rtp.Packet, size int, now time.Time, clock *reportClock, rate uint32) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.frozen {
		return
	}
	seq := uint64(p.SequenceNumber)
	if tc.begun {
		seq = tc.newest + uint64(int64(int16(p.SequenceNumber-uint16(tc.newest))))
	} else {
		tc.first, tc.newest, tc.begun = seq+1<<16, seq+1<<16, true
		seq += 1 << 16
	}
	tc.newest = max(tc.newest, seq)
	tc.received++
	v.packets++
	v.bytes += uint64(size)
	if now.Sub(tc.sampled) < time.Second {
		return
	}
	tc.sampled = now
	if sent, ok := clock.at(p.Timestamp, rate); ok {
		v.delays = append(v.delays, float64(now.Sub(sent).Microseconds())/1000)
	}
}

// reset forgets what was counted so far.
func (v *viewer) reset() {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.counts = counts{}
	for _, t := range v.tracks {
		t.first, t.received = t.newest+1, 0
	}
}

func (v *viewer) freeze() {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.frozen = true
	for _, t := range v.tracks {
		if t.begun && t.newest >= t.first {
			v.expected += max(t.newest-t.first+1, t.received)
		}
	}
}

func (v *viewer) count() counts {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.counts
}

// reportClock turns a track's timestamps into the publisher's wall clock by its sender reports (RFC 3550 §6.4.1). Where
// publisher and audience share a clock that is when the picture was taken.
type reportClock struct {
	mu  sync.Mutex
	ntp uint64
	rtp uint32
	any bool
}

func (c *reportClock) read(r *webrtc.RTPReceiver) {
	for {
		packets, _, err := r.ReadRTCP()
		if err != nil {
			return
		}
		for _, p := range packets {
			if sr, ok := p.(*rtcp.SenderReport); ok {
				c.mu.Lock()
				c.ntp, c.rtp, c.any = sr.NTPTime, sr.RTPTime, true
				c.mu.Unlock()
			}
		}
	}
}

// ntpEpoch is 1900 in Unix seconds.
const ntpEpoch = 2208988800

func (c *reportClock) at(timestamp, rate uint32) (time.Time, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.any {
		return time.Time{}, false
	}
	seconds := int64(c.ntp>>32) - ntpEpoch
	nanos := int64(c.ntp & 0xffffffff * 1_000_000_000 >> 32)
	since := time.Duration(int32(timestamp-c.rtp)) * time.Second / time.Duration(rate)
	return time.Unix(seconds, nanos).Add(since), true
}
