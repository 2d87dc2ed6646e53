package stage_test

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"vitrine/server/stage"
	"vitrine/server/wire"
)

// Who is in the room of the tests.
var (
	host = &wire.Member{Alias: "host0000", Name: "Hana", Role: "host"}
	mod  = &wire.Member{Alias: "mod00000", Name: "Mo", Role: "moderator"}
	ann  = &wire.Member{Alias: "ann00000", Name: "Ann"}
	bob  = &wire.Member{Alias: "bob00000", Name: "Bob"}
)

// rig is a stage with a clock.
type rig struct {
	t  rapid.TB
	s  *stage.State
	at int64
}

func newRig(t testing.TB) *rig {
	t.Helper()
	s, err := stage.New(wire.BattleRoom{Show: "tea"}, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	return &rig{t: t, s: s, at: 1_700_000_000_000}
}

// wish is what somebody wishes, as the room hands it in.
func (r *rig) wish(by *wire.Member, w wire.StageWish, subject *wire.Member) (wire.StageOutput, error) {
	return r.s.Step(wire.StageInput{At: r.at, By: by, Host: by.Role == "host", Staff: by.Role != "", Wish: &w, Subject: subject})
}

func (r *rig) must(out wire.StageOutput, err error) wire.StageOutput {
	r.t.Helper()
	if err != nil {
		r.t.Fatal(err)
	}
	return out
}

func (r *rig) media(who *wire.Member, up, silent bool) (wire.StageOutput, error) {
	return r.s.Step(wire.StageInput{At: r.at, Media: &wire.StageMedia{Spot: wire.SpotID(who.Alias), Up: up, Silent: silent}})
}

func (r *rig) tick() (wire.StageOutput, error) {
	return r.s.Step(wire.StageInput{At: r.at, Tick: true})
}

func (r *rig) doc() string {
	r.t.Helper()
	doc, err := r.s.Doc()
	if err != nil {
		r.t.Fatal(err)
	}
	return string(doc)
}

func (r *rig) open() {
	r.must(r.wish(host, wire.StageWish{Open: &wire.StageOpen{Open: true}}, nil))
}

// bring brings somebody into a state by the shortest way: out is who was removed.
func (r *rig) bring(who *wire.Member, state string) {
	r.t.Helper()
	named := &wire.StageWho{Who: who.Alias}
	switch state {
	case "-":
	case "applied":
		r.must(r.wish(who, wire.StageWish{Apply: &wire.StageNote{Text: "about the pot"}}, nil))
	case "invited":
		r.must(r.wish(mod, wire.StageWish{Invite: named}, who))
	case "admitted":
		r.bring(who, "applied")
		r.must(r.wish(mod, wire.StageWish{Admit: named}, who))
	case "live":
		r.bring(who, "admitted")
		r.must(r.media(who, true, false))
	case "away":
		r.bring(who, "live")
		r.must(r.media(who, false, false))
	case "out":
		r.bring(who, "live")
		r.must(r.wish(mod, wire.StageWish{Remove: named}, who))
	}
}

func (r *rig) state(who *wire.Member) string {
	if mine := r.s.Mine(who.Alias); mine != nil {
		return string(mine.State)
	}
	return "-"
}

// actions are all that can happen to Ann.
var actions = map[string]func(r *rig) (wire.StageOutput, error){
	"apply":    ofAnn(wire.StageWish{Apply: &wire.StageNote{}}),
	"withdraw": ofAnn(wire.StageWish{Withdraw: &struct{}{}}),
	"accept":   ofAnn(wire.StageWish{Accept: &struct{}{}}),
	"refuse":   ofAnn(wire.StageWish{Refuse: &struct{}{}}),
	"leave":    ofAnn(wire.StageWish{Leave: &struct{}{}}),
	"self":     ofAnn(wire.StageWish{Self: &wire.StageSelf{Muted: true}}),
	"invite":   ofStaff(wire.StageWish{Invite: &wire.StageWho{Who: ann.Alias}}),
	"admit":    ofStaff(wire.StageWish{Admit: &wire.StageWho{Who: ann.Alias}}),
	"turn":     ofStaff(wire.StageWish{Turn: &wire.StageWho{Who: ann.Alias}}),
	"remove":   ofStaff(wire.StageWish{Remove: &wire.StageWho{Who: ann.Alias}}),
	"mute":     ofStaff(wire.StageWish{Mute: &wire.StageSwitch{Who: ann.Alias, Off: true}}),
	"dark":     ofStaff(wire.StageWish{Dark: &wire.StageSwitch{Who: ann.Alias, Off: true}}),
	"place":    ofStaff(wire.StageWish{Place: &wire.StagePlace{Who: ann.Alias, Pan: -40, Distance: 10}}),
	"large":    ofStaff(wire.StageWish{Layout: &wire.StageLayout{Kind: wire.LayoutSpotlight, Main: wire.SpotID(ann.Alias)}}),
	"up":       func(r *rig) (wire.StageOutput, error) { return r.media(ann, true, false) },
	"silent":   func(r *rig) (wire.StageOutput, error) { return r.media(ann, true, true) },
	"down":     func(r *rig) (wire.StageOutput, error) { return r.media(ann, false, false) },
	"4K": func(r *rig) (wire.StageOutput, error) {
		return r.s.Step(wire.StageInput{At: r.at, Media: &wire.StageMedia{Spot: wire.SpotID(ann.Alias), Refused: wire.TooLarge}})
	},
	"gone": func(r *rig) (wire.StageOutput, error) {
		return r.s.Step(wire.StageInput{At: r.at, Gone: ann.Alias})
	},
	"late": func(r *rig) (wire.StageOutput, error) {
		r.at += wire.ConnectWithin.Milliseconds()
		return r.tick()
	},
}

func ofAnn(w wire.StageWish) func(*rig) (wire.StageOutput, error) {
	return func(r *rig) (wire.StageOutput, error) { return r.wish(ann, w, nil) }
}

func ofStaff(w wire.StageWish) func(*rig) (wire.StageOutput, error) {
	return func(r *rig) (wire.StageOutput, error) { return r.wish(mod, w, ann) }
}

// edges says what comes of everything in every state: the state after it and what is told of it (with * to the staff only), or after
// an exclamation mark the error. "." is a state that stays and nothing that is told.
const edges = `
            -              applied              invited            admitted           live               away             out
  apply     applied,applied*  !conflict         !conflict          !conflict          !conflict          !conflict        !forbidden
  withdraw  !conflict      -,withdrawn*         !conflict          !conflict          !conflict          !conflict        !conflict
  accept    !conflict      !conflict            admitted,admitted  !conflict          !conflict          !conflict        !conflict
  refuse    !conflict      !conflict            -,refused*         !conflict          !conflict          !conflict        !conflict
  leave     !conflict      !conflict            !conflict          -,left             -,left             -,left           !conflict
  self      !conflict      !conflict            !conflict          admitted,changed   live,changed       away,changed     !conflict
  invite    invited,invited*  !conflict         !conflict          !conflict          !conflict          !conflict        invited,invited*
  admit     !not_found     admitted,admitted    !conflict          !conflict          !conflict          !conflict        !not_found
  turn      !not_found     -,turned*            -,turned*          !conflict          !conflict          !conflict        !not_found
  remove    !not_found     !conflict            !conflict          -,removed          -,removed          -,removed        !not_found
  mute      !not_found     !conflict            !conflict          admitted,changed   live,changed       away,changed     !not_found
  dark      !not_found     !conflict            !conflict          admitted,changed   live,changed       away,changed     !not_found
  place     !not_found     !conflict            !conflict          admitted,changed   live,changed       away,changed     !not_found
  large     !not_found     !not_found           !not_found         !not_found         live,arranged      away,arranged    !not_found
  up        ?              !forbidden           !forbidden         live,joined        .                  live,back        ?
  silent    ?              !forbidden           !forbidden         live,joined        live,changed       live,back        ?
  down      ?              !forbidden           !forbidden         .                  away,away          .                ?
  4K        ?              !forbidden           !forbidden         .                  .                  .                ?
  gone      .              -,withdrawn*         -,turned*          -,removed          -,removed          -,removed        .
  late      .              .                    -,lapsed*          -,left,lapsed*     .                  -,left,lapsed*   .
`

func TestEveryWishHasADefinedAnswerInEveryState(t *testing.T) {
	lines := strings.Split(strings.TrimSpace(edges), "\n")
	states, seen := strings.Fields(lines[0]), map[string]bool{}
	for _, line := range lines[1:] {
		cells := strings.Fields(line)
		seen[cells[0]] = true
		for i, want := range cells[1:] {
			if want == "?" { // a spot that is nobody's here: the battle decides
				continue
			}
			t.Run(cells[0]+" while "+states[i], func(t *testing.T) {
				r := newRig(t)
				r.open()
				r.bring(ann, states[i])
				was, before := r.state(ann), r.doc()
				out, err := actions[cells[0]](r)
				if got := outcome(r, was, out, err); got != want {
					t.Errorf("comes to %s, want %s (%v)", got, want, err)
				}
				if err != nil && r.doc() != before {
					t.Errorf("was refused and has changed\n%s\nto\n%s", before, r.doc())
				}
				if err != nil && len(err.Error()) < 20 {
					t.Errorf("says only %q", err)
				}
			})
		}
	}
	for name := range actions {
		if !seen[name] {
			t.Errorf("nothing is said of %s", name)
		}
	}
}

func outcome(r *rig, was string, out wire.StageOutput, err error) string {
	if err != nil {
		return "!" + string(wire.CodeOf(err))
	}
	text := r.state(ann)
	for _, e := range out.Events {
		if e.Staff && e.Staged.What == wire.StageChanged { // follows what all hear of
			continue
		}
		text += "," + string(e.Staged.What)
		if e.Staff {
			text += "*"
		}
	}
	if text == was {
		return "."
	}
	return text
}

func TestWhyNothingIsTakenOfAGuestIsToldToThemEachTimeAndToTheStaffUntilSomethingIs(t *testing.T) {
	for _, state := range []string{"admitted", "live", "away"} {
		r := newRig(t)
		r.open()
		r.bring(ann, state)
		for range 2 { // the second time they have tried again, with the same
			out := r.must(actions["4K"](r))
			if mine := out.Mine[ann.Alias]; mine.Refused != wire.TooLarge || mine.State != wire.GuestState(state) || len(out.Mine) != 1 {
				t.Errorf("while %s people are told %+v", state, out.Mine)
			}
			for _, e := range out.Events {
				if !e.Staff || e.Staged.Now.Guests[0].Refused != wire.TooLarge {
					t.Errorf("while %s all are told %+v", state, e.Staged)
				}
			}
		}
		if now := r.s.Now(false); len(now.Guests) != 1 || now.Guests[0].Refused != "" {
			t.Errorf("while %s viewers see %+v", state, now.Guests)
		}
		r.must(r.media(ann, false, false))
		r.must(r.media(ann, true, false))
		if mine := r.s.Mine(ann.Alias); mine.Refused != "" || mine.State != wire.GuestLive {
			t.Errorf("whose picture is taken at last is told %+v", mine)
		}
	}
}

func TestOnlyTheStaffRules(t *testing.T) {
	for name, w := range map[string]wire.StageWish{
		"open":   {Open: &wire.StageOpen{Open: true}},
		"invite": {Invite: &wire.StageWho{Who: bob.Alias}},
		"admit":  {Admit: &wire.StageWho{Who: ann.Alias}},
		"turn":   {Turn: &wire.StageWho{Who: ann.Alias}},
		"remove": {Remove: &wire.StageWho{Who: ann.Alias}},
		"mute":   {Mute: &wire.StageSwitch{Who: ann.Alias}},
		"dark":   {Dark: &wire.StageSwitch{Who: ann.Alias}},
		"place":  {Place: &wire.StagePlace{Who: ann.Alias}},
		"layout": {Layout: &wire.StageLayout{Kind: wire.LayoutGrid}},
		"late":   {Late: &wire.StageLate{Late: 120}},
		"call":   {Call: &wire.BattleInvite{To: []wire.BattleRoom{{Show: "pots"}}}},
		"end":    {End: &wire.BattleRound{ID: "x"}},
		"desk":   {Desk: &wire.BattleDesk{}},
	} {
		r := newRig(t)
		if _, err := r.wish(ann, w, bob); wire.CodeOf(err) != wire.Forbidden {
			t.Errorf("%s by a viewer: %v", name, err)
		}
		if w.Call != nil || w.End != nil || w.Desk != nil {
			if _, err := r.wish(mod, w, nil); wire.CodeOf(err) != wire.Forbidden {
				t.Errorf("%s by a moderator: %v", name, err)
			}
		}
	}
}

func TestAnInputIsExactlyOneThing(t *testing.T) {
	wish := &wire.StageWish{Apply: &wire.StageNote{}}
	for name, in := range map[string]wire.StageInput{
		"nothing":         {},
		"two things":      {Tick: true, Gone: ann.Alias},
		"a wish and more": {By: ann, Wish: wish, Tick: true},
		"no wish":         {By: ann, Wish: &wire.StageWish{}},
		"two wishes":      {By: ann, Wish: &wire.StageWish{Apply: &wire.StageNote{}, Leave: &struct{}{}}},
	} {
		if _, err := newRig(t).s.Step(in); wire.CodeOf(err) != wire.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := newRig(t).s.Step(wire.StageInput{Wish: wish}); wire.CodeOf(err) != wire.Unauthenticated {
		t.Errorf("nobody's wish: %v", err)
	}
}

func TestBadWishesAreRefused(t *testing.T) {
	long := strings.Repeat("ä", wire.MaxNote+1)
	layout := func(l wire.StageLayout) wire.StageWish { return wire.StageWish{Layout: &l} }
	for name, one := range map[string]struct {
		by   *wire.Member
		wish wire.StageWish
		code wire.Code
	}{
		"a long note":            {bob, wire.StageWish{Apply: &wire.StageNote{Text: long}}, wire.Invalid},
		"a note of two lines":    {bob, wire.StageWish{Apply: &wire.StageNote{Text: "a\nb"}}, wire.Invalid},
		"a note turned around":   {bob, wire.StageWish{Apply: &wire.StageNote{Text: "a\u202eb"}}, wire.Invalid},
		"a note that is no text": {bob, wire.StageWish{Apply: &wire.StageNote{Text: "a\xff"}}, wire.Invalid},
		"a long reason":          {mod, wire.StageWish{Remove: &wire.StageWho{Who: ann.Alias, Reason: long}}, wire.Invalid},
		"a host who applies":     {host, wire.StageWish{Apply: &wire.StageNote{}}, wire.Conflict},
		"somebody not here":      {mod, wire.StageWish{Invite: &wire.StageWho{Who: "nobody"}}, wire.NotFound},
		"too far left":           {mod, wire.StageWish{Place: &wire.StagePlace{Who: ann.Alias, Pan: -101}}, wire.Invalid},
		"too far right":          {mod, wire.StageWish{Place: &wire.StagePlace{Who: ann.Alias, Pan: 101}}, wire.Invalid},
		"too near":               {mod, wire.StageWish{Place: &wire.StagePlace{Who: ann.Alias, Distance: -1}}, wire.Invalid},
		"before":                 {mod, wire.StageWish{Late: &wire.StageLate{Late: -1}}, wire.Invalid},
		"much too late":          {mod, wire.StageWish{Late: &wire.StageLate{Late: 2001}}, wire.Invalid},
		"too far":                {mod, wire.StageWish{Place: &wire.StagePlace{Who: ann.Alias, Distance: 101}}, wire.Invalid},
		"no layout":              {mod, layout(wire.StageLayout{}), wire.Invalid},
		"an unknown layout":      {mod, layout(wire.StageLayout{Kind: "heap"}), wire.Invalid},
		"a slow change":          {mod, layout(wire.StageLayout{Kind: wire.LayoutGrid, Fade: 3001}), wire.Invalid},
		"a change before now":    {mod, layout(wire.StageLayout{Kind: wire.LayoutGrid, Fade: -1}), wire.Invalid},
		"two boxes for one":      {mod, layout(wire.StageLayout{Kind: wire.LayoutFree, Boxes: make([]wire.StageBox, 2)}), wire.Invalid},
	} {
		r := newRig(t)
		r.open()
		r.bring(ann, "live")
		before := r.doc()
		if _, err := r.wish(one.by, one.wish, nil); wire.CodeOf(err) != one.code {
			t.Errorf("%s: %v, want %s", name, err, one.code)
		}
		if r.doc() != before {
			t.Errorf("%s has changed the stage", name)
		}
	}
}

func TestWhoIsCalledOtherwiseIsSoOnStageToo(t *testing.T) {
	r := newRig(t)
	r.open()
	anna := &wire.Member{Alias: ann.Alias, Name: "Anna"}
	named := func() wire.StageOutput { return r.must(r.s.Step(wire.StageInput{At: r.at, Named: anna})) }
	if out := named(); len(out.Events) > 0 {
		t.Errorf("of somebody who is not on stage is told %+v", out.Events)
	}
	r.must(r.wish(ann, wire.StageWish{Apply: &wire.StageNote{}}, nil))
	if out := named(); len(out.Events) != 1 || !out.Events[0].Staff || r.s.Now(true).Applied[0].Name != "Anna" {
		t.Errorf("of somebody who has applied is told %+v", out.Events)
	}
	r.must(r.wish(mod, wire.StageWish{Admit: &wire.StageWho{Who: ann.Alias}}, anna))
	anna.Name = "Annika"
	if out := named(); len(out.Events) != 1 || out.Events[0].Staff || out.Events[0].Staged.Now.Guests[0].Name != "Annika" {
		t.Errorf("of somebody on stage is told %+v", out.Events)
	}
	if out := named(); len(out.Events) > 0 {
		t.Errorf("of somebody who is called as before is told %+v", out.Events)
	}
}
