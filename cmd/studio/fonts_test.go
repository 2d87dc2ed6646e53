package main

import (
	"log/slog"
	"testing"
)

func TestTheCardHasLettersOfItsThreeLanguages(t *testing.T) {
	f, err := newFonts(slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range "Lámpara ñ ¿€¥₩0 仅剩件已售罄起青瓷茶壶" {
		if _, ok := f.ResolveFace(r).NominalGlyph(r); !ok && r != ' ' {
			t.Errorf("there is no %q", r)
		}
	}
	f.ResolveFace('🫖') // or any other face
}
