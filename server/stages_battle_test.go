package server

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pion/rtcp"

	"vitrine/server/chat"
	"vitrine/server/store"
	"vitrine/server/trust"
	"vitrine/server/wire"
)

// side is a show with its host on air, and a fan with coins.
type side struct {
	r         *running
	show      string
	host, fan *stander
	room      wire.BattleRoom // as the other side calls it
}

// person is a visitor, as rooms know them.
func (r *running) person() wire.PersonID {
	r.t.Helper()
	at, _ := url.Parse("http://" + r.at.HTTP.String())
	for _, c := range r.http.Jar.Cookies(at) {
		if strings.HasSuffix(c.Name, trust.VisitorCookie) {
			return trust.Token(c.Value).Visitor()
		}
	}
	r.t.Fatal("the visitor has no cookie")
	return ""
}

// opened is a server's database.
func (r *running) opened(folder string) *store.Store {
	r.t.Helper()
	db, err := store.Open(r.t.Context(), store.Config{Folder: folder})
	if err != nil {
		r.t.Fatal(err)
	}
	return db
}

// rich puts coins into a visitor's wallet.
func (r *running) rich(folder string, coins int64) {
	r.t.Helper()
	db := r.opened(folder)
	defer func() { _ = db.Close() }()
	who := chat.PersonAccount(r.person())
	err := db.Credit(r.t.Context(), [2]chat.CoinLine{
		{Transfer: "test/" + string(who), Account: chat.Issue, Coins: -coins}, {Transfer: "test/" + string(who), Account: who, Coins: coins},
	})
	if err != nil {
		r.t.Fatal(err)
	}
}

// flies puts a show on air until the test or the server ends.
func (r *running) flies(show, token string) {
	r.t.Helper()
	p, status := r.whip(show, token)
	if status != http.StatusCreated {
		r.t.Fatal("the host's offer is answered", status)
	}
	p.connect().keyFrame()
	stop, over, wished := make(chan struct{}), make(chan struct{}), make(chan struct{}, 1)
	go func() {
		for sender := p.pc.GetSenders()[0]; ; {
			told, _, err := sender.ReadRTCP()
			if err != nil {
				return
			}
			if slices.ContainsFunc(told, func(k rtcp.Packet) bool { _, is := k.(*rtcp.PictureLossIndication); return is }) {
				select {
				case wished <- struct{}{}:
				default: // one is about to come
				}
			}
		}
	}()
	go func() {
		defer close(over)
		for {
			frame := "\x00\x00\x00\x01\x41\x9a"
			select {
			case <-stop:
				return
			case <-wished:
				frame = aKeyFrame
			case <-time.After(33 * time.Millisecond):
			}
			_ = p.video.WriteSample(sample(frame)) // the server may be down
		}
	}()
	r.t.Cleanup(func() { close(stop); <-over })
	await(r.t, "the show to be live", func() bool { return r.show(show).Live })
}

func (r *running) side(folder, show, token string) *side {
	r.t.Helper()
	r.flies(show, token)
	v := r.visitor()
	s := &side{r: r, show: show, host: r.stands(show, token), fan: v.stands(show, ""), room: wire.BattleRoom{Show: wire.ShowID(show)}}
	v.rich(folder, 1000)
	return s
}

// battle is the newest that a room tells of its battle.
func (s *stander) battle() *wire.Battle {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, n := range slices.Backward(slices.Sorted(maps.Keys(s.events))) {
		if b := s.events[n].Battled; b != nil && b.Now != nil {
			return b.Now
		}
	}
	return nil
}

func battled(what wire.BattleWhat) func(wire.RoomEvent) bool {
	return func(e wire.RoomEvent) bool { return e.Battled != nil && e.Battled.What == what }
}

var oneRound = wire.BattleTerms{Fight: 60, Rounds: 1, Lap: 30, Penalty: "sings"}

// fight has two hosts meet and begin to fight.
func fight(a, b *side, terms wire.BattleTerms) (id wire.BattleID) {
	a.r.t.Helper()
	a.host.does(wire.StageWish{Call: &wire.BattleInvite{To: []wire.BattleRoom{b.room}}})
	id = b.host.sees("the call", battled(wire.BattleCalled)).Battled.ID
	b.host.does(wire.StageWish{TakeCall: &wire.BattleNamed{ID: id}})
	for _, s := range []*side{a, b} {
		s.fan.sees("that the hosts are linked", battled(wire.BattleHasLinked))
	}
	a.host.does(wire.StageWish{Challenge: &terms})
	b.host.sees("the challenge", battled(wire.BattleHasBegun))
	b.host.does(wire.StageWish{Agree: &wire.BattleRound{ID: id, Round: 1}})
	for _, s := range []*side{a, b} {
		s.fan.sees("the fight", battled(wire.BattleFights))
	}
	return id
}

// gives has a fan give gifts.
func (s *side) gives(gift wire.GiftID, count int) {
	s.r.t.Helper()
	if a := s.fan.wishes(wire.RoomRequest{Gift: &wire.GiveGift{Gift: gift, Count: count}}); a.Error != nil {
		s.r.t.Fatalf("the gift is refused: %+v", a.Error)
	}
}

// scores waits until a room tells that corners have so many points.
func (s *stander) scores(want ...int64) {
	s.r.t.Helper()
	s.sees(fmt.Sprint("the scores ", want), func(e wire.RoomEvent) bool { return e.Battled != nil && slices.Equal(e.Battled.Scores, want) })
}

// numbered is what the referee has numbered, as a room tells it, but for what differs from room to room.
func (s *stander) numbered() map[int64]string {
	s.mu.Lock()
	defer s.mu.Unlock()
	told := map[int64]string{}
	for _, e := range s.events {
		b := e.Battled
		if b == nil || b.Seq == 0 {
			continue
		}
		line := fmt.Sprintf("%s %s %s %v %q", b.ID, b.What, b.Corner, b.Scores, b.Reason)
		if now := b.Now; now != nil {
			result, _ := json.Marshal(now.Result) // it was read from JSON
			line += fmt.Sprintf(" %s %d %v %s", now.Phase, now.Round, now.Wins, result)
			for _, c := range now.Corners {
				line += fmt.Sprintf(" %s:%s:%d:%d:%v", c.ID, c.State, c.Team, c.Score, c.Agreed)
			}
		}
		told[b.Seq] = line
	}
	return told
}

// same expects that both audiences were told the same, and the very same result.
func same(t *testing.T, a, b *side) {
	t.Helper()
	var results [2]*wire.BattleResult
	for i, s := range []*side{a, b} {
		results[i] = s.fan.sees("the result", battled(wire.BattleResulted)).Battled.Now.Result
	}
	if !reflect.DeepEqual(results[0], results[1]) || results[0].Signature == "" {
		t.Errorf("the results are\n%+v\n%+v", results[0], results[1])
	}
	await(t, "both rooms to have been told the same", func() bool { return maps.Equal(a.fan.numbered(), b.fan.numbered()) })
	if told := a.fan.numbered(); len(told) < 5 {
		t.Errorf("only this was numbered: %v", told)
	}
}

func TestTwoHostsOfOneServerFightAndBothAudiencesSeeTheSame(t *testing.T) {
	folder := t.TempDir()
	r := start(t, Config{Data: folder})
	a, b := r.side(folder, "demo", token), r.side(folder, "other", otherToken)
	id := fight(a, b, oneRound)
	a.gives("cake", 2)
	b.gives("coffee", 1)
	if a := b.fan.wishes(wire.RoomRequest{Cheer: &struct{}{}}); a.Error != nil {
		t.Fatal(a.Error)
	}
	for _, s := range []*side{a, b} {
		s.fan.scores(400, 70)
	}
	if c := a.fan.battle().Corners[1]; c.Media != "other" {
		t.Errorf("the opponent is watched at %q", c.Media)
	}
	if a := b.fan.wishes(wire.RoomRequest{Stage: &wire.StageWish{End: &wire.BattleRound{ID: id, Round: 1}}}); a.Error == nil || a.Error.Code != wire.Forbidden {
		t.Errorf("a viewer ends the battle: %+v", a)
	}
	b.host.does(wire.StageWish{End: &wire.BattleRound{ID: id, Round: 1}})
	same(t, a, b)
}

func TestStrangersWhoLookForAnOpponentAreMatchedAndOrdersGiveAndTakePoints(t *testing.T) {
	folder := t.TempDir()
	r := start(t, Config{Data: folder, Pay: Payments{Test: true}})
	r.sells(3)
	a, b := r.side(folder, "demo", token), r.side(folder, "other", otherToken)
	for _, s := range []*side{a, b} {
		s.host.does(wire.StageWish{Seek: &wire.BattleSeek{On: true}})
	}
	for _, s := range []*side{a, b} {
		s.fan.sees("that the strangers are linked", battled(wire.BattleHasLinked))
	}
	id := a.fan.battle().ID
	b.host.does(wire.StageWish{Challenge: &wire.BattleTerms{Fight: 60, Rounds: 1, Lap: 30}})
	a.host.sees("the challenge", battled(wire.BattleHasBegun))
	a.host.does(wire.StageWish{Agree: &wire.BattleRound{ID: id, Round: 1}})
	a.fan.sees("the fight", battled(wire.BattleFights))
	corners := a.fan.battle().Corners
	scores := func(points int64) []int64 {
		if corners[0].Room.Show == "demo" {
			return []int64{points, 0}
		}
		return []int64{0, points}
	}
	_, placed := r.visitor().buys("0123456789abcdef")
	b.fan.scores(scores(198)...)
	buyer := r.visitor()
	_, second := buyer.buys("1123456789abcdef")
	b.fan.scores(scores(396)...)
	path := "/api/shop/admin/orders/" + string(second.Order.ID) + "/cancel"
	if _, status := asks[wire.Order](r, call{method: "POST", path: path, token: r.operator, body: "{}"}); status != http.StatusOK {
		t.Fatal("cancelling is answered", status)
	}
	a.fan.sees("what was cancelled to be taken back", func(e wire.RoomEvent) bool {
		return e.Battled != nil && slices.Equal(e.Battled.Scores, scores(198)) && e.Battled.Seq > seqOf(a.fan, scores(396))
	})
	if placed.Order.State != wire.OrderCaptured {
		t.Errorf("the order is %s", placed.Order.State)
	}
}

// seqOf is the number under which scores were told.
func seqOf(s *stander, want []int64) (seq int64) {
	for _, e := range s.events {
		if e.Battled != nil && slices.Equal(e.Battled.Scores, want) {
			seq = e.Battled.Seq
		}
	}
	return seq
}

func TestTwoHostsOfTwoServersFightOverACrash(t *testing.T) {
	one, two := twoLands(t, nil)
	a, b := one.side(one.folder, "demo", token), two.side(two.folder, "demo", token)
	b.room.Server, a.room.Server = two.url(), one.url()

	b.host.does(wire.StageWish{Desk: &wire.BattleDesk{Found: true}})
	await(t, "the other server's host to be found", func() bool {
		found, _ := asks[wire.BattleHosts](one.running, call{method: "GET", path: "/api/stage/hosts?q=DEM", token: token})
		return len(found.Hosts) == 1 && found.Hosts[0].Show == "demo" && found.Hosts[0].Server == two.url()
	})
	fight(a, b, oneRound)
	media := a.fan.battle().Corners[1].Media
	if !strings.HasPrefix(media, "demo~at-") {
		t.Fatalf("the other server's host is watched at %q", media)
	}
	await(t, "the other server's host to be watched here", func() bool { return one.watchable(media) })
	a.gives("cake", 2)
	b.gives("coffee", 2)
	for _, s := range []*side{a, b} {
		s.fan.scores(400, 100)
	}

	two.stop()
	two.begins(t)
	two.flies("demo", token)
	again := two.visitor()
	fan := again.stands("demo", "")
	again.rich(two.folder, 100)
	host := two.stands("demo", token)
	b = &side{r: two.running, show: "demo", host: host, fan: b.fan, room: b.room}
	if now := fan.joined.State.Stage; now == nil || now.Battle == nil || now.Battle.Phase != wire.BattleFight {
		t.Fatalf("after the restart the stage is %+v", now)
	}
	if x := fan.wishes(wire.RoomRequest{Gift: &wire.GiveGift{Gift: "coffee", Count: 1}}); x.Error != nil {
		t.Fatal(x.Error)
	}
	mei := two.signedIn("mei@example.com")
	b.honours(mei, "Mei Lin")
	a.honours(one.visitor(), "Mei Lin") // who is somebody else
	for _, s := range []*stander{a.fan, fan} {
		s.scores(420, 170)
	}
	before := b.fan.numbered()
	maps.Copy(before, fan.numbered())
	id := fan.joined.State.Stage.Battle.ID
	host.does(wire.StageWish{End: &wire.BattleRound{ID: id, Round: 1}})
	results := []*wire.BattleResult{}
	for _, s := range []*stander{a.fan, fan} {
		results = append(results, s.sees("the result", battled(wire.BattleResulted)).Battled.Now.Result)
	}
	if !reflect.DeepEqual(results[0], results[1]) || results[0].Signature == "" {
		t.Errorf("the results are\n%+v\n%+v", results[0], results[1])
	}
	for seq, what := range before {
		if told := a.fan.numbered()[seq]; told != what {
			t.Errorf("number %d is %q in one room and %q in the other", seq, told, what)
		}
	}
	own, others := one.named("demo", "Mei Lin")
	if a, body := mei.do(call{method: "DELETE", path: "/api/me"}); a.StatusCode >= 300 || own*others == 0 {
		t.Fatalf("erasing is answered %s %s; %d and %d events named her", a.Status, body, own, others)
	}
	await(t, "the other server to forget her", func() bool { _, others = one.named("demo", "Mei Lin"); return others == 0 })
	if still, _ := one.named("demo", "Mei Lin"); still < own {
		t.Errorf("of %d events and more that named another of that name, %d do", own, still)
	}
	if _, erased := one.named("demo", chat.Erased); erased == 0 {
		t.Error("nobody is named in her place")
	}
}

// signedIn is somebody who has signed in by a link in an e-mail.
func (l *land) signedIn(email string) *running {
	l.t.Helper()
	v := l.visitor()
	posts := func(path string, body any) {
		text, _ := json.Marshal(body)
		if a, answer := v.do(call{method: "POST", path: path, kind: "application/json", body: string(text)}); a.StatusCode >= 300 {
			l.t.Fatalf("%s is answered %s %s", path, a.Status, answer)
		}
	}
	posts("/api/sign-in/link", wire.AskLink{Email: email})
	m := regexp.MustCompile(`#link=3D([A-Za-z0-9_-]+)`).FindStringSubmatch(mailWith(l.t, l.folder, email))
	if m == nil {
		l.t.Fatal("the mail has no link")
	}
	posts("/api/sign-in/link/use", wire.Token{Token: m[1]})
	return v
}

// honours has somebody come who gives a vote and may be named.
func (s *side) honours(v *running, name string) {
	s.r.t.Helper()
	fan := v.stands(s.show, "")
	for _, q := range []wire.RoomRequest{
		{Name: &name}, {Stage: &wire.StageWish{Honour: &wire.BattleHonour{Named: true}}}, {Cheer: &struct{}{}},
	} {
		if a := fan.wishes(q); a.Error != nil {
			s.r.t.Fatalf("it is refused: %+v", a.Error)
		}
	}
}

// named says by how many events of a show's log fans of that name are, of its own room and of others'.
func (l *land) named(show wire.ShowID, name string) (own, others int) {
	l.t.Helper()
	db := l.opened(l.folder)
	defer func() { _ = db.Close() }()
	list, err := db.ReadRoom(l.t.Context(), show, chat.Span{Through: 1 << 40, Most: 1000})
	if err != nil {
		l.t.Fatal(err)
	}
	for _, e := range list {
		if e.Battled == nil || e.Battled.Now == nil {
			continue
		}
		for _, c := range e.Battled.Now.Corners {
			switch {
			case !slices.ContainsFunc(c.Best, func(f wire.BattleFan) bool { return f.Name == name }):
			case c.ID == e.Battled.Now.Us:
				own++
			default:
				others++
			}
		}
	}
	return own, others
}

// TestOnlyServersThatAreTrustedPostLetters plays a stranger, and a network that repeats and changes.
func TestOnlyServersThatAreTrustedPostLetters(t *testing.T) {
	one, two := twoLands(t, nil)
	letter := wire.StageLetter{
		ID: "l1", From: wire.BattleRoom{Show: "demo", Server: two.url()}, To: wire.BattleRoom{Show: "demo", Server: one.url()}, Body: json.RawMessage(`{}`),
	}
	if status := two.posts(one, []wire.StageLetter{letter}, asSigned); status != http.StatusOK {
		t.Error("a signed letter is answered", status)
	}
	var first http.Header
	if status := two.posts(one, nil, func(r *http.Request) { first = r.Header.Clone() }); status != http.StatusOK {
		t.Error("a signed post is answered", status)
	}
	for what, change := range map[string]func(*http.Request){
		"unsigned":     func(r *http.Request) { r.Header.Del("Signature"); r.Header.Del("Signature-Input") },
		"no signature": func(r *http.Request) { r.Header.Del("Signature") },
		"replayed":     func(r *http.Request) { r.Header = first },
		"another body": func(r *http.Request) {
			r.Body = io.NopCloser(strings.NewReader(`{"letters":[] }`))
			r.ContentLength = 15
		},
		"another query": func(r *http.Request) { r.URL.RawQuery = "a=b" },
		"another's key": func(r *http.Request) {
			sign(r, []byte(`{"letters":null}`), keyOf(t, one.folder), two.url(), time.Now())
		},
		"a stranger": func(r *http.Request) {
			sign(r, []byte(`{"letters":null}`), keyOf(t, two.folder), "https://stranger.example", time.Now())
		},
		"too old": func(r *http.Request) {
			sign(r, []byte(`{"letters":null}`), keyOf(t, two.folder), two.url(), time.Now().Add(-time.Hour))
		},
		"from the future": func(r *http.Request) {
			sign(r, []byte(`{"letters":null}`), keyOf(t, two.folder), two.url(), time.Now().Add(time.Hour))
		},
	} {
		if status := two.posts(one, nil, change); status != http.StatusUnauthorized {
			t.Errorf("a post that is %s is answered %d", what, status)
		}
	}
	for what, change := range map[string]func(*wire.StageLetter){
		"from a third":    func(l *wire.StageLetter) { l.From.Server = "https://third.example" },
		"from here":       func(l *wire.StageLetter) { l.From.Server = one.url() },
		"to a third":      func(l *wire.StageLetter) { l.To.Server = "https://third.example" },
		"without an ID":   func(l *wire.StageLetter) { l.ID = "" },
		"from a bad show": func(l *wire.StageLetter) { l.From.Show = "../etc" },
	} {
		bad := letter
		change(&bad)
		if status := two.posts(one, []wire.StageLetter{bad}, asSigned); status != http.StatusBadRequest {
			t.Errorf("a letter %s is answered %d", what, status)
		}
	}
	if status := two.posts(one, slices.Repeat([]wire.StageLetter{letter}, wire.MaxPost+1), asSigned); status != http.StatusBadRequest {
		t.Error("too many letters are answered", status)
	}
	if _, status := asks[wire.BattleHosts](one.running, call{method: "GET", path: "/api/stage/peer/hosts"}); status != http.StatusUnauthorized {
		t.Error("hosts are told to a stranger:", status)
	}
}
