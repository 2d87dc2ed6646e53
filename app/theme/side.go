package theme

import "image/color"

// sides are the colours of a contest's sides, ours first. They differ in lightness beside their hue, and can be told from both grounds.
var sides = [...]color.NRGBA{
	rgb(0xe4572e), rgb(0x4f8fe0), rgb(0xe0b13c), rgb(0x35a37e), rgb(0xa877d8), rgb(0x8c6b54), rgb(0x5fb7c9), rgb(0xd3679b), rgb(0x8f9a9e),
}

// Side is the colour of a contest's side, counted from 0, which is ours.
func Side(n int) color.Color { return sides[max(0, n)%len(sides)] }
