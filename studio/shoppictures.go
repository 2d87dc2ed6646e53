package studio

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"image"
	_ "image/gif" // the kinds of picture files that there are
	"image/jpeg"
	_ "image/png"
	"slices"

	"golang.org/x/image/draw"
	_ "golang.org/x/image/webp"

	"vitrine/server/wire"
)

// Bounds of a picture file, as the server's.
const (
	maxPictureBytes  = 20 << 20
	maxPicturePixels = 50_000_000
	// previewWidth is how wide ProductPicture's are at most, in pixels.
	previewWidth = 480
)

// AddPicture keeps a picture file (JPEG, PNG, WebP or GIF) and sends it with the next product that shows it. Errors say in plain words why it
// is no picture.
func (s *Session) AddPicture(ctx context.Context, file []byte, alt string) (wire.Picture, error) {
	if err := checkPicture(file); err != nil {
		return wire.Picture{}, err
	}
	d, err := s.openDesk(ctx)
	if err != nil {
		return wire.Picture{}, err
	}
	sum := sha256.Sum256(file)
	p := wire.Picture{ID: wire.PictureID(hex.EncodeToString(sum[:16])), Alt: alt}
	return p, s.c.Outbox.SaveShop(d.server, pictureName+string(p.ID), file)
}

func checkPicture(file []byte) error {
	if len(file) > maxPictureBytes {
		return wire.Errorf(wire.TooLarge, "the file is larger than %d MB: make the picture smaller first", maxPictureBytes>>20)
	}
	c, _, err := image.DecodeConfig(bytes.NewReader(file))
	switch {
	case err != nil:
		return wire.Errorf(wire.MediaType, "this is no picture that can be read: it takes a JPEG, PNG, WebP or GIF file")
	case c.Width < 1 || c.Height < 1 || c.Width > maxPicturePixels/c.Height:
		return wire.Errorf(wire.TooLarge, "a picture of %d × %d pixels is too large: make it smaller first", c.Width, c.Height)
	}
	return nil
}

// sendPicture sends a picture that is kept here, and keeps it no longer.
func (s *Session) sendPicture(ctx context.Context, d *desk, id wire.PictureID) error {
	file, err := s.c.Outbox.LoadShop(d.server, pictureName+string(id))
	if err != nil || file == nil {
		return err
	}
	if err := d.link.SendPicture(ctx, id, file); err != nil {
		return err
	}
	return s.c.Outbox.SaveShop(d.server, pictureName+string(id), nil)
}

// ProductPicture is a picture as a small JPEG file, from here or from the server; it waits for that.
func (s *Session) ProductPicture(ctx context.Context, id wire.PictureID) ([]byte, error) {
	if err := id.Validate(); err != nil {
		return nil, err
	}
	d, err := s.openDesk(ctx)
	if err != nil {
		return nil, err
	}
	file, err := s.c.Outbox.LoadShop(d.server, pictureName+string(id))
	if err != nil {
		return nil, err
	}
	if file == nil {
		return d.link.Picture(ctx, id, previewWidth)
	}
	return preview(file)
}

// preview makes a picture small.
func preview(file []byte) ([]byte, error) {
	picture, _, err := image.Decode(bytes.NewReader(file))
	if err != nil {
		return nil, wire.Errorf(wire.MediaType, "the picture cannot be read: %s", err)
	}
	size := picture.Bounds().Size()
	width := min(size.X, previewWidth)
	small := image.NewRGBA(image.Rect(0, 0, width, max(1, size.Y*width/size.X)))
	draw.Draw(small, small.Rect, image.White, image.Point{}, draw.Src)
	draw.ApproxBiLinear.Scale(small, small.Rect, picture, picture.Bounds(), draw.Over, nil)
	var out bytes.Buffer
	err = jpeg.Encode(&out, small, &jpeg.Options{Quality: 85})
	return slices.Clip(out.Bytes()), err
}
