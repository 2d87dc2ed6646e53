package store

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"vitrine/server/chat"
	"vitrine/server/store/sqlc"
	"vitrine/server/wire"
)

// coins are lines of the ledger of coins, and what they do to wallets.
type coins struct{ lines, wallets rows }

func (c coins) steps(q *sqlc.Queries) []step {
	return []step{
		{"coins", c.lines, q.AddCoinLines},
		{"wallets", c.wallets, q.OpenWallets},
		{"wallets", c.wallets, q.MoveCoins},
	}
}

// coinRows sums up what happens to each wallet, which come in the order in which all take their locks.
func coinRows(list []chat.CoinLine) (c coins) {
	sums := map[chat.Account]int64{}
	for _, l := range list {
		c.lines = append(c.lines, []any{l.Transfer, l.Account, l.Coins, l.At})
		sums[l.Account] += l.Coins
	}
	for _, a := range slices.Sorted(maps.Keys(sums)) {
		c.wallets = append(c.wallets, []any{a, sums[a]})
	}
	return c
}

// Credit implements chat.Storage.
func (s *Store) Credit(ctx context.Context, lines [2]chat.CoinLine) error {
	if lines[0].Coins+lines[1].Coins != 0 {
		return fmt.Errorf("a transfer of %d and %d coins does not sum to zero", lines[0].Coins, lines[1].Coins)
	}
	err := s.atomically(ctx, func(q *sqlc.Queries) error { return put(ctx, coinRows(lines[:]).steps(q)) })
	switch {
	case behind(err) || taken(err):
		return s.credited(ctx, lines)
	case short(err):
		return chat.ErrShort
	case err != nil:
		return fmt.Errorf("credit coins: %w", err)
	}
	return nil
}

// credited checks that a transfer which is there already is the same.
func (s *Store) credited(ctx context.Context, lines [2]chat.CoinLine) error {
	there, err := s.query.CoinLinesOf(ctx, lines[0].Transfer)
	if err != nil {
		return fmt.Errorf("read a transfer of coins: %w", err)
	}
	for _, l := range lines {
		if !slices.ContainsFunc(there, func(r sqlc.CoinLinesOfRow) bool { return r.Account == string(l.Account) && r.Coins == l.Coins }) {
			return wire.Errorf(wire.KeyReused, "this key was used for other coins or another person: take a new one")
		}
	}
	return nil
}

// AuditCoins checks the ledger of coins: all its lines sum to zero, and each wallet has the sum of its own.
func (s *Store) AuditCoins(ctx context.Context) error {
	accounts, err := s.query.CoinSums(ctx)
	if err != nil {
		return fmt.Errorf("audit the coins: %w", err)
	}
	total := int64(0)
	for _, a := range accounts {
		if total += a.Coins; a.Coins != a.Wallet {
			return fmt.Errorf("a wallet has %d coins, and its lines sum to %d", a.Wallet, a.Coins)
		}
	}
	if total != 0 {
		return fmt.Errorf("the ledger of coins sums to %d instead of zero", total)
	}
	return nil
}
