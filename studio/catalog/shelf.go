package catalog

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"vitrine/server/wire"
)

// shelf makes products of a table's rows and compares them with the shop's.
type shelf struct {
	o  Options
	t  *table
	im *Import

	now     map[wire.ProductID]*wire.Product
	parsed  []parsed // parallel to the table's groups
	skus    map[string]int
	taken   map[wire.VariantID]wire.ProductID
	dropped map[string]bool // columns that were told of already
}

func (s *shelf) fill(ctx context.Context) error {
	s.now, s.skus, s.taken, s.dropped = map[wire.ProductID]*wire.Product{}, map[string]int{}, map[wire.VariantID]wire.ProductID{}, map[string]bool{}
	for i := range s.o.Now {
		p := &s.o.Now[i]
		s.now[p.ID] = p
		for _, v := range p.Variants {
			s.taken[v.ID] = p.ID
		}
	}
	owner := map[wire.ProductID]string{}
	for _, g := range s.t.groups {
		if err := ctx.Err(); err != nil {
			return err
		}
		rows := make([]row, len(g.rows))
		for i, r := range g.rows {
			rows[i] = s.t.row(r)
		}
		out := s.t.parse(rows, s.o.Shop)
		id := productID(g.handle)
		if other, ok := owner[id]; ok && len(out.product.Variants) > 0 {
			out.product.Variants = nil
			out.wrong(0, wrong(SameHandle, s.t.handles[0], g.handle, "here it is called %q, like the product %q of the file: change one of them", id, other))
		}
		owner[id], out.product.ID = g.handle, id
		s.prices(&out)
		for _, v := range out.product.Variants {
			s.skus[v.SKU]++
		}
		s.parsed = append(s.parsed, out)
	}
	for i, g := range s.t.groups {
		if err := ctx.Err(); err != nil {
			return err
		}
		s.put(g, &s.parsed[i])
		g.rows, s.parsed[i] = nil, parsed{}
	}
	slices.SortStableFunc(s.t.errors, func(a, b RowError) int { return a.Row - b.Row })
	s.im.Errors, s.im.Wrong = s.t.errors, s.t.wrong
	return nil
}

// prices takes prices that the file does not say from the shop, and refuses variants that have none.
func (s *shelf) prices(out *parsed) {
	old := s.now[out.product.ID]
	var kept []wire.Variant
	for i, v := range out.product.Variants {
		row := slices.Index(out.of, i)
		if v.Price.Currency == "" {
			if w := find(old, v); w != nil {
				v.Price = w.Price
			} else {
				out.wrong(row, wrong(NoPrice, s.t.pricing, "", "a new variant needs a price"))
				out.of[row] = -1
				continue
			}
		}
		out.of[row] = len(kept)
		kept = append(kept, v)
	}
	out.product.Variants = kept
}

// find is the variant of a product that is meant: that with the same options, else the only one with the same SKU.
func find(p *wire.Product, v wire.Variant) *wire.Variant {
	if p == nil {
		return nil
	}
	if i := slices.IndexFunc(p.Variants, func(w wire.Variant) bool { return slices.Equal(v.Options, w.Options) }); i >= 0 {
		return &p.Variants[i]
	}
	var found *wire.Variant
	for i, w := range p.Variants {
		if v.SKU != "" && w.SKU == v.SKU {
			if found != nil {
				return nil
			}
			found = &p.Variants[i]
		}
	}
	return found
}

// put compares a product with the shop's.
func (s *shelf) put(g *group, out *parsed) {
	bad := map[int]bool{}
	for _, w := range out.problems {
		w.column = s.t.nameOf(w.column)
		s.t.refuse(g.rows[w.row].n, w.problem)
		bad[w.row] = true
	}
	if len(out.product.Variants) == 0 {
		s.t.wrong += len(g.rows) - len(bad)
		return
	}
	p, old := &out.product, s.now[out.product.ID]
	s.merge(p, old)
	s.variants(p, old)
	s.keep(p, old, g, out)
	if old != nil && len(bad) > 0 { // what was left out may have been one of them
		for _, v := range old.Variants {
			if !slices.ContainsFunc(p.Variants, func(w wire.Variant) bool { return w.ID == v.ID }) && len(p.Variants) < wire.MaxVariants {
				p.Variants = append(p.Variants, v)
			}
		}
	}
	if err := p.Validate(); err != nil {
		s.t.refuse(g.rows[out.head].n, *wrong(Refused, s.t.nameOf(s.t.handles[0]), g.handle, "%s", err))
		bad[out.head] = true
		s.t.wrong += len(g.rows) - len(bad)
		return
	}
	c := Change{Kind: Added, After: *p, Row: g.rows[0].n}
	if old != nil {
		c.Kind, c.Before, c.Fields = Changed, *old, differences(old, p)
		if len(c.Fields) == 0 {
			c.Kind = Same
		}
	}
	s.im.Changes = append(s.im.Changes, c)
}

// merge keeps of the shop's product what the file does not say.
func (s *shelf) merge(p *wire.Product, old *wire.Product) {
	if old == nil {
		return
	}
	p.Cap, p.Place, p.Version = old.Cap, old.Place, old.Version
	for _, m := range s.t.meanings {
		if m.product != nil && !s.t.has(m.columns...) {
			m.product(p, old)
		}
	}
	if p.Tax == wire.StandardTax && old.Tax == wire.ReducedTax { // no file says so
		p.Tax = wire.ReducedTax
	}
	for i, c := range p.Pictures {
		for _, o := range old.Pictures {
			if o.Source != "" && o.Source == c.Source {
				p.Pictures[i].ID = o.ID
				if !s.t.has(colAlt) {
					p.Pictures[i].Alt = o.Alt
				}
			}
			if o.ID != "" && o.ID == c.ID {
				p.Pictures[i].Source = o.Source
			}
		}
	}
}

// variants gives variants their names, and what the file does not say of them.
func (s *shelf) variants(p *wire.Product, old *wire.Product) {
	used := map[wire.VariantID]bool{}
	for i := range p.Variants {
		v := &p.Variants[i]
		w := find(old, *v)
		if w != nil && used[w.ID] {
			w = nil
		}
		if w == nil {
			v.ID = s.variantID(p.ID, *v)
			if v.Stock == unsaid {
				v.Stock = s.o.Units
			}
		} else {
			if slices.Equal(v.Options, w.Options) {
				v.Title = w.Title
			}
			v.ID, v.Version, v.Left, v.Waiting = w.ID, w.Version, w.Left, w.Waiting
			if v.Stock == unsaid {
				v.Stock = w.Stock
			}
			if w.Picture == 1 && v.Picture == 0 && s.t.pricing == attrPrice { // the product's first is the variant's, too
				v.Picture = 1
			}
			for _, m := range s.t.meanings {
				if m.variant != nil && !s.t.has(m.columns...) {
					m.variant(v, w)
				}
			}
		}
		used[v.ID] = true
		s.taken[v.ID] = p.ID
	}
}

// variantID makes a name that is the same with every import: the SKU where no other variant of the file has it, else handle and options.
func (s *shelf) variantID(p wire.ProductID, v wire.Variant) wire.VariantID {
	long := strings.Join(append([]string{string(p)}, v.Options...), "-")
	tries := []string{string(v.ID), v.SKU, long}
	if s.skus[v.SKU] > 1 {
		tries[1] = ""
	}
	for _, t := range tries {
		id := wire.VariantID(t)
		if wire.ValidName("", id) != nil {
			id = wire.VariantID(slug(t))
		}
		if _, ok := s.taken[id]; !ok && id != "" {
			return id
		}
	}
	short := slug(long)
	return wire.VariantID(short[:min(len(short), 50)] + "-" + digest(long+"\x00"+v.SKU))
}

// keep puts into Extra what the product does not say as its rows did.
func (s *shelf) keep(p *wire.Product, old *wire.Product, g *group, out *parsed) {
	canon := s.t.render(*p, s.o.Shop)
	if old != nil {
		p.Extra = s.others(old.Extra)
	}
	for i, r := range g.rows {
		at := out.of[i]
		if at < 0 {
			if i == out.head {
				s.keepRow(r, canon[0], &p.Extra, nil)
			}
			continue
		}
		v := &p.Variants[at]
		if old != nil {
			if j := slices.IndexFunc(old.Variants, func(w wire.Variant) bool { return w.ID == v.ID }); j >= 0 {
				v.Extra = s.others(old.Variants[j].Extra)
			}
		}
		if i == out.head {
			s.keepRow(r, canon[at], &p.Extra, &v.Extra)
		} else {
			s.keepRow(r, canon[at], nil, &v.Extra)
		}
	}
}

// keepRow keeps of a row what is another than it would be written: first what means nothing here. product is nil for rows that do not tell
// of it, variant for those without one.
func (s *shelf) keepRow(r raw, had row, product, variant *map[string]string) {
	for _, meaning := range []bool{false, true} {
		for c, key := range s.t.keys {
			text, into := "", variant
			if c < len(r.cells) {
				text = r.cells[c]
			}
			if product != nil && s.t.common(key) {
				into = product
			}
			if text == "" && key == s.t.pricing { // the shop's price stays
				continue
			}
			if into != nil && s.t.columns[c] != "" && text != had[key] && s.t.means(key) == meaning {
				s.extra(into, key, text, c)
			}
		}
	}
}

// others are those of kept columns that the file does not have.
func (s *shelf) others(kept map[string]string) map[string]string {
	var rest map[string]string
	for k, v := range kept {
		if !s.t.has(k) {
			if rest == nil {
				rest = map[string]string{}
			}
			rest[k] = v
		}
	}
	return rest
}

// extra keeps a cell, as long as there is room.
func (s *shelf) extra(m *map[string]string, key, text string, column int) {
	code, sentence := "", ""
	switch {
	case len(*m) == wire.MaxExtra:
		code, sentence = TooManyColumns, fmt.Sprintf("of the columns that mean nothing here %d are kept: this one is left out", wire.MaxExtra)
	case utf8.RuneCountInString(text) > wire.MaxKept || utf8.RuneCountInString(key) > wire.MaxKey:
		code, sentence = NotKept, fmt.Sprintf("cells of more than %d characters are not kept as they are", wire.MaxKept)
	default:
		if *m == nil {
			*m = map[string]string{}
		}
		(*m)[key] = text
		return
	}
	if !s.dropped[key] {
		s.dropped[key] = true
		s.t.errors = append(s.t.errors, RowError{1, s.t.columns[column], "", code, sentence})
	}
}

// productID is the name of a product with a handle: the handle itself where that is a name.
func productID(handle string) wire.ProductID {
	if wire.ValidName("", wire.ProductID(handle)) == nil {
		return wire.ProductID(handle)
	}
	if s := slug(handle); s != "" {
		return wire.ProductID(s)
	}
	return wire.ProductID("p-" + digest(handle))
}

// slug is a text as a name of 1 to 64 letters, digits, "-", "_" and ".", without accents; "" for "". What is too long or has no such letters
// ends with a digest of all.
func slug(text string) string {
	var b strings.Builder
	gap, lost := false, false
	for _, r := range norm.NFD.String(text) {
		switch {
		case r < unicode.MaxASCII && (unicode.IsLetter(r) || unicode.IsDigit(r)) || (r == '_' || r == '.') && b.Len() > 0:
			if gap && b.Len() > 0 {
				b.WriteByte('-')
			}
			gap = false
			b.WriteRune(r)
		case unicode.Is(unicode.Mn, r):
		default:
			gap = true
			lost = lost || r > unicode.MaxASCII && unicode.IsLetter(r)
		}
	}
	s := b.String()
	switch {
	case text == "":
		return ""
	case lost || s == "" || len(s) > 64:
		return strings.TrimLeft(s[:min(len(s), 51)]+"-"+digest(text), "-")
	}
	return s
}

// digest is twelve hexadecimal digits that stand for a text.
func digest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:6])
}
