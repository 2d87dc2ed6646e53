package stage_test

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"vitrine/server/stage"
	"vitrine/server/wire"
)

func seen(n int) []wire.SpotID {
	spots := []wire.SpotID{wire.HostSpot}
	for i := 1; i < n; i++ {
		spots = append(spots, wire.SpotID(fmt.Sprint("guest", i)))
	}
	return spots
}

func over(a, b wire.StageBox) bool {
	return a.X < b.X+b.W && b.X < a.X+a.W && a.Y < b.Y+b.H && b.Y < a.Y+a.H
}

// inPicture checks what holds for every layout.
func inPicture(t interface{ Fatalf(string, ...any) }, boxes []wire.StageBox, spots []wire.SpotID) {
	got := spotsOf(boxes)
	slices.Sort(got)
	want := slices.Sorted(slices.Values(spots))
	if !slices.Equal(got, want) {
		t.Fatalf("%v are seen, want %v", got, want)
	}
	for _, b := range boxes {
		if b.X < 0 || b.Y < 0 || b.W < 300 || b.H < 300 || b.X+b.W > wire.StageUnits || b.Y+b.H > wire.StageUnits {
			t.Fatalf("%+v is not well in the picture", b)
		}
	}
}

func TestEverybodyIsSeenOnceAndInThePicture(t *testing.T) {
	for _, kind := range []wire.LayoutKind{wire.LayoutGrid, wire.LayoutSide, wire.LayoutPicture, wire.LayoutSpotlight, wire.LayoutFree} {
		for n := 1; n <= wire.MaxOnStage+wire.MaxCorners; n++ {
			t.Run(fmt.Sprint(kind, " of ", n), func(t *testing.T) {
				spots := seen(n)
				main := spots[n/2]
				l := wire.StageLayout{Kind: kind, Main: main}
				boxes := stage.Arrange(l, spots)
				inPicture(t, boxes, spots)
				if again := stage.Arrange(l, spots); !slices.Equal(again, boxes) {
					t.Error("the same is arranged in two ways")
				}
				for i, a := range boxes {
					for _, b := range boxes[:i] {
						below := b.Spot == main && (kind == wire.LayoutPicture || kind == wire.LayoutFree)
						crowd := kind == wire.LayoutFree && n > wire.MaxOnStage // more than ever should be
						if over(a, b) && !below && !crowd {
							t.Errorf("%+v lies over %+v", a, b)
						}
					}
				}
				if large := kind == wire.LayoutPicture || kind == wire.LayoutFree || kind == wire.LayoutSpotlight; large {
					if b := boxes[0]; b.Spot != main || b.W*b.H < 60_000_000 {
						t.Errorf("%v should be large, and below the others", b)
					}
				}
			})
		}
	}
}

func TestAGridIsEqualAndAsLargeAsItCanBe(t *testing.T) {
	for n, shape := range map[int][2]int{1: {1, 1}, 2: {2, 1}, 3: {2, 2}, 4: {2, 2}, 5: {3, 2}, 6: {3, 2}, 7: {3, 3}, 9: {3, 3}, 10: {4, 3}, 12: {4, 3}, 16: {4, 4}, 17: {5, 4}} {
		boxes := stage.Arrange(wire.StageLayout{Kind: wire.LayoutGrid}, seen(n))
		columns, lines := map[int]bool{}, map[int]int{}
		for _, b := range boxes {
			if b.W != boxes[0].W || b.H != boxes[0].H {
				t.Errorf("%d: %+v is not as large as %+v", n, b, boxes[0])
			}
			if b.Y == 0 {
				columns[b.X] = true
			}
			lines[b.Y]++
		}
		if len(columns) != shape[0] || len(lines) != shape[1] {
			t.Errorf("%d are in %d columns and %d rows, want %v", n, len(columns), len(lines), shape)
		}
		last := boxes[n-1]
		begin := boxes[n-lines[last.Y]]
		if left, right := begin.X, wire.StageUnits-last.X-last.W; left-right > 5 || right-left > 5 {
			t.Errorf("%d: the last row has %d left and %d right of it", n, left, right)
		}
		if share := boxes[0].W * shape[0]; share < 9750 {
			t.Errorf("%d: the columns fill %d of the width", n, share)
		}
	}
}

func TestTwoSideBySideShareThePicture(t *testing.T) {
	got := stage.Arrange(wire.StageLayout{Kind: wire.LayoutSide}, seen(2))
	want := []wire.StageBox{{Spot: wire.HostSpot, W: 5000, H: 10000}, {Spot: "guest1", X: 5000, W: 5000, H: 10000}}
	if !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	for n := 2; n <= wire.MaxOnStage; n++ {
		for _, b := range stage.Arrange(wire.StageLayout{Kind: wire.LayoutSide}, seen(n)) {
			if b.W != 5000 {
				t.Errorf("%d: %+v is not half as wide", n, b)
			}
		}
	}
}

func TestAnUnknownSpotIsNotSeenAndOneNamedTwiceOnce(t *testing.T) {
	spots := []wire.SpotID{wire.HostSpot, "guest1", "guest1", wire.HostSpot}
	for _, kind := range []wire.LayoutKind{"", wire.LayoutGrid, wire.LayoutSide, wire.LayoutPicture, wire.LayoutSpotlight, wire.LayoutFree} {
		inPicture(t, stage.Arrange(wire.StageLayout{Kind: kind, Main: "left", Boxes: []wire.StageBox{{Spot: "left"}}}, spots), seen(2))
		if got := stage.Arrange(wire.StageLayout{Kind: kind}, nil); got != nil {
			t.Errorf("nobody is seen at %v", got)
		}
	}
}

func TestFreeBoxesAreKeptInThePictureAndInTheirOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		spots := seen(rapid.IntRange(1, wire.MaxOnStage).Draw(t, "spots"))
		box := rapid.Custom(func(t *rapid.T) wire.StageBox {
			side := rapid.IntRange(-20000, 20000)
			spot := rapid.SampledFrom(append(seen(wire.MaxOnStage), "left")).Draw(t, "spot")
			return wire.StageBox{Spot: spot, X: side.Draw(t, "x"), Y: side.Draw(t, "y"), W: side.Draw(t, "w"), H: side.Draw(t, "h")}
		})
		l := wire.StageLayout{Kind: wire.LayoutFree, Boxes: rapid.SliceOfN(box, 0, 20).Draw(t, "boxes")}
		l.Main = rapid.SampledFrom(append(spots, "")).Draw(t, "main")
		got := stage.Arrange(l, spots)
		inPicture(t, got, spots)
		again := l
		again.Boxes = got
		if twice := stage.Arrange(again, spots); !slices.Equal(twice, got) {
			t.Fatalf("arranged again it is %v, and was %v", twice, got)
		}
		var want []wire.SpotID // dragged, and still there
		for _, b := range l.Boxes {
			if slices.Contains(spots, b.Spot) && !slices.Contains(want, b.Spot) {
				want = append(want, b.Spot)
			}
		}
		kept := slices.DeleteFunc(spotsOf(got), func(s wire.SpotID) bool { return !slices.Contains(want, s) })
		if !slices.Equal(kept, want) {
			t.Fatalf("they lie in the order %v, want %v", kept, want)
		}
	})
}

func TestNewcomersToAFreeLayoutDoNotCoverSmallOnes(t *testing.T) {
	l := wire.StageLayout{Kind: wire.LayoutFree}
	for n := 1; n <= wire.MaxOnStage; n++ { // one after the other, as they come
		l.Boxes = stage.Arrange(l, seen(n))
		for i, a := range l.Boxes {
			for _, b := range l.Boxes[1:max(i, 1)] {
				if over(a, b) {
					t.Fatalf("of %d, %+v lies over %+v", n, a, b)
				}
			}
		}
	}
}
