package cmd

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"sort"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// probe is the script that a page is watched with: it reads the time code of every frame that the player shows, hears the
// beeps, and keeps count. It only looks; it changes nothing in the player.
//
//go:embed testdata/probe.js
var probe string

// browser starts a Chromium that may play sound and that ends with the test.
func browser(t testing.TB, more ...chromedp.ExecAllocatorOption) context.Context {
	t.Helper()
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.Flag("headless", "new"), chromedp.NoSandbox, chromedp.DisableGPU, chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("autoplay-policy", "no-user-gesture-required"))
	ctx, cancel := chromedp.NewExecAllocator(context.Background(), append(options, more...)...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("start Chromium: %v", err)
	}
	return ctx
}

// viewer is a tab that watches the show.
type viewer struct {
	t   testing.TB
	ctx context.Context
	// close closes the tab.
	close func()
	mu    sync.Mutex
	log   []string
}

// watch opens the show's page in a new tab and starts the probe.
func (e *evening) watch(t testing.TB, in context.Context) *viewer {
	t.Helper()
	v := tab(t, in)
	v.do(chromedp.Navigate(e.url("/watch/evening")))
	v.eval(probe)
	return v
}

// tab is an empty one.
func tab(t testing.TB, in context.Context) *viewer {
	t.Helper()
	ctx, cancel := chromedp.NewContext(in)
	v := &viewer{t: t, ctx: ctx}
	messages := chromedp.Console(ctx)
	var reader sync.WaitGroup
	reader.Go(func() {
		for m, err := range messages {
			if err != nil {
				return
			}
			v.mu.Lock()
			v.log = append(v.log, m.String())
			v.mu.Unlock()
		}
	})
	v.close = func() { cancel(); reader.Wait() }
	t.Cleanup(v.close)
	v.do(chromedp.EmulateViewport(1280, 800))
	return v
}

func (v *viewer) do(steps ...chromedp.Action[chromedp.Void]) {
	v.t.Helper()
	ctx, cancel := context.WithTimeout(v.ctx, patience)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		v.t.Fatal(err)
	}
}

// eval runs a script in the page; it may return a promise of a string.
func (v *viewer) eval(script string) string {
	v.t.Helper()
	ctx, cancel := context.WithTimeout(v.ctx, patience)
	defer cancel()
	s, err := chromedp.Run(ctx, chromedp.Evaluate[string]("(async () => String(await ("+strings.TrimSpace(script)+")))()", chromedp.EvalAwaitPromise))
	if err != nil {
		v.t.Fatalf("%v\nconsole: %s", err, v.console())
	}
	return s
}

func (v *viewer) console() string {
	v.mu.Lock()
	defer v.mu.Unlock()
	return strings.Join(v.log, "\n")
}

// state waits until the page is in one of the states.
func (v *viewer) state(want string) {
	v.t.Helper()
	v.eval(fmt.Sprintf(`new Promise((done) => {
		const look = () => document.querySelector("main")?.dataset.state === %q ? done(true) : setTimeout(look, 20);
		look();
	})`, want))
}

// seen is what the probe saw since it was last asked.
type seen struct {
	// Frames: display time and time code, ms since 1970.
	Frames []struct{ Shown, Code float64 }
	// Shown: the same of every frame that was reported, read or not, with its height and the count of all that were shown.
	Shown  []shown
	Width  int
	Height int
	// Unread counts frames whose time code could not be read.
	Unread int
	// Beeps: when each was heard, ms since 1970.
	Beeps []float64
	// First is when the first readable frame was shown, and Start when the page began, ms since 1970.
	First, Start float64
}

// shown is a frame on screen: when, in ms since 1970, how many were shown until then, and its height.
type shown struct {
	At, Presented float64
	Height        int
}

// look returns what the probe saw since the last look.
func (v *viewer) look() (s seen) {
	v.t.Helper()
	if err := json.Unmarshal([]byte(v.eval("JSON.stringify(vitrineProbe.take())")), &s); err != nil {
		v.t.Fatal(err)
	}
	return s
}

// gather looks until enough frames and beeps have been seen.
func (v *viewer) gather(frames, beeps int) (all seen) {
	v.t.Helper()
	ctx, cancel := context.WithTimeout(v.t.Context(), 3*patience)
	defer cancel()
	for len(all.Frames) < frames || len(all.Beeps) < beeps {
		v.eval("new Promise((done) => setTimeout(done, 200))")
		s := v.look()
		all.Frames = append(all.Frames, s.Frames...)
		all.Shown = append(all.Shown, s.Shown...)
		all.Beeps = append(all.Beeps, s.Beeps...)
		all.Unread += s.Unread
		all.Width, all.Height, all.First, all.Start = s.Width, s.Height, s.First, s.Start
		if ctx.Err() != nil {
			v.t.Fatalf("saw %d frames and heard %d beeps, waited for %d and %d; page is %s; console: %s",
				len(all.Frames), len(all.Beeps), frames, beeps, v.eval(`document.querySelector("main")?.dataset.state`), v.console())
		}
	}
	return all
}

// latencies are the times from camera to screen, in ms, sorted.
func (s seen) latencies() []float64 {
	var l []float64
	for _, f := range s.Frames {
		l = append(l, f.Shown-f.Code)
	}
	return sorted(l)
}

// soundDelays are the times from microphone to ear, in ms, sorted: beeps begin with the second.
func (s seen) soundDelays() []float64 {
	var l []float64
	for _, b := range s.Beeps {
		l = append(l, b-1000*float64(int64(b/1000)))
	}
	return sorted(l)
}

func sorted(l []float64) []float64 {
	sort.Float64s(l)
	return l
}

// quantile of sorted values.
func quantile(sorted []float64, q float64) float64 {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[min(int(q*float64(len(sorted))), len(sorted)-1)]
}

// after waits for a time in which something must not happen, or in which samples are gathered.
func (v *viewer) after(d time.Duration) {
	v.eval(fmt.Sprintf("new Promise((done) => setTimeout(done, %d))", d.Milliseconds()))
}
