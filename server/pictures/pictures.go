// Package pictures keeps the pictures of products: it checks what people send, makes JPEGs of wire.PictureWidths of it, and keeps those
// under a name that follows from the file's content, so that a picture never changes and the same file is kept once.
//
// What is sent is anybody's: a file is looked at for its format and its size in pixels before it is decoded, so that a small file
// cannot unfold into gigabytes, and decoding ends with its time. What is kept is made anew from the pixels: nothing that came
// with the file (places, names, hidden data) goes out. The file itself is not kept.
//
// Nothing runs here by itself. Pictures are made by the goroutine that brings them, at most two at a time, because the same processors
// forward media; a picture of the largest size is made alone. Others wait with their context, in order.
//
// Colours are taken as sRGB, whatever profile a file names: a photo with a wide gamut comes out somewhat paler.
package pictures

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"time"

	"golang.org/x/sync/semaphore"

	"vitrine/server/wire"
)

// Limits.
const (
	// MaxFile is the size of the largest file that is taken, in bytes.
	MaxFile = 20 << 20
	// MaxPixels is how many a picture has at most. Decoding one takes 3 to 8 bytes for each, of a progressive JPEG up to 15: 720 MB.
	MaxPixels = 50_000_000
	// makeWithin is how long a picture may take to be read and made, once it is its turn.
	makeWithin = time.Minute
)

// Storage keeps files by their names, which are made of letters, digits, dots, hyphens and slashes. It is safe for concurrent use.
type Storage interface {
	// Put keeps a file whole or not at all, and once it has returned nil for good. The same name again replaces it.
	Put(ctx context.Context, name string, file []byte) error
	// Get returns a file. The error has code NotFound if there is none.
	Get(ctx context.Context, name string) ([]byte, error)
	Has(ctx context.Context, name string) (bool, error)
	// Drop removes a file, if there is one.
	Drop(ctx context.Context, name string) error
}

// Album keeps pictures. It is safe for concurrent use.
type Album struct {
	storage Storage
	turns   *semaphore.Weighted // pixels
}

// New makes an album whose pictures are in the storage.
func New(s Storage) *Album { return &Album{s, semaphore.NewWeighted(MaxPixels)} }

// IDOf is the name of the picture that a file holds.
func IDOf(file []byte) wire.PictureID {
	sum := sha256.Sum256(file)
	return wire.PictureID(hex.EncodeToString(sum[:16]))
}

var id = regexp.MustCompile(`^[0-9a-f]{32}$`)

// Keep checks a JPEG, PNG, GIF (its first picture) or WebP file and keeps it in all widths; one that is kept already is left as it is.
// Errors of codes Invalid, MediaType and TooLarge say in words what is wrong with the file. After an error nothing new is kept.
func (a *Album) Keep(ctx context.Context, file []byte) (wire.PictureID, error) {
	name := IDOf(file)
	widest := path(name, slices.Max(wire.PictureWidths))
	if has, err := a.storage.Has(ctx, widest); err != nil || has { // it is put last
		return name, wrap("look for a picture", err)
	}
	made, err := a.make(ctx, file)
	if err != nil {
		return "", err
	}
	for i, width := range wire.PictureWidths {
		if err := a.storage.Put(ctx, path(name, width), made[width]); err != nil {
			return "", wrap("keep a picture", errors.Join(err, a.drop(ctx, name, wire.PictureWidths[:i+1])))
		}
	}
	return name, nil
}

// drop takes back what was put of a picture.
func (a *Album) drop(ctx context.Context, name wire.PictureID, widths []int) (err error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	for _, width := range widths {
		err = errors.Join(err, a.storage.Drop(ctx, path(name, width)))
	}
	return err
}

// make turns a file into JPEGs by their widths.
func (a *Album) make(ctx context.Context, file []byte) (map[int][]byte, error) {
	s, err := look(file)
	if err != nil {
		return nil, err
	}
	turn := int64(max(s.width*s.height, MaxPixels/2)) // so that there are two at most
	if err := a.turns.Acquire(ctx, turn); err != nil {
		return nil, err
	}
	defer a.turns.Release(turn)
	limited, cancel := context.WithTimeout(ctx, makeWithin)
	defer cancel()
	made, err := s.jpegs(limited, wire.PictureWidths)
	if err != nil && ctx.Err() == nil && limited.Err() != nil {
		return nil, wire.Errorf(wire.Invalid, "the picture takes too long to be read: save it anew as a plain JPEG, and send that")
	}
	return made, err
}

// Get returns a picture in one of wire.PictureWidths as a JPEG. The error has code NotFound if there is none.
func (a *Album) Get(ctx context.Context, name wire.PictureID, width int) ([]byte, error) {
	if !id.MatchString(string(name)) || !slices.Contains(wire.PictureWidths, width) {
		return nil, wire.Errorf(wire.NotFound, "there is no such picture")
	}
	file, err := a.storage.Get(ctx, path(name, width))
	return file, wrap("read a picture", err)
}

func path(name wire.PictureID, width int) string { return fmt.Sprintf("%s/%d.jpg", name, width) }

func wrap(tried string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", tried, err)
}
