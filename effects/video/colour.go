// Package video makes the host's picture beautiful: pure transforms of frames, in place.
package video

import "vitrine/capture/frame"

// ColourSettings says how a picture is graded. The zero value changes nothing. It is a comparable value; values outside
// their ranges count as the nearest bound.
type ColourSettings struct {
	// Temperature makes the picture colder (−100) or warmer (+100): 80 mired along the daylight locus (CIE 15) each way.
	Temperature float64
	// Tint makes it greener (−100) or more magenta (+100): a Duv of 0.02 each way.
	Tint float64
	// Exposure is in stops, −2 to +2. Highlights roll off instead of clipping.
	Exposure float64
	// Contrast steepens (+100) or flattens (−100) the tones around middle grey.
	Contrast float64
	// Saturation scales the distance from grey: −100 is monochrome, +100 twice as colourful.
	Saturation float64
	// LUT is a look laid over the graded picture, nil for none, blended by Strength, 0 to 100.
	LUT      *LUT
	Strength float64
	// Auto lifts a dark room and removes a colour cast, before the settings above. See [Colour.Apply].
	Auto bool
}

func (s ColourSettings) limited() ColourSettings {
	hundred := func(x float64) float64 { return bounded(x, -100, 100) }
	s.Temperature, s.Tint = hundred(s.Temperature), hundred(s.Tint)
	s.Exposure = bounded(s.Exposure, -2, 2)
	s.Contrast, s.Saturation = hundred(s.Contrast), hundred(s.Saturation)
	s.Strength = bounded(s.Strength, 0, 100)
	if s.LUT == nil || s.Strength == 0 {
		s.LUT, s.Strength = nil, 0
	}
	return s
}

// bounded also turns NaN into low.
func bounded(x, low, high float64) float64 {
	if !(x > low) {
		return low
	}
	return min(x, high)
}

// grade is all that a table depends on.
type grade struct {
	ColourSettings
	correction
}

func (g grade) identity() bool {
	g.Auto = false
	return g == grade{}
}

// Colour grades the pictures of one source. The zero value is ready; not safe for concurrent use. All settings are folded
// into one table of 33³ colours in Y'CbCr, made anew (about two milliseconds) when they change, so that a picture costs
// the same whatever is set.
type Colour struct {
	auto  auto
	grade grade
	table *colourTable
}

// Apply grades v in place. Settings that change nothing leave every bit as it was. With Auto the correction follows the
// picture within a few seconds of PTS and rests while the picture stays much the same, so that nothing pumps.
func (c *Colour) Apply(v *frame.Video, s ColourSettings) {
	g := grade{ColourSettings: s.limited()}
	if s.Auto {
		c.auto.watch(v)
		g.correction = c.auto.correction()
	} else {
		c.auto = auto{}
	}
	if g.identity() {
		return
	}
	if c.table == nil {
		c.table = new(colourTable)
		c.table.build(g)
	} else if g != c.grade {
		c.table.build(g)
	}
	c.grade = g
	colourApply(v, c.table)
}
