package remote

import (
	"net/http"
	"testing"

	"vitrine/server/wire"
)

func TestHostsAreFoundByWhatWasTyped(t *testing.T) {
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.Header.Get("Authorization") != "Bearer "+token:
			answer(w, 401, wire.Problem{Code: wire.Unauthenticated})
		case r.Method != http.MethodGet || r.URL.Path != "/api/stage/hosts":
			answer(w, 404, wire.Problem{Code: wire.NotFound})
		default:
			answer(w, 200, wire.BattleHosts{Hosts: []wire.BattleHost{{BattleRoom: wire.BattleRoom{Show: "morning", Name: r.URL.Query().Get("q")}}}})
		}
	})
	c, ctx := client(t, nil), t.Context()
	for _, q := range []string{"", "Tom & Söhne?"} {
		if found, err := c.FindHosts(ctx, s.URL, token, q); err != nil || len(found) != 1 || found[0].Name != q {
			t.Errorf("%q: %+v, %v", q, found, err)
		}
	}
	if _, err := c.FindHosts(ctx, s.URL, "another", "x"); wire.CodeOf(err) != wire.Unauthenticated {
		t.Errorf("another token: %v", err)
	}
}
