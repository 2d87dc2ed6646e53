package remote

import (
	"encoding/json"
	"net/http"
	"testing"

	"vitrine/server/wire"
)

func TestRulesAreReadAndChangedFromTheVersionThatWasSeen(t *testing.T) {
	version, rules := 0, wire.DefaultRules()
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		etag := `"` + string(rune('0'+version)) + `"`
		switch {
		case r.Header.Get("Authorization") != "Bearer "+token:
			answer(w, 401, wire.Problem{Code: wire.Unauthenticated})
			return
		case r.URL.Path == "/api/shows/evening/rules/try":
			var q wire.TryText
			_ = json.NewDecoder(r.Body).Decode(&q)
			answer(w, 200, wire.Tried{Outcome: wire.HoldText, Found: q.Text})
			return
		case r.Method == http.MethodPut:
			if version == 0 && r.Header.Get("If-None-Match") != "*" || version > 0 && r.Header.Get("If-Match") != etag {
				answer(w, 412, wire.Problem{Code: wire.Precondition, Detail: "changed"})
				return
			}
			_ = json.NewDecoder(r.Body).Decode(&rules)
			version++
			etag = `"` + string(rune('0'+version)) + `"`
		}
		w.Header().Set("ETag", etag)
		answer(w, 200, rules)
	})
	c, ctx := client(t, nil), t.Context()
	r, seen, err := c.Rules(ctx, s.URL, token, "evening")
	if err != nil || seen != 0 || r.Links != wire.ListedLinks {
		t.Fatalf("%+v, version %d, %v", r, seen, err)
	}
	r.Links = wire.NoLink
	if r, seen, err = c.SetRules(ctx, s.URL, token, "evening", r, 0); err != nil || seen != 1 || r.Links != wire.NoLink {
		t.Errorf("changed to %+v, version %d, %v", r, seen, err)
	}
	if _, seen, err = c.SetRules(ctx, s.URL, token, "evening", r, 1); err != nil || seen != 2 {
		t.Errorf("changed again: version %d, %v", seen, err)
	}
	if _, _, err = c.SetRules(ctx, s.URL, token, "evening", r, 1); wire.CodeOf(err) != wire.Precondition {
		t.Errorf("over another's: %v", err)
	}
	if tried, err := c.TryRules(ctx, s.URL, token, "evening", wire.TryText{Rules: r, Text: "x"}); err != nil || tried.Outcome != wire.HoldText || tried.Found != "x" {
		t.Errorf("tried: %+v, %v", tried, err)
	}
	if _, _, err = c.Rules(ctx, s.URL, "another", "evening"); wire.CodeOf(err) != wire.Unauthenticated {
		t.Errorf("another token: %v", err)
	}
}
