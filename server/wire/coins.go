package wire

import (
	"strconv"
	"strings"
)

// coinsSKU begins the SKU of a coin pack.
const coinsSKU = "COINS-"

// MaxPack is how many coins a pack has at most.
const MaxPack = 1_000_000

// PackOf is how many coins a unit with that SKU is: COINS-500 is a pack of 500. 0 for what is no pack of 1 to MaxPack coins.
func PackOf(sku string) int64 {
	digits, is := strings.CutPrefix(sku, coinsSKU)
	if !is || digits == "" || digits[0] < '1' || digits[0] > '9' {
		return 0
	}
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || n > MaxPack {
		return 0
	}
	return n
}

// GiveCoins asks to put coins into somebody's wallet.
type GiveCoins struct {
	Coins int64 `json:"coins" minimum:"1" maximum:"1000000000"`
}

// Purse is what is in a wallet.
type Purse struct {
	Coins int64 `json:"coins"`
}
