package store

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"vitrine/server/chat"
	"vitrine/server/trust"
	"vitrine/server/wire"
)

// alone is a bus on which nobody else is.
type alone struct{}

func (alone) Publish(string, []byte) error { return nil }

func (alone) Request(context.Context, string, []byte) ([]byte, error) { return nil, chat.ErrNobody }

func (alone) Follow(ctx context.Context, _ string, _ func([]byte), _ func()) error {
	<-ctx.Done()
	return nil
}

func (alone) Serve(ctx context.Context, _ string, _ func([]byte, func([]byte) error), back func()) error {
	back()
	<-ctx.Done()
	return nil
}

// wary holds what says so.
type wary struct{}

func (wary) Judge(t chat.Text, _ time.Time) chat.Judgement {
	if strings.HasPrefix(t.Text, "hold") {
		return chat.Judgement{Outcome: chat.Hold, Class: "spam"}
	}
	return chat.Judgement{Outcome: chat.Publish}
}

func (wary) Learn(wire.ShowID, string, bool) {}

// talks opens the rooms of the evening; close ends them.
func (e *evening) talks() (hub *chat.Hub, end func()) {
	e.t.Helper()
	hub, err := chat.New(chat.Config{
		Storage: e.db, Bus: alone{}, Subject: func(s wire.ShowID, w ...string) string { return string(s) + strings.Join(w, ".") },
		Judge: wary{}, Now: e.now, Log: e.log(),
	})
	must(e.t, err)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- hub.Run(ctx) }()
	end = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			e.t.Error("the rooms ended with", err)
		}
	})
	e.t.Cleanup(end)
	return hub, end
}

func TestWhoIsErasedIsInNoTableOfTheRooms(t *testing.T) {
	for engine, fresh := range engines {
		t.Run(engine, func(t *testing.T) {
			cfg, ctx := fresh(t), t.Context()
			e := newEvening(t, cfg)
			must(t, e.out.PutEndpoint(ctx, "erp", "https://erp.example/hook", webhook))
			hub, end := e.talks()
			who := chat.Who{Person: e.member(ada.Email, password), Name: "Countess Lovelace", Device: "her-own-device", Network: "192.0.2.77"}
			other := chat.Who{Person: e.guest(grace.Email), Name: "Rear Admiral", Network: "192.0.2.78"}
			host := chat.Who{Person: "studio.host", Name: "Mei", Role: "host"}
			does := func(w chat.Who, q wire.RoomRequest) int64 {
				t.Helper()
				e.clock.Add(10_000)
				q.ID = "r-" + e.key()
				a := hub.Do(ctx, "demo", w, q)
				if a.Error != nil {
					t.Fatalf("%+v", a.Error)
				}
				return a.N
			}
			must(t, hub.Credit(ctx, who.Person, 10, "pack-1"))
			said := does(who, wire.RoomRequest{Say: &wire.Say{Text: "my difference engine is broken"}})
			does(who, wire.RoomRequest{Ask: &wire.AskHost{Text: "who mends a difference engine?"}})
			held := does(who, wire.RoomRequest{Say: &wire.Say{Text: "hold my analytical engine"}})
			poll := does(host, wire.RoomRequest{Poll: &wire.StartPoll{Question: "Tea?", Options: []string{"yes", "no"}}})
			does(who, wire.RoomRequest{Vote: &wire.Vote{Poll: poll}})
			called := does(other, wire.RoomRequest{Say: &wire.Say{Text: "hello @countess lovelace, and hello world"}})
			does(who, wire.RoomRequest{Report: &wire.ReportLine{Line: called, Reason: "he mocks my Bernoulli numbers"}})
			does(other, wire.RoomRequest{Report: &wire.ReportLine{Line: said, Reason: "off topic"}})
			does(host, wire.RoomRequest{Judge: &wire.Judged{Held: held, Decision: wire.Escalate}})
			does(host, wire.RoomRequest{Silence: &wire.SilenceOne{Who: chat.AliasOf("demo", who.Person), Ban: true, Reason: "no more"}})
			does(host, wire.RoomRequest{Pin: &wire.Numbered{N: called}})
			traces := scan{[]string{"Lovelace", "difference engine", "analytical engine", "Bernoulli", who.Device, who.Network, string(chat.AliasOf("demo", who.Person))}}
			all := dump(t, e.db, cfg)
			for _, where := range []string{"room_events.doc", "room_records.doc", "room_votes.alias", "room_answers.who", "outbox.body"} {
				if len(traces.finds(all[where])) == 0 {
					t.Errorf("%s holds no trace of them: it proves nothing", where)
				}
			}
			kept, err := e.gate.Export(ctx, who.Person, map[string]trust.Exporter{"rooms": hub})
			must(t, err)
			for _, what := range []string{"my difference engine", "mends a difference", "my analytical", "Bernoulli", `"coins": 10`} {
				if !strings.Contains(string(kept), what) {
					t.Errorf("the export lacks %q", what)
				}
			}

			must(t, e.gate.Erase(ctx, who.Person, []trust.Eraser{hub}))
			end()
			e.close()
			must(t, e.db.AuditCoins(ctx))
			if cfg.Folder != "" {
				must(t, e.db.db.QueryRowContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)").Err())
			}
			traces.needles = traces.needles[:len(traces.needles)-1] // the alias stays with the numbers
			all = dump(t, e.db, cfg)
			all["the logs"] = e.logs.Bytes()
			for where, b := range all {
				for _, what := range traces.finds(b) {
					t.Errorf("%s still holds %q", where, what)
				}
			}
			for _, where := range []string{"room_votes.alias", "room_answers.who"} {
				if strings.Contains(string(all[where]), string(chat.AliasOf("demo", who.Person))) {
					t.Errorf("%s still says who it was", where)
				}
			}
			if !strings.Contains(string(all["room_events.doc"]), "and hello world") || !strings.Contains(string(all["coin_lines.account"]), string(who.Person)) {
				t.Error("what others said, or the coins, went too")
			}
		})
	}
}
