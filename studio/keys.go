package studio

import (
	"context"
	"fmt"
	"maps"
)

// Keys are the keys that the host chose, by the names of what they do: "Ctrl+Shift+P", or "" for no key. The window gives them their
// meaning; a name or a key that it does not know is kept, for a version that does.
type Keys map[string]string

// Limits of what is remembered of keys: how many, and how long a name and a key are, in bytes.
const (
	maxKeys    = 256
	maxKeyText = 64
)

// Validate reports the first thing that is wrong, in a sentence for the host.
func (k Keys) Validate() error {
	if len(k) > maxKeys {
		return fmt.Errorf("at most %d keys are remembered, not %d: set some of them back", maxKeys, len(k))
	}
	for name, key := range k {
		if name == "" || len(name) > maxKeyText || len(key) > maxKeyText {
			return fmt.Errorf("the key %.80q of %.80q cannot be remembered: both have at most %d letters", key, name, maxKeyText)
		}
	}
	return nil
}

// SetKeys remembers the keys that the host chose, in place of those that were.
func (s *Session) SetKeys(ctx context.Context, k Keys) error {
	if err := k.Validate(); err != nil {
		return err
	}
	k = maps.Clone(k)
	return s.do(ctx, func() error {
		s.change(func(set *Settings) { set.Keys = k })
		return nil
	})
}
