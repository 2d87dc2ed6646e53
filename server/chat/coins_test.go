package chat_test

import (
	"encoding/json"
	"testing"
	"time"

	"vitrine/server/chat"
	"vitrine/server/wire"
)

// hearsCoins reads frames until one tells of a wallet.
func hearsCoins(t *testing.T, s *chat.Subscription) int64 {
	t.Helper()
	late := time.After(patience)
	for {
		select {
		case f, ok := <-s.Frames():
			if !ok {
				t.Fatal("the subscription has ended:", s.End())
			}
			var frame wire.RoomFrame
			if err := json.Unmarshal(f.JSON, &frame); err != nil {
				t.Fatal(err)
			}
			if frame.Coins != nil {
				return *frame.Coins
			}
		case <-late:
			t.Fatal("nothing is told of coins")
		}
	}
}

func TestACreditIsToldInAllProcesses(t *testing.T) {
	everyEngine(t, func(t *testing.T, w *town) {
		here, far := w.hub(), w.hub()
		xenia := viewer("Xenia" + string(w.show))
		here.says(xenia, "hello") // so that the room is known to be theirs
		for _, h := range []*hub{here, far} {
			sub, _, err := h.Join(t.Context(), w.show, xenia, 0)
			if err != nil {
				t.Fatal(err)
			}
			defer sub.Close()
			other, _, err := h.Join(t.Context(), w.show, viewer("Yuri"), 0)
			if err != nil {
				t.Fatal(err)
			}
			defer other.Close()
			key := w.id() + string(w.show)
			before, err := here.Coins(t.Context(), xenia.Person)
			if err != nil {
				t.Fatal(err)
			}
			if err := here.Credit(t.Context(), xenia.Person, 7, key); err != nil {
				t.Fatal(err)
			}
			if got := hearsCoins(t, sub); got != before+7 {
				t.Errorf("told of %d coins, want %d", got, before+7)
			}
			if len(other.Frames()) > 0 {
				var frame wire.RoomFrame
				if err := json.Unmarshal((<-other.Frames()).JSON, &frame); err != nil || frame.Coins != nil {
					t.Error("somebody else is told of it", err)
				}
			}
			if err := here.Debit(t.Context(), xenia.Person, before+8, key); wire.CodeOf(err) != wire.Conflict {
				t.Error("more than there is is taken back:", err)
			}
		}
	})
}
