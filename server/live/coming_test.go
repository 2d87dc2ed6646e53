package live

import (
	"slices"
	"testing"
	"time"

	"github.com/pion/webrtc/v3"

	"vitrine/server/wire"
)

func TestViewers_join_a_seat_while_its_guest_comes_and_begin_with_the_first_picture(t *testing.T) {
	t.Parallel()
	var d diary
	s := startStage(t, Config{Changed: d.changed, Grace: time.Second})
	offer := newOffer(t, vp8)
	refused := func() bool {
		_, err := s.Watch(t.Context(), wire.Show{ID: guestSeat}, offer, loopback)
		return isCode(err, wire.NotLive)
	}
	if !refused() {
		t.Error("a seat of which nobody has heard can be watched")
	}
	p := publish(t, s, guestSeat, vp8)
	v := watch(t, s, guestSeat, vp8)
	await(t, "that somebody comes", func() bool { d.mu.Lock(); defer d.mu.Unlock(); return slices.Equal(d.came, []wire.ShowID{guestSeat}) })
	if st := s.Show(guestSeat); st.Live || !st.Interrupted || s.Stats().Seats != 0 {
		t.Errorf("before the first packet the seat is %+v", st)
	}
	p.vp8Key(3000, 640, 480)
	if first := v.read(v.track(webrtc.RTPCodecTypeVideo)); first.Timestamp != 3000 {
		t.Errorf("the stream begins with the picture of %d", first.Timestamp)
	}

	// Who never begins leaves nobody waiting for good.
	p = publish(t, s, "demo~m8", vp8)
	v = watch(t, s, "demo~m8", vp8)
	if err := s.End(t.Context(), Resource{true, "demo~m8", p.answer.Session}); err != nil {
		t.Fatal(err)
	}
	await(t, "the viewer's end", func() bool { _, err := s.find(Resource{false, "demo~m8", v.answer.Session}); return err != nil })
}

func TestOf_a_seat_whose_picture_begins_the_first_layer_is_sent(t *testing.T) {
	t.Parallel()
	s := startStage(t, Config{})
	rids := []string{"q", "h", "f"} // as the page offers them
	begin := make(chan struct{})
	_, all := publishLayersLater(t, s, guestSeat, "", begin, rids...)
	v := watch(t, s, guestSeat, h264)
	for _, rid := range []string{"f", "h"} {
		all[rid].mu.Lock()
		all[rid].paused = true
		all[rid].mu.Unlock()
	}
	close(begin)
	if p := v.read(v.track(webrtc.RTPCodecTypeVideo)); len(p.Payload) < 100 || len(p.Payload) > 199 {
		t.Errorf("it begins with %d bytes", len(p.Payload))
	}
	all["q"].mu.Lock()
	defer all["q"].mu.Unlock()
	if all["q"].keys > 0 {
		t.Error("a key frame was asked for, though the picture began with one")
	}
}
