package web

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/gorilla/websocket"

	"vitrine/server/wire"
)

// hall is a room as the page expects one, small enough to be seen through: it numbers what is said and tells everybody at once.
// Whoever says "bad" is refused, "later" waits for a moderator, and everybody has so many coins.
type hall struct {
	mu      sync.Mutex
	events  []wire.RoomEvent
	state   wire.RoomState
	answers map[string]wire.RoomAnswer
	said    map[wire.Alias]time.Time
	coins   map[wire.Alias]int64
	likes   int64
	guests  map[*guest]bool
	names   map[wire.Alias]string
	staff   bool // the next to come is one of the staff
	drop    bool // the next request is taken, but the connection is lost before its answer
	asked   int  // how many requests with an ID came
	mine    map[wire.Alias]*wire.StageMine
	wishes  []wire.StageWish
}

type guest struct {
	me        wire.Member
	moderates bool
	mu        sync.Mutex
	socket    *websocket.Conn
}

var presents = []wire.Gift{
	{ID: "rose", Name: "Rose", Emoji: "🌹", Coins: 1},
	{ID: "clap", Name: "Applause", Emoji: "👏", Coins: 5},
	{ID: "cake", Name: "Cake", Emoji: "🎂", Coins: 20},
	{ID: "crown", Name: "Crown", Emoji: "👑", Coins: 500},
}

func newHall() *hall {
	return &hall{
		answers: map[string]wire.RoomAnswer{}, said: map[wire.Alias]time.Time{}, names: map[wire.Alias]string{}, coins: map[wire.Alias]int64{}, guests: map[*guest]bool{}, mine: map[wire.Alias]*wire.StageMine{},
		state: wire.RoomState{Modes: wire.Modes{Pause: 2}, Polls: []wire.OpenPoll{}, Questions: []wire.OpenQuestion{}},
	}
}

func (g *guest) tell(e any) {
	g.mu.Lock()
	defer g.mu.Unlock()
	_ = g.socket.WriteJSON(e) // who has gone needs no news
}

// hall is the show's room; it is made when it is asked for first.
func (s *stage) hall(id wire.ShowID) *hall {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.halls[id] == nil {
		s.halls[id] = newHall()
	}
	return s.halls[id]
}

// enterHall lets a page in where the test has opened a hall.
func (s *stage) enterHall(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	h := s.halls[wire.ShowID(r.PathValue("show"))]
	s.mu.Unlock()
	if h == nil {
		problem(w, http.StatusNotFound, wire.NotFound)
		return
	}
	alias, header := wire.Alias(rand.Text()[:6]), http.Header{}
	if c, err := r.Cookie("guest"); err == nil {
		alias = wire.Alias(c.Value)
	} else {
		header.Set("Set-Cookie", "guest="+string(alias)+"; Path=/api/shows/"+r.PathValue("show"))
	}
	up := websocket.Upgrader{}
	socket, err := up.Upgrade(w, r, header)
	if err != nil {
		return
	}
	defer func() { _ = socket.Close() }()
	after, err := strconv.ParseInt(r.URL.Query().Get("after"), 10, 64)
	if err != nil {
		after = -1
	}
	h.serve(&guest{socket: socket}, alias, after)
}

func (h *hall) serve(g *guest, alias wire.Alias, after int64) {
	h.mu.Lock()
	g.me = wire.Member{Alias: alias, Name: h.names[alias]}
	if g.moderates = h.staff; h.staff {
		g.me, h.staff = noa, false
	}
	if _, known := h.coins[g.me.Alias]; !known {
		h.coins[g.me.Alias] = 40
	}
	h.guests[g] = true
	past := h.events
	if after >= 0 {
		past = h.events[min(after, int64(len(h.events))):]
	}
	g.tell(wire.RoomJoined{
		Me: g.me, Moderates: g.moderates, State: h.state, Through: int64(len(h.events)), Events: past, Whole: after >= 0, Now: h.now(),
		Coins: h.coins[g.me.Alias], Gifts: presents, Clock: time.Now().UnixMilli(), Stage: h.mine[g.me.Alias],
	})
	h.mu.Unlock()
	for {
		var r wire.RoomRequest
		if err := g.socket.ReadJSON(&r); err != nil {
			break
		}
		if !h.hear(g, r) {
			break
		}
	}
	h.mu.Lock()
	delete(h.guests, g)
	h.mu.Unlock()
}

func (h *hall) now() wire.RoomNow {
	viewers, likes := 1284, h.likes
	return wire.RoomNow{Viewers: &viewers, Likes: &likes}
}

// hear takes a request; false if the connection is lost before the answer.
func (h *hall) hear(g *guest, r wire.RoomRequest) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if r.Like != nil {
		h.likes += int64(r.Like.Count)
		h.frame(nil)
		return true
	}
	h.asked++
	a, done := h.answers[r.ID]
	if !done {
		a = h.do(g, r)
		a.ID = r.ID
		h.answers[r.ID] = a
	}
	if h.drop {
		h.drop = false
		return false
	}
	g.tell(a)
	return true
}

func refuse(code wire.Code, text string, wait time.Duration) wire.RoomAnswer {
	return wire.RoomAnswer{Error: &wire.RoomError{Code: code, Text: text, Wait: wait.Milliseconds()}}
}

func (h *hall) do(g *guest, r wire.RoomRequest) wire.RoomAnswer {
	e := wire.RoomEvent{By: &g.me}
	switch {
	case r.Name != nil:
		g.me.Name = *r.Name
		h.names[g.me.Alias] = *r.Name
		return wire.RoomAnswer{}
	case r.Say != nil:
		if rest := 2*time.Second - time.Since(h.said[g.me.Alias]); rest > 0 && !g.moderates {
			return refuse(wire.RateLimited, "wait 2 seconds between two messages", rest)
		}
		switch r.Say.Text {
		case "bad":
			return refuse(wire.Forbidden, "this word is blocked here", 0)
		case "later":
			return wire.RoomAnswer{}
		}
		h.said[g.me.Alias] = time.Now()
		e.Said = &wire.Said{Text: r.Say.Text, Reply: r.Say.Reply}
	case r.Ask != nil:
		e.Asked = &wire.Asked{Text: r.Ask.Text}
		h.state.Questions = append(h.state.Questions, wire.OpenQuestion{N: int64(len(h.events)) + 1, By: g.me, Text: r.Ask.Text, Votes: 1})
	case r.Second != nil:
		for i := range h.state.Questions {
			if q := &h.state.Questions[i]; q.N == r.Second.N {
				q.Votes++
				h.frame(&wire.RoomNow{Questions: []wire.Asks{{N: q.N, Votes: q.Votes}}})
			}
		}
		return wire.RoomAnswer{}
	case r.Vote != nil:
		i := slices.IndexFunc(h.state.Polls, func(p wire.OpenPoll) bool { return p.N == r.Vote.Poll })
		if i < 0 {
			return refuse(wire.Conflict, "this poll has ended", 0)
		}
		p := &h.state.Polls[i]
		p.Counts[r.Vote.Option]++
		h.frame(&wire.RoomNow{Polls: []wire.Tally{{Poll: p.N, Counts: p.Counts}}})
		return wire.RoomAnswer{}
	case r.Gift != nil:
		i := slices.IndexFunc(presents, func(p wire.Gift) bool { return p.ID == r.Gift.Gift })
		h.coins[g.me.Alias] -= presents[i].Coins
		left := h.coins[g.me.Alias]
		g.tell(wire.RoomFrame{Through: int64(len(h.events)), Coins: &left})
		e.Gifted = &wire.Gifted{Gift: r.Gift.Gift, Count: 1, Combo: h.combo(g, r.Gift.Gift), Coins: presents[i].Coins}
	case r.Remove != nil:
		e.Removed = r.Remove
	case r.Modes != nil:
		h.state.Modes, e.Modes = *r.Modes, r.Modes
	case r.Announce != nil:
		e.Announced = r.Announce
	case r.Poll != nil:
		e.Polled = &wire.Poll{Question: r.Poll.Question, Options: r.Poll.Options, Until: time.Now().Add(time.Duration(r.Poll.Seconds) * time.Second).UnixMilli()}
	case r.Pin != nil:
		e.Pinned = &wire.Pinned{Line: r.Pin.N}
	case r.Stage != nil:
		h.wish(g, *r.Stage)
		return wire.RoomAnswer{}
	case r.Silence != nil:
		return wire.RoomAnswer{N: h.log(wire.RoomEvent{By: &g.me, Staff: true, Silenced: &wire.Silenced{Who: wire.Member{Alias: r.Silence.Who}, Until: time.Now().Add(10 * time.Minute).UnixMilli()}})}
	}
	return wire.RoomAnswer{N: h.log(e)}
}

func (h *hall) combo(g *guest, id wire.GiftID) int {
	n := 1
	for _, e := range h.events {
		if e.Gifted != nil && e.Gifted.Gift == id && e.By.Alias == g.me.Alias {
			n++
		}
	}
	return n
}

// log numbers an event and tells everybody.
func (h *hall) log(e wire.RoomEvent) int64 {
	e.N, e.At = int64(len(h.events))+1, time.Now().UnixMilli()
	h.events = append(h.events, e)
	for g := range h.guests {
		g.tell(wire.RoomFrame{Through: e.N, Events: []wire.RoomEvent{e}, Clock: e.At})
	}
	return e.N
}

func (h *hall) frame(now *wire.RoomNow) {
	if now == nil {
		n := h.now()
		now = &n
	}
	for g := range h.guests {
		g.tell(wire.RoomFrame{Through: int64(len(h.events)), Now: now, Clock: time.Now().UnixMilli()})
	}
}

// says logs an event of somebody's and returns its number.
func (h *hall) says(by wire.Member, e wire.RoomEvent) int64 {
	h.mu.Lock()
	defer h.mu.Unlock()
	e.By = &by
	return h.log(e)
}

// poll starts one that lasts so long.
func (h *hall) poll(by wire.Member, lasts time.Duration, question string, options ...string) int64 {
	p := wire.Poll{Question: question, Options: options, Until: time.Now().Add(lasts).UnixMilli()}
	n := h.says(by, wire.RoomEvent{Polled: &p})
	h.mu.Lock()
	defer h.mu.Unlock()
	h.state.Polls = append(h.state.Polls, wire.OpenPoll{Poll: p, N: n, Counts: make([]int64, len(options)), Mine: -1})
	return n
}

// counts sets what a poll has, and tells it.
func (h *hall) counts(poll int64, counts ...int64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for i := range h.state.Polls {
		if h.state.Polls[i].N == poll {
			copy(h.state.Polls[i].Counts, counts)
		}
	}
	h.frame(&wire.RoomNow{Polls: []wire.Tally{{Poll: poll, Counts: counts}}})
}

func (h *hall) pollEnds(by wire.Member, poll int64) {
	h.mu.Lock()
	i := slices.IndexFunc(h.state.Polls, func(p wire.OpenPoll) bool { return p.N == poll })
	counts := h.state.Polls[i].Counts
	h.state.Polls = slices.Delete(h.state.Polls, i, i+1)
	h.mu.Unlock()
	h.says(by, wire.RoomEvent{PollEnded: &wire.PollEnded{Poll: poll, Counts: counts}})
}

// set changes what is so in the room, for those who come.
func (h *hall) set(change func(*hall)) {
	h.mu.Lock()
	defer h.mu.Unlock()
	change(h)
}

// empty throws everybody out, as a server that ends.
func (h *hall) empty() {
	h.mu.Lock()
	defer h.mu.Unlock()
	for g := range h.guests {
		_ = g.socket.Close()
	}
}

// texts are the messages that were said, in order.
func (h *hall) texts() (list []string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, e := range h.events {
		if e.Said != nil {
			list = append(list, e.Said.Text)
		}
	}
	return list
}

// listLive is GET /api/live.
func (s *stage) listLive(w http.ResponseWriter, _ *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := []wire.Show{}
	for _, show := range s.shows {
		if show.Live && s.listed {
			list = append(list, show)
		}
	}
	slices.SortFunc(list, func(a, b wire.Show) int { return len(a.ID) - len(b.ID) })
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(list)
}

const products = `[{"id":"ring","title":"Silver ring “Dune”","pictures":[{"id":"dune"}],"variants":[{"id":"ring-54","price":{"minor":9900,"currency":"EUR"},"left":7}]},
	{"id":"vase","title":"Vase","variants":[{"id":"vase","price":{"minor":4900,"currency":"EUR"},"left":2}]}]`

const ringPicture = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 40"><rect width="40" height="40" fill="#d9cfc2"/><circle cx="20" cy="23" r="10" fill="none" stroke="#889" stroke-width="3"/><path d="M15 9h10l-5 6z" fill="#79b"/></svg>`

// About and Open make a stage what the page's head reads: nobody shows anything there.
func (s *stage) About(_ context.Context, id wire.ShowID, product wire.ProductID) (About, error) {
	a := About{Show: s.show(id)}
	if a.Show.ID == "" {
		return a, wire.Errorf(wire.NotFound, "there is no show %q", id)
	}
	var list []wire.Product
	if err := json.Unmarshal([]byte(products), &list); err != nil {
		return a, err
	}
	if i := slices.IndexFunc(list, func(p wire.Product) bool { return p.ID == product }); i >= 0 {
		a.Product, a.Asked = &list[i], true
	}
	return a, nil
}

func (s *stage) Open(context.Context) ([]wire.Show, []wire.Product, error) { return nil, nil, nil }

// sell is the shop as far as the card needs it: what is sold, which does not change, and its picture. It has no stream of events, so the
// page has to ask; a browser opens six connections to such a server, and here one has many pages open.
func sell(mux *http.ServeMux) {
	mux.HandleFunc("GET /api/shop/products", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, products) })
	mux.HandleFunc("GET /api/shop/offers", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "[]") })
	mux.HandleFunc("GET /pictures/{id}/{file}", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "image/svg+xml")
		_, _ = io.WriteString(w, ringPicture)
	})
}
