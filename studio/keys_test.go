package studio_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"vitrine/studio"
)

func TestKeysAreRememberedAndWhatCannotBeIsRefused(t *testing.T) {
	m := newMachine()
	onSession(t, m, func(ctx context.Context, s *studio.Session) {
		mine := studio.Keys{"sound/mute": "F8", "show/live": ""}
		must(t, s.SetKeys(ctx, mine))
		mine["sound/mute"] = "F9" // the caller's own from here on
		many := studio.Keys{}
		for i := range 300 {
			many[fmt.Sprint(i)] = "F1"
		}
		for name, bad := range map[string]studio.Keys{
			"300 keys": many, "a long key": {"a": strings.Repeat("x", 65)}, "a long name": {strings.Repeat("x", 65): "F1"}, "no name": {"": "F1"},
		} {
			if err := s.SetKeys(ctx, bad); err == nil {
				t.Errorf("%s: taken", name)
			}
		}
		if got := s.Snapshot().Settings.Keys; len(got) != 2 || got["sound/mute"] != "F8" {
			t.Errorf("the keys are %v", got)
		}
	})
	kept, err := studio.ParseSettings(m.keep)
	if key, set := kept.Keys["show/live"]; err != nil || kept.Keys["sound/mute"] != "F8" || !set || key != "" {
		t.Errorf("kept are %v, %v", kept.Keys, err)
	}
	if _, err := studio.ParseSettings([]byte(`{"keys":{"":"F1"}}`)); err == nil {
		t.Error("bad keys are read")
	}
}
