package chat

import (
	"time"

	"vitrine/server/wire"
)

const (
	// queuedAt is the weight of reports at which a message is put before a moderator.
	queuedAt = 1.0
	// newFor is how long an account is new; what such a one reports weighs little, unless it was right before.
	newFor    = 24 * time.Hour
	newWeight = 0.25
	// leastWeight and mostWeight bound what a report weighs by its reporter's record.
	leastWeight, mostWeight = 0.1, 2.0
)

// weight is what a person's report weighs: 1 for somebody without a record, more or less by how many of theirs were upheld (the
// rule of succession, twice), little for new accounts.
func weight(r ReporterRow, known time.Duration) float64 {
	w := 2 * float64(r.Upheld+1) / float64(r.Upheld+r.Refused+2)
	if known < newFor && r.Upheld <= r.Refused {
		w *= newWeight
	}
	return min(mostWeight, max(leastWeight, w))
}

// report tells the staff of a message. Enough reports put it in the queue; none removes it. Several from one network weigh as the
// heaviest of them: a crowd of accounts of one person has one voice.
func (t *tx) report(who actor, q wire.ReportLine) (int64, error) {
	text, err := clean("the reason", q.Reason, wire.MaxLine)
	if err != nil {
		return 0, err
	}
	e, err := t.readable(q.Line, who)
	if err != nil {
		return 0, err
	}
	if e.By != nil && e.By.Alias == who.Alias {
		return 0, wire.Errorf(wire.Conflict, "this message is your own").Because("own")
	}
	if _, reported := t.votesOf[q.Line][who.Alias]; reported {
		return 0, wire.Errorf(wire.Conflict, "you have reported this message: the staff knows").Because("reported")
	}
	if err := tooFast(t.h.limits.reports.take(string(who.Alias), t.now(), reportPace), "these are many reports at once: wait a little"); err != nil {
		return 0, err
	}
	t.remember(who)
	known := time.Duration(0)
	if !who.who.Since.IsZero() {
		known = t.now().Sub(who.who.Since)
	}
	v := VoteRow{About: q.Line, Alias: who.Alias, Choice: int(1000 * weight(t.reports[who.who.Person], known)), At: t.at}
	if who.who.Staff() {
		v.Choice = 1000 * mostWeight
	}
	t.noteVote(v)
	t.batch.Votes = append(t.batch.Votes, v)
	n := t.emit(wire.RoomEvent{By: &who.Member, Staff: true, Reported: &wire.Reported{Line: q.Line, Reason: text}})
	if !e.Staff && !t.queued(q.Line) && t.weighed(q.Line) >= 1000*queuedAt {
		t.queue(*e, text)
	}
	return n, nil
}

// queued says whether a message waits for a moderator, or one has decided about it.
func (t *tx) queued(line int64) bool {
	for _, h := range t.held {
		if h.Event.Held.Line == line {
			return true
		}
	}
	return false
}

// weighed sums up the reports of a message, those of one network once, in thousandths.
func (t *tx) weighed(line int64) (sum float64) {
	networks := map[string]int{}
	for alias, w := range t.votesOf[line] {
		network := string(alias)
		if p := t.people[alias]; p != nil && p.Network != "" {
			network = p.Network
		}
		networks[network] = max(networks[network], w)
	}
	for _, w := range networks {
		sum += float64(w)
	}
	return sum
}

// queue puts a published message before a moderator.
func (t *tx) queue(line wire.RoomEvent, why string) {
	n := t.emit(wire.RoomEvent{By: line.By, Staff: true, Held: &wire.Withheld{Text: line.Said.Text, Class: "reported", Why: why, Line: line.N}})
	h := &held{Event: *t.line(n)}
	t.held[n] = h
	t.putNumbered(heldKind, n, h)
}

// judgeReports does what follows from a decision about a reported message: it is removed, or stays, and who reported it was right or
// wrong.
func (t *tx) judgeReports(who actor, h *held, q wire.Judged) {
	line := h.Event.Held.Line
	refused := q.Decision == wire.Refuse
	for _, alias := range sorted(t.votesOf[line]) {
		if p := t.people[alias]; p != nil && p.Person != "" {
			row := ReporterRow{Person: p.Person, Upheld: 1}
			if !refused {
				row.Upheld, row.Refused = 0, 1
			}
			t.batch.Reporters = append(t.batch.Reporters, row)
		}
	}
	if e := t.line(line); refused && e != nil && e.Said != nil && e.Said.Text != "" {
		t.blank(who, *e, wire.Removed{Line: line, Reason: q.Reason})
	}
}
