package server

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"vitrine/server/moderation"
	"vitrine/server/store/rig"
	"vitrine/server/wire"
)

// speaker is somebody in the room of demo.
type speaker struct {
	t *testing.T
	*websocket.Conn
	asked int
}

// enters joins the room of demo, as the host with the show's token and as a visitor without one.
func (r *running) enters(token string) *speaker {
	r.t.Helper()
	h := http.Header{}
	if token != "" {
		h.Set("Authorization", "Bearer "+token)
	}
	d := websocket.Dialer{Jar: r.http.Jar, EnableCompression: true}
	c, a, err := d.DialContext(r.t.Context(), "ws://"+r.at.HTTP.String()+"/api/shows/demo/room", h)
	if err != nil {
		r.t.Fatal(err)
	}
	_ = a.Body.Close()
	r.t.Cleanup(func() { _ = c.Close() })
	_ = c.SetReadDeadline(time.Now().Add(patience))
	s := &speaker{t: r.t, Conn: c}
	listens(s, func(wire.RoomJoined) bool { return true })
	return s
}

// listens reads until something is said that is meant.
func listens[E wire.Event](s *speaker, meant func(E) bool) E {
	s.t.Helper()
	for {
		_, text, err := s.ReadMessage()
		if err != nil {
			s.t.Fatalf("there was no such %T: %v", *new(E), err)
		}
		e, err := wire.ReadEvent(text)
		if err != nil {
			s.t.Fatal(err)
		}
		if got, ok := e.(E); ok && meant(got) {
			return got
		}
	}
}

// asks asks the room for something.
func (s *speaker) asks(q wire.RoomRequest) wire.RoomAnswer {
	s.t.Helper()
	s.asked++
	q.ID = fmt.Sprint("wish-", s.asked)
	if err := s.WriteJSON(q); err != nil {
		s.t.Fatal(err)
	}
	return listens(s, func(a wire.RoomAnswer) bool { return a.ID == q.ID })
}

func (s *speaker) says(text string) wire.RoomAnswer {
	s.t.Helper()
	return s.asks(wire.RoomRequest{Say: &wire.Say{Text: text}})
}

// event reads until the event of that number.
func (s *speaker) event(n int64) (e wire.RoomEvent) {
	s.t.Helper()
	listens(s, func(f wire.RoomFrame) bool {
		for _, is := range f.Events {
			if is.N == n {
				e = is
			}
		}
		return e.N == n
	})
	return e
}

// rules changes the rules of moderation.
func (r *running) rules(change func(*moderation.Rules)) {
	r.t.Helper()
	const path = "/api/moderation/rules"
	a, body := r.do(call{method: "GET", path: path, token: r.operator})
	var rules moderation.Rules
	if err := json.Unmarshal([]byte(body), &rules); err != nil {
		r.t.Fatal(a.Status, err)
	}
	change(&rules)
	text, err := json.Marshal(rules)
	if err != nil {
		r.t.Fatal(err)
	}
	put := call{method: "PUT", path: path, token: r.operator, body: string(text), match: a.Header.Get("ETag")}
	if put.match == "" {
		put.none = "*"
	}
	if _, status := asks[moderation.Rules](r, put); status != http.StatusOK {
		r.t.Fatal("the rules are answered", status)
	}
}

func TestVisitorsTalkUnderTheRulesThatWereSetLast(t *testing.T) {
	r := start(t, Config{})
	mei, ana, host := r.visitor().enters(""), r.visitor().enters(""), r.enters(token)
	a := mei.says("does the ring come in silver?")
	if a.Error != nil {
		t.Fatalf("a question is refused: %+v", *a.Error)
	}
	for _, s := range []*speaker{ana, host} {
		if e := s.event(a.N); e.Said == nil || e.Said.Text != "does the ring come in silver?" || e.By == nil {
			t.Errorf("somebody else hears %+v", e)
		}
	}
	r.rules(func(rules *moderation.Rules) {
		rules.Words = append(rules.Words, moderation.Word{Text: "competitor", Class: moderation.Spam, Outcome: moderation.Block})
	})
	refused := ana.says("cheaper at the competitor's")
	if refused.Error == nil || refused.Error.Code != wire.Forbidden || !strings.Contains(refused.Error.Text, "advertising") {
		t.Errorf("a blocked word is answered %+v", refused)
	}
	r.rules(func(rules *moderation.Rules) { rules.Words = nil })
	if a := ana.says("cheaper at the competitor's"); a.Error != nil || host.event(a.N).Said == nil {
		t.Errorf("the word that is allowed again is answered %+v", a)
	}
}

func TestWhatModeratorsDecideIsLearnedAndSurvivesARestart(t *testing.T) {
	const text = "you are such an idiot"
	data := t.TempDir()
	r := start(t, Config{Data: data})
	r.rules(func(rules *moderation.Rules) {
		rules.Lists, rules.RaidPersons, rules.Shadow, rules.Block = []string{}, 0, 1.01, 1.01
	})
	host := r.enters(token)
	for decided := 0; ; decided++ {
		a := r.visitor().enters("").says(text)
		if a.Error != nil {
			t.Fatalf("it is refused: %+v", *a.Error)
		}
		e := host.event(a.N)
		if e.Said != nil && !e.Staff && decided > 0 {
			break
		}
		if e.Held == nil || decided == 10 {
			t.Fatalf("after %d decisions it is %+v", decided, e)
		}
		if a := host.asks(wire.RoomRequest{Judge: &wire.Judged{Held: e.N, Decision: wire.Publish}}); a.Error != nil {
			t.Fatalf("a decision is refused: %+v", *a.Error)
		}
	}
	r.stop()
	r = start(t, Config{Data: data})
	host = r.enters(token)
	a := r.visitor().enters("").says(text)
	if a.Error != nil {
		t.Fatalf("after a restart it is refused: %+v", *a.Error)
	}
	if e := host.event(a.N); e.Said == nil || e.Staff {
		t.Errorf("after a restart it is %+v", e)
	}
}

func TestRulesThatOneServerIsGivenCountInAnother(t *testing.T) {
	_, at := cluster(t, 0)
	shared := Config{Database: rig.Postgres(t).URL(), NATS: strings.Replace(at, "://", "://me:"+token+"@", 1)}
	one := start(t, shared)
	other := start(t, shared)
	mei := other.visitor().enters("")
	one.rules(func(rules *moderation.Rules) {
		rules.Words, rules.RepeatMost = []moderation.Word{{Text: "competitor", Class: moderation.Spam, Outcome: moderation.Block}}, 0
	})
	await(t, "the other server to know the word", func() bool {
		a := mei.says("cheaper at the competitor's")
		if a.Error != nil && a.Error.Wait > 0 {
			time.Sleep(time.Duration(a.Error.Wait) * time.Millisecond)
		}
		return a.Error != nil && a.Error.Code == wire.Forbidden
	})
}

func TestAServerThatStopsSendsTheRoomAwayUntilItIsBack(t *testing.T) {
	r := start(t, Config{})
	mei := r.visitor().enters("")
	go r.cancel()
	for {
		_, _, err := mei.ReadMessage()
		if err == nil {
			continue
		}
		var closed *websocket.CloseError
		if !errors.As(err, &closed) || closed.Code != wire.RoomRestart {
			t.Fatalf("the room ends with %v", err)
		}
		if ms, err := strconv.Atoi(closed.Text); err != nil || ms < 0 || ms > 5000 {
			t.Errorf("one may come back in %q ms", closed.Text)
		}
		return
	}
}
