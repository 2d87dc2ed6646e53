package pictures

import (
	"bytes"
	"encoding/binary"
	"image"
)

// orientation is how a camera was held (Exif 2.32 §4.6.5, tag 0x0112): 1 is upright, 2 to 8 turn and mirror the picture.
type orientation uint16

const upright orientation = 1

const (
	orientedTag = 0x0112
	exifMost    = 500 // entries that are looked at
)

// sideways says that width and height change places.
func (o orientation) sideways() bool { return o >= 5 }

// swap is the size of a picture as shown, of that as stored, and the other way round.
func (o orientation) swap(p image.Point) image.Point {
	if o.sideways() {
		return image.Pt(p.Y, p.X)
	}
	return p
}

// apply makes a stored picture upright.
func (o orientation) apply(p *image.RGBA) *image.RGBA {
	if o == upright {
		return p
	}
	shown := image.NewRGBA(image.Rectangle{Max: o.swap(p.Rect.Max)})
	right, bottom := p.Rect.Max.X-1, p.Rect.Max.Y-1
	for y := range shown.Rect.Max.Y {
		for x := range shown.Rect.Max.X {
			from := image.Pt(x, y)
			if o.sideways() {
				from = image.Pt(y, x)
			}
			if o == 2 || o == 3 || o == 7 || o == 8 {
				from.X = right - from.X
			}
			if o == 3 || o == 4 || o == 6 || o == 7 {
				from.Y = bottom - from.Y
			}
			copy(shown.Pix[shown.PixOffset(x, y):][:4], p.Pix[p.PixOffset(from.X, from.Y):])
		}
	}
	return shown
}

// orientationOf reads Exif data, which is a TIFF header with a list of entries. What makes no sense is upright.
func orientationOf(exif []byte) orientation {
	if len(exif) < 8 {
		return upright
	}
	var order binary.ByteOrder
	switch string(exif[:4]) {
	case "II*\x00":
		order = binary.LittleEndian
	case "MM\x00*":
		order = binary.BigEndian
	default:
		return upright
	}
	at := uint64(order.Uint32(exif[4:]))
	if at+2 > uint64(len(exif)) {
		return upright
	}
	entries := exif[at+2:]
	for range min(int(order.Uint16(exif[at:])), exifMost, len(entries)/12) {
		if o := orientation(order.Uint16(entries[8:])); order.Uint16(entries) == orientedTag && o >= 1 && o <= 8 {
			return o
		}
		entries = entries[12:]
	}
	return upright
}

// jpegExif finds the segment APP1 of a JPEG that holds Exif data (Exif 2.32 §4.7.2).
func jpegExif(file []byte) []byte {
	mark := []byte("Exif\x00\x00")
	for rest := file[2:]; len(rest) >= 4 && rest[0] == 0xff; {
		if rest[1] == 0xff { // fill
			rest = rest[1:]
			continue
		}
		n := 2 + int(binary.BigEndian.Uint16(rest[2:]))
		if rest[1] == 0xda || n < 4 || n > len(rest) { // the picture begins, or there is no segment
			return nil
		}
		if body := rest[4:n]; rest[1] == 0xe1 && bytes.HasPrefix(body, mark) {
			return body[len(mark):]
		}
		rest = rest[n:]
	}
	return nil
}

// pngExif finds the chunk eXIf of a PNG (PNG 3 §11.3.3.5).
func pngExif(file []byte) []byte {
	for rest := file[8:]; len(rest) >= 12; {
		n := uint64(binary.BigEndian.Uint32(rest))
		if n+12 > uint64(len(rest)) {
			return nil
		}
		if string(rest[4:8]) == "eXIf" {
			return rest[8 : 8+n]
		}
		rest = rest[n+12:]
	}
	return nil
}
