package live

import (
	"testing"

	"github.com/pion/webrtc/v3"
)

func TestA_late_viewer_gets_the_cached_key_frame_first(t *testing.T) {
	s := startStage(t, Config{})
	p := publish(t, s, "demo", opus, h264)
	p.send(p.video, 0, false, 0x67, 1, 2, 3)
	p.send(p.video, 0, true, 0x65, 9)
	for i := range uint32(100) {
		p.send(p.video, 3000*(i+1), true, 0x41, byte(i))
	}
	v := watch(t, s, "demo", opus, h264)
	t.Log(v.answer.SDP)
	track := v.track(webrtc.RTPCodecTypeVideo)
	first := v.read(track)
	if first.Payload[0] != 0x67 {
		t.Errorf("first payload is % x", first.Payload)
	}
	last := first
	for range 101 {
		k := v.read(track)
		if k.SequenceNumber != last.SequenceNumber+1 {
			t.Fatalf("%d follows %d", k.SequenceNumber, last.SequenceNumber)
		}
		if int32(k.Timestamp-last.Timestamp) < 0 {
			t.Fatalf("time %d follows %d", k.Timestamp, last.Timestamp)
		}
		last = k
	}
	t.Log(first.Timestamp, last.Timestamp)
}
