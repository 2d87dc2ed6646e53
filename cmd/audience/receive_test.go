package main

import (
	"bytes"
	"testing"
	"time"

	"github.com/pion/interceptor/pkg/twcc"
	"github.com/pion/rtp"
	"github.com/pion/srtp/v2"
)

func TestAViewerCountsWhatIsAuthenticAndWhatWasSentAgain(t *testing.T) {
	var keys [2]*srtp.Context
	for i := range keys {
		c, err := srtp.CreateContext(bytes.Repeat([]byte{7}, 16), bytes.Repeat([]byte{9}, 12), srtp.ProtectionProfileAeadAes128Gcm)
		if err != nil {
			t.Fatal(err)
		}
		keys[i] = c
	}
	picture := &track{section: section{video: true, media: []uint8{102}, repeats: []uint8{103}, transportNumber: 3}, meter: newMeter(90000)}
	v := &viewer{in: keys[0], tracks: []*track{picture}, arrivals: twcc.NewRecorder(1), first: make(chan struct{})}
	transport := byte(0)
	receive := func(kind uint8, ssrc uint32, number uint16, payload []byte, spoil byte) {
		p := rtp.Packet{Header: rtp.Header{Version: 2, PayloadType: kind, SSRC: ssrc, SequenceNumber: number, Marker: true}, Payload: payload}
		if err := p.SetExtension(3, []byte{0, transport}); err != nil {
			t.Fatal(err)
		}
		transport++
		clear, err := p.Marshal()
		if err != nil {
			t.Fatal(err)
		}
		sealed, err := keys[1].EncryptRTP(nil, clear, nil)
		if err != nil {
			t.Fatal(err)
		}
		sealed[len(sealed)-1] ^= spoil
		v.take(sealed, time.Now())
	}
	receive(102, 5, 9, []byte{1}, 0)
	v.mark()
	receive(102, 5, 10, []byte{1}, 1) // forged
	receive(102, 5, 11, []byte{1}, 0)
	if got := picture.read(); got.received != 1 || got.expected != 2 {
		t.Errorf("before anything was repaired: %+v", got)
	}
	receive(103, 6, 1, []byte{0, 10, 1}, 0)
	receive(103, 6, 2, []byte{0, 10, 1}, 0) // once more
	if got := picture.read(); got.received != 2 || got.expected != 2 || len(picture.wanted(time.Now())) != 0 {
		t.Errorf("after: %+v", got)
	}
	if r := picture.receptionReport(5, time.Now()); picture.ssrc != 5 || r.TotalLost != 1 {
		t.Errorf("reports of %d: %+v", picture.ssrc, r)
	}
	if n := v.arrivals.PacketsHeld(); n != 4 {
		t.Errorf("%d packets will be reported as arrived", n)
	}
	select {
	case <-v.first:
	default:
		t.Error("it has no picture")
	}
}
