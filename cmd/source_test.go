package cmd

import (
	"bytes"
	"context"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/pion/rtp"
	"github.com/pion/rtp/codecs"
	"github.com/pion/webrtc/v3"
)

// What the source sends: the packets of a 720p30 picture of 2.1 Mbit/s with a key frame of eight times the size of the others
// every two seconds, and of sound of 64 kbit/s.
const (
	sourceFPS   = 30
	sourceGroup = 60
	sourceKey   = 8
	sourceBytes = 2_100_000 / 8 * sourceGroup / sourceFPS // a group
	sourceMTU   = 1200
	soundEvery  = 20 * time.Millisecond
	soundBytes  = 64_000 / 8 / 50
)

// source sends the same show to whatever server until the benchmark ends. Nothing of it can be decoded, and nobody tries.
func source(b *testing.B, address, token string) {
	b.Helper()
	pc, err := newPeer()
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = pc.Close() })
	var tracks []*webrtc.TrackLocalStaticRTP
	for _, c := range []webrtc.RTPCodecCapability{
		{MimeType: webrtc.MimeTypeH264, ClockRate: 90000, SDPFmtpLine: "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f"},
		{MimeType: webrtc.MimeTypeOpus, ClockRate: 48000, Channels: 2},
	} {
		t, err := webrtc.NewTrackLocalStaticRTP(c, c.MimeType[:5], "show")
		if err != nil {
			b.Fatal(err)
		}
		sender, err := pc.AddTransceiverFromTrack(t, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionSendonly})
		if err != nil {
			b.Fatal(err)
		}
		if err := sender.SetCodecPreferences([]webrtc.RTPCodecParameters{{RTPCodecCapability: c}}); err != nil {
			b.Fatal(err)
		}
		go func() { // for the interceptors to see the server's reports
			buf := make([]byte, 1500)
			for {
				if _, _, err := sender.Sender().Read(buf); err != nil {
					return
				}
			}
		}()
		tracks = append(tracks, t)
	}
	connected := make(chan struct{}, 1)
	pc.OnConnectionStateChange(func(s webrtc.PeerConnectionState) {
		if s == webrtc.PeerConnectionStateConnected {
			connected <- struct{}{}
		}
	})
	whip(b, pc, address, token)
	select {
	case <-connected:
	case <-time.After(patience):
		b.Fatal("the source cannot connect")
	}
	ctx, cancel := context.WithCancel(context.Background())
	b.Cleanup(cancel)
	go pace(ctx, tracks[0], time.Second/sourceFPS, 90000/sourceFPS, group())
	go pace(ctx, tracks[1], soundEvery, 960, [][][]byte{{bytes.Repeat([]byte{1}, soundBytes)}})
}

// whip connects to a WHIP endpoint.
func whip(b testing.TB, pc *webrtc.PeerConnection, address, token string) {
	b.Helper()
	offer, err := pc.CreateOffer(nil)
	if err != nil {
		b.Fatal(err)
	}
	gathered := webrtc.GatheringCompletePromise(pc)
	if err := pc.SetLocalDescription(offer); err != nil {
		b.Fatal(err)
	}
	<-gathered
	r, err := http.NewRequestWithContext(b.Context(), http.MethodPost, address, strings.NewReader(pc.LocalDescription().SDP))
	if err != nil {
		b.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/sdp")
	r.Header.Set("Authorization", "Bearer "+token)
	a, err := http.DefaultClient.Do(r)
	if err != nil {
		b.Fatal(err)
	}
	defer a.Body.Close()
	answer, err := io.ReadAll(a.Body)
	if err != nil || a.StatusCode != http.StatusCreated {
		b.Fatalf("the source is answered %s: %s", a.Status, answer)
	}
	if err := pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: string(answer)}); err != nil {
		b.Fatal(err)
	}
}

// group makes the payloads of a group of pictures, a list a frame.
func group() (frames [][][]byte) {
	const plain = sourceBytes / (sourceGroup + sourceKey - 1)
	unit := func(kind byte, size int) []byte {
		nal := make([]byte, size)
		for i := range nal {
			nal[i] = byte(rand.IntN(255) + 1) // never like a start code
		}
		nal[0] = kind
		return append([]byte{0, 0, 0, 1}, nal...)
	}
	payloader := &codecs.H264Payloader{}
	sets := append(unit(0x67, 12), unit(0x68, 4)...)
	for i := range sourceGroup {
		if i == 0 {
			frames = append(frames, payloader.Payload(sourceMTU-12, append(sets, unit(0x65, plain*sourceKey)...)))
		} else {
			frames = append(frames, payloader.Payload(sourceMTU-12, unit(0x41, plain)))
		}
	}
	return frames
}

// pace sends the frames in turn, one each time.
func pace(ctx context.Context, to *webrtc.TrackLocalStaticRTP, every time.Duration, ticks uint32, frames [][][]byte) {
	wait := time.NewTimer(0)
	defer wait.Stop()
	start, h := time.Now(), rtp.Header{Version: 2}
	for n := 0; ; n++ {
		wait.Reset(time.Until(start.Add(time.Duration(n) * every))) // late frames are made up for
		select {
		case <-wait.C:
		case <-ctx.Done():
			return
		}
		frame := frames[n%len(frames)]
		for i, payload := range frame {
			h.Marker = len(frames) > 1 && i == len(frame)-1
			_ = to.WriteRTP(&rtp.Packet{Header: h, Payload: payload})
			h.SequenceNumber++
		}
		h.Timestamp += ticks
	}
}
