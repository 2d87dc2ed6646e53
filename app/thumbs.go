package app

import (
	"bytes"
	"context"
	"image"
	_ "image/gif" // pictures come in these formats
	_ "image/jpeg"
	_ "image/png"
	"time"

	"golang.org/x/image/draw"
	_ "golang.org/x/image/webp" // and in this one

	"vitrine/server/wire"
)

// thumbs are the products' pictures as the list shows them. They are fetched and decoded beside the toolkit's goroutine, the ones asked
// for last first, and the newest are kept.
type thumbs struct {
	w       *Window
	changed func()
	got     map[wire.PictureID]thumb
	order   []wire.PictureID // of got, the oldest first
	want    []wire.PictureID // the newest last
	coming  map[wire.PictureID]bool
}

// thumb is a picture, or when it could not be had.
type thumb struct {
	picture image.Image
	failed  time.Time
}

const (
	thumbSize   = 144 // pixels on a side: sharp on screens of high density
	maxThumbs   = 600
	maxWanted   = 40 // what was scrolled past longer ago is not fetched
	thumbHands  = 4  // fetched at the same time
	thumbsAgain = 20 * time.Second
)

func newThumbs(w *Window, changed func()) *thumbs {
	return &thumbs{w: w, changed: changed, got: map[wire.PictureID]thumb{}, coming: map[wire.PictureID]bool{}}
}

// of is a picture, nil until it is there.
func (t *thumbs) of(id wire.PictureID) image.Image {
	one, known := t.got[id]
	if id == "" || known && (one.picture != nil || t.w.now().Sub(one.failed) < thumbsAgain) {
		return one.picture
	}
	if !t.coming[id] {
		t.coming[id] = true
		t.want = append(t.want, id)
		if len(t.want) > maxWanted {
			delete(t.coming, t.want[0])
			t.want = t.want[1:]
		}
		t.fetch()
	}
	return nil
}

// fetch goes on with what is wanted.
func (t *thumbs) fetch() {
	for len(t.want) > 0 && len(t.coming)-len(t.want) < thumbHands && len(t.w.gestures) < maxGestures/2 {
		id := t.want[len(t.want)-1]
		t.want = t.want[:len(t.want)-1]
		var picture image.Image
		t.w.ask(gesture{
			slow: true, look: true,
			do: func(ctx context.Context) error {
				file, err := t.w.desk.ProductPicture(ctx, id)
				if err == nil {
					picture, err = shrink(file, thumbSize)
				}
				return err
			},
			done: func(error) { t.keep(id, picture) },
		})
	}
}

func (t *thumbs) keep(id wire.PictureID, picture image.Image) {
	delete(t.coming, id)
	if _, known := t.got[id]; !known {
		t.order = append(t.order, id)
	}
	t.got[id] = thumb{picture, t.w.now()}
	if len(t.order) > maxThumbs {
		delete(t.got, t.order[0])
		t.order = t.order[1:]
	}
	t.fetch()
	t.changed()
}

// shrink decodes a picture into a square of so many pixels, cut at its longer side.
func shrink(file []byte, size int) (image.Image, error) {
	full, _, err := image.Decode(bytes.NewReader(file))
	if err != nil {
		return nil, err
	}
	b := full.Bounds()
	side := min(b.Dx(), b.Dy())
	at := b.Min.Add(image.Pt((b.Dx()-side)/2, (b.Dy()-side)/2))
	small := image.NewRGBA(image.Rect(0, 0, size, size))
	draw.ApproxBiLinear.Scale(small, small.Rect, full, image.Rectangle{Min: at, Max: at.Add(image.Pt(side, side))}, draw.Src, nil)
	return small, nil
}
