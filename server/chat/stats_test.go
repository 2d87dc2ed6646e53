package chat_test

import (
	"testing"

	"vitrine/server/wire"
)

func TestWhatRoomsDoIsCounted(t *testing.T) {
	everyEngine(t, func(t *testing.T, w *town) {
		h, far := w.hub(), w.hub()
		sub, _, err := h.Join(t.Context(), w.show, viewer("Quinn"), 0)
		if err != nil {
			t.Fatal(err)
		}
		defer sub.Close()
		n := h.says(viewer("Rob"), "hello")
		h.says(viewer("Sam"), "hold this")
		h.says(viewer("Tim"), "shadow this")
		far.refused(wire.Forbidden, viewer("Uma"), say("block this"))
		hears(t, sub, n)
		s, f := h.Stats(), far.Stats()
		if s.Published != 1 || s.Held != 1 || s.Shadowed != 1 || s.Blocked != 1 || s.Homes != 1 || s.Slow != 0 {
			t.Errorf("the home counted %+v", s)
		}
		if s.Frames == 0 || s.Bytes <= s.Frames {
			t.Errorf("%d frames of %d bytes were told", s.Frames, s.Bytes)
		}
		if f.Homes != 0 || f.Published+f.Blocked != 0 {
			t.Errorf("who is no home counted %+v", f)
		}
	})
}
