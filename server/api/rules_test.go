package api

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"vitrine/server/moderation"
	"vitrine/server/trust"
	"vitrine/server/wire"
)

// censor keeps rules in memory and judges by them as the server's does.
type censor struct {
	mu      sync.Mutex
	rules   wire.Rules
	version int64
}

func (c *censor) Rules() (wire.Rules, int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.rules, c.version
}

func (c *censor) SetRules(_ context.Context, r wire.Rules, seen int64) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if seen != c.version {
		return wire.Errorf(wire.Precondition, "somebody else has changed this")
	}
	if err := moderation.Rules(r).Validate(); err != nil {
		return err
	}
	c.rules, c.version = r, c.version+1
	return nil
}

func (c *censor) Try(q wire.TryText) (wire.Tried, error) {
	book, err := moderation.Rules(q.Rules).Compile()
	if err != nil {
		return wire.Tried{}, err
	}
	return wire.Tried(moderation.New(moderation.Config{}).Try(moderation.Message{Text: q.Text}, book)), nil
}

// ruled is a market with rules and an evening show; shows has its token.
func ruled(t *testing.T) (m *market, shows *browser) {
	t.Helper()
	m = opens(t, nil, func(c *Config) { c.Censor = &censor{rules: wire.DefaultRules()} })
	if err := m.db.CreateShow(context.Background(), wire.NewShow{ID: "evening"}, sha256.Sum256([]byte("the show's token"))); err != nil {
		t.Fatal(err)
	}
	shows = m.browser()
	shows.token = "the show's token"
	return m, shows
}

// puts sends rules, seen in a version.
func (b *browser) puts(seen string, r wire.Rules) said {
	b.m.t.Helper()
	return b.asks(http.MethodPut, "/api/shows/evening/rules", r, "If-Match", seen)
}

func TestTheRulesOfTheRoomAreOpenToThoseWhoMayAndToTheShowsToken(t *testing.T) {
	m, shows := ruled(t)
	guesses := m.browser()
	guesses.token = "a guess"
	type player struct {
		who        *browser
		read, edit int // what is answered
	}
	refused := func(code int) player { return player{read: code, edit: code} }
	players := map[string]player{"nobody": refused(401), "a guess": refused(401), "a buyer": refused(403)}
	for name, who := range map[string]*browser{"nobody": m.browser(), "a guess": guesses, "a buyer": m.signsIn("b@shop.example")} {
		p := players[name]
		p.who = who
		players[name] = p
	}
	may := func(r trust.Role, a trust.Action, good int) int {
		if r.May(a) {
			return good
		}
		return 403
	}
	for _, r := range trust.Roles() {
		if r.Staff() {
			players[string(r)] = player{m.plays(r), may(r, trust.ChatModerate, 200), may(r, trust.ChatRules, 428)}
		}
	}
	players["the show's token"] = player{shows, may(trust.Host, trust.ChatModerate, 200), may(trust.Host, trust.ChatRules, 428)}
	players["an operator"] = player{m.operates(), 200, 428}
	for name, p := range players {
		if got := p.who.asks("GET", "/api/shows/evening/rules", nil).status; got != p.read {
			t.Errorf("%s reads: %d", name, got)
		}
		if got := p.who.asks("POST", "/api/shows/evening/rules/try", wire.TryText{Rules: wire.DefaultRules(), Text: "hello"}).status; got != p.read {
			t.Errorf("%s tries: %d", name, got)
		}
		if got := p.who.asks("PUT", "/api/shows/evening/rules", wire.DefaultRules()).status; got != p.edit { // no version was seen
			t.Errorf("%s edits: %d", name, got)
		}
	}
	for _, who := range []*browser{shows, players[string(trust.Host)].who} {
		if got := who.asks("GET", "/api/shows/morning/rules", nil).status; got != 404 {
			t.Errorf("a show that there is not: %d", got)
		}
	}
}

func TestRulesAreChangedFromTheVersionThatWasSeenAndNeverOverAnother(t *testing.T) {
	_, shows := ruled(t)
	r := wire.DefaultRules()
	for len(r.Words) < 800 { // more than other bodies may hold
		r.Words = append(r.Words, wire.BlockedWord{Text: strings.Repeat("z", 1+len(r.Words)%70), Class: wire.SpamText, Outcome: wire.BlockText})
	}
	first := shows.asks(http.MethodPut, "/api/shows/evening/rules", r, "If-None-Match", "*")
	if first.status != 200 || first.header.Get("ETag") != `"1"` {
		t.Fatalf("the first rules: %d %s", first.status, first.body)
	}
	r.Words = r.Words[:1]
	if got := shows.puts(`"1"`, r); got.status != 200 || got.header.Get("ETag") != `"2"` {
		t.Errorf("the second: %d %s", got.status, got.body)
	}
	if got := shows.puts(`"1"`, wire.DefaultRules()); got.status != 412 || got.problem().Code != wire.Precondition {
		t.Errorf("over another's: %d %s", got.status, got.body)
	}
	r.Links = "some"
	if got := shows.puts(`"2"`, r); got.status != 400 {
		t.Errorf("rules that nobody understands: %d %s", got.status, got.body)
	}
	var kept wire.Rules
	got := shows.asks("GET", "/api/shows/evening/rules", nil)
	if err := json.Unmarshal(got.body, &kept); err != nil || got.header.Get("ETag") != `"2"` || !slices.Equal(kept.Words, r.Words) || kept.Links != wire.ListedLinks {
		t.Errorf("kept: %v %+v", err, kept)
	}
}

func TestATextIsTriedUnderRulesThatDoNotCountYet(t *testing.T) {
	_, shows := ruled(t)
	q := wire.TryText{Rules: wire.DefaultRules(), Text: "buy it at the Rival"}
	if got := gets[wire.Tried](shows, "POST", "/api/shows/evening/rules/try", q); got.Outcome != wire.PublishText {
		t.Errorf("without the word: %+v", got)
	}
	q.Rules.Words = []wire.BlockedWord{{Text: "rival*", Class: wire.SpamText, Outcome: wire.BlockText}}
	for range 4 { // nothing is noted: it is no repeat
		got := gets[wire.Tried](shows, "POST", "/api/shows/evening/rules/try", q)
		if got.Outcome != wire.BlockText || got.Rule != "word" || got.Found != "rival*" || got.Words == "" {
			t.Errorf("with it: %+v", got)
		}
	}
	q.Rules.Hosts = []string{"https://"}
	if got := shows.asks("POST", "/api/shows/evening/rules/try", q).status; got != 400 {
		t.Errorf("rules that cannot be: %d", got)
	}
}
