package live

import (
	"slices"
	"sync/atomic"
	"time"
)

// aliveFor is how long after a packet a layer counts as flowing.
const aliveFor = time.Second

// feed is the sound or the picture of the show: what it is coded in, and its layers. It lives as long as publishers come
// whose streams viewers can go on with.
type feed struct {
	codec  Codec
	track  func() *UpTrack          // makes one
	sorted atomic.Pointer[[]*Layer] // see layers
	asked  bool                     // newcomers have a key frame asked for rather than many frames sent
}

// Layer is one size of a show's picture, or its one sound, as its publishers send it under one stream identifier (RFC 8851;
// "" for a publisher that sends a single stream). Its methods may be called from anywhere.
type Layer struct {
	rid    string
	up     *UpTrack
	epoch  uint32 // under which the publisher on air writes; belongs to the show's loop
	wanted atomic.Int32
	lowest atomic.Bool   // of those whose size is known: never paused
	paused atomic.Uint32 // the epoch whose publisher has been asked to pause it, or 0
	// usable and rate are what viewers' choices go by: whether the layer flows, or would if it were wanted, and its smoothed
	// Bitrate or, while that is not known, a guess. The show's loop renews them.
	usable atomic.Bool
	rate   atomic.Int64
}

func newFeed(c Codec, rids []string, cacheBytes int, lanes []*lane, stats *counters) *feed {
	return feedWith(c, rids, func() *UpTrack { return newUpTrack(c, cacheBytes, lanes, stats) })
}

// feedWith makes a feed of the tracks that it is given.
func feedWith(c Codec, rids []string, track func() *UpTrack) *feed {
	f := &feed{codec: c, track: track}
	f.sorted.Store(&[]*Layer{})
	f.carry(rids)
	return f
}

// carry makes the feed's layers those of a publisher's stream identifiers, none for one that sends a single stream. Of a layer
// that it has not nothing comes any more, so its viewers turn to others. It belongs to the show's loop.
func (f *feed) carry(rids []string) {
	if len(rids) == 0 {
		rids = []string{""}
	}
	before, list := f.layers(), []*Layer{}
	for _, rid := range rids {
		l := f.layer(rid)
		if l == nil {
			l = &Layer{rid: rid, up: f.track()}
		}
		list = append(list, l)
	}
	for _, l := range before {
		if !slices.Contains(list, l) {
			l.up.Silence()
			l.usable.Store(false)
		}
	}
	f.sorted.Store(&list)
	f.sort(time.Now())
}

// layers lists the feed's layers from the lowest picture to the highest; those whose size is not known yet come first. The
// list must not be changed.
func (f *feed) layers() []*Layer { return *f.sorted.Load() }

// sort puts the layers in order and renews what choices go by. It belongs to the show's loop.
func (f *feed) sort(now time.Time) {
	list := slices.Clone(f.layers())
	slices.SortStableFunc(list, func(a, b *Layer) int { return a.up.Size().area() - b.up.Size().area() })
	if !slices.Equal(list, f.layers()) {
		f.sorted.Store(&list)
	}
	first := slices.IndexFunc(list, func(l *Layer) bool { return l.Size() != Size{} })
	var known *Layer
	for i, l := range list {
		l.lowest.Store(i == first)
		l.usable.Store(l.Alive(now) || l.Paused())
		if fresh := int64(l.Bitrate(now)); fresh > 0 {
			was := l.rate.Load()
			if was == 0 {
				was = fresh
			}
			l.rate.Store(was + (fresh-was)/2)
			known = l
		} else if known != nil && l.rate.Load() == 0 {
			l.rate.Store(known.rate.Load() * int64(l.Size().area()) / int64(max(known.Size().area(), 1)))
		}
	}
}

// up is the track of the best layer now.
func (f *feed) up() *UpTrack { return f.best(time.Now()).up }

// best is the highest layer that flows, or would if it were wanted; while none does, the highest.
func (f *feed) best(now time.Time) *Layer {
	list := f.layers()
	for _, l := range slices.Backward(list) {
		if l.Alive(now) || l.Paused() {
			return l
		}
	}
	return list[len(list)-1]
}

// first is the layer that a newcomer begins with: the one that is chosen, or the next lower that flows already.
func (f *feed) first(g *guard, most ceiling, now time.Time) *Layer {
	best, _ := f.choose(g, nil, most)
	if best == nil {
		return f.best(now)
	}
	begin, list := best, f.layers()
	for _, l := range list[:slices.Index(list, best)+1] {
		if l.Alive(now) {
			begin = l
		}
	}
	return begin
}

// layer returns the one with that stream identifier, or nil.
func (f *feed) layer(rid string) *Layer {
	for _, l := range f.layers() {
		if l.rid == rid {
			return l
		}
	}
	return nil
}

// of returns the layer of a track, or nil.
func (f *feed) of(up *UpTrack) *Layer {
	for _, l := range f.layers() {
		if l.up == up {
			return l
		}
	}
	return nil
}

// Alive reports whether a packet has come within the last second.
func (l *Layer) Alive(now time.Time) bool { return l.up.Quiet(now) <= aliveFor }

// Size is the picture's; the zero Size before its first key frame.
func (l *Layer) Size() Size { return l.up.Size() }

// Bitrate is measured over the last second, in bits a second, RTP headers included; 0 if nothing comes. For a paused layer
// it is what it was before.
func (l *Layer) Bitrate(now time.Time) int {
	if l.Paused() {
		return l.up.usual()
	}
	return l.up.Bitrate(now)
}

// Paused reports whether the layer rests because nobody wants it: it flows again soon after somebody does.
func (l *Layer) Paused() bool {
	epoch := l.paused.Load()
	return epoch != 0 && l.up.written(epoch)
}

// Want says that a viewer begins (true) or stops (false) to need the layer. While nobody does, its publisher may be asked
// to pause it; when somebody does again it is asked to resume, and for a key frame. Whoever wants takes it back once.
func (l *Layer) Want(yes bool) {
	if yes {
		l.wanted.Add(1)
	} else {
		l.wanted.Add(-1)
	}
}
