package video

import (
	"bytes"
	"math/rand/v2"
	"testing"

	"vitrine/capture/frame"
)

// portrait paints skin with blemishes and noise over a bluish ground: a shape that every kernel finds work in.
func portrait(w, h int, seed uint64) *frame.Video {
	r := rand.New(rand.NewPCG(seed, 1))
	v := frame.New(w, h)
	for y := range h {
		for x := range w {
			dx, dy := float64(x-w/2)/float64(w)*2.4, float64(y-h/2)/float64(h)*2.2
			l := 60 + 20*r.Float64()
			if dx*dx+dy*dy < 1 {
				l = 150 - 40*dx + 6*r.NormFloat64()
				if x%23 < 3 && y%19 < 3 {
					l -= 20
				}
			}
			v.Y[y*v.YStride+x] = byte(l)
		}
	}
	for y := range (h + 1) / 2 {
		for x := range (w + 1) / 2 {
			dx, dy := float64(2*x-w/2)/float64(w)*2.4, float64(2*y-h/2)/float64(h)*2.2
			cb, cr := 140.0, 120.0
			if dx*dx+dy*dy < 1 {
				cb, cr = 110, 148
			}
			v.U[y*v.CStride+x] = byte(cb + 2*r.NormFloat64())
			v.V[y*v.CStride+x] = byte(cr + 2*r.NormFloat64())
		}
	}
	return v
}

// cut shows a part of v with v's strides, so that rows begin anywhere.
func cut(v *frame.Video, x, y, w, h int) *frame.Video {
	c := y/2*v.CStride + x/2
	return &frame.Video{
		Y: v.Y[y*v.YStride+x:], U: v.U[c:], V: v.V[c:],
		YStride: v.YStride, CStride: v.CStride, Width: w, Height: h,
	}
}

// apart is the largest difference between two pictures of one size.
func apart(a, b *frame.Video) int {
	worst := 0
	diff := func(p, q []byte, ps, qs, w, h int) {
		for y := range h {
			for x := range w {
				d := int(p[y*ps+x]) - int(q[y*qs+x])
				worst = max(worst, d, -d)
			}
		}
	}
	cw, ch := (a.Width+1)/2, (a.Height+1)/2
	diff(a.Y, b.Y, a.YStride, b.YStride, a.Width, a.Height)
	diff(a.U, b.U, a.CStride, b.CStride, cw, ch)
	diff(a.V, b.V, a.CStride, b.CStride, cw, ch)
	return worst
}

func TestTheCKernelsAgreeWithGoOnOddSizesStridesAndCuts(t *testing.T) {
	all := Settings{Smooth: 80, Whiten: 60, Blush: 50, Lips: 50, Sharpen: 50, SlimFace: 50, BigEyes: 50}
	for i, at := range [][4]int{
		{0, 0, 640, 360}, {0, 0, 321, 181}, {6, 4, 313, 175}, {2, 2, 64, 64}, {10, 8, 33, 17}, {0, 0, 5, 3}, {4, 4, 1, 1}, {0, 0, 7, 301}, {0, 0, 499, 2},
	} {
		whole := portrait(640, 360, uint64(i))
		if i > 1 {
			whole = portrait(at[0]+at[2], at[1]+at[3], uint64(i))
		}
		before := frame.New(whole.Width, whole.Height)
		before.Copy(whole)
		other := frame.New(whole.Width, whole.Height)
		other.Copy(whole)
		c := cut(whole, at[0], at[1], at[2], at[3])
		plainly := cut(other, at[0], at[1], at[2], at[3])
		(&Beauty{}).Apply(c, all, nil)
		(&Beauty{kernels: plain{}}).Apply(plainly, all, nil)
		if d := apart(c, plainly); d > 1 {
			t.Errorf("%v: C and Go differ by %d levels", at, d)
		}
		if at[2] > 30 && at[3] > 10 && apart(c, cut(before, at[0], at[1], at[2], at[3])) == 0 {
			t.Errorf("%v: nothing happened", at)
		}
		for y := range whole.Height {
			from, to := 0, whole.Width
			if y >= at[1] && y < at[1]+at[3] {
				to = at[0]
				if !bytes.Equal(whole.Y[y*whole.YStride+at[0]+at[2]:][:whole.Width-at[0]-at[2]], before.Y[y*whole.YStride+at[0]+at[2]:][:whole.Width-at[0]-at[2]]) {
					t.Fatalf("%v: row %d changed right of the cut", at, y)
				}
			}
			if !bytes.Equal(whole.Y[y*whole.YStride+from:y*whole.YStride+to], before.Y[y*whole.YStride+from:y*whole.YStride+to]) {
				t.Fatalf("%v: row %d changed outside the cut", at, y)
			}
		}
	}
}

func TestBeautyAllocatesNothingAfterTheFirstFrameOfASize(t *testing.T) {
	var b Beauty
	v := portrait(320, 180, 1)
	s := Presets[3].Settings
	if n := testing.AllocsPerRun(10, func() { b.Apply(v, s, nil) }); n > 0 {
		t.Errorf("%v allocations a frame", n)
	}
}
