package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/netip"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sync/errgroup"

	"vitrine/server/api"
	"vitrine/server/pay"
	"vitrine/server/pictures"
	"vitrine/server/reach"
	"vitrine/server/shop"
	"vitrine/server/store"
	"vitrine/server/trust"
	"vitrine/server/wire"
)

// sweepEvery is how often what has expired is removed.
const sweepEvery = time.Hour

// trade is the rooms that sell: the shop, who buys there, how it is paid and what is sent about it.
type trade struct {
	shop    *shop.Shop
	gate    *trust.Gate
	courier *reach.Courier
	outbox  *store.Outbox
	ways    map[wire.PayMethod]pay.Provider
	bank    *pay.Test // nil without the test provider
	feed    *api.Feed
	vault   *trust.Vault
	links   shop.WithdrawalKeys
	public  string // address of the pages as buyers know it; "" if there is none
	// pictures are those of products.
	pictures *pictures.Album
	// changed is told after what happened in the shop; it must not block.
	changed func()
	// seed is that of the key with which this server signs, passes the secret of those who are on stage.
	seed, passes []byte
}

// openTrade builds the rooms that sell on the database.
func (s *Server) openTrade(ctx context.Context, db *store.Store, at netip.AddrPort) (*trade, error) {
	ring, err := trust.OpenKeyring(s.cfg.Data)
	if err != nil {
		return nil, err
	}
	vault := trust.NewVault(ring, db)
	t := &trade{feed: api.NewFeed(), vault: vault, links: shop.WithdrawalKeys{secretOf(ring, "withdrawals")}, seed: secretOf(ring, "stages"), passes: secretOf(ring, "passes")}
	kept, err := s.cfg.pictures()
	if err != nil {
		return nil, err
	}
	t.pictures = pictures.New(kept)
	if t.ways, err = s.providers(t, ring, db); err != nil {
		return nil, err
	}
	safe, err := db.Safe(ctx, vault)
	if err != nil {
		return nil, err
	}
	origins := s.origins(at)
	host, err := os.Hostname()
	if err != nil {
		return nil, fmt.Errorf("find the host's name: %w", err)
	}
	t.outbox = db.Outbox(fmt.Sprintf("%s %s", host, at), safe)
	post := &post{
		db: db, vault: vault, terms: s.cfg.Terms, safe: safe, origin: origins[0], public: s.public(origins), links: t.links,
		nudge: func() { t.courier.Nudge() },
	}
	t.public = post.public
	t.gate, err = trust.New(trust.Config{Storage: db, Vault: vault, Post: post, Now: time.Now, Origins: origins})
	if err != nil {
		return nil, err
	}
	t.courier = reach.New(reach.Config{
		Outbox: t.outbox, Open: post.open, Post: s.mail(), Endpoints: t.outbox, Client: s.cfg.Webhooks.Client(0), Now: time.Now, Spread: rand.Float64, Log: s.log,
	})
	ways := map[wire.PayMethod]shop.Provider{}
	for name, p := range t.ways {
		ways[name] = p
	}
	var stripe string
	if c := s.cfg.Pay.Stripe; c != nil {
		stripe = c.Publishable
	}
	t.shop, err = shop.New(shop.Config{
		Storage: db, Terms: s.cfg.Terms, Pay: ways, Stripe: stripe, Hold: s.cfg.Hold, Log: s.log, Secret: secretOf(ring, "requests"),
		Now: steady(), Changed: func(b *shop.Batch) {
			t.feed.Changed(b)
			t.changed()
			if len(b.Letters) > 0 {
				t.courier.Nudge()
			}
		},
		Seal: func(ctx context.Context, person wire.PersonID, order wire.OrderID, plain []byte) ([]byte, error) {
			return vault.Seal(ctx, person, contactOf(order), plain)
		},
	})
	return t, err
}

// origins are the addresses of the pages: the configured ones, the domain, or this computer.
func (s *Server) origins(at netip.AddrPort) []string {
	switch {
	case len(s.cfg.Origins) > 0:
		return s.cfg.Origins
	case s.cfg.Domain != "":
		return []string{"https://" + s.cfg.Domain}
	case s.cfg.secure():
		return []string{fmt.Sprintf("https://localhost:%d", at.Port())}
	default:
		return []string{fmt.Sprintf("http://localhost:%d", at.Port())}
	}
}

// public is the first of the pages' addresses, "" if nobody configured any: what only this computer knows is no address for a receipt.
func (s *Server) public(origins []string) string {
	if len(s.cfg.Origins) == 0 && s.cfg.Domain == "" {
		return ""
	}
	return origins[0]
}

// open reads the contact of an order.
func (t *trade) open(ctx context.Context, person wire.PersonID, order wire.OrderID, sealed []byte) ([]byte, error) {
	return t.vault.Open(ctx, person, contactOf(order), sealed)
}

// contactOf is where an order's contact is sealed.
func contactOf(order wire.OrderID) trust.Field {
	return trust.Field{Table: "orders", Row: string(order), Name: "contact"}
}

// steady is a clock that the computer's being set does not move: what is held must not lapse because of it.
func steady() func() time.Time {
	began := time.Now()
	return func() time.Time { return began.Add(time.Since(began)) }
}

// providers are the ways to pay that the configuration names.
func (s *Server) providers(t *trade, ring *trust.Keyring, db *store.Store) (map[wire.PayMethod]pay.Provider, error) {
	ways := map[wire.PayMethod]pay.Provider{}
	if s.cfg.Pay.Test {
		var err error
		t.bank, err = pay.NewTest(pay.TestConfig{Secret: secretOf(ring, "test payments"), Plan: pay.ByAmount, Now: time.Now})
		if err != nil {
			return nil, fmt.Errorf("payments by test: %w", err)
		}
		ways[wire.PayTest] = t.bank
	}
	if s.cfg.Pay.Cash {
		ways[wire.PayCash] = pay.NewCash(db)
	}
	if a := s.cfg.Pay.Transfer; a != nil {
		p, err := pay.NewTransfer(db, *a)
		if err != nil {
			return nil, fmt.Errorf("payments by transfer: %w", err)
		}
		ways[wire.PayTransfer] = p
	}
	if c := s.cfg.Pay.Stripe; c != nil {
		p, err := pay.NewStripe(*c)
		if err != nil {
			return nil, fmt.Errorf("payments by Stripe: %w", err)
		}
		ways[wire.PayStripe] = p
	}
	return ways, nil
}

// mail is how mails are sent: by the mail server, or into a folder where an operator sees what would have been sent.
func (s *Server) mail() reach.Post {
	if m := s.cfg.SMTP; m != nil {
		return *m
	}
	return reach.Folder{Path: filepath.Join(s.cfg.Data, "mail"), From: s.cfg.MailFrom}
}

// run runs the rooms until ctx ends.
func (t *trade) run(ctx context.Context, db *store.Store, log *slog.Logger) error {
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return t.shop.Run(ctx) })
	g.Go(func() error { return errors.Join(t.courier.Run(ctx), t.outbox.Leave(context.WithoutCancel(ctx))) })
	g.Go(func() error { return t.feed.Run(ctx, t.shop) })
	if t.bank != nil {
		g.Go(func() error { return t.bank.Run(ctx) })
	}
	g.Go(func() error {
		if n, err := t.vault.Rewrap(ctx); err != nil && ctx.Err() == nil {
			log.Error("not all keys could be wrapped with the newest master key", "wrapped", n, "error", err)
		} else if n > 0 {
			log.Info("keys were wrapped with a new master key", "keys", n)
		}
		tick := time.NewTicker(sweepEvery)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return nil
			case <-tick.C:
			}
			if err := errors.Join(t.gate.Sweep(ctx), db.SweepLetters(ctx)); err != nil && ctx.Err() == nil {
				log.Error("what has expired could not be removed", "error", err)
			}
		}
	})
	if err := g.Wait(); !errors.Is(err, context.Canceled) {
		return err
	}
	return nil
}

// Rotate makes a new master key of a configuration's keyring. The server has to be started again: it then wraps with it, one by
// one, the keys that what is personal is sealed with. The older master keys stay, for copies of the database.
func Rotate(cfg Config) error {
	cfg = cfg.withDefaults()
	ring, err := trust.OpenKeyring(cfg.Data)
	if err != nil {
		return err
	}
	return trust.SaveKeyring(cfg.Data, ring.Rotated())
}

// Audit recomputes the shop of a configuration from its ledger and compares it with what is stored, and adds up the ledger of coins. The server may run meanwhile.
func Audit(ctx context.Context, cfg Config) (a *shop.Audited, err error) {
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("configuration: %w", err)
	}
	cfg = cfg.withDefaults()
	db, err := store.Open(ctx, store.Config{Folder: cfg.Data, URL: cfg.Database})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if a, err = shop.Audit(ctx, db); err == nil {
		if wrong := db.AuditCoins(ctx); wrong != nil {
			a.Wrong = append(a.Wrong, wrong.Error())
		}
	}
	return a, err
}
