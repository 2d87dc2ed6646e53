// Package frame is the media vocabulary every room of the studio speaks: pictures, blocks of sound, encoded packets, the
// pool pictures come from, the places where they wait, and the few words about devices and links that cross rooms.
//
// It owns no device, goroutine or clock. Time is a position on the show's clock: the number of sound samples since the
// session began, divided by 48,000 (the sound is the master clock, pictures follow). Two kinds of waiting exist and no
// third: a [Slot] holds the newest picture and counts what it replaced, a [Queue] holds a few blocks of sound and counts
// what it dropped. Neither ever blocks a producer, so a stalled consumer costs pictures, never latency.
package frame

import (
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

// Video is one picture in planar I420 (4:2:0, 8 bit), BT.709 matrix, limited range. Chroma planes are
// ceil(Width/2) × ceil(Height/2). Whoever holds a reference may read the planes; only the producer writes, and only
// before the picture is handed on. A picture is shared by Retain and given back by Release; the last Release returns its
// memory to the pool.
type Video struct {
	Y, U, V          []byte
	YStride, CStride int // bytes from one row to the next
	Width, Height    int // pixels, both at least 1
	// PTS is when the picture was taken, on the show's clock.
	PTS time.Duration

	refs atomic.Int32
	pool *Pool
}

// Retain adds a reference and returns the same picture.
func (v *Video) Retain() *Video {
	if v.refs.Add(1) <= 1 {
		panic("frame: Retain of a released picture")
	}
	return v
}

// Release gives one reference back. Releasing more often than retaining panics: it would hand one memory to two owners.
func (v *Video) Release() {
	switch n := v.refs.Add(-1); {
	case n < 0:
		panic("frame: Release of a released picture")
	case n == 0 && v.pool != nil:
		v.pool.put(v)
	}
}

// Fill paints the whole picture in one colour given in limited-range Y, Cb, Cr.
func (v *Video) Fill(y, cb, cr byte) {
	fill(v.Y, y)
	fill(v.U, cb)
	fill(v.V, cr)
}

// fill doubles what is filled, which copies as fast as memory goes.
func fill(p []byte, b byte) {
	if len(p) == 0 {
		return
	}
	p[0] = b
	for n := 1; n < len(p); n *= 2 {
		copy(p[n:], p[:n])
	}
}

// Copy copies the planes and the time of src, which must have the same size.
func (v *Video) Copy(src *Video) {
	if v.Width != src.Width || v.Height != src.Height {
		panic(fmt.Sprintf("frame: copy %dx%d into %dx%d", src.Width, src.Height, v.Width, v.Height))
	}
	cw, ch := (v.Width+1)/2, (v.Height+1)/2
	copyPlane(v.Y, v.YStride, src.Y, src.YStride, v.Width, v.Height)
	copyPlane(v.U, v.CStride, src.U, src.CStride, cw, ch)
	copyPlane(v.V, v.CStride, src.V, src.CStride, cw, ch)
	v.PTS = src.PTS
}

func copyPlane(dst []byte, dstStride int, src []byte, srcStride, w, h int) {
	for y := range h {
		copy(dst[y*dstStride:y*dstStride+w], src[y*srcStride:y*srcStride+w])
	}
}

// Pool recycles the memory of pictures. The zero value is ready; all methods may be called from any goroutine. Pictures of
// a size that is no longer asked for are left to the garbage collector.
type Pool struct {
	mu            sync.Mutex
	width, height int
	free          []*Video
	live          atomic.Int64
}

// poolDepth bounds the pictures kept: device, loop, preview, encoder and one in flight each.
const poolDepth = 8

// Get returns a picture of the given size in pixels with one reference and undefined content.
func (p *Pool) Get(width, height int) *Video {
	v := p.take(width, height)
	v.refs.Store(1)
	v.PTS = 0
	p.live.Add(1)
	return v
}

func (p *Pool) take(width, height int) *Video {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.width != width || p.height != height {
		p.width, p.height, p.free = width, height, nil
	}
	if n := len(p.free); n > 0 {
		v := p.free[n-1]
		p.free = p.free[:n-1]
		return v
	}
	return newVideo(p, width, height)
}

func (p *Pool) put(v *Video) {
	p.live.Add(-1)
	p.mu.Lock()
	defer p.mu.Unlock()
	if v.Width == p.width && v.Height == p.height && len(p.free) < poolDepth {
		p.free = append(p.free, v)
	}
}

// Live is the number of pictures handed out and not yet released: zero when nobody leaks.
func (p *Pool) Live() int { return int(p.live.Load()) }

// New returns a picture that belongs to no pool, with one reference.
func New(width, height int) *Video {
	v := newVideo(nil, width, height)
	v.refs.Store(1)
	return v
}

// strideAlign lets vector kernels read whole registers from the start of every row.
const strideAlign = 32

func newVideo(p *Pool, width, height int) *Video {
	if width < 1 || height < 1 {
		panic(fmt.Sprintf("frame: picture of %dx%d", width, height))
	}
	ys := align(width)
	cs := align((width + 1) / 2)
	ch := (height + 1) / 2
	mem := make([]byte, ys*height+2*cs*ch)
	y, rest := mem[:ys*height:ys*height], mem[ys*height:]
	return &Video{
		Y: y, U: rest[: cs*ch : cs*ch], V: rest[cs*ch:],
		YStride: ys, CStride: cs, Width: width, Height: height, pool: p,
	}
}

func align(n int) int { return (n + strideAlign - 1) / strideAlign * strideAlign }
