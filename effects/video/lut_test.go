package video

import (
	"bytes"
	"flag"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"vitrine/assets"
)

var update = flag.Bool("update", false, "write assets/luts anew")

// looks are the formulas of our own LUTs, on R'G'B'.
var looks = map[string]func(r, g, b float64) (float64, float64, float64){
	// Golden skin and wood, milky shadows.
	"Warm": func(r, g, b float64) (float64, float64, float64) {
		return toned(r, g, b, tone{shadow: [3]float64{0.03, 0.015, 0.01}, power: [3]float64{0.90, 0.97, 1.10}, white: [3]float64{1, 0.985, 0.93}, colour: 1.05})
	},
	// Clear daylight for white shelves and silver.
	"Cool": func(r, g, b float64) (float64, float64, float64) {
		return toned(r, g, b, tone{shadow: [3]float64{0, 0.008, 0.02}, power: [3]float64{1.08, 0.99, 0.92}, white: [3]float64{0.965, 0.99, 1}, colour: 0.96})
	},
	// Print film: steep middle, lifted black, teal shadows, warm lights, quieter colours.
	"Film": func(r, g, b float64) (float64, float64, float64) {
		r, g, b = steep(r, 0.25), steep(g, 0.25), steep(b, 0.25)
		return toned(r, g, b, tone{shadow: [3]float64{0.025, 0.04, 0.045}, power: [3]float64{0.97, 1, 1.04}, white: [3]float64{0.985, 0.965, 0.92}, colour: 0.88})
	},
	// Fresh colours for clothes and food.
	"Vivid": func(r, g, b float64) (float64, float64, float64) {
		return toned(steep(r, 0.2), steep(g, 0.2), steep(b, 0.2), tone{power: [3]float64{0.96, 0.96, 0.96}, white: [3]float64{1, 1, 1}, colour: 1.3})
	},
	// Black and white with light skin, as orange-filtered film gives.
	"Mono": func(r, g, b float64) (float64, float64, float64) {
		l := steep(0.45*r+0.45*g+0.10*b, 0.2)
		return l, l, l
	},
}

// tone is a power a channel between a shadow and a white, then a factor on colour.
type tone struct {
	shadow, power, white [3]float64
	colour               float64
}

func toned(r, g, b float64, t tone) (float64, float64, float64) {
	c := [3]float64{r, g, b}
	for i := range c {
		c[i] = t.shadow[i] + (t.white[i]-t.shadow[i])*math.Pow(c[i], t.power[i])
	}
	l := lumaRed*c[0] + lumaGreen*c[1] + lumaBlue*c[2]
	for i := range c {
		c[i] = bounded(l+t.colour*(c[i]-l), 0, 1)
	}
	return c[0], c[1], c[2]
}

// steep blends a signal with the smoothstep curve.
func steep(x, amount float64) float64 { return x + amount*(x*x*(3-2*x)-x) }

const lookSize = 17

func cubeOf(title string, size int, look func(r, g, b float64) (float64, float64, float64)) []byte {
	var out bytes.Buffer
	fmt.Fprintf(&out, "# Made by effects/video/lut_test.go; change it there.\nTITLE %q\nLUT_3D_SIZE %d\n", title, size)
	step := 1 / float64(size-1)
	for b := range size {
		for g := range size {
			for r := range size {
				x, y, z := look(float64(r)*step, float64(g)*step, float64(b)*step)
				fmt.Fprintf(&out, "%.4f %.4f %.4f\n", x, y, z)
			}
		}
	}
	return out.Bytes()
}

func TestOur_looks_are_fresh_and_readable(t *testing.T) {
	if len(looks) != len(assets.LUTs) {
		t.Errorf("%d formulas, %d names", len(looks), len(assets.LUTs))
	}
	for _, name := range assets.LUTs {
		if looks[name] == nil {
			t.Errorf("%s has no formula", name)
			continue
		}
		want := cubeOf(name, lookSize, looks[name])
		if *update {
			if err := os.WriteFile(filepath.Join("../../assets/luts", name+".cube"), want, 0o644); err != nil {
				t.Fatal(err)
			}
		} else if !bytes.Equal(assets.LUT(name), want) {
			t.Errorf("%s is stale: run go test ./effects/video -run looks -update", name)
		}
		if l, err := ReadLUT(bytes.NewReader(want)); err != nil || l.Title != name {
			t.Errorf("%s: %v, %v", name, l, err)
		}
	}
}

func identity(r, g, b float64) (float64, float64, float64) { return r, g, b }

func TestAn_identity_LUT_changes_no_value_by_more_than_one(t *testing.T) {
	l, err := ReadLUT(bytes.NewReader(cubeOf("none", 9, identity)))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{astronaut, hopper, coffee} {
		v := loaded(t, name)
		was := twin(v)
		new(Colour).Apply(v, ColourSettings{LUT: l, Strength: 100})
		for i, p := range [][]byte{v.Y, v.U, v.V} {
			q := [][]byte{was.Y, was.U, was.V}[i]
			for j := range p {
				if d := int(p[j]) - int(q[j]); d > 1 || d < -1 {
					t.Fatalf("%s: %d became %d in plane %d", filepath.Base(name), q[j], p[j], i)
				}
			}
		}
	}
}

func TestOur_looks_are_as_exact_as_the_rest_on_photos(t *testing.T) {
	for _, name := range assets.LUTs {
		l, err := ReadLUT(bytes.NewReader(assets.LUT(name)))
		if err != nil {
			t.Fatal(err)
		}
		s := ColourSettings{LUT: l, Strength: 80, Exposure: 0.3}
		v := loaded(t, astronaut)
		was := twin(v)
		new(Colour).Apply(v, s)
		luma, chroma := fidelity(grade{ColourSettings: s}, was, v)
		t.Logf("%s: PSNR luma %.1f dB, chroma %.1f dB", name, luma, chroma)
		if luma < 45 || chroma < 45 {
			t.Errorf("%s: PSNR luma %.1f dB, chroma %.1f dB", name, luma, chroma)
		}
	}
}

func TestA_cube_file_is_read_as_specified(t *testing.T) {
	file := "\ufeff# comment\r\nTITLE \"Half red\"\r\n\r\nLUT_3D_SIZE 2\r\nDOMAIN_MIN 0 0 0\r\nDOMAIN_MAX 2 1 1\r\n" +
		"0 0 0\n.5 0 0\n0 1 0\n0.5 1 0\n# between\n0 0 1\n5e-1 0 1\n0 1 1\n0.5 1 1"
	l, err := ReadLUT(strings.NewReader(file))
	if err != nil || l.Title != "Half red" {
		t.Fatal(l, err)
	}
	for in, want := range map[[3]float32][3]float32{
		{0, 0, 0}:         {0, 0, 0},
		{1, 0.25, 0.75}:   {0.25, 0.25, 0.75},
		{2, 1, 1}:         {0.5, 1, 1},
		{9, -1, 0.5}:      {0.5, 0, 0.5},
		{0.5, 0.5, 0.125}: {0.125, 0.5, 0.125},
	} {
		if r, g, b := l.At(in[0], in[1], in[2]); [3]float32{r, g, b} != want {
			t.Errorf("%v became %v %v %v, not %v", in, r, g, b, want)
		}
	}
	curves, err := ReadLUT(strings.NewReader("LUT_1D_SIZE 3\n0 1 0\n0.5 0.5 0.25\n1 0 1\n"))
	if err != nil {
		t.Fatal(err)
	}
	if r, g, b := curves.At(0.75, 0.75, 0.25); r != 0.75 || g != 0.25 || b != 0.125 {
		t.Errorf("three curves gave %v %v %v", r, g, b)
	}
}

func TestA_bad_cube_file_is_refused_by_line_and_reason(t *testing.T) {
	for file, want := range map[string]string{
		"":                                     "line 0: the file ends without LUT_3D_SIZE or LUT_1D_SIZE",
		"LUT_3D_SIZE 2\n0 0 0\n":               "line 2: the file ends after 1 of 8 rows",
		"LUT_3D_SIZE 65\n":                     `line 1: size "65" is not 2 to 64`,
		"LUT_3D_SIZE two\n":                    `line 1: size "two" is not 2 to 64`,
		"LUT_1D_SIZE 1\n":                      `line 1: size "1" is not 2 to 65536`,
		"LUT_3D_SIZE 2\nLUT_1D_SIZE 2\n":       "line 2: a second size",
		"0 0 0\n":                              "line 1: a row before LUT_3D_SIZE or LUT_1D_SIZE",
		"LUT_1D_SIZE 2\n0 0\n":                 "line 2: 2 numbers instead of three",
		"LUT_1D_SIZE 2\n0 0 x\n":               `line 2: "x" is not a number of −1000 to 1000`,
		"LUT_1D_SIZE 2\n0 0 1e9\n":             `line 2: "1e9" is not a number of −1000 to 1000`,
		"LUT_1D_SIZE 2\n0 0 0\n1 1 1\n2 2 2\n": "line 4: more than the 2 rows of the table",
		"LUT_1D_SIZE 2\n0 0 0\nTITLE \"x\"\n":  `line 3: "TITLE" after the first row of the table`,
		"TITLE x\n":                            "line 1: TITLE without quotation marks",
		"LUT_3D_INPUT_RANGE 0 1\n":             `line 1: unknown keyword "LUT_3D_INPUT_RANGE"`,
		"DOMAIN_MAX 0 1 1\nLUT_1D_SIZE 2\n0 0 0\n1 1 1": "line 4: DOMAIN_MAX is not above DOMAIN_MIN",
		"# " + strings.Repeat("x", 300):                 "line 1: longer than 250 characters",
		"\n" + strings.Repeat("x", 3000):                "line 2: longer than 250 characters",
		strings.Repeat("TITLE \"x\"\n", 1001):           "line 1001: no table so far",
	} {
		if _, err := ReadLUT(strings.NewReader(file)); err == nil || err.Error() != "read LUT: "+want {
			t.Errorf("%.40q: %v, not %s", file, err, want)
		}
	}
}

func FuzzReadLUT(f *testing.F) {
	f.Add("LUT_1D_SIZE 2\n0 0 0\n1 1 1\n")
	f.Add("TITLE \"a\"\nDOMAIN_MIN -1 0 0\nLUT_3D_SIZE 2\n" + strings.Repeat("0 .5 1e-3\n", 8))
	f.Fuzz(func(t *testing.T, file string) {
		l, err := ReadLUT(strings.NewReader(file))
		if err != nil {
			return
		}
		for _, x := range []float32{-1, 0, 0.3, 1, 2, float32(math.NaN())} {
			r, g, b := l.At(x, x/2, 1-x)
			if s := r + g + b; s != s || s > 3000 || s < -3000 {
				t.Fatalf("%v became %v %v %v", x, r, g, b)
			}
		}
	})
}
