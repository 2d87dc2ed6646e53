// Package theme is how the window looks: the names of its colours, sizes and symbols, and the two palettes, dark and
// light, behind them. The dark palette is the viewers' page's, so that host and viewer see one product.
//
// It decides looks and nothing else; a Theme is a value that never changes.
package theme

import (
	"image/color"

	"fyne.io/fyne/v2"
	fynetheme "fyne.io/fyne/v2/theme"
)

// Colours of our own, beside the toolkit's names.
const (
	Stage          fyne.ThemeColorName = "stage"     // around the picture
	Panel          fyne.ThemeColorName = "panel"     // a card's ground
	Edge           fyne.ThemeColorName = "edge"      // a card's border
	Quiet          fyne.ThemeColorName = "quiet"     // text of second rank
	Live           fyne.ThemeColorName = "live"      // on air
	Accent         fyne.ThemeColorName = "accent"    // marks what is chosen
	Safe           fyne.ThemeColorName = "safe"      // meter: enough room
	Loud           fyne.ThemeColorName = "loud"      // meter: loud
	Hot            fyne.ThemeColorName = "hot"       // meter: about to clip
	Trough         fyne.ThemeColorName = "trough"    // meter: unlit
	Needle         fyne.ThemeColorName = "needle"    // meter: the mean's mark
	Curtain        fyne.ThemeColorName = "curtain"   // behind text over the picture
	OnCurtain      fyne.ThemeColorName = "onCurtain" // text over the picture
	OnCurtainQuiet fyne.ThemeColorName = "onCurtainQuiet"
	Ring           fyne.ThemeColorName = "ring"   // around what has the keyboard
	Chosen         fyne.ThemeColorName = "chosen" // ground of the chosen row
)

// Sizes of our own, in device-independent pixels.
const (
	Small  fyne.ThemeSizeName = "small"  // text of second rank
	Title  fyne.ThemeSizeName = "title"  // a dialog's heading
	Corner fyne.ThemeSizeName = "corner" // a card's radius
	Line   fyne.ThemeSizeName = "line"   // height of buttons and rows of controls
)

// Modes of the theme; any other value follows the system.
const (
	Dark  = "dark"
	Light = "light"
)

// Theme is a fyne.Theme in a fixed mode, or in the system's.
type Theme struct{ mode string }

// New returns the theme in a mode: Dark, Light, or the system's for anything else.
func New(mode string) Theme { return Theme{mode} }

// Color returns a colour of the palette; names that it does not know come from the toolkit's theme.
func (t Theme) Color(n fyne.ThemeColorName, v fyne.ThemeVariant) color.Color {
	switch t.mode {
	case Dark:
		v = fynetheme.VariantDark
	case Light:
		v = fynetheme.VariantLight
	}
	if c, ok := palette(v)[n]; ok {
		return c
	}
	return fynetheme.DefaultTheme().Color(n, v)
}

// Font returns the toolkit's font; glyphs that it lacks come from the system's fonts.
func (Theme) Font(s fyne.TextStyle) fyne.Resource { return fynetheme.DefaultTheme().Font(s) }

// Icon returns the toolkit's own symbols, for its own widgets.
func (Theme) Icon(n fyne.ThemeIconName) fyne.Resource { return fynetheme.DefaultTheme().Icon(n) }

// Size returns a size in device-independent pixels.
func (Theme) Size(n fyne.ThemeSizeName) float32 {
	switch n {
	case fynetheme.SizeNameText:
		return 13
	case fynetheme.SizeNameCaptionText, Small:
		return 11.5
	case fynetheme.SizeNameSubHeadingText:
		return 16
	case fynetheme.SizeNameHeadingText, Title:
		return 18
	case fynetheme.SizeNameInnerPadding:
		return 7
	case fynetheme.SizeNamePadding:
		return 4
	case fynetheme.SizeNameInlineIcon:
		return 17
	case fynetheme.SizeNameInputRadius, fynetheme.SizeNameSelectionRadius:
		return 6
	case fynetheme.SizeNameScrollBar:
		return 9
	case Corner:
		return 10
	case Line:
		return 32
	}
	return fynetheme.DefaultTheme().Size(n)
}
