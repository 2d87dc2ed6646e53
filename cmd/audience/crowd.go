package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"
)

// progressEvery is how often the crowd tells how it goes.
const progressEvery = 2 * time.Second

// gather has the crowd join, stay and leave, and returns what it saw. If ctx ends early the crowd leaves early.
func gather(ctx context.Context, set settings, address string, progress io.Writer) (*Report, error) {
	api, err := newAPI()
	if err != nil {
		return nil, err
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = 16
	defer transport.CloseIdleConnections()
	client := &http.Client{Transport: transport}
	viewers := make([]*viewer, set.Viewers)
	for i := range viewers {
		viewers[i] = &viewer{api: api, client: client, address: address}
	}
	var joined, failed atomic.Int64
	stopTelling := tell(progress, set.Viewers, &joined, &failed)
	defer stopTelling()

	join(ctx, set, viewers, &joined, &failed)
	start := time.Now()
	for _, v := range viewers {
		v.mark()
	}
	select {
	case <-ctx.Done():
	case <-time.After(set.For):
	}
	r := newReport(viewers, time.Since(start))
	leave(viewers)
	return r, nil
}

// join has the viewers join at the rate and returns when each has its first picture or has given up.
func join(ctx context.Context, set settings, viewers []*viewer, joined, failed *atomic.Int64) {
	var g errgroup.Group
	pace := time.NewTicker(max(time.Duration(float64(time.Second)/set.JoinRate), time.Microsecond))
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
	g.SetLimit(32)
	for _, v := range viewers {
		g.Go(func() error { v.leave(); return nil })
	}
	_ = g.Wait()
}

// tell writes progress until the function that it returns is called.
func tell(to io.Writer, all int, joined, failed *atomic.Int64) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
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
	}()
	return func() { cancel(); <-done }
}
