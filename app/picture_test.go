package app

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"io"
	"io/fs"
	"testing"
	"testing/fstest"
	"time"

	"fyne.io/fyne/v2"

	"vitrine/app/widget"
)

// hugeFile is a file of 2 GB of which nobody may read more than a header.
type hugeFile struct {
	head io.Reader
	read int
}

func (f *hugeFile) Stat() (fs.FileInfo, error) { return hugeStat{}, nil }
func (f *hugeFile) Close() error               { return nil }
func (f *hugeFile) Read(p []byte) (int, error) {
	n, err := f.head.Read(p)
	if err == io.EOF {
		clear(p)
		n, err = len(p), nil
	}
	f.read += n
	return n, err
}

type hugeStat struct{}

func (hugeStat) Name() string       { return "huge" }
func (hugeStat) Size() int64        { return 2 << 30 }
func (hugeStat) Mode() fs.FileMode  { return 0 }
func (hugeStat) ModTime() time.Time { return time.Time{} }
func (hugeStat) IsDir() bool        { return false }
func (hugeStat) Sys() any           { return nil }

// bomb is a small PNG that says it is w × h pixels.
func bomb(w, h uint32) []byte {
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, 1, 1))); err != nil {
		panic(err)
	}
	file := b.Bytes()
	binary.BigEndian.PutUint32(file[16:], w)
	binary.BigEndian.PutUint32(file[20:], h)
	binary.BigEndian.PutUint32(file[29:], crc32.ChecksumIEEE(file[12:29]))
	return file
}

func TestWhatIsNoGoodPictureIsRefusedByItsHeader(t *testing.T) {
	b, p := goodsBench(t)
	huge := &hugeFile{}
	files := fstest.MapFS{
		"shop.csv": {Data: []byte("Title,Price")}, "bomb.png": {Data: bomb(60_000, 60_000)}, "empty.jpg": {}, "folder/x": {},
		"cut.jpg": {Data: glassFile(1)[:700]},
	}
	b.w.openFile = func(path string) (fs.File, error) {
		switch path {
		case "huge.png":
			huge.head = bytes.NewReader(bomb(4000, 3000))
			return huge, nil
		case "huge.mp4":
			huge.head = bytes.NewReader(nil)
			return huge, nil
		}
		return files.Open(path)
	}
	p.add()
	for path, says := range map[string]string{
		"shop.csv": "This file is no picture", "empty.jpg": "This file is no picture", "folder": "This file is no picture", "cut.jpg": "This file is no picture",
		"bomb.png": "More than 50 megapixels", "huge.png": "larger than 64 MB", "huge.mp4": "larger than 64 MB", "gone.png": "cannot be read",
	} {
		huge.read = 0
		p.kept.pictures.take(path)
		b.reads("Reading the picture…")
		b.carry()
		b.reads(says)
		if huge.read > headerRoom {
			t.Errorf("%d bytes of %s were read", huge.read, path)
		}
		if b.entries()[0] != p.kept.title.entry || p.kept.pictures.path.text() != path {
			t.Errorf("%s: the form or the path is gone", path)
		}
	}
}

func TestADroppedPictureIsCutAndAdded(t *testing.T) {
	b, p := goodsBench(t)
	var photo bytes.Buffer
	if err := jpeg.Encode(&photo, glass(glassTints[1], glassShapes[1], 2400, 1800), nil); err != nil {
		t.Fatal(err)
	}
	b.w.openFile = func(string) (fs.File, error) {
		return fstest.MapFS{"p": {Data: photo.Bytes()}}.Open("p")
	}
	p.add()
	p.kept.title.entry.SetText("Vase")
	p.kept.price.entry.SetText("129")
	b.w.dropped([]string{"/photos/vase.jpg"})
	b.carry()
	b.reads("Cut the picture")
	b.key(fyne.KeyLeft)
	b.w.win.Canvas().Focused().TypedRune('+')
	var crop *widget.Cropper
	b.all(func(o fyne.CanvasObject) {
		if c, ok := o.(*widget.Cropper); ok {
			crop = c
		}
	})
	if crop.Zoom() < 1.05 {
		t.Errorf("the zoom is %g", crop.Zoom())
	}
	b.entries()[0].SetText("A smoke vase")
	b.key(fyne.KeyReturn)
	b.reads("Preparing the picture…")
	calls := b.carry()
	if len(calls) != 1 || calls[0][:11] != "add picture" {
		t.Errorf("the desk was asked %q", calls)
	}
	b.reads("New product")
	b.lacks("Drop a picture on the window", "still here")
	if b.w.win.Canvas().Focused() != fyne.Focusable(p.kept.save) {
		t.Error("the keyboard is not on what comes next")
	}
	b.press("Save")
	b.carry()
	if got := b.d.put[0]; len(got.Pictures) != 1 || got.Pictures[0].Alt != "A smoke vase" || got.Title != "Vase" {
		t.Errorf("put %+v", got)
	}
}

func TestACutPictureIsASquareJPEGOfBoundedSize(t *testing.T) {
	photo := glass(glassTints[1], glassShapes[1], 2400, 1800)
	file, err := cutOut(photo, image.Rect(300, 0, 2100, 1800))
	if err != nil {
		t.Fatal(err)
	}
	size, format, err := image.DecodeConfig(bytes.NewReader(file))
	if err != nil || format != "jpeg" || size.Width != cutSize || size.Height != cutSize || len(file) > 1<<20 {
		t.Errorf("%d×%d %s, %d bytes, %v", size.Width, size.Height, format, len(file), err)
	}
}

func TestAPictureIsTurnedTheWayUpThatItsCameraSays(t *testing.T) {
	// A picture of 3 × 2 whose upright form has a red corner at the top left, as cameras store it in each orientation (Exif 2.3).
	at := map[int]image.Point{1: {0, 0}, 2: {2, 0}, 3: {2, 1}, 4: {0, 1}, 5: {0, 0}, 6: {0, 2}, 7: {1, 2}, 8: {1, 0}}
	for orientation, corner := range at {
		w, h := 3, 2
		if orientation > 4 {
			w, h = 2, 3
		}
		stored := image.NewRGBA(image.Rect(0, 0, w, h))
		stored.SetRGBA(corner.X, corner.Y, color.RGBA{255, 0, 0, 255})
		exif := append([]byte("\xff\xd8\xff\xe1\x00\x22Exif\x00\x00MM\x00\x2a\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01\x00"), byte(orientation), 0, 0)
		quarters, mirrored := wayUp(exif)
		m := turned(stored, quarters, mirrored)
		if m.Rect.Dx() != 3 || m.Rect.Dy() != 2 || m.RGBAAt(0, 0).G != 0 {
			t.Errorf("orientation %d: turned by %d, mirrored %t: %v, %v", orientation, quarters, mirrored, m.Rect, m.RGBAAt(0, 0))
		}
	}
}

func FuzzWayUp(f *testing.F) {
	f.Add([]byte("\xff\xd8Exif\x00\x00II\x2a\x00\x08\x00\x00\x00\xff\xff"))
	f.Fuzz(func(t *testing.T, head []byte) {
		if q, _ := wayUp(head); q < 0 || q > 3 {
			t.Error(q)
		}
	})
}
