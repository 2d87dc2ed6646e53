package studio

import (
	"cmp"
	"context"
	"reflect"
	"slices"
	"strings"

	"vitrine/server/wire"
)

// Rules are the shop's rules for what may be said, with the host's edits to them, which wait here until the server has taken them. They are
// immutable like the Snapshot that holds them.
type Rules struct {
	// Known says that the server has told its rules. Before, there is nothing to edit.
	Known bool
	// Draft is the server's rules with the host's edits. Edited says that there are some.
	Draft  wire.Rules
	Edited bool
	// Theirs is what somebody else has changed while the host was editing; the draft has it too, but where the host changed the same.
	Theirs []RuleChange
	// Problem is why the server could not be asked or did not take the edits; the zero value when all is well.
	Problem Problem

	base    wire.Rules // what the server has, as far as is known
	version int64      // of base
}

// RulePart is a part of the rules.
type RulePart string

// Parts of the rules.
const (
	WordsPart   RulePart = "words"
	HostsPart   RulePart = "hosts"
	ListsPart   RulePart = "lists"
	LinksPart   RulePart = "links"
	ContactPart RulePart = "contact"
	LimitsPart  RulePart = "limits" // all the numbers
)

// RuleChange is one difference between two versions of the rules. Text is the word, host or list; Gone says that it is there no more.
type RuleChange struct {
	Part RulePart
	Text string
	Gone bool
}

// rulesDesk is what a call about rules needs, taken on the loop.
type rulesDesk struct {
	Server
	v *visit
	r Rules
}

func (s *Session) rulesDesk(ctx context.Context) (d rulesDesk, err error) {
	err = s.do(ctx, func() error {
		if d.Server, d.v = s.settings.Server, s.visit; d.v.link == nil {
			return ErrNoServer
		}
		if d.v.rules == nil {
			d.v.rules = &Rules{}
		}
		d.r = *d.v.rules
		return nil
	})
	return d, err
}

// editRules changes the rules, unless the session has left for another show.
func (s *Session) editRules(d rulesDesk, change func(*Rules)) error {
	return s.do(s.ctx, func() error {
		if s.visit == d.v {
			next := *d.v.rules
			change(&next)
			next.Edited = len(changes(next.base, next.Draft)) > 0
			d.v.rules = &next
		}
		return nil
	})
}

// OpenRules asks the server for the shop's rules. Edits that it has not taken stay, on top of what others have changed since. This and the
// next two wait for the server.
func (s *Session) OpenRules(ctx context.Context) error {
	d, err := s.rulesDesk(ctx)
	if err != nil {
		return err
	}
	r, version, err := s.c.Rulebook.Rules(ctx, d.Address, d.Token, d.Show)
	return cmp.Or(s.editRules(d, func(now *Rules) {
		if now.failed(s, err); err == nil {
			now.meet(r, version)
		}
	}), err)
}

// SaveRules has the draft count. Where somebody else has changed the rules since, nothing is saved: the draft then has both changes, Theirs
// says which are not the host's, and the error has code Precondition.
func (s *Session) SaveRules(ctx context.Context) error {
	d, err := s.rulesDesk(ctx)
	if err != nil {
		return err
	}
	if !d.r.Known {
		return wire.Errorf(wire.Invalid, "the server's rules are not known yet")
	}
	r, version, err := s.c.Rulebook.SetRules(ctx, d.Address, d.Token, d.Show, d.r.Draft, d.r.version)
	if wire.CodeOf(err) == wire.Precondition {
		if opened := s.OpenRules(ctx); opened != nil {
			return opened
		}
		return err
	}
	return cmp.Or(s.editRules(d, func(now *Rules) {
		if now.failed(s, err); err == nil {
			now.Draft = merge(d.r.Draft, now.Draft, r) // edited again while the server was asked
			now.base, now.version, now.Theirs = r, version, nil
		}
	}), err)
}

// TryRules says what would happen to a text under the draft, said by somebody who is new or not.
func (s *Session) TryRules(ctx context.Context, text string, fresh bool) (wire.Tried, error) {
	d, err := s.rulesDesk(ctx)
	if err != nil {
		return wire.Tried{}, err
	}
	if !d.r.Known {
		return wire.Tried{}, wire.Errorf(wire.Invalid, "the server's rules are not known yet")
	}
	return s.c.Rulebook.TryRules(ctx, d.Address, d.Token, d.Show, wire.TryText{Rules: d.r.Draft, Text: text, New: fresh})
}

// EditRules changes the draft only. The session keeps r: the caller does not change it any more.
func (s *Session) EditRules(ctx context.Context, r wire.Rules) error {
	d, err := s.rulesDesk(ctx)
	if err != nil {
		return err
	}
	return s.editRules(d, func(now *Rules) { now.Draft = r })
}

// DropRuleEdits makes the draft what the server has.
func (s *Session) DropRuleEdits(ctx context.Context) error {
	d, err := s.rulesDesk(ctx)
	if err != nil {
		return err
	}
	return s.editRules(d, func(now *Rules) { now.Draft, now.Theirs, now.Problem = now.base, nil, Problem{} })
}

func (r *Rules) failed(s *Session, err error) {
	r.Problem = Problem{}
	if err != nil {
		r.Problem = Problem{Trouble: LinkTrouble, Fault: s.c.Backstage.Fault(err), Detail: err.Error()}
	}
}

// meet takes what the server has.
func (r *Rules) meet(theirs wire.Rules, version int64) {
	switch {
	case !r.Known:
		r.Draft = theirs
	case version != r.version:
		if r.Edited {
			r.Theirs = append(slices.Clone(r.Theirs), changes(r.base, theirs)...)
		}
		r.Draft = merge(r.base, r.Draft, theirs)
	}
	r.Known, r.base, r.version = true, theirs, version
}

// wordKey is what two entries have in common that mean the same word.
func wordKey(w wire.BlockedWord) string { return strings.ToLower(strings.TrimSpace(w.Text)) }

func itself(s string) string { return s }

// merge makes the changes from base to mine in theirs.
func merge(base, mine, theirs wire.Rules) wire.Rules {
	merged := theirs
	to, from, was := reflect.ValueOf(&merged).Elem(), reflect.ValueOf(mine), reflect.ValueOf(base)
	for i := range from.NumField() {
		if f := from.Field(i); f.Comparable() && !f.Equal(was.Field(i)) {
			to.Field(i).Set(f)
		}
	}
	merged.Words = mergeList(base.Words, mine.Words, theirs.Words, wordKey)
	merged.Hosts = mergeList(base.Hosts, mine.Hosts, theirs.Hosts, itself)
	merged.Lists = mergeList(base.Lists, mine.Lists, theirs.Lists, itself)
	return merged
}

func mergeList[T comparable](base, mine, theirs []T, key func(T) string) []T {
	was, now := byKey(base, key), byKey(mine, key)
	merged := make([]T, 0, len(theirs))
	seen := map[string]bool{}
	for _, one := range theirs {
		k := key(one)
		own, kept := now[k]
		before, known := was[k]
		switch {
		case known && !kept: // mine took it out
		case kept && (!known || own != before):
			merged = append(merged, own)
		default:
			merged = append(merged, one)
		}
		seen[k] = true
	}
	for _, one := range mine {
		if before, known := was[key(one)]; !seen[key(one)] && (!known || before != one) {
			merged = append(merged, one)
		}
	}
	return merged
}

func byKey[T any](all []T, key func(T) string) map[string]T {
	m := make(map[string]T, len(all))
	for _, one := range all {
		m[key(one)] = one
	}
	return m
}

// changes are the differences from base to now.
func changes(base, now wire.Rules) (all []RuleChange) {
	all = append(all, listChanges(WordsPart, base.Words, now.Words, wordKey)...)
	all = append(all, listChanges(HostsPart, base.Hosts, now.Hosts, itself)...)
	all = append(all, listChanges(ListsPart, base.Lists, now.Lists, itself)...)
	if base.Links != now.Links {
		all = append(all, RuleChange{Part: LinksPart})
	}
	if base.Contact != now.Contact {
		all = append(all, RuleChange{Part: ContactPart})
	}
	a, b := reflect.ValueOf(base), reflect.ValueOf(now)
	for i := range a.NumField() {
		if f := a.Field(i); (f.CanInt() || f.CanFloat()) && !f.Equal(b.Field(i)) {
			return append(all, RuleChange{Part: LimitsPart})
		}
	}
	return all
}

func listChanges[T comparable](part RulePart, base, now []T, key func(T) string) (all []RuleChange) {
	was, is := byKey(base, key), byKey(now, key)
	for _, one := range now {
		if before, ok := was[key(one)]; !ok || before != one {
			all = append(all, RuleChange{Part: part, Text: key(one)})
		}
	}
	for _, one := range base {
		if _, ok := is[key(one)]; !ok {
			all = append(all, RuleChange{Part: part, Text: key(one), Gone: true})
		}
	}
	return all
}
