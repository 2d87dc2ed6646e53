package prove_test

import (
	"testing"
	"time"
)

func TestNothingIsSoldTwiceWhateverHappens(t *testing.T) {
	for name, postgres := range map[string]bool{"SQLite": false, "PostgreSQL": true} {
		t.Run(name, func(t *testing.T) {
			const purchases = 2000
			e := begin(t, postgres, "short", purchases, 7)
			v := e.runs(48, purchases, 7, 400*time.Millisecond, 6)
			t.Logf("%d calls, %d of unknown outcome, %d entries, %d reservations, %d sold out, %d orders, %d paid, %v, in %v", v.Calls, v.Unknown, v.Entries,
				v.Reservations, v.SoldOut, v.Orders, v.Paid, e.faults, time.Since(e.began))
			if v.SoldOut == 0 || v.Paid == 0 || v.Unknown == 0 {
				t.Error("nothing was tried")
			}
		})
	}
}
