package remote

import (
	"net/http"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"vitrine/capture/frame"
	"vitrine/server/wire"
)

func TestAPagesLinkNamesTheServerAndTheShow(t *testing.T) {
	c := client(t, nil)
	for link, want := range map[string][2]string{
		"https://shop.example/watch/evening":              {"https://shop.example", "evening"},
		" shop.example/watch/evening/?from=mail#chat ":    {"https://shop.example", "evening"},
		"http://127.0.0.1:8080/watch/evening":             {"http://127.0.0.1:8080", "evening"},
		"https://Shop.Example/live/watch/glass-and-light": {"https://shop.example/live", "glass-and-light"},
	} {
		server, id, err := c.Page(link)
		if err != nil || server != want[0] || string(id) != want[1] {
			t.Errorf("%q: %q %q, %v; want %v", link, server, id, err, want)
		}
		if _, watch, err := c.Addresses(server, id); err != nil {
			t.Errorf("%q: %v", watch, err)
		} else if again, show, err := c.Page(watch); again != server || show != id || err != nil {
			t.Errorf("%q leads to %q %q, %v", watch, again, show, err)
		}
	}
	for _, link := range []string{"", "shop.example", "https://shop.example/watch/", "https://shop.example/watch", "https://shop.example/staff/evening", "https://shop.example/watch/a%2fb", "ftp://shop.example/watch/evening"} {
		if server, id, err := c.Page(link); c.Fault(err) != frame.FaultAddress {
			t.Errorf("%q: %q %q, %v", link, server, id, err)
		}
	}
}

func TestAVisitorIsKnownAgainByTheCookieThatTheRoomGave(t *testing.T) {
	const visitor = "vitrine-visitor"
	var asked []string // the cookies that came
	up := websocket.Upgrader{}
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		known, _ := r.Cookie(visitor)
		if r.Header.Get("Authorization") != "" || r.Header.Get("Origin") != "" {
			t.Errorf("a visitor comes with %v", r.Header)
		}
		switch r.URL.Path {
		case "/api/shows/glass/room":
			header := http.Header{}
			if known == nil {
				header.Set("Set-Cookie", (&http.Cookie{Name: visitor, Value: "v1", Path: "/", HttpOnly: true}).String())
				asked = append(asked, "")
			} else {
				asked = append(asked, known.Value)
			}
			c, err := up.Upgrade(w, r, header)
			if err != nil {
				return
			}
			send(c, wire.RoomJoined{Me: wire.Member{Alias: "m2"}})
			_ = c.Close()
		case "/api/shows/glass/stage/pass":
			if r.Method != http.MethodPost || known == nil || known.Value != "v1" {
				answer(w, 403, wire.Problem{Code: wire.Forbidden})
				return
			}
			answer(w, 200, wire.StagePass{Media: "glass~m2", Token: "pass", Until: time.Now().Add(time.Hour).UnixMilli()})
		}
	})
	c := client(t, nil)
	if _, _, err := c.StagePass(t.Context(), s.URL, "glass"); wire.CodeOf(err) != wire.Forbidden {
		t.Errorf("before: %v", err)
	}
	for range 2 {
		r, err := c.Room(s.URL, "", "glass")
		if err != nil {
			t.Fatal(err)
		}
		_ = r.visit(t.Context(), RoomFeedback{Joined: func(wire.RoomJoined) {}}, func() {})
	}
	if len(asked) != 2 || asked[0] != "" || asked[1] != "v1" {
		t.Errorf("the room was asked by %q", asked)
	}
	whip, token, err := c.StagePass(t.Context(), s.URL, "glass")
	if err != nil || whip != s.URL+"/whip/glass~m2" || token != "pass" {
		t.Errorf("a pass for %q: %q, %v", whip, token, err)
	}
	if _, _, err := c.StagePass(t.Context(), s.URL, "../glass"); err == nil {
		t.Error("a pass for no show")
	}
}
