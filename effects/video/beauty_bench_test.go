package video

import (
	"fmt"
	"testing"
	"time"

	"vitrine/capture/frame"
)

// BenchmarkBeauty prints what effects cost, next to a copy of the same picture in the same run (runtime.memmove, which is
// as fast as C's memcpy) and to the plain kernels: smoothing, whitening and blush of a face, and where all is skin, which is
// the worst case; and the effects that come on top.
func BenchmarkBeauty(b *testing.B) {
	s := BeautySettings{Smooth: 80, Whiten: 50, Blush: 40}
	for _, size := range [][2]int{{1280, 720}, {1920, 1080}} {
		w, h := size[0], size[1]
		face := []frame.Face{drawn(w, h)}
		for i := range face[0].Points {
			p := &face[0].Points[i] // a third of the width, as hosts sit
			p.X = float32(w)/2 + (p.X-float32(w)/2)/2
		}
		for _, c := range []struct {
			name     string
			kernels  kernels
			in       *frame.Video
			settings BeautySettings
			faces    []frame.Face
		}{
			{"face", native{}, portrait(w, h, 1), s, face},
			{"face/plain", plain{}, portrait(w, h, 1), s, face},
			{"skin", native{}, allSkin(w, h), s, nil},
			{"skin/plain", plain{}, allSkin(w, h), s, nil},
			{"sharpen", native{}, portrait(w, h, 1), BeautySettings{Sharpen: 50}, face},
			{"warp", native{}, portrait(w, h, 1), BeautySettings{SlimFace: 50, BigEyes: 50}, face},
			{"all", native{}, portrait(w, h, 1), BeautySettings{80, 50, 40, 40, 50, 50, 50}, face},
		} {
			b.Run(fmt.Sprintf("%dp/%s", h, c.name), func(b *testing.B) {
				against(b, c.in, &Beauty{kernels: c.kernels}, c.settings, c.faces)
			})
		}
	}
}

// against reports the fastest run, in milliseconds and as a multiple of the fastest copy of the picture to memory that is
// warm from the copy before.
func against(b *testing.B, in *frame.Video, beauty *Beauty, s BeautySettings, faces []frame.Face) {
	v := frame.New(in.Width, in.Height)
	best, copied := time.Hour, time.Hour
	for range 300 {
		start := time.Now()
		v.Copy(in)
		copied = min(copied, time.Since(start))
	}
	beauty.Apply(v, s, faces)
	for b.Loop() {
		v.Copy(in)
		start := time.Now()
		beauty.Apply(v, s, faces)
		best = min(best, time.Since(start))
	}
	b.ReportMetric(float64(best.Microseconds())/1000, "ms")
	b.ReportMetric(float64(best)/float64(copied), "copies")
}

func allSkin(w, h int) *frame.Video {
	v := portrait(w, h, 1)
	v.Fill(150, 110, 148)
	copy(v.Y, portrait(w, h, 2).Y)
	return v
}
