package server

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"vitrine/server/wire"
)

// mailWith waits until a mail holds a text, and returns it.
func mailWith(t *testing.T, data, text string) (mail string) {
	t.Helper()
	await(t, "the mail with "+text, func() bool {
		files, _ := filepath.Glob(filepath.Join(data, "mail", "*.eml"))
		for _, f := range files {
			b, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			if mail = strings.ReplaceAll(string(b), "=\r\n", ""); strings.Contains(mail, text) { // quoted-printable's soft breaks
				return true
			}
		}
		return false
	})
	return mail
}

func TestABuyerIsWrittenToWhenTheParcelLeavesAndArrives(t *testing.T) {
	data := t.TempDir()
	r := start(t, Config{Data: data, Pay: Payments{Test: true}, Origins: []string{"https://shop.example"}})
	r.sells(1)
	_, placed := r.visitor().buys("0123456789abcdef")
	receipt := mailWith(t, data, "Receipt for order 1")
	if !strings.Contains(receipt, "https://shop.example/withdraw#") {
		t.Errorf("the receipt has no link to withdraw:\n%s", receipt)
	}
	at := "/api/shop/admin/orders/" + string(placed.Order.ID) + "/ship"
	if _, status := asks[wire.Order](r, call{method: "POST", path: at, token: r.operator, body: `{"carrier":"DHL","tracking":"TR1"}`}); status != 200 {
		t.Fatal("shipping is answered", status)
	}
	if mail := mailWith(t, data, "is on its way to you"); !strings.Contains(mail, "Tracking number: TR1") || !strings.Contains(mail, "mei@example.com") {
		t.Error(mail)
	}
	if _, status := asks[wire.Order](r, call{method: "POST", path: at, token: r.operator, body: `{"delivered":true}`}); status != 200 {
		t.Fatal("the delivery is answered", status)
	}
	if mail := mailWith(t, data, "has arrived"); !strings.Contains(mail, "You may withdraw from this purchase until") || !strings.Contains(mail, "/withdraw#") ||
		!strings.Contains(mail, "All your orders: https://shop.example/account") {
		t.Error(mail)
	}
	r.stop()
	if a, err := Audit(t.Context(), Config{Data: data}); err != nil || len(a.Wrong) > 0 {
		t.Errorf("the audit: %+v, %v", a, err)
	}
}
