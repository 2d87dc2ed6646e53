package app

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"image/jpeg"

	"golang.org/x/image/draw"
)

// Bounds of pictures that are taken. A picture that is larger is refused after its header was read.
const (
	maxPictureFile   = 64 << 20 // bytes
	maxPicturePixels = 50_000_000
	cutSize          = 1600 // pixels on a side of what is sent at most
	cutQuality       = 88
	shownSize        = 900 // pixels on the longer side of what is shown while cutting
)

// pictureEndings are those of files that may be pictures.
var pictureEndings = []string{".jpg", ".jpeg", ".png", ".webp", ".gif"}

// Why a file is no picture that can be taken.
var (
	errNoPicture = errors.New("not a picture")
	errPixels    = errors.New("a picture of too many pixels")
	errFileSize  = errors.New("a file that is too large")
)

// pictureFault says why a picture was not taken and what to do.
func (t *words) pictureFault(err error) string {
	switch {
	case errors.Is(err, errPixels):
		return fmt.Sprintf(t.PicturePixels, maxPicturePixels/1_000_000)
	case errors.Is(err, errFileSize):
		return fmt.Sprintf(t.PictureHuge, maxPictureFile>>20)
	case errors.Is(err, errNoPicture):
		return t.PictureNone
	}
	return t.PictureUnread
}

// headerRoom is how much of a file is looked at before it is decoded: cameras put a small preview before the picture's size.
const headerRoom = 512 << 10

// readPicture reads and decodes a picture, the way up that its camera says. Of what is too large only the header is read.
func (w *Window) readPicture(path string) (picture *image.RGBA, err error) {
	f, err := w.openFile(path)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	is, err := f.Stat()
	switch {
	case err != nil:
		return nil, err
	case !is.Mode().IsRegular():
		return nil, errNoPicture
	}
	r := bufio.NewReaderSize(f, headerRoom)
	head, err := r.Peek(headerRoom)
	if len(head) == 0 {
		return nil, errNoPicture
	}
	size, _, wrong := image.DecodeConfig(bytes.NewReader(head))
	switch {
	case wrong != nil && is.Size() > maxPictureFile:
		return nil, errFileSize
	case wrong != nil:
		return nil, errNoPicture
	case size.Width < 1 || size.Height < 1 || size.Width > maxPicturePixels/size.Height:
		return nil, errPixels
	case is.Size() > maxPictureFile:
		return nil, errFileSize
	}
	turns, mirrored := wayUp(bytes.Clone(head[:min(len(head), 64<<10)]))
	full, _, err := image.Decode(r)
	if err != nil {
		return nil, errNoPicture
	}
	return turned(full, turns, mirrored), nil
}

// turned is a picture turned right by quarters, on white where it is transparent. One that is mirrored is mirrored first, left to right.
func turned(from image.Image, quarters int, mirrored bool) *image.RGBA {
	b := from.Bounds()
	flat := image.NewRGBA(image.Rect(0, 0, b.Dx(), b.Dy()))
	draw.Draw(flat, flat.Rect, image.White, image.Point{}, draw.Src)
	draw.Draw(flat, flat.Rect, from, b.Min, draw.Over)
	if mirrored {
		for y := range b.Dy() {
			row := flat.Pix[y*flat.Stride : y*flat.Stride+4*b.Dx()]
			for i, k := 0, len(row)-4; i < k; i, k = i+4, k-4 {
				for c := range 4 {
					row[i+c], row[k+c] = row[k+c], row[i+c]
				}
			}
		}
	}
	for range quarters % 4 {
		flat = quarter(flat)
	}
	return flat
}

// quarter is a picture turned right by a quarter.
func quarter(from *image.RGBA) *image.RGBA {
	w, h := from.Rect.Dx(), from.Rect.Dy()
	to := image.NewRGBA(image.Rect(0, 0, h, w))
	for y := range h {
		for x := range w {
			copy(to.Pix[x*to.Stride+4*(h-1-y):][:4], from.Pix[y*from.Stride+4*x:][:4])
		}
	}
	return to
}

// wayUp reads from a JPEG file's beginning how the picture must be turned to be upright: mirrored first, then by quarters to the right
// (Exif 2.3, tag 0x0112).
func wayUp(head []byte) (quarters int, mirrored bool) {
	i := bytes.Index(head, []byte("Exif\x00\x00"))
	if !bytes.HasPrefix(head, []byte{0xff, 0xd8}) || i < 0 || len(head) < i+14 {
		return 0, false
	}
	tiff := head[i+6:]
	var order binary.ByteOrder = binary.BigEndian
	if tiff[0] == 'I' {
		order = binary.LittleEndian
	}
	at := int(order.Uint32(tiff[4:]))
	if at < 8 || at+2 > len(tiff) {
		return 0, false
	}
	for n := range int(order.Uint16(tiff[at:])) {
		entry := at + 2 + 12*n
		if entry+12 > len(tiff) {
			break
		}
		if order.Uint16(tiff[entry:]) == 0x0112 {
			return upright(int(order.Uint16(tiff[entry+8:])))
		}
	}
	return 0, false
}

// upright is how a picture of an orientation must be mirrored and turned.
func upright(orientation int) (quarters int, mirrored bool) {
	switch orientation {
	case 2:
		return 0, true
	case 3:
		return 2, false
	case 4:
		return 2, true
	case 5:
		return 3, true
	case 6:
		return 1, false
	case 7:
		return 1, true
	case 8:
		return 3, false
	}
	return 0, false
}

// smaller is a copy of a picture whose longer side has so many pixels at most.
func smaller(from *image.RGBA, size int) *image.RGBA {
	w, h := from.Rect.Dx(), from.Rect.Dy()
	if w <= size && h <= size {
		return from
	}
	scale := float64(size) / float64(max(w, h))
	to := image.NewRGBA(image.Rect(0, 0, max(1, int(float64(w)*scale)), max(1, int(float64(h)*scale))))
	draw.ApproxBiLinear.Scale(to, to.Rect, from, from.Rect, draw.Src, nil)
	return to
}

// cutOut is a square part of a picture as a JPEG file of at most cutSize on a side.
func cutOut(from *image.RGBA, part image.Rectangle) ([]byte, error) {
	side := min(part.Dx(), cutSize)
	to := image.NewRGBA(image.Rect(0, 0, side, side))
	draw.CatmullRom.Scale(to, to.Rect, from, part, draw.Src, nil)
	var file bytes.Buffer
	err := jpeg.Encode(&file, to, &jpeg.Options{Quality: cutQuality})
	return file.Bytes(), err
}
