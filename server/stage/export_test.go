package stage

import "vitrine/server/wire"

// Try decides about an input on a copy, and says how. Whatever it decides, s is as it was.
func (s *State) Try(in wire.StageInput) error {
	fresh := *s
	fresh.doc.Guests, fresh.doc.Battle = s.doc.Guests.clone(), *s.doc.Battle.clone()
	_, err := fresh.Step(in)
	return err
}
