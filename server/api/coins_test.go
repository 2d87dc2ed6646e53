package api

import (
	"testing"

	"vitrine/server/trust"
	"vitrine/server/wire"
)

func TestStaffGivesCoinsOnceAKey(t *testing.T) {
	m := opens(t, nil)
	buyer := m.signsIn("mei@example.com")
	me := gets[wire.Person](buyer, "GET", "/api/me", nil)
	path := "/api/people/" + string(me.ID) + "/coins"
	staff := m.plays(trust.Support)
	staff.refused(wire.PreconditionRequired, "POST", path, wire.GiveCoins{Coins: 30})
	for range 2 {
		if p := gets[wire.Purse](staff, "POST", path, wire.GiveCoins{Coins: 30}, wire.IdempotencyKey, "sorry-1"); p.Coins != 30 {
			t.Errorf("the wallet has %d coins", p.Coins)
		}
	}
	other := gets[wire.Person](m.signsIn("ada@example.com"), "GET", "/api/me", nil)
	staff.refused(wire.KeyReused, "POST", "/api/people/"+string(other.ID)+"/coins", wire.GiveCoins{Coins: 30}, wire.IdempotencyKey, "sorry-1")
	staff.refused(wire.NotFound, "POST", "/api/people/nobody/coins", wire.GiveCoins{Coins: 1}, wire.IdempotencyKey, "sorry-2")
	buyer.refused(wire.Forbidden, "POST", path, wire.GiveCoins{Coins: 1}, wire.IdempotencyKey, "sorry-3")
	if p := gets[wire.Purse](buyer, "GET", "/api/me/coins", nil); p.Coins != 30 {
		t.Errorf("the wallet has %d coins", p.Coins)
	}
}
