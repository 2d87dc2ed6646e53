package face

import (
	"cmp"
	"fmt"
	"slices"
)

// span is a tensor's part of the memory and the steps during which it is kept.
type span struct {
	tensor, floats, first, last, at int
}

// place gives every tensor a place in memory such that no two that live at the same step overlap: the largest first,
// each at the lowest place that is free all its life. It returns the floats needed.
func (c *compiler) place() (int, error) {
	spans := c.spans()
	order := slices.Clone(spans)
	slices.SortStableFunc(order, func(a, b *span) int { return cmp.Compare(b.floats, a.floats) })
	total, scratch := 0, 0
	for i, s := range order {
		s.at = lowest(s, order[:i])
		total = max(total, s.at+s.floats)
	}
	for _, n := range c.nodes {
		scratch = max(scratch, n.scratch)
	}
	if total+scratch > mostFloats {
		return 0, fmt.Errorf("place tensors: %w: %d floats", errDamaged, total+scratch)
	}
	at := make([]int32, len(c.m.tensors))
	for _, s := range spans {
		at[s.tensor] = int32(s.at)
	}
	for _, n := range c.nodes {
		n.in, n.out, n.step.scratch = at[n.from], at[n.to], int32(total)
		if n.with != noTensor {
			n.other = at[n.with]
		}
	}
	// Kernels read and write whole vectors.
	return total + roundUp(scratch) + lanes, nil
}

// spans lists the tensors that steps use. What callers write and read lives from the first to the last step.
func (c *compiler) spans() []*span {
	of := make([]*span, len(c.m.tensors))
	var all []*span
	use := func(t, step int) {
		if of[t] == nil {
			of[t] = &span{tensor: t, floats: roundUp(c.dims(t).pixels() * c.stride(t)), first: step}
			all = append(all, of[t])
		}
		of[t].last = step
	}
	for _, t := range c.m.inputs {
		use(t, 0)
	}
	for i, n := range c.nodes {
		use(n.from, i)
		use(n.to, i)
		if n.with != noTensor {
			use(n.with, i)
		}
	}
	for _, t := range c.m.outputs {
		use(t, len(c.nodes))
	}
	return all
}

func lowest(s *span, placed []*span) int {
	var busy []*span
	for _, p := range placed {
		if p.first <= s.last && s.first <= p.last {
			busy = append(busy, p)
		}
	}
	slices.SortFunc(busy, func(a, b *span) int { return cmp.Compare(a.at, b.at) })
	at := 0
	for _, p := range busy {
		if p.at >= at+s.floats {
			break
		}
		at = max(at, p.at+p.floats)
	}
	return at
}
