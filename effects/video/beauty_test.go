package video

import (
	"math"
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

// everything is three settings, since sharpening and warping make two levels of one that rounding left apart.
var everything = []BeautySettings{{Smooth: 80, Whiten: 60, Blush: 50, Lips: 50}, {Sharpen: 80}, {SlimFace: 50, BigEyes: 50}}

func TestTheCKernelsAgreeWithGoOnOddSizesStridesAndCuts(t *testing.T) {
	for i, at := range [][4]int{
		{0, 0, 640, 360}, {0, 0, 321, 181}, {6, 4, 313, 175}, {2, 2, 64, 64}, {10, 8, 33, 17}, {0, 0, 5, 3}, {4, 4, 1, 1}, {0, 0, 7, 301}, {0, 0, 499, 2},
	} {
		for _, s := range everything {
			in := portrait(at[0]+at[2]+6, at[1]+at[3]+4, uint64(i))
			face := drawn(at[2], at[3])
			for _, faces := range [][]frame.Face{nil, {face}} {
				inC, inGo := copied(in), copied(in)
				c, g := cut(inC, at[0], at[1], at[2], at[3]), cut(inGo, at[0], at[1], at[2], at[3])
				(&Beauty{}).Apply(c, s, faces)
				(&Beauty{kernels: plain{}}).Apply(g, s, faces)
				if d := apart(c, g); d > 1 {
					t.Errorf("%v %+v: C and Go differ by %d levels", at, s, d)
				}
				if at[2] > 60 && at[3] > 60 && (s.SlimFace == 0 || len(faces) > 0) && apart(c, cut(in, at[0], at[1], at[2], at[3])) == 0 {
					t.Errorf("%v %+v: nothing happened", at, s)
				}
				// What is in the cut is put back: then nothing differs unless something outside of it changed.
				c.Copy(cut(in, at[0], at[1], at[2], at[3]))
				if apart(inC, in) != 0 {
					t.Errorf("%v %+v: what is outside of the cut changed", at, s)
				}
			}
		}
	}
}

// drawn is a face that fills most of a picture: an upright oval with all its other points on rings within.
func drawn(w, h int) frame.Face {
	f := frame.Face{Strength: 1}
	ring := func(points []int, x, y, rx, ry float64) {
		for i, k := range points {
			sin, cos := math.Sincos(2 * math.Pi * float64(i) / float64(len(points)))
			f.Points[k] = frame.Point{X: float32(float64(w) * (x + rx*sin)), Y: float32(float64(h) * (y - ry*cos))}
		}
	}
	ring(contour[:], 0.5, 0.5, 0.35, 0.42)
	for k, x := range []float64{0.36, 0.64} {
		ring(eyes[k][:], x, 0.42, 0.07, 0.04)
		ring(brows[k][:], x, 0.32, 0.09, 0.02)
		ring(nostrils[k][:], 0.4+0.2*x, 0.6, 0.01, 0.01)
		ring(cheeks[k][:], 0.5+1.4*(x-0.5), 0.58, 0.06, 0.06)
	}
	ring(outerLips[:], 0.5, 0.72, 0.12, 0.05)
	ring(innerLips[:], 0.5, 0.72, 0.09, 0.01)
	return f
}

func TestBeautyAllocatesNothingAfterTheFirstFrameOfASize(t *testing.T) {
	var b Beauty
	v := portrait(320, 180, 1)
	s := BeautySettings{Smooth: 85, Whiten: 60, Blush: 45, Lips: 50, Sharpen: 30, SlimFace: 30, BigEyes: 20}
	for _, faces := range [][]frame.Face{nil, {drawn(320, 180)}} {
		if n := testing.AllocsPerRun(10, func() { b.Apply(v, s, faces) }); n > 0 {
			t.Errorf("%v allocations a frame with %d faces", n, len(faces))
		}
	}
}
