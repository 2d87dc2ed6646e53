package main

import (
	"bytes"
	"context"
	"errors"
	"image"
	"image/png"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"vitrine/capture"
	"vitrine/capture/frame"
	"vitrine/server"
	"vitrine/server/wire"
	"vitrine/studio"
	"vitrine/studio/remote"
)

const patience = time.Minute

// realServer runs the server with a show, and returns its address.
func realServer(t *testing.T) string {
	t.Helper()
	listening := make(chan server.Addresses, 1)
	s, err := server.New(server.Config{
		Listen: "127.0.0.1:0", Data: t.TempDir(), Drain: time.Millisecond,
		Shows:     []server.DeclaredShow{{ID: "demo", Token: "correct-horse"}},
		Listening: func(a server.Addresses) { listening <- a },
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return (<-listening).HTTP.String()
}

// network is the way to a server, which can be cut.
type network struct {
	net.Listener
	mu    sync.Mutex
	cut   bool
	conns []net.Conn
}

func newNetwork(t *testing.T, to string) *network {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	n := &network{Listener: l}
	var running sync.WaitGroup
	running.Go(func() {
		for {
			in, err := l.Accept()
			if err != nil {
				return
			}
			out, err := net.Dial("tcp", to)
			if err != nil || !n.take(in, out) {
				in.Close()
				continue
			}
			for _, way := range [][2]net.Conn{{in, out}, {out, in}} {
				running.Go(func() {
					_, _ = io.Copy(way[0], way[1])
					_ = way[0].Close()
				})
			}
		}
	})
	t.Cleanup(func() {
		l.Close()
		n.set(false)
		running.Wait()
	})
	return n
}

func (n *network) take(in, out net.Conn) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.cut {
		out.Close()
		return false
	}
	n.conns = append(n.conns, in, out)
	return true
}

func (n *network) set(on bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.cut = !on
	for _, c := range n.conns {
		c.Close()
	}
	n.conns = nil
}

// noDevices is a machine without a camera.
type noDevices struct{ studio.Devices }

func (noDevices) Watch(ctx context.Context, changed func([]frame.Device)) error {
	changed(nil)
	<-ctx.Done()
	return nil
}

func (noDevices) CaptureAudio(ctx context.Context, _ string, _ int, _ *frame.Queue) error {
	<-ctx.Done()
	return nil
}

// host is somebody at a studio that keeps its things in a folder.
type host struct {
	*studio.Session
	t *testing.T
}

// opens opens a studio until the function is called that it returns.
func opens(t *testing.T, folderPath, address string) (h host, leave func()) {
	t.Helper()
	client := stage{remote.New()}
	settings := file(filepath.Join(folderPath, "studio.json"))
	s := studio.New(studio.Config{
		Devices: noDevices{}, Encoders: encoders{}, Uplink: uplink(slog.New(slog.DiscardHandler)), Backstage: client, Rooms: client, Rulebook: client,
		Storefront: client, Keeper: settings, Outbox: flags{}.outbox(settings), Tracks: tracks{}, Scale: capture.Scale,
		Write: func(path string, b []byte) error { return os.WriteFile(path, b, 0o600) },
	})
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	go func() { _ = drainPreview(ctx, s.Preview()) }()
	h = host{s, t}
	h.must(s.SetServer(ctx, studio.Server{Address: "http://" + address, Show: "demo", Token: "correct-horse"}))
	return h, func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		client.CloseIdle()
	}
}

func (h host) must(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

// sees waits until a product is as the host expects it, all edits sent or in a conflict.
func (h host) sees(id wire.ProductID, as func(p studio.Product) bool) studio.Product {
	h.t.Helper()
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if p := h.Snapshot().Shop.Product(id); p != nil && as(*p) {
			return *p
		}
	}
	h.t.Fatalf("%s is %+v in the shop %+v", id, h.Snapshot().Shop.Product(id), h.Snapshot().Shop.Problem)
	return studio.Product{}
}

// puts changes a product.
func (h host) puts(id wire.ProductID, change func(p *wire.Product)) {
	h.t.Helper()
	p := h.sees(id, func(studio.Product) bool { return true })
	p.Variants = slices.Clone(p.Variants)
	change(&p.Product)
	h.must(h.PutProduct(h.t.Context(), p.Product))
}

func (h host) phase(want studio.RoomPhase) {
	h.t.Helper()
	for end := time.Now().Add(patience); h.Snapshot().Shop.Phase != want; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			h.t.Fatalf("the shop is %s, not %s: %+v", h.Snapshot().Shop.Phase, want, h.Snapshot().Shop.Problem)
		}
	}
}

func TestTwoStudiosOfWhichOneIsAwayLoseNothing(t *testing.T) {
	address := realServer(t)
	way := newNetwork(t, address)
	mia, leave := opens(t, t.TempDir(), address)
	defer leave()
	folderPath := t.TempDir()
	ben, gone := opens(t, folderPath, way.Addr().String())
	mia.phase(studio.RoomHere)
	ben.phase(studio.RoomHere)
	euros := mia.Snapshot().Shop.Terms.Currency

	lamp := func(id wire.ProductID) wire.Product {
		return wire.Product{ID: id, Title: "Lamp", Variants: []wire.Variant{{ID: wire.VariantID(id), Price: wire.Money{Minor: 1999, Currency: euros}, Stock: 10}}}
	}
	mia.must(mia.PutProduct(t.Context(), lamp("a")))
	ben.sees("a", func(p studio.Product) bool { return p.Variants[0].Stock == 10 })

	way.set(false)
	ben.phase(studio.RoomLost)
	ben.puts("a", func(p *wire.Product) { p.Title, p.Variants[0].Stock = "Ben's lamp", 15 })
	ben.must(ben.PutProduct(t.Context(), lamp("b")))
	gone() // and he starts again without a network
	ben, gone = opens(t, folderPath, way.Addr().String())
	defer func() { gone() }()
	ben.sees("a", func(p studio.Product) bool { return p.Title == "Ben's lamp" && p.Edit == studio.EditWaiting })

	mia.puts("a", func(p *wire.Product) { p.Text, p.Variants[0].Price.Minor = "Made of brass", 2499 })
	mia.must(mia.AddStock(t.Context(), "a", -3, "sold by hand"))
	way.set(true)
	both := func(p studio.Product) bool {
		v := p.Variants[0]
		return p.Title == "Ben's lamp" && p.Text == "Made of brass" && v.Price.Minor == 2499 && v.Stock == 12 && p.Edit == studio.EditNone
	}
	mia.sees("a", both)
	ben.sees("a", both)
	mia.sees("b", func(p studio.Product) bool { return p.Variants[0].Stock == 10 })

	way.set(false)
	ben.phase(studio.RoomLost)
	ben.puts("a", func(p *wire.Product) { p.Title = "Ben's brass lamp" })
	mia.puts("a", func(p *wire.Product) { p.Title = "Mia's lamp" })
	mia.sees("a", func(p studio.Product) bool { return p.Edit == studio.EditNone && p.Title == "Mia's lamp" })
	way.set(true)
	p := ben.sees("a", func(p studio.Product) bool { return p.Edit == studio.EditConflict })
	if p.Title != "Ben's brass lamp" || p.Theirs.Title != "Mia's lamp" {
		t.Errorf("the conflict: %+v, theirs %+v", p, p.Theirs)
	}
	if now := mia.Snapshot().Shop.Product("a"); now.Title != "Mia's lamp" {
		t.Errorf("written over: %+v", now)
	}
	ben.must(ben.SettleProduct(t.Context(), "a", true))
	mia.sees("a", func(p studio.Product) bool { return p.Title == "Ben's brass lamp" && p.Variants[0].Stock == 12 })
}

func TestTwoStudiosThatEditTheSameAtOnceAgreeInTheEnd(t *testing.T) {
	address := realServer(t)
	mia, leave := opens(t, t.TempDir(), address)
	defer leave()
	ben, gone := opens(t, t.TempDir(), address)
	defer gone()
	mia.phase(studio.RoomHere)
	ben.phase(studio.RoomHere)
	mia.must(mia.PutProduct(t.Context(), wire.Product{ID: "a", Title: "Lamp", Variants: []wire.Variant{
		{ID: "a", Price: wire.Money{Minor: 1999, Currency: mia.Snapshot().Shop.Terms.Currency}},
	}}))
	ben.sees("a", func(studio.Product) bool { return true })
	const each = 10
	var both sync.WaitGroup
	for _, h := range []host{mia, ben} {
		both.Go(func() {
			for range each {
				h.must(h.edit("a"))
			}
		})
	}
	both.Wait()
	all := func(p studio.Product) bool { return p.Edit == studio.EditNone && p.Variants[0].Stock == 2*each }
	mia.sees("a", all)
	ben.sees("a", all)
}

// edit puts one unit more into the stock of a product.
func (h host) edit(id wire.ProductID) error {
	p := h.Snapshot().Shop.Product(id).Product
	p.Variants = slices.Clone(p.Variants)
	p.Variants[0].Stock++
	return h.PutProduct(h.t.Context(), p)
}

func TestPicturesGoToTheServerAndComeBackSmall(t *testing.T) {
	mia, leave := opens(t, t.TempDir(), realServer(t))
	defer leave()
	mia.phase(studio.RoomHere)
	var b bytes.Buffer
	mia.must(png.Encode(&b, image.NewRGBA(image.Rect(0, 0, 1000, 500))))
	pic, err := mia.AddPicture(t.Context(), b.Bytes(), "A lamp")
	mia.must(err)
	mia.must(mia.PutProduct(t.Context(), wire.Product{ID: "a", Title: "Lamp", Pictures: []wire.Picture{pic}, Variants: []wire.Variant{
		{ID: "a", Price: wire.Money{Minor: 1999, Currency: mia.Snapshot().Shop.Terms.Currency}},
	}}))
	mia.sees("a", func(p studio.Product) bool { return p.Edit == studio.EditNone })
	small, err := mia.ProductPicture(t.Context(), pic.ID)
	mia.must(err)
	if size, kind, err := image.DecodeConfig(bytes.NewReader(small)); err != nil || kind != "jpeg" || size.Width > 480 {
		t.Errorf("%+v, %s, %v", size, kind, err)
	}
}

func TestOffersCouponsStockAndWhatIsShownReachTheServer(t *testing.T) {
	address := realServer(t)
	mia, leave := opens(t, t.TempDir(), address)
	defer leave()
	ben, gone := opens(t, t.TempDir(), address)
	defer gone()
	mia.phase(studio.RoomHere)
	ben.phase(studio.RoomHere)
	price := wire.Money{Minor: 1999, Currency: mia.Snapshot().Shop.Terms.Currency}
	mia.must(mia.PutProduct(t.Context(), wire.Product{ID: "a", Title: "Lamp", Variants: []wire.Variant{{ID: "a", Price: price, Stock: 5}}}))
	mia.sees("a", func(p studio.Product) bool { return p.Edit == studio.EditNone })
	price.Minor = 1500
	mia.must(mia.PutOffer(t.Context(), wire.Offer{
		Kind: wire.Limited, Title: "The first three", Show: "demo", Units: 3, Parts: []wire.Part{{Variant: "a", Quantity: 1}}, Price: price, Public: true,
	}))
	mia.must(mia.PutCoupon(t.Context(), wire.Coupon{Code: "TEN", Percent: 1000}))
	mia.must(mia.AddStock(t.Context(), "a", 4, "found"))
	mia.must(mia.ShowNext(t.Context(), 1))
	ben.sees("a", func(p studio.Product) bool {
		shop := ben.Snapshot().Shop
		return p.Variants[0].Stock == 9 && len(shop.Offers) == 1 && len(shop.Coupons) == 1 && shop.Showing.Product == "a"
	})
	mia.must(mia.EndOffer(t.Context(), mia.Snapshot().Shop.Offers[0].ID))
	ben.sees("a", func(studio.Product) bool { return ben.Snapshot().Shop.Offers[0].Ended })
	var refused *wire.Error
	if err := mia.AddStock(t.Context(), "a", -100, "broken"); !errors.As(err, &refused) || refused.Code != wire.Conflict {
		t.Errorf("more than there are: %v", err)
	}
}

func TestWhatTheHostDidInShopsIsKeptForItsOwnerOnly(t *testing.T) {
	for _, box := range []studio.Outbox{folder(filepath.Join(t.TempDir(), "deep")), &pocket{}} {
		one, other := "https://shop.example", "https://other.example/../.."
		if b, err := box.LoadShop(one, "edits"); b != nil || err != nil {
			t.Errorf("at first: %q, %v", b, err)
		}
		for _, err := range []error{
			box.SaveShop(one, "edits", []byte("mine")), box.SaveShop(other, "edits", []byte("theirs")),
			box.SaveShop(other, "gone", []byte("x")), box.SaveShop(other, "gone", nil), box.SaveShop(other, "gone", nil),
		} {
			if err != nil {
				t.Error(err)
			}
		}
		if b, err := box.LoadShop(one, "edits"); string(b) != "mine" || err != nil {
			t.Errorf("%q, %v", b, err)
		}
		if b, err := box.LoadShop(other, "gone"); b != nil || err != nil {
			t.Errorf("%q, %v", b, err)
		}
		if f, ok := box.(folder); ok {
			info, err := os.Stat(f.path(one, "edits"))
			if err != nil || info.Mode().Perm() != 0o600 {
				t.Errorf("%v, %v", info, err)
			}
		}
	}
}
