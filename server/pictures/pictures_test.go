package pictures

import (
	"bytes"
	"compress/flate"
	"context"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"image"
	"image/color"
	"image/draw"
	"image/gif"
	"image/jpeg"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"vitrine/server/wire"
)

const (
	hopper    = "../../.run/material/python-matplotlib-data/usr/share/matplotlib/mpl-data/sample_data/grace_hopper.jpg"
	astronaut = "../../.run/material/python3-skimage/usr/lib/python3/dist-packages/skimage/data/astronaut.png"
)

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func photo(t testing.TB, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.FromSlash(path))
	if err != nil {
		t.Fatalf("%v: run .ci/models test", err)
	}
	return b
}

// converted is a photo as another kind of file, by ffmpeg.
func converted(t testing.TB, path, ending string, options ...string) []byte {
	t.Helper()
	photo(t, path)
	to := filepath.Join(t.TempDir(), "to."+ending)
	args := append([]string{"-v", "error", "-y", "-i", filepath.FromSlash(path)}, append(options, to)...)
	if out, err := exec.CommandContext(t.Context(), "ffmpeg", args...).CombinedOutput(); err != nil {
		t.Fatalf("ffmpeg: %v\n%s", err, out)
	}
	return must(os.ReadFile(to))
}

func encoded(t testing.TB, img image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func read(t *testing.T, a *Album, id wire.PictureID, width int) image.Image {
	t.Helper()
	file, err := a.Get(t.Context(), id, width)
	if err != nil {
		t.Fatal(err)
	}
	img, err := jpeg.Decode(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	return img
}

// difference is the mean difference of two pictures' colours, of 255; the second is drawn at the size of the first.
func difference(a, b image.Image) float64 {
	size := a.Bounds().Size()
	second := shrink(b, b.Bounds().Size(), size)
	sum := 0.0
	for y := range size.Y {
		for x := range size.X {
			p := color.RGBAModel.Convert(a.At(a.Bounds().Min.X+x, a.Bounds().Min.Y+y)).(color.RGBA)
			q := second.RGBAAt(x, y)
			for _, d := range []int{int(p.R) - int(q.R), int(p.G) - int(q.G), int(p.B) - int(q.B)} {
				sum += float64(max(d, -d))
			}
		}
	}
	return sum / float64(3*size.X*size.Y)
}

func TestPhotosOfEveryKindAreKeptInAllWidthsAndLookAsTheyDid(t *testing.T) {
	animation := []string{"-vf", "split[a][b];[b]negate[c];[a][c]concat=n=2", "-loop", "0"}
	for name, file := range map[string][]byte{
		"JPEG":          photo(t, hopper),
		"PNG":           photo(t, astronaut),
		"GIF":           converted(t, astronaut, "gif"),
		"GIF, moving":   converted(t, astronaut, "gif", animation...),
		"WebP":          converted(t, astronaut, "webp"),
		"WebP, exact":   converted(t, astronaut, "webp", "-lossless", "1"),
		"WebP, moving":  converted(t, astronaut, "webp", append(animation, "-c:v", "libwebp_anim")...),
		"JPEG in parts": converted(t, astronaut, "jpg", "-q:v", "3", "-pix_fmt", "yuvj444p"),
	} {
		t.Run(name, func(t *testing.T) {
			original := must(png.Decode(bytes.NewReader(photo(t, astronaut))))
			if name == "JPEG" {
				original = must(jpeg.Decode(bytes.NewReader(file)))
			}
			a := New(Folder(t.TempDir()))
			id, err := a.Keep(t.Context(), file)
			if err != nil {
				t.Fatal(err)
			}
			for _, width := range wire.PictureWidths {
				img := read(t, a, id, width)
				if got, want := img.Bounds().Dx(), min(width, original.Bounds().Dx()); got != want {
					t.Errorf("%d wide, want %d", got, want)
				}
				most := 5.0
				if strings.HasPrefix(name, "GIF") { // 256 colours
					most = 9
				}
				if d := difference(img, original); d > most {
					t.Errorf("%d wide: the mean difference is %.1f of 255", width, d)
				}
			}
		})
	}
}

func TestTheSameFileIsKeptOnceAndNothingThatCameWithItGoesOut(t *testing.T) {
	folder := t.TempDir()
	a := New(Folder(folder))
	file := withExif(t, photo(t, hopper), 1, "a secret place")
	first, err := a.Keep(t.Context(), file)
	if err != nil {
		t.Fatal(err)
	}
	before := must(os.Stat(filepath.Join(folder, string(first), "1200.jpg")))
	if again, err := a.Keep(t.Context(), file); err != nil || again != first || first != IDOf(file) {
		t.Errorf("%s, then %s, %v", first, again, err)
	}
	if after := must(os.Stat(filepath.Join(folder, string(first), "1200.jpg"))); !after.ModTime().Equal(before.ModTime()) {
		t.Error("it was written again")
	}
	entries := must(os.ReadDir(filepath.Join(folder, string(first))))
	if len(entries) != len(wire.PictureWidths) {
		t.Errorf("the folder has %v", entries)
	}
	for _, width := range wire.PictureWidths {
		kept := must(a.Get(t.Context(), first, width))
		if bytes.Contains(kept, []byte("secret")) || bytes.Contains(kept, []byte("Exif")) {
			t.Errorf("%d: the metadata went out", width)
		}
	}
}

// withExif puts Exif data with an orientation, and a text, into a JPEG.
func withExif(t *testing.T, file []byte, o orientation, text string) []byte {
	t.Helper()
	b := []byte("MM\x00*\x00\x00\x00\x08\x00\x01")
	b = binary.BigEndian.AppendUint16(b, orientedTag)
	b = append(b, 0, 3, 0, 0, 0, 1, 0, byte(o), 0, 0, 0, 0, 0, 0)
	body := append([]byte("Exif\x00\x00"), append(b, text...)...)
	out := append([]byte{0xff, 0xd8, 0xff, 0xe1}, binary.BigEndian.AppendUint16(nil, uint16(len(body)+2))...)
	return append(append(out, body...), file[2:]...)
}

// TestPhotosStandUpright builds, by the words of the Exif standard ("the 0th row is the visual …, the 0th column the visual …"), what
// a camera would store of a picture with four colours.
func TestPhotosStandUpright(t *testing.T) {
	const w, h = 96, 64
	colours := []color.RGBA{{220, 30, 30, 255}, {30, 200, 30, 255}, {30, 30, 220, 255}, {240, 240, 40, 255}}
	shown := func(x, y int) color.RGBA { return colours[x*2/w+y*2/h*2] }
	sides := map[orientation][2]string{
		1: {"top", "left"}, 2: {"top", "right"}, 3: {"bottom", "right"}, 4: {"bottom", "left"},
		5: {"left", "top"}, 6: {"right", "top"}, 7: {"right", "bottom"}, 8: {"left", "bottom"},
	}
	for o, is := range sides {
		size := image.Pt(w, h)
		if is[0] == "left" || is[0] == "right" {
			size = image.Pt(h, w)
		}
		stored := image.NewRGBA(image.Rectangle{Max: size})
		for row := range size.Y {
			for column := range size.X {
				x, y := 0, 0
				for i, side := range is {
					n := []int{row, column}[i]
					switch side {
					case "top":
						y = n
					case "bottom":
						y = h - 1 - n
					case "left":
						x = n
					case "right":
						x = w - 1 - n
					}
				}
				stored.SetRGBA(column, row, shown(x, y))
			}
		}
		var b bytes.Buffer
		if err := jpeg.Encode(&b, stored, &jpeg.Options{Quality: 95}); err != nil {
			t.Fatal(err)
		}
		a := New(Folder(t.TempDir()))
		id, err := a.Keep(t.Context(), withExif(t, b.Bytes(), o, ""))
		if err != nil {
			t.Fatal(err)
		}
		img := read(t, a, id, 160)
		if img.Bounds().Size() != image.Pt(w, h) {
			t.Fatalf("%d: it is %v", o, img.Bounds())
		}
		for _, p := range []image.Point{{12, 12}, {84, 12}, {12, 52}, {84, 52}} {
			r, g, b, _ := img.At(p.X, p.Y).RGBA()
			want := shown(p.X, p.Y)
			if abs(int(r>>8)-int(want.R)) > 30 || abs(int(g>>8)-int(want.G)) > 30 || abs(int(b>>8)-int(want.B)) > 30 {
				t.Errorf("%d: at %v it is %d %d %d, want %v", o, p, r>>8, g>>8, b>>8, want)
			}
		}
	}
}

func abs(v int) int { return max(v, -v) }

func TestWhatIsTransparentBecomesWhite(t *testing.T) {
	img := image.NewNRGBA(image.Rect(0, 0, 300, 200))
	draw.Draw(img, image.Rect(0, 0, 150, 200), image.NewUniform(color.NRGBA{200, 0, 0, 255}), image.Point{}, draw.Src)
	a := New(Folder(t.TempDir()))
	id, err := a.Keep(t.Context(), encoded(t, img))
	if err != nil {
		t.Fatal(err)
	}
	small := read(t, a, id, 160)
	if small.Bounds().Size() != image.Pt(160, 107) {
		t.Errorf("it is %v", small.Bounds())
	}
	if r, g, b, _ := small.At(140, 50).RGBA(); r>>8 < 250 || g>>8 < 250 || b>>8 < 250 {
		t.Errorf("what is transparent is %d %d %d", r>>8, g>>8, b>>8)
	}
	if r, g, _, _ := small.At(20, 50).RGBA(); r>>8 < 190 || g>>8 > 20 {
		t.Error("what is red is not")
	}
}

// plainPNG is a whole PNG of one colour with that many pixels, of 1 bit each, in some 450 KB. Its data are many times the same deflated
// megabyte, because to deflate them all takes long.
func plainPNG(w, h uint32) []byte {
	const mega = 1 << 20
	n := int(h) * int(1+w/8)
	data := []byte{0x78, 0x01} // RFC 1950
	whole := deflatedZeros(mega)
	for range n / mega {
		data = append(data, whole...)
	}
	data = append(append(data, deflatedZeros(n%mega)...), 1, 0, 0, 0xff, 0xff)
	data = binary.BigEndian.AppendUint32(data, uint32(n%65521)<<16|1)
	file := []byte("\x89PNG\r\n\x1a\n")
	for _, c := range []struct {
		name string
		body []byte
	}{
		{"IHDR", append(binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, w), h), 1, 0, 0, 0, 0)},
		{"IDAT", data},
		{"IEND", nil},
	} {
		file = binary.BigEndian.AppendUint32(file, uint32(len(c.body)))
		file = append(append(file, c.name...), c.body...)
		file = binary.BigEndian.AppendUint32(file, crc32.ChecksumIEEE(append([]byte(c.name), c.body...)))
	}
	return file
}

// deflatedZeros ends at a byte, without being the last block.
func deflatedZeros(n int) []byte {
	var b bytes.Buffer
	z := must(flate.NewWriter(&b, flate.BestSpeed))
	_, _ = z.Write(make([]byte, n))
	_ = z.Flush()
	return b.Bytes()
}

// gifBomb is a GIF whose screen or whose picture says that it is large.
func gifBomb(t *testing.T, screen, picture int) []byte {
	t.Helper()
	var b bytes.Buffer
	img := image.NewPaletted(image.Rect(0, 0, 8, 8), color.Palette{color.White, color.Black})
	if err := gif.Encode(&b, img, nil); err != nil {
		t.Fatal(err)
	}
	file := b.Bytes()
	binary.LittleEndian.PutUint16(file[6:], uint16(screen))
	binary.LittleEndian.PutUint16(file[8:], uint16(screen))
	at := bytes.IndexByte(file[13+3*2:], 0x2c) + 13 + 3*2
	binary.LittleEndian.PutUint16(file[at+5:], uint16(picture))
	binary.LittleEndian.PutUint16(file[at+7:], uint16(picture))
	return file
}

func TestBadFilesAreToldInWordsAndLeaveNothing(t *testing.T) {
	good := photo(t, hopper)
	still := converted(t, astronaut, "webp")
	large := slices.Clone(still)
	if at := bytes.Index(large, []byte("VP8 ")); at >= 0 { // RFC 6386 §9.1: after the frame tag and the start code
		binary.LittleEndian.PutUint16(large[at+8+6:], 16383)
		binary.LittleEndian.PutUint16(large[at+8+8:], 16383)
	}
	for _, c := range []struct {
		name string
		file []byte
		code wire.Code
		says string
	}{
		{"nothing", nil, wire.Invalid, "is empty"},
		{"text", []byte("a letter to my aunt"), wire.MediaType, "pictures are JPEG, PNG, GIF or WebP files"},
		{"a web page", []byte("<html><body>404</body></html>"), wire.MediaType, "pictures are"},
		{"SVG", []byte(`<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>`), wire.MediaType, "SVG"},
		{"a telephone's photo", []byte("\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic"), wire.MediaType, "HEIC"},
		{"a bitmap", append([]byte("BM"), make([]byte, 100)...), wire.MediaType, "pictures are"},
		{"the beginning of a JPEG", good[:len(good)/2], wire.Invalid, "damaged"},
		{"the head of a JPEG", good[:20], wire.Invalid, "damaged"},
		{"a WebP without a picture", []byte("RIFF\x04\x00\x00\x00WEBPVP8 "), wire.Invalid, "damaged"},
		{"too long a file", append(slices.Clone(good), make([]byte, MaxFile)...), wire.TooLarge, "larger than 20 MB"},
		{"a PNG of 60000 × 60000 pixels", plainPNG(60000, 60000), wire.TooLarge, "60000 × 60000 pixels"},
		{"a GIF of 65535 × 65535 pixels", gifBomb(t, 65535, 65535), wire.TooLarge, "65535 × 65535"},
		{"a GIF whose picture is larger than it says", gifBomb(t, 8, 65535), wire.Invalid, "damaged"},
		{"a WebP of 16383 × 16383 pixels", large, wire.TooLarge, "16383 × 16383"},
		{"a thread", encoded(t, image.NewGray(image.Rect(0, 0, 1, 21))), wire.Invalid, "20 times the other"},
	} {
		t.Run(c.name, func(t *testing.T) {
			folder := t.TempDir()
			_, err := New(Folder(folder)).Keep(t.Context(), c.file)
			if wire.CodeOf(err) != c.code || !strings.Contains(err.Error(), c.says) {
				t.Errorf("%s: %v", wire.CodeOf(err), err)
			}
			if entries := must(os.ReadDir(folder)); len(entries) > 0 {
				t.Errorf("%v is left", entries)
			}
		})
	}
}

// full is a Storage that takes so many files.
type full struct {
	Folder
	room int
}

func (f *full) Put(ctx context.Context, name string, file []byte) error {
	if f.room--; f.room < 0 {
		return errors.New("the disk is full")
	}
	return f.Folder.Put(ctx, name, file)
}

func TestTheBombIsOneAndASmallerOneIsAPicture(t *testing.T) {
	if n := len(plainPNG(60000, 60000)); n > 4<<20 {
		t.Errorf("it has %d bytes", n)
	}
	if _, err := New(Folder(t.TempDir())).Keep(t.Context(), plainPNG(800, 800)); err != nil {
		t.Error(err)
	}
}

func TestAPictureIsKeptInAllWidthsOrNotAtAll(t *testing.T) {
	for room := range wire.PictureWidths {
		s := &full{Folder(t.TempDir()), room}
		a := New(s)
		file := photo(t, hopper)
		if _, err := a.Keep(t.Context(), file); err == nil {
			t.Fatal("it was kept")
		}
		for _, width := range wire.PictureWidths {
			if _, err := a.Get(t.Context(), IDOf(file), width); wire.CodeOf(err) != wire.NotFound {
				t.Errorf("with room for %d: %d is there: %v", room, width, err)
			}
		}
		s.room = 10
		if _, err := a.Keep(t.Context(), file); err != nil {
			t.Errorf("then there is room: %v", err)
		}
	}
}

func TestDecodingEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Nanosecond)
	defer cancel()
	<-ctx.Done()
	s := must(look(photo(t, hopper)))
	if _, err := s.jpegs(ctx, wire.PictureWidths); !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
}

func TestOtherNamesAndWidthsAreNotThere(t *testing.T) {
	a := New(Folder(t.TempDir()))
	id := must(a.Keep(t.Context(), photo(t, hopper)))
	for _, c := range []struct {
		id    wire.PictureID
		width int
	}{{id, 161}, {id, 0}, {"", 160}, {"../" + id, 160}, {"0123456789abcdef0123456789abcdef", 160}, {id + "/..", 160}} {
		if _, err := a.Get(t.Context(), c.id, c.width); wire.CodeOf(err) != wire.NotFound {
			t.Errorf("%s/%d: %v", c.id, c.width, err)
		}
	}
}

// FuzzPicturesAreReadOrRefused looks at a file and makes small JPEGs of it. Large ones are left out, because they only take time.
func FuzzPicturesAreReadOrRefused(f *testing.F) {
	var small bytes.Buffer
	img := shrink(must(png.Decode(bytes.NewReader(photo(f, astronaut)))), image.Pt(512, 512), image.Pt(24, 24))
	_ = jpeg.Encode(&small, img, nil)
	f.Add(small.Bytes())
	f.Add(encoded(f, img))
	f.Add(converted(f, astronaut, "gif", "-s", "16x16"))
	f.Add(converted(f, astronaut, "webp", "-s", "16x16"))
	f.Add(converted(f, astronaut, "webp", "-s", "16x16", "-c:v", "libwebp_anim", "-vf", "split[a][b];[b]negate[c];[a][c]concat=n=2"))
	f.Fuzz(func(t *testing.T, file []byte) {
		s, err := look(file)
		if err == nil && s.width*s.height <= 1<<16 {
			var made map[int][]byte
			if made, err = s.jpegs(t.Context(), []int{20, 10}); err == nil {
				for width, b := range made {
					if c, err := jpeg.DecodeConfig(bytes.NewReader(b)); err != nil || c.Width > width {
						t.Errorf("%d wide: %v %v", width, c, err)
					}
				}
			}
		}
		if err != nil && !slices.Contains([]wire.Code{wire.Invalid, wire.TooLarge, wire.MediaType}, wire.CodeOf(err)) {
			t.Error(err)
		}
	})
}
