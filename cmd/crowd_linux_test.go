package cmd

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"vitrine/capture/frame"
	"vitrine/server/trust"
	"vitrine/server/wire"
)

// roster is the script that tells what comes to a page of those on a stage.
//
//go:embed testdata/roster.js
var roster string

// came is somebody on stage as a page has them: the size of their place in pixels, and since the page began the pictures decoded, with their
// height now, the packets and bytes of those, and the packets of sound.
type came struct {
	Spot                                  wire.SpotID
	Bare                                  bool
	W, H                                  float64
	Frames, Height, Packets, Bytes, Sound int
}

// hall is a show with a whole stage: the host and sixteen guests, all synthetic, who send to the real server, and a real page that watches them.
type hall struct {
	*evening
	spots []wire.SpotID
	*viewer
}

// newHall fills a stage with guests who send so many pictures a second.
func newHall(t testing.TB, fps int) *hall {
	t.Helper()
	all := rehearseAll(t, wire.MaxOnStage, fps)
	e := newEvening(t)
	h := &hall{evening: e, spots: []wire.SpotID{wire.HostSpot}}
	host := e.enters(http.Header{"Authorization": {"Bearer " + e.token}})
	performs(t, all[0], e.url("/whip/evening"), e.token)
	e.live()
	host.wishes(wire.StageWish{Open: &wire.StageOpen{Open: true}})
	for n, p := range all[1:] {
		h.spots = append(h.spots, wire.SpotID(e.comesOn(host, fmt.Sprintf("Guest %d", n+1), p).Alias))
	}
	h.viewer = tab(t, browser(t))
	h.do(func(ctx context.Context, target *chromedp.Target) (none chromedp.Void, err error) {
		_, err = cdp.Call(ctx, target, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: roster})
		return none, err
	})
	e.viewerAs(h.viewer, trust.NewToken(), [2]int64{1280, 800})
	h.eval(probe)
	return h
}

// seats are all on stage as the page has them, in the order in which they came.
func (h *hall) seats() (all []came) {
	h.viewer.t.Helper()
	if err := json.Unmarshal([]byte(h.eval("vitrineRoster.seats().then(JSON.stringify)")), &all); err != nil {
		h.viewer.t.Fatal(err)
	}
	slices.SortFunc(all, func(a, b came) int { return slices.Index(h.spots, a.Spot) - slices.Index(h.spots, b.Spot) })
	return all
}

// everybody waits until something is so of each.
func (h *hall) everybody(what string, so func(came) bool) {
	h.viewer.t.Helper()
	for end := time.Now().Add(2 * patience); ; h.after(200 * time.Millisecond) {
		all := h.seats()
		if len(all) == len(h.spots) && !slices.ContainsFunc(all, func(c came) bool { return !so(c) }) {
			return
		}
		if time.Now().After(end) {
			h.viewer.t.Fatalf("waited in vain until %s: %+v\n%s", what, all, h.console())
		}
	}
}

// fitting is the height of the smallest size that fills a place: three quarters of what is needed at least, for which the page asks in
// steps of 90 pixels.
func (c came) fitting() int {
	wanted := 90 * ((int(max(c.H, c.W*9/16)) + 89) / 90)
	for l := frame.Layers - 1; l > 0; l-- {
		if size := (frame.Format{Width: 1280, Height: 720, FPS: 1}).At(frame.Layer(l)).Height; 4*size >= 3*wanted {
			return size
		}
	}
	return 720
}

// fits waits until everybody is sent in the size that fills their place, and pictures come of each.
func (h *hall) fits() {
	h.viewer.t.Helper()
	h.everybody("each has the size that fits", func(c came) bool { return c.Height == c.fitting() })
	before := h.seats()
	h.everybody("pictures come of each", func(c came) bool {
		return c.Frames > before[slices.IndexFunc(before, func(b came) bool { return b.Spot == c.Spot })].Frames+5
	})
}

// arranges has the host arrange the stage. They enter for that: a socket that is quiet for long is lost on a machine that is busy enough.
func (h *hall) arranges(l wire.StageLayout) {
	h.viewer.t.Helper()
	h.enters(http.Header{"Authorization": {"Bearer " + h.token}}).wishes(wire.StageWish{Layout: &l})
}

// enlarges has the host show one large and the others small, and waits until each has the size that fits.
func (h *hall) enlarges(n int) {
	h.viewer.t.Helper()
	h.arranges(wire.StageLayout{Kind: wire.LayoutSpotlight, Main: h.spots[n]})
	h.everybody("one is large", func(c came) bool {
		return (c.Height == 720) == (c.Spot == h.spots[n]) && (c.W > 400) == (c.Spot == h.spots[n])
	})
	h.fits()
}

// covers has the host lay the first so many, who share the picture in quarters, over all others, and waits until no pictures come of those.
func (h *hall) covers(first int) {
	h.viewer.t.Helper()
	const half = wire.StageUnits / 2
	l := wire.StageLayout{Kind: wire.LayoutFree}
	for n, spot := range h.spots[first:] {
		l.Boxes = append(l.Boxes, wire.StageBox{Spot: spot, X: 500 * n, Y: 1000, W: 500, H: 500})
	}
	for n, spot := range h.spots[:first] {
		l.Boxes = append(l.Boxes, wire.StageBox{Spot: spot, X: n % 2 * half, Y: n / 2 * half, W: half, H: half})
	}
	h.arranges(l)
	packets := map[wire.SpotID]int{}
	h.everybody("those who are covered send no pictures", func(c came) bool {
		was := packets[c.Spot]
		packets[c.Spot] = c.Packets
		return was == c.Packets || slices.Contains(h.spots[:first], c.Spot)
	})
}

func TestSeventeenOnStageAreEachDecodedByAPageThatIsSentOnlyWhatItShows(t *testing.T) {
	h := newHall(t, 10)
	h.everybody("each is decoded and heard", func(c came) bool { return c.Frames >= 10 && c.Sound >= 20 && !c.Bare })
	for n, spot := range h.spots {
		var code int64
		h.until("the picture is read", func() bool {
			_, err := fmt.Sscan(h.eval(fmt.Sprintf("vitrineRoster.code(%q)", spot)), &code)
			return err == nil && code >= 0
		})
		if int(code/seatCode) != n {
			t.Errorf("at the place of no. %d there is the picture of no. %d", n, code/seatCode)
		}
	}
	h.fits()
	h.enlarges(3)
	h.covers(4)
	before := h.seats()
	h.after(2 * time.Second)
	for n, c := range h.seats() {
		was := before[n]
		if pictures := c.Packets - was.Packets; (pictures > 0) != (n < 4) || c.Sound == was.Sound {
			t.Errorf("of no. %d, of whom four are seen, %d packets of the picture came and %d of the sound", n, pictures, c.Sound-was.Sound)
		}
	}
	h.arranges(wire.StageLayout{Kind: wire.LayoutGrid})
	h.fits()
	for _, line := range strings.Split(h.console(), "\n") {
		if line != "" {
			t.Errorf("the page complains: %s", line)
		}
	}
}
