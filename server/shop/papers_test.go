package shop

import (
	"bytes"
	"encoding/csv"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"vitrine/server/wire"
)

// papersGolden compares with a file of testdata; with GOLDEN=write in the environment it writes the file.
func papersGolden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if os.Getenv("GOLDEN") == "write" {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(want) != got {
		t.Errorf("%s is another:\n%s", path, got)
	}
}

// papersOrder is an order by a buyer who tries to write into other people's papers.
func papersOrder(t *testing.T, terms Terms, number int64, items ...Item) wire.Order {
	t.Helper()
	to := wire.Address{
		Name: "Ada <b>Lovelace</b>", Street: "=HYPERLINK(\"https://evil.example\")", Zip: "10117", City: "Berlin\r\nTotal: 0.00 EUR",
		Country: "DE", Phone: "+49 30 1234",
	}
	q, err := terms.Quote(items, to, []Coupon{{Code: "LENA10", Percent: 1000}}, "")
	if err != nil {
		t.Fatal(err)
	}
	made := time.Date(2026, 11, 21, 22, 59, 0, 0, time.UTC)
	return wire.Order{
		ID: wire.OrderID("o-" + items[0].Reservation), Number: number, State: wire.OrderCaptured, Lines: q.Lines, Totals: q.Totals,
		Coupons: []wire.CouponCode{"LENA10"}, Shipping: q.Shipping.Name, Pay: wire.PayStripe, Made: made, Paid: made.Add(2 * time.Minute),
		Cancellable: CancelUntil(made, time.Time{}), Withdrawable: terms.WithdrawUntil(made.AddDate(0, 0, 3)),
		Contact: &wire.Contact{Email: "ada@example.org", Address: to},
	}
}

func papersItems(t Terms) (shirt, book Item) {
	shirt = Item{Reservation: "r1", Title: "Shirt, “blue”", SKU: "S-1", Quantity: 2, Price: t.money(3998)}
	book = Item{Reservation: "r2", Title: "<script>alert(1)</script>\nTotal: 1 EUR", Quantity: 1, Price: t.money(1000), Tax: wire.ReducedTax}
	return shirt, book
}

func TestReceipts(t *testing.T) {
	terms := termsOf(t, "terms_de.json")
	shirt, book := papersItems(terms)
	o := papersOrder(t, terms, 1024, shirt, book)
	const link = "https://shop.example/withdraw#t=1.a.b"
	for _, language := range []string{"en", "zh-CN", "es-MX"} {
		p, err := terms.Receipt(o, language, link)
		if err != nil {
			t.Fatal(err)
		}
		papersGolden(t, "papers_receipt_"+language[:2]+".txt", p.Title+"\n\n"+p.Text)
		papersGolden(t, "papers_receipt_"+language[:2]+".html", p.HTML)
		if strings.Contains(p.HTML, "<script") || strings.Contains(p.HTML, "<b>") || strings.Contains(p.Text, "\nTotal: 0.00") || strings.Contains(p.Text, "\nTotal: 1 EUR") {
			t.Errorf("what people wrote is taken for more than text:\n%s\n%s", p.Text, p.HTML)
		}
	}
	bare, err := Terms{}.Receipt(wire.Order{Number: 7}, "", "")
	if err != nil || strings.Contains(bare.Text, "withdraw") || strings.Contains(bare.HTML, "<a ") {
		t.Errorf("an order of nothing: %v\n%s", err, bare.Text)
	}
	if _, err := terms.Receipt(o, "en", "javascript:alert(1)"); err == nil {
		t.Error("a script is taken for a link")
	}
}

func TestAReceiptShowsTaxThatIsAdded(t *testing.T) {
	terms := Terms{Currency: "USD", Home: "US", Rates: map[string]Rates{"US": {Standard: 725}}, Shipping: []Way{{Name: "Mail", Countries: []string{"*"}}}}
	q, err := terms.Quote([]Item{{Title: "Mug", Quantity: 1, Price: terms.money(1000)}}, wire.Address{Country: "US"}, nil, "")
	if err != nil {
		t.Fatal(err)
	}
	p, err := terms.Receipt(wire.Order{Lines: q.Lines, Totals: q.Totals, Refunded: terms.money(100)}, "en", "")
	for _, line := range []string{"\nTax: 0.73 USD\nTotal: 10.73 USD\nRefunded: 1.00 USD\n", "\n7.25 %: net 10.00 USD, tax 0.73 USD\n"} {
		if err != nil || !strings.Contains(p.Text, line) {
			t.Errorf("%q is missing, %v:\n%s", line, err, p.Text)
		}
	}
}

func TestOrdersToOneAddressAreOneParcel(t *testing.T) {
	terms := termsOf(t, "terms_de.json")
	shirt, book := papersItems(terms)
	late, early, other, back := papersOrder(t, terms, 12, book), papersOrder(t, terms, 10, shirt), papersOrder(t, terms, 11, shirt, book), papersOrder(t, terms, 13, shirt)
	respelt := *late.Contact
	respelt.Address.Name = " ada  <B>lovelace</b>"
	late.Contact = &respelt
	elsewhere := *other.Contact
	elsewhere.Address.Street = "-1+1"
	other.Contact = &elsewhere
	other.Lines[0].Refunded = terms.money(totalsPaid(other.Lines[0], true))
	back.Lines[0].Refunded = terms.money(totalsPaid(back.Lines[0], true))
	orders := []wire.Order{late, other, back, early}
	p, err := PackingList(orders, "en-GB")
	if err != nil {
		t.Fatal(err)
	}
	papersGolden(t, "papers_packing_en.txt", p.Text)
	papersGolden(t, "papers_packing_en.html", p.HTML)
	if p, err = PackingList(orders, "ZH"); err != nil {
		t.Fatal(err)
	}
	papersGolden(t, "papers_packing_zh.txt", p.Text)
	var table bytes.Buffer
	if err := PackingCSV(&table, orders, false); err != nil {
		t.Fatal(err)
	}
	papersGolden(t, "papers_packing.csv", table.String())
	early.Contact = nil
	if err := PackingCSV(&table, []wire.Order{early}, false); wire.CodeOf(err) != wire.Invalid {
		t.Errorf("an order without an address gives %v", err)
	}
}

func TestOrdersAreExportedForSpreadsheets(t *testing.T) {
	terms := termsOf(t, "terms_de.json")
	shirt, book := papersItems(terms)
	yen := wire.Order{ID: "o-3", Number: 3, Totals: wire.Totals{Total: wire.Money{Minor: 1999, Currency: "JPY"}}}
	var plain, excel bytes.Buffer
	orders := []wire.Order{papersOrder(t, terms, 1, shirt, book), yen}
	if err := OrdersCSV(&plain, orders, false); err != nil {
		t.Fatal(err)
	}
	papersGolden(t, "papers_orders.csv", plain.String())
	if err := OrdersCSV(&excel, orders, true); err != nil || excel.String() != "\ufeff"+plain.String() {
		t.Errorf("for Excel: %v, %q", err, excel.String())
	}
}

func FuzzCell(f *testing.F) {
	for _, s := range []string{"", "a", "=1+1", "+49", "-1", "@A1", "＝1", "\t=1", "\r=1", "\r\n=1", "a,b", "a;=b", `"`, "a\r\nb", "a\rb", "'=1", "\x00", "\xff"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		var table bytes.Buffer
		if err := papersTable(&table, [][]string{{"x", papersCell(s)}}, false); err != nil {
			t.Fatal(err)
		}
		rows, err := csv.NewReader(&table).ReadAll()
		if err != nil || len(rows) != 1 || len(rows[0]) != 2 {
			t.Fatalf("%q is read as %q, %v", s, rows, err)
		}
		got, want := rows[0][1], strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\r", "\n")
		dangerous := strings.IndexAny(want, "=+-@\t\n＝＋－＠") == 0
		if dangerous && got != "'"+want || !dangerous && got != want {
			t.Errorf("%q comes back as %q", s, got)
		}
	})
}
