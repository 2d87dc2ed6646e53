// Package assets holds what the programs carry inside them: the product's mark and the symbols of the window. It embeds
// files and does nothing else, so that any room may use it.
//
// Symbols are drawn for this product on a 24 × 24 grid in fills only, because the window's toolkit recolours fills and
// leaves strokes alone.
package assets

import "embed"

// Mark is the product's mark as a PNG of 512 × 512.
//
//go:embed icon.png
var Mark []byte

//go:embed icons/*.svg
var symbols embed.FS

//go:embed models
var models embed.FS

// Model returns one of the models that models/README.md lists, nil when it could not be fetched for this build.
func Model(name string) []byte {
	b, err := models.ReadFile("models/" + name)
	if err != nil {
		return nil
	}
	return b
}

// Symbol returns the SVG of a symbol, nil when there is none of that name.
func Symbol(name string) []byte {
	b, err := symbols.ReadFile("icons/" + name + ".svg")
	if err != nil {
		return nil
	}
	return b
}
