package cmd

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	"vitrine/server/wire"
)

// TestARoomGoesOnWhereMostPacketsAreLost takes 60 % of the packets of both directions away from a page that is in the room: TCP stands
// still for longer and longer there. What the host says comes, and what the viewer says, in order, each once.
func TestARoomGoesOnWhereMostPacketsAreLost(t *testing.T) {
	e, home := newFarEvening(t)
	e.studio("--synthetic")
	e.live()
	s := e.seat(t, home, 1)
	v := s.visit(t, weather{}, weather{})
	v.gather(30, 1)
	v.eval(`new Promise((done) => {
		const ready = () => document.querySelector(".box input") &&
			performance.getEntriesByType("resource").some((r) => r.name.endsWith("/room/ticket") && r.responseEnd > 0);
		const look = () => ready() ? done(true) : setTimeout(look, 20);
		look();
	})`)
	v.eval(`(() => {
		localStorage.setItem("vitrine.name", "Ada");
		const seen = (window.seen = {});
		new MutationObserver(() => {
			for (const r of document.querySelectorAll(".row:not(.sending) .text")) seen[r.innerText] ??= performance.timeOrigin + performance.now();
		}).observe(document.body, { childList: true, subtree: true, characterData: true });
	})()`)
	h := e.host()
	before := s.count(down)
	s.set(weather{Drop: 0.6}, weather{Drop: 0.6})
	pass(t, 5*time.Second) // until the loss is known and the detour taken
	v.eval(`(() => {
		const i = document.querySelector(".box input");
		i.value = "Can anybody hear me?";
		i.dispatchEvent(new Event("input", { bubbles: true }));
		setTimeout(() => document.querySelector(".box").requestSubmit(), 100);
	})()`)
	const lines = 40
	var texts []string
	said := map[string]int64{}
	for i := range lines {
		text := fmt.Sprint("line ", i)
		said[text] = h.does(wire.RoomRequest{Say: &wire.Say{Text: text}}).At
		texts = append(texts, text)
		pass(t, 250*time.Millisecond)
	}
	v.eval(fmt.Sprintf(`new Promise((done) => {
		const look = () => seen[%q] && seen["Can anybody hear me?"] ? done(true) : setTimeout(look, 20);
		look();
	})`, texts[lines-1]))
	var seen map[string]float64
	var shown []string
	for script, to := range map[string]any{"seen": &seen, `[...document.querySelectorAll(".row .text")].map((r) => r.innerText).filter((x) => x.startsWith("line"))`: &shown} {
		if err := json.Unmarshal([]byte(v.eval("JSON.stringify("+script+")")), to); err != nil {
			t.Fatal(err)
		}
	}
	if !slices.Equal(shown, texts) {
		t.Errorf("the page shows %q", shown)
	}
	var waits []float64
	for _, text := range texts {
		waits = append(waits, seen[text]-float64(said[text]))
	}
	slices.Sort(waits)
	if c := s.count(down).minus(before); !binomial(c.Lost, c.Packets, 0.6) {
		t.Errorf("the link was told to lose 60 %%: %+v", c)
	}
	t.Logf("lines took %.0f ms (median), %.0f ms (p95), %.0f ms at most", waits[lines/2], waits[lines*95/100], waits[lines-1])
}
