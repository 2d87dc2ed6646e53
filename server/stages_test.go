package server

import (
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/gorilla/websocket"
	"github.com/pion/webrtc/v3"

	"vitrine/server/wire"
)

// stander is somebody in the room of a show, who notes all that is told.
type stander struct {
	r      *running
	show   string
	conn   *websocket.Conn
	joined wire.RoomJoined

	mu      sync.Mutex
	name    string // of its requests
	asked   int
	answers map[string]wire.RoomAnswer
	events  map[int64]wire.RoomEvent
	mine    []wire.StageMine
	now     *wire.StageNow
}

// stands joins the room of a show, with its token as the host.
func (r *running) stands(show, token string) *stander {
	r.t.Helper()
	h := http.Header{}
	if token != "" {
		h.Set("Authorization", "Bearer "+token)
	}
	d := websocket.Dialer{Jar: r.http.Jar}
	c, a, err := d.DialContext(r.t.Context(), "ws://"+r.at.HTTP.String()+"/api/shows/"+show+"/room", h)
	if err != nil {
		r.t.Fatal(err)
	}
	_ = a.Body.Close()
	s := &stander{r: r, show: show, conn: c, name: rand.Text(), answers: map[string]wire.RoomAnswer{}, events: map[int64]wire.RoomEvent{}}
	read := make(chan struct{})
	entered := make(chan struct{})
	go func() {
		defer close(read)
		s.read(entered)
	}()
	r.t.Cleanup(func() {
		_ = c.Close()
		<-read
	})
	select {
	case <-entered:
	case <-read:
		r.t.Fatal("the room does not let somebody in")
	}
	return s
}

func (s *stander) read(entered chan struct{}) {
	for {
		_, text, err := s.conn.ReadMessage()
		if err != nil {
			return
		}
		e, err := wire.ReadEvent(text)
		if err != nil {
			s.r.t.Error(err)
			return
		}
		s.mu.Lock()
		switch e := e.(type) {
		case wire.RoomJoined:
			s.joined, s.now = e, e.State.Stage
			close(entered)
		case wire.RoomAnswer:
			s.answers[e.ID] = e
		case wire.RoomFrame:
			s.note(e)
		}
		s.mu.Unlock()
	}
}

func (s *stander) note(f wire.RoomFrame) {
	for _, e := range f.Events {
		s.events[e.N] = e
		if e.Staged != nil { // the last is for the staff, where there is something for them alone
			s.now = &e.Staged.Now
		}
	}
	if f.Stage != nil {
		s.mine = append(s.mine, *f.Stage)
	}
}

// wishes asks the room for something.
func (s *stander) wishes(q wire.RoomRequest) (a wire.RoomAnswer) {
	s.r.t.Helper()
	s.mu.Lock()
	s.asked++
	q.ID = fmt.Sprintf("%s-%d", s.name, s.asked)
	err := s.conn.WriteJSON(q)
	s.mu.Unlock()
	if err != nil {
		s.r.t.Fatal(err)
	}
	await(s.r.t, "an answer", func() bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		var got bool
		a, got = s.answers[q.ID]
		return got
	})
	return a
}

// does asks the stage for something, and expects that it is done.
func (s *stander) does(w wire.StageWish) {
	s.r.t.Helper()
	if a := s.wishes(wire.RoomRequest{Stage: &w}); a.Error != nil {
		s.r.t.Fatalf("it is refused: %s: %s", a.Error.Code, a.Error.Text)
	}
}

// sees waits until an event is told that is meant.
func (s *stander) sees(what string, meant func(wire.RoomEvent) bool) (found wire.RoomEvent) {
	s.r.t.Helper()
	await(s.r.t, what, func() bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		for _, e := range s.events {
			if meant(e) {
				found = e
				return true
			}
		}
		return false
	})
	return found
}

// hears waits until it is told of its own way to the stage.
func (s *stander) hears(what string, meant func(wire.StageMine) bool) {
	s.r.t.Helper()
	await(s.r.t, what, func() bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		return len(s.mine) > 0 && meant(s.mine[len(s.mine)-1])
	})
}

func staged(what wire.StageWhat) func(wire.RoomEvent) bool {
	return func(e wire.RoomEvent) bool { return e.Staged != nil && e.Staged.What == what }
}

// passed asks for a pass.
func (r *running) passed(show string) (wire.StagePass, int) {
	r.t.Helper()
	return asks[wire.StagePass](r, call{method: "POST", path: "/api/shows/" + show + "/stage/pass"})
}

// whip offers to send media under a name.
func (r *running) whip(media, token string) (*peer, int) {
	r.t.Helper()
	p := sending(r)
	a, body := r.do(call{method: "POST", path: "/whip/" + media, token: token, kind: "application/sdp", body: p.offer()})
	if a.StatusCode == http.StatusCreated {
		p.accept(a, body)
	}
	return p, a.StatusCode
}

// watchable says whether media flow under a name.
func (r *running) watchable(media string) bool {
	p := receiving(r)
	a, _ := r.do(call{method: "POST", path: "/whep/" + media, kind: "application/sdp", body: p.offer()})
	return a.StatusCode == http.StatusCreated
}

func TestAViewerIsLetOnTheStageSendsAndIsRemoved(t *testing.T) {
	r := start(t, Config{})
	mei := r.visitor()
	host, guest, viewer := r.stands("demo", token), mei.stands("demo", ""), r.visitor().stands("demo", "")
	me := guest.joined.Me.Alias
	if _, status := mei.passed("demo"); status != http.StatusForbidden {
		t.Fatal("a viewer who asks for a pass is answered", status)
	}
	if a := guest.wishes(wire.RoomRequest{Stage: &wire.StageWish{Apply: &wire.StageNote{Text: "hello"}}}); a.Error == nil {
		t.Fatal("somebody applies for a stage that is not open")
	}
	host.does(wire.StageWish{Open: &wire.StageOpen{Open: true}})
	guest.does(wire.StageWish{Apply: &wire.StageNote{Text: "hello"}})
	guest.hears("that they applied", func(m wire.StageMine) bool { return m.State == wire.GuestApplied && m.Place == 1 })
	host.sees("who applied", staged(wire.StageApplied))
	early, _ := mei.passed("demo")
	if _, status := mei.whip(early.Media, early.Token); early.Media != "demo~"+string(me) || status != http.StatusForbidden {
		t.Fatalf("who has applied, and sends with %+v, is answered %d", early, status)
	}
	if a := viewer.wishes(wire.RoomRequest{Stage: &wire.StageWish{Admit: &wire.StageWho{Who: me}}}); a.Error == nil || a.Error.Code != wire.Forbidden {
		t.Fatalf("a viewer lets somebody on: %+v", a)
	}
	host.does(wire.StageWish{Admit: &wire.StageWho{Who: me}})
	guest.hears("that they may send", func(m wire.StageMine) bool { return m.State == wire.GuestAdmitted && m.Media == "demo~"+string(me) })
	viewer.sees("that somebody comes", staged(wire.StageAdmitted))

	pass, status := mei.passed("demo")
	if status != http.StatusOK || pass.Media != "demo~"+string(me) {
		t.Fatalf("the pass is answered %d %+v", status, pass)
	}
	if _, status := r.visitor().passed("demo"); status != http.StatusForbidden {
		t.Error("another visitor is given a pass:", status)
	}
	for who, bad := range map[string]string{"nobody": "", "the host": token, "a forger": "1999999999999." + strings.Repeat("A", 43)} {
		if _, status := r.whip(pass.Media, bad); status != http.StatusUnauthorized {
			t.Errorf("%s who sends as the guest is answered %d", who, status)
		}
	}
	if _, status := r.whip("demo", pass.Token); status != http.StatusUnauthorized {
		t.Error("a guest who sends as the host is answered", status)
	}
	if _, status := r.whip("demo~at-0123456789abcdef", pass.Token); status != http.StatusUnauthorized {
		t.Error("a guest who sends as another server's host is answered", status)
	}
	p, status := mei.whip(pass.Media, pass.Token)
	if status != http.StatusCreated {
		t.Fatal("the guest's offer is answered", status)
	}
	p.connect().keyFrame()
	guest.hears("that they are seen", func(m wire.StageMine) bool { return m.State == wire.GuestLive })
	viewer.sees("that somebody has come", staged(wire.StageJoined))
	if !r.watchable(pass.Media) {
		t.Error("the guest cannot be watched")
	}

	host.does(wire.StageWish{Remove: &wire.StageWho{Who: me, Reason: "thank you"}})
	guest.hears("that they were removed", func(m wire.StageMine) bool { return m.Why == wire.StageRemoved && m.Reason == "thank you" })
	await(t, "the guest to be cut off", func() bool { return !r.watchable(pass.Media) })
	if _, status := mei.whip(pass.Media, pass.Token); status != http.StatusForbidden {
		t.Error("a guest who was removed and sends is answered", status)
	}
	if _, status := mei.passed("demo"); status != http.StatusForbidden {
		t.Error("a guest who was removed and asks for a pass is answered", status)
	}
	for _, e := range viewer.events {
		if e.Staff || e.Staged != nil && len(e.Staged.Now.Applied) > 0 {
			t.Errorf("a viewer is told %+v", e)
		}
	}
}

func TestAServerThatBeginsAnewKnowsWhoIsOnStageAndThatTheirMediaHaveStopped(t *testing.T) {
	folder := t.TempDir()
	r := start(t, Config{Data: folder})
	mei := r.visitor()
	host, guest := r.stands("demo", token), mei.stands("demo", "")
	me := guest.joined.Me.Alias
	host.does(wire.StageWish{Invite: &wire.StageWho{Who: me}})
	guest.does(wire.StageWish{Accept: &struct{}{}})
	pass, _ := mei.passed("demo")
	p, status := mei.whip(pass.Media, pass.Token)
	if status != http.StatusCreated {
		t.Fatal("the guest's offer is answered", status)
	}
	p.connect().keyFrame()
	guest.hears("that they are seen", func(m wire.StageMine) bool { return m.State == wire.GuestLive })
	r.stop()

	again := start(t, Config{Data: folder})
	host = again.stands("demo", token)
	await(t, "the stage to know that nothing comes from the guest", func() bool {
		host.mu.Lock()
		defer host.mu.Unlock()
		return host.now != nil && len(host.now.Guests) == 1 && host.now.Guests[0].State == wire.GuestAway
	})
}

func TestWhatIsNotTakenOfAGuestIsToldToThemAndToTheHost(t *testing.T) {
	vp8 := webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeVP8, ClockRate: 90000}
	picture := func(width, height uint16) string { // a key frame (RFC 6386 §9.1)
		size := binary.LittleEndian.AppendUint16(binary.LittleEndian.AppendUint16(nil, width), height)
		return "\x10\x00\x00\x9d\x01\x2a" + string(size) + strings.Repeat("\x00", 20)
	}
	for name, c := range map[string]struct {
		codec webrtc.RTPCodecCapability
		why   wire.Code
	}{
		"a codec that is not carried": {webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeAV1, ClockRate: 90000}, wire.NoCodec},
		"4K":                          {vp8, wire.TooLarge},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := start(t, Config{})
			mei := r.visitor()
			host, guest, viewer := r.stands("demo", token), mei.stands("demo", ""), r.visitor().stands("demo", "")
			me := guest.joined.Me.Alias
			host.does(wire.StageWish{Invite: &wire.StageWho{Who: me}})
			guest.does(wire.StageWish{Accept: &struct{}{}})
			pass, _ := mei.passed("demo")
			offers := func(codec webrtc.RTPCodecCapability) (*peer, int) {
				p := sending(mei, codec)
				a, body := mei.do(call{method: "POST", path: "/whip/" + pass.Media, token: pass.Token, kind: "application/sdp", body: p.offer()})
				if a.StatusCode == http.StatusCreated {
					p.accept(a, body)
					p.connect()
				}
				return p, a.StatusCode
			}
			for range 2 { // told each time
				guest.mu.Lock()
				guest.mine = nil
				guest.mu.Unlock()
				switch p, status := offers(c.codec); {
				case c.why == wire.NoCodec && status != http.StatusNotAcceptable:
					t.Fatal("the offer is answered", status)
				case c.why == wire.TooLarge:
					p.send(picture(3840, 2160))
				}
				guest.hears("why nothing is taken", func(m wire.StageMine) bool { return m.Refused == c.why && m.State != "" })
			}
			host.sees("why nothing is taken", func(e wire.RoomEvent) bool {
				return e.Staff && e.Staged != nil && len(e.Staged.Now.Guests) == 1 && e.Staged.Now.Guests[0].Refused == c.why
			})

			p, status := offers(vp8)
			if status != http.StatusCreated {
				t.Fatal("another offer is answered", status)
			}
			p.send(picture(1280, 720))
			guest.hears("that they are seen", func(m wire.StageMine) bool { return m.State == wire.GuestLive && m.Refused == "" })
			viewer.sees("that somebody has come", staged(wire.StageJoined))
			viewer.mu.Lock()
			defer viewer.mu.Unlock()
			for _, e := range viewer.events {
				if e.Staged != nil && len(e.Staged.Now.Guests) == 1 && e.Staged.Now.Guests[0].Refused != "" {
					t.Errorf("a viewer is told %+v", e.Staged)
				}
			}
		})
	}
}

// Nothing is to be heard of a guest, who sends sound all the same: both are told, after so long as the stage of media waits.
func TestAGuestOfWhomNothingIsHeardIsToldOfToAllWhoMayHelp(t *testing.T) {
	t.Parallel()
	r := start(t, Config{})
	mei := r.visitor()
	host, guest := r.stands("demo", token), mei.stands("demo", "")
	host.does(wire.StageWish{Invite: &wire.StageWho{Who: guest.joined.Me.Alias}})
	guest.does(wire.StageWish{Accept: &struct{}{}})
	pass, _ := mei.passed("demo")
	p := sending(mei, webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeOpus, ClockRate: 48000, Channels: 2})
	p.accept(mei.do(call{method: "POST", path: "/whip/" + pass.Media, token: pass.Token, kind: "application/sdp", body: p.offer()}))
	p.connect()
	silent := func(e wire.RoomEvent) bool {
		return e.Staged != nil && len(e.Staged.Now.Guests) == 1 && e.Staged.Now.Guests[0].Silent
	}
	for who, s := range map[string]*stander{"the host": host, "the guest": guest} {
		await(t, who+" to hear of it", func() bool {
			p.send("\xfc\xff\xfe") // what encoders send for silence
			s.mu.Lock()
			defer s.mu.Unlock()
			for _, e := range s.events {
				if silent(e) {
					return true
				}
			}
			return false
		})
	}
}
