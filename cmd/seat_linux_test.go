package cmd

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"strconv"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// tap is the script that holds a page's player back until the link is as it should be, and keeps its counters.
//
//go:embed testdata/tap.js
var tap string

const (
	// farPort is the server's in its own namespace, for HTTP and media.
	farPort = 8080
	// settle is what a viewer is given after the first picture before anything is measured.
	settle = 2 * time.Second
	// hopeless is when a viewer who has no picture gets none.
	hopeless = 15 * time.Second
)

// newFarEvening is an evening in a namespace of its own: nobody reaches it but over links.
func newFarEvening(t testing.TB) (*evening, *namespace) {
	t.Helper()
	e, home := quietFarEvening(t)
	e.startServer()
	return e, home
}

// quietFarEvening is such an evening before its server is started.
func quietFarEvening(t testing.TB) (*evening, *namespace) {
	t.Helper()
	home := newNamespace(t)
	return &evening{
		t: t, listen: fmt.Sprintf(":%d", farPort), http: fmt.Sprintf("127.0.0.1:%d", farPort), media: farPort,
		data: t.TempDir(), token: "far-from-everybody", enter: home.enter, client: home.client(),
	}, home
}

// across is the same evening as programs in a namespace behind a link see it.
func (e *evening) across(l *link, n *namespace) *evening {
	far := *e
	far.http, far.enter, far.client = fmt.Sprintf("%s:%d", l.near, farPort), n.enter, n.client()
	return &far
}

// seat is a browser in a namespace of its own behind a link of its own.
type seat struct {
	*link
	evening *evening
	browser context.Context
}

// seat makes one; n tells links of one evening apart.
func (e *evening) seat(t testing.TB, home *namespace, n int, more ...chromedp.ExecAllocatorOption) *seat {
	t.Helper()
	there := newNamespace(t)
	l := newLink(t, home, there, n)
	far := e.across(l, there)
	return &seat{l, far, browser(t, append(more, chromedp.ModifyCmdFunc(there.enter),
		chromedp.Flag("unsafely-treat-insecure-origin-as-secure", far.url("")))...)}
}

// visit loads the page over a link without loss or limit, sets the link as it should be, and lets the player ask for the
// show: what is measured from then on is the player's and the server's, not TCP's way with a page.
func (s *seat) visit(t testing.TB, down, up weather) *viewer {
	t.Helper()
	s.set(weather{Delay: down.Delay}, weather{Delay: up.Delay})
	v := tab(t, s.browser)
	v.do(func(ctx context.Context, target *chromedp.Target) (none chromedp.Void, err error) {
		_, err = cdp.Call(ctx, target, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: tap})
		return none, err
	}, chromedp.Navigate(s.evening.url("/watch/evening")))
	v.eval(probe)
	v.eval("vitrineTap.waiting")
	s.set(down, up)
	v.eval("vitrineTap.go()")
	return v
}

// leave closes the tab over a good link and waits until the server sends it nothing any more.
func (s *seat) leave(v *viewer) {
	s.set(weather{}, weather{})
	v.eval("vitrineTap.leave()")
	v.close()
	s.evening.until("the server has forgotten the viewer", func() bool { return s.evening.show().Viewers == 0 })
}

// joined waits for the first picture. ok is false if there is none within the time.
func (v *viewer) joined(within time.Duration) (ms float64, ok bool) {
	v.t.Helper()
	ms, err := strconv.ParseFloat(v.eval(fmt.Sprintf("vitrineTap.joined(%d)", within.Milliseconds())), 64)
	if err != nil {
		v.t.Fatal(err)
	}
	return ms, ms >= 0
}

// counters are sums over all connections that the page has had.
type counters struct {
	At       float64 // ms since 1970
	Sessions float64
	// Frames decoded, freezes and their length in s as WebRTC counts them.
	Frames, Freezes, Frozen float64
	// Samples of sound played, those that were concealed and of these the silent ones, and how often concealing began.
	Samples, Concealed, Silent, Gaps float64
}

// counted are the counters from time to time.
func (v *viewer) counted() (series []counters) {
	v.t.Helper()
	if err := json.Unmarshal([]byte(v.eval("JSON.stringify(vitrineTap.series())")), &series); err != nil {
		v.t.Fatal(err)
	}
	return series
}

// now in ms since 1970, as the probe has it.
func now() float64 { return float64(time.Now().UnixMicro()) / 1000 }

// pass lets time pass in which samples are gathered.
func pass(t testing.TB, d time.Duration) {
	t.Helper()
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-t.Context().Done():
		t.Fatal("the test ended early")
	}
}

func TestAViewerBehindALossyLinkJoinsAndSeesThePictureGoOn(t *testing.T) {
	e, home := newFarEvening(t)
	e.studio("--synthetic")
	e.live()
	s := e.seat(t, home, 1)
	v := s.visit(t, weather{Drop: 0.1}, weather{})
	before := s.count(down)
	seen := v.gather(100, 1)
	c := s.count(down).minus(before)
	if first, last := seen.Frames[0].Code, seen.Frames[len(seen.Frames)-1].Code; last <= first {
		t.Errorf("the time code goes from %.0f to %.0f", first, last)
	}
	if !binomial(c.Lost, c.Packets, 0.1) || c.Full != 0 {
		t.Errorf("the link was told to lose 10 %%: %+v", c)
	}
	t.Logf("%d frames, %+v", len(seen.Frames), c)
}
