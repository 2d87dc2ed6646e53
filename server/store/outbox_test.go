package store

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"regexp"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"vitrine/server/reach"
	"vitrine/server/reach/reachtest"
	"vitrine/server/trust"
	"vitrine/server/wire"
)

// box is an outbox as its conformance test wants one.
type box struct{ *Outbox }

func (b box) Put(t *testing.T, letters ...reach.Letter) {
	t.Helper()
	for _, l := range letters {
		if err := b.store.AddLetter(t.Context(), l); err != nil {
			t.Fatal(err)
		}
	}
}

func (b box) Reason(t *testing.T, id string) (reason string, waits bool) {
	t.Helper()
	var state string
	err := b.store.db.QueryRowContext(t.Context(), "SELECT reason, state FROM outbox WHERE id = $1", id).Scan(&reason, &state)
	if err != nil {
		t.Fatal(err)
	}
	return reason, state == "waiting"
}

var (
	_ reach.Outbox    = (*Outbox)(nil)
	_ reach.Endpoints = (*Outbox)(nil)
)

// swapped is a box whose webhooks are mails and the other way round, for each kind has its own way to be looked for.
type swapped struct{ box }

func other(k reach.Kind) reach.Kind {
	if k == reach.ByMail {
		return reach.ByWebhook
	}
	return reach.ByMail
}

func (s swapped) Put(t *testing.T, letters ...reach.Letter) {
	t.Helper()
	for _, l := range letters {
		l.Kind = other(l.Kind)
		s.box.Put(t, l)
	}
}

func (s swapped) Due(ctx context.Context, kind reach.Kind, now time.Time, limit int) ([]reach.Letter, error) {
	list, err := s.box.Due(ctx, other(kind), now, limit)
	for i := range list {
		list[i].Kind = other(list[i].Kind)
	}
	return list, err
}

func TestLetters_are_kept_as_reach_wants_it(t *testing.T) {
	for engine, fresh := range engines {
		t.Run(engine, func(t *testing.T) {
			cfg := fresh(t)
			one, two := openAt(t, cfg), openAt(t, cfg)
			empty := func(t *testing.T) box {
				t.Helper()
				for _, table := range []string{"outbox", "leases"} {
					_, err := one.db.ExecContext(t.Context(), "DELETE FROM "+table)
					must(t, err)
				}
				return box{one.Outbox("one", Safe{})}
			}
			reachtest.Outbox(t, func(t *testing.T) reachtest.Box { return empty(t) })
			reachtest.Outbox(t, func(t *testing.T) reachtest.Box { return swapped{empty(t)} })
			reachtest.Shared(t, func(t *testing.T) (reachtest.Box, reachtest.Box) { return empty(t), box{two.Outbox("two", Safe{})} })
		})
	}
}

// safe is a safe with keys of its own.
func safe(t *testing.T, s *Store) Safe {
	t.Helper()
	all, err := s.Safe(t.Context(), trust.NewVault(trust.NewKeyring(), s))
	must(t, err)
	return all
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestAn_endpoint_is_signed_for_with_its_secret_and_for_a_day_with_the_one_before(t *testing.T) {
	for engine, fresh := range engines {
		t.Run(engine, func(t *testing.T) {
			s, ctx := openAt(t, fresh(t)), t.Context()
			at := time.UnixMilli(1_795_291_200_123).UTC()
			s.now = func() time.Time { return at }
			o := s.Outbox("one", safe(t, s))
			wants := func(url string, secrets ...string) {
				t.Helper()
				got, err := o.Endpoint(ctx, "hook")
				if err != nil || got.URL != url || !slices.Equal(got.Secrets, secrets) {
					t.Errorf("got %+v, %v", got, err)
				}
			}
			must(t, o.PutEndpoint(ctx, "hook", "https://a.example", "first"))
			wants("https://a.example", "first")
			must(t, o.PutEndpoint(ctx, "hook", "https://b.example", "second"))
			wants("https://b.example", "second", "first")
			must(t, o.PutEndpoint(ctx, "hook", "https://c.example", ""))
			wants("https://c.example", "second", "first")
			at = at.Add(secretKept)
			wants("https://c.example", "second")

			must(t, o.Disable(ctx, "hook", "it is gone"))
			if _, err := o.Endpoint(ctx, "hook"); wire.CodeOf(err) != wire.NotFound {
				t.Errorf("an endpoint that is off: %v", err)
			}
			list, err := o.Endpoints(ctx)
			want := []wire.Webhook{{ID: "hook", URL: "https://c.example", Disabled: "it is gone"}}
			if err != nil || !cmp.Equal(list, want) {
				t.Errorf("got %+v, %v", list, err)
			}
			must(t, o.PutEndpoint(ctx, "hook", "https://c.example", ""))
			wants("https://c.example", "second")
			must(t, o.DropEndpoint(ctx, "hook"))
			for _, err := range []error{
				o.DropEndpoint(ctx, "hook"), o.PutEndpoint(ctx, "hook", "https://c.example", ""), func() error { _, err := o.Endpoint(ctx, "hook"); return err }(),
			} {
				if wire.CodeOf(err) != wire.NotFound {
					t.Errorf("an endpoint that is removed: %v", err)
				}
			}
			if err := o.PutEndpoint(ctx, "a.b", "https://c.example", "secret"); wire.CodeOf(err) != wire.Invalid {
				t.Errorf("a name with a full stop: %v", err)
			}
		})
	}
}

func TestA_letter_is_emptied_when_it_is_done_and_forgotten_after_thirty_days(t *testing.T) {
	for engine, fresh := range engines {
		t.Run(engine, func(t *testing.T) {
			s, ctx := openAt(t, fresh(t)), t.Context()
			at := time.UnixMilli(1_795_291_200_123).UTC()
			s.now = func() time.Time { return at }
			o := s.Outbox("one", Safe{})
			for _, id := range []string{"sent", "dead", "waits"} {
				must(t, s.AddLetter(ctx, reach.Letter{ID: id, Kind: reach.ByMail, To: id, Type: "order.paid", Body: []byte("sealed"), Due: at}))
			}
			must(t, o.Sent(ctx, "sent"))
			must(t, o.Dead(ctx, "dead", "it is gone"))
			bodies := func() map[string]string {
				t.Helper()
				rows, err := s.db.QueryContext(ctx, "SELECT id, body FROM outbox")
				must(t, err)
				defer rows.Close()
				all := map[string]string{}
				for rows.Next() {
					var id, body string
					must(t, rows.Scan(&id, &body))
					all[id] = body
				}
				must(t, rows.Err())
				return all
			}
			sealed := base64.StdEncoding.EncodeToString([]byte("sealed"))
			at = at.Add(doneKept)
			must(t, s.SweepLetters(ctx))
			if got, want := bodies(), map[string]string{"sent": "", "dead": "", "waits": sealed}; !cmp.Equal(got, want) {
				t.Errorf("got %v", got)
			}
			at = at.Add(time.Millisecond)
			must(t, s.SweepLetters(ctx))
			if got, want := bodies(), map[string]string{"waits": sealed}; !cmp.Equal(got, want) {
				t.Errorf("got %v", got)
			}
		})
	}
}

func TestWhat_the_shop_tells_goes_to_the_buyer_and_to_every_endpoint_that_is_on(t *testing.T) {
	for engine, fresh := range engines {
		t.Run(engine, func(t *testing.T) {
			e, ctx := newEvening(t, fresh(t)), t.Context()
			for _, id := range []string{"mail", "erp", "off"} {
				must(t, e.out.PutEndpoint(ctx, id, "https://"+id+".example", webhook))
			}
			must(t, e.out.Disable(ctx, "off", "it is gone"))
			e.sells("vase", 10, 1500)
			buyer := e.guest(ada.Email)
			order := e.buys(buyer, "vase", 1500, ada)
			names := map[string]bool{}
			for kind, receivers := range map[reach.Kind][]string{reach.ByMail: {string(buyer)}, reach.ByWebhook: {"erp", "mail"}} {
				list, err := e.out.Due(ctx, kind, e.now(), 9)
				must(t, err)
				var to []string
				for _, l := range list {
					var told wire.Order
					must(t, json.Unmarshal(l.Body, &told))
					if l.Type != "order.paid" || told.ID != order || names[l.ID] || !regexp.MustCompile(`^[a-z0-9-]{1,64}$`).MatchString(l.ID) {
						t.Errorf("a letter is %q, of type %s, about %s", l.ID, l.Type, told.ID)
					}
					names[l.ID] = true
					to = append(to, l.To)
				}
				if slices.Sort(to); !slices.Equal(to, receivers) {
					t.Errorf("%s goes to %v, want %v", kind, to, receivers)
				}
			}
		})
	}
}

func TestWhat_is_the_servers_own_is_read_after_a_restart_and_a_new_master_key(t *testing.T) {
	for engine, fresh := range engines {
		t.Run(engine, func(t *testing.T) {
			cfg, ctx, ring := fresh(t), t.Context(), trust.NewKeyring()
			f := trust.Field{Table: "outbox", Row: "a", Name: "body"}
			first, err := openAt(t, cfg).Safe(ctx, trust.NewVault(ring, openAt(t, cfg)))
			must(t, err)
			sealed, err := first.Seal(ctx, f, []byte("a link"))
			must(t, err)

			s := openAt(t, cfg)
			v := trust.NewVault(ring.Rotated(), s)
			second, err := s.Safe(ctx, v)
			must(t, err)
			if n, err := v.Rewrap(ctx); n != 1 || err != nil {
				t.Errorf("%d keys were wrapped anew, %v", n, err)
			}
			if plain, err := second.Open(ctx, f, sealed); err != nil || string(plain) != "a link" {
				t.Errorf("got %q, %v", plain, err)
			}
			if err := s.ErasePerson(ctx, itself, s.now()); wire.CodeOf(err) != wire.NotFound {
				t.Errorf("the server is a person to erase: %v", err)
			}
		})
	}
}

func TestA_server_that_leaves_lets_another_send_at_once(t *testing.T) {
	for engine, fresh := range engines {
		t.Run(engine, func(t *testing.T) {
			s, ctx := openAt(t, fresh(t)), t.Context()
			one, two, at := s.Outbox("one", Safe{}), s.Outbox("two", Safe{}), s.now()
			must(t, s.AddLetter(ctx, reach.Letter{ID: "a", Kind: reach.ByMail, To: "ada", Type: "order.paid", Due: at}))
			for i, c := range []struct {
				asks *Outbox
				told int
			}{{one, 1}, {two, 0}, {two, 0}, {two, 1}, {one, 0}} {
				list, err := c.asks.Due(ctx, reach.ByMail, at, 9)
				if err != nil || len(list) != c.told {
					t.Errorf("question %d: %d letters, %v", i, len(list), err)
				}
				if i == 1 {
					must(t, two.Leave(ctx)) // which sends nothing
				} else if i == 2 {
					must(t, one.Leave(ctx))
				}
			}
		})
	}
}
