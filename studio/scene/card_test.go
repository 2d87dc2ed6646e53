package scene_test

import (
	"bytes"
	"flag"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/jpeg"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/go-text/typesetting/font"

	fynetheme "fyne.io/fyne/v2/theme"

	"vitrine/capture/frame"
	"vitrine/studio/scene"
)

var shots = flag.String("shots", "", "folder to write pictures of cards into")

const (
	hopper = "../../.run/material/python-matplotlib-data/usr/share/matplotlib/mpl-data/sample_data/grace_hopper.jpg"
	han    = "/usr/share/fonts/truetype/wqy/wqy-microhei.ttc"
)

// faces are fonts in the order in which letters are looked for.
type faces []*font.Face

func (f faces) ResolveFace(r rune) *font.Face {
	for _, one := range f {
		if _, ok := one.NominalGlyph(r); ok {
			return one
		}
	}
	return f[0]
}

func letters(t testing.TB) faces {
	t.Helper()
	latin, err := font.ParseTTF(bytes.NewReader(fynetheme.DefaultTextBoldFont().Content()))
	if err != nil {
		t.Fatal(err)
	}
	file, err := os.ReadFile(han)
	if err != nil {
		t.Fatalf("%v: run .ci/setup build", err)
	}
	chinese, err := font.ParseTTC(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	return faces{latin, chinese[0]}
}

func thumbnail(t testing.TB) image.Image {
	t.Helper()
	f, err := os.Open(hopper)
	if err != nil {
		t.Fatalf("%v: run .ci/models test", err)
	}
	defer f.Close()
	img, err := jpeg.Decode(f)
	if err != nil {
		t.Fatal(err)
	}
	return img
}

// backdrop is a program picture with stripes of light and dark.
func backdrop(w, h int) *frame.Video {
	v := frame.New(w, h)
	v.Fill(0, 110, 140)
	for y := range h {
		for x := range w {
			v.Y[y*v.YStride+x] = uint8(60 + 120*((x/64+y/64)%2))
		}
	}
	return v
}

// rgb is a program picture as screens show it (BT.709, limited range).
func rgb(v *frame.Video) *image.RGBA {
	img := image.NewRGBA(image.Rect(0, 0, v.Width, v.Height))
	for y := range v.Height {
		for x := range v.Width {
			l := 255 * (float64(v.Y[y*v.YStride+x]) - 16) / 219
			cb := 255 * (float64(v.U[y/2*v.CStride+x/2]) - 128) / 224
			cr := 255 * (float64(v.V[y/2*v.CStride+x/2]) - 128) / 224
			to := func(f float64) uint8 { return uint8(min(max(f+0.5, 0), 255)) }
			img.SetRGBA(x, y, color.RGBA{to(l + 1.5748*cr), to(l - 0.1873*cb - 0.4681*cr), to(l + 1.8556*cb), 255})
		}
	}
	return img
}

func cards(t testing.TB) map[string]scene.Card {
	photo := thumbnail(t)
	return map[string]scene.Card{
		"full":    {Title: "Linen shirt with a collar that stays where it is", Price: "€39.90", Was: "€59.90", Note: "7 left", Timer: "04:32", Picture: photo},
		"short":   {Title: "Teapot", Price: "$18.00", Picture: photo},
		"chinese": {Title: "手工烧制的青瓷茶壶套装,含四只杯子和一个竹制托盘,礼盒包装", Price: "¥298.00", Was: "¥368.00", Note: "仅剩 7 件", Timer: "1:04:32", Picture: photo},
		"spanish": {Title: "Camisa de lino con cuello que no se mueve", Price: "39,90 €", Note: "Quedan 7 unidades", Picture: photo},
		"bare":    {Title: "A lamp without a picture", Price: "1,234,567 ₩", Note: "Sold out"},
	}
}

func TestCardsAreDrawnInEveryCornerAndSize(t *testing.T) {
	p := scene.NewPainter(letters(t))
	for name, c := range cards(t) {
		for _, size := range []image.Point{{1280, 720}, {320, 180}, {1920, 1080}, {640, 480}} {
			for _, corner := range scene.Corners() {
				if size.Y > 180 && corner != scene.BottomLeft { // they differ in size only
					continue
				}
				v, before := backdrop(size.X, size.Y), backdrop(size.X, size.Y)
				o := p.Paint(c, size.X, size.Y)
				at := corner.Place(o.Size, size)
				r := image.Rectangle{Min: at, Max: at.Add(o.Size)}
				if !r.In(image.Rect(0, 0, size.X, size.Y)) || at.X%2+at.Y%2+o.Size.X%2+o.Size.Y%2 != 0 {
					t.Fatalf("%s: %v in %v at %s", name, r, size, corner)
				}
				o.Blend(v, at, scene.Opaque)
				for y := range size.Y {
					for x := range size.X {
						if i := y*v.YStride + x; !image.Pt(x, y).In(r) && (v.Y[i] != before.Y[i]) {
							t.Fatalf("%s: %d %d outside of the card has changed", name, x, y)
						}
					}
				}
				if img := rgb(v).SubImage(r); *shots != "" && corner == scene.BottomLeft {
					save(t, name, size, rgb(v), img)
				}
			}
		}
	}
}

func save(t *testing.T, name string, size image.Point, whole, part image.Image) {
	t.Helper()
	if size.Y == 720 && name == "full" {
		part = whole
	}
	f, err := os.Create(filepath.Join(*shots, "card-"+name+"-"+fmt.Sprintf("%dx%d", size.X, size.Y)+".png"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := png.Encode(f, part); err != nil {
		t.Fatal(err)
	}
}

// flat is a picture of one colour.
func flat(c color.Color) image.Image {
	img := image.NewRGBA(image.Rect(0, 0, 100, 50))
	draw.Draw(img, img.Rect, image.NewUniform(c), image.Point{}, draw.Src)
	return img
}

func TestTheCardHasThePicturesColoursAndFades(t *testing.T) {
	p := scene.NewPainter(letters(t))
	blue := color.RGBA{30, 60, 220, 255}
	o := p.Paint(scene.Card{Title: "x", Price: "1", Picture: flat(blue)}, 1280, 720)
	seen := func(opacity int, at image.Point) color.RGBA {
		v := frame.New(1280, 720)
		v.Fill(235, 128, 128) // white
		o.Blend(v, image.Pt(100, 100), opacity)
		return rgb(v).RGBAAt(100+at.X, 100+at.Y)
	}
	near := func(a, b color.RGBA, by int) bool {
		return abs(int(a.R)-int(b.R)) <= by && abs(int(a.G)-int(b.G)) <= by && abs(int(a.B)-int(b.B)) <= by
	}
	middle := image.Pt(12+56, o.Size.Y/2)
	if c := seen(scene.Opaque, middle); !near(c, blue, 4) {
		t.Errorf("the thumbnail is %v, want %v", c, blue)
	}
	if c := seen(scene.Opaque/2, middle); !near(c, color.RGBA{143, 158, 238, 255}, 5) {
		t.Errorf("half faded the thumbnail is %v", c)
	}
	if c := seen(0, middle); !near(c, color.RGBA{255, 255, 255, 255}, 2) {
		t.Errorf("faded out the card leaves %v", c)
	}
	ground := image.Pt(o.Size.X-20, 8) // 222 of 255 of a dark grey over white
	if c := seen(scene.Opaque, ground); !near(c, color.RGBA{47, 49, 54, 255}, 4) {
		t.Errorf("the ground is %v", c)
	}
	if c := seen(scene.Opaque, image.Pt(0, 0)); !near(c, color.RGBA{255, 255, 255, 255}, 3) {
		t.Errorf("outside of the round corner it is %v", c)
	}
}

func abs(n int) int { return max(n, -n) }

func TestACardIsPaintedAgainOnlyWhenItChanges(t *testing.T) {
	p := scene.NewPainter(letters(t))
	c := cards(t)["full"]
	first := p.Paint(c, 1280, 720)
	if p.Paint(c, 1280, 720) != first {
		t.Error("the same card is painted again")
	}
	c.Timer = "04:31"
	if p.Paint(c, 1280, 720) == first {
		t.Error("the clock stands")
	}
}

func TestTextThatCannotBeWrittenIsLeftOut(t *testing.T) {
	p := scene.NewPainter(letters(t))
	for _, title := range []string{"", " ", "🫖", "🫖\u200d\ufe0f Teapot 🫖🫖", "\x00\xff", strings.Repeat("very", 500), strings.Repeat("茶", 500), "إبريق الشاي"} {
		o := p.Paint(scene.Card{Title: title, Price: "1", Note: title}, 1280, 720)
		o.Blend(frame.New(64, 36), image.Pt(0, 0), scene.Opaque)
	}
}

func BenchmarkCard(b *testing.B) {
	o := scene.NewPainter(letters(b)).Paint(cards(b)["full"], 1280, 720)
	v, other := backdrop(1280, 720), backdrop(1280, 720)
	b.Run("blend", func(b *testing.B) {
		for b.Loop() {
			o.Blend(v, image.Pt(24, 560), scene.Opaque)
		}
	})
	b.Run("copy", func(b *testing.B) {
		for b.Loop() {
			v.Copy(other)
		}
	})
	b.Run("paint", func(b *testing.B) {
		c, p := cards(b)["full"], scene.NewPainter(letters(b))
		c.Picture = c.Picture.(*image.YCbCr).SubImage(image.Rect(200, 100, 360, 260)) // as large as they come
		for b.Loop() {
			c.Timer = map[bool]string{true: "04:32", false: "04:31"}[c.Timer == "04:31"]
			p.Paint(c, 1280, 720)
		}
	})
}
