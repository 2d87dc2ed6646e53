package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/pion/dtls/v2"
	"github.com/pion/ice/v2"
	"github.com/pion/interceptor"
	"github.com/pion/interceptor/pkg/nack"
	"github.com/pion/interceptor/pkg/report"
	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v3"

	"vitrine/server/wire"
)

const (
	maxAnswer   = 64 << 10
	leaveWithin = 3 * time.Second
	mtu         = 1600
)

// newAPI makes what all viewers share. They ask for lost packets and send receiver reports, as browsers do.
func newAPI() (*webrtc.API, error) {
	m := &webrtc.MediaEngine{}
	if err := m.RegisterDefaultCodecs(); err != nil {
		return nil, fmt.Errorf("register codecs: %w", err)
	}
	chain := &interceptor.Registry{}
	lost, err := nack.NewGeneratorInterceptor()
	if err != nil {
		return nil, fmt.Errorf("make NACK generator: %w", err)
	}
	reports, err := report.NewReceiverInterceptor()
	if err != nil {
		return nil, fmt.Errorf("make receiver reports: %w", err)
	}
	chain.Add(lost)
	chain.Add(reports)
	e := webrtc.SettingEngine{}
	e.SetIncludeLoopbackCandidate(true)
	e.SetICEMulticastDNSMode(ice.MulticastDNSModeDisabled)
	e.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeUDP4, webrtc.NetworkTypeUDP6})
	e.SetSRTPProtectionProfiles(dtls.SRTP_AEAD_AES_128_GCM, dtls.SRTP_AES128_CM_HMAC_SHA1_80)
	return webrtc.NewAPI(webrtc.WithMediaEngine(m), webrtc.WithInterceptorRegistry(chain), webrtc.WithSettingEngine(e)), nil
}

// viewer is one member of the crowd.
type viewer struct {
	api     *webrtc.API
	client  *http.Client
	address string

	pc       *webrtc.PeerConnection
	resource string // the session's address, "" without one
	began    time.Time
	err      error         // why it did not join
	first    chan struct{} // closed when the first picture, or without one the first sound, is complete
	once     sync.Once

	mu           sync.Mutex // guards what follows
	joinedIn     time.Duration
	audio, video *meter // nil until the track comes
}

// join connects and waits for the first picture.
func (v *viewer) join(ctx context.Context) (err error) {
	v.began, v.first = time.Now(), make(chan struct{})
	if v.pc, err = v.api.NewPeerConnection(webrtc.Configuration{}); err != nil {
		return fmt.Errorf("make connection: %w", err)
	}
	for _, kind := range []webrtc.RTPCodecType{webrtc.RTPCodecTypeAudio, webrtc.RTPCodecTypeVideo} {
		if _, err := v.pc.AddTransceiverFromKind(kind, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionRecvonly}); err != nil {
			return fmt.Errorf("ask for %s: %w", kind, err)
		}
	}
	hasVideo := make(chan bool, 1)
	v.pc.OnTrack(func(t *webrtc.TrackRemote, r *webrtc.RTPReceiver) { v.watch(t, r, hasVideo) })
	offer, err := v.pc.CreateOffer(nil)
	if err != nil {
		return fmt.Errorf("make offer: %w", err)
	}
	if err := v.pc.SetLocalDescription(offer); err != nil {
		return fmt.Errorf("set offer: %w", err)
	}
	answer, err := v.ask(ctx, offer.SDP) // without candidates: the server learns our address from our checks
	if err != nil {
		return err
	}
	hasVideo <- strings.Contains(answer, "m=video") && strings.Count(answer, "a=sendonly") == strings.Count(answer, "m=")
	if err := v.pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: answer}); err != nil {
		return fmt.Errorf("set answer: %w", err)
	}
	select {
	case <-v.first:
		return nil
	case <-ctx.Done():
		return errors.New("no picture in time")
	}
}

// ask posts the offer, again while the server says that it makes sense to.
func (v *viewer) ask(ctx context.Context, offer string) (string, error) {
	for {
		answer, again, err := v.post(ctx, offer)
		if err == nil || again == 0 {
			return answer, err
		}
		select {
		case <-time.After(again):
		case <-ctx.Done():
			return "", err
		}
	}
}

// post posts the offer once. again > 0 says when to try anew.
func (v *viewer) post(ctx context.Context, offer string) (answer string, again time.Duration, err error) {
	r, err := v.do(ctx, http.MethodPost, v.address, offer)
	if err != nil {
		return "", 0, err
	}
	defer r.Body.Close()
	body, err := io.ReadAll(io.LimitReader(r.Body, maxAnswer))
	if err != nil {
		return "", 0, fmt.Errorf("read answer: %w", err)
	}
	if r.StatusCode != http.StatusCreated {
		var p wire.Problem
		_ = json.Unmarshal(body, &p) // what is no problem body has no code
		seconds, _ := strconv.Atoi(r.Header.Get("Retry-After"))
		return "", time.Duration(seconds) * time.Second, fmt.Errorf("the server answered %d %s", r.StatusCode, p.Code)
	}
	at, err := url.Parse(v.address)
	if err != nil {
		return "", 0, fmt.Errorf("read address: %w", err)
	}
	if at, err = at.Parse(r.Header.Get("Location")); err != nil {
		return "", 0, fmt.Errorf("read the session's address: %w", err)
	}
	v.resource = at.String()
	return string(body), 0, nil
}

func (v *viewer) do(ctx context.Context, method, to, body string) (*http.Response, error) {
	r, err := http.NewRequestWithContext(ctx, method, to, strings.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("make request: %w", err)
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/sdp")
	}
	answer, err := v.client.Do(r)
	if err != nil {
		return nil, fmt.Errorf("reach the server: %w", err)
	}
	return answer, nil
}

// watch reads a track until the connection ends.
func (v *viewer) watch(t *webrtc.TrackRemote, r *webrtc.RTPReceiver, hasVideo chan bool) {
	m := newMeter(t.Codec().ClockRate)
	picture := <-hasVideo
	hasVideo <- picture
	v.mu.Lock()
	if t.Kind() == webrtc.RTPCodecTypeVideo {
		v.video = m
	} else {
		v.audio = m
	}
	v.mu.Unlock()
	counts := t.Kind() == webrtc.RTPCodecTypeVideo || !picture
	done := make(chan struct{})
	go func() { defer close(done); m.listen(r) }()
	buf := make([]byte, mtu)
	var h rtp.Header
	for {
		n, _, err := t.Read(buf)
		if err != nil {
			break
		}
		if _, err := h.Unmarshal(buf[:n]); err != nil {
			continue
		}
		if now := time.Now(); m.take(&h, n, now) && counts {
			v.once.Do(func() {
				v.mu.Lock()
				v.joinedIn = now.Sub(v.began)
				v.mu.Unlock()
				close(v.first)
			})
		}
	}
	<-done
}

// listen reads the sender reports of a track.
func (m *meter) listen(r *webrtc.RTPReceiver) {
	buf := make([]byte, mtu)
	for {
		n, _, err := r.Read(buf)
		if err != nil {
			return
		}
		list, err := rtcp.Unmarshal(buf[:n])
		if err != nil {
			continue
		}
		for _, p := range list {
			if sr, ok := p.(*rtcp.SenderReport); ok {
				m.report(sr)
			}
		}
	}
}

// mark begins the time that is measured.
func (v *viewer) mark() {
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, m := range []*meter{v.audio, v.video} {
		if m != nil {
			m.mark()
		}
	}
}

// leave ends the session and the connection.
func (v *viewer) leave() {
	if v.resource != "" {
		ctx, cancel := context.WithTimeout(context.Background(), leaveWithin)
		if r, err := v.do(ctx, http.MethodDelete, v.resource, ""); err == nil {
			_ = r.Body.Close()
		}
		cancel()
	}
	if v.pc != nil {
		_ = v.pc.GracefulClose()
	}
}
