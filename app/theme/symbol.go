package theme

import (
	"fyne.io/fyne/v2"
	fynetheme "fyne.io/fyne/v2/theme"

	"vitrine/assets"
)

// Symbol names a drawing of assets/icons.
type Symbol string

// Symbols of the window.
const (
	Add        Symbol = "add"
	Appearance Symbol = "appearance"
	Camera     Symbol = "camera"
	Check      Symbol = "check"
	Close      Symbol = "close"
	Copy       Symbol = "copy"
	Down       Symbol = "down"
	File       Symbol = "file"
	Headphones Symbol = "headphones"
	Keys       Symbol = "keys"
	More       Symbol = "more"
	Hide       Symbol = "hide"
	Image      Symbol = "image"
	Music      Symbol = "music"
	Next       Symbol = "next"
	OnAir      Symbol = "live"
	Mic        Symbol = "mic"
	MicOff     Symbol = "mic-off"
	Open       Symbol = "open"
	Output     Symbol = "output"
	Pause      Symbol = "pause"
	Pin        Symbol = "pin"
	Play       Symbol = "play"
	Previous   Symbol = "previous"
	Region     Symbol = "region"
	Remove     Symbol = "remove"
	Rename     Symbol = "rename"
	Screen     Symbol = "screen"
	Server     Symbol = "server"
	Settings   Symbol = "settings"
	Speaker    Symbol = "speaker"
	SpeakerOff Symbol = "speaker-off"
	Stop       Symbol = "stop"
	Stream     Symbol = "stream"
	Synthetic  Symbol = "synthetic"
	Turn       Symbol = "turn"
	Up         Symbol = "up"
	Viewers    Symbol = "viewers"
	Warning    Symbol = "warning"
	Window     Symbol = "window"
)

// Resource is the symbol in a colour of the theme, which it follows when the theme changes.
func (s Symbol) Resource(c fyne.ThemeColorName) fyne.Resource {
	r := fynetheme.NewColoredResource(fyne.NewStaticResource(string(s)+".svg", assets.Symbol(string(s))), c)
	return r
}

// Mark is the product's mark.
func Mark() fyne.Resource { return fyne.NewStaticResource("vitrine.png", assets.Mark) }
