package studio_test

import (
	"context"
	"slices"
	"testing"

	"vitrine/capture/frame"
	"vitrine/server/wire"
	"vitrine/studio"
)

// book is the shop's rules at the server.
type book struct {
	rules   wire.Rules
	version int64
	err     error
	tried   []wire.TryText
}

func (b *book) Rules(context.Context, string, string, wire.ShowID) (wire.Rules, int64, error) {
	if b.version == 0 {
		b.rules = wire.DefaultRules()
	}
	return b.rules, b.version, b.err
}

func (b *book) SetRules(_ context.Context, _, _ string, _ wire.ShowID, r wire.Rules, seen int64) (wire.Rules, int64, error) {
	switch {
	case b.err != nil:
		return wire.Rules{}, 0, b.err
	case seen != b.version:
		return wire.Rules{}, 0, wire.Errorf(wire.Precondition, "changed")
	}
	b.rules, b.version = r, b.version+1
	return b.rules, b.version, nil
}

func (b *book) TryRules(_ context.Context, _, _ string, _ wire.ShowID, q wire.TryText) (wire.Tried, error) {
	b.tried = append(b.tried, q)
	return wire.Tried{Outcome: wire.HoldText}, b.err
}

func spam(text string) wire.BlockedWord {
	return wire.BlockedWord{Text: text, Class: wire.SpamText, Outcome: wire.BlockText}
}

// ruling is a session in a room with the rules open, and the server's book.
func ruling(t *testing.T, test func(ctx context.Context, s *studio.Session, b *book)) {
	t.Helper()
	m := newMachine()
	onSession(t, m, func(ctx context.Context, s *studio.Session) {
		if err := s.OpenRules(ctx); err == nil || s.Snapshot().Rules != nil {
			t.Errorf("rules without a server: %v", err)
		}
		must(t, s.SetServer(ctx, evening))
		if err := s.SaveRules(ctx); wire.CodeOf(err) != wire.Invalid {
			t.Errorf("rules are saved that nobody knows: %v", err)
		}
		must(t, s.OpenRules(ctx))
		test(ctx, s, &m.book)
	})
}

// edits changes a copy of the draft.
func edits(t *testing.T, ctx context.Context, s *studio.Session, change func(*wire.Rules)) {
	t.Helper()
	r := s.Snapshot().Rules.Draft
	r.Words, r.Hosts, r.Lists = slices.Clone(r.Words), slices.Clone(r.Hosts), slices.Clone(r.Lists)
	change(&r)
	must(t, s.EditRules(ctx, r))
}

func TestRulesAreEditedTriedAndThenSaved(t *testing.T) {
	ruling(t, func(ctx context.Context, s *studio.Session, b *book) {
		if r := s.Snapshot().Rules; !r.Known || r.Edited || r.Draft.Links != wire.ListedLinks {
			t.Errorf("opened: %+v", r)
		}
		edits(t, ctx, s, func(r *wire.Rules) { r.Words = append(r.Words, spam("rival*")) })
		if _, err := s.TryRules(ctx, "Rivals are cheaper", true); err != nil || len(b.tried[0].Rules.Words) != 1 || !b.tried[0].New {
			t.Errorf("tried under %+v, %v", b.tried, err)
		}
		if r := s.Snapshot().Rules; !r.Edited || len(b.rules.Words) != 0 {
			t.Errorf("before saving: %+v; the server has %+v", r, b.rules.Words)
		}
		must(t, s.SaveRules(ctx))
		if r := s.Snapshot().Rules; r.Edited || !slices.Equal(b.rules.Words, r.Draft.Words) || b.version != 1 {
			t.Errorf("saved: %+v; the server has %+v", r, b.rules.Words)
		}
		edits(t, ctx, s, func(r *wire.Rules) { r.Words = nil })
		must(t, s.DropRuleEdits(ctx))
		if r := s.Snapshot().Rules; r.Edited || len(r.Draft.Words) != 1 {
			t.Errorf("edits taken back: %+v", r)
		}
	})
}

func TestEditsAreKeptWhileTheServerIsAwayOrRefusesThem(t *testing.T) {
	ruling(t, func(ctx context.Context, s *studio.Session, b *book) {
		edits(t, ctx, s, func(r *wire.Rules) { r.Hosts = append(r.Hosts, "shop.example") })
		for _, code := range []wire.Code{wire.Unavailable, wire.Invalid, wire.Forbidden} {
			b.err = wire.Errorf(code, "no")
			if err := s.SaveRules(ctx); wire.CodeOf(err) != code {
				t.Errorf("saving: %v", err)
			}
			if err := s.OpenRules(ctx); wire.CodeOf(err) != code {
				t.Errorf("opening: %v", err)
			}
			if r := s.Snapshot().Rules; !r.Edited || len(r.Draft.Hosts) != 1 || r.Problem.Fault == frame.FaultNone {
				t.Errorf("after %s: %+v", code, r)
			}
		}
		b.err = nil
		must(t, s.OpenRules(ctx))
		must(t, s.SaveRules(ctx))
		if r := s.Snapshot().Rules; r.Edited || r.Problem != (studio.Problem{}) || len(b.rules.Hosts) != 1 {
			t.Errorf("then: %+v", r)
		}
	})
}

func TestWhatSomebodyElseHasChangedMeanwhileIsShownAndNeverOverwritten(t *testing.T) {
	ruling(t, func(ctx context.Context, s *studio.Session, b *book) {
		edits(t, ctx, s, func(r *wire.Rules) { r.Words = []wire.BlockedWord{spam("one"), spam("two"), spam("three")} })
		must(t, s.SaveRules(ctx))
		edits(t, ctx, s, func(r *wire.Rules) {
			r.Words = []wire.BlockedWord{spam("one"), spam("three"), spam("mine")} // without two
			r.Contact = wire.BlockText
		})
		held := wire.BlockedWord{Text: "three", Class: wire.SpamText, Outcome: wire.HoldText}
		b.rules.Words, b.rules.Links, b.version = []wire.BlockedWord{spam("two"), held, spam("theirs")}, wire.NoLink, 2
		theirs := b.rules
		if err := s.SaveRules(ctx); wire.CodeOf(err) != wire.Precondition {
			t.Errorf("saving over another's: %v", err)
		}
		r := s.Snapshot().Rules
		want := []studio.RuleChange{
			{Part: studio.WordsPart, Text: "three"},
			{Part: studio.WordsPart, Text: "theirs"},
			{Part: studio.WordsPart, Text: "one", Gone: true},
			{Part: studio.LinksPart},
		}
		if !slices.Equal(r.Theirs, want) || !slices.Equal(b.rules.Words, theirs.Words) {
			t.Errorf("theirs: %+v; the server has %+v", r.Theirs, b.rules.Words)
		}
		both := []wire.BlockedWord{held, spam("theirs"), spam("mine")}
		if d := r.Draft; !slices.Equal(d.Words, both) || d.Links != wire.NoLink || d.Contact != wire.BlockText {
			t.Errorf("the draft: %+v", d)
		}
		must(t, s.SaveRules(ctx))
		if r = s.Snapshot().Rules; r.Edited || r.Theirs != nil || !slices.Equal(b.rules.Words, both) {
			t.Errorf("saved: %+v", r)
		}
	})
}
