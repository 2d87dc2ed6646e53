package server

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/pion/webrtc/v3"
	"github.com/pion/webrtc/v3/pkg/media/ivfreader"

	"vitrine/server/wire"
)

// swamp is a way over TCP that swallows what is sent, when it is told to.
type swamp struct {
	net.Listener
	to  string
	mu  sync.Mutex
	all map[net.Conn]bool
	bad bool
}

func newSwamp(t *testing.T, to string) *swamp {
	t.Helper()
	s := &swamp{Listener: must(net.Listen("tcp4", "127.0.0.1:0")), to: to, all: map[net.Conn]bool{}}
	var work sync.WaitGroup
	work.Go(func() {
		for {
			c, err := s.Accept()
			if err != nil {
				return
			}
			work.Go(func() { s.join(c) })
		}
	})
	t.Cleanup(func() {
		_ = s.Close()
		s.swallow(false)
		work.Wait()
	})
	return s
}

// join carries one connection.
func (s *swamp) join(near net.Conn) {
	far, err := net.Dial("tcp4", s.to)
	if err != nil {
		_ = near.Close()
		return
	}
	s.mu.Lock()
	s.all[near], s.all[far] = true, true
	s.mu.Unlock()
	var both sync.WaitGroup
	for _, way := range [][2]net.Conn{{near, far}, {far, near}} {
		both.Go(func() {
			buf := make([]byte, 32<<10)
			for {
				n, err := way[0].Read(buf)
				s.mu.Lock()
				bad := s.bad
				s.mu.Unlock()
				if err == nil && !bad {
					_, err = way[1].Write(buf[:n])
				}
				if err != nil {
					_, _ = near.Close(), far.Close()
					return
				}
			}
		})
	}
	both.Wait()
	s.mu.Lock()
	delete(s.all, near)
	delete(s.all, far)
	s.mu.Unlock()
}

// swallow says whether all is swallowed. Connections do not survive the change back.
func (s *swamp) swallow(bad bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.bad = bad
	for c := range s.all {
		if !bad {
			_ = c.Close()
		}
	}
}

// film puts demo on air with a real picture, until the test ends.
func film(r *running) {
	r.t.Helper()
	ivf := must(exec.CommandContext(r.t.Context(), "ffmpeg", "-loglevel", "error", "-f", "lavfi", "-i", "testsrc2=size=320x180:rate=15:duration=2",
		"-c:v", "libvpx", "-b:v", "300k", "-g", "15", "-deadline", "realtime", "-f", "ivf", "-").Output())
	reader, _, err := ivfreader.NewWith(bytes.NewReader(ivf))
	var frames [][]byte
	for err == nil {
		var f []byte
		if f, _, err = reader.ParseNextFrame(); err == nil {
			frames = append(frames, f)
		}
	}
	if err != io.EOF {
		r.t.Fatal(err)
	}
	p := sending(r, webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeVP8, ClockRate: 90000})
	p.accept(r.do(call{method: "POST", path: "/whip/demo", token: token, kind: "application/sdp", body: p.offer()}))
	p.connect()
	ctx, stop := context.WithCancel(context.Background())
	var sender sync.WaitGroup
	sender.Go(func() {
		tick := time.NewTicker(time.Second / 15)
		defer tick.Stop()
		for i := 0; ; i++ {
			s := sample(string(frames[i%len(frames)]))
			s.Duration = time.Second / 15
			if p.video.WriteSample(s) != nil {
				return
			}
			select {
			case <-tick.C:
			case <-ctx.Done():
				return
			}
		}
	})
	r.t.Cleanup(func() { stop(); sender.Wait() })
	await(r.t, "the show to be live", func() bool { return r.show("demo").Live })
}

// page is a viewer's page in Chromium.
type page struct {
	t   *testing.T
	ctx context.Context
}

func visits(t *testing.T, address string) *page {
	t.Helper()
	ctx := openBrowser(t)
	if err := chromedp.Do(ctx, chromedp.EmulateViewport(1280, 800), chromedp.Navigate(address)); err != nil {
		t.Fatal(err)
	}
	return &page{t, ctx}
}

// wait waits until an expression is true.
func (p *page) wait(expression string) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	script := "new Promise((resolve) => { const look = () => (document.body && (" + expression + ") ? resolve(true) : requestAnimationFrame(look)); look(); })"
	if _, err := chromedp.Run(ctx, chromedp.Evaluate[bool](script, chromedp.EvalAwaitPromise)); err != nil {
		text, _ := chromedp.Run(p.ctx, chromedp.Evaluate[string]("document.querySelector('.box')?.parentElement.outerHTML + document.querySelector('.box input')?.value + document.body.innerText"))
		p.t.Fatalf("wait for %s: %v\n%s", expression, err, text)
	}
}

// types writes into the box and sends it, as soon as one may.
func (p *page) types(text string) {
	p.t.Helper()
	p.wait("document.querySelector('.box input') && !(document.querySelector('.send')?.ariaDisabled === 'true')")
	if err := chromedp.Do(p.ctx, chromedp.Focus(chromedp.CSS(".box input")), chromedp.KeyEvent(text)); err != nil {
		p.t.Fatal(err)
	}
	p.wait("document.querySelector('.send')?.ariaDisabled === 'false'")
	p.press(kb.Enter)
}

// says types and sends, and again when the room found that too early, until it is there.
func (p *page) says(text string) {
	p.t.Helper()
	for p.types(text); ; p.press(kb.Enter) {
		there := fmt.Sprintf("[...document.querySelectorAll('.row:not(.sending) .text')].some((r) => r.innerText === %q)", text)
		p.wait(there + fmt.Sprintf(" || (document.querySelector('.box input').value === %q && document.querySelector('.send')?.ariaDisabled === 'false')", text))
		if found, err := chromedp.Run(p.ctx, chromedp.Evaluate[bool](there)); err != nil || found {
			return
		}
	}
}

func (p *page) press(keys string) {
	p.t.Helper()
	if err := chromedp.Do(p.ctx, chromedp.KeyEvent(keys)); err != nil {
		p.t.Fatal(err)
	}
}

func (p *page) shows(text string) {
	p.t.Helper()
	p.wait(fmt.Sprintf("[...document.querySelectorAll('.row:not(.sending) .text')].some((r) => r.innerText === %q)", text))
}

// ear hears what is said in the room of demo.
type ear struct {
	mu    sync.Mutex
	texts []string
}

// hears begins to listen, as the host.
func (r *running) hears() *ear {
	e, host := &ear{}, r.host()
	var reader sync.WaitGroup
	reader.Go(func() {
		for {
			_, message, err := host.ReadMessage()
			if err != nil {
				return
			}
			event, _ := wire.ReadEvent(message)
			f, _ := event.(wire.RoomFrame)
			e.mu.Lock()
			for _, e2 := range f.Events {
				if e2.Said != nil {
					e.texts = append(e.texts, e2.Said.Text)
				}
			}
			e.mu.Unlock()
		}
	})
	r.t.Cleanup(func() { _ = host.Close(); reader.Wait() })
	return e
}

func (e *ear) heard() []string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Clone(e.texts)
}

// says has the host say something.
func (r *running) says(id, text string) {
	r.t.Helper()
	host := r.host()
	defer func() { _ = host.Close() }()
	announces(r, host, id, text)
}

func TestWhereTCPIsDeadThePageIsInTheRoomThroughItsPicture(t *testing.T) {
	r := start(t, Config{})
	film(r)
	host := r.hears()
	way := newSwamp(t, r.at.HTTP.String())
	p := visits(t, "http://"+way.Addr().String()+"/watch/demo")
	p.wait("document.querySelector('main')?.dataset.state === 'playing' && document.querySelector('.box input')")
	p.types("Hello")
	p.wait("document.querySelector('.sheet.nameAsk input') === document.activeElement")
	p.press("Ada" + kb.Enter)
	p.shows("Hello")
	p.wait("performance.getEntriesByType('resource').some((e) => e.name.endsWith('/room/ticket') && e.responseEnd > 0)")

	way.swallow(true)
	dark := time.Now()
	r.says("d1", "Said in the dark.")
	p.says("Is anybody there?")
	await(t, "the page to be heard", func() bool { return slices.Contains(host.heard(), "Is anybody there?") })
	t.Logf("the page was heard after %v", time.Since(dark).Round(100*time.Millisecond))
	p.shows("Said in the dark.")
	r.says("d2", "We hear you.")
	p.shows("We hear you.")
	p.says("What is it made of?")
	await(t, "the page to be heard again", func() bool { return slices.Contains(host.heard(), "What is it made of?") })
	for i := range 20 {
		r.says(fmt.Sprint("n", i), fmt.Sprint("Number ", i))
	}
	p.shows("Number 19")
	p.wait("document.querySelector('main').dataset.state === 'playing'")
	frames := "document.querySelector('video').getVideoPlaybackQuality().totalVideoFrames"
	p.wait("(window.before ??= " + frames + ") + 10 < " + frames)

	way.swallow(false)
	r.says("b1", "And it is light.")
	p.shows("And it is light.")
	p.says("Good morning")
	p.shows("Good morning")

	want := []string{"Hello", "Said in the dark.", "Is anybody there?", "We hear you.", "What is it made of?"}
	for i := range 20 {
		want = append(want, fmt.Sprint("Number ", i))
	}
	want = append(want, "And it is light.", "Good morning")
	if heard := host.heard(); !slices.Equal(heard, want) {
		t.Errorf("the host heard %q", heard)
	}
	seen, err := chromedp.Run(p.ctx, chromedp.Evaluate[string]("[...document.querySelectorAll('.row .text')].map((r) => r.innerText).join('|')"))
	if got := strings.Split(seen, "|"); err != nil || !slices.Equal(got, want) {
		t.Errorf("the page shows %q, %v", got, err)
	}
}
