package cmd

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"math"
	random "math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"vitrine/server/chat"
	"vitrine/server/store"
	"vitrine/server/store/rig"
	"vitrine/server/wire"
)

const (
	twiceStaff, twiceViewers = 4, 36
	// twiceEvery is how often each asks for something: all together 200 times a second.
	twiceEvery = 200 * time.Millisecond
	// twiceLines is every how many wishes a viewer says something, since a room takes one line a second of each.
	twiceLines = 6
	twiceCoins = 40
)

// pair is two servers on one database and one NATS cluster.
type pair struct {
	t       *testing.T
	url     string // of the database
	token   string // of the show
	db      *store.Store
	nats    *cluster
	folders [2]string
	ports   [4]int // for HTTP and for media
	servers [2]*program
}

func newPair(t *testing.T) *pair {
	t.Helper()
	if _, err := rig.Program("postgres"); err != nil {
		t.Skip(err)
	}
	p := &pair{t: t, url: rig.Postgres(t).URL(), token: rand.Text(), nats: newCluster(t), folders: [2]string{t.TempDir(), t.TempDir()}}
	for i := range p.ports {
		p.ports[i] = freePort(t)
	}
	for i := range p.servers {
		p.launch(i)
		p.ready(i)
	}
	var err error
	if p.db, err = store.Open(t.Context(), store.Config{URL: p.url}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.db.Close(); err != nil {
			t.Error(err)
		}
	})
	return p
}

func (p *pair) at(i int) string { return fmt.Sprintf("127.0.0.1:%d", p.ports[i]) }

func (p *pair) launch(i int) {
	p.t.Helper()
	p.servers[i] = start(p.t, []string{"VITRINE_SHOW=evening:" + p.token, "VITRINE_DATABASE=" + p.url, "VITRINE_NATS=" + p.nats.urls()}, "server",
		"--listen", p.at(i), "--data", p.folders[i], "--media-port", fmt.Sprint(p.ports[2+i]), "--trusted-proxy", "127.0.0.0/8")
}

func (p *pair) ready(i int) {
	p.t.Helper()
	for end := time.Now().Add(patience); ; time.Sleep(20 * time.Millisecond) {
		if a, err := http.Get("http://" + p.at(i) + "/readyz"); err == nil {
			a.Body.Close()
			if a.StatusCode == http.StatusOK {
				return
			}
		}
		if time.Now().After(end) {
			p.t.Fatalf("server %d is not ready", i)
		}
	}
}

// suffers kills both servers and a NATS node, one after the other in any order and at any moment, and starts each again.
func (p *pair) suffers() {
	p.t.Helper()
	upTo := func(most time.Duration) time.Duration { d := random.N(most); time.Sleep(d); return d }
	for _, victim := range random.Perm(3) {
		after := upTo(time.Second)
		if victim == 2 {
			i := random.IntN(len(p.nats.nodes))
			p.nats.nodes[i].kill()
			down := upTo(time.Second)
			p.nats.launch(i)
			p.nats.joined(i)
			p.t.Logf("NATS node %d was killed after %v and down for %v", i, after, down)
			continue
		}
		p.servers[victim].kill()
		down := upTo(time.Second)
		p.launch(victim)
		p.ready(victim)
		p.t.Logf("server %d was killed after %v and down for %v", victim, after, down)
	}
}

// freezes has a server stand still for so long, as on a machine that swaps, and go on as if nothing had been.
func (p *pair) freezes(d time.Duration) {
	p.t.Helper()
	victim := random.IntN(2)
	tell := func(s syscall.Signal) {
		if err := p.servers[victim].cmd.Process.Signal(s); err != nil {
			p.t.Fatal(err)
		}
	}
	tell(syscall.SIGSTOP)
	time.Sleep(d)
	tell(syscall.SIGCONT)
	p.t.Logf("server %d stood still for %v", victim, d)
}

// log is all that the database has of the room.
func (p *pair) log() []wire.RoomEvent {
	p.t.Helper()
	list, err := p.db.ReadRoom(context.Background(), "evening", chat.Span{Through: math.MaxInt64, Most: math.MaxInt32})
	if err != nil {
		p.t.Fatal(err)
	}
	return list
}

// promised is what was acknowledged.
type promised struct {
	mu      sync.Mutex
	lines   map[string]int64              // by their texts
	gifts   map[wire.Alias]map[int64]bool // by their numbers
	votes   map[wire.Alias]int            // the option
	refused map[wire.Code]int
	asked   atomic.Int64
}

// keeps notes what somebody was told about a wish.
func (w *promised) keeps(g *regular, q wire.RoomRequest, a wire.RoomAnswer) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.asked.Add(1)
	if a.Error != nil {
		w.refused[a.Error.Code]++
		if a.Error.Code != wire.Conflict && a.Error.Code != wire.Forbidden {
			g.t.Errorf("a wish is refused: %+v", *a.Error)
		}
		return
	}
	switch {
	case q.Say != nil:
		w.lines[q.Say.Text] = a.N
		g.own = append(g.own, a.N)
	case q.Gift != nil:
		if w.gifts[g.me.Alias] == nil {
			w.gifts[g.me.Alias] = map[int64]bool{}
		}
		w.gifts[g.me.Alias][a.N] = true
	case q.Vote != nil:
		if before, voted := w.votes[g.me.Alias]; voted {
			g.t.Errorf("somebody who voted for %d votes for %d as well", before, q.Vote.Option)
		}
		w.votes[g.me.Alias] = q.Vote.Option
	}
}

var twiceWords = strings.Fields(`amber basket candle dove ember fern garden harbour island jasmine kettle lantern meadow nutmeg orchard
	pebble quilt ribbon saffron teapot umber velvet willow yarn zephyr apron blossom cotton drawer engine feather glaze hazel ink juniper kite
	linen maple nest olive paper quartz river silver thyme urn violet walnut yellow zinc acorn birch clover daisy`)

// newLine is something that nobody has said before.
func newLine() string {
	words := make([]string, 8)
	for i := range words {
		words[i] = twiceWords[random.IntN(len(twiceWords))]
	}
	return strings.Join(words, " ")
}

// wish is the n-th thing that somebody wants.
func (g *regular) wish(n int, poll int64) (q wire.RoomRequest) {
	q.ID = rand.Text()
	switch {
	case g.staff || n%twiceLines == 0:
		q.Say = &wire.Say{Text: newLine()}
	case n%twiceLines == 3:
		q.Vote = &wire.Vote{Poll: poll, Option: random.IntN(3)}
	default:
		q.Gift = &wire.GiveGift{Gift: "rose", Count: 1}
	}
	return q
}

func TestTwoServersOnOneClusterKeepOneOrderThroughKillsOfEitherAndOfANode(t *testing.T) {
	p := newPair(t)
	var staff, viewers []*regular
	for i := range twiceStaff + twiceViewers {
		g := newRegular(p, i, i < twiceStaff)
		if g.staff {
			staff = append(staff, g)
		} else {
			viewers = append(viewers, g)
		}
	}
	all := append(staff[:len(staff):len(staff)], viewers...)
	ctx, leave := context.WithCancel(t.Context())
	var inRoom, speaking sync.WaitGroup
	t.Cleanup(func() { leave(); inRoom.Wait() })
	for _, g := range all {
		inRoom.Go(func() { g.live(ctx) })
	}
	for _, g := range all {
		g.arrives()
	}
	for i, g := range viewers {
		p.credits(g, i)
	}
	staff[0].must(wire.RoomRequest{Modes: &wire.Modes{Pause: 1}})
	poll := staff[0].must(wire.RoomRequest{Poll: &wire.StartPoll{Question: "Which one?", Options: []string{"amber", "linen", "walnut"}}})
	for _, g := range all {
		g.hears(poll) // who comes back after 0 is new
	}

	told := &promised{lines: map[string]int64{}, gifts: map[wire.Alias]map[int64]bool{}, votes: map[wire.Alias]int{}, refused: map[wire.Code]int{}}
	began, over := time.Now(), make(chan struct{})
	for _, g := range all {
		speaking.Go(func() {
			tick := time.NewTicker(twiceEvery)
			defer tick.Stop()
			for n := random.IntN(twiceLines); ; n++ {
				select {
				case <-over:
					return
				case <-tick.C:
				}
				q := g.wish(n, poll)
				if a, err := g.ask(q); err != nil {
					t.Error("a wish has no answer:", err)
				} else {
					told.keeps(g, q, a)
				}
			}
		})
	}
	p.suffers()
	p.freezes(5 * time.Second)
	p.suffers()
	close(over)
	speaking.Wait()
	took := time.Since(began)
	ended := staff[1].must(wire.RoomRequest{EndPoll: &wire.Numbered{N: poll}})
	log := p.log()
	for _, g := range all {
		g.hears(int64(len(log)))
	}
	leave()
	inRoom.Wait()
	t.Logf("%d wishes in %v (%.0f a second): %d lines, %d votes, %d events, refused %v", told.asked.Load(), took.Round(time.Millisecond),
		float64(told.asked.Load())/took.Seconds(), len(told.lines), len(told.votes), len(log), told.refused)

	p.holds(told, log)
	p.counts(told, log, ended)
	p.balances(told, viewers)
	for _, g := range staff {
		g.heardAll(log)
	}
	for _, g := range viewers {
		g.heardOwn()
	}
}

// holds checks that the log has what was acknowledged, each once with its number, and nothing else.
func (p *pair) holds(told *promised, log []wire.RoomEvent) {
	lines, gifts, promised := map[string]int{}, 0, 0
	for i, e := range log {
		if e.N != int64(i+1) {
			p.t.Fatalf("event %d of the log has number %d", i+1, e.N)
		}
		text := ""
		switch {
		case e.Said != nil:
			text = e.Said.Text
		case e.Held != nil:
			text = e.Held.Text
		case e.Gifted != nil:
			if gifts++; !told.gifts[e.By.Alias][e.N] {
				p.t.Errorf("event %d is a gift that was not acknowledged so", e.N)
			}
			continue
		default:
			continue
		}
		if lines[text]++; lines[text] > 1 || told.lines[text] != e.N {
			p.t.Errorf("event %d, %q, is there for the %d. time and was acknowledged as %d", e.N, text, lines[text], told.lines[text])
		}
	}
	for _, list := range told.gifts {
		promised += len(list)
	}
	if len(lines) != len(told.lines) || gifts != promised {
		p.t.Errorf("%d lines and %d gifts were acknowledged, and the log has %d and %d", len(told.lines), promised, len(lines), gifts)
	}
}

// counts checks the poll.
func (p *pair) counts(told *promised, log []wire.RoomEvent, ended int64) {
	want := make([]int64, 3)
	for _, option := range told.votes {
		want[option]++
	}
	if got := log[ended-1].PollEnded; got == nil || fmt.Sprint(got.Counts) != fmt.Sprint(want) {
		p.t.Errorf("the poll ends with %+v; acknowledged were %v", got, want)
	}
	if len(told.votes) == 0 {
		p.t.Error("nobody voted")
	}
}

// credits gives a viewer coins.
func (p *pair) credits(g *regular, i int) {
	p.t.Helper()
	key := fmt.Sprint("credit/", i)
	err := p.db.Credit(p.t.Context(), [2]chat.CoinLine{
		{Transfer: key, Account: chat.Issue, Coins: -twiceCoins}, {Transfer: key, Account: chat.PersonAccount(g.person()), Coins: twiceCoins},
	})
	if err != nil {
		p.t.Fatal(err)
	}
}

// balances checks the ledger, and that a wallet lacks what was given.
func (p *pair) balances(told *promised, viewers []*regular) {
	if err := p.db.AuditCoins(context.Background()); err != nil {
		p.t.Error(err)
	}
	for _, g := range viewers {
		wallet := chat.PersonAccount(g.person())
		a, err := p.db.AskRoom(context.Background(), "evening", chat.Questions{Wallets: []chat.Account{wallet}})
		if err != nil {
			p.t.Fatal(err)
		}
		if gave := len(told.gifts[g.me.Alias]); a.Wallets[wallet] != int64(twiceCoins-gave) {
			p.t.Errorf("after %d gifts of one coin a wallet of %d has %d", gave, twiceCoins, a.Wallets[wallet])
		}
	}
}

// heardAll checks that one of the staff was told the log as it is.
func (g *regular) heardAll(log []wire.RoomEvent) {
	if len(g.heard) == 0 || g.heard[len(g.heard)-1].N != int64(len(log)) {
		g.t.Errorf("one of the staff heard %d events, and the last was not %d", len(g.heard), len(log))
	}
	for _, e := range g.heard {
		is, _ := json.Marshal(e)
		want, _ := json.Marshal(log[e.N-1])
		if string(is) != string(want) {
			g.t.Errorf("event %d is %s for one of the staff and %s in the log", e.N, is, want)
		}
	}
}

// heardOwn checks that a viewer has read the own lines, whatever the others said.
func (g *regular) heardOwn() {
	heard := map[int64]bool{}
	for _, e := range g.heard {
		heard[e.N] = true
	}
	for _, n := range g.own {
		if n > g.since && !heard[n] {
			g.t.Errorf("viewer %d did not read the own line %d", g.i, n)
		}
	}
}
