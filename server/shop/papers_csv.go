package shop

import (
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"vitrine/server/wire"
)

// papersBOM tells Excel that a file is UTF-8.
const papersBOM = "\ufeff"

// OrdersCSV writes orders for bookkeeping, a row each (RFC 4180, UTF-8; excel puts a byte order mark before it). Amounts are
// decimals without a symbol, their currency has a column. Text that a spreadsheet would take for a formula begins with a '.
func OrdersCSV(w io.Writer, orders []wire.Order, excel bool) error {
	rows := [][]string{{
		"number", "order", "state", "made_utc", "paid_utc", "currency", "goods", "discount", "shipping", "tax", "tax_included", "tax_by_rate",
		"total", "refunded", "way", "payment", "coupons", "email", "name", "street", "extra", "zip", "city", "region", "country", "phone",
	}}
	for _, o := range orders {
		x := o.Totals
		decimal := func(m wire.Money) string { return papersDecimal(m.Minor, x.Total.Currency) }
		var contact wire.Contact
		if o.Contact != nil {
			contact = *o.Contact
		}
		row := []string{
			strconv.FormatInt(o.Number, 10), papersCell(string(o.ID)), papersCell(string(o.State)), papersTime(o.Made), papersTime(o.Paid),
			papersCell(string(x.Total.Currency)), decimal(x.Goods), decimal(x.Discount), decimal(x.Shipping),
			decimal(x.Tax), strconv.FormatBool(x.TaxIncluded), papersTaxes(o), decimal(x.Total), decimal(o.Refunded),
			papersCell(o.Shipping), papersCell(string(o.Pay)), papersCell(papersCodes(o.Coupons)), papersCell(contact.Email),
		}
		rows = append(rows, append(row, papersCells(contact.Address)...))
	}
	return papersTable(w, rows, excel)
}

// PackingCSV writes a packing list, a row a line of an order, in the same form.
func PackingCSV(w io.Writer, orders []wire.Order, excel bool) error {
	parcels, err := Parcels(orders)
	if err != nil {
		return err
	}
	rows := [][]string{{
		"parcel", "order", "way", "quantity", "sku", "title", "name", "street", "extra", "zip", "city", "region", "country", "phone",
	}}
	for i, p := range parcels {
		for _, o := range p.Orders {
			for _, l := range o.Lines {
				row := []string{
					strconv.Itoa(i + 1), strconv.FormatInt(o.Number, 10), papersCell(o.Shipping), strconv.Itoa(l.Quantity),
					papersCell(l.SKU), papersCell(l.Title),
				}
				rows = append(rows, append(row, papersCells(p.To)...))
			}
		}
	}
	return papersTable(w, rows, excel)
}

func papersCells(a wire.Address) []string {
	cells := []string{a.Name, a.Street, a.Extra, a.Zip, a.City, a.Region, a.Country, a.Phone}
	for i, c := range cells {
		cells[i] = papersCell(c)
	}
	return cells
}

func papersTable(w io.Writer, rows [][]string, excel bool) error {
	if excel {
		if _, err := io.WriteString(w, papersBOM); err != nil {
			return fmt.Errorf("write the table: %w", err)
		}
	}
	table := csv.NewWriter(w)
	table.UseCRLF = true
	if err := table.WriteAll(rows); err != nil {
		return fmt.Errorf("write the table: %w", err)
	}
	return nil
}

// papersCell is a text that no spreadsheet takes for a formula (OWASP, CSV Injection): one that begins with = + - @, also in their
// wide forms, a tab or the end of a line gets a ' before it. All ends of lines become one kind, which a reader gives back.
func papersCell(s string) string {
	s = strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(s)
	for _, first := range []string{"=", "+", "-", "@", "＝", "＋", "－", "＠", "\t", "\n"} {
		if strings.HasPrefix(s, first) {
			return "'" + s
		}
	}
	return s
}

// papersDecimal is an amount without its currency: "19.99", in yen "1999". An amount of nothing may lack its currency.
func papersDecimal(minor int64, c wire.Currency) string {
	return strings.TrimSuffix(wire.Money{Minor: minor, Currency: c}.String(), " "+string(c))
}

// papersTaxes is an order's tax by rate in one cell: "19 %: 6.38; 7 %: 0.65".
func papersTaxes(o wire.Order) string {
	var all []string
	for _, x := range TaxByRate(o.Lines, o.Totals.Shipping, o.Totals.TaxIncluded) {
		all = append(all, papersRate(x.Rate)+": "+papersDecimal(x.Tax.Minor, o.Totals.Total.Currency))
	}
	return strings.Join(all, "; ")
}

// papersTime is a time as spreadsheets read it, in UTC.
func papersTime(at time.Time) string {
	if at.IsZero() {
		return ""
	}
	return at.UTC().Format(time.DateTime)
}
