package chat

import "vitrine/server/wire"

// askedOf is how many questions are open at most.
const askedOf = 200

// ask asks the host something. What is near an open question is a vote for it.
func (t *tx) ask(who actor, r *request) (int64, error) {
	text, err := t.mayWrite(who, "the question", r.Request.Ask.Text)
	if err != nil {
		return 0, err
	}
	return t.question(who, t.judged(who, r, text), wire.RoomEvent{By: &who.Member, Asked: &wire.Asked{Text: text}, Media: r.Media})
}

func (t *tx) question(who actor, j Judgement, e wire.RoomEvent) (int64, error) {
	open := e.Asked.Text
	bag := bagOf(open)
	near := t.nearest(bag)
	if near == nil && len(t.questions) >= askedOf && j.Outcome == Publish {
		return 0, wire.Errorf(wire.Conflict, "%d questions are open already: vote for one of them", askedOf).Because("questions_full")
	}
	if near != nil {
		e.Asked.Like = near.N
	}
	n, err := t.publish(who, j, e, held{})
	if err != nil || t.line(n).Asked == nil { // it waits, or only its author sees it
		return n, err
	}
	if near == nil {
		near = &question{N: n, By: who.Member, Text: open, bag: bag}
		t.questions[n] = near
	}
	if t.voteOnce(who, near.N, 0, "") == nil {
		near.Votes++
	}
	t.putNumbered(questionKind, near.N, near)
	return n, nil
}

// nearest is the open question that is most like one; nil if none is near.
func (t *tx) nearest(b bag) (near *question) {
	best := nearAt
	for _, n := range sorted(t.questions) {
		if q := t.questions[n]; q.bag.like(b) > best {
			near, best = q, q.bag.like(b)
		}
	}
	return near
}

// openQuestion finds a question that was not answered. One that was joined to another is that one.
func (t *tx) openQuestion(n int64) (*question, error) {
	if q := t.questions[n]; q != nil {
		return q, nil
	}
	e := t.line(n)
	switch {
	case e == nil || e.Asked == nil || e.Staff:
		return nil, wire.Errorf(wire.NotFound, "there is no question %d", n)
	case t.questions[e.Asked.Like] != nil:
		return t.questions[e.Asked.Like], nil
	case e.Asked.Text == "":
		return nil, wire.Errorf(wire.Conflict, "this question was removed").Because("gone")
	}
	return nil, wire.Errorf(wire.Conflict, "this question was answered").Because("answered")
}

// second votes for a question.
func (t *tx) second(who actor, n int64) error {
	q, err := t.openQuestion(n)
	if err != nil {
		return err
	}
	if err := t.voteOnce(who, q.N, 0, "you ask this already"); err != nil {
		return err
	}
	q.Votes++
	t.putNumbered(questionKind, q.N, q)
	return nil
}

// answerTo answers a question, with a text or aloud.
func (t *tx) answerTo(who actor, a wire.Answered) (int64, error) {
	q, err := t.openQuestion(a.Question)
	if err != nil {
		return 0, err
	}
	if a.Text != "" {
		if a.Text, err = clean("the answer", a.Text, wire.MaxLine); err != nil {
			return 0, err
		}
	}
	t.dropQuestion(q.N)
	a.Question = q.N
	return t.emit(wire.RoomEvent{By: &who.Member, Answered: &a}), nil
}

func (t *tx) dropQuestion(n int64) {
	delete(t.questions, n)
	delete(t.votes, n)
	t.dropNumbered(questionKind, n)
}
