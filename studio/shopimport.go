package studio

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"vitrine/server/wire"
	"vitrine/studio/catalog"
)

// ReadProducts reads a file of products and compares it with the shop's; nothing changes. progress hears which share is read. It ends
// with ctx.
func (s *Session) ReadProducts(ctx context.Context, path string, progress func(share float64)) (*Import, error) {
	now := s.Snapshot()
	if now.Shop.Terms.Currency == "" {
		return nil, wire.Errorf(wire.Unavailable, "the shop has not told its currency yet: connect to the server once")
	}
	f, err := s.c.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	size, err := f.Seek(0, io.SeekEnd)
	if err == nil {
		_, err = f.Seek(0, io.SeekStart)
	}
	if err != nil {
		return nil, fmt.Errorf("read products: %w", err)
	}
	return catalog.Read(ctx, f, size, catalog.Options{Shop: s.catalogShop(now), Now: now.Shop.products()}, progress)
}

func (s *Shop) products() []wire.Product {
	all := make([]wire.Product, len(s.Products))
	for i, p := range s.Products {
		all[i] = p.Product
	}
	return all
}

// catalogShop is what a file of products says of the shop.
func (s *Session) catalogShop(now *Snapshot) catalog.Shop {
	srv, terms := now.Settings.Server, now.Shop.Terms
	shop := catalog.Shop{Currency: terms.Currency, Name: terms.Seller.Name}
	if _, watch, err := s.c.Backstage.Addresses(srv.Address, srv.Show); err == nil {
		shop.Home, shop.Server = watch, strings.TrimSuffix(watch, "/watch/"+string(srv.Show))
	}
	return shop
}

// Import makes the chosen changes of a file the host's edits, all of which one Undo takes back. Shop.Pending and Shop.Sent tell how far they are.
func (s *Session) Import(ctx context.Context, im *Import, chosen []wire.ProductID) error {
	picked := make(map[wire.ProductID]bool, len(chosen))
	for _, id := range chosen {
		picked[id] = true
	}
	changes := make([]ImportChange, 0, len(chosen))
	for _, c := range im.Changes {
		if !picked[c.After.ID] || c.Kind == catalog.Same {
			continue
		}
		if err := c.After.Validate(); err != nil {
			return err
		}
		changes = append(changes, c)
	}
	return s.edit(ctx, func(d *desk) error {
		for _, c := range changes {
			if err := d.check(c.After); err != nil {
				return err
			}
		}
		d.batch, d.shop.Sent = make(map[wire.ProductID]turnBack, len(changes)), 0
		backs := make([]turnBack, 0, len(changes))
		place := d.lastPlace()
		for _, c := range changes {
			if c.After.Place == 0 {
				place += gap
				c.After.Place = place
			}
			b := d.take(c)
			d.batch[c.After.ID] = b
			backs = append(backs, b)
		}
		slices.Reverse(backs)
		s.changeAll(d, Change{Kind: ProductsImported}, backs)
		return nil
	})
}

// take makes a change of a file the host's edit, on top of what is known now.
func (d *desk) take(c ImportChange) turnBack {
	now, known := d.product(c.After.ID)
	if !known {
		return turnBack{after: d.want(c.After).Mine}
	}
	if c.Kind == catalog.Added { // somebody else was faster
		c.Before = now.Product
	}
	c.After.Place = now.Place
	c.Before.Place = now.Place
	merged, _ := mergeProduct(c.Before, c.After, now.Product)
	return turnBack{&now.Product, d.again1(now, merged).Mine}
}

// StopImport drops those edits of the last import that the server has not taken yet.
func (s *Session) StopImport(ctx context.Context) error {
	return s.edit(ctx, func(d *desk) error {
		for _, id := range slices.Clone(d.turn) {
			if b, imported := d.batch[id]; imported && !d.flies(id) {
				d.undo(b)
			}
		}
		clear(d.batch)
		return nil
	})
}

// ExportProducts writes all products into a file.
func (s *Session) ExportProducts(ctx context.Context, path string, f CatalogFormat) error {
	now := s.Snapshot()
	var b bytes.Buffer
	if err := catalog.Write(&b, f, now.Shop.products(), s.catalogShop(now)); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	return s.c.Write(path, b.Bytes())
}
