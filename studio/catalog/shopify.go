package catalog

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"vitrine/server/wire"
)

// shopify is Shopify's product CSV of either generation. untracked says that the file has no column for what counts the stock.
func shopify(untracked bool) dialect {
	return dialect{
		handles: []string{colHandle}, title: colTitle, pricing: colPrice,
		parse:  func(rows []row, s Shop) parsed { return parseShopify(rows, s, untracked) },
		render: renderShopify,
		common: func(key string) bool {
			return slices.Contains(commonColumns, key) || strings.HasPrefix(key, "Google Shopping / ") || strings.Contains(key, "(product.metafields.")
		},
		meanings: shopifyMeanings,
	}
}

// commonColumns tell something of the whole product, as do metafields and all about search engines.
var commonColumns = []string{
	colTitle, colHandle, colBody, colVendor, "Product category", colKind, colTags, colPublished, colStatus, "Gift card", "SEO title", "SEO description",
	optionNames[0], optionNames[1], optionNames[2],
}

var shopifyMeanings = []meaning{
	{product: func(p, old *wire.Product) { p.Link = old.Link }},
	{columns: []string{colHandle}},
	{columns: []string{colTitle}},
	{columns: []string{colBody}, product: func(p, old *wire.Product) { p.Text = old.Text }},
	{columns: []string{colVendor}, product: func(p, old *wire.Product) { p.Vendor = old.Vendor }},
	{columns: []string{colKind}, product: func(p, old *wire.Product) { p.Kind = old.Kind }},
	{columns: []string{colTags}, product: func(p, old *wire.Product) { p.Tags = old.Tags }},
	{columns: []string{colPublished, colStatus}, product: func(p, old *wire.Product) { p.Hidden = old.Hidden }},
	{columns: []string{colTax}, product: func(p, old *wire.Product) { p.Tax = old.Tax }},
	{columns: []string{colSKU}, variant: func(v, old *wire.Variant) { v.SKU = old.SKU }},
	{columns: []string{colBarcode}, variant: func(v, old *wire.Variant) { v.Barcode = old.Barcode }},
	{columns: []string{colPrice}},
	{columns: []string{colTracker, colUnits}},
	{columns: []string{colGrams}, variant: func(v, old *wire.Variant) { v.Weight = old.Weight }},
	{columns: slices.Concat(optionNames, optionValues)},
	{
		columns: []string{colPicture, colPosition, colAlt, colShows},
		product: func(p, old *wire.Product) { p.Pictures = old.Pictures },
		variant: func(v, old *wire.Variant) { v.Picture = old.Picture },
	},
}

func parseShopify(rows []row, s Shop, untracked bool) parsed {
	out := parsed{of: slices.Repeat([]int{-1}, len(rows))}
	out.head = max(0, slices.IndexFunc(rows, func(r row) bool { return r[colTitle] != "" }))
	head := rows[out.head]
	p := wire.Product{
		Title: head[colTitle], Text: toText(head[colBody]), Vendor: head[colVendor], Kind: head[colKind], Tags: readTags(head[colTags]),
		Hidden: !readBool(head[colPublished], true) || !slices.Contains([]string{"", "active"}, strings.ToLower(head[colStatus])),
	}
	if w := validProduct(&p, colTitle, colBody, colTags, head); w != nil {
		out.wrong(out.head, w)
		return out
	}
	p.Pictures = out.pictures(rows, s)
	width := optionsOf(&p, rows, head)
	taken, taxed := map[string]bool{}, false
	for i, r := range rows {
		if i != out.head && !isVariant(r) {
			continue
		}
		v, w := shopifyVariant(r, &p, width, s, untracked)
		key := strings.Join(v.Options, "\x00")
		if w == nil && taken[key] {
			w = wrong(SameOptions, optionValues[0], strings.Join(v.Options, " / "), "another row of the product has the same options")
		}
		if w == nil && len(p.Variants) == wire.MaxVariants {
			w = wrong(TooManyVariants, colHandle, r[colHandle], "a product has at most %d variants", wire.MaxVariants)
		}
		if w != nil {
			out.wrong(i, w)
			continue
		}
		taken[key] = true
		taxed = taxed || readBool(r[colTax], true)
		out.of[i] = len(p.Variants)
		p.Variants = append(p.Variants, v)
	}
	if !taxed {
		p.Tax = wire.ZeroTax
	}
	out.product = p
	return out
}

// validProduct reports what the server would not take.
func validProduct(p *wire.Product, title, text, tags string, head row) *problem {
	switch n := utf8.RuneCountInString(p.Title); {
	case strings.TrimSpace(p.Title) == "":
		return wrong(NoTitle, title, "", "a product needs a title")
	case n > wire.MaxTitle:
		return wrong(TooLong, title, p.Title, "a title has at most %d characters; it has %d", wire.MaxTitle, n)
	case utf8.RuneCountInString(p.Text) > wire.MaxText:
		return wrong(TooLong, text, head[text], "a text has at most %d characters", wire.MaxText)
	case max(utf8.RuneCountInString(p.Vendor), utf8.RuneCountInString(p.Kind)) > wire.MaxTitle:
		return wrong(TooLong, title, p.Title, "vendor and kind have at most %d characters each", wire.MaxTitle)
	case len(p.Tags) > wire.MaxTags:
		return wrong(TooManyTags, tags, head[tags], "a product has at most %d tags", wire.MaxTags)
	}
	return nil
}

// isVariant says that a row is not only a picture.
func isVariant(r row) bool {
	return r[optionValues[0]] != "" || r[optionValues[1]] != "" || r[optionValues[2]] != "" || r[colSKU] != "" || r[colPrice] != "" || r[colBarcode] != ""
}

// optionsOf finds what the variants differ in, and in how many columns that is. Shopify gives products without options one that is
// called Title, of value Default Title.
func optionsOf(p *wire.Product, rows []row, head row) (width int) {
	for i := range optionNames {
		if head[optionNames[i]] != "" || slices.ContainsFunc(rows, func(r row) bool { return r[optionValues[i]] != "" }) {
			width = i + 1
		}
	}
	if width == 1 && (head[optionNames[0]] == "Title" || head[optionNames[0]] == "") && head[optionValues[0]] == "Default Title" {
		return 0
	}
	for i := range width {
		p.Options = append(p.Options, cmp.Or(head[optionNames[i]], "Option "+strconv.Itoa(i+1)))
	}
	return width
}

func shopifyVariant(r row, p *wire.Product, width int, s Shop, untracked bool) (v wire.Variant, w *problem) {
	v = wire.Variant{SKU: r[colSKU], Barcode: r[colBarcode], Stock: unsaid}
	for i := range width {
		if r[optionValues[i]] == "" {
			return v, wrong(NoOption, optionValues[i], "", "the row does not say its %s", p.Options[i])
		}
		v.Options = append(v.Options, r[optionValues[i]])
	}
	if r["Option4 value"] != "" || r["Option4 Value"] != "" {
		return v, wrong(TooManyOptions, "Option4 value", r["Option4 value"], "a product has at most %d options", wire.MaxChoices)
	}
	v.Title = strings.Join(v.Options, " / ")
	if utf8.RuneCountInString(v.Title) > wire.MaxTitle {
		return v, wrong(TooLong, optionValues[0], v.Title, "the options have at most %d characters together", wire.MaxTitle)
	}
	if len(v.SKU) > wire.MaxField {
		return v, wrong(TooLong, colSKU, v.SKU, "a SKU has at most %d characters", wire.MaxField)
	}
	if text := r[colPrice]; text != "" {
		if v.Price, w = readMoney(colPrice, text, s.Currency); w != nil {
			return v, w
		}
	}
	if text := r[colGrams]; text != "" {
		if v.Weight, w = readNumber(colGrams, text, wire.MaxGrams); w != nil {
			return v, w
		}
	}
	if text := r[colUnits]; text != "" && (r[colTracker] != "" || untracked) {
		if n, err := strconv.Atoi(strings.TrimSpace(text)); err == nil && n < 0 {
			text = "0" // Shopify says so how many were sold beyond what there was
		}
		if v.Stock, w = readNumber(colUnits, text, wire.MaxUnits); w != nil {
			return v, w
		}
	}
	if source := r[colShows]; source != "" {
		v.Picture = 1 + slices.IndexFunc(p.Pictures, func(c wire.Picture) bool { return s.address(c) == source })
	}
	return v, nil
}

// pictures are those of the rows, each once, in the order of their positions.
func (out *parsed) pictures(rows []row, s Shop) []wire.Picture {
	type placed struct {
		wire.Picture
		at int
	}
	var all []placed
	seen := map[string]bool{}
	add := func(i int, column, source, alt string, at int) {
		switch {
		case source == "" || seen[source]:
		case wire.ValidLink(source) != nil:
			out.wrong(i, wrong(BadLink, column, source, "%s", wire.ValidLink(source)))
		case len(all) == wire.MaxPictures:
			out.wrong(i, wrong(TooManyPictures, column, source, "a product has at most %d pictures", wire.MaxPictures))
		default:
			seen[source] = true
			all = append(all, placed{s.picture(source, alt), at})
		}
	}
	for i, r := range rows {
		at, err := strconv.Atoi(r[colPosition])
		if err != nil {
			at = len(all) + 1
		}
		add(i, colPicture, r[colPicture], r[colAlt], at)
	}
	for i, r := range rows {
		add(i, colShows, r[colShows], "", len(all)+1)
	}
	slices.SortStableFunc(all, func(a, b placed) int { return cmp.Compare(a.at, b.at) })
	var pictures []wire.Picture
	for _, one := range all {
		pictures = append(pictures, one.Picture)
	}
	return pictures
}

// address is where a picture can be had, "" for one that is on no server.
func (s Shop) address(p wire.Picture) string {
	if p.Source != "" || p.ID == "" || s.Server == "" {
		return p.Source
	}
	return strings.TrimSuffix(s.Server, "/") + "/pictures/" + string(p.ID) + "/" + strconv.Itoa(slices.Max(wire.PictureWidths)) + ".jpg"
}

// picture is the one at an address.
func (s Shop) picture(source, alt string) wire.Picture {
	if rest, ok := strings.CutPrefix(source, strings.TrimSuffix(s.Server, "/")+"/pictures/"); ok && s.Server != "" {
		if id, _, ok := strings.Cut(rest, "/"); ok && len(id) == 32 {
			return wire.Picture{ID: wire.PictureID(id), Alt: alt}
		}
	}
	return wire.Picture{Source: source, Alt: alt}
}

func readTags(text string) (tags []string) {
	for tag := range strings.SplitSeq(text, ",") {
		if tag = strings.TrimSpace(tag); tag != "" && !slices.Contains(tags, tag) {
			tags = append(tags, tag)
		}
	}
	return tags
}

func renderShopify(p wire.Product, s Shop) []row {
	rows := make([]row, 0, max(len(p.Variants), len(p.Pictures)))
	for _, v := range p.Variants {
		r := row{
			colHandle: string(p.ID), colSKU: v.SKU, colBarcode: v.Barcode, colPrice: writeMoney(v.Price), colTax: writeBool(p.Tax != wire.ZeroTax),
		}
		if v.Stock != unsaid {
			r[colTracker], r[colUnits] = "shopify", strconv.Itoa(v.Stock)
		}
		if v.Weight != 0 {
			r[colGrams] = strconv.Itoa(v.Weight)
		}
		if v.Picture > 0 && v.Picture <= len(p.Pictures) {
			r[colShows] = s.address(p.Pictures[v.Picture-1])
		}
		for j, value := range v.Options {
			if j < len(optionValues) {
				r[optionValues[j]] = value
			}
		}
		if len(p.Options) == 0 {
			r[optionValues[0]] = "Default Title"
			if len(p.Variants) > 1 {
				r[optionValues[0]] = cmp.Or(v.Title, string(v.ID))
			}
		}
		rows = append(rows, r)
	}
	renderHead(p, rows[0])
	n := 0
	for _, c := range p.Pictures {
		source := s.address(c)
		if source == "" {
			continue
		}
		if n == len(rows) {
			rows = append(rows, row{colHandle: string(p.ID)})
		}
		rows[n][colPicture], rows[n][colPosition], rows[n][colAlt] = source, strconv.Itoa(n+1), c.Alt
		n++
	}
	return rows
}

// renderHead fills in what is said of the whole product.
func renderHead(p wire.Product, r row) {
	r[colTitle], r[colBody], r[colVendor], r[colKind] = p.Title, toHTML(p.Text), p.Vendor, p.Kind
	r[colTags], r[colPublished], r[colStatus] = strings.Join(p.Tags, ", "), writeBool(!p.Hidden), "active"
	for i, name := range p.Options {
		if i < len(optionNames) {
			r[optionNames[i]] = name
		}
	}
	if len(p.Options) == 0 {
		r[optionNames[0]] = "Title"
	}
}
