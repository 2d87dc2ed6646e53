package main

import (
	"bytes"
	"fmt"
	"log/slog"

	fynetheme "fyne.io/fyne/v2/theme"
	"github.com/go-text/typesetting/font"
	"github.com/go-text/typesetting/fontscan"
)

// fonts fills studio's scene.Fonts: the window's bold face, and for letters that it lacks, as Chinese ones, those of the system. The
// system is searched when the first such letter comes, which the window's own text has done before.
type fonts struct {
	own    *font.Face
	system *fontscan.FontMap // nil before
	log    *slog.Logger
}

func newFonts(log *slog.Logger) (*fonts, error) {
	own, err := font.ParseTTF(bytes.NewReader(fynetheme.DefaultTextBoldFont().Content()))
	if err != nil {
		return nil, fmt.Errorf("read the font of the card: %w", err)
	}
	return &fonts{own: own, log: log}, nil
}

// ResolveFace implements shaping.Fontmap.
func (f *fonts) ResolveFace(r rune) *font.Face {
	if _, ok := f.own.NominalGlyph(r); ok {
		return f.own
	}
	if f.system == nil {
		f.system = fontscan.NewFontMap(slog.NewLogLogger(f.log.Handler(), slog.LevelDebug))
		if err := f.system.UseSystemFonts(""); err != nil {
			f.log.Warn("the card has no letters of the system's fonts", "error", err)
		}
		f.system.SetQuery(fontscan.Query{Families: []string{fontscan.SansSerif}, Aspect: font.Aspect{Weight: font.WeightBold}})
	}
	if face := f.system.ResolveFace(r); face != nil {
		return face
	}
	return f.own
}
