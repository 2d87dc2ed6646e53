package studio

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"vitrine/effects"
)

// SetLook changes what is done to the picture, from the next picture on.
func (s *Session) SetLook(ctx context.Context, l effects.Look) error {
	if err := l.Validate(); err != nil {
		return err
	}
	return s.do(ctx, func() error {
		s.change(func(set *Settings) { set.Look = l })
		s.pictures.rack.Set(l)
		return nil
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
		s.change(func(set *Settings) { set.Voice = v })
		s.sound.setVoice(v)
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
		s.change(func(set *Settings) {
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
	return s.do(ctx, func() error {
		i := s.person(name)
		if i < 0 {
			return errNoPerson
		}
		p := s.settings.People[i]
		s.change(func(set *Settings) { set.Look, set.Voice = p.Look, p.Voice })
		s.pictures.rack.Set(p.Look)
		s.sound.setVoice(p.Voice)
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
		s.change(func(set *Settings) { set.People = slices.Delete(set.People, i, i+1) })
		return nil
	})
}

func (s *Session) person(name string) int {
	return slices.IndexFunc(s.settings.People, func(p Person) bool { return p.Name == name })
}
