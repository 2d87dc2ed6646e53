package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"testing"

	"vitrine/server/chat"
	"vitrine/server/wire"
)

// roomBatch says something after a head, and gives a coin of somebody's.
func roomBatch(before chat.Head, text string) *chat.Batch {
	n := before.N + 1
	gift := fmt.Sprint("gift/", text)
	return &chat.Batch{
		Show: "demo", Before: before, After: chat.Head{Turn: before.Turn + 1, Epoch: before.Epoch, N: n},
		Events:  []wire.RoomEvent{{N: n, At: 5, By: &wire.Member{Alias: "a", Name: "Ann"}, Said: &wire.Said{Text: text}}},
		Records: []chat.Record{{Kind: "poll", Key: "7", Doc: json.RawMessage(`{"n":7}`)}},
		Votes:   []chat.VoteRow{{About: 7, Alias: wire.Alias(text), Choice: 1, At: 5}},
		Answers: []chat.AnswerRow{{RequestKey: chat.RequestKey{Who: "a", ID: text}, N: n, At: 5}},
		Lines: []chat.CoinLine{
			{Transfer: gift, Account: chat.PersonAccount("ann"), Coins: -1}, {Transfer: gift, Account: chat.HostAccount("demo"), Coins: 1},
		},
	}
}

func topUp(coins int64) [2]chat.CoinLine {
	return [2]chat.CoinLine{
		{Transfer: "credit/1", Account: chat.Issue, Coins: -coins}, {Transfer: "credit/1", Account: chat.PersonAccount("ann"), Coins: coins},
	}
}

func TestARoomIsStoredWholeAndByItsHomeOnly(t *testing.T) {
	everyEngine(t, func(t *testing.T, ctx context.Context, s *Store) {
		must(t, s.Credit(ctx, topUp(2)))
		old, err := s.TakeRoom(ctx, "demo", 0)
		must(t, err)
		first := roomBatch(old, "first")
		must(t, s.CommitRoom(ctx, first))
		if err := s.CommitRoom(ctx, first); !errors.Is(err, chat.ErrBehind) {
			t.Error("the same again:", err)
		}
		home, err := s.TakeRoom(ctx, "demo", 0)
		must(t, err)
		if home.Epoch != old.Epoch+1 || home.N != 1 {
			t.Errorf("the new home has %+v", home)
		}
		if err := s.CommitRoom(ctx, roomBatch(first.After, "late")); !errors.Is(err, chat.ErrBehind) {
			t.Error("an old home writes:", err)
		}
		second := roomBatch(home, "second")
		must(t, s.CommitRoom(ctx, second))
		if err := s.CommitRoom(ctx, roomBatch(second.After, "third")); !errors.Is(err, chat.ErrShort) {
			t.Error("a third of two coins is spent:", err)
		}
		saved, err := s.LoadRoom(ctx, "demo")
		must(t, err)
		if saved.Head != second.After || len(saved.Recent) != 2 || saved.Recent[1].Said.Text != "second" || len(saved.Records) != 1 || len(saved.Votes) != 2 {
			t.Errorf("what is loaded: %+v", saved)
		}
		a, err := s.AskRoom(ctx, "demo", chat.Questions{
			Requests: []chat.RequestKey{{Who: "a", ID: "first"}, {Who: "b", ID: "first"}}, Events: []int64{2, 9}, Wallets: []chat.Account{chat.PersonAccount("ann")},
		})
		must(t, err)
		if len(a.Requests) != 1 || a.Requests[0].N != 1 || len(a.Events) != 1 || a.Wallets[chat.PersonAccount("ann")] != 0 {
			t.Errorf("asked: %+v", a)
		}
		must(t, s.AuditCoins(ctx))
		_, err = s.TakeRoom(ctx, "demo", 6)
		must(t, err)
		if a, err := s.AskRoom(ctx, "demo", chat.Questions{Requests: []chat.RequestKey{{Who: "a", ID: "first"}}}); err != nil || len(a.Requests) != 0 {
			t.Errorf("an old answer is kept: %+v, %v", a, err)
		}
	})
}

func TestACreditCountsOnceAndOfTwoHomesOneBegins(t *testing.T) {
	everyEngine(t, func(t *testing.T, ctx context.Context, s *Store) {
		var all sync.WaitGroup
		var mu sync.Mutex
		epochs := map[int64]int{}
		for range 8 {
			all.Go(func() {
				if err := s.Credit(ctx, topUp(5)); err != nil {
					t.Error(err)
				}
				switch h, err := s.TakeRoom(ctx, "demo", 0); {
				case err == nil:
					mu.Lock()
					defer mu.Unlock()
					epochs[h.Epoch]++
				case !errors.Is(err, chat.ErrBehind):
					t.Error("take:", err)
				}
			})
		}
		all.Wait()
		for epoch, homes := range epochs {
			if homes != 1 {
				t.Errorf("%d homes have epoch %d", homes, epoch)
			}
		}
		a, err := s.AskRoom(ctx, "demo", chat.Questions{Wallets: []chat.Account{chat.PersonAccount("ann")}})
		if err != nil || a.Wallets[chat.PersonAccount("ann")] != 5 {
			t.Errorf("%+v, %v", a, err)
		}
		if err := s.Credit(ctx, topUp(6)); wire.CodeOf(err) != wire.KeyReused {
			t.Error("the same key for more:", err)
		}
		must(t, s.AuditCoins(ctx))
	})
}
