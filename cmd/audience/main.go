// Command vitrine-audience is a crowd for load tests, soaks and rehearsals: it joins a show with many receive-only viewers
// and reports what they saw, with a verdict. It decodes nothing, and its viewers are its own and lean (ICE and WHEP by hand,
// DTLS and SRTP by pion), so that one core carries a thousand: a viewer must cost less than the server that it measures. Every
// packet is decrypted and authenticated, and the server gets the feedback that a browser would send.
//
// It owns the viewers' connections, each with a UDP socket of its own as a browser has, and ends their sessions when it
// leaves. It has no queue: a viewer reads as fast as packets come. Joins are spread over time (--over), because a crowd
// that arrives within one millisecond measures its own processor.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/alecthomas/kong"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

type settings struct {
	URL         string        `name:"url" required:"" help:"The show's page (…/watch/SHOW) or its WHEP address (…/whep/SHOW)." env:"VITRINE_AUDIENCE_URL"`
	Viewers     int           `default:"10" help:"How many viewers join."`
	For         time.Duration `default:"30s" help:"How long they stay once all have joined."`
	Over        time.Duration `help:"How long their joins are spread over. 0: 10 ms a viewer."`
	JoinTimeout time.Duration `default:"15s" help:"How long one viewer may take to its first picture."`
	Browser     bool          `name:"browser-ciphers" help:"Offer the ciphers that browsers offer, in their order, for a comparison: servers that take the first have a slow one."`
	JSON        bool          `name:"json" help:"Report as JSON."`
}

func (s settings) validate() error {
	switch {
	case s.Viewers < 1:
		return errors.New("--viewers must be at least 1")
	case s.For < 0 || s.JoinTimeout <= 0 || s.Over < 0:
		return errors.New("--for, --over and --join-timeout must be positive")
	}
	return nil
}

// whep turns what people copy from their browser into the address to join at.
func whep(address string) (string, error) {
	u, err := url.Parse(address)
	if err != nil {
		return "", fmt.Errorf("read --url: %w", err)
	}
	if u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return "", fmt.Errorf("--url %q is no web address", address)
	}
	at, show, ok := strings.Cut(u.Path, "/watch/")
	if ok {
		u.Path = at + "/whep/" + show
	}
	u.RawQuery, u.Fragment = "", ""
	return u.String(), nil
}

// run is the program. It returns its exit code: 0 if all viewers got their first picture, 1 if not, 2 for settings that make
// no sense.
func run(ctx context.Context, args []string, out, errOut io.Writer) int {
	var set settings
	helped := false
	k, err := kong.New(&set, kong.Name("vitrine-audience"), kong.Description("A crowd that watches a show and reports what it saw."),
		kong.Writers(out, errOut), kong.Exit(func(int) { helped = true }))
	if err == nil {
		_, err = k.Parse(args)
	}
	if helped {
		return 0
	}
	var address string
	if err == nil {
		err = set.validate()
	}
	if err == nil {
		address, err = whep(set.URL)
	}
	if err != nil {
		fmt.Fprintln(errOut, "vitrine-audience:", err)
		return 2
	}
	r, err := gather(ctx, set, address, errOut)
	if err != nil {
		fmt.Fprintln(errOut, "vitrine-audience:", err)
		return 1
	}
	if set.JSON {
		e := json.NewEncoder(out)
		e.SetIndent("", "  ")
		err = e.Encode(r)
	} else {
		_, err = io.WriteString(out, r.String())
	}
	if err != nil || r.Joined < r.Viewers {
		return 1
	}
	return 0
}
