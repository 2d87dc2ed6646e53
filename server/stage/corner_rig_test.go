package stage_test

import (
	"bytes"
	"cmp"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"vitrine/server/stage"
	"vitrine/server/wire"
)

// keyOf signs as a server does.
type keyOf struct{ key ed25519.PrivateKey }

func newKey(n int) keyOf {
	return keyOf{ed25519.NewKeyFromSeed(bytes.Repeat([]byte{byte(n + 1)}, ed25519.SeedSize))}
}

func (k keyOf) Key() string {
	return base64.StdEncoding.EncodeToString(k.key.Public().(ed25519.PublicKey))
}

func (k keyOf) Sign(text []byte) string {
	return base64.StdEncoding.EncodeToString(ed25519.Sign(k.key, text))
}

// failer is a test, or a walk of rapid's.
type failer interface {
	Helper()
	Fatalf(format string, args ...any)
}

// hall is some rooms, and the network between them, in a time of its own.
type hall struct {
	t      failer
	now    int64
	rooms  []*hallRoom
	flying []flight
	// delay is how long a letter takes; less than 0 loses it.
	delay func(from, to int) int64
	retry int64
	crash bool // every room is read again from its Doc before each step
	edges map[string]int
	mail  []flight // every letter that ever came
}

type hallRoom struct {
	s      *stage.State
	room   wire.BattleRoom
	server string
	skew   int64 // of its clock
	key    stage.Signer
	asleep bool
	stored []byte // its Doc; nil when it is to be asked for
	shared bool   // s belongs to another hall, too
	log    []wire.Battled
	lines  []string                 // what was numbered
	forgot []string                 // names that other rooms have asked it to forget
	scored []int64                  // when
	tried  map[string]int64         // letters, when they were sent last
	wins   map[string]string        // results by battle and round, as JSON
	phase  map[wire.BattleID]string // the newest that its log tells of
	seq    map[wire.BattleID]int64
}

type flight struct {
	at       int64
	from, to int
	letter   *wire.StageLetter
	ack      string
}

// newHall makes rooms called a, b, c, …, each on the server that is named; "" is one, too.
func newHall(t failer, servers ...string) *hall {
	servers = slices.Clone(servers)
	for i := range servers {
		servers[i] = cmp.Or(servers[i], "home.example")
	}
	h := &hall{t: t, now: 1_700_000_000_000, retry: 1000, edges: map[string]int{}}
	h.delay = func(int, int) int64 { return 20 }
	for i, server := range servers {
		show := string(rune('a' + i))
		h.rooms = append(h.rooms, &hallRoom{
			room: wire.BattleRoom{Show: wire.ShowID(show), Name: "Host " + show, Title: "Show " + show}, server: server, key: newKey(i),
			tried: map[string]int64{}, wins: map[string]string{}, phase: map[wire.BattleID]string{}, seq: map[wire.BattleID]int64{},
		})
		h.reload(i)
	}
	return h
}

// reload reads a room from its Doc.
func (h *hall) reload(i int) {
	r := h.rooms[i]
	var doc []byte
	if r.s != nil {
		doc = h.doc(i)
	}
	s, err := stage.New(r.room, doc, r.key)
	if err != nil {
		h.t.Fatalf("read room %d: %v", i, err)
	}
	r.s = s
}

func (h *hall) doc(i int) []byte {
	r := h.rooms[i]
	if r.stored == nil {
		doc, err := r.s.Doc()
		if err != nil {
			h.t.Fatalf("write room %d: %v", i, err)
		}
		r.stored = doc
	}
	return r.stored
}

// name is a room as the server of another names it.
func (h *hall) name(room, seen int) wire.BattleRoom {
	r := h.rooms[room].room
	if h.rooms[room].server != h.rooms[seen].server {
		r.Server = "https://" + h.rooms[room].server
	}
	return r
}

// at is the time of a room's clock.
func (h *hall) at(i int) int64 { return h.now + h.rooms[i].skew }

var hallHost = &wire.Member{Alias: "host", Name: "Host", Role: "host"}

// step steps a room, and holds it to what is always so.
func (h *hall) step(i int, in wire.StageInput) error {
	h.t.Helper()
	r := h.rooms[i]
	in.At = h.at(i)
	before := h.doc(i)
	if h.crash || r.shared {
		h.reload(i)
		r.shared = false
	}
	if in.Wish != nil || in.Letter != nil || in.Match != nil { // which are decided on a copy
		h.tries(r, in, before)
	}
	out, err := r.s.Step(in)
	r.stored = nil
	if err != nil {
		if after := h.doc(i); !bytes.Equal(before, after) {
			h.t.Fatalf("a refused step (%v) changed the room\n%s\n%s", err, before, after)
		}
		var e *wire.Error
		if !errors.As(err, &e) || e.Text == "" || len(out.Events) > 0 {
			h.t.Fatalf("a refused step has no clear answer: %v, %d events", err, len(out.Events))
		}
		return err
	}
	for _, e := range out.Events {
		if e.Battled != nil && !e.Staff {
			h.told(r, *e.Battled)
		}
	}
	if in.Tick {
		if due := r.s.Due(); due != 0 && due <= in.At {
			h.t.Fatalf("room %d wants an input at %d, and has just had one at %d: %s", i, due, in.At, h.doc(i))
		}
	}
	return nil
}

// tries decides about an input on a copy, and expects that nothing of the room has changed, whatever was decided.
func (h *hall) tries(r *hallRoom, in wire.StageInput, before []byte) {
	h.t.Helper()
	tried := r.s.Try(in)
	if after, err := r.s.Doc(); err != nil || !bytes.Equal(before, after) {
		h.t.Fatalf("deciding on a copy (%v) changed the room: %v\n%s\n%s", tried, err, before, after)
	}
}

// told notes an event, and checks that it may follow what was told before.
func (h *hall) told(r *hallRoom, b wire.Battled) {
	h.t.Helper()
	r.log = append(r.log, b)
	if b.Seq != 0 {
		if b.Seq != r.seq[b.ID]+1 {
			h.t.Fatalf("%s tells of %d after %d", r.room.Show, b.Seq, r.seq[b.ID])
		}
		r.seq[b.ID] = b.Seq
		r.lines = append(r.lines, line(b))
	}
	was, is := r.phase[b.ID], ""
	switch {
	case b.What == wire.BattleScored:
		if b.Seq != 0 {
			r.scored = append(r.scored, h.now)
		}
		return
	case b.Now != nil:
		is = string(b.Now.Phase)
	default:
		is = "over"
	}
	if was != is {
		h.edges[was+" → "+is]++
		if !hallEdges[was+" → "+is] {
			h.t.Fatalf("%s went from %q to %q with %q", r.room.Show, was, is, b.What)
		}
	}
	r.phase[b.ID] = is
	if b.What == wire.BattleResulted {
		h.resulted(r, b)
	}
}

func (h *hall) resulted(r *hallRoom, b wire.Battled) {
	h.t.Helper()
	result := *b.Now.Result
	if err := stage.VerifyResult(result); err != nil {
		h.t.Fatalf("a result that is not signed: %v", err)
	}
	raw, err := json.Marshal(result)
	if err != nil {
		h.t.Fatalf("write a result: %v", err)
	}
	key := fmt.Sprintf("%s/%d", result.Battle, result.Round)
	if was, ok := r.wins[key]; ok {
		h.t.Fatalf("round %s ends twice: %s and %s", key, was, raw)
	}
	if r.wins[key] = string(raw); b.Now.Terms == nil || slices.ContainsFunc(b.Now.Corners, func(c wire.BattleCorner) bool { return !c.Agreed }) {
		h.t.Fatalf("a result without agreement: %s", raw)
	}
}

// hallEdges are all ways from phase to phase.
var hallEdges = map[string]bool{
	" → linked": true, "linked → challenged": true, "challenged → linked": true, "challenged → countdown": true, "countdown → linked": true,
	"countdown → fight": true, "fight → push": true, "fight → lap": true, "push → lap": true, "lap → linked": true, "lap → countdown": true,
	"linked → over": true, "challenged → over": true, "countdown → over": true, "fight → over": true, "push → over": true, "lap → over": true,
}

// send puts letters into the air that are new, or have been waiting for an answer for long.
func (h *hall) send() {
	for i, r := range h.rooms {
		if r.asleep {
			continue
		}
		for _, m := range r.s.Letters() {
			if last, ok := r.tried[m.ID]; ok && h.now-last < h.retry {
				continue
			}
			r.tried[m.ID] = h.now
			to := h.find(i, m.To)
			if d := h.delay(i, to); d >= 0 {
				m := m
				m.From = h.name(i, to)
				h.flying = append(h.flying, flight{at: h.now + d, from: i, to: to, letter: &m})
			}
		}
	}
}

func (h *hall) find(from int, to wire.BattleRoom) int {
	h.t.Helper()
	for i := range h.rooms {
		if n := h.name(i, from); n.Show == to.Show && n.Server == to.Server {
			return i
		}
	}
	h.t.Fatalf("a letter to nobody: %+v", to)
	return -1
}

// land delivers a letter, or the news that one has arrived.
func (h *hall) land(f flight) {
	h.t.Helper()
	if h.rooms[f.to].asleep {
		return
	}
	if f.letter == nil {
		if err := h.step(f.to, wire.StageInput{Sent: []string{f.ack}}); err != nil {
			h.t.Fatalf("%v", err)
		}
		return
	}
	h.mail = append(h.mail, f)
	if r := h.rooms[f.to]; f.letter.Forget != nil { // for the room itself
		r.forgot = append(r.forgot, f.letter.Forget...)
	} else if err := h.step(f.to, wire.StageInput{Letter: f.letter}); err != nil {
		h.t.Fatalf("a true letter from %d to %d was refused: %v\n%s", f.from, f.to, err, f.letter.Body)
	}
	if d := h.delay(f.to, f.from); d >= 0 {
		h.flying = append(h.flying, flight{at: h.now + d, from: f.to, to: f.from, ack: f.letter.ID})
	}
}

// run lets time pass for so many ms.
func (h *hall) run(ms int64) {
	h.t.Helper()
	for end := h.now + ms; ; {
		h.send()
		next, who := end+1, -1
		for i, f := range h.flying {
			if f.at < next {
				next, who = f.at, i
			}
		}
		tick := -1
		for i, r := range h.rooms {
			if due := r.s.Due(); due != 0 && !r.asleep && due-r.skew < next {
				next, who, tick = max(due-r.skew, h.now), -1, i
			}
			for _, m := range r.s.Letters() {
				if again := r.tried[m.ID] + h.retry; !r.asleep && again < next {
					next, who, tick = again, -1, -1
				}
			}
		}
		if next > end {
			h.now = end
			return
		}
		h.now = max(h.now, next)
		switch {
		case who >= 0:
			f := h.flying[who]
			h.flying = slices.Delete(h.flying, who, who+1)
			h.land(f)
		case tick >= 0:
			h.tick(tick)
		}
	}
}

// tick lets a room know what time it is.
func (h *hall) tick(i int) {
	h.t.Helper()
	if err := h.step(i, wire.StageInput{Tick: true}); err != nil {
		h.t.Fatalf("%v", err)
	}
}

// wish has the host of a room wish something.
func (h *hall) wish(i int, w wire.StageWish) error {
	h.t.Helper()
	return h.step(i, wire.StageInput{By: hallHost, Host: true, Staff: true, Wish: &w})
}

func (h *hall) must(i int, w wire.StageWish) {
	h.t.Helper()
	if err := h.wish(i, w); err != nil {
		h.t.Fatalf("room %d: %v", i, err)
	}
}

func (h *hall) points(i int, p wire.StagePoints) {
	h.t.Helper()
	if err := h.step(i, wire.StageInput{Points: &p}); err != nil {
		h.t.Fatalf("%v", err)
	}
}

func (h *hall) gift(i int, coins int64) {
	h.t.Helper()
	h.points(i, wire.StagePoints{Kind: wire.PointsGift, Units: coins})
}

func (h *hall) media(i int, up bool) {
	h.t.Helper()
	if err := h.step(i, wire.StageInput{Media: &wire.StageMedia{Spot: wire.HostSpot, Up: up}}); err != nil {
		h.t.Fatalf("%v", err)
	}
}

// battle is the battle as a room's viewers see it.
func (h *hall) battle(i int) *wire.Battle { return h.rooms[i].s.Now(false).Battle }

// link links room 0 with all others.
func (h *hall) link() wire.BattleID {
	h.t.Helper()
	var to []wire.BattleRoom
	for i := range h.rooms[1:] {
		r := h.name(i+1, 0)
		r.Name, r.Title = "", "" // which those say who take the call
		to = append(to, r)
	}
	h.must(0, wire.StageWish{Call: &wire.BattleInvite{To: to}})
	h.run(100)
	for i := range h.rooms[1:] {
		calls := h.rooms[i+1].s.Now(true).Calls
		if len(calls) != 1 || calls[0].From.Show != "a" || calls[0].Ours {
			h.t.Fatalf("room %d has the calls %+v", i+1, calls)
		}
		h.must(i+1, wire.StageWish{TakeCall: &wire.BattleNamed{ID: calls[0].ID}})
	}
	h.run(200)
	for i := range h.rooms {
		b := h.battle(i)
		if b == nil || b.Phase != wire.BattleLinked || len(b.Corners) != len(h.rooms) {
			h.t.Fatalf("room %d is not linked: %+v", i, b)
		}
		for k, c := range b.Corners {
			if want := h.rooms[k].room; c.Room.Name != want.Name || c.Room.Title != want.Title {
				h.t.Fatalf("room %d calls room %d %+v", i, k, c.Room)
			}
		}
	}
	return h.battle(0).ID
}

// short are terms of a short battle.
var short = wire.BattleTerms{Fight: 30, Push: 10, Lap: 20, Rounds: 1}

// fight links all, and has them begin to fight by terms.
func (h *hall) fight(terms wire.BattleTerms) wire.BattleID {
	h.t.Helper()
	id := h.link()
	h.begin(terms)
	return id
}

// begin has room 0 challenge, all agree, and waits for the fight.
func (h *hall) begin(terms wire.BattleTerms) {
	h.t.Helper()
	h.must(0, wire.StageWish{Challenge: &terms})
	h.run(200)
	for i := range h.rooms[1:] {
		if b := h.battle(i + 1); b != nil {
			h.must(i+1, wire.StageWish{Agree: &wire.BattleRound{ID: b.ID, Round: b.Round}})
		}
	}
	h.run(3_200)
	for i := range h.rooms {
		if b := h.battle(i); b != nil && b.Phase != wire.BattleFight {
			h.t.Fatalf("room %d does not fight: %+v", i, b)
		}
	}
}

// line is something numbered, without what differs from room to room.
func line(b wire.Battled) string {
	line := fmt.Sprintf("%s %d %s %s %v %q", b.ID, b.Seq, b.What, b.Corner, b.Scores, b.Reason)
	if b.Now != nil {
		line += fmt.Sprintf(" %s %d %v", b.Now.Phase, b.Now.Round, b.Now.Wins)
		for _, c := range b.Now.Corners {
			line += fmt.Sprintf(" %s:%s:%d:%d:%v", c.ID, c.State, c.Team, c.Score, c.Agreed)
		}
	}
	return line
}

// numbered is a room's log of what was numbered.
func (h *hall) numbered(i int) []string { return h.rooms[i].lines }

// agree checks that all rooms tell the same, as far as each has come.
func (h *hall) agree(whole bool) {
	h.t.Helper()
	first := h.numbered(0)
	for i := range h.rooms[1:] {
		other := h.numbered(i + 1)
		for n := range min(len(first), len(other)) {
			left := strings.Contains(first[n], " unlinked ") && (strings.HasPrefix(first[n], other[n]) || strings.HasPrefix(other[n], first[n]))
			if first[n] != other[n] && !left {
				h.t.Fatalf("rooms 0 and %d tell differently:\n%s\n%s", i+1, first[n], other[n])
			}
		}
		if whole && len(first) != len(other) {
			h.t.Fatalf("room 0 tells of %d things, room %d of %d: %v", len(first), i+1, len(other), first[min(len(first), len(other)):])
		}
		for key, result := range h.rooms[i+1].wins {
			if r, ok := h.rooms[0].wins[key]; !ok || r != result {
				h.t.Fatalf("round %s ends differently:\n%s\n%s", key, r, result)
			}
		}
	}
}

// result is the newest result that a room has.
func (h *hall) result(i int) *wire.BattleResult {
	for _, b := range slices.Backward(h.rooms[i].log) {
		if b.What == wire.BattleResulted {
			return b.Now.Result
		}
	}
	return nil
}

var _ failer = (*testing.T)(nil)
