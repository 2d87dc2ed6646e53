package video

import (
	"encoding/json"
	"image"
	"image/draw"
	_ "image/jpeg"
	_ "image/png"
	"os"
	"testing"

	"vitrine/capture/frame"
)

// portraits are photos of faces that the tests measure on, and the landmarks that MediaPipe's mesh finds in them.
var portraits = []struct{ name, path string }{
	{"astronaut", "../../.run/material/python3-skimage/usr/lib/python3/dist-packages/skimage/data/astronaut.png"},
	{"grace_hopper", "../../.run/material/python-matplotlib-data/usr/share/matplotlib/mpl-data/sample_data/grace_hopper.jpg"},
	{"sample5", "../../.ci/packages/node_modules/@vladmandic/face-api/demo/sample5.jpg"},
	{"sample3", "../../.ci/packages/node_modules/@vladmandic/face-api/demo/sample3.jpg"},
	{"sample6", "../../.ci/packages/node_modules/@vladmandic/face-api/demo/sample6.jpg"},
}

// sitting reads a photo and its faces.
func sitting(t testing.TB, name, path string) (*image.RGBA, []frame.Face) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatalf("%v: run .ci/models test", err)
	}
	defer func() { _ = f.Close() }()
	img, _, err := image.Decode(f)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile("testdata/" + name + ".json")
	if err != nil {
		t.Fatal(err)
	}
	var points [][]float32
	if err := json.Unmarshal(raw, &points); err != nil {
		t.Fatal(err)
	}
	faces := make([]frame.Face, len(points))
	for i, p := range points {
		faces[i].Strength = 1
		for k := range faces[i].Points {
			faces[i].Points[k] = frame.Point{X: p[2*k], Y: p[2*k+1]}
		}
	}
	rgba := image.NewRGBA(image.Rect(0, 0, img.Bounds().Dx(), img.Bounds().Dy()))
	draw.Draw(rgba, rgba.Rect, img, img.Bounds().Min, draw.Src)
	return rgba, faces
}

var daylit = [3]float32{1, 1, 1}

// lit is a photo as a camera delivers it, under light of another brightness and colour, as factors of the signals of red, green and blue.
func lit(img *image.RGBA, gain [3]float32) *frame.Video {
	v := frame.New(img.Rect.Dx(), img.Rect.Dy())
	at := func(x, y int) (l, b, r float32) {
		p := img.Pix[img.PixOffset(min(x, v.Width-1), min(y, v.Height-1)):]
		r, g, b := min(float32(p[0])*gain[0], 255), min(float32(p[1])*gain[1], 255), min(float32(p[2])*gain[2], 255)
		return 0.2126*r + 0.7152*g + 0.0722*b, b, r
	}
	for y := range v.Height {
		for x := range v.Width {
			l, _, _ := at(x, y)
			v.Y[y*v.YStride+x] = byte(16.5 + l*219/255)
		}
	}
	for y := range (v.Height + 1) / 2 {
		for x := range (v.Width + 1) / 2 {
			var cb, cr float32
			for k := range 4 {
				l, b, r := at(2*x+k%2, 2*y+k/2)
				cb, cr = cb+(b-l)/1.8556/4, cr+(r-l)/1.5748/4
			}
			v.U[y*v.CStride+x], v.V[y*v.CStride+x] = byte(128.5+cb*224/255), byte(128.5+cr*224/255)
		}
	}
	return v
}
