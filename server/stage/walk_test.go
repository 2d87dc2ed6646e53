package stage_test

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"vitrine/server/stage"
	"vitrine/server/wire"
)

// model is what the guests' machine should do, said as simply as can be: everybody has a state, a moment at which it ends, and a number
// that orders them.
type model struct {
	open   bool
	order  int
	people map[wire.Alias]person
	out    map[wire.Alias]int64
}

type person struct {
	state string
	ends  int64
	order int
}

func (m *model) in(states ...string) (list []wire.Alias) {
	for who, p := range m.people {
		if slices.Contains(states, p.state) {
			list = append(list, who)
		}
	}
	slices.SortFunc(list, func(a, b wire.Alias) int { return m.people[a].order - m.people[b].order })
	return list
}

func (m *model) put(who wire.Alias, state string, ends int64) {
	p := m.people[who]
	if p.order == 0 || state == "admitted" {
		m.order++
		p.order = m.order
	}
	p.state, p.ends = state, ends
	m.people[who] = p
}

const on = "admitted live away"

// do says whether an action happens, and lets it.
func (m *model) do(action string, who wire.Alias, at int64) bool {
	p, ok := m.people[who]
	state, early := p.state, p.ends == 0 || at < p.ends
	full := 1+len(m.in("invited", "admitted", "live", "away")) >= wire.MaxOnStage
	may := map[string]bool{
		"apply":    !ok && m.open && at >= m.out[who] && len(m.in("applied")) < wire.MaxApplied,
		"withdraw": state == "applied",
		"accept":   state == "invited" && early,
		"refuse":   state == "invited",
		"leave":    ok && strings.Contains(on, state),
		"invite":   !ok && !full,
		"admit":    state == "applied" && !full,
		"turn":     state == "applied" || state == "invited",
		"remove":   ok && strings.Contains(on, state),
		"up":       ok && strings.Contains(on, state) && early,
		"down":     ok && strings.Contains(on, state),
		"gone":     true, "tick": true, "open": true, "shut": true,
	}
	if !may[action] {
		return false
	}
	switch action {
	case "apply":
		m.put(who, "applied", 0)
	case "invite":
		m.put(who, "invited", at+30_000)
		delete(m.out, who)
	case "accept", "admit":
		m.put(who, "admitted", at+45_000)
	case "up":
		m.put(who, "live", 0)
	case "down":
		if state == "live" {
			m.put(who, "away", at+15_000)
		}
	case "remove":
		m.out[who] = at + 600_000
		delete(m.people, who)
	case "gone":
		delete(m.out, who)
		delete(m.people, who)
	case "tick":
		for who, p := range m.people {
			if p.ends != 0 && at >= p.ends {
				delete(m.people, who)
			}
		}
	case "open", "shut":
		m.open = action == "open"
	default:
		delete(m.people, who)
	}
	return true
}

func (m *model) due() (due int64) {
	for _, p := range m.people {
		if p.ends != 0 && (due == 0 || p.ends < due) {
			due = p.ends
		}
	}
	return due
}

// step turns an action into an input.
func step(action string, who *wire.Member, at int64) wire.StageInput {
	in := wire.StageInput{At: at, By: who}
	named := &wire.StageWho{Who: who.Alias}
	switch action {
	case "apply":
		in.Wish = &wire.StageWish{Apply: &wire.StageNote{}}
	case "withdraw":
		in.Wish = &wire.StageWish{Withdraw: &struct{}{}}
	case "accept":
		in.Wish = &wire.StageWish{Accept: &struct{}{}}
	case "refuse":
		in.Wish = &wire.StageWish{Refuse: &struct{}{}}
	case "leave":
		in.Wish = &wire.StageWish{Leave: &struct{}{}}
	case "up", "down":
		in.Media = &wire.StageMedia{Spot: wire.SpotID(who.Alias), Up: action == "up"}
	case "gone":
		in.Gone = who.Alias
	case "tick":
		in.Tick = true
	default:
		in.By, in.Staff, in.Subject = mod, true, who
		in.Wish = map[string]*wire.StageWish{
			"invite": {Invite: named}, "admit": {Admit: named}, "turn": {Turn: named}, "remove": {Remove: named},
			"open": {Open: &wire.StageOpen{Open: true}}, "shut": {Open: &wire.StageOpen{}},
		}[action]
	}
	return in
}

func TestRandomWalksGoAsTheModelSays(t *testing.T) {
	names := []string{
		"apply", "apply", "withdraw", "accept", "refuse", "leave", "invite", "admit", "admit", "turn", "remove", "up", "up", "up", "down", "gone",
		"tick", "open", "shut",
	}
	rapid.Check(t, func(t *rapid.T) {
		r := &rig{t: t, at: 1_700_000_000_000}
		r.s, _ = stage.New(wire.BattleRoom{Show: "tea"}, nil, nil)
		m := &model{people: map[wire.Alias]person{}, out: map[wire.Alias]int64{}}
		if rapid.Bool().Draw(t, "opened") {
			m.do("open", "", r.at)
			r.open()
		}
		crowd := rapid.IntRange(1, 22).Draw(t, "crowd")
		for range rapid.IntRange(1, 120).Draw(t, "steps") {
			r.at += rapid.SampledFrom([]int64{0, 1, 900, 14_999, 15_000, 40_000}).Draw(t, "later")
			if due := r.s.Due(); due > r.at && rapid.IntRange(0, 4).Draw(t, "wait") == 0 {
				r.at = due - rapid.SampledFrom([]int64{0, 1}).Draw(t, "early")
			}
			action, who := rapid.SampledFrom(names).Draw(t, "action"), member(rapid.IntRange(0, crowd-1).Draw(t, "who"))
			walk(t, r, m, action, who)
		}
	})
}

// walk lets one thing happen to both, and compares them.
func walk(t *rapid.T, r *rig, m *model, action string, who *wire.Member) {
	before := r.doc()
	_, knows := m.people[who.Alias]
	if (action == "up" || action == "down") && !knows { // not the guests' to decide
		return
	}
	again, err := stage.New(wire.BattleRoom{Show: "tea"}, []byte(before), nil)
	if err != nil {
		t.Fatal(err)
	}
	in := step(action, who, r.at)
	out, err := r.s.Step(in)
	if twin, wrong := again.Step(in); !reflect.DeepEqual(twin, out) || fmt.Sprint(wrong) != fmt.Sprint(err) || again.Due() != r.s.Due() {
		t.Fatalf("%s: after a restart it comes to\n%+v %v\nand without to\n%+v %v", action, twin, wrong, out, err)
	}
	if did := m.do(action, who.Alias, r.at); did != (err == nil) {
		t.Fatalf("%s of %s (%+v): %v", action, who.Alias, m.people[who.Alias], err)
	}
	if err != nil && r.doc() != before {
		t.Fatalf("%s was refused, and has changed something", action)
	}
	if quiet := r.doc() == before; quiet != (len(out.Events) == 0) && action != "tick" && action != "gone" {
		t.Fatalf("%s: changed %v, told of %+v", action, !quiet, out.Events)
	}
	compare(t, r.s, m)
	if n := len(out.Events); n > 0 {
		last := out.Events[n-1]
		if !reflect.DeepEqual(last.Staged.Now, r.s.Now(last.Staff)) {
			t.Fatalf("%s: the last event does not say how the stage is", action)
		}
	}
}

func compare(t *rapid.T, s *stage.State, m *model) {
	all, staff := s.Now(false), s.Now(true)
	names := func(list []wire.StageGuest, invited bool) (who []wire.Alias) {
		for _, g := range list {
			if p := m.people[g.Alias]; string(g.State) != p.state || g.Until != p.ends {
				t.Fatalf("%s is %s until %d, want %+v", g.Alias, g.State, g.Until, p)
			}
			if (g.State == wire.GuestInvited) == invited {
				who = append(who, g.Alias)
			}
		}
		return who
	}
	guests, line, invited := m.in("admitted", "live", "away"), m.in("applied"), m.in("invited")
	if got := names(all.Guests, false); !slices.Equal(got, guests) || !slices.Equal(names(staff.Guests, false), guests) || len(all.Guests) != len(guests) {
		t.Fatalf("on stage are %v, want %v", got, guests)
	}
	if got := names(staff.Guests, true); !slices.Equal(got, invited) {
		t.Fatalf("invited are %v, want %v", got, invited)
	}
	if got := names(staff.Applied, false); !slices.Equal(got, line) || all.Waiting != len(line) || all.Applied != nil {
		t.Fatalf("in the line are %v, want %v", got, line)
	}
	spots := []wire.SpotID{wire.HostSpot}
	for _, who := range m.in("live", "away") {
		spots = append(spots, wire.SpotID(who))
	}
	inPicture(t, all.Layout.Boxes, spots)
	if s.Due() != m.due() || all.Open != m.open {
		t.Fatalf("due %d, want %d; open %v", s.Due(), m.due(), all.Open)
	}
	for i, who := range line {
		if mine := s.Mine(who); mine == nil || mine.Place != i+1 {
			t.Fatalf("%s is number %d and hears %+v", who, i+1, mine)
		}
	}
}
