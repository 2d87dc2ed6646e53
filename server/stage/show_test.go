package stage_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"vitrine/server/wire"
)

func member(i int) *wire.Member {
	return &wire.Member{Alias: wire.Alias(fmt.Sprintf("guest%03d", i)), Name: fmt.Sprint("Guest ", i)}
}

func TestViewersApplyOnlyWhileTheStageIsOpen(t *testing.T) {
	r := newRig(t)
	apply := wire.StageWish{Apply: &wire.StageNote{}}
	if _, err := r.wish(ann, apply, nil); wire.CodeOf(err) != wire.Conflict {
		t.Fatalf("applied to a stage that was never opened: %v", err)
	}
	r.open()
	if out := r.must(r.wish(host, wire.StageWish{Open: &wire.StageOpen{Open: true}}, nil)); len(out.Events) != 0 {
		t.Errorf("opened twice: %v", out.Events)
	}
	r.must(r.wish(ann, apply, nil))
	out := r.must(r.wish(host, wire.StageWish{Open: &wire.StageOpen{}}, nil))
	if out.Events[0].Staged.What != wire.StageShut || out.Events[0].By != host {
		t.Errorf("shut: %+v", out.Events[0])
	}
	if _, err := r.wish(bob, apply, nil); wire.CodeOf(err) != wire.Conflict {
		t.Errorf("applied to a stage that was shut: %v", err)
	}
	if r.state(ann) != "applied" {
		t.Error("who had applied before it was shut waits no more")
	}
}

func TestTheLineAndTheStageHaveTheirLimits(t *testing.T) {
	r := newRig(t)
	r.open()
	for i := range wire.MaxApplied {
		r.bring(member(i), "applied")
	}
	if _, err := r.wish(ann, wire.StageWish{Apply: &wire.StageNote{}}, nil); wire.CodeOf(err) != wire.Conflict {
		t.Errorf("number %d: %v", wire.MaxApplied+1, err)
	}
	for i := range wire.MaxOnStage - 2 {
		r.must(r.wish(host, wire.StageWish{Admit: &wire.StageWho{Who: member(i).Alias}}, nil))
	}
	r.must(r.wish(host, wire.StageWish{Invite: &wire.StageWho{Who: bob.Alias}}, bob)) // keeps a place
	next := wire.StageWish{Admit: &wire.StageWho{Who: member(wire.MaxOnStage).Alias}}
	if _, err := r.wish(host, next, nil); wire.CodeOf(err) != wire.Conflict {
		t.Errorf("one more on a full stage: %v", err)
	}
	if _, err := r.wish(host, wire.StageWish{Invite: &wire.StageWho{Who: ann.Alias}}, ann); wire.CodeOf(err) != wire.Conflict {
		t.Errorf("invited to a full stage: %v", err)
	}
	r.must(r.wish(bob, wire.StageWish{Accept: &struct{}{}}, nil)) // who was invited has the place
	r.must(r.wish(bob, wire.StageWish{Leave: &struct{}{}}, nil))
	r.must(r.wish(host, next, nil))
}

func TestTimesRunOutExactly(t *testing.T) {
	for state, within := range map[string]time.Duration{"invited": wire.AnswerWithin, "admitted": wire.ConnectWithin, "away": wire.StageGrace} {
		r := newRig(t)
		r.open()
		r.bring(ann, state)
		end := r.at + within.Milliseconds()
		if due := r.s.Due(); due != end {
			t.Errorf("%s: due in %d ms, want %v", state, due-r.at, within)
		}
		r.at = end - 1
		before := r.doc()
		if out := r.must(r.tick()); len(out.Events) != 0 || r.doc() != before {
			t.Errorf("%s ended early: %v", state, out.Events)
		}
		r.at = end
		if _, err := r.wish(ann, wire.StageWish{Accept: &struct{}{}}, nil); state == "invited" && wire.CodeOf(err) != wire.Conflict {
			t.Errorf("accepted when it was too late: %v", err)
		}
		if _, err := r.media(ann, true, false); state != "invited" && wire.CodeOf(err) != wire.Conflict {
			t.Errorf("%s: came when it was too late: %v", state, err)
		}
		out := r.must(r.tick())
		if mine := out.Mine[ann.Alias]; mine != (wire.StageMine{Why: wire.StageLapsed}) || r.state(ann) != "-" || r.s.Due() != 0 {
			t.Errorf("%s: %+v, %s, due %d", state, mine, r.state(ann), r.s.Due())
		}
	}
}

func TestWhoWasRemovedWaitsTenMinutes(t *testing.T) {
	apply := wire.StageWish{Apply: &wire.StageNote{}}
	r := newRig(t)
	r.open()
	r.bring(ann, "live")
	out := r.must(r.wish(mod, wire.StageWish{Remove: &wire.StageWho{Who: ann.Alias, Reason: "too loud"}}, nil))
	if e := out.Events[0]; e.Staged.Reason != "too loud" || e.Staged.Who.Alias != ann.Alias || len(e.Staged.Now.Guests) != 0 {
		t.Errorf("told of it as %+v", e.Staged)
	}
	if mine := out.Mine[ann.Alias]; mine.Why != wire.StageRemoved || mine.Reason != "too loud" || mine.State != "" {
		t.Errorf("she was told %+v", mine)
	}
	r.at += 599_999
	_, err := r.wish(ann, apply, nil)
	if wrong, ok := err.(*wire.Error); !ok || wrong.Code != wire.Forbidden || wrong.RetryAfter != time.Millisecond {
		t.Errorf("after 599.999 s: %#v", err)
	}
	r.at++
	r.must(r.wish(ann, apply, nil))
}

func TestAnInvitationForgivesARemoval(t *testing.T) {
	r := newRig(t)
	r.open()
	r.bring(ann, "out")
	r.bring(ann, "invited")
	r.must(r.wish(ann, wire.StageWish{Refuse: &struct{}{}}, nil))
	r.must(r.wish(ann, wire.StageWish{Apply: &wire.StageNote{}}, nil))
}

func TestPeopleSeeOnlyWhatIsForThem(t *testing.T) {
	r := newRig(t)
	r.open()
	r.bring(ann, "live")
	r.bring(bob, "applied")
	r.bring(member(1), "invited")
	out := r.must(r.wish(mod, wire.StageWish{Mute: &wire.StageSwitch{Who: ann.Alias, Off: true}}, nil))
	if len(out.Events) != 2 || out.Events[0].Staff || !out.Events[1].Staff {
		t.Fatalf("told as %+v", out.Events)
	}
	for _, now := range []wire.StageNow{out.Events[0].Staged.Now, r.s.Now(false)} {
		if len(now.Guests) != 1 || now.Guests[0].Alias != ann.Alias || now.Guests[0].Note != "" || now.Applied != nil || now.Waiting != 1 {
			t.Errorf("all see %+v", now)
		}
	}
	for _, now := range []wire.StageNow{out.Events[1].Staged.Now, r.s.Now(true)} {
		if len(now.Guests) != 2 || now.Guests[1].State != wire.GuestInvited || now.Guests[1].Media != "" || len(now.Applied) != 1 || now.Applied[0].Note != "about the pot" {
			t.Errorf("the staff sees %+v", now)
		}
	}
	if media := r.s.Now(false).Guests[0].Media; media != "tea~ann00000" {
		t.Errorf("she is watched at %q", media)
	}
	r.must(r.wish(mod, wire.StageWish{Turn: &wire.StageWho{Who: bob.Alias}}, nil))
	r.must(r.wish(member(1), wire.StageWish{Refuse: &struct{}{}}, nil))
	out = r.must(r.wish(mod, wire.StageWish{Mute: &wire.StageSwitch{Who: ann.Alias}}, nil))
	if len(out.Events) != 1 || out.Events[0].Staff {
		t.Errorf("without secrets it is told as %+v", out.Events)
	}
}

func TestTheLineMovesUpAndPeopleAreTold(t *testing.T) {
	r := newRig(t)
	r.open()
	for i := range 3 {
		r.bring(member(i), "applied")
	}
	if mine := r.s.Mine(member(2).Alias); mine.Place != 3 {
		t.Errorf("the third is number %d", mine.Place)
	}
	out := r.must(r.wish(member(0), wire.StageWish{Withdraw: &struct{}{}}, nil))
	want := map[wire.Alias]wire.StageMine{
		member(0).Alias: {Why: wire.StageWithdrawn},
		member(1).Alias: {State: wire.GuestApplied, Place: 1},
		member(2).Alias: {State: wire.GuestApplied, Place: 2},
	}
	if len(out.Mine) != 3 || out.Mine[member(0).Alias] != want[member(0).Alias] || out.Mine[member(1).Alias] != want[member(1).Alias] ||
		out.Mine[member(2).Alias] != want[member(2).Alias] {
		t.Errorf("told %+v", out.Mine)
	}
}

func TestWhoIsSilentIsMarkedUnlessTheyAreMuted(t *testing.T) {
	r := newRig(t)
	r.open()
	r.bring(ann, "live")
	silent := func() bool { return r.s.Now(false).Guests[0].Silent }
	out := r.must(r.media(ann, true, true))
	if len(out.Events) != 1 || !silent() {
		t.Error("silence is not told of")
	}
	r.must(r.wish(ann, wire.StageWish{Self: &wire.StageSelf{Muted: true}}, nil))
	if silent() {
		t.Error("who muted herself is called silent")
	}
	if out := r.must(r.media(ann, true, false)); len(out.Events) != 0 {
		t.Errorf("sound of somebody muted is told of: %+v", out.Events)
	}
	r.must(r.wish(ann, wire.StageWish{Self: &wire.StageSelf{}}, nil))
	if silent() {
		t.Error("who is heard again is called silent")
	}
}

func TestSwitchesThatAreSoAlreadyAreNotToldOf(t *testing.T) {
	r := newRig(t)
	r.open()
	r.bring(ann, "live")
	for _, w := range []wire.StageWish{
		{Mute: &wire.StageSwitch{Who: ann.Alias, Off: true}},
		{Dark: &wire.StageSwitch{Who: ann.Alias, Off: true}},
		{Place: &wire.StagePlace{Who: ann.Alias, Pan: -100, Distance: 100}},
		{Late: &wire.StageLate{Late: 120}},
	} {
		first := r.must(r.wish(mod, w, nil))
		if second := r.must(r.wish(mod, w, nil)); len(first.Events) != 1 || len(second.Events) != 0 || len(second.Mine) != 0 {
			t.Errorf("%d, then %d events", len(first.Events), len(second.Events))
		}
	}
	now, mine := r.s.Now(false).Guests[0], r.s.Mine(ann.Alias)
	if !now.Muted || !now.Dark || now.SelfMuted || now.Pan != -100 || now.Distance != 100 || !mine.Muted || !mine.Dark {
		t.Errorf("%+v, %+v", now, mine)
	}
}

func spotsOf(boxes []wire.StageBox) (spots []wire.SpotID) {
	for _, b := range boxes {
		spots = append(spots, b.Spot)
	}
	return spots
}

func TestThePictureIsArrangedAnewWheneverWhoIsSeenChanges(t *testing.T) {
	r := newRig(t)
	r.open()
	if got := r.s.Now(false).Layout; got.Kind != wire.LayoutGrid || !slices.Equal(got.Boxes, []wire.StageBox{{Spot: wire.HostSpot, W: 10000, H: 10000}}) {
		t.Fatalf("alone the host is seen at %+v", got)
	}
	r.bring(ann, "admitted")
	if got := spotsOf(r.s.Now(false).Layout.Boxes); len(got) != 1 {
		t.Errorf("who is not there yet is seen: %v", got)
	}
	out := r.must(r.media(ann, true, false))
	if got := spotsOf(out.Events[0].Staged.Now.Layout.Boxes); !slices.Equal(got, []wire.SpotID{wire.HostSpot, "ann00000"}) {
		t.Errorf("with Ann: %v", got)
	}
	r.must(r.wish(host, wire.StageWish{Layout: &wire.StageLayout{Kind: wire.LayoutSpotlight, Main: "ann00000", Fade: 500, Program: true}}, nil))
	r.must(r.wish(host, wire.StageWish{Late: &wire.StageLate{Late: 120}}, nil))
	r.must(r.media(ann, false, false))
	if got := r.s.Now(false).Layout; got.Main != "ann00000" || len(got.Boxes) != 2 || got.Boxes[0].Spot != "ann00000" {
		t.Errorf("her place is lost while she is away: %+v", got)
	}
	r.must(r.wish(ann, wire.StageWish{Leave: &struct{}{}}, nil))
	r.must(r.wish(host, wire.StageWish{Layout: &wire.StageLayout{Kind: wire.LayoutSpotlight, Fade: 500, Program: true}}, nil))
	if got := r.s.Now(false).Layout; got.Main != "" || len(got.Boxes) != 1 || got.Fade != 500 || !got.Program || got.Late != 120 {
		t.Errorf("when she has left: %+v", got)
	}
}

func TestWhatTheHostDraggedStaysWhenOthersComeAndGo(t *testing.T) {
	r := newRig(t)
	r.open()
	r.bring(ann, "live")
	r.must(r.wish(host, wire.StageWish{Layout: &wire.StageLayout{Kind: wire.LayoutSide}}, nil))
	r.must(r.wish(host, wire.StageWish{Layout: &wire.StageLayout{Kind: wire.LayoutFree}}, nil))
	if got := r.s.Now(false).Layout.Boxes; len(got) != 2 || got[0].W != 5000 {
		t.Errorf("dragging begins at %v", got)
	}
	dragged := wire.StageBox{Spot: "ann00000", X: 9000, Y: -50, W: 3000, H: 100}
	r.must(r.wish(host, wire.StageWish{Layout: &wire.StageLayout{Kind: wire.LayoutFree, Boxes: []wire.StageBox{
		{Spot: wire.HostSpot, W: 10000, H: 10000}, dragged, {Spot: "left", W: 500, H: 500},
	}}}, nil))
	want := []wire.StageBox{{Spot: wire.HostSpot, W: 10000, H: 10000}, {Spot: "ann00000", X: 7000, Y: 0, W: 3000, H: 500}}
	if got := r.s.Now(false).Layout.Boxes; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	r.bring(bob, "live")
	if got := r.s.Now(false).Layout.Boxes; len(got) != 3 || !slices.Equal(got[:2], want) || got[2].Spot != "bob00000" {
		t.Errorf("with Bob: %v", got)
	}
	r.must(r.wish(bob, wire.StageWish{Leave: &struct{}{}}, nil))
	if got := r.s.Now(false).Layout.Boxes; !slices.Equal(got, want) {
		t.Errorf("without Bob: %v", got)
	}
}
