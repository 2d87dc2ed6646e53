package frame

// Layer is one of the sizes in which the picture is sent at the same time (simulcast), so that the server can give each
// viewer the size that his line carries.
type Layer int

// The layers, largest first. Each has half the width and height of the one before.
const (
	Full Layer = iota
	Half
	Quarter
)

// Layers is the number of layers.
const Layers = 3

// At is the format of a layer of pictures in format f; its sides are even.
func (f Format) At(l Layer) Format {
	for range l {
		f.Width, f.Height = f.Width/2&^1, f.Height/2&^1
	}
	return f
}

// Share is how one layer is encoded. The zero value is a layer that is off.
type Share struct {
	Bitrate int // bits a second
	FPS     int // pictures a second, at most those of the program
}

// On reports whether the layer is encoded.
func (s Share) On() bool { return s.Bitrate > 0 }

// Plan is how every layer is encoded.
type Plan [Layers]Share

// Demand is what the other end of the uplink asks of the picture.
type Demand struct {
	// Wanted says which layers somebody watches.
	Wanted [Layers]bool
	// Bitrate is what the path carries of pictures, in bits a second; 0 where nobody knows.
	Bitrate int
}
