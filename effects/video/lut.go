package video

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
)

// Bounds of a .cube file. The largest table of 64³ colours has 262,144 lines.
const (
	lutLargest     = 64
	lutLongest     = 65536
	lutLineLength  = 250
	lutHeaderLines = 1000
)

// LUT is a look: a table from R'G'B' to R'G'B', as signals of 0 to 1. It does not change after it was read and may be
// shared by goroutines.
type LUT struct {
	// Title is what the file calls it, "" when it does not say.
	Title string

	cube     bool // a table in three dimensions, red fastest; else three curves
	size     int
	from, to [3]float32
	table    [][3]float32
}

// ReadLUT reads a look in the .cube format of Adobe's "Cube LUT Specification 1.0": LUT_3D_SIZE of 2 to 64 or LUT_1D_SIZE of 2
// to 65,536, TITLE, DOMAIN_MIN, DOMAIN_MAX, comments. Keywords it does not know are refused, because they may change what
// the numbers mean. Errors name the line.
func ReadLUT(r io.Reader) (*LUT, error) {
	l := &LUT{to: [3]float32{1, 1, 1}}
	lines := bufio.NewScanner(r)
	lines.Buffer(make([]byte, 0, 512), 4*lutLineLength)
	n := 0
	for lines.Scan() {
		n++
		if err := l.line(lines.Text(), n); err != nil {
			return nil, fmt.Errorf("read LUT: line %d: %w", n, err)
		}
	}
	if err := lines.Err(); errors.Is(err, bufio.ErrTooLong) {
		return nil, fmt.Errorf("read LUT: line %d: longer than %d characters", n+1, lutLineLength)
	} else if err != nil {
		return nil, fmt.Errorf("read LUT: line %d: %w", n+1, err)
	}
	if err := l.complete(); err != nil {
		return nil, fmt.Errorf("read LUT: line %d: %w", n, err)
	}
	return l, nil
}

func (l *LUT) line(text string, n int) error {
	if len(text) > lutLineLength {
		return fmt.Errorf("longer than %d characters", lutLineLength)
	}
	text = strings.TrimSpace(text)
	if n == 1 {
		text = strings.TrimPrefix(text, "\ufeff")
	}
	switch {
	case text == "" || text[0] == '#':
		return nil
	case strings.IndexByte("+-.0123456789", text[0]) >= 0:
		return l.row(text)
	case len(l.table) > 0:
		return fmt.Errorf("%q after the first row of the table", word(text))
	case n > lutHeaderLines:
		return errors.New("no table so far")
	default:
		return l.keyword(word(text), strings.TrimSpace(text[len(word(text)):]))
	}
}

func word(text string) string {
	if i := strings.IndexAny(text, " \t"); i >= 0 {
		return text[:i]
	}
	return text
}

func (l *LUT) keyword(name, rest string) (err error) {
	switch name {
	case "TITLE":
		if len(rest) < 2 || rest[0] != '"' || rest[len(rest)-1] != '"' {
			return errors.New("TITLE without quotation marks")
		}
		l.Title = rest[1 : len(rest)-1]
	case "LUT_3D_SIZE":
		return l.sized(rest, lutLargest, true)
	case "LUT_1D_SIZE":
		return l.sized(rest, lutLongest, false)
	case "DOMAIN_MIN":
		l.from, err = triple(rest)
	case "DOMAIN_MAX":
		l.to, err = triple(rest)
	default:
		return fmt.Errorf("unknown keyword %q", name)
	}
	return err
}

func (l *LUT) sized(text string, largest int, cube bool) error {
	if l.size != 0 {
		return errors.New("a second size")
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 2 || n > largest {
		return fmt.Errorf("size %q is not 2 to %d", text, largest)
	}
	l.size, l.cube = n, cube
	return nil
}

func (l *LUT) rows() int {
	if l.cube {
		return l.size * l.size * l.size
	}
	return l.size
}

func (l *LUT) row(text string) error {
	if l.size == 0 {
		return errors.New("a row before LUT_3D_SIZE or LUT_1D_SIZE")
	}
	if len(l.table) == l.rows() {
		return fmt.Errorf("more than the %d rows of the table", l.rows())
	}
	c, err := triple(text)
	if err != nil {
		return err
	}
	l.table = append(l.table, c)
	return nil
}

// triple reads three numbers. Those beyond ±1000 are refused: no look needs them, and they would make arithmetic overflow.
func triple(text string) (c [3]float32, err error) {
	fields := strings.Fields(text)
	if len(fields) != 3 {
		return c, fmt.Errorf("%d numbers instead of three", len(fields))
	}
	for i, f := range fields {
		x, err := strconv.ParseFloat(f, 32)
		if err != nil || !(math.Abs(x) <= 1000) {
			return c, fmt.Errorf("%q is not a number of −1000 to 1000", f)
		}
		c[i] = float32(x)
	}
	return c, nil
}

func (l *LUT) complete() error {
	if l.size == 0 {
		return errors.New("the file ends without LUT_3D_SIZE or LUT_1D_SIZE")
	}
	if len(l.table) != l.rows() {
		return fmt.Errorf("the file ends after %d of %d rows", len(l.table), l.rows())
	}
	for i := range 3 {
		if !(l.to[i]-l.from[i] >= 1e-3) {
			return errors.New("DOMAIN_MAX is not above DOMAIN_MIN")
		}
	}
	return nil
}

// At is the look's colour for a colour. Colours outside the domain count as the nearest inside; between the table's colours
// it is interpolated linearly.
func (l *LUT) At(r, g, b float32) (float32, float32, float32) {
	var i [3]int
	var f [3]float32
	for c, x := range [3]float32{r, g, b} {
		p := float32(bounded(float64((x-l.from[c])/(l.to[c]-l.from[c])), 0, 1)) * float32(l.size-1)
		i[c] = min(int(p), l.size-2)
		f[c] = p - float32(i[c])
	}
	if !l.cube {
		var out [3]float32
		for c := range out {
			out[c] = mix(l.table[i[c]][c], l.table[i[c]+1][c], f[c])
		}
		return out[0], out[1], out[2]
	}
	return l.inside(i, f)
}

// inside interpolates in the cube whose first corner is i.
func (l *LUT) inside(i [3]int, f [3]float32) (float32, float32, float32) {
	first := (i[2]*l.size+i[1])*l.size + i[0]
	var out [3]float32
	for c := range out {
		edge := func(at int) float32 { return mix(l.table[at][c], l.table[at+1][c], f[0]) }
		near := mix(edge(first), edge(first+l.size), f[1])
		first := first + l.size*l.size
		out[c] = mix(near, mix(edge(first), edge(first+l.size), f[1]), f[2])
	}
	return out[0], out[1], out[2]
}

func mix(a, b, f float32) float32 { return a + (b-a)*f }

// over lays the look over a signal. What lies outside 0…1, as a table of Y'CbCr needs it around its edges, keeps its
// distance, so that interpolation next to black and white is right.
func (l *LUT) over(r, g, b, strength float32) (float32, float32, float32) {
	cr, cg, cb := unit(r), unit(g), unit(b)
	lr, lg, lb := l.At(cr, cg, cb)
	return r + strength*(lr-cr), g + strength*(lg-cg), b + strength*(lb-cb)
}

func unit(x float32) float32 { return max(0, min(1, x)) }
