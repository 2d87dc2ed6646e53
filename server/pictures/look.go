package pictures

import (
	"bytes"
	"context"
	"image"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"net/http"
	"slices"

	"golang.org/x/image/webp"

	"vitrine/server/wire"
)

// longest is how many times as long as wide a picture may be, and as wide as long.
const longest = 20

// format is how a kind of file is read.
type format struct {
	config func(io.Reader) (image.Config, error)
	decode func(io.Reader) (image.Image, error)
	exif   func(file []byte) []byte // its Exif data; nil for none
}

// formats are by the media types that the beginnings of files tell.
var formats = map[string]format{
	"image/jpeg": {jpeg.DecodeConfig, jpeg.Decode, jpegExif},
	"image/png":  {png.DecodeConfig, png.Decode, pngExif},
	"image/gif":  {gif.DecodeConfig, gif.Decode, func([]byte) []byte { return nil }},
	"image/webp": {webp.DecodeConfig, decodeWebP, webpExif},
}

// sent is a file that may be decoded.
type sent struct {
	format
	file          []byte
	width, height int // as stored
	turned        orientation
}

// look finds out what a file is, without decoding it.
func look(file []byte) (s sent, err error) {
	switch {
	case len(file) == 0:
		return s, wire.Errorf(wire.Invalid, "the file is empty")
	case len(file) > MaxFile:
		return s, TooLong()
	}
	f, ok := formats[http.DetectContentType(file)]
	if !ok {
		return s, unknown(file)
	}
	s = sent{format: f, file: file, turned: orientationOf(f.exif(file))}
	if still := firstOfWebP(file); still != nil {
		s.file = still
	}
	c, err := f.config(bytes.NewReader(s.file))
	s.width, s.height = c.Width, c.Height
	switch {
	case err != nil || c.Width < 1 || c.Height < 1:
		return s, damaged()
	case c.Width > MaxPixels/c.Height:
		return s, wire.Errorf(wire.TooLarge, "the picture has %d × %d pixels; at most %d million are taken: make it smaller first",
			c.Width, c.Height, MaxPixels/1_000_000)
	case c.Width > longest*c.Height || c.Height > longest*c.Width:
		return s, wire.Errorf(wire.Invalid, "the picture has %d × %d pixels; one side may be at most %d times the other", c.Width, c.Height, longest)
	}
	return s, nil
}

// TooLong is the error of a file of more than MaxFile bytes, for those who notice before it is read.
func TooLong() error {
	return wire.Errorf(wire.TooLarge, "the file is larger than %d MB: make the picture smaller first", MaxFile>>20)
}

func damaged() error {
	return wire.Errorf(wire.Invalid, "the file is damaged, or of a kind that cannot be read: save the picture anew as JPEG or PNG, and send that")
}

// unknown says what a file is instead.
func unknown(file []byte) error {
	what := "this file is none of them"
	if len(file) > 12 && string(file[4:8]) == "ftyp" { // ISO/IEC 14496-12
		what = "this is a video, or a photo as HEIC or AVIF"
	} else if bytes.Contains(file[:min(len(file), 1024)], []byte("<svg")) {
		what = "this is a drawing as SVG"
	}
	return wire.Errorf(wire.MediaType, "pictures are JPEG, PNG, GIF or WebP files; %s: save it as JPEG, and send that", what)
}

// patient reads as long as its context lasts: so decoders, which know no contexts, end with it.
type patient struct {
	ctx context.Context
	r   io.Reader
}

func (p patient) Read(b []byte) (int, error) {
	if err := p.ctx.Err(); err != nil {
		return 0, err
	}
	return p.r.Read(b[:min(len(b), 4<<10)])
}

// jpegs makes JPEGs of the widths, none of them wider than the picture.
func (s sent) jpegs(ctx context.Context, widths []int) (map[int][]byte, error) {
	img, err := s.decode(patient{ctx, bytes.NewReader(s.file)})
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err != nil {
		return nil, damaged()
	}
	stored := image.Pt(s.width, s.height) // a GIF's picture may be a part of it
	made := map[int][]byte{}
	for _, width := range slices.Backward(slices.Sorted(slices.Values(widths))) { // each smaller one of the last
		shown := s.turned.swap(stored)
		if shown.X > width {
			shown = image.Pt(width, max(1, (shown.Y*width+shown.X/2)/shown.X))
		}
		small := shrink(img, stored, s.turned.swap(shown))
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		var b bytes.Buffer
		if err := jpeg.Encode(&b, s.turned.apply(small), &jpeg.Options{Quality: quality}); err != nil {
			return nil, wrap("encode a picture", err)
		}
		made[width] = b.Bytes()
		img, stored = small, small.Rect.Max
	}
	return made, nil
}

// quality is that of the JPEGs, of 100: where people cease to see what is lost in photographs.
const quality = 82
