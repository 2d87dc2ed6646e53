package chat

import (
	"context"
	"encoding/json"
	"errors"

	"vitrine/server/wire"
)

// maxKey is how long the key of a transfer may be, in bytes.
const maxKey = 200

// Credit puts coins into a person's wallet, as for money that was paid, and tells them if they are in a room. The same key again
// changes nothing; for anything else it is refused as KeyReused.
func (h *Hub) Credit(ctx context.Context, person wire.PersonID, coins int64, key string) error {
	return h.transfer(ctx, "credit/"+key, Issue, PersonAccount(person), person, coins)
}

// Debit takes coins out of a person's wallet again, as for money that is given back, as Credit does. If they are not all there it takes
// none: Conflict.
func (h *Hub) Debit(ctx context.Context, person wire.PersonID, coins int64, key string) error {
	err := h.transfer(ctx, "debit/"+key, PersonAccount(person), Issue, person, coins)
	if errors.Is(err, ErrShort) {
		return wire.Errorf(wire.Conflict, "these coins are spent, or not there yet: they cannot be taken back")
	}
	return err
}

func (h *Hub) transfer(ctx context.Context, name string, from, to Account, person wire.PersonID, coins int64) error {
	if person == "" || coins <= 0 || coins > maxCoins || name == "credit/" || name == "debit/" || len(name) > maxKey {
		return wire.Errorf(wire.Invalid, "coins need a person, a number of 1 to %d and a key", maxCoins)
	}
	at := h.c.Now().UnixMilli()
	err := h.c.Storage.Credit(ctx, [2]CoinLine{
		{Transfer: name, Account: from, Coins: -coins, At: at}, {Transfer: name, Account: to, Coins: coins, At: at},
	})
	if err == nil {
		h.tellCoins(ctx, person)
	}
	return err
}

// tellCoins tells somebody what is in their wallet, in all rooms in which they may be, here and in other processes. Who is not told sees
// it when they come again.
func (h *Hub) tellCoins(ctx context.Context, person wire.PersonID) {
	coins, err := h.Coins(ctx, person)
	var shows []wire.ShowID
	if err == nil {
		shows, err = h.c.Storage.RoomsOf(ctx, func(s wire.ShowID) wire.Alias { return AliasOf(s, person) })
	}
	if err != nil {
		h.c.Log.Warn("somebody is not told of their coins", "error", err)
		return
	}
	t := told{Notices: []notice{{person, wire.RoomFrame{Coins: &coins}}}}
	for _, r := range h.open() {
		r.put(t)
	}
	payload, err := json.Marshal(t)
	for _, show := range shows {
		if err == nil {
			err = h.c.Bus.Publish(h.c.Subject(show, "room", "events"), payload)
		}
	}
	if err != nil {
		h.c.Log.Debug("news of coins were not published", "error", err)
	}
}

// open are the rooms of this process.
func (h *Hub) open() (list []*room) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, r := range h.rooms {
		list = append(list, r)
	}
	return list
}

// Coins is what is in a person's wallet.
func (h *Hub) Coins(ctx context.Context, person wire.PersonID) (int64, error) {
	account := PersonAccount(person)
	a, err := h.c.Storage.AskRoom(ctx, "", Questions{Wallets: []Account{account}})
	return a.Wallets[account], err
}
