package api

import (
	"testing"

	"vitrine/server/trust"
	"vitrine/server/wire"
)

func TestFollowersAreCountedOnce(t *testing.T) {
	m := opens(t, nil)
	mei, guest, mod := m.signsIn("mei@example.com"), m.browser(), m.plays(trust.Moderator)
	count := func(want int64) {
		t.Helper()
		if f := gets[wire.Followers](mod, "GET", "/api/followers", nil); f.Count != want {
			t.Errorf("%d follow the shop, want %d", f.Count, want)
		}
	}
	for range 2 {
		gets[any](mei, "PUT", "/api/me/follow", nil)
	}
	gets[any](guest, "PUT", "/api/me/follow", nil)
	count(2)
	me := gets[wire.Person](mei, "GET", "/api/me", nil)
	since, follows, err := m.db.Known(t.Context(), me.ID)
	if err != nil || !follows || since.IsZero() {
		t.Error("the account is known", since, follows, err)
	}
	gets[any](mei, "DELETE", "/api/me/follow", nil)
	count(1)
	mei.refused(wire.Forbidden, "GET", "/api/followers", nil)
}
