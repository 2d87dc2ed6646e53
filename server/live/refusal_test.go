package live

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"vitrine/server/wire"
)

func TestWhat_is_refused_is_told_unless_something_of_the_guest_flows_all_the_same(t *testing.T) {
	told := make(chan string, 10)
	s := startStage(t, Config{Refused: func(id wire.ShowID, why *wire.Error) { told <- fmt.Sprint(id, " ", why.Code) }})
	none := strings.ReplaceAll(newOffer(t, Codec{MimeType: "video/AV1", ClockRate: 90000}), "recvonly", "sendonly")
	large := strings.ReplaceAll(asPublisher(chromium), "a=mid:1\r\n", "a=mid:1\r\na=imageattr:96 send [x=3840,y=2160]\r\n")
	p := publish(t, s, guestSeat, vp8)
	p.vp8Key(0, 640, 480)
	await(t, "the seat", func() bool { return s.Show(guestSeat).Live })
	for _, c := range []struct {
		id    wire.ShowID
		offer string
	}{{guestSeat, none}, {"demo", none}, {"demo~m8", none}, {"demo~m9", large}} {
		if _, err := s.Publish(t.Context(), c.id, c.offer, loopback); err == nil {
			t.Errorf("%s may send all", c.id)
		}
	}
	for _, want := range []string{"demo~m8 no_codec", "demo~m9 too_large"} {
		if got := <-told; got != want {
			t.Errorf("told %q, want %q", got, want)
		}
	}
}

func TestA_bell_tells_of_a_refusal_what_is_still_true_and_after_what_flowed_before_it(t *testing.T) {
	lines := make(chan string, 10)
	b := newBell(Config{
		Changed: func(id wire.ShowID, now Flow) { lines <- fmt.Sprint(id, " ", now.Up) },
		Refused: func(id wire.ShowID, why *wire.Error) { lines <- fmt.Sprint(id, " ", why.Code) },
	})
	b.refused("a", takenBack())
	b.rang("a", Flow{Up: true})
	b.rang("b", Flow{Up: true})
	b.refused("b", takenBack())
	b.refused("c", takenBack())
	b.rang("c", Flow{})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); _ = b.run(ctx) }()
	for _, want := range []string{"a true", "b true", "b forbidden", "c false", "c forbidden"} {
		if got := <-lines; got != want {
			t.Errorf("told %q, want %q", got, want)
		}
	}
	cancel()
	<-done
}
