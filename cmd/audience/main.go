// Command audience is a synthetic audience: it joins a show as many receive-only viewers, takes and decrypts every packet,
// and reports how they fared. It plans capacity, rehearses an evening, and is the load of `make bench`.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/alecthomas/kong"
	"golang.org/x/sync/errgroup"
)

type flags struct {
	URL     string        `help:"The show's page or WHEP endpoint, http://server/watch/show." required:"" placeholder:"URL"`
	Viewers int           `help:"How many viewers join." default:"10"`
	For     time.Duration `help:"How long they stay, counted from when the last has joined." default:"30s"`
	Joins   int           `help:"How many join a second." default:"50"`
	JSON    bool          `help:"Print the report as JSON."`
}

func main() {
	var f flags
	kong.Parse(&f, kong.Name("vitrine-audience"), kong.Description("Joins a show as many viewers and reports how they fared."))
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, f); err != nil {
		fmt.Fprintln(os.Stderr, "vitrine-audience:", err)
		stop()
		os.Exit(1)
	}
}

func run(ctx context.Context, f flags) error {
	if f.Viewers < 1 || f.Joins < 1 || f.For <= 0 {
		return errors.New("viewers, joins and the time must be above zero")
	}
	endpoint, err := whep(f.URL)
	if err != nil {
		return err
	}
	c := newCrowd(endpoint)
	ctx, leave := context.WithCancel(ctx)
	defer leave()
	group, ctx := errgroup.WithContext(ctx)
	joined := make(chan error, f.Viewers)
	group.Go(func() error { return c.admit(ctx, group, f, joined) })
	group.Go(func() error {
		defer leave()
		if err := c.await(ctx, f, joined); err != nil {
			return err
		}
		c.measure()
		stay := time.NewTimer(f.For)
		defer stay.Stop()
		select {
		case <-stay.C:
		case <-ctx.Done():
		}
		c.finish()
		return nil
	})
	if err := group.Wait(); err != nil && !errors.Is(err, context.Canceled) {
		return err
	}
	return print(c.report(), f.JSON)
}

func print(r report, asJSON bool) error {
	if asJSON {
		return json.NewEncoder(os.Stdout).Encode(r)
	}
	fmt.Printf("%d of %d viewers joined, first picture after %.0f ms (p50), %.0f ms (p95)\n", r.Joined, r.Viewers, r.JoinP50, r.JoinP95)
	fmt.Printf("%.0f s: %.0f kbit/s a viewer, %.3f %% of packets lost, delay %.0f ms (p50), %.0f ms (p95)\n",
		r.Seconds, r.Kbps, r.Loss, r.DelayP50, r.DelayP95)
	if r.Joined < r.Viewers {
		return fmt.Errorf("%d viewers never had a picture; the last said: %s", r.Viewers-r.Joined, r.Trouble)
	}
	return nil
}
