package server

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math"
	"net"
	"net/netip"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/caddyserver/certmagic"

	"vitrine/server/bus"
	"vitrine/server/live"
	"vitrine/server/pay"
	"vitrine/server/pictures"
	"vitrine/server/reach"
	"vitrine/server/shop"
	"vitrine/server/store"
	"vitrine/server/trust"
	"vitrine/server/wire"
)

// Config is all that a server can be told. The zero value is sensible.
type Config struct {
	// Listen is the address of HTTP, "host:port". Empty means ":443" with TLS and ":8080" without.
	Listen string
	// Data is the folder of the database, made if it does not exist. Empty means "vitrine-data".
	Data string
	// Database is the PostgreSQL database to keep everything in, "postgres://user:password@host:port/name". Empty means SQLite,
	// in Data.
	Database string
	// NATS are the servers of the cluster that joins several of this server, "nats://user:password@host:port" or "tls://…", several
	// separated by commas. Empty means that this one is alone. NATSCredentials is a file that proves who it is there, for clusters
	// that want one.
	NATS, NATSCredentials string
	// Pictures is the S3-compatible bucket of products' pictures, "s3://bucket/prefix?endpoint=https://host:port&region=…", with S3Key and
	// S3Secret. Empty means the folder "pictures" in Data, which several servers of one database would have to share.
	Pictures, S3Key, S3Secret string
	// MediaPort is the UDP port of all media. 0 means the number that HTTP's port has, or any if that one is taken.
	MediaPort int
	// TURNPort is the UDP and TCP port of the relay for those whose network lets no UDP through. 0 means none.
	TURNPort int
	// TLSCert and TLSKey are PEM files; they are read again when they change. Domain is the alternative: a name of this server
	// for which a certificate is got from Let's Encrypt, whose terms are thereby agreed to, and port 80 answered. ACMEEmail is
	// told when that stops working. With none of them HTTP is not encrypted.
	TLSCert, TLSKey, Domain, ACMEEmail string
	// TrustedProxies are believed when they say, in X-Forwarded-For, who they ask for.
	TrustedProxies []netip.Prefix
	// Shows exist from the start, with these publishing tokens.
	Shows []DeclaredShow
	// Terms are how the shop charges; those of DefaultTerms if their currency is empty.
	Terms shop.Terms
	// Pay are the ways to pay; none of them means that nothing can be bought.
	Pay Payments
	// Hold is how long units are held for a buyer; 0 means 90 s.
	Hold time.Duration
	// Large are sums from which somebody new needs a further proof to buy, one a currency; 500.00 in the shop's currency if empty.
	Large []wire.Money
	// Origins are the addresses of the pages, as "https://shop.example": the first is what links in e-mails and passkeys belong to.
	// Empty means the domain, or this computer.
	Origins []string
	// SMTP sends e-mails; without it they are written into the folder "mail" in Data. MailFrom is their sender then.
	SMTP     *reach.SMTP
	MailFrom reach.Sender
	// Webhooks guards where outgoing webhooks may go, and pictures come from, and what is sent to Peers.
	Webhooks reach.Guard
	// Peers are other servers whose hosts may meet those of this one. They call this one by the first of Origins.
	Peers []Peer
	// PublicAddresses are announced beside the host's own, for a server behind a one-to-one NAT.
	PublicAddresses []netip.Addr
	// MaxSessions, MaxViewers a show and MaxPerAddress bound what is at work at a time. 0 means 2000, 1000 and 200.
	MaxSessions, MaxViewers, MaxPerAddress int
	// Grace is how long viewers wait for a publisher that has gone. 0 means 60 s.
	Grace time.Duration
	// Drain is how long running sessions may go on when the server is told to stop. 0 means 2 s.
	Drain time.Duration
	// Out is told the first operator's token. nil discards it: then no operator can ever come in.
	Out io.Writer
	// Log receives events; nil discards them.
	Log *slog.Logger
	// Listening is called once when the server can be reached; it must not block.
	Listening func(Addresses)

	acme acme
	// now is the clock of the rooms; nil for that of all.
	now func() time.Time
}

// Payments are ways to pay.
type Payments struct {
	Test     bool // the built-in provider, which moves no money
	Cash     bool // on delivery
	Transfer *pay.Account
	Stripe   *pay.StripeConfig
}

// DefaultTerms are those of a shop in Germany that ships to the European Union.
func DefaultTerms() shop.Terms {
	return shop.Terms{
		Currency: "EUR", Home: "DE", TaxIncluded: true,
		Shipping: []shop.Way{{Name: "Parcel", Countries: []string{"EU"}, Price: wire.Money{Minor: 490, Currency: "EUR"}, Days: "2 to 4"}},
	}
}

// Addresses are where a server listens.
type Addresses struct {
	HTTP  netip.AddrPort
	Media netip.AddrPort // UDP
	TURN  netip.AddrPort // UDP and TCP; the zero AddrPort if there is none
}

// DeclaredShow is a show that the configuration names.
type DeclaredShow struct {
	ID    wire.ShowID
	Token string
}

// minToken is the shortest publishing token taken, in characters.
const minToken = 8

// ParseShow reads "name:token".
func ParseShow(s string) (DeclaredShow, error) {
	name, token, ok := strings.Cut(s, ":")
	if !ok {
		return DeclaredShow{}, errors.New("a show is declared as NAME:TOKEN")
	}
	d := DeclaredShow{wire.ShowID(name), token}
	return d, d.validate()
}

func (d DeclaredShow) validate() error {
	if err := d.ID.Validate(); err != nil {
		return fmt.Errorf("declared show: %w", err)
	}
	if len(d.Token) < minToken || len(d.Token) > 256 || strings.ContainsFunc(d.Token, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return fmt.Errorf("declared show %q: its token must have %d to 256 visible ASCII characters", d.ID, minToken)
	}
	return nil
}

// Validate reports the first value that makes no sense.
func (c Config) Validate() error {
	if c.Listen != "" {
		_, port, err := net.SplitHostPort(c.Listen)
		if err != nil {
			return fmt.Errorf("listen address: %w", err)
		}
		if n, err := strconv.ParseUint(port, 10, 16); err != nil {
			return fmt.Errorf("listen address %q: the port must be 0 to 65535, got %d", c.Listen, n)
		}
	}
	if err := (store.Config{URL: c.Database}).Validate(); err != nil {
		return err
	}
	if err := c.bus().Validate(); err != nil {
		return err
	}
	if c.MediaPort < 0 || c.MediaPort > 65535 {
		return fmt.Errorf("media port %d is not between 0 and 65535", c.MediaPort)
	}
	if c.TURNPort < 0 || c.TURNPort > 65535 {
		return fmt.Errorf("TURN port %d is not between 0 and 65535", c.TURNPort)
	}
	if err := c.validateTLS(); err != nil {
		return err
	}
	if err := c.validatePeers(); err != nil {
		return err
	}
	if err := c.validateTrade(); err != nil {
		return err
	}
	if _, err := c.pictures(); err != nil {
		return fmt.Errorf("pictures: %w", err)
	}
	if c.Drain < 0 {
		return errors.New("drain time is negative")
	}
	names, tokens := map[wire.ShowID]bool{}, map[string]bool{}
	for _, d := range c.Shows {
		if err := d.validate(); err != nil {
			return err
		}
		if names[d.ID] || tokens[d.Token] {
			return fmt.Errorf("declared show %q: its name or token is declared twice", d.ID)
		}
		names[d.ID], tokens[d.Token] = true, true
	}
	if err := c.live().Validate(); err != nil {
		return fmt.Errorf("limits: %w", err)
	}
	return nil
}

func (c Config) validateTrade() error {
	if c.Terms.Currency != "" {
		if err := c.Terms.Validate(); err != nil {
			return fmt.Errorf("the shop's terms: %w", err)
		}
	}
	if c.Hold != 0 && (c.Hold < wire.ShortestHold || c.Hold > wire.LongestHold) {
		return fmt.Errorf("units are held %s to %s; got %s", wire.ShortestHold, wire.LongestHold, c.Hold)
	}
	if c.Pay.Transfer != nil {
		if err := c.Pay.Transfer.Validate(); err != nil {
			return fmt.Errorf("the account for transfers: %w", err)
		}
	}
	if c.SMTP != nil {
		if err := c.SMTP.Validate(); err != nil {
			return err
		}
	}
	if _, err := trust.CrossOrigin(c.Origins); err != nil {
		return err
	}
	return nil
}

func (c Config) validateTLS() error {
	switch {
	case (c.TLSCert == "") != (c.TLSKey == ""):
		return errors.New("a certificate and its key are given together")
	case c.TLSCert != "" && c.Domain != "":
		return errors.New("certificates come from files or for a domain, not both")
	case c.ACMEEmail != "" && c.Domain == "":
		return errors.New("an ACME e-mail address needs a domain")
	case c.Domain != "" && !certmagic.SubjectQualifiesForPublicCert(c.Domain) && c.acme.directory == "":
		return fmt.Errorf("domain %q can have no certificate", c.Domain)
	}
	return nil
}

func (c Config) withDefaults() Config {
	if c.Listen == "" {
		c.Listen = ":8080"
		if c.secure() {
			c.Listen = ":443"
		}
	}
	if c.MaxSessions == 0 {
		c.MaxSessions = 2000
	}
	if c.MaxPerAddress == 0 {
		c.MaxPerAddress = 200
	}
	if c.Data == "" {
		c.Data = "vitrine-data"
	}
	if c.Terms.Currency == "" {
		c.Terms = DefaultTerms()
	}
	if len(c.Large) == 0 {
		digits, _ := c.Terms.Currency.Digits()
		c.Large = []wire.Money{{Minor: 500 * int64(math.Pow10(digits)), Currency: c.Terms.Currency}}
	}
	if c.MailFrom.Address == "" {
		c.MailFrom = reach.Sender{Address: "shop@localhost.localdomain", Name: "Vitrine"}
	}
	if c.Drain == 0 {
		c.Drain = 2 * time.Second
	}
	if c.Out == nil {
		c.Out = io.Discard
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Listening == nil {
		c.Listening = func(Addresses) {}
	}
	if c.now == nil {
		c.now = time.Now
	}
	return c
}

// pictures is where pictures are kept.
func (c Config) pictures() (pictures.Storage, error) {
	if c.Pictures == "" {
		return pictures.Folder(filepath.Join(c.Data, "pictures")), nil
	}
	return pictures.NewBucket(c.Pictures, c.S3Key, c.S3Secret)
}

func (c Config) bus() bus.Config {
	return bus.Config{URL: c.NATS, Credentials: c.NATSCredentials, Log: c.Log}
}

func (c Config) live() live.Config {
	return live.Config{
		PublicAddresses: c.PublicAddresses, MaxSessions: c.MaxSessions, MaxViewers: c.MaxViewers,
		MaxPerAddress: c.MaxPerAddress, Grace: c.Grace, Log: c.Log,
	}
}
