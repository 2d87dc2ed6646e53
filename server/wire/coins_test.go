package wire

import "testing"

func TestAPackIsKnownByItsSKU(t *testing.T) {
	for sku, want := range map[string]int64{
		"COINS-1": 1, "COINS-500": 500, "COINS-1000000": MaxPack, "COINS-1000001": 0, "COINS-": 0, "COINS-0": 0, "COINS-05": 0, "COINS--5": 0,
		"COINS-+5": 0, "coins-5": 0, "RING": 0, "": 0, "COINS-5x": 0, "COINS-99999999999999999999": 0,
	} {
		if got := PackOf(sku); got != want {
			t.Errorf("%q is %d coins, want %d", sku, got, want)
		}
	}
}
