package studio_test

import (
	"bytes"
	"context"
	"image"
	"image/color"
	"image/draw"
	"image/jpeg"
	"testing"
	"time"

	"github.com/go-text/typesetting/font"

	fynetheme "fyne.io/fyne/v2/theme"

	"vitrine/capture/frame"
	"vitrine/server/wire"
	"vitrine/studio"
	"vitrine/studio/scene"
)

// oneFace is a Fonts of one face.
type oneFace struct{ *font.Face }

func (f oneFace) ResolveFace(rune) *font.Face { return f.Face }

func latinFont(t *testing.T) scene.Fonts {
	t.Helper()
	face, err := font.ParseTTF(bytes.NewReader(fynetheme.DefaultTextBoldFont().Content()))
	must(t, err)
	return oneFace{face}
}

// TestTheCardFollowsWhatIsShownSoldAndOverByTheServersClock compares whole pictures of the window with the card that there should be.
func TestTheCardFollowsWhatIsShownSoldAndOverByTheServersClock(t *testing.T) {
	red := image.NewRGBA(image.Rect(0, 0, 160, 120))
	draw.Draw(red, red.Rect, image.NewUniform(color.RGBA{200, 20, 20, 255}), image.Point{}, draw.Src)
	var file bytes.Buffer
	must(t, jpeg.Encode(&file, red, nil))
	thumb, err := jpeg.Decode(bytes.NewReader(file.Bytes()))
	must(t, err)
	pictured := lamp("a", 7)
	pictured.Pictures = []wire.Picture{{ID: "00112233445566778899aabbccddeeff"}}
	m := newMachine()
	m.fonts, m.shop = latinFont(t), newShopServer(pictured)
	m.shop.thumb = file.Bytes()
	painter := scene.NewPainter(latinFont(t))
	onSession(t, m, func(ctx context.Context, s *studio.Session) {
		_, err := s.AddSource(ctx, "Camera", camera)
		must(t, err)
		must(t, s.SetServer(ctx, evening))
		wait(time.Second)
		plain := m.seen.Load()
		shows := func(what string, want scene.Card) {
			t.Helper()
			wait(700 * time.Millisecond) // of 30 pictures a second, and fading takes 200 ms
			expected := frame.New(plain.Width, plain.Height)
			expected.Copy(plain)
			if want != (scene.Card{}) {
				want.Picture = thumb
				o := painter.Paint(want, plain.Width, plain.Height)
				size := image.Pt(plain.Width, plain.Height)
				o.Blend(expected, s.Snapshot().Settings.Card.Corner.Place(o.Size, size), scene.Opaque)
			}
			if seen := m.seen.Load(); !bytes.Equal(seen.Y, expected.Y) || !bytes.Equal(seen.U, expected.U) || !bytes.Equal(seen.V, expected.V) {
				t.Errorf("%s: the picture has another card than %+v", what, want)
			}
		}
		const ahead = time.Hour
		m.hall.joined(wire.RoomJoined{
			Me: *mia, Moderates: true, Clock: time.Now().Add(ahead).UnixMilli(), State: wire.RoomState{Showing: wire.Showing{Product: "a"}},
		})
		shows("off", scene.Card{})
		card := s.Snapshot().Settings.Card
		card.On = true
		must(t, s.SetCard(ctx, card))
		shows("on", scene.Card{Title: "Lamp a", Price: "€19.99", Note: "7 left"})
		m.shop.sells("a", 5)
		shows("sold", scene.Card{Title: "Lamp a", Price: "€19.99", Note: "2 left"})
		card.Corner = studio.TopRight
		must(t, s.SetCard(ctx, card))
		shows("elsewhere", scene.Card{Title: "Lamp a", Price: "€19.99", Note: "2 left"})
		m.shop.says(wire.OfferEvent{Offer: wire.Offer{
			ID: "flash", Kind: wire.Flash, Public: true, Left: 2, Parts: []wire.Part{{Variant: "a", Quantity: 1}}, Price: eur(1499),
			Until: time.Now().Add(ahead + 10*time.Second),
		}})
		shows("an offer", scene.Card{Title: "Lamp a", Price: "€14.99", Was: "€19.99", Note: "2 left", Timer: "00:10"})
		wait(10 * time.Second)
		shows("an offer that is over", scene.Card{Title: "Lamp a", Price: "€19.99", Note: "2 left"})
		_, err = s.Undo(ctx)
		must(t, err)
		shows("back", scene.Card{Title: "Lamp a", Price: "€19.99", Note: "2 left"})
		m.hall.frame(wire.RoomFrame{Through: 1, Events: []wire.RoomEvent{{N: 1, By: mia, Showing: &wire.Showing{}}}})
		shows("nothing shown", scene.Card{})
	})
}
