package cmd

import (
	"context"
	"encoding/json"
	"math"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/rtp/codecs"
	"github.com/pion/sdp/v3"
	"github.com/pion/webrtc/v3"

	"vitrine/capture"
	"vitrine/capture/frame"
	"vitrine/capture/synthetic"
	"vitrine/server/trust"
	"vitrine/server/wire"
	"vitrine/studio/encode"
)

// What a performer sends is what a browser's guest does: three sizes of a picture in VP8, of these bitrates, under these names, and sound.
var performerPlan = frame.Plan{{Bitrate: 1_500_000}, {Bitrate: 500_000}, {Bitrate: 150_000}}

var performerRIDs = [frame.Layers]string{"f", "h", "q"}

// performance is what a performer sends again and again: the coded pictures of each size, of which the first is a key frame, and packets of sound.
type performance struct {
	fps      int
	pictures [frame.Layers][][]byte
	sound    [][][]byte
}

// seatCode tells performers apart by the time codes in their pictures.
const seatCode = 1_000_000

// rehearse makes the performance of the seat with that number: a second of the moving test card in VP8, with time codes from n times seatCode on, and
// of a tone.
func rehearse(n, fps int) (*performance, error) {
	f := frame.Format{Width: 1280, Height: 720, FPS: fps}
	p := &performance{fps: fps}
	layers, err := encode.NewLayers(frame.VideoSettings{Codec: frame.VP8, Format: f, KeyInterval: time.Hour}, capture.Scale)
	if err != nil {
		return nil, err
	}
	defer layers.Close()
	plan := performerPlan
	for i := range plan {
		plan[i].FPS = fps
	}
	card, v := synthetic.NewCard(f.Width, f.Height), frame.New(f.Width, f.Height)
	for i := range fps {
		v.PTS = time.Duration(i) * f.Interval()
		card.Draw(v, time.UnixMilli(seatCode*int64(n)).Add(v.PTS))
		packets, err := layers.Encode(v, plan, [frame.Layers]bool{})
		if err != nil {
			return nil, err
		}
		for _, one := range packets {
			p.pictures[one.Layer] = append(p.pictures[one.Layer], one.Data)
		}
	}
	return p, p.hum(200 + 50*float64(n))
}

// hum makes the sound.
func (p *performance) hum(hertz float64) error {
	opus, err := encode.NewOpus(frame.AudioSettings{Bitrate: 32_000, PacketDuration: soundEvery})
	if err != nil {
		return err
	}
	defer opus.Close()
	var b frame.Block
	for i := range int(time.Second / frame.BlockDuration) {
		for j := range frame.BlockSamples {
			b[2*j] = float32(0.05 * math.Sin(2*math.Pi*hertz*float64(i*frame.BlockSamples+j)/frame.SampleRate))
			b[2*j+1] = b[2*j]
		}
		packet, err := opus.Encode(&b, time.Duration(i)*frame.BlockDuration)
		if err != nil {
			return err
		}
		if packet != nil {
			p.sound = append(p.sound, [][]byte{packet.Data})
		}
	}
	return nil
}

// rehearseAll makes the performances of so many seats on all processors.
func rehearseAll(t testing.TB, seats, fps int) []*performance {
	t.Helper()
	all, errs := make([]*performance, seats), make([]error, seats)
	var wg sync.WaitGroup
	for n := range all {
		wg.Go(func() { all[n], errs[n] = rehearse(n, fps) })
	}
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			t.Fatal(err)
		}
	}
	return all
}

// performer is a publisher who sends as a browser does, but for its encoder: pictures are made before, and a key frame that is asked for is
// where the performance begins anew.
type performer struct {
	*performance
	over   *webrtc.RTPSender
	tracks [frame.Layers]*webrtc.TrackLocalStaticRTP
	anew   [frame.Layers]atomic.Bool
}

// performs has a performance be sent to an address until the test ends.
func performs(t testing.TB, p *performance, address, token string) {
	t.Helper()
	pc, err := newPeer(webrtc.ConfigureSimulcastExtensionHeaders)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = pc.Close() })
	one := &performer{performance: p}
	for i, rid := range performerRIDs {
		c := webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeVP8, ClockRate: 90000}
		if one.tracks[i], err = webrtc.NewTrackLocalStaticRTP(c, "video", "show", webrtc.WithRTPStreamID(rid)); err != nil {
			t.Fatal(err)
		}
		if one.over != nil {
			err = one.over.AddEncoding(one.tracks[i])
		} else {
			var tr *webrtc.RTPTransceiver
			if tr, err = pc.AddTransceiverFromTrack(one.tracks[i], webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionSendonly}); err == nil {
				one.over = tr.Sender()
			}
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	sound, err := webrtc.NewTrackLocalStaticRTP(webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeOpus, ClockRate: 48000, Channels: 2}, "audio", "show")
	if err == nil {
		_, err = pc.AddTransceiverFromTrack(sound, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionSendonly})
	}
	if err != nil {
		t.Fatal(err)
	}
	connected := make(chan struct{})
	pc.OnConnectionStateChange(func(s webrtc.PeerConnectionState) {
		if s == webrtc.PeerConnectionStateConnected {
			close(connected)
		}
	})
	whip(t, pc, address, token)
	select {
	case <-connected:
	case <-time.After(patience):
		t.Fatal("a performer cannot connect")
	}
	ctx, cancel := context.WithCancel(context.Background())
	t.Cleanup(cancel)
	for i := range one.tracks {
		go one.hear(frame.Layer(i))
	}
	go one.show(ctx, pc.GetTransceivers()[0].Mid())
	go pace(ctx, sound, soundEvery, 960, p.sound)
}

// hear reads what is asked of a size until the connection ends.
func (p *performer) hear(l frame.Layer) {
	for {
		list, _, err := p.over.ReadSimulcastRTCP(performerRIDs[l])
		if err != nil {
			return
		}
		for _, m := range list {
			if _, ok := m.(*rtcp.PictureLossIndication); ok {
				p.anew[l].Store(true)
			}
		}
	}
}

// show sends the pictures until ctx ends, the smallest first.
func (p *performer) show(ctx context.Context, mid string) {
	ids := map[string]uint8{}
	for _, e := range p.over.GetParameters().HeaderExtensions {
		ids[e.URI] = uint8(e.ID)
	}
	var packets [frame.Layers]rtp.Packetizer
	var at [frame.Layers]int
	for i := range packets {
		packets[i] = rtp.NewPacketizer(sourceMTU, 0, 0, &codecs.VP8Payloader{EnablePictureID: true}, rtp.NewRandomSequencer(), 90000)
	}
	wait := time.NewTimer(0)
	defer wait.Stop()
	start := time.Now()
	for n := 0; ; n++ {
		wait.Reset(time.Until(start.Add(time.Duration(n) * time.Second / time.Duration(p.fps))))
		select {
		case <-wait.C:
		case <-ctx.Done():
			return
		}
		for i := frame.Layers - 1; i >= 0; i-- {
			if p.anew[i].Swap(false) {
				at[i] = 0
			}
			for _, one := range packets[i].Packetize(p.pictures[i][at[i]], 90000/uint32(p.fps)) {
				for uri, value := range map[string]string{sdp.SDESMidURI: mid, sdp.SDESRTPStreamIDURI: performerRIDs[i]} {
					_ = one.SetExtension(ids[uri], []byte(value)) // fits
				}
				_ = p.tracks[i].WriteRTP(one) // fails at the end of a test
			}
			at[i] = (at[i] + 1) % len(p.pictures[i])
		}
	}
}

// comesOn brings a performer on stage the way that guests come: into the room, into the line, let on by the host, and with a pass.
func (e *evening) comesOn(host *person, name string, p *performance) wire.StageGuest {
	e.t.Helper()
	token := trust.NewToken()
	called := func(name string, list []wire.StageGuest) (found wire.StageGuest) {
		for _, g := range list {
			if g.Name == name {
				found = g
			}
		}
		return found
	}
	e.comes(name, token).wishes(wire.StageWish{Apply: &wire.StageNote{}})
	now := e.stageIs(host, name+" has applied", func(s wire.StageNow) bool { return called(name, s.Applied).Alias != "" })
	who := called(name, now.Applied).Alias
	host.wishes(wire.StageWish{Admit: &wire.StageWho{Who: who}})
	pass := e.passes(token)
	performs(e.t, p, e.url("/whip/"+pass.Media), pass.Token)
	now = e.stageIs(host, name+" is live", func(s wire.StageNow) bool { return called(name, s.Guests).State == wire.GuestLive })
	return called(name, now.Guests)
}

// passes asks for the pass of somebody who was let on.
func (e *evening) passes(token trust.Token) (pass wire.StagePass) {
	e.t.Helper()
	r, err := http.NewRequestWithContext(e.t.Context(), http.MethodPost, e.url("/api/shows/evening/stage/pass"), nil)
	if err != nil {
		e.t.Fatal(err)
	}
	r.Header = http.Header{"Cookie": {trust.VisitorCookie + "=" + string(token)}, "Origin": {e.url("")}}
	a, err := e.client.Do(r)
	if err != nil {
		e.t.Fatal(err)
	}
	defer a.Body.Close()
	if err := json.NewDecoder(a.Body).Decode(&pass); err != nil || a.StatusCode != http.StatusOK {
		e.t.Fatalf("the pass is answered %s: %v", a.Status, err)
	}
	return pass
}
