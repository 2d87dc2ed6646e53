// Command vitrine-server is the door of the companion server: it reads flags, environment and file, runs server.Server until
// it is told to stop (SIGINT, SIGTERM), and prints where it listens. It owns nothing else.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"time"
	_ "time/tzdata" // for the shop's days, where the system has no time zones

	"github.com/alecthomas/kong"

	"vitrine/server"
	"vitrine/server/pay"
	"vitrine/server/reach"
	"vitrine/server/shop"
	"vitrine/server/wire"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// settings are the program's flags. Each is also read from the environment and from the --config file, in that order.
type settings struct {
	Listen        string          `help:"Address of HTTP, host:port. Without it: :443 with TLS, :8080 else." env:"VITRINE_LISTEN"`
	Data          string          `help:"Folder of the database." default:"vitrine-data" type:"path" env:"VITRINE_DATA"`
	Database      string          `help:"PostgreSQL database to keep everything in, postgres://… ; without it SQLite in --data." placeholder:"URL" env:"VITRINE_DATABASE"`
	NATS          string          `help:"NATS servers that join several of this server, nats://… or tls://…, separated by commas; without them this one is alone." name:"nats" placeholder:"URL" env:"VITRINE_NATS"`
	NATSCreds     string          `help:"File of NATS credentials for them, where they want one." name:"nats-creds" placeholder:"FILE" type:"path" env:"VITRINE_NATS_CREDS"`
	Pictures      string          `help:"S3-compatible bucket of products' pictures; without it a folder in --data." placeholder:"s3://BUCKET/PREFIX?endpoint=https://HOST&region=REGION" env:"VITRINE_PICTURES"`
	S3Key         string          `help:"Key of that bucket; better by the environment than here." name:"s3-key" placeholder:"KEY" env:"VITRINE_S3_KEY"`
	S3Secret      string          `help:"Secret of that key; better by the environment." name:"s3-secret" placeholder:"SECRET" env:"VITRINE_S3_SECRET"`
	MediaPort     int             `help:"UDP port of all media. 0: the number of HTTP's port." default:"0" env:"VITRINE_MEDIA_PORT"`
	TURNPort      int             `help:"UDP and TCP port of the relay for viewers whose network lets no UDP through. 0: none." name:"turn-port" default:"0" env:"VITRINE_TURN_PORT"`
	TLSCert       string          `help:"PEM file of the certificate chain; read again when it changes." name:"tls-cert" placeholder:"FILE" env:"VITRINE_TLS_CERT"`
	TLSKey        string          `help:"PEM file of the certificate's key." name:"tls-key" placeholder:"FILE" env:"VITRINE_TLS_KEY"`
	Domain        string          `help:"Name of this server to get a certificate for from Let's Encrypt, agreeing to its terms. Needs ports 80 and 443." env:"VITRINE_DOMAIN"`
	ACMEEmail     string          `help:"Whom Let's Encrypt tells of trouble with the certificate." name:"acme-email" env:"VITRINE_ACME_EMAIL"`
	TrustedProxy  []netip.Prefix  `help:"Network of proxies whose X-Forwarded-For is believed. May be repeated." placeholder:"CIDR" env:"VITRINE_TRUSTED_PROXY"`
	Show          []string        `help:"A show that exists from the start, and its publishing token. May be repeated." placeholder:"NAME:TOKEN" env:"VITRINE_SHOW"`
	PublicAddress []netip.Addr    `help:"IP address to announce beside the host's own. May be repeated." placeholder:"IP" env:"VITRINE_PUBLIC_ADDRESS"`
	MaxSessions   int             `help:"Most sessions at a time." default:"2000" env:"VITRINE_MAX_SESSIONS"`
	MaxViewers    int             `help:"Most viewers of one show." default:"1000" env:"VITRINE_MAX_VIEWERS"`
	MaxPerAddress int             `help:"Most sessions from one IP address." default:"200" env:"VITRINE_MAX_PER_ADDRESS"`
	Grace         time.Duration   `help:"How long viewers wait for a publisher that has gone." default:"60s" env:"VITRINE_GRACE"`
	Drain         time.Duration   `help:"How long sessions may go on after SIGTERM." default:"2s" env:"VITRINE_DRAIN"`
	Shop          string          `help:"JSON file of how the shop charges: currency, tax, shipping, its address. Without it: euros, from Germany to the EU." placeholder:"FILE" env:"VITRINE_SHOP"`
	Pay           []string        `help:"A way to pay: test (moves no money), cash (on delivery), transfer, stripe. May be repeated; none: nothing can be bought." enum:"test,cash,transfer,stripe" env:"VITRINE_PAY"`
	Hold          time.Duration   `help:"How long units are held for a buyer." default:"90s" env:"VITRINE_HOLD"`
	Account       string          `help:"Bank account for transfers." placeholder:"HOLDER:IBAN[:BIC]" env:"VITRINE_ACCOUNT"`
	Stripe        string          `help:"Stripe's keys; better by the environment than here, where others on this computer see them." placeholder:"SECRET:PUBLISHABLE:WEBHOOK" env:"VITRINE_STRIPE"`
	SMTP          string          `help:"Mail server. Without it e-mails are files in the data folder." name:"smtp" placeholder:"HOST:PORT" env:"VITRINE_SMTP"`
	SMTPUser      string          `help:"Name at the mail server." name:"smtp-user" env:"VITRINE_SMTP_USER"`
	SMTPPassword  string          `help:"Password at the mail server; better by the environment." name:"smtp-password" env:"VITRINE_SMTP_PASSWORD"`
	MailFrom      string          `help:"Sender of e-mails." placeholder:"ADDRESS" env:"VITRINE_MAIL_FROM"`
	Origin        []string        `help:"Address of the pages, as https://shop.example. May be repeated; the first stands in e-mails." env:"VITRINE_ORIGIN"`
	Peer          []string        `help:"Another server whose hosts may meet ours, and its key, as its operator finds them at /api/stage/peer. May be repeated." placeholder:"https://HOST=KEY" env:"VITRINE_PEER"`
	LogLevel      slog.Level      `help:"debug, info, warn or error." default:"info" env:"VITRINE_LOG_LEVEL"`
	Config        kong.ConfigFlag `help:"JSON file with any of these settings." placeholder:"FILE" env:"VITRINE_CONFIG"`

	Serve      struct{} `cmd:"" default:"1" help:"Serve until told to stop."`
	Audit      struct{} `cmd:"" help:"Compute stock, offers and orders anew from the ledger, and compare."`
	RotateKeys struct{} `cmd:"" help:"Make a new master key for what is personal. The server has to be started again to use it."`
}

// run is the program. It returns its exit code: 0 after an orderly end, 1 if the server failed or an audit found something, 2
// for settings that make no sense.
func run(ctx context.Context, args []string, out, errOut io.Writer) (code int) {
	var set settings
	command, cfg, err := parse(&set, args, out, errOut)
	if err != nil {
		fmt.Fprintln(errOut, "vitrine-server:", err)
		return 2
	}
	switch command {
	case "audit":
		return audit(ctx, cfg, out, errOut)
	case "rotate-keys":
		return rotate(cfg, out, errOut)
	case "serve":
		return serve(ctx, cfg, errOut)
	default: // help was asked for
		return 0
	}
}

func serve(ctx context.Context, cfg server.Config, errOut io.Writer) (code int) {
	s, err := server.New(cfg)
	if err != nil {
		fmt.Fprintln(errOut, "vitrine-server:", err)
		return 2
	}
	if err := s.Run(ctx); err != nil {
		fmt.Fprintln(errOut, "vitrine-server:", err)
		return 1
	}
	return 0
}

func rotate(cfg server.Config, out, errOut io.Writer) (code int) {
	if err := server.Rotate(cfg); err != nil {
		fmt.Fprintln(errOut, "vitrine-server:", err)
		return 1
	}
	fmt.Fprintln(out, "There is a new master key. Start the server again, and keep a copy of keys.json apart from the database.")
	return 0
}

func audit(ctx context.Context, cfg server.Config, out, errOut io.Writer) (code int) {
	a, err := server.Audit(ctx, cfg)
	if err != nil {
		fmt.Fprintln(errOut, "vitrine-server:", err)
		return 1
	}
	fmt.Fprintf(out, "%d entries, %d reservations, %d orders; the ledger ends with %x.\n", a.Entries, a.Reservations, a.Orders, a.Head.Hash)
	for _, w := range a.Wrong {
		fmt.Fprintln(out, "WRONG:", w)
	}
	if len(a.Wrong) > 0 {
		return 1
	}
	fmt.Fprintln(out, "All that is stored is what the ledger tells.")
	return 0
}

// exited is what kong's help asks for.
type exited struct{}

// parse reads the settings and the command, which is "" where help was printed and nothing is left to do.
func parse(set *settings, args []string, out, errOut io.Writer) (command string, cfg server.Config, err error) {
	defer func() {
		if r := recover(); r != nil {
			if _, ok := r.(exited); !ok {
				panic(r)
			}
			command, err = "", nil
		}
	}()
	k, err := kong.New(set, kong.Name("vitrine-server"), kong.Description("The companion server of Vitrine: shows, live, and the shop."),
		kong.Writers(out, errOut), kong.Exit(func(int) { panic(exited{}) }), kong.Configuration(readFile))
	if err != nil {
		return "", cfg, fmt.Errorf("define flags: %w", err)
	}
	c, err := k.Parse(args)
	if err != nil {
		return "", cfg, err
	}
	cfg, err = set.config(out, errOut)
	return c.Command(), cfg, err
}

func (s *settings) config(out, errOut io.Writer) (server.Config, error) {
	cfg := server.Config{
		Listen: s.Listen, Data: s.Data, Database: s.Database, NATS: s.NATS, NATSCredentials: s.NATSCreds,
		Pictures: s.Pictures, S3Key: s.S3Key, S3Secret: s.S3Secret, MediaPort: s.MediaPort, TURNPort: s.TURNPort, PublicAddresses: s.PublicAddress,
		TLSCert: s.TLSCert, TLSKey: s.TLSKey, Domain: s.Domain, ACMEEmail: s.ACMEEmail, TrustedProxies: s.TrustedProxy,
		MaxSessions: s.MaxSessions, MaxViewers: s.MaxViewers, MaxPerAddress: s.MaxPerAddress, Grace: s.Grace, Drain: s.Drain,
		Out: out, Log: slog.New(slog.NewTextHandler(errOut, &slog.HandlerOptions{Level: s.LogLevel})),
		Listening: func(a server.Addresses) {
			fmt.Fprintf(out, "Listening on %s (HTTP) and %s (UDP, media).\n", a.HTTP, a.Media)
			if a.TURN.IsValid() {
				fmt.Fprintf(out, "Relaying on %s (TURN).\n", a.TURN)
			}
			for _, d := range s.Show {
				name, _, _ := strings.Cut(d, ":")
				fmt.Fprintf(out, "Watch at %s/watch/%s\n", s.base(a.HTTP), name)
			}
		},
	}
	for _, text := range s.Show {
		d, err := server.ParseShow(text)
		if err != nil {
			return cfg, err
		}
		cfg.Shows = append(cfg.Shows, d)
	}
	for _, text := range s.Peer {
		p, err := server.ParsePeer(text)
		if err != nil {
			return cfg, err
		}
		cfg.Peers = append(cfg.Peers, p)
	}
	return cfg, s.sell(&cfg)
}

// sell fills in what the shop needs.
func (s *settings) sell(cfg *server.Config) error {
	cfg.Hold, cfg.Origins, cfg.MailFrom = s.Hold, s.Origin, reach.Sender{Address: s.MailFrom, Name: "Vitrine"}
	if s.Shop != "" {
		f, err := os.Open(s.Shop)
		if err != nil {
			return fmt.Errorf("open the shop's terms: %w", err)
		}
		defer f.Close()
		if cfg.Terms, err = shop.ReadTerms(f); err != nil {
			return fmt.Errorf("the shop's terms in %s: %w", s.Shop, err)
		}
	}
	for _, way := range s.Pay {
		switch wire.PayMethod(way) {
		case wire.PayTest:
			cfg.Pay.Test = true
		case wire.PayCash:
			cfg.Pay.Cash = true
		case wire.PayTransfer:
			parts := strings.Split(s.Account+"::", ":")
			cfg.Pay.Transfer = &pay.Account{Holder: parts[0], IBAN: parts[1], BIC: parts[2]}
		case wire.PayStripe:
			keys := strings.Split(s.Stripe, ":")
			if len(keys) != 3 {
				return errors.New("payments by Stripe need its keys: VITRINE_STRIPE=SECRET:PUBLISHABLE:WEBHOOK")
			}
			cfg.Pay.Stripe = &pay.StripeConfig{Secret: keys[0], Publishable: keys[1], Webhook: keys[2], Now: time.Now}
		}
	}
	if s.SMTP == "" {
		return nil
	}
	host, port, err := net.SplitHostPort(s.SMTP)
	if err != nil {
		return fmt.Errorf("the mail server: %w", err)
	}
	n, err := strconv.Atoi(port)
	if err != nil {
		return fmt.Errorf("the mail server's port %q is no number", port)
	}
	cfg.SMTP = &reach.SMTP{Host: host, Port: n, User: s.SMTPUser, Password: s.SMTPPassword, From: cfg.MailFrom}
	return nil
}

// base is an address of the server that works on this machine, or its domain.
func (s *settings) base(at netip.AddrPort) string {
	scheme, usual, host := "http", uint16(80), at.Addr().String()
	if at.Addr().IsUnspecified() {
		host = "localhost"
	}
	if s.Domain != "" || s.TLSCert != "" {
		scheme, usual = "https", 443
	}
	if s.Domain != "" {
		host = s.Domain
	}
	if at.Port() == usual && !strings.Contains(host, ":") {
		return scheme + "://" + host
	}
	return scheme + "://" + net.JoinHostPort(host, strconv.Itoa(int(at.Port())))
}

// file is a settings file: what the environment says goes before it, and keys that no flag has are refused.
type file map[string]any

func readFile(r io.Reader) (kong.Resolver, error) {
	var f file
	d := json.NewDecoder(r)
	d.UseNumber()
	if err := d.Decode(&f); err != nil {
		return nil, fmt.Errorf("read settings as JSON: %w", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("the settings file holds more than one JSON value")
	}
	return f, nil
}

// Validate implements kong.Resolver.
func (f file) Validate(app *kong.Application) error {
	for key := range f {
		known := false
		for _, flag := range app.Flags {
			known = known || flag.Name == key && key != "config" && key != "help"
		}
		if !known {
			return fmt.Errorf("the settings file has %q, which is no setting", key)
		}
	}
	return nil
}

// Resolve implements kong.Resolver.
func (f file) Resolve(_ *kong.Context, _ *kong.Path, flag *kong.Flag) (any, error) {
	for _, name := range flag.Envs {
		if _, ok := os.LookupEnv(name); ok {
			return nil, nil
		}
	}
	v, ok := f[flag.Name]
	if !ok {
		return nil, nil
	}
	if n, ok := v.(json.Number); ok {
		return n.String(), nil
	}
	return v, nil
}
