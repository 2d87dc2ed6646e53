package catalog

import (
	"slices"
	"strings"

	"vitrine/server/wire"
)

// table is a file's rows by product.
type table struct {
	format Format
	dialect
	keys    []string // names of the columns, in the words of the dialect
	columns []string // names of the columns in the file, parallel to keys
	at      map[string]int
	groups  []*group
	byName  map[string]*group
	kept    int
	rows    int
	errors  []RowError
	wrong   int
}

// group is the rows of one product.
type group struct {
	handle string
	rows   []raw
}

// raw is a row: its number in the file, and its cells, parallel to the table's keys; what is missing is empty.
type raw struct {
	n     int
	cells []string
}

func newTable(f Format, d dialect) *table {
	return &table{format: f, dialect: d, at: map[string]int{}, byName: map[string]*group{}}
}

// column is the place of a column's cells; it makes the column.
func (t *table) column(key, name string) int {
	i, ok := t.at[key]
	if !ok {
		i = len(t.keys)
		t.at[key], t.keys, t.columns = i, append(t.keys, key), append(t.columns, name)
	}
	return i
}

// add keeps a row. An error means that the file is too large.
func (t *table) add(r raw) error {
	handle := t.handle(func(key string) string { return t.cell(r, key) })
	if handle == "" {
		t.refuse(r.n, *wrong(NoHandle, t.nameOf(t.handles[0]), "", "the row says of which product it is neither by handle nor by title"))
		return nil
	}
	g := t.byName[handle]
	if g == nil {
		if len(t.groups) == MaxProducts {
			return unfit(TooManyProducts, "the file has more than %d products: split it into several files", MaxProducts)
		}
		g = &group{handle: handle}
		t.groups, t.byName[handle] = append(t.groups, g), g
	}
	if len(g.rows) == wire.MaxVariants+wire.MaxPictures {
		t.refuse(r.n, *wrong(TooManyVariants, t.nameOf(t.handles[0]), handle, "a product has at most %d variants and %d pictures", wire.MaxVariants, wire.MaxPictures))
		return nil
	}
	if t.kept++; t.kept > MaxRows {
		return unfit(TooManyRows, "the file has more than %d variants and pictures: split it into several files", MaxRows)
	}
	g.rows = append(g.rows, r)
	return nil
}

func (t *table) refuse(n int, p problem) {
	t.wrong++
	if len(t.errors) < maxErrors {
		t.errors = append(t.errors, RowError{Row: n, Column: p.column, Value: p.value, Code: p.code, Text: p.text})
	}
}

// row is a row by the names of its columns, without empty cells.
func (t *table) row(r raw) row {
	n := 0
	for _, c := range r.cells {
		if c != "" {
			n++
		}
	}
	m := make(row, n)
	for i, c := range r.cells {
		if c != "" {
			m[t.keys[i]] = c
		}
	}
	return m
}

func (t *table) cell(r raw, key string) string {
	if i, ok := t.at[key]; ok && i < len(r.cells) {
		return r.cells[i]
	}
	return ""
}

// nameOf is what the file calls a column.
func (t *table) nameOf(key string) string {
	if i, ok := t.at[key]; ok {
		return t.columns[i]
	}
	return key
}

// has says whether the file has a column.
func (t *table) has(keys ...string) bool {
	return slices.ContainsFunc(keys, func(k string) bool { _, ok := t.at[k]; return ok })
}

// row is a row's cells by the names of their columns in the words of a dialect.
type row map[string]string

// dialect says how a format's rows make a product.
type dialect struct {
	pricing string // the column with the price
	// handles are the columns with what rows of the same product have in common, the first that is filled; title is what a handle is made
	// of in a row without, "" for never.
	handles []string
	title   string
	// parse makes a product of its rows, at least one.
	parse func(rows []row, s Shop) parsed
	// render makes rows of a product: one for each variant, then those that have only a picture.
	render   func(p wire.Product, s Shop) []row
	meanings []meaning
	// common says that a column tells something of the whole product.
	common func(key string) bool
}

// meaning is columns that mean something together, and what a file without them leaves as it is.
type meaning struct {
	columns []string
	product func(p, old *wire.Product)
	variant func(v, old *wire.Variant)
}

// handle is of which product a row tells, "" for none.
func (d *dialect) handle(cell func(key string) string) string {
	for _, key := range d.handles {
		if h := strings.TrimSpace(cell(key)); h != "" {
			return h
		}
	}
	if d.title == "" {
		return ""
	}
	return slug(cell(d.title))
}

func (r row) cell(key string) string { return r[key] }

func (d *dialect) means(key string) bool {
	return slices.ContainsFunc(d.meanings, func(m meaning) bool { return slices.Contains(m.columns, key) })
}

// parsed is a product as its rows say it. A price without a currency and a stock of unsaid are not said by them.
type parsed struct {
	product  wire.Product // without variants: none of its rows can be taken
	head     int          // the row that tells of the product
	of       []int        // the variant of each row, −1 for rows that have none
	problems []rowProblem
}

// unsaid is the stock of a variant of which the file says nothing.
const unsaid = -1

type rowProblem struct {
	row int
	problem
}

func (p *parsed) wrong(row int, w *problem) { p.problems = append(p.problems, rowProblem{row, *w}) }
