package cmd

import (
	"encoding/json"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"vitrine/server/wire"
)

// asked is how many polls the host starts, and pins how many products they show.
const asked, pins = 15, 25

// host is the studio's way into the room of the evening.
type host struct {
	t testing.TB
	*websocket.Conn
	n int
}

// host joins the room from the studio's network.
func (e *evening) host() *host {
	e.t.Helper()
	c, _, err := e.dialer().Dial("ws://"+e.http+"/api/shows/evening/room", http.Header{"Authorization": {"Bearer " + e.token}})
	if err != nil {
		e.t.Fatal(err)
	}
	e.t.Cleanup(func() { _ = c.Close() })
	return &host{t: e.t, Conn: c}
}

// does asks for something, and returns the event that it made.
func (h *host) does(q wire.RoomRequest) (made wire.RoomEvent) {
	h.t.Helper()
	h.n++
	q.ID = fmt.Sprint("host-", h.n)
	if err := h.WriteJSON(q); err != nil {
		h.t.Fatal(err)
	}
	events := map[int64]wire.RoomEvent{}
	for answered := int64(0); ; {
		_ = h.SetReadDeadline(time.Now().Add(patience))
		_, text, err := h.ReadMessage()
		if err != nil {
			h.t.Fatal(err)
		}
		event, err := wire.ReadEvent(text)
		if err != nil {
			h.t.Fatal(err)
		}
		switch e := event.(type) {
		case wire.RoomFrame:
			for _, one := range e.Events {
				events[one.N] = one
			}
		case wire.RoomAnswer:
			if e.ID == q.ID && e.Error != nil {
				h.t.Fatalf("%+v", e.Error)
			}
			if e.ID == q.ID {
				answered = e.N
			}
		}
		if one, ok := events[answered]; ok {
			return one
		}
	}
}

func TestWhatTheHostDoesComesUpWithThePictureInWhichItWasDone(t *testing.T) {
	e, home := newFarEvening(t)
	operator := e.operates()
	for i := range pins {
		e.sells(operator, wire.Product{ID: wire.ProductID(fmt.Sprint("cup-", i)), Title: fmt.Sprint("cup ", i), Variants: []wire.Variant{
			{ID: wire.VariantID(fmt.Sprint("cup-", i)), Price: wire.Money{Minor: 900, Currency: "EUR"}, Stock: 5},
		}})
	}
	e.studio("--synthetic")
	e.live()
	v := e.seat(t, home, 1).visit(t, weather{Delay: 100 * time.Millisecond}, weather{Delay: 100 * time.Millisecond})
	v.gather(90, 1)
	v.eval(`new Promise((done) => {
		const look = () => vitrine.time.shown() !== undefined && document.querySelector(".room") ? done(true) : setTimeout(look, 20);
		look();
	})`)
	v.eval(`(() => {
		const up = (window.came = {});
		new MutationObserver(() => {
			for (const one of [".poll:last-of-type .ask", ".card b"]) {
				const name = document.querySelector(one)?.textContent;
				if (name) up[name] ??= vitrineProbe.now();
			}
		}).observe(document.body, { childList: true, subtree: true, characterData: true });
	})()`)
	v.look()
	h := e.host()
	comes := func(name string, did wire.RoomEvent) card {
		text := v.eval(fmt.Sprintf(`new Promise((done) => {
			const look = () => came[%q] ? done(JSON.stringify(came[%q])) : setTimeout(look, 20);
			look();
		})`, name, name))
		var c card
		if err := json.Unmarshal([]byte(text), &c); err != nil {
			t.Fatal(err)
		}
		c.Media, c.Before = float64(did.Media), c.Shown
		return c
	}
	var polls, products []card
	for i := range pins {
		name := fmt.Sprint("cup ", i)
		products = append(products, comes(name, h.does(wire.RoomRequest{Show: &wire.Showing{Product: wire.ProductID(fmt.Sprint("cup-", i))}})))
	}
	v.judge("products", products, v.look())
	for i := range asked {
		name := fmt.Sprint("poll ", i)
		began := h.does(wire.RoomRequest{Poll: &wire.StartPoll{Question: name, Options: []string{"a", "b"}}})
		polls = append(polls, comes(name, began))
		h.does(wire.RoomRequest{EndPoll: &wire.Numbered{N: began.N}})
	}
	v.judge("polls", polls, v.look())
	if c := v.console(); c != "" {
		t.Errorf("the page complains: %s", c)
	}
}
