package chat_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"vitrine/server/bus"
	"vitrine/server/chat"
	"vitrine/server/stage"
	"vitrine/server/store"
	"vitrine/server/store/rig"
	"vitrine/server/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(rig.Main(closing{m})) }

// patience bounds every wait; it is no expectation.
const patience = time.Minute

// shared are databases that all tests have together, each with a show of its own: a fresh one takes PostgreSQL a second.
var shared struct {
	mu     sync.Mutex
	all    map[string]*store.Store
	folder string
}

// closing closes them after the tests.
type closing struct{ rig.Tests }

func (c closing) Run() int {
	code := c.Tests.Run()
	for _, db := range shared.all {
		_ = db.Close()
	}
	_ = os.RemoveAll(shared.folder)
	return code
}

// engines are the databases that rooms are proved on.
var engines = []string{"SQLite", "PostgreSQL"}

func opened(t testing.TB, engine string) *store.Store {
	t.Helper()
	var cfg store.Config
	if engine == "PostgreSQL" {
		cfg.URL = rig.Shared(t).URL()
	} else {
		var err error
		if shared.folder, err = os.MkdirTemp("", "rooms"); err != nil {
			t.Fatal(err)
		}
		cfg.Folder = shared.folder
	}
	db, err := store.Open(context.Background(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	return db
}

// town is a database, a bus and hubs on them, with a clock that only the test moves.
type town struct {
	t     testing.TB
	show  wire.ShowID
	db    chat.Storage
	bus   *wires
	clock atomic.Int64 // Unix ms
	judge *strict
	ids   atomic.Int64
	// stages are what homes told of the stage, the newest last; nil where one ended.
	mu     sync.Mutex
	stages []*chat.Staging
}

func (w *town) staged(_ wire.ShowID, s *chat.Staging) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.stages = append(w.stages, s)
}

var shows atomic.Int64

// newTown is a fresh show in a shared database.
func newTown(t testing.TB, engine string) *town {
	t.Helper()
	shared.mu.Lock()
	defer shared.mu.Unlock()
	db := shared.all[engine]
	if db == nil {
		if shared.all == nil {
			shared.all = map[string]*store.Store{}
		}
		db = opened(t, engine)
		shared.all[engine] = db
	}
	return townOn(t, db, wire.ShowID(fmt.Sprint("show-", shows.Add(1))))
}

// townOn is a show in a database.
func townOn(t testing.TB, db chat.Storage, show wire.ShowID) *town {
	w := &town{t: t, show: show, db: db, bus: newWires(), judge: &strict{}}
	w.clock.Store(time.Date(2026, 11, 21, 20, 0, 0, 0, time.UTC).UnixMilli())
	return w
}

// hub is a process.
type hub struct {
	*chat.Hub
	w    *town
	kill func() // ends it; what it has begun with the store may or may not be done
}

// hub starts a process.
func (w *town) hub() *hub {
	w.t.Helper()
	return w.hubOn(w.db)
}

func (w *town) hubOn(db chat.Storage) *hub {
	w.t.Helper()
	return w.hubBy(db, w.bus.line())
}

// hubBy starts a process that has a way to a bus.
func (w *town) hubBy(db chat.Storage, way chat.Bus) *hub {
	w.t.Helper()
	h := &hub{w: w}
	var err error
	h.Hub, err = chat.New(chat.Config{
		Storage: db, Bus: way, Judge: w.judge, Now: func() time.Time { return time.UnixMilli(w.clock.Load()) },
		Subject: bus.Subject,
		Media:   func(wire.ShowID) int64 { return w.clock.Load() - 1000 },
		Stage: func(_ context.Context, show wire.ShowID, stored []byte) (chat.Stage, error) {
			return stage.New(wire.BattleRoom{Show: show}, stored, nil)
		},
		Staged: w.staged,
	})
	if err != nil {
		w.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- h.Run(ctx) }()
	h.kill = sync.OnceFunc(func() {
		if l, ok := way.(*line); ok {
			l.cut(true)
		}
		cancel()
		if err := <-done; err != nil {
			w.t.Error("a hub ended with", err)
		}
	})
	w.t.Cleanup(h.kill)
	return h
}

// passes lets time go by.
func (w *town) passes(d time.Duration) { w.clock.Add(d.Milliseconds()) }

// id is a new request ID.
func (w *town) id() string { return fmt.Sprint("r-", w.ids.Add(1)) }

func viewer(name string) chat.Who {
	return chat.Who{Person: wire.PersonID("p-" + name), Name: name, Device: "d-" + name, Network: "n-" + name, Since: time.Unix(0, 0)}
}

func host() chat.Who { return chat.Who{Person: "p-host", Name: "Mei", Role: "host"} }

// does asks and expects that it is done. It gives the request an ID.
func (h *hub) does(who chat.Who, q wire.RoomRequest) int64 {
	h.w.t.Helper()
	a := h.asks(who, q)
	if a.Error != nil {
		h.w.t.Fatalf("%s is refused: %s: %s", who.Name, a.Error.Code, a.Error.Text)
	}
	return a.N
}

// refused asks and expects that it is refused so.
func (h *hub) refused(code wire.Code, who chat.Who, q wire.RoomRequest) *wire.RoomError {
	h.w.t.Helper()
	a := h.asks(who, q)
	if a.Error == nil {
		h.w.t.Fatalf("%s was not refused with %s", who.Name, code)
	}
	if a.Error.Code != code || a.Error.Text == "" {
		h.w.t.Fatalf("%s is refused with %s instead of %s: %s", who.Name, a.Error.Code, code, a.Error.Text)
	}
	return a.Error
}

func (h *hub) asks(who chat.Who, q wire.RoomRequest) wire.RoomAnswer {
	if q.ID == "" {
		q.ID = h.w.id()
	}
	return h.Do(h.w.t.Context(), h.w.show, who, q)
}

func say(text string) wire.RoomRequest { return wire.RoomRequest{Say: &wire.Say{Text: text}} }

// says has somebody say something after a pause that suffices.
func (h *hub) says(who chat.Who, text string) int64 {
	h.w.t.Helper()
	h.w.passes(3 * time.Second)
	return h.does(who, say(text))
}

// joins has somebody join, and leaves again.
func (h *hub) joins(who chat.Who, after int64) wire.RoomJoined {
	h.w.t.Helper()
	sub, j, err := h.Join(h.w.t.Context(), h.w.show, who, after)
	if err != nil {
		h.w.t.Fatalf("%s cannot join: %v", who.Name, err)
	}
	sub.Close()
	return j
}

// all reads the whole log.
func (w *town) all() []wire.RoomEvent {
	w.t.Helper()
	list, err := w.db.ReadRoom(w.t.Context(), w.show, chat.Span{Through: 1 << 60, Most: 1 << 20})
	if err != nil {
		w.t.Fatal(err)
	}
	for i, e := range list {
		if e.N != int64(i+1) {
			w.t.Fatalf("event %d stands at place %d of the log", e.N, i+1)
		}
	}
	return list
}

// strict judges by the first word of a text.
type strict struct {
	mu      sync.Mutex
	lessons map[string]bool
}

func (*strict) Judge(t chat.Text, _ time.Time) chat.Judgement {
	for _, o := range []chat.Outcome{chat.Hold, chat.Shadow, chat.Block} {
		if len(t.Text) >= len(o) && t.Text[:len(o)] == string(o) {
			return chat.Judgement{Outcome: o, Class: "spam", Why: "classifier", Score: 0.9, Words: "this looks like an advertisement: say it otherwise"}
		}
	}
	return chat.Judgement{Outcome: chat.Publish}
}

func (s *strict) Learn(_ wire.ShowID, text string, publish bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.lessons == nil {
		s.lessons = map[string]bool{}
	}
	s.lessons[text] = publish
}

// wires are a bus in one process, whose lines can be cut, and which loses and delays what it is told to.
type wires struct {
	mu    sync.Mutex
	lines []*line
	loses float64 // of what is published and answered
	delay time.Duration
}

func newWires() *wires { return &wires{} }

// line is one process's way to the bus.
type line struct {
	wires   *wires
	mu      sync.Mutex
	away    bool
	follows map[*ear]bool
	serves  map[*ear]bool
}

type ear struct {
	subject string
	queue   chan parcel
	lost    chan struct{}
}

type parcel struct {
	payload []byte
	reply   func([]byte) error
}

func (w *wires) line() *line {
	l := &line{wires: w, follows: map[*ear]bool{}, serves: map[*ear]bool{}}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.lines = append(w.lines, l)
	return l
}

// cut cuts a line, or joins it again.
func (l *line) cut(away bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.away = away
	for e := range l.follows {
		select {
		case e.lost <- struct{}{}:
		default:
		}
	}
}

var errAway = errors.New("the bus is away")

// lose has the bus lose a part of what is published and answered.
func (w *wires) lose(part float64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.loses = part
}

func (w *wires) chance() (lost bool, delay time.Duration, lines []*line) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.delay > 0 {
		delay = rand.N(w.delay)
	}
	return rand.Float64() < w.loses, delay, w.lines
}

func (l *line) isAway() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.away
}

func (l *line) Publish(subject string, payload []byte) error {
	lost, _, lines := l.wires.chance()
	if l.isAway() {
		return errAway
	}
	for _, other := range lines {
		other.mu.Lock()
		for e := range other.follows {
			if e.subject != subject || other.away || lost {
				continue
			}
			select {
			case e.queue <- parcel{payload: payload}:
			default:
				select {
				case e.lost <- struct{}{}:
				default:
				}
			}
		}
		other.mu.Unlock()
	}
	return nil
}

func (l *line) Request(ctx context.Context, subject string, payload []byte) ([]byte, error) {
	lost, delay, lines := l.wires.chance()
	if l.isAway() {
		return nil, errAway
	}
	time.Sleep(delay)
	got := make(chan []byte, 8)
	served := false
	for _, other := range lines {
		other.mu.Lock()
		for e := range other.serves {
			if e.subject != subject || other.away {
				continue
			}
			served = true
			e.queue <- parcel{payload, func(b []byte) error {
				if !other.isAway() && !l.isAway() && !lost {
					got <- b
				}
				return nil
			}}
		}
		other.mu.Unlock()
	}
	if !served {
		return nil, fmt.Errorf("ask: %w", chat.ErrNobody)
	}
	select {
	case b := <-got:
		return b, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (l *line) Follow(ctx context.Context, subject string, got func([]byte), lost func()) error {
	e := &ear{subject, make(chan parcel, 1024), make(chan struct{}, 1)}
	l.mu.Lock()
	l.follows[e] = true
	l.mu.Unlock()
	defer func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		delete(l.follows, e)
	}()
	lost()
	for {
		select {
		case <-ctx.Done():
			return nil
		case p := <-e.queue:
			got(p.payload)
		case <-e.lost:
			lost()
		}
	}
}

func (l *line) Serve(ctx context.Context, subject string, take func([]byte, func([]byte) error), back func()) error {
	e := &ear{subject: subject, queue: make(chan parcel, 1024)}
	l.mu.Lock()
	l.serves[e] = true
	l.mu.Unlock()
	back()
	defer func() {
		l.mu.Lock()
		delete(l.serves, e)
		l.mu.Unlock()
		for {
			select {
			case p := <-e.queue:
				take(p.payload, p.reply)
			default:
				return
			}
		}
	}()
	for {
		select {
		case <-ctx.Done():
			return nil
		case p := <-e.queue:
			take(p.payload, p.reply)
		}
	}
}
