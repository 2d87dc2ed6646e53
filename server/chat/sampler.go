package chat

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"vitrine/server/wire"
)

const (
	// linesMost is how many lines a second a viewer gets at most: more nobody can read. linesFrame is that in one frame.
	linesMost  = 20
	linesFrame = int(linesMost * frameEvery / time.Second)
	// worthShowing is from how many coins on a gift is always shown.
	worthShowing = 100
	// shownOf is how many lines it takes until somebody who was shown is as good as others again: ten busy seconds.
	shownOf = 10 * linesMost
)

// sampler chooses which lines viewers get when there are more than they can read: chat messages, questions and small gifts, at most 20
// in any second. What the staff says, what is highlighted, large gifts and all other events they always get; those of them that are
// lines leave less for others.
//
// It is fair to people: who was not among those shown lately comes before who was, however much they write, and among equals it takes
// the lines evenly over the frame's time. It belongs to one goroutine at a time.
type sampler struct {
	frames []passed // of the last second
	shown  map[wire.Alias]int
	count  int // lines shown in all
}

// passed is how many lines there were for a frame, and how many of them were shown.
type passed struct {
	at         time.Time
	came, took int
}

// choose returns the events that viewers get, and those that they do not get but could have. Events of the staff are in neither.
func (s *sampler) choose(events []wire.RoomEvent, now time.Time) (seen, left []wire.RoomEvent) {
	came, took := s.lately(now)
	this := passed{at: now}
	var others []int
	for i, e := range events {
		if !line(e) {
			continue
		}
		if this.came++; always(e) {
			this.took++
		} else {
			others = append(others, i)
		}
	}
	room := max(0, linesMost-took-this.took)
	if came+this.came > linesMost {
		room = min(room, linesFrame)
	}
	chosen := s.draw(events, others, room)
	for i, e := range events {
		switch {
		case forStaff(e):
		case !line(e) || always(e):
			seen = append(seen, e)
		case chosen[i]:
			seen = append(seen, e)
			s.note(e.By)
			this.took++
		default:
			left = append(left, e)
		}
	}
	if this.came > 0 {
		s.frames = append(s.frames, this)
	}
	return seen, left
}

// draw chooses so many of the lines.
func (s *sampler) draw(events []wire.RoomEvent, lines []int, room int) map[int]bool {
	chosen := make(map[int]bool, room)
	if len(lines) > room { // first the first lines of those who were not shown lately, evenly; then who was shown longest ago
		turn := make(map[int]int, len(lines))
		here := map[wire.Alias]bool{}
		var fresh, rest []int
		for _, i := range lines {
			if turn[i] = s.turn(events[i].By, here); turn[i] == 0 {
				fresh = append(fresh, i)
			} else {
				rest = append(rest, i)
			}
		}
		k := min(room, len(fresh))
		for i := range k {
			chosen[fresh[(2*i+1)*len(fresh)/(2*k)]] = true
		}
		slices.SortStableFunc(rest, func(x, y int) int { return cmp.Compare(turn[x], turn[y]) })
		lines = rest[:min(room-k, len(rest))]
	}
	for _, i := range lines {
		chosen[i] = true
	}
	return chosen
}

// turn is when somebody was shown last, counted in lines; 0 for not lately. Who is here with another line comes last.
func (s *sampler) turn(by *wire.Member, here map[wire.Alias]bool) int {
	if by == nil {
		return 0
	}
	if here[by.Alias] {
		return s.count + 1
	}
	here[by.Alias] = true
	if at := s.shown[by.Alias]; s.count-at < shownOf {
		return at
	}
	return 0
}

// lately is how many lines came and were shown within the last second.
func (s *sampler) lately(now time.Time) (came, took int) {
	for len(s.frames) > 0 && now.Sub(s.frames[0].at) >= time.Second {
		s.frames = s.frames[1:]
	}
	for _, f := range s.frames {
		came, took = came+f.came, took+f.took
	}
	return came, took
}

// load is how many lines a second come, if that is more than are shown; otherwise 0.
func (s *sampler) load(now time.Time) int {
	came, took := s.lately(now)
	if came == took {
		return 0
	}
	return came
}

func (s *sampler) note(by *wire.Member) {
	s.count++
	if by == nil {
		return
	}
	if s.shown == nil {
		s.shown = map[wire.Alias]int{}
	}
	if s.shown[by.Alias] = s.count; len(s.shown) > 2*shownOf {
		maps.DeleteFunc(s.shown, func(_ wire.Alias, at int) bool { return s.count-at >= shownOf })
	}
}

// forStaff says whether only the staff sees the event.
func forStaff(e wire.RoomEvent) bool {
	return e.Staff || e.Held != nil || e.Judged != nil || e.Silenced != nil || e.Reported != nil
}

// line says whether the event is one of those of which there may be too many.
func line(e wire.RoomEvent) bool {
	return !forStaff(e) && (e.Said != nil || e.Asked != nil || e.Gifted != nil)
}

// always says whether viewers get a line however many there are.
func always(e wire.RoomEvent) bool {
	return e.By != nil && e.By.Role != "" || e.Said != nil && e.Said.Highlight || e.Gifted != nil && e.Gifted.Coins >= worthShowing
}
