package publish

import (
	"sync/atomic"
	"time"

	"vitrine/capture/frame"
)

// keyPatience is how long a wish for a key frame is not repeated: encoding and sending it takes a few pictures.
const keyPatience = 250 * time.Millisecond

// layer is one size of the picture on its way: a stream of its own. Where the server takes one stream only, whichever size
// the path carries goes into it.
type layer struct {
	*stream
	// taken says that the server takes this stream.
	taken   bool
	pausing pausing // of the sender's loop

	source  atomic.Int32 // the frame.Layer that flows in it
	needKey atomic.Bool
	asked   atomic.Int64 // when a key frame was last asked for, since the sender's start
}

func newLayer(st *stream, size frame.Layer) *layer {
	l := &layer{stream: st}
	l.source.Store(int32(size))
	l.needKey.Store(true)
	l.asked.Store(-int64(keyPatience))
	return l
}

// wanted reports whether somebody takes the stream and wants it now.
func (l *layer) wanted() bool { return l.taken && !l.pausing.paused }

// takes reports whether a picture can follow those that went before. A picture of another size can only with a key frame.
func (l *layer) takes(p *frame.Packet) bool {
	if p.Key {
		l.source.Store(int32(p.Layer))
		return true
	}
	return !l.needKey.Load() && frame.Layer(l.source.Load()) == p.Layer
}
