package studio

import (
	"reflect"
	"slices"

	"vitrine/server/wire"
)

// mergeProduct makes the changes from base to mine in theirs. What only one side has changed, by field and variant, comes from that side. What
// both have changed otherwise is as in mine, and both is true.
//
// Stock is a sum: units that mine has more or fewer than base are added to theirs. So an edit of the stock that meets a sale loses neither.
func mergeProduct(base, mine, theirs wire.Product) (merged wire.Product, both bool) {
	merged, both = mergeFields(base, mine, theirs, "Variants", "Version")
	merged.Variants = nil
	was, edited, now := variants(base), variants(mine), variants(theirs)
	for _, id := range variantOrder(base, mine, theirs) {
		b, inBase := was[id]
		m, inMine := edited[id]
		t, inTheirs := now[id]
		switch {
		case inMine && inTheirs:
			v, clash := mergeVariant(b, m, t, inBase)
			merged.Variants, both = append(merged.Variants, v), both || clash
		case inMine && !inBase:
			merged.Variants = append(merged.Variants, m)
		case inMine: // theirs has taken it out
			if !sameVariant(b, m) {
				merged.Variants, both = append(merged.Variants, m), true
			}
		case inTheirs && !inBase:
			merged.Variants = append(merged.Variants, t)
		case inTheirs: // mine has taken it out
			both = both || !same(b, t, stockFields...)
		}
	}
	return merged, both
}

// stockFields are those of a variant that the server says, and Stock, which is a sum.
var stockFields = []string{"Stock", "Left", "Waiting", "Version"}

func mergeVariant(base, mine, theirs wire.Variant, based bool) (wire.Variant, bool) {
	v, both := mergeFields(base, mine, theirs, stockFields...)
	if based {
		v.Stock = theirs.Stock + mine.Stock - base.Stock
	}
	return v, both
}

func sameVariant(a, b wire.Variant) bool { return same(a, b, "Left", "Waiting", "Version") }

// sameProduct says that the host sees no difference between two products but what the server says.
func sameProduct(a, b wire.Product) bool {
	return same(a, b, "Variants", "Version") && slices.EqualFunc(a.Variants, b.Variants, sameVariant)
}

// sameButStock is sameProduct without the stock.
func sameButStock(a, b wire.Product) bool {
	return same(a, b, "Variants", "Version") &&
		slices.EqualFunc(a.Variants, b.Variants, func(a, b wire.Variant) bool { return same(a, b, stockFields...) })
}

// variantOrder is mine where the host has changed which come after which, else theirs, with those of the other behind.
func variantOrder(base, mine, theirs wire.Product) []wire.VariantID {
	first, second := theirs, mine
	if !slices.Equal(variantIDs(base), variantIDs(mine)) {
		first, second = mine, theirs
	}
	ids := variantIDs(first)
	for _, id := range variantIDs(second) {
		if !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	return ids
}

func variantIDs(p wire.Product) []wire.VariantID {
	ids := make([]wire.VariantID, len(p.Variants))
	for i, v := range p.Variants {
		ids[i] = v.ID
	}
	return ids
}

func variants(p wire.Product) map[wire.VariantID]wire.Variant {
	all := make(map[wire.VariantID]wire.Variant, len(p.Variants))
	for _, v := range p.Variants {
		all[v.ID] = v
	}
	return all
}

// mergeFields makes the changes from base to mine in theirs, but for those fields.
func mergeFields[T any](base, mine, theirs T, but ...string) (merged T, both bool) {
	merged = theirs
	to := reflect.ValueOf(&merged).Elem()
	b, m, t := reflect.ValueOf(base), reflect.ValueOf(mine), reflect.ValueOf(theirs)
	for i := range to.NumField() {
		if slices.Contains(but, to.Type().Field(i).Name) || alike(m.Field(i), b.Field(i)) || alike(m.Field(i), t.Field(i)) {
			continue
		}
		both = both || !alike(t.Field(i), b.Field(i))
		to.Field(i).Set(m.Field(i))
	}
	return merged, both
}

func same[T any](a, b T, but ...string) bool {
	x, y := reflect.ValueOf(a), reflect.ValueOf(b)
	for i := range x.NumField() {
		if !slices.Contains(but, x.Type().Field(i).Name) && !alike(x.Field(i), y.Field(i)) {
			return false
		}
	}
	return true
}

// alike says that two values are equal; an empty list is as good as none.
func alike(a, b reflect.Value) bool {
	if k := a.Kind(); (k == reflect.Slice || k == reflect.Map) && a.Len() == 0 {
		return b.Len() == 0
	}
	return reflect.DeepEqual(a.Interface(), b.Interface())
}
