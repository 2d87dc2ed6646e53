package cmd

import (
	"encoding/json"
	"fmt"
	"math"
	"testing"
	"time"
)

const (
	// belongs is how far, in ms, what comes up in the page may be from the picture that it belongs to (issue 6).
	belongs = 200
	// cards is how many are asked for in each stretch.
	cards = 60
)

// card is something that came up in the page: the media time it was stamped with, when it came up, and the time code of the
// picture that was on screen then; Before and Shown are the media times that the page knew of the picture then and when it was
// asked, 0 if none. All in ms since 1970.
type card struct{ Media, Up, Code, Before, Shown float64 }

// cards asks for cards at odd times, each stamped with the very moment, and returns them when all have come up.
func (v *viewer) cards(n int) (all []card) {
	v.t.Helper()
	v.eval(fmt.Sprintf(`(async () => {
		for (let i = 0; i < %d; i++) {
			vitrineProbe.card();
			await new Promise((done) => setTimeout(done, 50 + 70 * Math.random()));
		}
	})()`, n))
	for end := time.Now().Add(patience); len(all) < n; {
		if time.Now().After(end) {
			v.t.Fatalf("%d of %d cards came up", len(all), n)
		}
		var more []card
		if err := json.Unmarshal([]byte(v.eval("JSON.stringify(vitrineProbe.cards())")), &more); err != nil {
			v.t.Fatal(err)
		}
		all = append(all, more...)
		v.after(50 * time.Millisecond)
	}
	return all
}

// timely judges that cards came up with the pictures that they belong to, and not merely when they came.
func timely(t *testing.T, what string, all []card) {
	t.Helper()
	var off, waited, known []float64
	blind := 0
	for _, c := range all {
		if c.Before == 0 || c.Shown == 0 || c.Code == 0 {
			blind++
			continue
		}
		off = append(off, c.Code-c.Media)
		waited = append(waited, c.Up-c.Media)
		known = append(known, c.Shown-c.Code)
	}
	sorted(off)
	sorted(waited)
	sorted(known)
	if blind > len(all)/20 {
		t.Fatalf("%s: of %d cards %d came up without a time or a picture that could be read", what, len(all), blind)
	}
	for _, o := range off {
		if math.Abs(o) > belongs {
			t.Errorf("%s: a card came up with a picture of %.0f ms later than its own", what, o)
		}
	}
	t.Logf("%s: %d cards; time code of the picture less the card's time: min %.0f, p50 %.0f, p95 %.0f, max %.0f ms; they waited p50 %.0f ms for it; media time less time code: min %.0f, p50 %.0f, max %.0f ms",
		what, len(off), off[0], quantile(off, 0.5), quantile(off, 0.95), off[len(off)-1], quantile(waited, 0.5), known[0], quantile(known, 0.5), known[len(known)-1])
}

func TestWhatTheHostShowsComesUpWithThePictureItBelongsTo(t *testing.T) {
	for _, delay := range []time.Duration{0, 100 * time.Millisecond} {
		t.Run(fmt.Sprint("a link of ", delay), func(t *testing.T) {
			e, home := newFarEvening(t)
			studio := e.studio("--synthetic")
			e.live()
			s := e.seat(t, home, 1)
			v := s.visit(t, weather{Delay: delay}, weather{Delay: delay})
			v.gather(90, 1)
			timely(t, "at first", v.cards(cards))

			height := v.eval(`document.getElementById("picture").videoHeight`)
			v.choose(1)
			v.eval(fmt.Sprintf(`new Promise((done) => {
				const look = () => document.getElementById("picture").videoHeight !== %s ? done(true) : setTimeout(look, 5);
				look();
			})`, height))
			timely(t, "after a change of layer", v.cards(cards))

			studio.kill()
			v.state("interrupted")
			e.studio("--synthetic")
			v.state("playing")
			timely(t, "after the studio came back", v.cards(cards))
			if c := v.console(); c != "" {
				t.Errorf("the page complains: %s", c)
			}
		})
	}
}

// choose has the page ask for a quality, counted from the lowest one.
func (v *viewer) choose(fromLowest int) {
	v.t.Helper()
	v.eval(`document.querySelector(".size").click()`)
	v.eval(fmt.Sprintf(`new Promise((done) => {
		const look = () => {
			const all = document.querySelectorAll(".quality input");
			if (all.length < 2) return setTimeout(look, 20);
			all[all.length - %d].click();
			done(true);
		};
		look();
	})`, fromLowest))
}
