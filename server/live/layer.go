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
	sorted atomic.Pointer[[]*Layer] // see layers
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
}

func newFeed(c Codec, rids []string, cacheBytes int, lanes []*lane, stats *counters) *feed {
	f := &feed{codec: c}
	if len(rids) == 0 {
		rids = []string{""}
	}
	var list []*Layer
	for _, rid := range rids {
		list = append(list, &Layer{rid: rid, up: newUpTrack(c, cacheBytes, lanes, stats)})
	}
	f.sorted.Store(&list)
	f.sort()
	return f
}

// layers lists the feed's layers from the lowest picture to the highest; those whose size is not known yet come first. The
// list must not be changed.
func (f *feed) layers() []*Layer { return *f.sorted.Load() }

// sort puts the layers in order. It belongs to the show's loop.
func (f *feed) sort() {
	list := slices.Clone(f.layers())
	slices.SortStableFunc(list, func(a, b *Layer) int { return a.up.Size().area() - b.up.Size().area() })
	if !slices.Equal(list, f.layers()) {
		f.sorted.Store(&list)
	}
	first := slices.IndexFunc(list, func(l *Layer) bool { return l.Size() != Size{} })
	for i, l := range list {
		l.lowest.Store(i == first)
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

// layer returns the one with that stream identifier, or nil.
func (f *feed) layer(rid string) *Layer {
	for _, l := range f.layers() {
		if l.rid == rid {
			return l
		}
	}
	return nil
}

// carries reports whether the feed's layers are those of the stream identifiers.
func (f *feed) carries(rids []string) bool {
	if len(rids) == 0 {
		return f.layer("") != nil
	}
	return len(rids) == len(f.layers()) && !slices.ContainsFunc(rids, func(rid string) bool { return f.layer(rid) == nil })
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
