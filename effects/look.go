package effects

import "fmt"

// Look is what the host chose for the picture. The zero value changes nothing. Without a unit a number is 0 to 100.
type Look struct {
	// Beauty; all but Sharpen act on faces and skin only.
	Smooth  int `json:"smooth"`
	Whiten  int `json:"whiten"`
	Blush   int `json:"blush"`
	Lips    int `json:"lips"`
	Sharpen int `json:"sharpen"`
	Slim    int `json:"slim"` // the face narrower
	Eyes    int `json:"eyes"` // the eyes bigger

	// Colour. Auto corrects a dark room and its cast by itself, before what follows.
	Auto        bool `json:"auto"`
	Temperature int  `json:"temperature"` // −100 (cooler) to 100 (warmer)
	Tint        int  `json:"tint"`        // −100 (green) to 100 (magenta)
	Exposure    int  `json:"exposure"`    // −100 to 100: two stops either way
	Contrast    int  `json:"contrast"`    // −100 to 100
	Saturation  int  `json:"saturation"`  // −100 to 100
	// Grade is the name of one of our LUTs, or the path of a .cube file; "" is none. GradeStrength mixes it in.
	Grade         string `json:"grade"`
	GradeStrength int    `json:"grade_strength"`

	// Background says what becomes of all that is no person. Blur is its strength; Backdrop the colour or the path of the
	// picture or video that takes its place.
	Background Background `json:"background"`
	Blur       int        `json:"blur"`
	Backdrop   string     `json:"backdrop"`
}

// Background is what becomes of all that is no person.
type Background string

// Backgrounds.
const (
	KeepBackground    Background = ""
	BlurBackground    Background = "blur"
	ReplaceBackground Background = "replace"
)

// Preset is a look's beauty under a name that the window translates.
type Preset string

// Presets.
const (
	Plain   Preset = "off"
	Natural Preset = "natural"
	Fresh   Preset = "fresh"
	Radiant Preset = "radiant"
)

// Presets are all of them in the order in which they are offered.
var Presets = [...]Preset{Plain, Natural, Fresh, Radiant}

var beauties = map[Preset]Look{
	Plain:   {},
	Natural: {Smooth: 45, Whiten: 15, Blush: 10, Lips: 10},
	Fresh:   {Smooth: 65, Whiten: 35, Blush: 30, Lips: 30, Sharpen: 15, Slim: 15, Eyes: 10},
	Radiant: {Smooth: 85, Whiten: 60, Blush: 45, Lips: 50, Sharpen: 25, Slim: 30, Eyes: 20},
}

// With is the look with a preset's beauty; colour and background stay.
func (l Look) With(p Preset) Look {
	b := beauties[p]
	l.Smooth, l.Whiten, l.Blush, l.Lips, l.Sharpen, l.Slim, l.Eyes = b.Smooth, b.Whiten, b.Blush, b.Lips, b.Sharpen, b.Slim, b.Eyes
	return l
}

// Preset is the preset whose beauty the look has, "" if the host made its own.
func (l Look) Preset() Preset {
	for _, p := range Presets {
		if l.With(p) == l {
			return p
		}
	}
	return ""
}

// Shaped reports whether the look needs to know where faces and their features are.
func (l Look) shaped() bool { return l.Smooth+l.Whiten+l.Blush+l.Lips+l.Slim+l.Eyes > 0 }

// masked reports whether the look needs to know which pixels are persons.
func (l Look) masked() bool { return l.Background != KeepBackground }

// Thrifts are the steps of thrift that save something of this look.
func (l Look) Thrifts() (list []Thrift) {
	for _, t := range []struct {
		Thrift
		saves bool
	}{
		{FewerMasks, l.masked()},
		{FewerFaces, l.shaped()},
		{NoShapes, l.Slim+l.Eyes > 0},
		{NoBeauty, l.shaped() || l.Sharpen > 0},
		{NoColour, l.coloured()},
	} {
		if t.saves {
			list = append(list, t.Thrift)
		}
	}
	return list
}

func (l Look) coloured() bool {
	return l.Auto || l.Temperature != 0 || l.Tint != 0 || l.Exposure != 0 || l.Contrast != 0 || l.Saturation != 0 || l.Grade != ""
}

// Validate reports the first thing that is wrong, in a sentence for the host.
func (l Look) Validate() error {
	for _, v := range []struct {
		name  string
		value int
		low   int
	}{
		{"smoothing", l.Smooth, 0},
		{"whitening", l.Whiten, 0},
		{"blush", l.Blush, 0},
		{"lip tint", l.Lips, 0},
		{"sharpness", l.Sharpen, 0},
		{"slim face", l.Slim, 0},
		{"big eyes", l.Eyes, 0},
		{"blur", l.Blur, 0},
		{"the grade's strength", l.GradeStrength, 0},
		{"temperature", l.Temperature, -100},
		{"tint", l.Tint, -100},
		{"exposure", l.Exposure, -100},
		{"contrast", l.Contrast, -100},
		{"saturation", l.Saturation, -100},
	} {
		if v.value < v.low || v.value > 100 {
			return fmt.Errorf("choose %d to 100 for %s, not %d", v.low, v.name, v.value)
		}
	}
	switch l.Background {
	case KeepBackground, BlurBackground, ReplaceBackground:
		return nil
	}
	return fmt.Errorf("the background can be kept, blurred or replaced, not %q", l.Background)
}
