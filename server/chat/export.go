package chat

import (
	"context"

	"vitrine/server/wire"
)

// Kept is what rooms have of somebody, for them to have.
type Kept struct {
	Rooms   []KeptRoom  `json:"rooms,omitempty"`
	Wallets []Wallet    `json:"wallets,omitempty"`
	Reports ReporterRow `json:"reports"`
}

// KeptRoom is what a room has of somebody: events that they made or that tell of them, as the staff sees them, and their votes.
type KeptRoom struct {
	Show   wire.ShowID      `json:"show"`
	Alias  wire.Alias       `json:"alias"`
	Events []wire.RoomEvent `json:"events"`
	Votes  []VoteRow        `json:"votes"`
}

// Wallet is somebody's coins: how many, and how they came and went.
type Wallet struct {
	Person wire.PersonID `json:"person"`
	Coins  int64         `json:"coins"`
	Lines  []CoinLine    `json:"lines"`
}

// Export returns what rooms have of the people, who are all the same person (GDPR, article 20); nil for nothing.
func (h *Hub) Export(ctx context.Context, people []wire.PersonID) (any, error) {
	var all Kept
	for _, p := range people {
		shows, err := h.c.Storage.RoomsOf(ctx, func(s wire.ShowID) wire.Alias { return AliasOf(s, p) })
		if err != nil {
			return nil, err
		}
		for _, show := range shows {
			one := KeptRoom{Show: show, Alias: AliasOf(show, p)}
			a, err := h.c.Storage.AskRoom(ctx, show, Questions{Holding: []string{string(one.Alias)}, VotesOf: []wire.Alias{one.Alias}})
			if err != nil {
				return nil, err
			}
			if one.Events, one.Votes = a.Events, a.Votes; len(one.Events)+len(one.Votes) > 0 {
				all.Rooms = append(all.Rooms, one)
			}
		}
		if err := h.wallet(ctx, p, &all); err != nil {
			return nil, err
		}
	}
	if len(all.Rooms)+len(all.Wallets) == 0 {
		return nil, nil
	}
	return all, nil
}

// wallet adds somebody's coins, and how their reports were judged.
func (h *Hub) wallet(ctx context.Context, p wire.PersonID, all *Kept) error {
	account := PersonAccount(p)
	a, err := h.c.Storage.AskRoom(ctx, "", Questions{Wallets: []Account{account}, Reporters: []wire.PersonID{p}})
	if err != nil {
		return err
	}
	for _, r := range a.Reporters {
		all.Reports.Upheld += r.Upheld
		all.Reports.Refused += r.Refused
	}
	w := Wallet{Person: p, Coins: a.Wallets[account]}
	if w.Lines, err = h.c.Storage.CoinLines(ctx, account); err != nil {
		return err
	}
	if len(w.Lines) > 0 {
		all.Wallets = append(all.Wallets, w)
	}
	return nil
}
