package shop

import (
	"fmt"
	htmltemplate "html/template"
	"strings"
	"text/template"
	"time"
	"unicode"

	"vitrine/server/wire"
)

// Paper is a text for people as an e-mail carries it. Text and HTML say the same; Title is one line.
type Paper struct{ Title, Text, HTML string }

// Receipt is what a buyer gets for an order: lines, sums, tax by its rates, the shop's address and tax id, and how to withdraw.
// language is a tag as en or zh-CN. link is the web address that withdraws (see WithdrawalKeys); without one the receipt does not
// speak of it, for buyers who have no such right.
func (t Terms) Receipt(o wire.Order, language, link string) (Paper, error) {
	if link != "" && !strings.HasPrefix(link, "https://") && !strings.HasPrefix(link, "http://") {
		return Paper{}, fmt.Errorf("write the receipt of order %d: the link to withdraw is no web address", o.Number)
	}
	r := t.papersReceipt(o, papersIn(language))
	r.Link = link
	return papersWrite("receipt", r.Title, r)
}

type papersReceipt struct {
	papersWords
	Title, TaxNumber, Email, Link                   string
	Seller, Buyer                                   []string
	Made, Way, Codes, Method, CancelBy, WithdrawDay string
	Lines                                           []papersLine
	Taxes                                           []papersTax
	Sums                                            wire.Totals
	Back                                            wire.Money
}

type papersLine struct {
	Quantity        int
	Title, SKU      string
	Price, Discount wire.Money
	Rate            string
}

type papersTax struct {
	Rate     string
	Net, Tax wire.Money
}

func (t Terms) papersReceipt(o wire.Order, w papersWords) papersReceipt {
	day := func(at time.Time) string { return at.In(t.Zone.In()).Format(w.Date) }
	r := papersReceipt{
		papersWords: w, Title: fmt.Sprint(w.Receipt, " ", o.Number), TaxNumber: papersClean(t.TaxID), Email: t.Email,
		Seller: papersAddress(t.Seller), Way: papersClean(o.Shipping), Codes: papersCodes(o.Coupons), Method: w.Methods[o.Pay],
		Made: day(o.Made), Sums: o.Totals, Back: o.Refunded,
	}
	if !o.Cancellable.IsZero() {
		r.CancelBy = o.Cancellable.In(t.Zone.In()).Format(w.Date + " 15:04 MST")
	}
	if !o.Withdrawable.IsZero() {
		r.WithdrawDay = day(o.Withdrawable.Add(-time.Second)) // its end is a midnight, which belongs to the day before
	}
	if len(r.Seller) > 0 {
		r.Title += w.Comma + w.From + " " + r.Seller[0]
	}
	if !o.Paid.IsZero() {
		r.Made = day(o.Paid)
	}
	if o.Contact != nil {
		r.Buyer = papersAddress(o.Contact.Address)
	}
	for _, l := range o.Lines {
		r.Lines = append(r.Lines, papersLine{
			l.Quantity, papersClean(l.Title), papersClean(l.SKU), l.Price, l.Discount, papersRate(l.TaxRate),
		})
	}
	for _, x := range TaxByRate(o.Lines, o.Totals.Shipping, o.Totals.TaxIncluded) {
		r.Taxes = append(r.Taxes, papersTax{papersRate(x.Rate), x.Net, x.Tax})
	}
	return r
}

// papersRate writes basis points: "19 %", "5.5 %".
func papersRate(rate int) string {
	return strings.TrimRight(strings.TrimRight(fmt.Sprintf("%d.%02d", rate/100, rate%100), "0"), ".") + " %"
}

func papersCodes(codes []wire.CouponCode) string {
	all := make([]string, len(codes))
	for i, c := range codes {
		all[i] = papersClean(string(c))
	}
	return strings.Join(all, ", ")
}

// papersClean makes one line of what somebody wrote, so that no title adds lines to a text.
func papersClean(s string) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if !unicode.IsGraphic(r) {
			return ' '
		}
		return r
	}, s))
}

// papersAddress is an address line by line.
func papersAddress(a wire.Address) []string {
	var lines []string
	for _, line := range []string{a.Name, a.Street, a.Extra, strings.TrimSpace(a.Zip + " " + a.City), a.Region, a.Country} {
		if line = papersClean(line); line != "" {
			lines = append(lines, line)
		}
	}
	return lines
}

// papersWrite fills the two templates of a name.
func papersWrite(name, title string, values any) (Paper, error) {
	var text, html strings.Builder
	if err := papersText.ExecuteTemplate(&text, name, values); err != nil {
		return Paper{}, fmt.Errorf("write the %s: %w", name, err)
	}
	if err := papersHTML.ExecuteTemplate(&html, name, values); err != nil {
		return Paper{}, fmt.Errorf("write the %s: %w", name, err)
	}
	// A colon at the end of a line is not followed by its space.
	return Paper{title, strings.ReplaceAll(text.String(), " \n", "\n"), html.String()}, nil
}

var papersText = template.Must(template.New("").Parse(`
{{- define "receipt" -}}
{{.Title}}
{{.Day}}{{.Colon}}{{.Made}}
{{range .Lines}}
{{.Quantity}} × {{.Title}}{{with .SKU}} ({{.}}){{end}}
    {{.Price}}{{if not .Discount.IsZero}}{{$.Comma}}{{$.Discount}} {{.Discount}}{{end}}{{$.Comma}}{{$.Rate}} {{.Rate}}
{{- end}}

{{.Goods}}{{.Colon}}{{.Sums.Goods}}
{{- if not .Sums.Discount.IsZero}}
{{.Coupons}}{{with .Codes}} ({{.}}){{end}}{{.Colon}}−{{.Sums.Discount}}
{{- end}}
{{.Shipping}}{{with .Way}} ({{.}}){{end}}{{.Colon}}{{.Sums.Shipping}}
{{- if not .Sums.TaxIncluded}}
{{.Added}}{{.Colon}}{{.Sums.Tax}}
{{- end}}
{{.Total}}{{.Colon}}{{.Sums.Total}}
{{- if not .Back.IsZero}}
{{.Refunded}}{{.Colon}}{{.Back}}
{{- end}}

{{.Contains}}{{.Colon}}
{{- range .Taxes}}
{{.Rate}}{{$.Colon}}{{$.Net}} {{.Net}}{{$.Comma}}{{$.Tax}} {{.Tax}}
{{- end}}
{{with .Method}}
{{$.Payment}}{{$.Colon}}{{.}}
{{- end}}
{{- if .Buyer}}
{{.To}}{{.Colon}}
{{- range .Buyer}}
    {{.}}
{{- end}}
{{- end}}
{{- with .CancelBy}}

{{$.Cancel}}{{$.Colon}}{{.}}
{{- end}}
{{- if .Link}}

{{.Withdraw}}
{{- with .WithdrawDay}}
{{$.WithdrawBy}}{{$.Colon}}{{.}}
{{- end}}
{{.ByLink}}{{.Colon}}
{{.Link}}
{{- with .Email}}
{{$.ByMail}}{{$.Colon}}{{.}}
{{- end}}
{{.Costs}}
{{- end}}
{{range .Seller}}
{{.}}
{{- end}}
{{- with .TaxNumber}}
{{$.TaxID}}{{$.Colon}}{{.}}
{{- end}}
{{end}}

{{- define "packing" -}}
{{.Packing}}
{{range .Parcels}}
{{$.Parcel}} {{.Number}} {{$.Of}} {{len $.Parcels}}
{{- range .To}}
    {{.}}
{{- end}}
{{- range .Orders}}
{{$.Order}} {{.Number}}{{with .Way}}{{$.Comma}}{{.}}{{end}}
{{- range .Lines}}
    [ ] {{.Quantity}} × {{.Title}}{{with .SKU}} ({{.}}){{end}}
{{- end}}
{{- end}}
{{end}}
{{- end}}`))

var papersHTML = htmltemplate.Must(htmltemplate.New("").Parse(`
{{- define "receipt" -}}
<!doctype html>
<html lang="{{.Language}}">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{{.Title}}</title></head>
<body style="font-family: sans-serif; max-width: 40em; margin: 1em auto">
<h1 style="font-size: 1.3em">{{.Title}}</h1>
<p>{{.Day}}{{.Colon}}{{.Made}}</p>
<table style="width: 100%; border-collapse: collapse">
<thead><tr><th scope="col" align="right">{{.Quantity}}</th><th scope="col" align="left">{{.Item}}</th><th scope="col" align="right">{{.Price}}</th><th scope="col" align="right">{{.Discount}}</th><th scope="col" align="right">{{.Rate}}</th></tr></thead>
<tbody>
{{- range .Lines}}
<tr><td align="right">{{.Quantity}}</td><td>{{.Title}}{{with .SKU}} ({{.}}){{end}}</td><td align="right">{{.Price}}</td><td align="right">{{if not .Discount.IsZero}}−{{.Discount}}{{end}}</td><td align="right">{{.Rate}}</td></tr>
{{- end}}
</tbody>
<tfoot>
<tr><th scope="row" colspan="2" align="left">{{.Goods}}</th><td align="right">{{.Sums.Goods}}</td></tr>
{{- if not .Sums.Discount.IsZero}}
<tr><th scope="row" colspan="2" align="left">{{.Coupons}}{{with .Codes}} ({{.}}){{end}}</th><td align="right">−{{.Sums.Discount}}</td></tr>
{{- end}}
<tr><th scope="row" colspan="2" align="left">{{.Shipping}}{{with .Way}} ({{.}}){{end}}</th><td align="right">{{.Sums.Shipping}}</td></tr>
{{- if not .Sums.TaxIncluded}}
<tr><th scope="row" colspan="2" align="left">{{.Added}}</th><td align="right">{{.Sums.Tax}}</td></tr>
{{- end}}
<tr><th scope="row" colspan="2" align="left">{{.Total}}</th><td align="right"><strong>{{.Sums.Total}}</strong></td></tr>
{{- if not .Back.IsZero}}
<tr><th scope="row" colspan="2" align="left">{{.Refunded}}</th><td align="right">{{.Back}}</td></tr>
{{- end}}
</tfoot>
</table>
<p>{{.Contains}}{{.Colon}}{{range .Taxes}}<br>{{.Rate}}{{$.Colon}}{{$.Net}} {{.Net}}{{$.Comma}}{{$.Tax}} {{.Tax}}{{end}}</p>
{{- with .Method}}
<p>{{$.Payment}}{{$.Colon}}{{.}}</p>
{{- end}}
{{- if .Buyer}}
<p>{{.To}}{{.Colon}}{{range .Buyer}}<br>{{.}}{{end}}</p>
{{- end}}
{{- with .CancelBy}}
<p>{{$.Cancel}}{{$.Colon}}{{.}}</p>
{{- end}}
{{- if .Link}}
<p>{{.Withdraw}}{{with .WithdrawDay}} {{$.WithdrawBy}}{{$.Colon}}{{.}}{{end}}</p>
<p>{{.ByLink}}{{.Colon}}<a href="{{.Link}}">{{.Link}}</a></p>
{{- with .Email}}
<p>{{$.ByMail}}{{$.Colon}}<a href="mailto:{{.}}">{{.}}</a></p>
{{- end}}
<p>{{.Costs}}</p>
{{- end}}
{{- if or .Seller .TaxNumber}}
<address>{{range .Seller}}{{.}}<br>{{end}}{{with .TaxNumber}}{{$.TaxID}}{{$.Colon}}{{.}}{{end}}</address>
{{- end}}
</body>
</html>
{{end}}

{{- define "packing" -}}
<!doctype html>
<html lang="{{.Language}}">
<head><meta charset="utf-8"><title>{{.Packing}}</title><style>section { break-inside: avoid; border-top: 1px solid }</style></head>
<body style="font-family: sans-serif">
<h1>{{.Packing}}</h1>
{{- range .Parcels}}
<section>
<h2>{{$.Parcel}} {{.Number}} {{$.Of}} {{len $.Parcels}}</h2>
<address>{{range .To}}{{.}}<br>{{end}}</address>
{{- range .Orders}}
<h3>{{$.Order}} {{.Number}}{{with .Way}}{{$.Comma}}{{.}}{{end}}</h3>
<ul style="list-style: none">
{{- range .Lines}}
<li>☐ {{.Quantity}} × {{.Title}}{{with .SKU}} ({{.}}){{end}}</li>
{{- end}}
</ul>
{{- end}}
</section>
{{- end}}
</body>
</html>
{{end}}`))
