package server

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/pion/webrtc/v3"

	"vitrine/server/wire"
)

// guest is a viewer, a stock pion peer, that is in the room by its event channel.
type guest struct {
	*peer
	channel *webrtc.DataChannel
	events  chan wire.Event
	text    string           // of the pieces that have come
	told    []wire.RoomEvent // in frames that came while something else was waited for
}

// attend joins demo with an event channel.
func attend(r *running) *guest {
	r.t.Helper()
	g := &guest{peer: receiving(r), events: make(chan wire.Event, 1024)}
	var err error
	if g.channel, err = g.pc.CreateDataChannel(wire.EventChannel, nil); err != nil {
		r.t.Fatal(err)
	}
	open := make(chan struct{})
	g.channel.OnOpen(func() { close(open) })
	g.channel.OnMessage(func(m webrtc.DataChannelMessage) {
		if len(m.Data) > 8<<10 {
			r.t.Errorf("a message has %d bytes", len(m.Data))
		}
		g.take(m.Data)
	})
	g.accept(r.do(call{method: "POST", path: "/whep/demo", kind: "application/sdp", body: g.offer()}))
	g.connect()
	<-open
	return g
}

// take puts pieces together, and keeps what comes.
func (g *guest) take(message []byte) {
	e, err := wire.ReadEvent(message)
	if err != nil || e == nil {
		g.r.t.Errorf("%q is no event: %v", message, err)
		return
	}
	p, isPiece := e.(wire.Piece)
	switch {
	case !isPiece:
		g.events <- e
		return
	case p.First:
		g.text = ""
	}
	if g.text += p.Text; !p.More {
		g.take([]byte(g.text))
	}
}

func (g *guest) sends(w wire.RoomWish) {
	g.r.t.Helper()
	text, err := json.Marshal(w)
	if err == nil {
		err = g.channel.SendText(string(text))
	}
	if err != nil {
		g.r.t.Fatal(err)
	}
}

func (g *guest) asks(r wire.RoomRequest) {
	g.r.t.Helper()
	g.sends(wire.RoomWish{Ask: must(json.Marshal(r))})
}

// hears waits for an event of the type.
func hears[E wire.Event](g *guest) E {
	g.r.t.Helper()
	for end := time.After(patience); ; {
		select {
		case e := <-g.events:
			if f, ok := e.(wire.RoomFrame); ok {
				g.told = append(g.told, f.Events...)
			}
			if one, ok := e.(E); ok {
				return one
			}
		case <-end:
			g.r.t.Fatalf("there was no %T", *new(E))
		}
	}
}

// reads waits until a text was said, and returns what was said until then, in the order of telling.
func (g *guest) reads(known []wire.RoomEvent, until string) (said []wire.RoomEvent) {
	g.r.t.Helper()
	for said = known; len(said) == 0 || said[len(said)-1].Said == nil || said[len(said)-1].Said.Text != until; {
		if len(g.told) == 0 {
			hears[wire.RoomFrame](g)
			continue
		}
		said, g.told = append(said, g.told[0]), g.told[1:]
	}
	return said
}

func (r *running) ticket() string {
	r.t.Helper()
	t, status := asks[wire.RoomTicket](r, call{method: "POST", path: "/api/shows/demo/room/ticket"})
	if status != http.StatusOK || t.Ticket == "" {
		r.t.Fatal("the ticket is answered", status)
	}
	return t.Ticket
}

// host is in the room of demo over a WebSocket.
func (r *running) host() *websocket.Conn {
	r.t.Helper()
	c, _, err := websocket.DefaultDialer.DialContext(r.t.Context(), "ws://"+r.at.HTTP.String()+"/api/shows/demo/room", http.Header{"Authorization": {"Bearer " + token}})
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() { _ = c.Close() })
	return c
}

// announces has the host say something and waits for the answer.
func announces(r *running, host *websocket.Conn, id, text string) {
	r.t.Helper()
	if err := host.WriteJSON(wire.RoomRequest{ID: id, Say: &wire.Say{Text: text}}); err != nil {
		r.t.Fatal(err)
	}
	for {
		_, message, err := host.ReadMessage()
		if err != nil {
			r.t.Fatal(err)
		}
		if e, _ := wire.ReadEvent(message); e != nil {
			if a, ok := e.(wire.RoomAnswer); ok && a.ID == id {
				if a.Error != nil {
					r.t.Fatal(a.Error)
				}
				return
			}
		}
	}
}

func TestARoomIsReachedThroughTheEventChannelOfAViewer(t *testing.T) {
	r := start(t, Config{})
	publish(r)
	host := r.host()
	long := strings.Repeat("Linen, 亚麻! ", 40)
	for i := range 30 {
		announces(r, host, fmt.Sprintf("early-%d", i), fmt.Sprint(i, " ", long))
	}
	g := attend(r)
	g.sends(wire.RoomWish{Enter: &wire.Numbered{}})
	if left := hears[wire.RoomLeft](g); left.Code != wire.RoomUnknown {
		t.Errorf("who has shown no ticket is told %+v", left)
	}

	pass := r.visitor().ticket()
	g.sends(wire.RoomWish{Ticket: pass})
	g.sends(wire.RoomWish{Enter: &wire.Numbered{}})
	joined := hears[wire.RoomJoined](g)
	if len(joined.Events) != 30 || joined.Events[29].Said.Text != strings.TrimSpace("29 "+long) || joined.Me.Role != "" {
		t.Errorf("%d events came, for %+v", len(joined.Events), joined.Me)
	}

	// What is said either way comes, in order, each once.
	g.asks(wire.RoomRequest{ID: "mine", Say: &wire.Say{Text: "Is there a 56?"}})
	if a := hears[wire.RoomAnswer](g); a.ID != "mine" || a.Error != nil {
		t.Fatalf("the answer is %+v", a.Error)
	}
	g.asks(wire.RoomRequest{ID: "mine", Say: &wire.Say{Text: "Is there a 56?"}})
	announces(r, host, "yes", "There is.")
	said := g.reads(nil, "There is.")
	g.sends(wire.RoomWish{Leave: &struct{}{}})
	announces(r, host, "away", "Nobody hears this at once.")
	g.sends(wire.RoomWish{Enter: &wire.Numbered{N: said[len(said)-1].N}})
	again := hears[wire.RoomJoined](g)
	announces(r, host, "last", "The last word.")
	said = g.reads(append(said, again.Events...), "The last word.")
	var texts []string
	for i, e := range said {
		if i > 0 && e.N <= said[i-1].N {
			t.Errorf("event %d comes after %d", e.N, said[i-1].N)
		}
		texts = append(texts, e.Said.Text)
	}
	if got := strings.Join(texts, "|"); got != "Is there a 56?|There is.|Nobody hears this at once.|The last word." || !again.Whole {
		t.Errorf("%q was heard, whole: %v", got, again.Whole)
	}

	// A ticket is good once.
	other := attend(r)
	other.sends(wire.RoomWish{Ticket: pass})
	other.sends(wire.RoomWish{Enter: &wire.Numbered{}})
	if left := hears[wire.RoomLeft](other); left.Code != wire.RoomUnknown {
		t.Errorf("a ticket that was used lets in: %+v", left)
	}

	// Who sends far too much is refused, then sent away.
	for i := range 200 {
		g.asks(wire.RoomRequest{ID: fmt.Sprint("much-", i), Cheer: &struct{}{}})
	}
	if left := hears[wire.RoomLeft](g); left.Code != wire.RoomFlood {
		t.Errorf("who sends too much is told %+v", left)
	}
}
