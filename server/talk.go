package server

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"vitrine/server/api"
	"vitrine/server/bus"
	"vitrine/server/chat"
	"vitrine/server/moderation"
	"vitrine/server/store"
	"vitrine/server/wire"
)

const (
	// rulesSetting and learnedSetting are the settings that moderation keeps.
	rulesSetting, learnedSetting = "moderation.rules", "moderation.learned"
	// censorEvery is how often what other processes have set is looked at, and what was learned is kept.
	censorEvery = 30 * time.Second
)

// talk is the rooms in which people speak, with the sockets by which they do.
type talk struct {
	hub     *chat.Hub
	sockets *api.Sockets
	censor  *censor
}

// openTalk builds the rooms on the database and the bus.
func (s *Server) openTalk(db *store.Store, b *bus.Bus, media func(wire.ShowID) (ms int64, ok bool)) (*talk, error) {
	t := &talk{censor: &censor{db: db, log: s.log, judge: moderation.New(moderation.Config{})}}
	if err := t.censor.set(wire.DefaultRules()); err != nil {
		return nil, err
	}
	var err error
	t.hub, err = chat.New(chat.Config{
		Storage: db, Bus: line{b}, Subject: bus.Subject, Judge: t.censor, Now: time.Now, Log: s.log,
		Media: func(id wire.ShowID) int64 {
			ms, _ := media(id)
			return ms
		},
	})
	if err != nil {
		return nil, err
	}
	t.sockets = api.NewSockets(t.hub)
	return t, nil
}

// run runs the rooms until ctx ends. Who is in them is sent away as soon as leaving ends.
func (t *talk) run(ctx, leaving context.Context) error {
	if err := t.censor.load(ctx); err != nil {
		return err
	}
	g, ctx := errgroup.WithContext(ctx)
	leaving, leave := context.WithCancel(leaving)
	defer leave()
	defer context.AfterFunc(ctx, leave)()
	g.Go(func() error { return t.hub.Run(ctx) })
	g.Go(func() error { return t.sockets.Run(leaving) })
	g.Go(func() error { return t.censor.run(ctx) })
	return g.Wait()
}

// line is a bus with the errors that rooms know.
type line struct{ *bus.Bus }

func (l line) Request(ctx context.Context, subject string, payload []byte) ([]byte, error) {
	answer, err := l.Bus.Request(ctx, subject, payload)
	if errors.Is(err, bus.ErrNobody) {
		err = fmt.Errorf("%w: %w", chat.ErrNobody, err)
	}
	return answer, err
}

// censor judges what people type, by the shop's rules and by what it has learned. It implements chat.Judge and api.Censor and is safe
// for concurrent use.
type censor struct {
	db    *store.Store
	log   *slog.Logger
	judge *moderation.Judge
	book  atomic.Pointer[moderation.Book]
	fresh atomic.Bool // something was learned that is not kept

	mu      sync.Mutex // guards what follows
	rules   wire.Rules
	version int64
}

// Judge implements chat.Judge.
func (c *censor) Judge(t chat.Text, now time.Time) chat.Judgement {
	v := c.judge.Judge(moderation.Message{
		Room: t.Show, Person: string(t.Author), Text: t.Text, Age: t.Known, EmojiOnly: t.EmojiOnly,
	}, c.book.Load(), now)
	j := chat.Judgement{Outcome: chat.Outcome(v.Outcome), Why: v.Rule, Score: v.Score, Words: v.Words}
	if v.Class != moderation.Fine {
		j.Class = string(v.Class)
	}
	if v.Found != "" {
		j.Why += ": " + v.Found
	}
	return j
}

// Learn implements chat.Judge.
func (c *censor) Learn(_ wire.ShowID, text string, publish bool) {
	class := moderation.Harmful
	if publish {
		class = moderation.Fine
	}
	if err := c.judge.Learn(text, class, time.Now()); err == nil {
		c.fresh.Store(true)
	}
}

// Rules are the rules with their version; 0 for those that nobody has changed.
func (c *censor) Rules() (wire.Rules, int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.rules, c.version
}

// SetRules replaces the version of the rules that somebody has seen.
func (c *censor) SetRules(ctx context.Context, r wire.Rules, seen int64) error {
	if err := moderation.Rules(r).Validate(); err != nil {
		return err
	}
	doc, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("write the rules: %w", err)
	}
	err = c.db.PutSetting(ctx, rulesSetting, doc, seen)
	if err != nil && wire.CodeOf(err) != wire.Precondition {
		return err
	}
	// Who was too late asks what counts now, which another process may have set.
	return errors.Join(err, c.loadRules(ctx))
}

// known is an age at which nobody is new any more.
const known = 100 * 365 * 24 * time.Hour

// Try says what would happen to a text under rules. It notes nothing, so what counts texts (repeats, rate, raids) finds nothing.
func (c *censor) Try(q wire.TryText) (wire.Tried, error) {
	book, err := moderation.Rules(q.Rules).Compile()
	if err != nil {
		return wire.Tried{}, err
	}
	m := moderation.Message{Text: q.Text, Age: known}
	if q.New {
		m.Age = 0
	}
	return wire.Tried(c.judge.Try(m, book)), nil
}

// set has the rules count from now on.
func (c *censor) set(r wire.Rules) error {
	book, err := moderation.Rules(r).Compile()
	if err != nil {
		return err
	}
	c.book.Store(book)
	c.mu.Lock()
	c.rules = r
	c.mu.Unlock()
	return nil
}

// load reads what was set and learned before.
func (c *censor) load(ctx context.Context) error {
	if err := c.loadRules(ctx); err != nil {
		return err
	}
	doc, _, err := c.db.Setting(ctx, learnedSetting)
	if err != nil || doc == nil {
		return err
	}
	var state []byte
	if err = json.Unmarshal(doc, &state); err == nil {
		err = c.judge.Import(state)
	}
	if err != nil { // moderators can teach it again
		c.log.Error("what moderation had learned cannot be read", "error", err)
	}
	return nil
}

func (c *censor) loadRules(ctx context.Context) error {
	doc, version, err := c.db.Setting(ctx, rulesSetting)
	if err != nil || doc == nil {
		return err
	}
	c.mu.Lock()
	had := c.version
	c.mu.Unlock()
	if version == had {
		return nil
	}
	r := wire.DefaultRules()
	if err := json.Unmarshal(doc, &r); err != nil {
		return fmt.Errorf("read the rules of moderation: %w", err)
	}
	if err := c.set(r); err != nil {
		return fmt.Errorf("read the rules of moderation: %w", err)
	}
	c.mu.Lock()
	c.version = version
	c.mu.Unlock()
	return nil
}

// run keeps what is learned, and hears of rules that another process has set, until ctx ends.
func (c *censor) run(ctx context.Context) error {
	tick := time.NewTicker(censorEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			c.keep(context.WithoutCancel(ctx))
			return nil
		case <-tick.C:
		}
		c.keep(ctx)
		if err := c.loadRules(ctx); err != nil && ctx.Err() == nil {
			c.log.Error("the rules of moderation cannot be read", "error", err)
		}
	}
}

// keep stores what was learned. Where two processes learn, the newest of them is kept.
func (c *censor) keep(ctx context.Context) {
	if !c.fresh.Swap(false) {
		return
	}
	doc, err := json.Marshal(c.judge.Export())
	if err == nil {
		var seen int64
		if _, seen, err = c.db.Setting(ctx, learnedSetting); err == nil {
			err = c.db.PutSetting(ctx, learnedSetting, doc, seen)
		}
	}
	if err != nil {
		c.fresh.Store(true)
		c.log.Error("what moderation has learned cannot be kept", "error", err)
	}
}
