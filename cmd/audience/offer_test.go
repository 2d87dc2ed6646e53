package main

import (
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/pion/webrtc/v3"
)

// full makes a connection of pion's with all that it brings, as other servers are built of.
func full(t *testing.T) *webrtc.PeerConnection {
	t.Helper()
	pc, err := webrtc.NewPeerConnection(webrtc.Configuration{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = pc.GracefulClose() })
	return pc
}

func TestOthersCanReadTheOffer(t *testing.T) {
	pc := full(t)
	for _, c := range []webrtc.RTPCodecCapability{{MimeType: webrtc.MimeTypeOpus}, {MimeType: webrtc.MimeTypeVP8}} {
		track, err := webrtc.NewTrackLocalStaticRTP(c, "track", "show")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := pc.AddTrack(track); err != nil {
			t.Fatal(err)
		}
	}
	own := newCredentials()
	text := offer(own, "sha-256 "+strings.Repeat("AB:", 31)+"AB")
	if err := pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeOffer, SDP: text}); err != nil {
		t.Fatal(err)
	}
	got, err := pc.CreateAnswer(nil)
	if err != nil {
		t.Fatal(err)
	}
	a, err := readAnswer(got.SDP + "a=candidate:1 1 udp 1 192.0.2.1 5000 typ host\r\na=candidate:1 1 tcp 1 192.0.2.1 9 typ host tcptype active\r\n")
	if err != nil {
		t.Fatalf("%v in %s", err, got.SDP)
	}
	if len(a.sections) != 2 || a.sections[0].video || !slices.Contains(a.sections[0].media, 111) || !a.sections[1].video || !slices.Contains(a.sections[1].media, 96) {
		t.Errorf("read %+v of %s", a, got.SDP)
	}
	if want := []netip.AddrPort{netip.MustParseAddrPort("192.0.2.1:5000")}; !slices.Equal(a.candidates, want) || a.ufrag == "" || a.pwd == "" || a.fingerprint == "" {
		t.Errorf("read %+v", a)
	}
}

func TestAnAnswerThatCannotBeUsedIsAnError(t *testing.T) {
	for _, text := range []string{"", "no SDP", "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\nm=video 0 UDP/TLS/RTP/SAVPF 96\r\na=inactive\r\n"} {
		if a, err := readAnswer(text); err == nil {
			t.Errorf("%q is read as %+v", text, a)
		}
	}
}

func TestVerdict(t *testing.T) {
	report := func(change func(*Report)) *Report {
		r := &Report{Viewers: 1000, Joined: 1000, Seconds: 10, Packets: 1e6, Kbps: 2100, Delay: &Spread{P95: 34}}
		change(r)
		r.judge(5, 12.8)
		return r
	}
	for want, change := range map[string]func(*Report){
		"holds 1,000 viewers at 2.1 Mbit/s: no loss, 34 ms delay p95; the server used 78 % of a core": func(*Report) {},
		"does not hold 1,000 viewers: 12 did not join, 0.310 % lost, 462 ms delay p95; the server used 78 % of a core": func(r *Report) {
			r.Joined, r.Lost, r.LossPercent, r.Delay.P95 = 988, 3100, 0.31, 462
		},
		"does not hold 1,000 viewers: 1,000 were sent nothing any more, no loss; the server used 78 % of a core": func(r *Report) {
			r.Silent, r.Delay = 1000, nil
		},
	} {
		if r := report(change); r.Verdict != want || r.Holds != strings.HasPrefix(want, "holds") {
			t.Errorf("%v: %s\nwant %s", r.Holds, r.Verdict, want)
		}
	}
}
