package chat

import (
	"bytes"
	"context"
	"encoding/json"
	"reflect"
	"slices"

	"vitrine/server/wire"
)

// Stage is the stage of a show, as its room's home steps it. It says itself when it is due, and is stored with the room, as one record. A step
// that is refused changes nothing. It is used by one goroutine at a time.
type Stage interface {
	Step(in wire.StageInput) (wire.StageOutput, error)
	// Doc is the stage as it is stored.
	Doc() ([]byte, error)
	Now(staff bool) wire.StageNow
	// Mine is how far somebody is on the way to the stage; nil for not at all.
	Mine(who wire.Alias) *wire.StageMine
	// Due is when it wants a Tick at the latest, Unix ms; 0 for never.
	Due() int64
	// Letters are those to stages of other rooms that have not arrived yet.
	Letters() []wire.StageLetter
}

// Staging is how a stage is after a commit, for whoever carries its letters and its media.
type Staging struct {
	Now     wire.StageNow // as the staff sees it
	Letters []wire.StageLetter
}

// dueMost is how many ticks may be due at once.
const dueMost = 16

// outside is what a stage is told that happened outside its room. The same ID is decided once; "" for what may come again.
type outside struct {
	ID    string          `json:"id,omitempty"`
	Input wire.StageInput `json:"input"`
}

// Stage tells a show's stage what happened outside its room, wherever the home is, and returns once that is durable. The same ID, of a day,
// changes nothing again; with "" the stage itself knows what it was told before. What is told to a stage on which nothing has happened yet is
// passed over, but for letters and matches.
func (h *Hub) Stage(ctx context.Context, show wire.ShowID, id string, in wire.StageInput) error {
	if in.Wish != nil || in.By != nil || in.Host || in.Staff {
		return wire.Errorf(wire.Invalid, "what somebody wishes of a stage comes as a request of theirs")
	}
	_, err := h.told(ctx, show, &call{Outside: &outside{ID: id, Input: in}})
	return err
}

// Staging is how a show's stage is, as the staff sees it; nil as long as nothing has happened on it.
func (h *Hub) Staging(ctx context.Context, show wire.ShowID) (*wire.StageNow, error) {
	a, err := h.told(ctx, show, &call{Look: true})
	return a.Stage, err
}

// told tells a room's home something that nobody in the room asks for.
func (h *Hub) told(ctx context.Context, show wire.ShowID, c *call) (answer, error) {
	r, err := h.enter(ctx, show)
	if err != nil {
		return answer{}, err
	}
	defer h.leave(r)
	a, err := r.ask(ctx, c)
	if err == nil && a.Error != nil {
		err = wireError(a.Error)
	}
	return a, err
}

// staged is what a home holds of its show's stage.
type staged struct {
	stage Stage           // nil on a server without stages
	doc   json.RawMessage // as it is stored; nil as long as nothing has happened on it
	awake bool            // it wants ticks, or has letters
	told  *Staging        // what the server was told last; nil for nothing
}

// set makes the stage of what was stored.
func (s *staged) set(ctx context.Context, c *Config, show wire.ShowID) (err error) {
	if c.Stage != nil {
		s.stage, err = c.Stage(ctx, show, s.doc)
	}
	return err
}

// used says whether anything has happened on it.
func (s *staged) used() bool { return s.stage != nil && s.doc != nil }

// now is the stage as somebody sees it; nil as long as nothing has happened on it.
func (s *staged) now(staff bool) *wire.StageNow {
	if !s.used() {
		return nil
	}
	return new(s.stage.Now(staff))
}

// mine is how far somebody is on the way to the stage; nil for not at all.
func (s *staged) mine(who wire.Alias) *wire.StageMine {
	if !s.used() {
		return nil
	}
	return s.stage.Mine(who)
}

// wish has the stage decide what somebody wants of it.
func (t *tx) wish(who actor, w *wire.StageWish) (int64, error) {
	w, err := t.wishes(who, w)
	if err != nil {
		return 0, err
	}
	in := wire.StageInput{By: &who.Member, Host: leads(who.Role), Staff: who.who.Staff(), Wish: w}
	p, alias := t.subject(w)
	if p != nil {
		in.Subject = &wire.Member{Alias: alias, Name: p.Name, Role: p.Role}
	}
	n, err := t.step(in)
	if err != nil {
		return 0, err
	}
	t.remember(who)
	if p != nil { // to be told what comes of it, whichever process is the home then
		t.remember(actor{Member: *in.Subject, p: p})
	}
	return n, nil
}

// wishes is a wish with texts that can be shown, from somebody who may have it as far as the room can say.
func (t *tx) wishes(who actor, w *wire.StageWish) (_ *wire.StageWish, err error) {
	wanted := *w
	switch s := t.silenced[who.Alias]; {
	case w.Apply != nil && s != nil && !s.Shadow:
		return nil, errSilenced(s, t.at)
	case w.Apply != nil && w.Apply.Text != "":
		wanted.Apply = new(*w.Apply)
		wanted.Apply.Text, err = clean("the note", w.Apply.Text, wire.MaxNote)
	case w.Challenge != nil && w.Challenge.Penalty != "":
		wanted.Challenge = new(*w.Challenge)
		wanted.Challenge.Penalty, err = clean("the penalty", w.Challenge.Penalty, wire.MaxPenalty)
	case w.Turn != nil:
		wanted.Turn = new(*w.Turn)
		wanted.Turn.Reason, err = reason(w.Turn.Reason)
	case w.Remove != nil:
		wanted.Remove = new(*w.Remove)
		wanted.Remove.Reason, err = reason(w.Remove.Reason)
	case w.Invite != nil:
		if p := t.people[w.Invite.Who]; p != nil {
			if t.bannedBy(actor{Member: wire.Member{Alias: w.Invite.Who}, who: Who{Device: p.Device, Network: p.Network}}) != nil {
				err = wire.Errorf(wire.Conflict, "they were put out of this room: let them in again first")
			}
		}
	}
	return &wanted, err
}

// subject is whom a wish is about, nil for nobody that the room knows.
func (t *tx) subject(w *wire.StageWish) (*person, wire.Alias) {
	for _, one := range []*wire.StageWho{w.Invite, w.Admit, w.Turn, w.Remove} {
		if one != nil {
			return t.people[one.Who], one.Who
		}
	}
	for _, one := range []*wire.StageSwitch{w.Mute, w.Dark} {
		if one != nil {
			return t.people[one.Who], one.Who
		}
	}
	if w.Place != nil {
		return t.people[w.Place.Who], w.Place.Who
	}
	return nil, ""
}

// leads says whether somebody with a role decides as the show's host does.
func leads(role string) bool { return slices.Contains([]string{"host", "producer", "owner"}, role) }

// oneWish checks that a wish of a stage is one.
func oneWish(w *wire.StageWish) error {
	count := 0
	v := reflect.ValueOf(*w)
	for i := range v.NumField() {
		if !v.Field(i).IsNil() {
			count++
		}
	}
	if count != 1 {
		return wire.Errorf(wire.Invalid, "exactly one thing is wished of a stage at a time; these are %d", count)
	}
	return nil
}

// outside has the stage decide about what happened outside the room.
func (t *tx) outside(in wire.StageInput) error {
	if l := in.Letter; l != nil && len(l.Forget) > 0 {
		return t.forget(l)
	}
	if in.Letter == nil && in.Match == nil && !t.staged.used() {
		return nil
	}
	if p := in.Points; p != nil && p.By != nil {
		if known := t.people[p.By.Alias]; known != nil {
			named := *p
			named.By = &wire.Member{Alias: p.By.Alias, Name: known.Name, Role: known.Role}
			in.Points = &named
		}
	}
	_, err := t.step(in)
	return err
}

// points gives points in a battle, if there is one.
func (t *tx) points(p wire.StagePoints) {
	if !t.staged.used() {
		return
	}
	if _, err := t.step(wire.StageInput{Points: &p}); err != nil {
		t.h.c.Log.Debug("points do not count", "show", t.h.room.show, "kind", p.Kind, "error", err)
	}
}

// renamed calls somebody on the stage as they are called now.
func (t *tx) renamed(who wire.Member) {
	if !t.staged.used() {
		return
	}
	if _, err := t.step(wire.StageInput{Named: &who}); err != nil {
		t.h.c.Log.Warn("somebody is called on stage as they were", "show", t.h.room.show, "error", err)
	}
}

// offStage takes somebody off the stage who has left for good.
func (t *tx) offStage(who wire.Alias) {
	if !t.staged.used() {
		return
	}
	if _, err := t.step(wire.StageInput{Gone: who}); err != nil {
		t.h.c.Log.Warn("somebody is still on stage who was put out", "show", t.h.room.show, "error", err)
	}
}

// tickStage does what time brings on the stage.
func (t *tx) tickStage() {
	for range dueMost {
		if t.staged.stage == nil || t.staged.stage.Due() == 0 || t.staged.stage.Due() > t.at {
			return
		}
		if _, err := t.step(wire.StageInput{Tick: true}); err != nil {
			t.h.c.Log.Warn("a stage does not go on with time", "show", t.h.room.show, "error", err)
			return
		}
	}
}

// step has the stage decide, and takes what comes of it. It returns the number of the first event, 0 for none.
func (t *tx) step(in wire.StageInput) (first int64, err error) {
	if t.staged.stage == nil {
		return 0, wire.Errorf(wire.Unavailable, "this server has no stages")
	}
	in.At = t.at
	out, err := t.staged.stage.Step(in)
	if err != nil {
		return 0, err
	}
	t.stepped = true
	for _, e := range out.Events {
		if n := t.emit(e); first == 0 {
			first = n
		}
	}
	for _, a := range sorted(out.Mine) {
		if p := t.people[a]; p != nil {
			t.notices = append(t.notices, notice{p.Person, wire.RoomFrame{Stage: new(out.Mine[a])}})
		}
	}
	return first, nil
}

// sealStage makes records of what has changed of the stage.
func (t *tx) sealStage() error {
	if !t.stepped {
		return nil
	}
	doc, err := t.staged.stage.Doc()
	if err != nil {
		return err
	}
	if !bytes.Equal(doc, t.staged.doc) {
		t.staged.doc = doc
		t.put(stageKind, "", t.staged.doc)
	}
	if awake := t.staged.stage.Due() > 0 || len(t.staged.stage.Letters()) > 0; awake != t.staged.awake {
		if t.staged.awake = awake; awake {
			t.put(AwakeKind, "", true)
		} else {
			t.put(AwakeKind, "", nil)
		}
	}
	return nil
}

// stage tells the server how the stage is, if that may have changed.
func (h *home) stage(stepped bool) {
	s := &h.state.staged
	h.room.awake.Store(s.awake)
	if s.told != nil && !stepped || !s.used() || h.c.Staged == nil {
		return
	}
	s.told = &Staging{Now: s.stage.Now(true), Letters: s.stage.Letters()}
	h.onStage = true
	h.c.Staged(h.room.show, s.told)
}

// leaveStage tells the server that this process has the stage no more.
func (h *home) leaveStage() {
	h.room.awake.Store(false)
	if h.onStage {
		h.c.Staged(h.room.show, nil)
	}
}
