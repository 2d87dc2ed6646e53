package scene_test

import (
	"fmt"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"vitrine/capture"
	"vitrine/capture/frame"
	"vitrine/server/wire"
	"vitrine/studio/scene"
)

var began = time.Unix(1_700_000_000, 0)

// layouts of four, of which the last ones lie over one another.
var layouts = map[string][]wire.StageBox{
	"alone": {{Spot: "a", W: 10000, H: 10000}},
	"grid": {
		{Spot: "a", W: 4977, H: 4960},
		{Spot: "b", X: 5022, W: 4977, H: 4960},
		{Spot: "c", Y: 5040, W: 4977, H: 4960},
		{Spot: "d", X: 5022, Y: 5040, W: 4977, H: 4960},
	},
	"halves":    {{Spot: "a", W: 5000, H: 10000}, {Spot: "b", X: 5000, W: 5000, H: 10000}},
	"spotlight": {{Spot: "b", W: 7500, H: 10000}, {Spot: "a", X: 7545, Y: 1, W: 2455, H: 3333}, {Spot: "c", X: 7545, Y: 3413, W: 2455, H: 3333}},
	"picture":   {{Spot: "a", W: 10000, H: 10000}, {Spot: "b", X: 7710, Y: 7640, W: 2200, H: 2200}, {Spot: "c", X: 7001, Y: 7001, W: 1501, H: 1501}},
}

var lumas = map[wire.SpotID]byte{"a": 60, "b": 110, "c": 160, "d": 210}

// sources are pictures of one grey each, of odd and of even sizes and of all shapes.
func sources() (items []scene.Item) {
	for spot, size := range map[wire.SpotID]image.Point{"a": {1280, 720}, "b": {481, 641}, "c": {641, 360}, "d": {3, 1}} {
		v := frame.New(size.X, size.Y)
		v.Fill(lumas[spot], lumas[spot]+1, lumas[spot]+2)
		items = append(items, scene.Item{Spot: spot, Picture: v})
	}
	return items
}

// exactly is where a box is, in parts of a pixel.
func exactly(b wire.StageBox, size image.Point) (left, top, right, bottom float64) {
	w, h := float64(size.X)/wire.StageUnits, float64(size.Y)/wire.StageUnits
	return float64(b.X) * w, float64(b.Y) * h, float64(b.X+b.W) * w, float64(b.Y+b.H) * h
}

func TestEveryPixelOfAStageShowsWhoIsThere(t *testing.T) {
	for name, boxes := range layouts {
		for _, size := range []image.Point{{1920, 1080}, {1280, 720}, {641, 361}, {853, 480}, {65, 37}} {
			c := scene.NewCompositor(capture.Scale) // the true one
			c.Arrange(boxes, time.Second, began)
			dst := frame.New(size.X, size.Y)
			c.Draw(dst, sources(), began)
			wrong := 0
			for y := range size.Y {
				for x := range size.X {
					want, sure := seenAt(boxes, size, x, y)
					got := pixel(dst, x, y)
					off := max(abs(int(got[0])-int(want[0])), abs(int(got[1])-int(want[1])), abs(int(got[2])-int(want[2])))
					if sure && wrong < 3 && off > 2 { // what the scaler rounds
						t.Errorf("%s in %v: %v at %d %d, want %v", name, size, got, x, y, want)
						wrong++
					}
				}
			}
			c.Close()
		}
	}
}

func pixel(v *frame.Video, x, y int) [3]byte {
	c := y/2*v.CStride + x/2
	return [3]byte{v.Y[y*v.YStride+x], v.U[c], v.V[c]}
}

// seenAt is what should be seen of a pixel; sure is false within a pixel of an edge.
func seenAt(boxes []wire.StageBox, size image.Point, x, y int) (want [3]byte, sure bool) {
	want = [3]byte{22, 130, 126}
	for _, b := range boxes {
		left, top, right, bottom := exactly(b, size)
		fx, fy := float64(x), float64(y)
		if fx+1 > left-1 && fx < right+1 && fy+1 > top-1 && fy < bottom+1 {
			in := (fx >= left+1 || b.X == 0) && (fx+1 <= right-1 || b.X+b.W == wire.StageUnits) && (fy >= top+1 || b.Y == 0) && (fy+1 <= bottom-1 || b.Y+b.H == wire.StageUnits)
			if sure = in; in {
				l := lumas[b.Spot]
				want = [3]byte{l, l + 1, l + 2}
			}
			continue
		}
		sure = sure || b == boxes[0]
	}
	return want, sure
}

func TestEdgesAreWithinAPixelAndNeighboursMeet(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		size := image.Pt(rapid.IntRange(16, 4096).Draw(t, "w"), rapid.IntRange(16, 2160).Draw(t, "h"))
		at := rapid.IntRange(0, wire.StageUnits)
		x, y, w, h := at.Draw(t, "x"), at.Draw(t, "y"), at.Draw(t, "w"), at.Draw(t, "h")
		b := wire.StageBox{X: x, Y: y, W: min(w, wire.StageUnits-x), H: min(h, wire.StageUnits-y)}
		r := scene.Pixels(b, size.X, size.Y)
		left, top, right, bottom := exactly(b, size)
		for i, far := range []float64{float64(r.Min.X) - left, float64(r.Min.Y) - top, float64(r.Max.X) - right, float64(r.Max.Y) - bottom} {
			if far > 1 || far < -1 {
				t.Fatalf("edge %d of %+v in %v is %v, %.2f pixels off", i, b, size, r, far)
			}
		}
		if !r.In(image.Rectangle{Max: size}) && !r.Empty() || r.Min.X%2 != 0 && r.Min.X != size.X || r.Min.Y%2 != 0 && r.Min.Y != size.Y {
			t.Fatalf("%v in %v", r, size)
		}
		next := scene.Pixels(wire.StageBox{X: b.X + b.W, Y: y, W: wire.StageUnits - b.X - b.W, H: b.H}, size.X, size.Y)
		if next.Min.X != r.Max.X {
			t.Fatalf("%v does not meet %v", r, next)
		}
	})
}

func TestAPictureOfAnotherShapeIsCutInItsMiddle(t *testing.T) {
	tall, wide := frame.New(400, 800), frame.New(1600, 400)
	for _, v := range []*frame.Video{tall, wide} { // a light square in the middle, as high or wide as the picture is at least
		v.Fill(40, 128, 128)
		side := min(v.Width, v.Height)
		for y := range side {
			for x := range side {
				v.Y[((v.Height-side)/2+y)*v.YStride+(v.Width-side)/2+x] = 200
			}
		}
	}
	for name, src := range map[string]*frame.Video{"tall": tall, "wide": wide} {
		c := scene.NewCompositor(nearest)
		c.Arrange([]wire.StageBox{{Spot: "a", X: 2500, W: 4500, H: 8000}}, 0, began) // 1:1
		dst := frame.New(1280, 720)
		c.Draw(dst, []scene.Item{{Spot: "a", Picture: src}}, began)
		for _, at := range []image.Point{{322, 2}, {892, 2}, {322, 572}, {892, 572}, {608, 288}} {
			if got := pixel(dst, at.X, at.Y)[0]; got != 200 {
				t.Errorf("%s: luma %d at %v", name, got, at)
			}
		}
	}
}

func TestBoxesMoveGentlyAndWhoComesOrGoesIsFaded(t *testing.T) {
	c := scene.NewCompositor(nearest)
	dst := frame.New(1280, 720)
	items := sources()
	seen := func(after time.Duration, x, y int) byte {
		c.Draw(dst, items, began.Add(after))
		return pixel(dst, x, y)[0]
	}
	c.Arrange(layouts["alone"], time.Second, began)
	if seen(0, 1200, 700) != 60 || c.Moving(began) {
		t.Error("the first boxes are not there at once")
	}
	c.Arrange(layouts["halves"], time.Second, began)
	c.Arrange(layouts["halves"], time.Second, began.Add(500*time.Millisecond)) // again, which changes nothing
	if got := seen(0, 1200, 700); got != 60 {
		t.Errorf("at first luma is %d", got)
	}
	if got := seen(500*time.Millisecond, 900, 700); got != 85 { // half of each, where the first still is
		t.Errorf("half-way luma is %d where they overlap, want 85", got)
	}
	if got := seen(500*time.Millisecond, 1000, 700); got != 66 { // half of the second over the ground
		t.Errorf("half-way luma is %d where the first has been, want 66", got)
	}
	if seen(999*time.Millisecond, 600, 300) != 60 || !c.Moving(began.Add(999*time.Millisecond)) || seen(time.Second, 700, 300) != 110 {
		t.Error("it does not end in time")
	}
	items = slices.DeleteFunc(items, func(i scene.Item) bool { return i.Spot == "b" }) // and has gone
	c.Arrange(layouts["alone"], time.Second, began.Add(2*time.Second))
	first, last := seen(2100*time.Millisecond, 1270, 300), seen(2900*time.Millisecond, 1270, 300)
	if first < 100 || first > 110 || last < 22 || last > 27 { // where it is not yet covered
		t.Errorf("who has gone is faded from %d to %d", first, last)
	}
	if got := seen(3*time.Second, 1270, 300); got != 60 {
		t.Errorf("when they have gone luma is %d", got)
	}
}

func TestABoxMovesOnlyForwardAndWithoutAJump(t *testing.T) {
	c := scene.NewCompositor(nearest)
	dst := frame.New(1280, 720)
	c.Arrange([]wire.StageBox{{Spot: "a", W: 5000, H: 10000}}, 0, began)
	c.Draw(dst, sources(), began)
	c.Arrange([]wire.StageBox{{Spot: "a", X: 5000, W: 5000, H: 10000}}, 600*time.Millisecond, began)
	before := 0
	for ms := range 31 {
		if ms == 10 { // changed on the way: it goes on from where it is
			c.Arrange([]wire.StageBox{{Spot: "a", X: 4000, W: 6000, H: 10000}}, 400*time.Millisecond, began.Add(200*time.Millisecond))
		}
		c.Draw(dst, sources(), began.Add(time.Duration(ms)*20*time.Millisecond))
		left := 0
		for left < 1280 && pixel(dst, left, 300)[0] != 60 {
			left++
		}
		if left < before || left > before+64 {
			t.Fatalf("after %d ms its left edge is at %d, and was at %d", 20*ms, left, before)
		}
		before = left
	}
	if before != 512 {
		t.Errorf("in the end it is at %d, want 512", before)
	}
}

func TestReferencesAreGivenBack(t *testing.T) {
	var pool frame.Pool
	c := scene.NewCompositor(nearest)
	dst := frame.New(320, 180)
	draw := func(after time.Duration, spots ...wire.SpotID) {
		var items []scene.Item
		for _, s := range spots {
			v := pool.Get(64, 36)
			defer v.Release()
			items = append(items, scene.Item{Spot: s, Picture: v})
		}
		c.Draw(dst, items, began.Add(after))
	}
	twice := append(slices.Clone(layouts["grid"]), layouts["grid"]...)
	c.Arrange(twice, 0, began)
	for i := range 5 {
		draw(time.Duration(i), "a", "b", "c", "d")
	}
	if pool.Live() != 4 {
		t.Errorf("%d pictures are kept for 4", pool.Live())
	}
	c.Arrange(layouts["halves"], time.Second, began)
	draw(time.Millisecond, "a", "b")
	c.Arrange(layouts["grid"][:3], time.Second, began.Add(500*time.Millisecond)) // c comes back while it is faded
	draw(600*time.Millisecond, "a", "b")
	draw(5*time.Second, "a", "b")
	c.Draw(dst, nil, began.Add(6*time.Second))
	if pool.Live() != 3 {
		t.Errorf("%d pictures are kept for 3", pool.Live())
	}
	c.Close()
	if pool.Live() != 0 {
		t.Errorf("%d pictures are kept after the end", pool.Live())
	}
}

func TestDrawingAllocatesNothing(t *testing.T) {
	c := scene.NewCompositor(func(dst, src *frame.Video) {})
	dst, items, at := frame.New(1280, 720), sources(), began
	c.Arrange(layouts["grid"], 0, at)
	c.Draw(dst, items, at)
	if n := testing.AllocsPerRun(20, func() { c.Draw(dst, items, at) }); n != 0 {
		t.Errorf("%v allocations a picture", n)
	}
	c.Arrange(layouts["picture"], time.Hour, at)
	c.Draw(dst, items, at.Add(time.Minute))
	if n := testing.AllocsPerRun(20, func() { at = at.Add(time.Second); c.Draw(dst, items, at.Add(time.Minute)) }); n != 0 {
		t.Errorf("%v allocations a picture while boxes move", n)
	}
}

func TestBoxesThatMakeNoSenseDrawNothing(t *testing.T) {
	c := scene.NewCompositor(nearest)
	dst := frame.New(64, 36)
	c.Arrange([]wire.StageBox{
		{Spot: "a", X: -5000, Y: -5000, W: 1, H: 1},
		{Spot: "b", X: 20000, W: 500, H: 500},
		{Spot: "c", W: -3, H: 10000},
		{Spot: "d", X: 1 << 40, Y: -1 << 40, W: 1 << 60, H: 1 << 60},
		{W: 1, H: 1},
	}, time.Second, began)
	c.Draw(dst, sources(), began)
	c.Arrange(nil, time.Second, began)
	c.Draw(dst, nil, began.Add(time.Minute))
	if got := pixel(dst, 32, 18); got != [3]byte{22, 130, 126} {
		t.Errorf("it leaves %v", got)
	}
}

func TestWhoHasNoPictureHasAPlacardAndTheirName(t *testing.T) {
	n := scene.NewNames(letters(t))
	names := map[wire.SpotID]string{"a": "Grace Hopper", "b": "李小龙", "c": "a name that is far longer than anybody could ever have room for on a stage", "d": "🫖"}
	for layout, boxes := range layouts {
		for _, size := range []image.Point{{1920, 1080}, {1280, 720}, {641, 361}, {64, 36}} {
			c := scene.NewCompositor(nearest)
			c.Arrange(boxes, 0, began)
			dst := frame.New(size.X, size.Y)
			var items []scene.Item
			for _, b := range boxes {
				i := n.Item(b, names[b.Spot], true, size.X, size.Y)
				if again := n.Item(b, names[b.Spot], true, size.X, size.Y); again != i {
					t.Error("the same is painted twice")
				}
				if b.Spot == "b" {
					i.Picture = backdrop(640, 480)
				}
				items = append(items, i)
			}
			c.Draw(dst, items, began)
			if i := items[0]; size.Y == 1080 && layout != "spotlight" {
				r := scene.Pixels(boxes[0], size.X, size.Y)
				ground, disc := pixel(dst, r.Min.X+r.Dx()/2, r.Min.Y+8), pixel(dst, r.Min.X+r.Dx()/2, r.Min.Y+r.Dy()*32/100)
				if ground[0] < 35 || ground[0] > 55 || disc[0] < ground[0]+30 || i.Label == nil {
					t.Errorf("%s: ground %v, disc %v, label %v", layout, ground, disc, i.Label)
				}
			}
			shot(t, "stage-"+layout, size, dst)
		}
	}
}

func shot(t *testing.T, name string, size image.Point, v *frame.Video) {
	t.Helper()
	if *shots == "" {
		return
	}
	f, err := os.Create(filepath.Join(*shots, fmt.Sprintf("%s-%dx%d.png", name, size.X, size.Y)))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := png.Encode(f, rgb(v)); err != nil {
		t.Fatal(err)
	}
}

func BenchmarkStage(b *testing.B) {
	var items []scene.Item
	for i, spot := range []wire.SpotID{"a", "b", "c", "d"} {
		size := []image.Point{{1920, 1080}, {1280, 720}, {1280, 720}, {640, 480}}[i]
		items = append(items, scene.Item{Spot: spot, Picture: backdrop(size.X, size.Y)})
	}
	dst := frame.New(1920, 1080)
	for _, name := range []string{"grid", "spotlight", "picture", "halves"} {
		b.Run(name, func(b *testing.B) {
			c := scene.NewCompositor(capture.Scale)
			c.Arrange(layouts[name], 0, began)
			for b.Loop() {
				c.Draw(dst, items, began)
			}
		})
	}
	b.Run("moving", func(b *testing.B) {
		c, at := scene.NewCompositor(capture.Scale), began
		c.Arrange(layouts["grid"], 0, at)
		c.Arrange(layouts["picture"], time.Hour, at)
		for b.Loop() {
			at = at.Add(time.Second / 2)
			c.Draw(dst, items, at)
		}
	})
	b.Run("copy", func(b *testing.B) {
		for b.Loop() {
			dst.Copy(items[0].Picture)
		}
	})
}
