package studio

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"vitrine/capture/frame"
	"vitrine/effects"
	"vitrine/studio/scene"
)

// The picture loop repeats the last picture when the source is late, so that viewers' players keep running, and shows the
// slate when it stays away.
const (
	repeatAfter = 200 * time.Millisecond
	slateAfter  = 3 * time.Second
)

// pictures makes the program picture from the newest picture of the selected source, on its own goroutine. The slots it
// reads from and writes to hold one picture each, newest wins.
type pictures struct {
	clock            *clock
	scale            scene.Scale
	rack             *effects.Picture
	compare          atomic.Bool // the preview shows the picture without effects
	preview, encoder *frame.Slot
	input            chan picture    // the source to show from now on
	hold             *frame.Playback // of the source shown

	mu       sync.Mutex // guards what the owner reads and sets
	format   frame.Format
	stats    pictureStats
	card     *scene.Overlay // nil for none
	corner   Corner         // where it stands
	arranged *arrangement   // of the stage; nil for the host alone

	pool frame.Pool
	// Owned by run:
	bare    bool
	last    *frame.Video // newest picture of the source in program size
	lastIn  time.Time    // when the source last delivered
	lastOut time.Time
	due     time.Duration // when the program's next picture is due
	stamp   time.Duration // of the last picture that went out
	laid    laidCard

	composing composing
}

// picture is where the program's pictures come from. Without a slot the slate is shown.
type picture struct {
	slot *frame.Slot
	bare bool // it goes out without the look, which is for people, not for screens
}

// pictureStats is what the picture loop saw.
type pictureStats struct {
	showing       Showing
	width, height int // of the source
	in            uint64
	lastIn        time.Time
	dressed       int           // pictures that got effects, and how long that took
	dressing      time.Duration // in all
}

func newPictures(c *clock, scale scene.Scale, rack *effects.Picture, f frame.Format, fonts scene.Fonts) *pictures {
	p := &pictures{
		clock: c, scale: scale, rack: rack, format: f,
		preview: frame.NewSlot(), encoder: frame.NewSlot(), input: make(chan picture),
		stamp: -1,
	}
	if fonts != nil {
		p.composing.names, p.composing.bar = scene.NewNames(fonts), scene.NewBattleBar(fonts)
	}
	return p
}

// show switches to another source.
func (p *pictures) show(ctx context.Context, next picture) {
	select {
	case p.input <- next:
	case <-ctx.Done():
	}
}

func (p *pictures) setFormat(f frame.Format) {
	p.mu.Lock()
	p.format = f
	p.mu.Unlock()
}

func (p *pictures) setPlayback(play *frame.Playback) {
	p.mu.Lock()
	p.hold = play
	p.mu.Unlock()
}

func (p *pictures) state() pictureStats {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.stats
}

func (p *pictures) wanted() frame.Format {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.format
}

func (p *pictures) paused() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.hold != nil && p.hold.Paused()
}

func (p *pictures) run(ctx context.Context) error {
	defer p.drain()
	tick := time.NewTicker(repeatAfter / 4)
	defer tick.Stop()
	var slot *frame.Slot
	var ready <-chan struct{}
	for {
		select {
		case <-ctx.Done():
			return nil
		case next := <-p.input:
			slot, ready, p.bare = next.slot, nil, next.bare
			p.rack.Switch()
			if slot != nil {
				ready = slot.Ready()
			}
			p.mu.Lock()
			p.stats.in, p.stats.width, p.stats.height = 0, 0, 0
			p.mu.Unlock()
		case <-ready:
			if v := slot.Take(); v != nil {
				p.take(v)
			}
		case now := <-tick.C:
			p.fill(now)
		}
	}
}

// take shows a picture that the source delivered, unless the program's rate has no room for it.
func (p *pictures) take(v *frame.Video) {
	defer v.Release()
	f := p.wanted()
	now := time.Now()
	p.mu.Lock()
	p.stats.in++
	p.stats.width, p.stats.height, p.stats.lastIn = v.Width, v.Height, now
	p.mu.Unlock()
	p.lastIn = now
	interval := f.Interval()
	if v.PTS < p.due-interval/4 {
		return
	}
	p.due = max(p.due, v.PTS-interval) + interval
	raw := p.program(v, f)
	defer raw.Release()
	p.keep(p.dress(raw, now))
	before := p.last
	if p.compare.Load() {
		before = raw
	}
	p.emit(p.last, before, ShowingSource, now)
}

// dress is v with the host's look, as a reference of its own.
func (p *pictures) dress(v *frame.Video, began time.Time) *frame.Video {
	if p.bare {
		return v.Retain()
	}
	out := p.rack.Apply(v)
	p.mu.Lock()
	p.stats.dressed++
	p.stats.dressing += time.Since(began)
	p.mu.Unlock()
	return out
}

// second is how long a picture took to get its effects since it was last asked; zero if none came.
func (p *pictures) second() (mean time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.stats.dressed > 0 {
		mean = p.stats.dressing / time.Duration(p.stats.dressed)
	}
	p.stats.dressed, p.stats.dressing = 0, 0
	return mean
}

// program is v in the program's size, as a reference of its own.
func (p *pictures) program(v *frame.Video, f frame.Format) *frame.Video {
	if v.Width == f.Width && v.Height == f.Height {
		return v.Retain()
	}
	out := p.pool.Get(f.Width, f.Height)
	scene.Fit(out, v, p.scale)
	return out
}

func (p *pictures) keep(v *frame.Video) {
	if p.last != nil {
		p.last.Release()
	}
	p.last = v
}

// fill puts out the last picture or the slate when the source is late.
func (p *pictures) fill(now time.Time) {
	wait := repeatAfter
	if p.composing.compositor != nil {
		wait = repeatStaged
	}
	if now.Sub(p.lastOut) < wait {
		return
	}
	f := p.wanted()
	showing := ShowingLast
	if p.last == nil || (now.Sub(p.lastIn) > slateAfter && !p.paused()) {
		showing = ShowingSlate
	}
	out := p.pool.Get(f.Width, f.Height)
	defer out.Release()
	switch {
	case showing == ShowingSlate:
		scene.Slate(out)
	case p.last.Width == f.Width && p.last.Height == f.Height:
		out.Copy(p.last)
	default:
		scene.Fit(out, p.last, p.scale)
	}
	out.PTS = p.clock.Now()
	p.emit(out, out, showing, now)
}

// emit hands one picture to the encoder and one to the preview. Time never runs backwards.
func (p *pictures) emit(v, preview *frame.Video, showing Showing, now time.Time) {
	if v.PTS <= p.stamp {
		return
	}
	p.stamp = v.PTS
	p.lastOut = now
	p.mu.Lock()
	p.stats.showing = showing
	p.mu.Unlock()
	opacity := p.fade(now)
	out := p.full(v, opacity, now)
	if preview == v {
		p.preview.Put(out.Retain())
	} else {
		p.preview.Put(p.full(preview, opacity, now))
	}
	p.encoder.Put(out)
}

// full is the host's picture as it goes out: among those on stage, and with the card.
func (p *pictures) full(v *frame.Video, opacity int, now time.Time) *frame.Video {
	out := p.staged(v, now)
	defer out.Release()
	return p.carded(out, opacity)
}

func (p *pictures) drain() {
	p.keep(nil)
	p.composing.end()
	p.preview.Drain()
	p.encoder.Drain()
}
