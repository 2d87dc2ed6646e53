package encode

import (
	"math"
	"time"

	"vitrine/capture/frame"
)

// paint draws picture number n of a moving show: a slow camera pan over cloth-like texture, a bright product that moves in
// a circle, and a little sensor noise. It is the same on every machine.
func paint(v *frame.Video, n, fps int) {
	v.PTS = time.Duration(n) * time.Second / time.Duration(fps)
	t := float64(n) / float64(fps)
	pan := int(40 * t)
	seed := uint32(n)*2654435761 + 1
	for y := range v.Height {
		row := v.Y[y*v.YStride:][:v.Width]
		for x := range row {
			seed = seed*1664525 + 1013904223
			a := wave[(x+pan)*7&1023] + wave[(y*5+x)&1023]/2 + wave[((x+pan)*(y>>4)>>3)&1023]/2
			row[x] = byte(120 + a + int(seed>>30))
		}
	}
	cx := v.Width/2 + int(float64(v.Width)/4*math.Cos(t*1.3))
	cy := v.Height/2 + int(float64(v.Height)/4*math.Sin(t*1.3))
	side := v.Height / 6
	for y := cy - side; y < cy+side; y++ {
		for x := cx - side; x < cx+side; x++ {
			v.Y[y*v.YStride+x] = byte(200 - (x-cx)*(y-cy)>>8)
		}
	}
	for y := range (v.Height + 1) / 2 {
		for x := range (v.Width + 1) / 2 {
			v.U[y*v.CStride+x] = byte(128 + wave[(x+pan/2)*3&1023]/4)
			v.V[y*v.CStride+x] = byte(128 + wave[(y*3+x)&1023]/4)
		}
	}
}

var wave = func() (w [1024]int) {
	for i := range w {
		w[i] = int(32 * math.Sin(2*math.Pi*float64(i)/1024))
	}
	return w
}()
