package cmd

import (
	"encoding/json"
	"flag"
	"fmt"
	"image"
	"image/png"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"vitrine/capture/frame"
	"vitrine/capture/rig"
	"vitrine/effects"
	"vitrine/studio"
)

var shots = flag.String("shots", "", "folder that keeps the pictures of the window and the page; empty throws them away")

// picturesFolder is where pictures go.
func picturesFolder(t *testing.T) string {
	if *shots == "" {
		return t.TempDir()
	}
	if err := os.MkdirAll(*shots, 0o755); err != nil {
		t.Fatal(err)
	}
	return *shots
}

// desk is the studio's real window on a real X11 display, signed in to the evening's server.
type desk struct {
	t       testing.TB
	e       *evening
	display *rig.Display
	studio  *program

	settings string // the file that keeps the studio's set-up
	home     string
}

// keeps tells whether the studio's set-up has the text.
func (d *desk) keeps(text string) bool {
	b, err := os.ReadFile(d.settings)
	return err == nil && strings.Contains(string(b), text)
}

func (e *evening) desk(t testing.TB, width, height int, s studio.Settings, args ...string) *desk {
	t.Helper()
	display, err := rig.StartDisplay(t.Context(), width, height)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(display.Close)
	s.Server = studio.Server{Address: e.url(""), Show: "evening", Token: e.token}
	s.Microphone.Device = "synthetic"
	s.Sources = []studio.Source{{ID: "source-1", Name: "Table camera", Input: frame.Input{Kind: frame.Synthetic}}, {ID: "source-2", Name: "Screen", Input: frame.Input{Kind: frame.Screen}}}
	s.Selected = "source-1"
	b, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	settings := filepath.Join(t.TempDir(), "studio.json")
	if err := os.WriteFile(settings, b, 0o600); err != nil {
		t.Fatal(err)
	}
	d := &desk{t: t, e: e, display: display, settings: settings, home: t.TempDir()}
	d.open(args...)
	d.resize(width, height)
	return d
}

// open starts the studio.
func (d *desk) open(args ...string) {
	d.t.Helper()
	d.studio = start(d.t, []string{"DISPLAY=" + d.display.Name, "LC_ALL=en_US.UTF-8", "HOME=" + d.home}, "studio", append([]string{"--settings", d.settings}, args...)...)
}

// resize waits for the window and gives it a size.
func (d *desk) resize(width, height int) {
	d.t.Helper()
	d.e.until("the window is there", func() bool {
		out, err := d.tool("xdotool", "search", "--onlyvisible", "--name", "Vitrine").Output()
		return err == nil && len(out) > 0
	})
	// Fyne gives the window its first size some time after it is there: ask until it stays.
	kept := 0
	d.e.until("the window has its size", func() bool {
		out, err := d.tool("xdotool", "search", "--onlyvisible", "--name", "Vitrine", "getwindowgeometry").Output()
		if err == nil && strings.Contains(string(out), fmt.Sprintf("Geometry: %dx%d", width, height)) {
			kept++
			return kept > 5
		}
		kept = 0
		_ = d.tool("xdotool", "search", "--onlyvisible", "--name", "Vitrine", "windowsize", fmt.Sprint(width), fmt.Sprint(height)).Run()
		return false
	})
}

func (d *desk) tool(name string, args ...string) *exec.Cmd {
	c := exec.CommandContext(d.t.Context(), name, args...)
	c.Env = append(os.Environ(), "DISPLAY="+d.display.Name)
	return c
}

func (d *desk) run(name string, args ...string) {
	d.t.Helper()
	if out, err := d.tool(name, args...).CombinedOutput(); err != nil {
		d.t.Fatalf("%s: %v\n%s", name, err, out)
	}
}

func (d *desk) press(keys ...string) {
	d.t.Helper()
	d.run("xdotool", append([]string{"key"}, keys...)...)
}

// plain is a new studio's set-up without look and voice: a machine that draws window and page in software has no time for them.
func plain() studio.Settings {
	s := studio.Defaults()
	s.Look, s.Voice = effects.Look{}, effects.Voice{}
	return s
}

// look is a picture of the whole display.
func (d *desk) look(file string) image.Image {
	d.t.Helper()
	d.run("import", "-window", "root", file)
	f, err := os.Open(file)
	if err != nil {
		d.t.Fatal(err)
	}
	defer f.Close()
	img, err := png.Decode(f)
	if err != nil {
		d.t.Fatal(err)
	}
	return img
}

// The main job in the real window: the host sees the picture, presses Go live, a viewer sees it, the host ends the show.
func TestAHostGoesLiveAndEndsTheShowInTheRealWindow(t *testing.T) {
	e := newEvening(t)
	d := e.desk(t, 1280, 720, plain())
	pictures := picturesFolder(t)
	d.press("ctrl+l")
	e.live()
	v := e.watch(t, browser(t))
	v.state("playing")
	v.gather(60, 2)

	// The preview moves: somewhere in the middle two looks differ.
	a, b := d.look(filepath.Join(t.TempDir(), "a.png")), d.look(filepath.Join(t.TempDir(), "b.png"))
	if same(a, b, image.Rect(300, 80, 980, 460)) {
		t.Error("the preview stands still")
	}
	d.look(filepath.Join(pictures, "studio-1280x720-dark-en.png"))

	// What was removed by mistake is back with one key.
	d.press("ctrl+2", "Delete")
	e.until("the source is removed", func() bool { return !d.keeps("source-2") })
	d.press("ctrl+z")
	e.until("the source is back", func() bool { return d.keeps("source-2") })

	d.press("ctrl+l")        // asks, and stays on air unless told otherwise
	d.press("Tab", "Return") // end it
	v.state("ended")
	e.until("the show is closed", func() bool { s := e.show(); return !s.Live && s.State == "closed" })
}

// The network check in the real window over a line of 5 Mbit/s: the figures come, one key chooses the size that fits, and
// nothing has gone on air.
func TestAHostChecksTheNetworkInTheRealWindow(t *testing.T) {
	e := newEvening(t)
	e.http = narrow(t, e.http, 5_000_000)
	for _, look := range []struct{ theme, language string }{{"dark", "en"}, {"light", "en"}, {"dark", "zh"}} {
		name := "check-" + look.theme + "-" + look.language
		t.Run(name, func(t *testing.T) {
			pictures := t.TempDir()
			if name == "check-dark-en" { // the README's
				pictures = picturesFolder(t)
			}
			s := studio.Defaults()
			s.Theme, s.Language = look.theme, look.language
			s.Output.Format = frame.Format{Width: 1920, Height: 1080, FPS: 30}
			d := e.desk(t, 1280, 720, s)
			d.press("ctrl+k")
			file := filepath.Join(pictures, name+".png")
			rest, before := 0, d.look(file)
			e.until("the check has come to an end", func() bool {
				now := d.look(file)
				if rest++; !same(before, now, image.Rect(380, 220, 900, 500)) || colours(now) < 500 {
					rest = 0
				}
				before = now
				return rest > 10
			})
			d.press("Return")
			e.until("less is chosen", func() bool { return !d.keeps(`"Height": 1080`) })
			if e.show().Live {
				t.Error("the check went on air")
			}
		})
	}
}

// narrow is the address of a line to a server that carries so many bits a second upwards, all connections together.
func narrow(t *testing.T, to string, bps float64) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	var line sync.Mutex // who waits for the line waits for this
	go func() {
		for {
			from, err := l.Accept()
			if err != nil {
				return
			}
			server, err := net.Dial("tcp", to)
			if err != nil {
				from.Close()
				continue
			}
			go func() { _, _ = io.Copy(from, server); from.Close() }()
			go func() {
				defer server.Close()
				for b := make([]byte, 8<<10); ; {
					n, err := from.Read(b)
					if err != nil {
						return
					}
					line.Lock()
					time.Sleep(time.Duration(float64(8*n) / bps * float64(time.Second)))
					line.Unlock()
					if _, err := server.Write(b[:n]); err != nil {
						return
					}
				}
			}()
		}
	}()
	return l.Addr().String()
}

func same(a, b image.Image, r image.Rectangle) bool {
	for y := r.Min.Y; y < r.Max.Y; y += 3 {
		for x := r.Min.X; x < r.Max.X; x += 3 {
			if a.At(x, y) != b.At(x, y) {
				return false
			}
		}
	}
	return true
}

func TestTheWindowAndThePageLookAsTheyShould(t *testing.T) {
	pictures := picturesFolder(t)
	e := newEvening(t)
	b := browser(t)
	for _, look := range []struct {
		width, height   int
		theme, language string
	}{
		{1280, 720, "light", "zh"}, {1920, 1080, "dark", "zh"}, {1920, 1080, "light", "en"},
	} {
		name := fmt.Sprintf("studio-%dx%d-%s-%s", look.width, look.height, look.theme, look.language)
		t.Run(name, func(t *testing.T) {
			s := plain()
			s.Theme, s.Language = look.theme, look.language
			d := e.desk(t, look.width, look.height, s, "--live")
			e.live()
			v := e.watch(t, b)
			v.gather(150, 0)
			// A window that is drawn shows many colours, and the ground is light or dark as chosen.
			file := filepath.Join(pictures, name+".png")
			e.until("the window is drawn", func() bool { return colours(d.look(file)) > 500 })
			img := d.look(file)
			if r, _, _, _ := img.At(4, look.height/2).RGBA(); (r>>8 > 128) != (look.theme == "light") {
				t.Errorf("the ground of the %s window has a red of %d", look.theme, r>>8)
			}
		})
	}
	e.studio("--synthetic")
	e.live()
	for name, size := range map[string][2]int64{"page-phone": {390, 844}, "page-desktop": {1280, 800}} {
		v := e.watch(t, b)
		v.do(chromedp.EmulateViewport(size[0], size[1]))
		v.state("playing")
		v.gather(60, 1)
		if overflow := v.eval("document.documentElement.scrollWidth > innerWidth"); overflow != "false" {
			t.Errorf("%s is wider than its window", name)
		}
		ctx := v.ctx
		shot, err := chromedp.Run(ctx, chromedp.CaptureScreenshot())
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(pictures, name+".png"), shot, 0o644); err != nil {
			t.Fatal(err)
		}
		if c := strings.TrimSpace(v.console()); c != "" {
			t.Errorf("the page complains: %s", c)
		}
	}
}

func colours(img image.Image) int {
	seen := map[uint64]bool{}
	b := img.Bounds()
	for y := b.Min.Y; y < b.Max.Y; y += 7 {
		for x := b.Min.X; x < b.Max.X; x += 7 {
			r, g, b, _ := img.At(x, y).RGBA()
			seen[uint64(r)<<32|uint64(g)<<16|uint64(b)] = true
		}
	}
	return len(seen)
}

// A face in the real window: the host chooses what is done to it with the mouse, and it is kept.
func TestAHostMakesUpAFaceInTheRealWindow(t *testing.T) {
	pictures := picturesFolder(t)
	e := newEvening(t)
	s := studio.Defaults()
	s.Look.Background, s.Look.Blur = effects.BlurBackground, 60
	clip := portrait(t, frame.Format{Width: 1280, Height: 720, FPS: 30})
	d := e.desk(t, 1280, 720, s, "--source", "file:"+clip)
	click := func(x, y int) { d.run("xdotool", "mousemove", fmt.Sprint(x), fmt.Sprint(y), "click", "1") }
	d.e.until("the picture is shown", func() bool { return colours(d.look(filepath.Join(t.TempDir(), "a.png"))) > 1500 })
	tabs := map[string]int{"look": 1000, "voice": 1046, "music": 1096}
	for name, x := range tabs {
		before := d.look(filepath.Join(t.TempDir(), "b.png"))
		click(x, 51)
		side := image.Rect(935, 80, 1265, 510)
		d.e.until("the panel "+name+" is there", func() bool {
			return !same(before, d.look(filepath.Join(pictures, "studio-"+name+".png")), side)
		})
	}
	click(tabs["look"], 51)
	d.e.until("a click on a fader is kept", func() bool {
		click(1180, 294)
		return !d.keeps(`"blush": 10,`) && d.keeps(`"blush": `)
	})
}
