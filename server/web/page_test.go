package web

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"go.uber.org/goleak"

	"vitrine/server/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience bounds every wait for the page; it is no expectation.
const patience = time.Minute

// chromium starts a browser that ends with the test.
func chromium(t *testing.T, flags ...chromedp.ExecAllocatorOption) context.Context {
	t.Helper()
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.Flag("headless", "new"), chromedp.NoSandbox, chromedp.DisableGPU, chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("mute-audio", true))
	ctx, cancel := chromedp.NewExecAllocator(context.Background(), append(options, flags...)...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("start Chromium: %v", err)
	}
	return ctx
}

// tab is a page in the browser.
type tab struct {
	t   *testing.T
	ctx context.Context
	mu  sync.Mutex
	log []string // what the console complains about
}

// open shows the show's page in a new tab, in the language.
func (s *stage) open(t *testing.T, browser context.Context, show wire.ShowID, language string, as ...chromedp.ContextOption) *tab {
	t.Helper()
	ctx, cancel := chromedp.NewContext(browser, as...)
	t.Cleanup(cancel)
	p := &tab{t: t, ctx: ctx}
	messages := chromedp.Console(ctx)
	var reader sync.WaitGroup
	reader.Go(func() {
		for m, err := range messages {
			if err != nil {
				return
			}
			p.mu.Lock()
			p.log = append(p.log, m.Source+" "+m.String())
			p.mu.Unlock()
		}
	})
	t.Cleanup(func() { cancel(); reader.Wait() })
	agent := run(p, chromedp.Evaluate[string]("navigator.userAgent"))
	p.do(chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		_, err := cdp.Call(ctx, target, emulation.SetUserAgentOverride, emulation.SetUserAgentOverrideParams{UserAgent: agent, AcceptLanguage: language})
		return err
	}), chromedp.EmulateViewport(1280, 800), chromedp.Navigate("http://"+s.addr+"/watch/"+string(show)))
	return p
}

func (p *tab) do(steps ...chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		p.t.Fatal(err)
	}
}

func run[T any](p *tab, a chromedp.Action[T]) T {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	v, err := chromedp.Run(ctx, a)
	if err != nil {
		p.t.Fatal(err)
	}
	return v
}

// wait waits until the expression is true.
func (p *tab) wait(expression string) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	if _, err := chromedp.Run(ctx, chromedp.Evaluate[bool](fmt.Sprintf(awaited, expression), chromedp.EvalAwaitPromise)); err != nil {
		p.t.Fatalf("wait for %s: %v\npage: %s", expression, err, p.read("document.body?.outerHTML"))
	}
}

// awaited looks at every change of the document and at every frame. Unlike chromedp.Poll it is no gesture of the viewer,
// which would allow sound.
const awaited = `new Promise((resolve) => {
	const look = () => (document.body && %s ? resolve(true) : requestAnimationFrame(look));
	look();
})`

// state waits until the page is in the state.
func (p *tab) state(want string) {
	p.t.Helper()
	p.wait("document.querySelector('main')?.dataset.state === '" + want + "'")
}

func (p *tab) read(expression string) string {
	p.t.Helper()
	return run(p, chromedp.Evaluate[string]("String("+expression+")"))
}

// says fails unless the page shows the texts.
func (p *tab) says(want ...string) {
	p.t.Helper()
	for _, w := range want {
		p.wait("document.body.innerText.toLowerCase().includes(" + quote(strings.ToLower(w)) + ")")
	}
}

func quote(s string) string {
	return "'" + strings.NewReplacer("\\", "\\\\", "'", "\\'").Replace(s) + "'"
}

// complaints are the console's, without those about refusals that the test asked for.
func (p *tab) complaints() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	var all []string
	for _, m := range p.log {
		if !strings.HasPrefix(m, "network ") {
			all = append(all, m)
		}
	}
	return all
}
