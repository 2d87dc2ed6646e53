package theme

import (
	"image/color"

	"fyne.io/fyne/v2"
	fynetheme "fyne.io/fyne/v2/theme"
)

// rgb and rgba read a colour as a style sheet writes it.
func rgb(hex uint32) color.NRGBA {
	return color.NRGBA{R: byte(hex >> 16), G: byte(hex >> 8), B: byte(hex), A: 0xff}
}

func rgba(hex uint32, alpha byte) color.NRGBA {
	c := rgb(hex)
	c.A = alpha
	return c
}

// palette is a mode's colours. Text on its ground has a contrast of 4.5:1 or more (WCAG 2.2, 1.4.3), as the test measures.
func palette(v fyne.ThemeVariant) map[fyne.ThemeColorName]color.Color {
	if v == fynetheme.VariantLight {
		return light
	}
	return dark
}

var dark = map[fyne.ThemeColorName]color.Color{
	fynetheme.ColorNameBackground:          rgb(0x12100e),
	Stage:                                  rgb(0x0a0908),
	Panel:                                  rgb(0x1b1714),
	Edge:                                   rgb(0x2e2823),
	Quiet:                                  rgb(0xb9aea2),
	Live:                                   rgb(0xe4572e),
	Accent:                                 rgb(0xe4572e),
	Safe:                                   rgb(0x35b37e),
	Loud:                                   rgb(0xf0b53c),
	Hot:                                    rgb(0xef4b4b),
	Trough:                                 rgb(0x2e2823),
	Needle:                                 rgb(0xffffff),
	Curtain:                                rgba(0x161311, 0xd6),
	OnCurtain:                              rgb(0xf7f2eb),
	OnCurtainQuiet:                         rgb(0xb9aea2),
	Chosen:                                 rgb(0x33231c),
	fynetheme.ColorNameForeground:          rgb(0xf7f2eb),
	fynetheme.ColorNamePlaceHolder:         rgb(0x978b7e),
	fynetheme.ColorNameDisabled:            rgb(0x857a6e),
	fynetheme.ColorNameButton:              rgb(0x2d2722),
	fynetheme.ColorNameDisabledButton:      rgb(0x241f1b),
	fynetheme.ColorNameInputBackground:     rgb(0x26211d),
	fynetheme.ColorNameInputBorder:         rgb(0x40372f),
	fynetheme.ColorNameHover:               rgba(0xffffff, 0x14),
	fynetheme.ColorNamePressed:             rgba(0xffffff, 0x24),
	Ring:                                   rgb(0xf6a78d),
	fynetheme.ColorNameFocus:               rgba(0xe4572e, 0x55),
	fynetheme.ColorNamePrimary:             rgb(0xc9421a),
	fynetheme.ColorNameHyperlink:           rgb(0xf6a78d),
	fynetheme.ColorNameSelection:           rgba(0xe4572e, 0x66),
	fynetheme.ColorNameForegroundOnPrimary: rgb(0xffffff),
	fynetheme.ColorNameError:               rgb(0xff8a80),
	fynetheme.ColorNameWarning:             rgb(0xf5c451),
	fynetheme.ColorNameSuccess:             rgb(0x5fd0a0),
	fynetheme.ColorNameSeparator:           rgb(0x2e2823),
	fynetheme.ColorNameShadow:              rgba(0x000000, 0x70),
	fynetheme.ColorNameOverlayBackground:   rgb(0x1f1a17),
	fynetheme.ColorNameMenuBackground:      rgb(0x26211d),
	fynetheme.ColorNameHeaderBackground:    rgb(0x1b1714),
	fynetheme.ColorNameScrollBar:           rgba(0xffffff, 0x40),
	fynetheme.ColorNameScrollBarBackground: rgba(0xffffff, 0x0a),
}

var light = map[fyne.ThemeColorName]color.Color{
	fynetheme.ColorNameBackground:          rgb(0xf1ece5),
	Stage:                                  rgb(0x1b1714),
	Panel:                                  rgb(0xfffdfa),
	Edge:                                   rgb(0xe0d7cc),
	Quiet:                                  rgb(0x685d52),
	Live:                                   rgb(0xd6441a),
	Accent:                                 rgb(0xd6441a),
	Safe:                                   rgb(0x1f9d68),
	Loud:                                   rgb(0xdc9a12),
	Hot:                                    rgb(0xd92f2f),
	Trough:                                 rgb(0xe6ded4),
	Needle:                                 rgb(0x12100e),
	Curtain:                                rgba(0x161311, 0xd6),
	OnCurtain:                              rgb(0xf7f2eb),
	OnCurtainQuiet:                         rgb(0xb9aea2),
	Chosen:                                 rgb(0xfce6de),
	fynetheme.ColorNameForeground:          rgb(0x1b1714),
	fynetheme.ColorNamePlaceHolder:         rgb(0x776b5f),
	fynetheme.ColorNameDisabled:            rgb(0x9a8f83),
	fynetheme.ColorNameButton:              rgb(0xefe8df),
	fynetheme.ColorNameDisabledButton:      rgb(0xf4efe8),
	fynetheme.ColorNameInputBackground:     rgb(0xf8f4ee),
	fynetheme.ColorNameInputBorder:         rgb(0xcfc4b7),
	fynetheme.ColorNameHover:               rgba(0x3a2a1e, 0x12),
	fynetheme.ColorNamePressed:             rgba(0x3a2a1e, 0x24),
	Ring:                                   rgb(0xb03a13),
	fynetheme.ColorNameFocus:               rgba(0xe4572e, 0x44),
	fynetheme.ColorNamePrimary:             rgb(0xc23d16),
	fynetheme.ColorNameHyperlink:           rgb(0xb03a13),
	fynetheme.ColorNameSelection:           rgba(0xe4572e, 0x4d),
	fynetheme.ColorNameForegroundOnPrimary: rgb(0xffffff),
	fynetheme.ColorNameError:               rgb(0xb3261e),
	fynetheme.ColorNameWarning:             rgb(0x8a5a00),
	fynetheme.ColorNameSuccess:             rgb(0x14724a),
	fynetheme.ColorNameSeparator:           rgb(0xe0d7cc),
	fynetheme.ColorNameShadow:              rgba(0x3a2a1e, 0x30),
	fynetheme.ColorNameOverlayBackground:   rgb(0xfffdfa),
	fynetheme.ColorNameMenuBackground:      rgb(0xfffdfa),
	fynetheme.ColorNameHeaderBackground:    rgb(0xfffdfa),
	fynetheme.ColorNameScrollBar:           rgba(0x3a2a1e, 0x50),
	fynetheme.ColorNameScrollBarBackground: rgba(0x3a2a1e, 0x0a),
}
