package server

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"vitrine/server/bus"
	"vitrine/server/chat"
	"vitrine/server/moderation"
	"vitrine/server/store"
	"vitrine/server/wire"
)

const (
	// rulesSetting and learnedSetting are the settings that moderation keeps.
	rulesSetting, learnedSetting = "moderation.rules", "moderation.learned"
	// rulesSubject is where servers are told that there are new rules.
	rulesSubject = "vitrine.moderation.rules"
	// censorEvery is how often what was learned here is kept, and what was learned elsewhere read.
	censorEvery = 30 * time.Second
	// lastWithin is how long it may take to keep what was learned at the end.
	lastWithin = 2 * time.Second
)

// censor judges what people type, by the shop's rules and by what moderators decided. It implements chat.Judge and api.Censor and is
// safe for concurrent use.
//
// The store has both for all servers. Rules count at once here, and in other servers as soon as the bus has told them. What is learned
// here is kept there twice a minute: a server that is killed loses what was decided since.
type censor struct {
	db      *store.Store
	bus     *bus.Bus
	log     *slog.Logger
	judge   *moderation.Judge
	laws    atomic.Pointer[laws]
	told    chan struct{} // there may be new rules
	fresh   atomic.Bool   // something was learned that is not kept
	learned int64         // the version that the store had of what is learned when it was read or kept last; of run
}

// laws are the rules as they count. The version is 0 for those that nobody has changed.
type laws struct {
	rules   wire.Rules
	book    *moderation.Book
	version int64
}

// newCensor makes a censor that knows what the store has. It starts nothing.
func newCensor(ctx context.Context, db *store.Store, b *bus.Bus, log *slog.Logger) (*censor, error) {
	c := &censor{db: db, bus: b, log: log, judge: moderation.New(moderation.Config{}), told: make(chan struct{}, 1)}
	rules := wire.DefaultRules()
	book, err := moderation.Rules(rules).Compile()
	if err != nil {
		return nil, fmt.Errorf("the usual rules of moderation: %w", err)
	}
	c.laws.Store(&laws{rules: rules, book: book})
	if err := c.readRules(ctx); err != nil {
		return nil, err
	}
	return c, c.readLearned(ctx)
}

// Judge implements chat.Judge.
func (c *censor) Judge(t chat.Text, now time.Time) chat.Judgement {
	v := c.judge.Judge(moderation.Message{
		Room: t.Show, Person: string(t.Author), Text: t.Text, Age: t.Known, EmojiOnly: t.EmojiOnly,
	}, c.laws.Load().book, now)
	j := chat.Judgement{Outcome: chat.Outcome(v.Outcome), Why: v.Rule, Score: v.Score, Words: v.Words, Key: v.Key}
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
	if err := c.judge.Learn(text, class, time.Now()); err != nil {
		c.log.Error("moderation cannot learn a decision", "error", err)
		return
	}
	c.fresh.Store(true)
}

// Rules are the rules that count, with their version.
func (c *censor) Rules() (wire.Rules, int64) {
	l := c.laws.Load()
	return l.rules, l.version
}

// SetRules implements api.Censor.
func (c *censor) SetRules(ctx context.Context, r wire.Rules, seen int64) error {
	book, err := moderation.Rules(r).Compile()
	if err != nil {
		return err
	}
	doc, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("write the rules of moderation: %w", err)
	}
	if err := c.db.PutSetting(ctx, rulesSetting, doc, seen); err != nil {
		if wire.CodeOf(err) == wire.Precondition { // who was too late asks what counts now
			err = errors.Join(err, c.readRules(ctx))
		}
		return err
	}
	c.pass(&laws{r, book, seen + 1})
	if err := c.bus.Publish(rulesSubject, nil); err != nil {
		c.log.Warn("other servers are not told of new rules of moderation yet", "error", err)
	}
	return nil
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

// pass has laws count, unless newer ones do.
func (c *censor) pass(l *laws) {
	for old := c.laws.Load(); old.version < l.version; old = c.laws.Load() {
		if c.laws.CompareAndSwap(old, l) {
			return
		}
	}
}

// readRules has those rules count that the store has.
func (c *censor) readRules(ctx context.Context) error {
	doc, version, err := c.db.Setting(ctx, rulesSetting)
	now := c.laws.Load()
	if err != nil || version <= now.version {
		return err
	}
	l := &laws{rules: wire.DefaultRules(), version: version}
	if err = json.Unmarshal(doc, &l.rules); err == nil {
		l.book, err = moderation.Rules(l.rules).Compile()
	}
	if err != nil { // with their version, so that the staff can put them right
		c.log.Error("the rules of moderation cannot be read: those before go on to count", "version", version, "error", err)
		l.rules, l.book = now.rules, now.book
	}
	c.pass(l)
	return nil
}

// readLearned learns what the store has.
func (c *censor) readLearned(ctx context.Context) error {
	doc, version, err := c.db.Setting(ctx, learnedSetting)
	if err != nil || version == c.learned {
		return err
	}
	c.learned = version
	var state []byte
	if err = json.Unmarshal(doc, &state); err == nil {
		err = c.judge.Merge(state)
	}
	if err != nil { // moderators can teach it again
		c.log.Error("what moderation has learned cannot be read", "error", err)
	}
	return nil
}

// run hears of rules that others have set, and keeps what is learned, until ctx ends.
func (c *censor) run(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	tell := func() {
		select {
		case c.told <- struct{}{}:
		default: // it will look anyway
		}
	}
	g.Go(func() error { return c.bus.Follow(ctx, rulesSubject, func([]byte) { tell() }, tell) })
	g.Go(func() error {
		tick := time.NewTicker(censorEvery)
		defer tick.Stop()
		for {
			var err error
			select {
			case <-ctx.Done():
				return nil
			case <-c.told:
				err = c.readRules(ctx)
			case <-tick.C:
				err = c.keep(ctx)
			}
			if err != nil && ctx.Err() == nil {
				c.log.Error("moderation does not hear of other servers, nor they of this", "error", err)
			}
		}
	})
	return g.Wait()
}

// keep stores what was learned here with what was learned elsewhere. If somebody else does at the same time it is done the next time.
func (c *censor) keep(ctx context.Context) error {
	err := c.readLearned(ctx)
	if err != nil || !c.fresh.Swap(false) {
		return err
	}
	doc, err := json.Marshal(c.judge.Export())
	if err == nil {
		err = c.db.PutSetting(ctx, learnedSetting, doc, c.learned)
	}
	if err != nil {
		c.fresh.Store(true)
		return fmt.Errorf("keep what moderation has learned: %w", err)
	}
	c.learned++
	return nil
}

// keepLast keeps what was learned when run has ended, and ctx too.
func (c *censor) keepLast(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastWithin)
	defer cancel()
	err := c.keep(ctx)
	for wire.CodeOf(err) == wire.Precondition { // another server keeps its own
		err = c.keep(ctx)
	}
	if err != nil {
		c.log.Error("what moderation has learned is lost", "error", err)
	}
}
