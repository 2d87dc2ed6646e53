package pictures

import (
	"bytes"
	"encoding/binary"
	"image"
	"io"
	"math"

	"golang.org/x/image/webp"
)

// decodeWebP decodes a still WebP. What is lossy comes in the range of video (BT.601: luma from 16 to 235), which the decoder hands
// on as if it were that of JPEG: it is stretched here.
func decodeWebP(r io.Reader) (image.Image, error) {
	img, err := webp.Decode(r)
	if err != nil {
		return nil, err
	}
	var p *image.YCbCr
	switch v := img.(type) {
	case *image.YCbCr:
		p = v
	case *image.NYCbCrA:
		p = &v.YCbCr
	default:
		return img, nil
	}
	stretch(p.Y, 16, 219, 0)
	stretch(p.Cb, 128, 224, 128)
	stretch(p.Cr, 128, 224, 128)
	return img, nil
}

// stretch makes steps of 1/span steps of 1/255, and what is at `from` lies at `to`.
func stretch(plane []uint8, from, span, to float64) {
	var table [256]uint8
	for i := range table {
		table[i] = uint8(min(max(math.Round((float64(i)-from)*255/span+to), 0), 255))
	}
	for i, v := range plane {
		plane[i] = table[v]
	}
}

// chunks calls f with the chunks of a RIFF body (RFC 9649 §2.3) until it returns false.
func chunks(body []byte, f func(name string, payload []byte) bool) {
	for len(body) >= 8 {
		n := uint64(binary.LittleEndian.Uint32(body[4:]))
		if n+8 > uint64(len(body)) || !f(string(body[:4]), body[8:8+n]) {
			return
		}
		body = body[min(8+n+n%2, uint64(len(body))):]
	}
}

// riffHead is how long RIFF, the size and WEBP are in the beginning of a file.
const riffHead = 12

// webpExif finds the Exif data of a WebP file. Some programs put JPEG's mark before it.
func webpExif(file []byte) (exif []byte) {
	chunks(file[riffHead:], func(name string, payload []byte) bool {
		if name == "EXIF" {
			exif = bytes.TrimPrefix(payload, []byte("Exif\x00\x00"))
		}
		return exif == nil
	})
	return exif
}

// firstOfWebP makes a file of an animated WebP's first picture (RFC 9649 §2.7.1.1), which the decoder cannot read where it is. It
// returns nil for all other files.
func firstOfWebP(file []byte) (still []byte) {
	const frameHead = 16 // place, size and time
	if len(file) < riffHead || string(file[8:12]) != "WEBP" {
		return nil
	}
	chunks(file[riffHead:], func(name string, payload []byte) bool {
		if name != "ANMF" || len(payload) < frameHead {
			return true
		}
		size := payload[6:12] // less one, 24 bits a side, as in VP8X
		chunks(payload[frameHead:], func(name string, part []byte) bool {
			switch name {
			case "ALPH":
				const hasAlpha = 1 << 4
				still = appendChunk(still, "VP8X", append([]byte{hasAlpha, 0, 0, 0}, size...))
				still = appendChunk(still, name, part)
			case "VP8 ", "VP8L":
				still = appendChunk(still, name, part)
				return false
			}
			return true
		})
		return false
	})
	if still == nil {
		return nil
	}
	return appendChunk(nil, "RIFF", append([]byte("WEBP"), still...))
}

func appendChunk(to []byte, name string, payload []byte) []byte {
	to = binary.LittleEndian.AppendUint32(append(to, name...), uint32(len(payload)))
	return append(append(to, payload...), make([]byte, len(payload)%2)...)
}
