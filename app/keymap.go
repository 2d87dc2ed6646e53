package app

import (
	"maps"

	"vitrine/studio"
)

// keymap says which key does what. No two things share a key.
type keymap struct {
	chords map[string]chord // by the action's name; the zero chord for no key
	names  map[chord]string
}

// keymapOf gives every action its key: the one that the host chose, else its usual one. What the host chose comes first, so a usual key that
// was given to something else is nobody else's; what is remembered and makes no sense here counts as not chosen.
func keymapOf(all []action, chosen studio.Keys) keymap {
	m := keymap{chords: map[string]chord{}, names: map[chord]string{}}
	take := func(a action, c chord) {
		if c.key != "" {
			if _, taken := m.names[c]; taken {
				c = chord{}
			} else {
				m.names[c] = a.id
			}
		}
		m.chords[a.id] = c
	}
	for _, a := range all {
		if text, ok := chosen[a.id]; ok {
			if c, ok := chordOf(text); ok {
				take(a, c)
			}
		}
	}
	for _, a := range all {
		if _, ok := m.chords[a.id]; !ok {
			take(a, a.key)
		}
	}
	return m
}

// fits says whether an action may have a key. Ctrl Z is the toolkit's own word for undo, so nothing else can.
func (a action) fits(c chord) bool { return c.key == "" || c == a.key || c.fit() == fitKey }

// setKeys gives actions other keys and has them remembered. A usual key is remembered as none of the host's choosing, unless what
// the host chose would take it.
func (w *Window) setKeys(keys map[string]chord) {
	want := maps.Clone(w.chosen)
	if want == nil {
		want = studio.Keys{}
	}
	for id, c := range keys {
		if a, ok := w.action(id); ok {
			if want[id] = c.String(); c == a.key {
				delete(want, id)
			}
		}
	}
	w.changeKeys(want)
}

// changeKeys makes the host's choice of keys count, and has it remembered.
func (w *Window) changeKeys(want studio.Keys) {
	w.chosen = want
	w.rekey()
	w.command(w.remember(want))
}
