package remote

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"vitrine/capture/frame"
	"vitrine/server/wire"
)

// hall is a server with one room. Every visit is served by door, which gets the connection and the visit's number from 1.
type hall struct {
	*httptest.Server
	mu     sync.Mutex
	visits []string // the queries
}

func newHall(t *testing.T, door func(c *websocket.Conn, visit int)) *hall {
	t.Helper()
	h := &hall{}
	up := websocket.Upgrader{EnableCompression: true}
	h.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/api/shows/evening/room" || r.Header.Get("Authorization") != "Bearer "+token {
			w.Header().Set("Retry-After", "3")
			answer(w, 401, wire.Problem{Code: wire.Unauthenticated, Detail: "who are you?"})
			return
		}
		h.mu.Lock()
		h.visits = append(h.visits, r.URL.RawQuery)
		n := len(h.visits)
		h.mu.Unlock()
		c, err := up.Upgrade(w, r, nil)
		if err != nil {
			return
		}
		defer c.Close()
		door(c, n)
	}))
	t.Cleanup(h.Close)
	return h
}

func send(c *websocket.Conn, messages ...any) {
	for _, m := range messages {
		if text, ok := m.([]byte); ok {
			_ = c.WriteMessage(websocket.TextMessage, text)
		} else {
			_ = c.WriteJSON(m)
		}
	}
}

// read is the next request; ok is false once the client has gone.
func read(c *websocket.Conn) (q wire.RoomRequest, ok bool) { return q, c.ReadJSON(&q) == nil }

// enter runs a room for the time of the test. What it tells comes on the channel.
func enter(t *testing.T, h *hall, secret string) (*Room, chan any) {
	t.Helper()
	c := client(t, nil)
	r, err := c.Room(h.URL, secret, "evening")
	if err != nil {
		t.Fatal(err)
	}
	told := make(chan any, 100)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		done <- r.Run(ctx, RoomFeedback{
			Joined: func(j wire.RoomJoined) { told <- j }, Frame: func(f wire.RoomFrame) { told <- f }, Lost: func(err error) { told <- err },
		})
	}()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return r, told
}

// hear waits for what a room tells next, of one kind.
func hear[T any](t *testing.T, told chan any) T {
	t.Helper()
	for {
		select {
		case one := <-told:
			if v, ok := one.(T); ok {
				return v
			}
		case <-time.After(time.Minute):
			var none T
			t.Fatalf("the room never told a %T", none)
		}
	}
}

func goldenFile(t *testing.T, name string) []byte {
	t.Helper()
	b, err := os.ReadFile("../../server/wire/testdata/" + name + ".json")
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestTheRoomIsHeardAsTheGoldenFilesSay(t *testing.T) {
	h := newHall(t, func(c *websocket.Conn, _ int) {
		send(c, goldenFile(t, "event_joined"), []byte(`{"type":"of another year"}`), goldenFile(t, "event_frame"))
		_, _ = read(c)
	})
	_, told := enter(t, h, token)
	var joined wire.RoomJoined
	var frame wire.RoomFrame
	for name, v := range map[string]any{"event_joined": &joined, "event_frame": &frame} {
		if err := json.Unmarshal(goldenFile(t, name), v); err != nil {
			t.Fatal(err)
		}
	}
	if got := hear[wire.RoomJoined](t, told); !reflect.DeepEqual(got, joined) {
		t.Errorf("joined: %+v", got)
	}
	if got := hear[wire.RoomFrame](t, told); !reflect.DeepEqual(got, frame) {
		t.Errorf("a frame: %+v", got)
	}
}

func TestRequestsAreWrittenAsTheGoldenFilesSayAndTheirAnswersRead(t *testing.T) {
	bodies := make(chan string, 10)
	h := newHall(t, func(c *websocket.Conn, _ int) {
		send(c, goldenFile(t, "event_joined"))
		for {
			_, body, err := c.ReadMessage()
			if err != nil {
				return
			}
			bodies <- string(body)
			var q wire.RoomRequest
			_ = json.Unmarshal(body, &q)
			if q.ID == "a-1" {
				send(c, goldenFile(t, "event_answer"))
			} else {
				send(c, wire.RoomAnswer{ID: "another's"}, wire.RoomAnswer{ID: q.ID, N: 7})
			}
		}
	})
	r, _ := enter(t, h, token)
	for _, name := range []string{"room_say", "room_silence", "room_vote"} {
		var q wire.RoomRequest
		if err := json.Unmarshal(goldenFile(t, name), &q); err != nil {
			t.Fatal(err)
		}
		n, err := r.Ask(t.Context(), q)
		var want, got any
		_, _ = json.Unmarshal(goldenFile(t, name), &want), json.Unmarshal([]byte(<-bodies), &got)
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s is sent as %v", name, got)
		}
		var refused *wire.Error
		switch {
		case q.ID == "a-1" && (!errors.As(err, &refused) || refused.Code != wire.RateLimited || refused.RetryAfter != 1400*time.Millisecond || refused.Text == ""):
			t.Errorf("a refusal: %v", err)
		case q.ID != "a-1" && (n != 7 || err != nil):
			t.Errorf("%s is answered by %d, %v", name, n, err)
		}
	}
}

func TestALostConnectionGoesOnByNumberAndRepeatsWhatWasNotAnswered(t *testing.T) {
	ids := make(chan string, 10)
	h := newHall(t, func(c *websocket.Conn, visit int) {
		send(c, wire.RoomJoined{Through: 12, Events: []wire.RoomEvent{{N: 13}}, Whole: visit > 1})
		if visit == 1 {
			send(c, wire.RoomFrame{Through: 31, Events: []wire.RoomEvent{{N: 14}}})
		}
		q, ok := read(c)
		if !ok {
			return
		}
		ids <- q.ID
		if visit == 1 {
			return // without a word, in the middle
		}
		send(c, wire.RoomAnswer{ID: q.ID, N: 32})
		_, _ = read(c)
	})
	r, told := enter(t, h, token)
	hear[wire.RoomFrame](t, told)
	n, err := r.Ask(t.Context(), wire.RoomRequest{Say: &wire.Say{Text: "once"}})
	if n != 32 || err != nil {
		t.Errorf("the answer is %d, %v", n, err)
	}
	if a, b := <-ids, <-ids; a != b || a == "" {
		t.Errorf("the same wish had the ids %q and %q", a, b)
	}
	hear[error](t, told)
	if j := hear[wire.RoomJoined](t, told); !j.Whole {
		t.Error("the second visit did not go on")
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.visits) != 2 || h.visits[0] != "" || h.visits[1] != "after=31" {
		t.Errorf("the visits asked for %q", h.visits)
	}
}

func TestARefusedStudioIsToldWhyAndTriesAgainLater(t *testing.T) {
	h := newHall(t, func(*websocket.Conn, int) { t.Error("it came in") })
	_, told := enter(t, h, "wrong")
	err := hear[error](t, told)
	if New().Fault(err) != frame.FaultToken || strings.Contains(err.Error(), "wrong") {
		t.Errorf("fault %q: %v", New().Fault(err), err)
	}
	for code, want := range map[int]wire.Code{
		wire.RoomBanned: wire.Forbidden, wire.RoomOver: wire.ShowClosed, wire.RoomRestart: wire.Unavailable, wire.RoomSlow: wire.Unavailable,
	} {
		h := newHall(t, func(c *websocket.Conn, _ int) {
			_ = c.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(code, "1200"), time.Now().Add(time.Second))
		})
		_, told := enter(t, h, token)
		var e *wire.Error
		if err := hear[error](t, told); !errors.As(err, &e) || e.Code != want || code == wire.RoomRestart && e.RetryAfter != 1200*time.Millisecond {
			t.Errorf("a room that closes with %d says %v", code, err)
		}
	}
}

func TestWhoDoesNotWaitForAnAnswerIsToldThatThereWasNone(t *testing.T) {
	h := newHall(t, func(c *websocket.Conn, _ int) {
		for ok := true; ok; _, ok = read(c) {
		}
	})
	r, _ := enter(t, h, token)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	for range maxWaiting {
		go func() { _, _ = r.Ask(ctx, wire.RoomRequest{Cheer: &struct{}{}}) }()
	}
	if _, err := r.Ask(ctx, wire.RoomRequest{Cheer: &struct{}{}}); !errors.Is(err, context.DeadlineExceeded) && wire.CodeOf(err) != wire.Unavailable {
		t.Errorf("no answer: %v", err)
	}
	if _, err := r.Ask(ctx, wire.RoomRequest{Say: &wire.Say{Text: strings.Repeat("x", wire.MaxRequest)}}); wire.CodeOf(err) != wire.TooLarge {
		t.Errorf("too long: %v", err)
	}
	if _, err := client(t, nil).Room(h.URL, token, "../x"); wire.CodeOf(err) != wire.Invalid {
		t.Errorf("no show: %v", err)
	}
}
