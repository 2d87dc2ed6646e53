package stage

import (
	"reflect"
	"slices"

	"vitrine/server/wire"
)

// Step decides about an input. A refused one, with a wire.Error, has changed nothing.
//
// Events that tell of the stage (Staged) say how it is after the whole step. Those for all leave out what only the staff is to know;
// so wherever there is something of that kind, the last event is for the staff, with all in it.
func (s *State) Step(in wire.StageInput) (wire.StageOutput, error) {
	if err := proper(in); err != nil {
		return wire.StageOutput{}, err
	}
	var out wire.StageOutput
	if in.Points != nil { // often, and without a change to who is on the stage
		if err := s.doc.Battle.step(s, in, &out); err != nil {
			return wire.StageOutput{}, err
		}
		return out, nil
	}
	before, seen, secret := s.doc.Guests.clone(), s.spots(), s.secret()
	if err := s.decide(in, &out); err != nil {
		s.doc.Guests = before
		return wire.StageOutput{}, err
	}
	if now := s.spots(); !slices.Equal(seen, now) {
		s.doc.Guests.Layout = arranged(s.doc.Guests.Layout, now)
		if !slices.ContainsFunc(out.Events, forAll) {
			out.Events = append(out.Events, wire.RoomEvent{Staged: &wire.Staged{What: wire.StageArranged}})
		}
	}
	s.tell(&out, secret)
	s.tellEach(&out, before)
	return out, nil
}

// decide lets those decide whom an input concerns.
func (s *State) decide(in wire.StageInput, out *wire.StageOutput) error {
	t := turn{State: s, guests: &s.doc.Guests, in: in, out: out}
	switch {
	case in.Tick:
		t.lapse()
		return s.doc.Battle.step(s, in, out)
	case in.Gone != "":
		t.gone(in.Gone)
		return s.doc.Battle.step(s, in, out)
	case in.Named != nil:
		t.named(in.Named)
		return s.doc.Battle.step(s, in, out)
	case in.Media != nil && t.find(wire.Alias(in.Media.Spot)) != nil:
		return t.media(*in.Media)
	case in.Wish != nil && !ofBattle(in.Wish):
		return t.wish(in.Wish)
	case in.Wish != nil && in.Wish.Honour == nil && !in.Host: // whoever gives says whether they are named
		return wire.Errorf(wire.Forbidden, "only the host of the show decides about battles")
	}
	return s.doc.Battle.step(s, in, out)
}

// forAll says whether an event tells all of the stage.
func forAll(e wire.RoomEvent) bool { return e.Staged != nil && !e.Staff }

// secret is what only the staff knows of the stage.
func (s *State) secret() wire.StageNow {
	all := s.Now(true)
	return wire.StageNow{
		Guests:  slices.DeleteFunc(all.Guests, func(g wire.StageGuest) bool { return g.State != wire.GuestInvited }),
		Applied: all.Applied, Calls: all.Calls, Seeking: all.Seeking, Desk: all.Desk,
	}
}

func bare(n wire.StageNow) bool {
	return len(n.Guests)+len(n.Applied)+len(n.Calls) == 0 && n.Seeking == 0 && n.Desk == nil
}

// tell completes the events of a step: before is what only the staff knew before it.
func (s *State) tell(out *wire.StageOutput, before wire.StageNow) {
	after := s.secret()
	all := slices.ContainsFunc(out.Events, forAll)
	last := len(out.Events) > 0 && out.Events[len(out.Events)-1].Staff && out.Events[len(out.Events)-1].Staged != nil
	if changed := !reflect.DeepEqual(before, after); !last && (changed || all && !bare(after)) {
		out.Events = append(out.Events, wire.RoomEvent{Staff: true, Staged: &wire.Staged{What: wire.StageChanged}})
	}
	for _, e := range out.Events {
		if e.Staged != nil {
			e.Staged.Now = s.Now(e.Staff)
		}
	}
}

// tellEach tells everybody whose own way to the stage has changed.
func (s *State) tellEach(out *wire.StageOutput, before guests) {
	for _, g := range slices.Concat(s.doc.Guests.On, s.doc.Guests.Line) {
		was, now := before.mine(g.Alias), s.Mine(g.Alias)
		if was == nil || *was != *now {
			tellOne(out, g.Alias, *now)
		}
	}
}

func tellOne(out *wire.StageOutput, who wire.Alias, mine wire.StageMine) {
	if out.Mine == nil {
		out.Mine = map[wire.Alias]wire.StageMine{}
	}
	out.Mine[who] = mine
}

// spots are who is seen now: the host, guests, opponents.
func (s *State) spots() []wire.SpotID {
	all := []wire.SpotID{wire.HostSpot}
	for _, g := range s.doc.Guests.On {
		if g.seen() {
			all = append(all, wire.SpotID(g.Alias))
		}
	}
	return append(all, s.doc.Battle.spots()...)
}

// Now is the stage as it is, for its staff or for all.
func (s *State) Now(staff bool) wire.StageNow {
	g := &s.doc.Guests
	now := wire.StageNow{Open: g.Open, Layout: g.Layout, Waiting: len(g.Line)}
	now.Layout.Boxes = slices.Clone(g.Layout.Boxes)
	now.Guests = told(g.On, staff)
	if staff {
		now.Applied = told(g.Line, true)
	}
	now.Battle, now.Calls, now.Seeking, now.Desk = s.doc.Battle.now(staff)
	if !staff {
		now.Calls, now.Seeking, now.Desk = nil, 0, nil
	}
	return now
}

// Mine is how far somebody is on the way to the stage; nil for not at all.
func (s *State) Mine(who wire.Alias) *wire.StageMine { return s.doc.Guests.mine(who) }

// Due is when the stage wants an input with Tick at the latest, Unix ms; 0 for never.
func (s *State) Due() int64 {
	due := s.doc.Battle.due()
	if own := s.doc.Guests.due(); own != 0 && (due == 0 || own < due) {
		due = own
	}
	return due
}

// Letters are those to other stages that have not arrived yet, as far as is known (StageInput.Sent).
func (s *State) Letters() []wire.StageLetter { return s.doc.Battle.letters() }

// proper checks that an input is one thing, and a wish too.
func proper(in wire.StageInput) error {
	count := 0
	for _, is := range []bool{
		in.Wish != nil, in.Media != nil, in.Points != nil, in.Letter != nil, in.Sent != nil, in.Match != nil, in.Gone != "", in.Named != nil, in.Tick,
	} {
		if is {
			count++
		}
	}
	if count != 1 {
		return wire.Errorf(wire.Invalid, "a stage decides about exactly one thing at a time; these are %d", count)
	}
	if in.Wish == nil {
		return nil
	}
	wishes, all := 0, reflect.ValueOf(*in.Wish)
	for i := range all.NumField() {
		if !all.Field(i).IsNil() {
			wishes++
		}
	}
	if wishes != 1 {
		return wire.Errorf(wire.Invalid, "a wish for the stage has exactly one field; this one has %d", wishes)
	}
	if in.By == nil || in.By.Alias == "" {
		return wire.Errorf(wire.Unauthenticated, "a stage needs to know who wishes")
	}
	return nil
}

// ofBattle says whether a wish is about battles.
func ofBattle(w *wire.StageWish) bool {
	return w.Call != nil || w.TakeCall != nil || w.DropCall != nil || w.Seek != nil || w.Challenge != nil || w.Agree != nil || w.Decline != nil ||
		w.End != nil || w.Unlink != nil || w.Hear != nil || w.Honour != nil || w.Desk != nil
}
