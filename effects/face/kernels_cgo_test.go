//go:build cgo

package face

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"vitrine/capture/frame"
)

func TestKernelsEqualTheReferenceOnTheModels(t *testing.T) {
	v := photo(t, plots+"grace_hopper.jpg")
	for name, size := range map[string][2]int{"face.tflite": {128, 128}, "mesh.tflite": {192, 192}, "person.tflite": {256, 144}} {
		n, err := NewNetwork(modelFile(t, name))
		if err != nil {
			t.Fatal(err)
		}
		c := square(frame.Point{X: 260, Y: 240}, 300, 0.1, size[0]).ranged(-1, 1)
		c.height = size[1]
		outputs := func(run func()) (all []float32) {
			var s sampler
			s.set(v)
			s.read(c, n.Input(0))
			run()
			for i := range n.outputs {
				all = append(all, n.Output(i)...)
			}
			return all
		}
		want := outputs(func() { runReference(n.steps, n.weights, n.memory) })
		for _, only := range []int{plain, best} {
			got, worst := outputs(func() { runC(n.steps, n.weights, n.memory, only) }), 0.0
			for i := range want {
				worst = max(worst, math.Abs(float64(got[i]-want[i])))
			}
			t.Logf("%s, %s: %.2g apart at most, of values to %.0f", name, []string{"best", "plain"}[only], worst, slices.Max(want))
			if !(worst < 1e-4) {
				t.Error("the kernels compute something else")
			}
		}
	}
}

// drawStep returns a step of random kind and sizes, and the floats it works in, with some before, between and behind.
func drawStep(t *rapid.T) (s step, floats int) {
	draw := func(name string, from, to int) int { return rapid.IntRange(from, to).Draw(t, name) }
	in := dims{1, draw("height", 1, 9), draw("width", 1, 14), draw("channels", 1, 40)}
	out := in
	n := node{step: step{kind: int32(draw("kind", int(stepConv), int(stepTranspose))), act: int32(draw("act", 0, int(actLogistic)))}}
	n.front, n.frontAct = int32(draw("front", 0, 2)), int32(draw("front act", 0, int(actLogistic)))
	depthwise := n.kind == stepDepthwise || n.kind == stepConv && n.front == frontDepthwise
	if depthwise || n.kind == stepMaxPool || n.kind == stepConv && n.front == frontPatches {
		k, stride := draw("kernel", 1, 5), draw("stride", 1, 3)
		out[1], out[2] = (in[1]+stride-1)/stride, (in[2]+stride-1)/stride
		if err := n.window(in, out, k, k, stride, stride, true); err != nil {
			t.Fatal(err)
		}
	}
	switch n.kind {
	case stepConv:
		out[3] = draw("out channels", 1, 60)
		n.patch = int32(in[3])
		if n.front == frontPatches {
			n.patch *= n.kh * n.kw
		}
	case stepMean:
		out = dims{1, 1, 1, in[3]}
	case stepResize:
		out[1], out[2] = draw("rows", 1, 12), draw("columns", 1, 12)
	case stepPad:
		n.top, n.left = int32(draw("top", 0, 2)), int32(draw("left", 0, 2))
		out[1], out[2], out[3] = in[1]+int(n.top)+1, in[2]+int(n.left)+1, in[3]+draw("more", 0, 9)
	case stepCopy:
		out = dims{1, 1, in.pixels() + 3, in[3]}
		n.pad = int32(draw("after", 0, 3*in[3]))
	case stepTranspose:
		n.kh, n.kw, n.patch, n.act = 2, 3, int32(in[3]), actNone
		out = dims{1, in[1] * 2, in[2] * 3, draw("out channels", 1, 5)}
	}
	stride := func(c int) int32 {
		if !depthwise && draw("dense", 0, 3) == 0 {
			return int32(c)
		}
		return int32(roundUp(c))
	}
	n.inH, n.inW, n.inC, n.inS = int32(in[1]), int32(in[2]), int32(in[3]), stride(in[3])
	n.outH, n.outW, n.outC, n.outS = int32(out[1]), int32(out[2]), int32(out[3]), stride(out[3])
	switch {
	case n.kind == stepConv && draw("residual", 0, 1) == 1:
		n.otherPixels, n.otherC = n.outH*n.outW, int32(draw("other channels", 1, out[3]))
	case n.kind == stepAdd || n.kind == stepMul:
		n.otherPixels, n.otherC = []int32{1, n.outH * n.outW}[draw("all", 0, 1)], n.outC
	}
	n.otherS = stride(int(n.otherC))
	n.in = 16
	n.other = n.in + n.inH*n.inW*n.inS + 16
	n.out = n.other + n.otherPixels*n.otherS + 16
	n.step.scratch = n.out + n.outH*n.outW*n.outS + 16
	return n.step, int(n.step.scratch) + scratch(&n) + 16
}

func TestKernelsEqualTheReferenceInAllSizes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s, floats := drawStep(t)
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
		noise := func(n int) []float32 {
			v := make([]float32, n)
			for i := range v {
				v[i] = float32(r.NormFloat64())
			}
			return v
		}
		start := noise(floats)
		weights := noise(roundUp(int(s.outC*max(s.kh*s.kw, 1)))*int(max(s.patch, 1)) + roundUp(max(int(s.outC), int(s.inC)))*64)
		want := slices.Clone(start)
		runReference([]step{s}, weights, want)
		for _, only := range []int{plain, best} {
			got := slices.Clone(start)
			runC([]step{s}, weights, got, only)
			for i := range int(s.scratch) {
				at := int32(i) - s.out
				result := at >= 0 && at < s.outH*s.outW*s.outS
				switch {
				case result && at%s.outS >= s.outC:
				case result && math.Abs(float64(got[i]-want[i])) > 1e-4*max(1, math.Abs(float64(want[i]))):
					t.Fatalf("%+v: %v at %d of the result, want %v", s, got[i], at, want[i])
				case !result && got[i] != start[i]:
					t.Fatalf("%+v: writes %d before or after its result", s, at)
				}
			}
			if !slices.Equal(got[floats-16:], start[floats-16:]) {
				t.Fatalf("%+v: writes behind its memory", s)
			}
		}
	})
}

func TestCropsEqualTheReferenceOnOddAndCutPictures(t *testing.T) {
	whole := photo(t, plots+"grace_hopper.jpg")
	rapid.Check(t, func(t *rapid.T) {
		x, y := 2*rapid.IntRange(0, 200).Draw(t, "x"), 2*rapid.IntRange(0, 200).Draw(t, "y")
		v := window(whole, x, y, rapid.IntRange(1, 60).Draw(t, "width"), rapid.IntRange(1, 60).Draw(t, "height"))
		c := square(
			frame.Point{X: rapid.Float32Range(-20, 80).Draw(t, "at"), Y: rapid.Float32Range(-20, 80).Draw(t, "at")},
			rapid.Float64Range(1, 100).Draw(t, "side"), rapid.Float64Range(-4, 4).Draw(t, "angle"), rapid.IntRange(1, 40).Draw(t, "size"),
		).ranged(0, 255)
		var s sampler
		s.set(v)
		n := 3 * c.width * c.height
		want := make([]float32, n)
		sampleReference(&s.level[0], c, want)
		for _, only := range []int{plain, best} {
			got := make([]float32, n+1)
			sampleC(&s.level[0], c, got, only)
			for i := range want {
				// Places are rounded differently, by a hundredth of a pixel at most.
				if math.Abs(float64(got[i]-want[i])) > 0.5 {
					t.Fatalf("%v at %d, want %v", got[i], i, want[i])
				}
			}
			if got[n] != 0 {
				t.Fatal("writes behind the crop")
			}
			var half, wantHalf plane
			halvePlane(&half, s.level[0].y)
			halvePlane(&wantHalf, s.level[0].y)
			halveC(&half, s.level[0].y, only)
			halveReference(&wantHalf, s.level[0].y)
			for row := range half.height {
				a, b := half.pix[row*half.stride:][:half.width], wantHalf.pix[row*half.stride:][:half.width]
				if !slices.Equal(a, b) {
					t.Fatalf("row %d of the half picture: %v, want %v", row, a, b)
				}
			}
		}
	})
}

func TestACropShowsWhatItSays(t *testing.T) {
	v := frame.New(100, 80)
	v.Fill(16, 128, 128)
	for y := 40; y < 60; y++ {
		for x := 60; x < 90; x++ {
			v.Y[y*v.YStride+x] = 235
		}
	}
	// A quarter turn: right in the crop is down in the picture.
	c := square(frame.Point{X: 75, Y: 50}, 40, math.Pi/2, 40).ranged(-1, 1)
	c.black = true
	var s sampler
	s.set(v)
	got := make([]float32, 3*40*40)
	s.read(c, got)
	for y := range 40 {
		for x := range 40 {
			want := float32(-1)
			if x >= 10 && x < 30 && y >= 5 && y < 35 {
				want = 1
			}
			if math.Abs(float64(got[3*(y*40+x)+1]-want)) > 0.01 {
				t.Fatalf("%v at %d, %d, want %v", got[3*(y*40+x)+1], x, y, want)
			}
		}
	}
}
