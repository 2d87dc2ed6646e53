package main

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/pion/dtls/v2"
	"golang.org/x/sync/errgroup"
)

const (
	// progressEvery is how often the crowd tells how it goes.
	progressEvery = 2 * time.Second
	// atOnce bounds how many viewers join, or leave, at a time.
	atOnce = 64
	// overEach is what a viewer adds to the time that joins are spread over by default.
	overEach = 10 * time.Millisecond
	// Every viewer is attended each attendEvery, a tenth of them at a time.
	attendEvery = 100 * time.Millisecond
	turns       = 10
)

// crowd is what viewers share.
type crowd struct {
	client      *http.Client
	address     string // of WHEP
	certificate tls.Certificate
	offers      []dtls.SRTPProtectionProfile
	ssrc        uint32 // that they report under
}

// gather has the crowd join, stay and leave, and returns what it saw. If ctx ends early the crowd leaves early.
func gather(ctx context.Context, set settings, address string, progress io.Writer) (*Report, error) {
	own, err := newCertificate()
	if err != nil {
		return nil, err
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = atOnce
	defer transport.CloseIdleConnections()
	c := &crowd{client: &http.Client{Transport: transport}, address: address, certificate: own, offers: lean, ssrc: rand.Uint32()}
	if set.Browser {
		c.offers = browsers
	}
	viewers := make([]*viewer, set.Viewers)
	for i := range viewers {
		viewers[i] = &viewer{crowd: c}
	}
	var joined, failed atomic.Int64
	defer during(func(ctx context.Context) { tell(ctx, progress, set.Viewers, &joined, &failed) })()
	defer during(func(ctx context.Context) { attend(ctx, viewers) })()
	defer leave(viewers)

	join(ctx, set, viewers, &joined, &failed)
	before, start := c.serverCPU(ctx), time.Now()
	for _, v := range viewers {
		v.mark()
	}
	select {
	case <-ctx.Done():
	case <-time.After(set.For):
	}
	r := newReport(viewers, time.Since(start))
	r.judge(before, c.serverCPU(ctx))
	return r, nil
}

// join has the viewers join one after the other and returns when each has its first picture or has given up.
func join(ctx context.Context, set settings, viewers []*viewer, joined, failed *atomic.Int64) {
	over := set.Over
	if over == 0 {
		over = overEach * time.Duration(len(viewers))
	}
	var g errgroup.Group
	g.SetLimit(atOnce)
	pace := time.NewTicker(max(over/time.Duration(len(viewers)), time.Microsecond))
	defer pace.Stop()
	for _, v := range viewers {
		g.Go(func() error {
			ctx, cancel := context.WithTimeout(ctx, set.JoinTimeout)
			defer cancel()
			if v.err = v.join(ctx); v.err != nil {
				failed.Add(1)
			} else {
				joined.Add(1)
			}
			return nil
		})
		select {
		case <-pace.C:
		case <-ctx.Done():
		}
	}
	_ = g.Wait() // each viewer keeps its own error
}

func leave(viewers []*viewer) {
	var g errgroup.Group
	g.SetLimit(atOnce)
	for _, v := range viewers {
		g.Go(func() error { v.leave(); return nil })
	}
	_ = g.Wait()
}

// attend has the viewers report, in turns, so that they do not all do so at one moment.
func attend(ctx context.Context, viewers []*viewer) {
	tick := time.NewTicker(attendEvery / turns)
	defer tick.Stop()
	for turn := 0; ; turn = (turn + 1) % turns {
		select {
		case now := <-tick.C:
			for i := turn; i < len(viewers); i += turns {
				viewers[i].attend(now)
			}
		case <-ctx.Done():
			return
		}
	}
}

// tell writes how it goes.
func tell(ctx context.Context, to io.Writer, all int, joined, failed *atomic.Int64) {
	tick := time.NewTicker(progressEvery)
	defer tick.Stop()
	for {
		fmt.Fprintf(to, "%d of %d watch, %d failed\n", joined.Load(), all, failed.Load())
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// during runs f until the function that it returns is called.
func during(f func(context.Context)) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); f(ctx) }()
	return func() { cancel(); <-done }
}
