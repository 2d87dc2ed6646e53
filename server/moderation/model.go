package moderation

import (
	"math"
	"slices"
	"sync"
	"time"
)

// learnable are the classes that the classifier tells apart. Their places in it are kept in states: they never change.
var learnable = [...]Class{Fine, Insult, Hate, Threat, Sexual, Scam, Spam}

const (
	// harm is the place where all but Fine are counted together, and the place of Harmful.
	harm  = len(learnable)
	cells = harm + 1
	// buckets are what the top 16 bits of hashes tell apart.
	buckets = 1 << 16
	// smoothing is how many examples a piece is taken to have been in that nobody has seen, shared by both sides. Chosen by
	// cross-validation of the seed.
	smoothing = 2
	// few is added to the number of pieces, by whose root their sum is divided. The root, because pieces overlap and say less together
	// than their sum (naive Bayes is too sure); the addition, because a text of a few letters tells little. Chosen as smoothing was.
	few = 10
)

// model is naive Bayes on whether a piece is in a text or not, over hashed pieces. Harmful is told from harmless by both sides'
// frequencies of the pieces that are there (Lewis 1998); pieces that are unknown say nothing. The score is made a probability by
// Platt's method (1999) on what the seed says of each of its own lines while its group is left out.
type model struct {
	mu     sync.RWMutex
	counts [][cells]uint16 // in how many examples a piece is
	totals [cells]uint16   // how many examples there are

	curves [writings]curve

	decisions []decision // what was learned, the oldest first
	most      int
}

// Writings, which have curves of their own.
const (
	letters = iota
	characters
	writings
)

// curve is a logistic one, which makes a probability of a margin.
type curve struct{ slope, offset float64 }

func (c curve) at(margin float64) float64 { return logistic(c.slope*margin + c.offset) }

// example is a text that is known to be of a class.
type example struct {
	class   int // its place in learnable, or harm
	writing int // counts in the seed only
	rows    []uint16
}

type decision struct {
	example
	at time.Time
}

// exampleOf makes an example of a text's features. Several features may share a row; it counts once.
func exampleOf(features []uint32, class int) example {
	e := example{class: class, rows: make([]uint16, 0, len(features))}
	for _, h := range features {
		e.rows = append(e.rows, uint16(h>>16))
	}
	e.rows = slices.Compact(e.rows)
	return e
}

// newModel makes a model that knows groups of examples.
func newModel(groups [][]example, most int) *model {
	m := &model{counts: make([][cells]uint16, buckets), most: most}
	for _, g := range groups {
		m.add(g, 1)
	}
	var margins [writings][]float64
	var harmful [writings][]bool
	for _, g := range groups {
		m.add(g, -1)
		for _, e := range g {
			w := e.writing
			margins[w] = append(margins[w], m.margin(e.rows))
			harmful[w] = append(harmful[w], e.class != 0)
		}
		m.add(g, 1)
	}
	for w := range m.curves {
		m.curves[w] = platt(margins[w], harmful[w])
	}
	return m
}

// add counts examples, or takes them out with -1.
func (m *model) add(examples []example, sign int) {
	for _, e := range examples {
		d := uint16(sign) // wraps around as subtraction does
		one := func(c *[cells]uint16) {
			c[e.class] += d
			if e.class != 0 && e.class != harm {
				c[harm] += d
			}
		}
		one(&m.totals)
		for _, row := range e.rows {
			one(&m.counts[row])
		}
	}
}

// margin is how much more likely the pieces are in harmful texts than in harmless ones: a logarithm, shrunk.
func (m *model) margin(rows []uint16) float64 {
	return m.odds(rows, harm, 0) / math.Sqrt(float64(len(rows)+few))
}

// odds is the logarithm of how much more likely the pieces are in examples counted in one cell than in another.
func (m *model) odds(rows []uint16, a, b int) float64 {
	na, nb := float64(m.totals[a]), float64(m.totals[b])
	if na == 0 || nb == 0 {
		return 0
	}
	fa, fb, unknown := 1/na, 1/nb, smoothing/(na+nb)
	sum, product := 0.0, 1.0
	for i, row := range rows {
		c := &m.counts[row]
		product *= (float64(c[a])*fa + unknown) / (float64(c[b])*fb + unknown)
		if i%16 == 15 { // a logarithm for every 16 pieces: the product stays far within a float's range
			sum += math.Log(product)
			product = 1
		}
	}
	return sum + math.Log(product)
}

// judge tells how likely it is that a text with these features and of this writing is harmful, and if so of which class, for a room in which every second
// text is.
func (m *model) judge(features []uint32, writing int) (score float64, class Class) {
	if len(features) == 0 {
		return 0, Fine
	}
	var room [featuresMost]uint16
	rows := room[:0]
	for _, h := range features {
		rows = append(rows, uint16(h>>16))
	}
	rows = slices.Compact(rows)
	m.mu.RLock()
	defer m.mu.RUnlock()
	score = m.curves[writing].at(m.margin(rows))
	best := math.Inf(-1)
	if score < 0.5 {
		return score, Fine
	}
	for c := 1; c < harm; c++ {
		if odds := m.odds(rows, c, harm); odds > best {
			best, class = odds, learnable[c]
		}
	}
	return score, class
}

func logistic(x float64) float64 { return 1 / (1 + math.Exp(-x)) }

// platt fits a logistic curve by Newton's method with a little weight decay.
func platt(x []float64, y []bool) (c curve) {
	for range 30 {
		const decay = 1e-3
		ga, gb, haa, hab, hbb := decay*c.slope, decay*c.offset, decay, 0.0, decay
		for i := range x {
			p, t := c.at(x[i]), 0.0
			if y[i] {
				t = 1
			}
			ga += (p - t) * x[i]
			gb += p - t
			w := p * (1 - p)
			haa += w * x[i] * x[i]
			hab += w * x[i]
			hbb += w
		}
		det := haa*hbb - hab*hab
		c.slope -= (ga*hbb - gb*hab) / det
		c.offset -= (gb*haa - ga*hab) / det
	}
	return c
}
