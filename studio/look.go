package studio

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"vitrine/capture/frame"
	"vitrine/effects"
)

// GradeError says why a grade cannot be worn.
type GradeError struct {
	Name string
	Err  error
}

func (e GradeError) Error() string { return fmt.Sprintf("grade %s: %v", e.Name, e.Err) }

// Unwrap is the cause.
func (e GradeError) Unwrap() error { return e.Err }

// SetLook changes what is done to the picture, from the next picture on. A grade that cannot be read is a GradeError.
func (s *Session) SetLook(ctx context.Context, l effects.Look) error {
	if err := l.Validate(); err != nil {
		return err
	}
	take, err := s.readGrade(l.Grade)
	if err != nil {
		return GradeError{l.Grade, err}
	}
	return s.do(ctx, func() error {
		s.dress(Change{Kind: lookChange(s.settings.Look, l)}, take, func(set *Settings) { set.Look = l })
		return nil
	})
}

// readGrade reads a grade beside the loop, which a slow disk must not hold up, unless it is worn already. On the loop, take
// takes it over.
func (s *Session) readGrade(name string) (take func(), err error) {
	if name == s.Snapshot().Settings.Look.Grade {
		return func() {}, nil
	}
	grade, err := effects.ReadGrade(name, s.c.Open)
	return func() { s.graded, s.grade = name, grade }, err
}

// gradeFailed tells the host that the look goes without its grade.
func (s *Session) gradeFailed(name string, err error) {
	s.notice(Problem{Trouble: GradeFailed, Name: name, Detail: err.Error()})
}

// wear makes the rack follow the look.
func (s *Session) wear() {
	l := s.settings.Look
	if l.Grade != s.graded { // at the start
		grade, err := effects.ReadGrade(l.Grade, s.c.Open)
		if err != nil {
			s.gradeFailed(l.Grade, err)
		}
		s.graded, s.grade = l.Grade, grade
	}
	s.c.Rack.Picture.Set(l, s.grade)
	s.governor.wear(l)
	s.runBackdrop(l.BackdropPath())
}

// runBackdrop runs the picture or video that stands behind the host.
func (s *Session) runBackdrop(path string) {
	if path == s.behind {
		return
	}
	s.behind = path
	after := s.backdrop.end()
	if path == "" {
		s.c.Rack.Picture.Backdrop(nil)
		return
	}
	slot, play := frame.NewSlot(), &frame.Playback{}
	s.c.Rack.Picture.Backdrop(slot)
	in := frame.Input{Kind: frame.File, URL: path, Loop: true}
	s.start(&s.backdrop, after, path, func(ctx context.Context) error {
		defer slot.Drain()
		return ofInput(in, s.c.Devices.CaptureVideo(ctx, in, s.pictures.wanted(), play, s.clock.Now, slot))
	})
}

// Compare shows the picture as it would be without the look while on, to the host only: viewers see the look.
func (s *Session) Compare(ctx context.Context, on bool) error {
	return s.do(ctx, func() error {
		s.pictures.compare.Store(on)
		return nil
	})
}

// SetVoice changes what is done to the microphone's sound, from the next block on.
func (s *Session) SetVoice(ctx context.Context, v effects.Voice) error {
	if err := v.Validate(); err != nil {
		return err
	}
	return s.do(ctx, func() error {
		s.dress(Change{Kind: VoiceChanged}, func() {}, func(set *Settings) { set.Voice = v })
		return nil
	})
}

var errNoPerson = errors.New("nobody is kept under this name")

// KeepPerson keeps the look and the voice of now under a name, in place of what was kept under it before.
func (s *Session) KeepPerson(ctx context.Context, name string) error {
	name, err := cleanName(name)
	if err != nil {
		return err
	}
	return s.do(ctx, func() error {
		i := s.person(name)
		if i < 0 && len(s.settings.People) >= maxPeople {
			return fmt.Errorf("at most %d people can be kept: remove one first", maxPeople)
		}
		s.dress(Change{Kind: PersonKept, Name: name}, func() {}, func(set *Settings) {
			p := Person{Name: name, Look: set.Look, Voice: set.Voice}
			if i < 0 {
				set.People = append(set.People, p)
			} else {
				set.People[i] = p
			}
		})
		return nil
	})
}

// UsePerson takes over the look and the voice that were kept under a name.
func (s *Session) UsePerson(ctx context.Context, name string) error {
	p, err := personOf(s.Snapshot().Settings, name)
	if err != nil {
		return err
	}
	take, missing := s.readGrade(p.Look.Grade)
	return s.do(ctx, func() error {
		if missing != nil {
			s.gradeFailed(p.Look.Grade, missing)
		}
		s.dress(Change{Kind: PersonUsed, Name: name}, take, func(set *Settings) { set.Look, set.Voice = p.Look, p.Voice })
		return nil
	})
}

// RemovePerson forgets what was kept under a name.
func (s *Session) RemovePerson(ctx context.Context, name string) error {
	return s.do(ctx, func() error {
		i := s.person(name)
		if i < 0 {
			return errNoPerson
		}
		s.dress(Change{Kind: PersonRemoved, Name: name}, func() {}, func(set *Settings) { set.People = slices.Delete(set.People, i, i+1) })
		return nil
	})
}

func (s *Session) person(name string) int {
	return slices.IndexFunc(s.settings.People, func(p Person) bool { return p.Name == name })
}

func personOf(set Settings, name string) (Person, error) {
	i := slices.IndexFunc(set.People, func(p Person) bool { return p.Name == name })
	if i < 0 {
		return Person{}, errNoPerson
	}
	return set.People[i], nil
}
