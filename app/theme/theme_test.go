package theme

import (
	"fmt"
	"image/color"
	"math"
	"testing"

	"fyne.io/fyne/v2"
	fynetheme "fyne.io/fyne/v2/theme"

	"vitrine/assets"
)

// luminance is WCAG 2.2's relative luminance.
func luminance(c color.Color) float64 {
	r, g, b, _ := c.RGBA()
	linear := func(v uint32) float64 {
		s := float64(v) / 0xffff
		if s <= 0.04045 {
			return s / 12.92
		}
		return math.Pow((s+0.055)/1.055, 2.4)
	}
	return 0.2126*linear(r) + 0.7152*linear(g) + 0.0722*linear(b)
}

func contrast(a, b color.Color) float64 {
	x, y := luminance(a), luminance(b)
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

func TestTextCanBeReadInBothModes(t *testing.T) {
	pairs := []struct{ text, ground fyne.ThemeColorName }{
		{fynetheme.ColorNameForeground, fynetheme.ColorNameBackground},
		{fynetheme.ColorNameForeground, Panel},
		{fynetheme.ColorNameForeground, Chosen},
		{fynetheme.ColorNameForeground, fynetheme.ColorNameButton},
		{fynetheme.ColorNameForeground, fynetheme.ColorNameInputBackground},
		{fynetheme.ColorNameForeground, fynetheme.ColorNameMenuBackground},
		{fynetheme.ColorNameForeground, fynetheme.ColorNameOverlayBackground},
		{fynetheme.ColorNameForegroundOnPrimary, fynetheme.ColorNamePrimary},
		{fynetheme.ColorNamePlaceHolder, fynetheme.ColorNameInputBackground},
		{Quiet, Panel},
		{Quiet, Chosen},
		{Quiet, fynetheme.ColorNameButton},
		{Quiet, fynetheme.ColorNameOverlayBackground},
		{fynetheme.ColorNameWarning, Panel},
		{fynetheme.ColorNameWarning, Chosen},
		{fynetheme.ColorNameWarning, fynetheme.ColorNameButton},
		{fynetheme.ColorNameError, fynetheme.ColorNameOverlayBackground},
		{fynetheme.ColorNameSuccess, fynetheme.ColorNameOverlayBackground},
	}
	for _, mode := range []string{Dark, Light} {
		for _, p := range pairs {
			th := New(mode)
			text, ground := th.Color(p.text, 0), th.Color(p.ground, 0)
			if c := contrast(text, ground); c < 4.5 {
				t.Errorf("%s: %s on %s has a contrast of %.2f", mode, p.text, p.ground, c)
			}
		}
		for _, zone := range []fyne.ThemeColorName{Safe, Loud, Hot} {
			th := New(mode)
			if c := contrast(th.Color(zone, 0), th.Color(Trough, 0)); c < 1.7 {
				t.Errorf("%s: the meter's %s can hardly be told from unlit: %.2f", mode, zone, c)
			}
		}
	}
}

func TestBothPalettesNameTheSameColours(t *testing.T) {
	for n := range dark {
		if light[n] == nil {
			t.Errorf("light has no %s", n)
		}
	}
	if len(light) != len(dark) {
		t.Errorf("dark has %d colours, light %d", len(dark), len(light))
	}
}

func TestAFixedModeOverrulesTheSystem(t *testing.T) {
	for _, c := range []struct {
		mode   string
		system fyne.ThemeVariant
		want   color.Color
	}{
		{Dark, fynetheme.VariantLight, dark[Panel]},
		{Light, fynetheme.VariantDark, light[Panel]},
		{"", fynetheme.VariantLight, light[Panel]},
		{"", fynetheme.VariantDark, dark[Panel]},
	} {
		if got := New(c.mode).Color(Panel, c.system); got != c.want {
			t.Errorf("mode %q in a system of variant %d: %v", c.mode, c.system, fmt.Sprint(got))
		}
	}
}

func TestEverySymbolIsDrawn(t *testing.T) {
	for _, s := range []Symbol{
		Add, Appearance, Camera, Check, Close, Copy, Down, File, Hide, Image, Mic, MicOff, OnAir, Open, Output, Pause, Pin, Play, Region, Remove,
		Rename, Screen, Server, Settings, Speaker, Stop, Stream, Synthetic, Turn, Up, Viewers, Warning, Window,
	} {
		if len(assets.Symbol(string(s))) == 0 {
			t.Errorf("there is no drawing of %q", s)
		}
	}
	if len(Mark().Content()) == 0 {
		t.Error("there is no mark")
	}
}
