package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pion/ice/v2"
	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v3"
	"go.uber.org/goleak"

	"vitrine/server"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// onAir runs a server with a show that somebody sends, and returns the show's page.
func onAir(t *testing.T) (page string) {
	t.Helper()
	listening := make(chan server.Addresses, 1)
	s, err := server.New(server.Config{
		Listen: "127.0.0.1:0", Data: t.TempDir(), Drain: time.Millisecond,
		Shows:     []server.DeclaredShow{{ID: "demo", Token: "correct-horse"}},
		Listening: func(a server.Addresses) { listening <- a },
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	base := "http://" + (<-listening).HTTP.String()
	send(t, base+"/whip/demo")
	return base + "/watch/demo"
}

// send publishes a picture of two packets, 30 times a second, until the test ends.
func send(t *testing.T, address string) {
	t.Helper()
	e := webrtc.SettingEngine{}
	e.SetIncludeLoopbackCandidate(true)
	e.SetICEMulticastDNSMode(ice.MulticastDNSModeDisabled)
	media := &webrtc.MediaEngine{}
	if err := media.RegisterDefaultCodecs(); err != nil {
		t.Fatal(err)
	}
	pc, err := webrtc.NewAPI(webrtc.WithMediaEngine(media), webrtc.WithSettingEngine(e)).NewPeerConnection(webrtc.Configuration{})
	if err != nil {
		t.Fatal(err)
	}
	track, err := webrtc.NewTrackLocalStaticRTP(webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeVP8, ClockRate: 90000}, "v", "show")
	if err != nil {
		t.Fatal(err)
	}
	sender, err := pc.AddTrack(track)
	if err != nil {
		t.Fatal(err)
	}
	offer, err := pc.CreateOffer(nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := pc.SetLocalDescription(offer); err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, address, strings.NewReader(offer.SDP))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/sdp")
	r.Header.Set("Authorization", "Bearer correct-horse")
	a, err := (&http.Client{Transport: transport}).Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Body.Close()
	answer, err := io.ReadAll(a.Body)
	if err != nil {
		t.Fatal(err)
	}
	if err := pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: string(answer)}); err != nil {
		t.Fatalf("%v in %s: %s", err, a.Status, answer)
	}
	ssrc := uint32(sender.GetParameters().Encodings[0].SSRC)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		frames(ctx, pc, track, ssrc)
	}()
	t.Cleanup(func() { cancel(); <-done; _ = pc.GracefulClose() })
}

func frames(ctx context.Context, pc *webrtc.PeerConnection, track *webrtc.TrackLocalStaticRTP, ssrc uint32) {
	tick := time.NewTicker(time.Second / 30)
	defer tick.Stop()
	h := rtp.Header{Version: 2}
	for n := 0; ; n++ {
		select {
		case now := <-tick.C:
			ntp := uint64(now.Unix()+ntpEpoch)<<32 | uint64(now.Nanosecond())<<32/1e9
			_ = pc.WriteRTCP([]rtcp.Packet{&rtcp.SenderReport{SSRC: ssrc, NTPTime: ntp, RTPTime: h.Timestamp}})
			for i, payload := range [][]byte{{0x10, byte(min(n%30, 1)), 1}, {0x00, 2}} {
				h.Marker = i == 1
				_ = track.WriteRTP(&rtp.Packet{Header: h, Payload: payload})
				h.SequenceNumber++
			}
			h.Timestamp += 3000
		case <-ctx.Done():
			return
		}
	}
}

func TestA_crowd_reports_what_it_saw(t *testing.T) {
	var out, errOut bytes.Buffer
	if code := run(t.Context(), []string{"--url", onAir(t), "--viewers", "5", "--for", "1s", "--over", "50ms", "--json"}, &out, &errOut); code != 0 {
		t.Fatalf("it ended with %d: %s%s", code, out.String(), errOut.String())
	}
	var r Report
	if err := json.Unmarshal(out.Bytes(), &r); err != nil {
		t.Fatal(err)
	}
	if r.Joined != 5 || r.Packets < 5*2*10 || r.Lost != 0 || r.Kbps <= 0 || r.Join.P50 <= 0 || r.Delay == nil || r.Delay.P50 <= 0 || r.Delay.P50 > 1000 {
		t.Errorf("the report is %s", out.String())
	}
	if !strings.Contains(errOut.String(), "of 5 watch") {
		t.Errorf("progress is %q", errOut.String())
	}
	if text := r.String(); !strings.Contains(text, "5 of 5 joined") || !strings.Contains(text, "holds 5 viewers at") || !strings.Contains(text, "no loss, ") || !strings.Contains(text, "of a core") {
		t.Errorf("in words: %s", text)
	}
}

func TestA_crowd_that_is_not_let_in_says_why(t *testing.T) {
	var out, errOut bytes.Buffer
	page := strings.Replace(onAir(t), "demo", "none", 1)
	if code := run(t.Context(), []string{"--url", page, "--viewers", "2", "--for", "1ms"}, &out, &errOut); code != 1 || !strings.Contains(out.String(), "2: the server answered 404 not_found") {
		t.Errorf("it ended with %d: %s", code, out.String())
	}
}

func TestSettings_that_make_no_sense_are_named(t *testing.T) {
	for name, args := range map[string][]string{
		"no address":             {},
		"an address of a file":   {"--url", "file:///etc/passwd"},
		"nobody":                 {"--url", "http://h/watch/a", "--viewers", "0"},
		"joins before the start": {"--url", "http://h/watch/a", "--over", "-1s"},
	} {
		t.Run(name, func(t *testing.T) {
			var out, errOut bytes.Buffer
			if code := run(t.Context(), args, &out, &errOut); code != 2 || errOut.Len() == 0 {
				t.Errorf("it ended with %d and %q", code, errOut.String())
			}
		})
	}
}

func TestThe_page_leads_to_the_endpoint(t *testing.T) {
	for from, to := range map[string]string{
		"http://h:1/watch/a":           "http://h:1/whep/a",
		"https://h/shop/watch/a?t=1#x": "https://h/shop/whep/a",
		"http://h/whep/a":              "http://h/whep/a",
	} {
		if got, err := whep(from); got != to || err != nil {
			t.Errorf("%s leads to %s, %v", from, got, err)
		}
	}
}

func TestMeter(t *testing.T) {
	at := time.Unix(1000, 0)
	packet := func(m *meter, n uint16, ts uint32, marker bool, late time.Duration) bool {
		at = at.Add(10 * time.Millisecond)
		return m.take(&rtp.Header{SequenceNumber: n, Timestamp: ts, Marker: marker}, 100, false, at.Add(late))
	}
	t.Run("a first frame is complete when nothing in it is missing", func(t *testing.T) {
		m := newMeter(90000)
		for i, c := range []struct {
			n      uint16
			marker bool
			want   bool
		}{{65535, false, false}, {1, true, false}, {2, true, false}, {0, false, true}, {3, true, false}} {
			if got := packet(m, c.n, 0, c.marker, 0); got != c.want {
				t.Errorf("packet %d: %v", i, got)
			}
		}
	})
	t.Run("what never came is lost, what came late is not", func(t *testing.T) {
		m := newMeter(90000)
		packet(m, 10, 0, true, 0)
		m.mark()
		for _, n := range []uint16{11, 13, 12, 16} {
			packet(m, n, 0, true, 0)
		}
		if r := m.read(); r.received != 4 || r.expected != 6 || r.bytes != 400 {
			t.Errorf("read %+v", r)
		}
	})
	t.Run("what came twice counts once", func(t *testing.T) {
		m := newMeter(90000)
		packet(m, 10, 0, true, 0)
		m.mark()
		for _, n := range []uint16{11, 11, 13, 10, 13} {
			packet(m, n, 0, true, 0)
		}
		if r := m.read(); r.received != 2 || r.expected != 3 {
			t.Errorf("read %+v", r)
		}
	})
	t.Run("what is missing is asked for, and reported as lost even when it was repaired", func(t *testing.T) {
		m := newMeter(90000)
		for _, n := range []uint16{65534, 1} {
			packet(m, n, 0, true, 0)
		}
		if got := m.wanted(at); !slices.Equal(got, []uint16{65535, 0}) {
			t.Errorf("asks for %v", got)
		}
		m.take(&rtp.Header{SequenceNumber: 65535}, 100, true, at)
		if got := m.wanted(at); !slices.Equal(got, []uint16{0}) {
			t.Errorf("still asks for %v", got)
		}
		if r := m.receptionReport(7, at); r.TotalLost != 2 || r.FractionLost != 128 || r.LastSequenceNumber != 1<<16+1 {
			t.Errorf("reports %+v", r)
		}
		if got := m.wanted(at.Add(2 * wantedFor)); len(got) != 0 {
			t.Errorf("asks for %v for ever", got)
		}
	})
	t.Run("a track that begins late has lost nothing", func(t *testing.T) {
		m := newMeter(48000)
		m.mark()
		for n := range uint16(3) {
			packet(m, 40000+n, 0, false, 0)
		}
		if r := m.read(); r.received != 3 || r.expected != 3 {
			t.Errorf("read %+v", r)
		}
	})
	t.Run("an even stream has no jitter, an uneven one has", func(t *testing.T) {
		m := newMeter(90000)
		m.mark()
		for i := range uint16(100) {
			packet(m, i, 900*uint32(i), true, 0)
		}
		if j := m.read().jitter; j > 0.01 {
			t.Errorf("jitter is %v ms", j)
		}
		for i := range uint16(200) {
			packet(m, 100+i, 900*uint32(100+i), true, time.Duration(i%2)*5*time.Millisecond)
		}
		if j := m.read().jitter; j < 4 || j > 6 {
			t.Errorf("jitter is %v ms", j)
		}
	})
	t.Run("delay is counted from the sender's clock", func(t *testing.T) {
		m := newMeter(90000)
		m.mark()
		m.report(&rtcp.SenderReport{NTPTime: uint64(at.Unix()+ntpEpoch) << 32, RTPTime: 90000}, at)
		base := time.Unix(at.Unix(), 0)
		m.take(&rtp.Header{Timestamp: 99000, Marker: true}, 1, false, base.Add(140*time.Millisecond))
		if d := m.read().delays; len(d) != 1 || d[0] < 39.9 || d[0] > 40.1 {
			t.Errorf("delays %v", d)
		}
	})
}
