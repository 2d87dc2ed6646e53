package live

import (
	"testing"
	"time"

	"github.com/pion/rtp"
)

// feeder writes packets to a track as its publisher.
type feeder struct {
	t     *testing.T
	up    *UpTrack
	epoch uint32
	seq   uint16
}

func (f *feeder) write(at time.Time, payload ...byte) {
	f.t.Helper()
	h := rtp.Header{Version: 2, SequenceNumber: f.seq, Timestamp: uint32(f.seq) * 3000, Marker: true}
	f.seq++
	raw, err := h.Marshal()
	if err != nil {
		f.t.Fatal(err)
	}
	if err := f.up.Write(f.epoch, append(raw, payload...), at); err != nil {
		f.t.Fatal(err)
	}
}

func TestAfter_a_silence_newcomers_begin_with_a_new_key_frame(t *testing.T) {
	var stats counters
	asked := 0
	f := &feeder{t: t, up: newUpTrack(h264, 1<<20, nil, &stats)}
	f.epoch = f.up.Switch(func() { asked++ })
	f.write(dawn, 0x65, 1)
	f.write(dawn.Add(time.Second), 0x41, 2)
	if key, _ := f.up.cache.Key(); key == nil || asked != 0 {
		t.Fatalf("the key frame is %v, asked %d times for one", key, asked)
	}
	back := dawn.Add(time.Second + outdatedAfter + time.Millisecond)
	f.write(back, 0x41, 3)
	if key, _ := f.up.cache.Key(); key != nil || asked != 1 {
		t.Errorf("the key frame is %v, asked %d times for one", key, asked)
	}
	f.write(back.Add(time.Second), 0x65, 4)
	if key, _ := f.up.cache.Key(); key == nil || key.Payload[1] != 4 {
		t.Errorf("the key frame is %v", key)
	}
}

func TestBitrates_are_measured_and_kept(t *testing.T) {
	var m meter
	at := func(ms int) time.Time { return dawn.Add(time.Duration(ms) * time.Millisecond) }
	for ms := 0; ms <= 2000; ms += 10 {
		m.add(1250, at(ms))
	}
	if got := m.rate(at(2000)); got != 1_000_000 {
		t.Errorf("%d bit/s", got)
	}
	if got := m.rate(at(4001)); got != 0 || m.last != 1_000_000 {
		t.Errorf("in silence %d bit/s, and %d before", got, m.last)
	}
	m.add(1250, at(9000))
	if got := m.rate(at(9001)); got != 1_000_000 {
		t.Errorf("at the return %d bit/s", got)
	}
}
