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

	"github.com/alecthomas/kong"

	"vitrine/server"
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
	LogLevel      slog.Level      `help:"debug, info, warn or error." default:"info" env:"VITRINE_LOG_LEVEL"`
	Config        kong.ConfigFlag `help:"JSON file with any of these settings." placeholder:"FILE" env:"VITRINE_CONFIG"`
}

// run is the program. It returns its exit code: 0 after an orderly end, 1 if the server failed, 2 for settings that make no
// sense.
func run(ctx context.Context, args []string, out, errOut io.Writer) (code int) {
	var set settings
	cfg, done, err := parse(&set, args, out, errOut)
	switch {
	case done:
		return 0
	case err != nil:
		fmt.Fprintln(errOut, "vitrine-server:", err)
		return 2
	}
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

// exited is what kong's help asks for.
type exited struct{}

// parse reads the settings. done says that help was printed and nothing is left to do.
func parse(set *settings, args []string, out, errOut io.Writer) (cfg server.Config, done bool, err error) {
	defer func() {
		if r := recover(); r != nil {
			if _, ok := r.(exited); !ok {
				panic(r)
			}
			done = true
		}
	}()
	k, err := kong.New(set, kong.Name("vitrine-server"), kong.Description("The companion server of Vitrine: shows, live."),
		kong.Writers(out, errOut), kong.Exit(func(int) { panic(exited{}) }), kong.Configuration(readFile))
	if err != nil {
		return cfg, false, fmt.Errorf("define flags: %w", err)
	}
	if _, err := k.Parse(args); err != nil {
		return cfg, false, err
	}
	cfg, err = set.config(out, errOut)
	return cfg, false, err
}

func (s *settings) config(out, errOut io.Writer) (server.Config, error) {
	cfg := server.Config{
		Listen: s.Listen, Data: s.Data, Database: s.Database, MediaPort: s.MediaPort, TURNPort: s.TURNPort, PublicAddresses: s.PublicAddress,
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
	return cfg, nil
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
