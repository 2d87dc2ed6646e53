package cmd

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"
)

const (
	// belongs is how far, in ms of the host's clock, the picture on screen may be from the one that what comes up in the page belongs to. How soon
	// after it that is, is told: a busy page draws late.
	belongs = 200
	// cards is how many are asked for in each stretch.
	cards = 60
)

// card is something that came up in the page: the media time it was stamped with, when it came up, and the time code of the
// picture that was on screen then; Before and Shown are the media times that the page knew of the picture when it was asked for
// and then, 0 if none. All in ms since 1970.
type card struct{ Media, Up, Code, Before, Shown float64 }

// cards asks for cards at odd times, each stamped with the very moment, until all have come up, and judges that they did with the
// pictures that they belong to: with the first on screen that was taken then or later.
func (v *viewer) cards(what string) {
	v.t.Helper()
	v.eval(`new Promise((done) => {
		const look = () => vitrine.time.shown() !== undefined ? done(true) : setTimeout(look, 20);
		look();
	})`)
	v.look()
	v.eval(fmt.Sprintf(`(async () => {
		for (let i = 0; i < %d; i++) {
			vitrineProbe.card();
			await new Promise((done) => setTimeout(done, 50 + 70 * Math.random()));
		}
	})()`, cards))
	var all []card
	for end := time.Now().Add(patience); len(all) < cards; {
		if time.Now().After(end) {
			v.t.Fatalf("%d of %d cards came up", len(all), cards)
		}
		var more []card
		if err := json.Unmarshal([]byte(v.eval("JSON.stringify(vitrineProbe.cards())")), &more); err != nil {
			v.t.Fatal(err)
		}
		all = append(all, more...)
		v.after(100 * time.Millisecond)
	}
	v.judge(what, all, v.look())
}

func (v *viewer) judge(what string, all []card, s seen) {
	v.t.Helper()
	var off, code, waited, known []float64
	timeless, blind := 0, 0
	for _, c := range all {
		i := slices.IndexFunc(s.Frames, func(f struct{ Shown, Code float64 }) bool { return f.Code >= c.Media })
		switch {
		case c.Before == 0 || c.Shown == 0:
			timeless++
		case c.Code == 0 || i < 0:
			blind++
		default:
			off = append(off, c.Up-s.Frames[i].Shown)
			code = append(code, c.Code-c.Media)
			waited = append(waited, c.Up-c.Media)
			known = append(known, c.Shown-c.Code)
		}
	}
	if timeless+blind > len(all)/4 { // a busy machine stops pictures
		v.t.Fatalf("%s: of %d cards %d came up where the page knew no time, and %d with a picture that could not be read", what, len(all), timeless, blind)
	}
	tell := func(name string, l []float64) {
		sorted(l)
		v.t.Logf("%s: %s: min %.0f, p5 %.0f, p50 %.0f, p95 %.0f, max %.0f ms", what, name, l[0], quantile(l, 0.05), quantile(l, 0.5), quantile(l, 0.95), l[len(l)-1])
	}
	tell("cards came up after their picture did by", off)
	tell("with pictures taken after their time by", code)
	tell("and waited", waited)
	tell("media time of the picture less its time code", known)
	if early, usual := quantile(code, 0.05), quantile(code, 0.5); early < -belongs || usual > belongs {
		v.t.Errorf("%s: cards came up with pictures taken %.0f ms after their time, some %.0f", what, usual, early)
	}
	if timeless+blind > 0 {
		v.t.Logf("%s: of %d cards %d came up where the page knew no time, and %d with a picture that could not be read", what, len(all), timeless, blind)
	}
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
			v.cards("at first")

			height := v.eval(`document.getElementById("picture").videoHeight`)
			v.choose(1)
			v.eval(fmt.Sprintf(`new Promise((done) => {
				const look = () => document.getElementById("picture").videoHeight !== %s ? done(true) : setTimeout(look, 5);
				look();
			})`, height))
			v.cards("after a change of layer")

			studio.kill()
			v.state("interrupted")
			e.studio("--synthetic")
			v.state("playing")
			v.cards("after the studio came back")
			if c := v.console(); c != "" {
				t.Errorf("the page complains: %s", c)
			}
		})
	}
}

func TestTheServerKnowsWhatTheHostIsSending(t *testing.T) {
	for _, delay := range []time.Duration{0, 100 * time.Millisecond} {
		t.Run(fmt.Sprint("an uplink of ", delay), func(t *testing.T) {
			u := newUplinkRig(t, weather{Delay: delay}, weather{Delay: delay})
			u.host.pass(t, 2*time.Second)
			var off []float64
			for range 100 {
				u.host.pass(t, 47*time.Millisecond)
				ms, ok := u.stage.MediaTime("evening")
				if !ok {
					t.Fatal("it does not")
				}
				off = append(off, float64(ms-time.Now().Add(-delay).UnixMilli()))
			}
			sorted(off)
			t.Logf("media time less that of what comes now: min %.0f, p50 %.0f, p95 %.0f, max %.0f ms", off[0], quantile(off, 0.5), quantile(off, 0.95), off[len(off)-1])
			if quantile(off, 0.05) < -belongs || quantile(off, 0.95) > belongs {
				t.Error("an event would come up with another picture")
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
