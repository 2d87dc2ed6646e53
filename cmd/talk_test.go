package cmd

import (
	"context"
	"fmt"
	"image"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"vitrine/server/wire"
	"vitrine/studio"
	"vitrine/studio/remote"
)

// guest is a viewer in the evening's room. What is told comes on a channel, an event each.
type guest struct {
	t      testing.TB
	conn   *websocket.Conn
	events chan wire.RoomEvent
	asked  int
}

func (e *evening) guest(t testing.TB, name string) *guest {
	t.Helper()
	c, _, err := websocket.DefaultDialer.DialContext(t.Context(), "ws://"+e.http+"/api/shows/evening/room", http.Header{"Origin": {e.url("")}})
	if err != nil {
		t.Fatal("join the room:", err)
	}
	g := &guest{t: t, conn: c, events: make(chan wire.RoomEvent, 1024)}
	done := make(chan struct{})
	go func() {
		defer close(done)
		g.listen()
	}()
	t.Cleanup(func() {
		c.Close()
		<-done
	})
	g.ask(wire.RoomRequest{Name: &name})
	return g
}

func (g *guest) listen() {
	for {
		_, message, err := g.conn.ReadMessage()
		if err != nil {
			return
		}
		var told []wire.RoomEvent
		switch e, _ := wire.ReadEvent(message); e := e.(type) {
		case wire.RoomJoined:
			told = e.Events
		case wire.RoomFrame:
			told = e.Events
		}
		for _, e := range told {
			g.events <- e
		}
	}
}

func (g *guest) ask(q wire.RoomRequest) {
	g.t.Helper()
	g.asked++
	q.ID = fmt.Sprintf("guest-%d-%d", time.Now().UnixNano(), g.asked)
	if err := g.conn.WriteJSON(q); err != nil {
		g.t.Fatal("ask the room:", err)
	}
}

// hear waits for an event.
func (g *guest) hear(what string, is func(wire.RoomEvent) bool) wire.RoomEvent {
	g.t.Helper()
	end := time.After(patience)
	for {
		select {
		case e := <-g.events:
			if is(e) {
				return e
			}
		case <-end:
			g.t.Fatal("nobody told that ", what)
		}
	}
}

// The host and the audience in the real window, before the show is on air: a viewer asks, the host writes, starts a poll in two
// clicks, answers the question, and reads it all in big type.
func TestAHostTalksWithTheAudienceInTheRealWindow(t *testing.T) {
	e := newEvening(t)
	d := e.desk(t, 1280, 720, studio.Defaults())
	click := func(x, y int) { d.run("xdotool", "mousemove", fmt.Sprint(x), fmt.Sprint(y), "click", "1") }
	click(1146, 51) // Room
	g := e.guest(t, "Ada")
	before := d.look(filepath.Join(t.TempDir(), "a.png"))
	g.ask(wire.RoomRequest{Ask: &wire.AskHost{Text: "Is there a 56?"}})
	question := g.hear("the viewer asks", func(e wire.RoomEvent) bool { return e.Asked != nil })
	panel := image.Rect(945, 120, 1255, 490)
	d.e.until("the question is in the window", func() bool {
		return !same(before, d.look(filepath.Join(t.TempDir(), "b.png")), panel)
	})

	d.press("ctrl+t")
	d.run("xdotool", "type", "Welcome everybody")
	d.press("Return")
	said := g.hear("the host says something", func(e wire.RoomEvent) bool { return e.Said != nil })
	if said.Said.Text != "Welcome everybody" || said.By == nil || said.By.Role != "host" {
		t.Errorf("the viewer read %+v by %+v", said.Said, said.By)
	}

	click(1089, 97) // Polls: the first click, Yes / No the second
	click(993, 175)
	poll := g.hear("there is a poll", func(e wire.RoomEvent) bool { return e.Polled != nil })
	g.ask(wire.RoomRequest{Vote: &wire.Vote{Poll: poll.N, Option: 1}})

	click(1024, 97) // Questions
	click(1000, 518)
	answer := g.hear("the question is answered", func(e wire.RoomEvent) bool { return e.Answered != nil })
	if answer.Answered.Question != question.N || answer.Answered.Text != "" {
		t.Errorf("answered: %+v", answer.Answered)
	}

	click(963, 97)
	d.press("ctrl+b")
	d.e.until("there is a window in big type", func() bool {
		out, err := d.tool("xdotool", "search", "--onlyvisible", "--name", "room").Output()
		return err == nil && len(strings.Fields(string(out))) > 0
	})
}

// The studio's client of the room against the real server, which is killed without warning while both talk: what was said while it
// was away is said once, and no number is missed or comes twice.
func TestTheStudiosRoomGoesOnAfterTheServerWasKilled(t *testing.T) {
	e := newEvening(t)
	client := remote.New()
	t.Cleanup(client.CloseIdle)
	room, err := client.Room(e.url(""), e.token, "evening")
	if err != nil {
		t.Fatal(err)
	}
	events, joined := make(chan wire.RoomEvent, 1024), make(chan wire.RoomJoined, 16)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		done <- room.Run(ctx, remote.RoomFeedback{
			Joined: func(j wire.RoomJoined) {
				for _, e := range j.Events {
					events <- e
				}
				joined <- j
			},
			Frame: func(f wire.RoomFrame) {
				for _, e := range f.Events {
					events <- e
				}
			},
			Lost: func(err error) { t.Log("lost:", err) },
		})
	}()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	if j := <-joined; !j.Moderates || j.Me.Role != "host" {
		t.Errorf("joined as %+v", j.Me)
	}
	say := func(text string) (n int64) {
		t.Helper()
		ask, cancel := context.WithTimeout(ctx, patience)
		defer cancel()
		n, err := room.Ask(ask, wire.RoomRequest{Say: &wire.Say{Text: text}})
		if err != nil {
			t.Fatalf("say %q: %v", text, err)
		}
		return n
	}
	next, texts := int64(1), []string(nil)
	hear := func(last int64) {
		t.Helper()
		for next <= last {
			select {
			case e := <-events:
				switch {
				case e.N > next:
					t.Fatalf("after %d comes %d", next-1, e.N)
				case e.N == next: // one may be told twice
					next++
					if e.Said != nil {
						texts = append(texts, e.Said.Text)
					}
				}
			case <-time.After(patience):
				t.Fatal("not all was told")
			}
		}
	}
	hear(say("before"))
	e.server.kill()
	away := make(chan int64, 1)
	go func() {
		n, err := room.Ask(ctx, wire.RoomRequest{Say: &wire.Say{Text: "while it was away"}})
		if err != nil {
			t.Error("say while it was away:", err)
		}
		away <- n
	}()
	time.Sleep(time.Second) // the client has noticed, and tries
	e.startServer()
	<-away
	if j := <-joined; !j.Whole {
		t.Errorf("the room did not go on where it was: through %d, %d events", j.Through, len(j.Events))
	}
	hear(say("after"))
	if got := strings.Join(texts, "|"); got != "before|while it was away|after" {
		t.Errorf("said: %s", got)
	}
}
