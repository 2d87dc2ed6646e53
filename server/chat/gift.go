package chat

import (
	"fmt"
	"time"

	"vitrine/server/wire"
)

const (
	// giftsOf is how many of a gift one may give at once, comboWithin how soon after the one before it belongs to the same combo.
	giftsOf     = 100
	comboWithin = 10 * time.Second
	maxCoins    = 1_000_000_000
)

// gift gives the host something, for coins.
func (t *tx) gift(who actor, q wire.GiveGift) (int64, error) {
	g, ok := t.h.room.hub.gifts[q.Gift]
	switch {
	case !ok:
		return 0, wire.Errorf(wire.NotFound, "there is no such gift")
	case q.Count < 1 || q.Count > giftsOf:
		return 0, wire.Errorf(wire.Invalid, "1 to %d gifts can be given at once; these are %d", giftsOf, q.Count)
	}
	cost, wallet := g.Coins*int64(q.Count), PersonAccount(who.who.Person)
	if has := t.coins[wallet]; has < cost {
		return 0, wire.Errorf(wire.Conflict, "this costs %d coins, and your wallet has %d: top it up first", cost, has).Because("coins")
	}
	t.remember(who)
	row := combo{q.Gift, q.Count, t.at}
	if last := t.combos[who.Alias]; last.gift == q.Gift && t.at-last.at <= comboWithin.Milliseconds() {
		row.count += last.count
	}
	n := t.emit(wire.RoomEvent{By: &who.Member, Gifted: &wire.Gifted{Gift: q.Gift, Count: q.Count, Combo: row.count, Coins: cost}})
	transfer := fmt.Sprintf("gift/%s/%d", t.h.room.show, n)
	t.batch.Lines = append(t.batch.Lines,
		CoinLine{Transfer: transfer, Account: wallet, Coins: -cost, At: t.at},
		CoinLine{Transfer: transfer, Account: HostAccount(t.h.room.show), Coins: cost, At: t.at})
	t.coins[wallet] -= cost
	left := t.coins[wallet]
	t.notices = append(t.notices, notice{who.who.Person, wire.RoomFrame{Coins: &left}})
	t.main.Given += cost
	t.points(wire.StagePoints{Kind: wire.PointsGift, By: &who.Member, Units: cost})
	t.putMain()
	return n, nil
}
