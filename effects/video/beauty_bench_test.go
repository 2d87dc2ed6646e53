package video

import (
	"fmt"
	"testing"
	"time"

	"vitrine/capture/frame"
)

// BenchmarkBeauty prints what smoothing, whitening and blush of a whole picture cost, next to a copy of the same picture in
// the same run (runtime.memmove, which is as fast as C's memcpy) and to the plain kernels: everywhere skin is the worst case.
func BenchmarkBeauty(b *testing.B) {
	s := Settings{Smooth: 80, Whiten: 50, Blush: 40}
	for _, size := range [][2]int{{1280, 720}, {1920, 1080}} {
		for _, scene := range []struct {
			name string
			v    *frame.Video
		}{{"portrait", portrait(size[0], size[1], 1)}, {"skin", allSkin(size[0], size[1])}} {
			for name, k := range map[string]kernels{"native": native{}, "plain": plain{}} {
				b.Run(fmt.Sprintf("%dp/%s/%s", size[1], scene.name, name), func(b *testing.B) {
					against(b, scene.v, &Beauty{kernels: k}, s, nil)
				})
			}
		}
	}
}

// against reports the fastest run, in milliseconds and as a multiple of the fastest copy of the picture to memory that is
// warm from the copy before.
func against(b *testing.B, in *frame.Video, beauty *Beauty, s Settings, faces []frame.Face) {
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
