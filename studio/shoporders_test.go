package studio_test

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"vitrine/server/wire"
	"vitrine/studio"
	"vitrine/studio/catalog"
)

func TestOrdersComeNewestFirstAndAreAnsweredByTheServer(t *testing.T) {
	c := newShopServer(lamp("a", 5))
	trading(t, c, &drawer{}, func(ctx context.Context, s *studio.Session) {
		order := func(n int64, state wire.OrderState) {
			c.says(wire.OrderEvent{Order: wire.Order{ID: wire.OrderID(fmt.Sprint("o", n)), Number: n, State: state}})
		}
		order(1, wire.OrderHeld)
		order(2, wire.OrderFailed)
		order(1, wire.OrderAuthorised)
		order(1, wire.OrderCaptured)
		c.says(wire.TakingsEvent{Takings: wire.Takings{Orders: 1, Revenue: eur(1999)}})
		shop := s.Snapshot().Shop
		if len(shop.Orders) != 2 || shop.Orders[0].Number != 2 || shop.Orders[1].State != wire.OrderCaptured || shop.Takings.Orders != 1 {
			t.Errorf("orders %+v, takings %+v", shop.Orders, shop.Takings)
		}
		for n := range int64(300) {
			c.mu.Lock()
			c.tell(wire.OrderEvent{Order: wire.Order{ID: wire.OrderID(fmt.Sprint("p", n)), Number: 10 + n}})
			c.mu.Unlock()
		}
		wait(time.Second)
		if o := s.Snapshot().Shop.Orders; len(o) != 200 || o[0].Number != 309 || o[199].Number != 110 {
			t.Errorf("%d orders from %d", len(o), o[0].Number)
		}
		must(t, s.RefundOrder(ctx, "p299", wire.Refund{}))
		if err := s.CancelOrder(ctx, "p298", ""); wire.CodeOf(err) != wire.Conflict {
			t.Errorf("cancelled: %v", err)
		}
		if o := s.Snapshot().Shop.Orders; o[0].State != wire.OrderRefunded || len(o) != 200 {
			t.Errorf("refunded: %+v", o[0])
		}
	})
}

func TestAnOfferWhoseAnswerWasLostIsTheSameWishWhenItIsPutAgain(t *testing.T) {
	c := newShopServer(lamp("a", 5))
	trading(t, c, &drawer{}, func(ctx context.Context, s *studio.Session) {
		flash := wire.Offer{Kind: wire.Flash, Title: "Flash", Parts: []wire.Part{{Variant: "a", Quantity: 1}}, Price: eur(1500), Public: true}
		c.lose = 1
		if err := s.PutOffer(ctx, flash); err == nil {
			t.Error("the answer was not lost")
		}
		wait(100 * time.Millisecond)
		must(t, s.PutOffer(ctx, flash))
		if len(c.offers) != 1 || len(s.Snapshot().Shop.Offers) != 1 || c.offers[0].ID == "" {
			t.Errorf("the server has %+v", c.offers)
		}
		must(t, s.PutOffer(ctx, flash))
		if o := s.Snapshot().Shop.Offers; len(o) != 2 || o[0].ID != c.offers[1].ID {
			t.Errorf("offers: %+v", o)
		}
		must(t, s.EndOffer(ctx, c.offers[0].ID))
		if o := s.Snapshot().Shop.Offers; !o[1].Ended {
			t.Errorf("ended: %+v", o)
		}
		c.away = true
		for range 2 {
			if err := s.AddStock(ctx, "a", 1, ""); err == nil {
				t.Error("stock without a network")
			}
		}
		c.away = false
		must(t, s.AddStock(ctx, "a", 1, ""))
		if k := c.keys; k[0] != k[1] || k[1] != k[2] || product(t, s, "a").Variants[0].Stock != 6 {
			t.Errorf("keys %q, %+v", k, product(t, s, "a"))
		}
	})
}

func TestTheRoomIsAskedToShowAndTellsWhatIsShown(t *testing.T) {
	c := newShopServer(lamp("a", 5), lamp("b", 0), lamp("c", 5))
	m := newMachine()
	m.shop = c
	onSession(t, m, func(ctx context.Context, s *studio.Session) {
		must(t, s.SetServer(ctx, evening))
		m.hall.joined(wire.RoomJoined{Me: *mia, Moderates: true, State: wire.RoomState{Showing: wire.Showing{Product: "a"}}})
		c.says(wire.OfferEvent{Offer: wire.Offer{ID: "flash", Parts: []wire.Part{{Variant: "b", Quantity: 1}}}})
		n := int64(0)
		for _, next := range []struct {
			step int
			want wire.ProductID
		}{{1, "b"}, {1, "c"}, {1, "a"}, {-1, "c"}, {-1, "b"}} {
			must(t, s.ShowNext(ctx, next.step))
			asked := m.hall.asked[len(m.hall.asked)-1].Show
			if asked == nil || asked.Product != next.want {
				t.Fatalf("asked for %+v, not %s", asked, next.want)
			}
			n++
			m.hall.frame(wire.RoomFrame{Through: n, Events: []wire.RoomEvent{{N: n, By: mia, Showing: asked}}})
			if got := s.Snapshot().Shop.Showing; got != *asked {
				t.Errorf("shown: %+v", got)
			}
		}
		must(t, s.ShowProduct(ctx, wire.Showing{Offer: "flash"}))
		m.hall.frame(wire.RoomFrame{Through: 9, Events: []wire.RoomEvent{{N: 9, By: mia, Showing: &wire.Showing{Offer: "flash"}}}})
		must(t, s.HideProduct(ctx, "c", true))
		must(t, s.ShowNext(ctx, 1))
		if asked := m.hall.asked[len(m.hall.asked)-1].Show; asked.Product != "a" {
			t.Errorf("behind an offer and a hidden product: %+v", asked)
		}
	})
}

func TestPicturesAreKeptAndSentBeforeTheProductThatShowsThem(t *testing.T) {
	var file bytes.Buffer
	must(t, png.Encode(&file, image.NewRGBA(image.Rect(0, 0, 1200, 600))))
	c, d := newShopServer(lamp("a", 5)), &drawer{}
	trading(t, c, d, func(ctx context.Context, s *studio.Session) {
		if _, err := s.AddPicture(ctx, []byte("no picture"), ""); wire.CodeOf(err) != wire.MediaType {
			t.Errorf("what is none: %v", err)
		}
		c.network(false)
		pic, err := s.AddPicture(ctx, file.Bytes(), "A lamp")
		must(t, err)
		small, err := s.ProductPicture(ctx, pic.ID)
		must(t, err)
		if size, kind, err := image.DecodeConfig(bytes.NewReader(small)); err != nil || kind != "jpeg" || size.Width != 480 || size.Height != 240 {
			t.Errorf("small: %+v, %s, %v", size, kind, err)
		}
		p := product(t, s, "a")
		p.Pictures = []wire.Picture{pic, {Source: "https://shop.example/gone.jpg"}, {Source: "https://shop.example/b.jpg"}}
		must(t, s.PutProduct(ctx, p.Product))
		c.network(true)
		got := c.has("a").Pictures
		if c.pictures[pic.ID] != 1 || len(got) != 3 || got[0].ID != pic.ID || got[1].ID != "" || got[2].ID == "" {
			t.Errorf("sent %v; the product has %+v", c.pictures, got)
		}
		if n := s.Snapshot().Notices; len(n) != 1 || n[0].Trouble != studio.PictureMissing || n[0].Name != "Lamp a" {
			t.Errorf("notices: %+v", n)
		}
		if b, err := s.ProductPicture(ctx, pic.ID); string(b) != "jpeg" {
			t.Errorf("from the server: %q, %v", b, err)
		}
	})
}

func TestAnImportIsOneStepAndCanBeStopped(t *testing.T) {
	c := newShopServer(lamp("a", 5))
	trading(t, c, &drawer{}, func(ctx context.Context, s *studio.Session) {
		path := filepath.Join(t.TempDir(), "products.csv")
		must(t, s.ExportProducts(ctx, path, catalog.Shopify))
		text, err := os.ReadFile(path)
		must(t, err)
		more := strings.Replace(string(text), "Lamp a", "Another lamp", 1)
		row := strings.SplitN(strings.TrimSpace(string(text)), "\n", 2)[1]
		for i := range 40 {
			n := fmt.Sprintf("new-%02d", i)
			more += strings.NewReplacer("Lamp a", "Lamp "+n, "a,", n+",").Replace(row) + "\n"
		}
		must(t, os.WriteFile(path, []byte(more), 0o600))
		im, err := s.ReadProducts(ctx, path, func(float64) {})
		must(t, err)
		var all []wire.ProductID
		for _, change := range im.Changes {
			all = append(all, change.After.ID)
		}
		if len(all) != 41 || im.Changes[0].Kind != catalog.Changed {
			t.Fatalf("read %d of %d rows: %+v", len(all), im.Rows, im.Errors)
		}
		must(t, s.Import(ctx, im, all))
		wait(20 * time.Millisecond)
		must(t, s.StopImport(ctx))
		shop := s.Snapshot().Shop
		sent := shop.Sent
		if n := len(shop.Products); sent == 0 || sent >= 41 || n < sent || n > sent+1 {
			t.Fatalf("stopped: %d products, %d sent", n, sent)
		}
		must(t, s.Import(ctx, im, all))
		wait(2 * time.Second)
		shop = s.Snapshot().Shop
		if len(shop.Products) != 41 || shop.Pending != 0 || c.has("a").Title != "Another lamp" || shop.Products[40].Title != "Lamp new-39" {
			t.Fatalf("%d products, %d wait, %d sent", len(shop.Products), shop.Pending, shop.Sent)
		}
		if kind := undo(t, ctx, s); kind != studio.ProductsImported {
			t.Errorf("%s is undone", kind)
		}
		wait(2 * time.Second)
		if c.has("a").Title != "Another lamp" && c.has("a").Title != "Lamp a" || !c.has(all[40]).Hidden {
			t.Errorf("after undo the server has %+v", c.has("a"))
		}
	})
}
