package assets

import "embed"

//go:embed luts/*.cube
var luts embed.FS

// LUTs are the names of our own looks in the order a menu shows them. They are made by a test of effects/video.
var LUTs = []string{"Warm", "Cool", "Film", "Vivid", "Mono"}

// LUT returns a look in the .cube format, nil when there is none of that name.
func LUT(name string) []byte {
	b, err := luts.ReadFile("luts/" + name + ".cube")
	if err != nil {
		return nil
	}
	return b
}
