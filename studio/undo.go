package studio

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"vitrine/effects"
)

// ChangeKind says in one word what was changed, so that the window can say it in the host's language.
type ChangeKind string

// Kinds of what can be undone.
const (
	SourceRemoved     ChangeKind = "source_removed"
	LookChanged       ChangeKind = "look"
	BackgroundChanged ChangeKind = "background"
	VoiceChanged      ChangeKind = "voice"
	PersonUsed        ChangeKind = "person_used"
	PersonKept        ChangeKind = "person_kept"
	PersonRemoved     ChangeKind = "person_removed"
	CardChanged       ChangeKind = "card"
	ProductAdded      ChangeKind = "product_added"
	ProductChanged    ChangeKind = "product_changed"
	ProductMoved      ChangeKind = "product_moved"
	ProductHidden     ChangeKind = "product_hidden"
	ProductShown      ChangeKind = "product_shown" // no longer hidden
	EditDropped       ChangeKind = "edit_dropped"
	ProductsImported  ChangeKind = "products_imported"
)

// Change is something that the host changed and can take back.
type Change struct {
	// Seq numbers changes from 1 in a session.
	Seq  int
	Kind ChangeKind
	// Name is the source, person or product it is about, "" for others.
	Name string
}

// step is a change and the way back from it.
type step struct {
	Change
	// back takes the change back, on the loop; after an error the change stands.
	back func() error
	// control is what the host moved last at when, from before; "" where every change is a step of its own.
	control string
	when    time.Time
	before  Settings
}

// maxSteps is how many changes can be undone.
const maxSteps = 50

// together is within what time changes of one control are one step, as when a fader is dragged.
const together = time.Second

// ofShop says that a change is of the shop's products.
func (s *step) ofShop() bool {
	return strings.HasPrefix(string(s.Kind), "product") || s.Kind == EditDropped
}

// did notes a change, newest first.
func (s *Session) did(c Change, back func() error) *step {
	s.changes++
	c.Seq = s.changes
	s.steps = slices.Insert(s.steps, 0, &step{Change: c, back: back, when: time.Now()})
	s.steps = s.steps[:min(len(s.steps), maxSteps)]
	return s.steps[0]
}

// Undo takes back what was changed last of all that can be undone, and says what that was.
func (s *Session) Undo(ctx context.Context) (done Change, err error) {
	err = s.do(ctx, func() error {
		if len(s.steps) == 0 {
			return errors.New("there is nothing to undo")
		}
		last := s.steps[0]
		if err := last.back(); err != nil {
			return err
		}
		s.steps, done = slices.Delete(s.steps, 0, 1), last.Change
		return nil
	})
	return done, err
}

// dress changes look, voice or people as edit says, and notes the way back. take takes the new look's grade over; the grade
// worn before is kept with the step, so that the way back asks no disk.
func (s *Session) dress(c Change, take func(), edit func(*Settings)) {
	before, graded, grade := s.settings, s.graded, s.grade
	take()
	s.change(edit)
	s.follow()
	control := moved(before, s.settings)
	if control == "" {
		return
	}
	if s.joins(c, control) {
		last := s.steps[0]
		last.when = time.Now()
		if moved(last.before, s.settings) == "" { // there and back
			s.steps = slices.Delete(s.steps, 0, 1)
		}
		return
	}
	done := s.did(c, func() error {
		s.change(func(set *Settings) { set.Look, set.Voice, set.People = before.Look, before.Voice, before.People })
		s.graded, s.grade = graded, grade
		s.follow()
		return nil
	})
	done.control, done.before = control, before
}

// joins says whether a change of a control goes on with the last step.
func (s *Session) joins(c Change, control string) bool {
	if len(s.steps) == 0 || c.Name != "" {
		return false
	}
	last := s.steps[0]
	return last.Kind == c.Kind && last.control == control && time.Since(last.when) < together
}

// follow makes the rack follow look and voice.
func (s *Session) follow() {
	s.wear()
	s.followVoice()
}

// moved names the controls by which look, voice and people of two settings differ, "" if they do not.
func moved(a, b Settings) string {
	people := ""
	if !slices.Equal(a.People, b.People) {
		people = "people"
	}
	return differ("look", reflect.ValueOf(a.Look), reflect.ValueOf(b.Look)) +
		differ("voice", reflect.ValueOf(a.Voice), reflect.ValueOf(b.Voice)) + people
}

// differ names the fields and elements in which two values of one type differ.
func differ(name string, a, b reflect.Value) (names string) {
	switch a.Kind() {
	case reflect.Struct:
		for i := range a.NumField() {
			names += differ(name+"."+a.Type().Field(i).Name, a.Field(i), b.Field(i))
		}
	case reflect.Array:
		for i := range a.Len() {
			names += differ(fmt.Sprint(name, i), a.Index(i), b.Index(i))
		}
	default:
		if !a.Equal(b) {
			names = name + " "
		}
	}
	return names
}

// lookChange is the kind of the change from one look to another.
func lookChange(from, to effects.Look) ChangeKind {
	from.Background, from.Blur, from.Backdrop = to.Background, to.Blur, to.Backdrop
	if from == to {
		return BackgroundChanged
	}
	return LookChanged
}
