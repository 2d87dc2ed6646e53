package studio

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"vitrine/capture/frame"
)

// videoOut encodes the program's pictures while media flows, on its own goroutine, so that a slow picture never holds up
// the sound. It rebuilds its encoder when the picture's size or the settings change, always beginning with a key frame.
type videoOut struct {
	encoders Encoders
	slot     *frame.Slot
	write    func(*frame.Packet)
	failed   func(error)

	flowing atomic.Bool // the link is live
	key     atomic.Bool // a key frame is wanted
	bitrate atomic.Int64

	mu     sync.Mutex // guards what the owner reads and sets
	output Output
	format frame.Format
	load   load
	spent  time.Duration

	// Owned by run:
	encoder VideoEncoder
	built   frame.VideoSettings
	retry   time.Time
}

// retryEncoder is how long a failed encoder rests.
const retryEncoder = time.Second

// configure takes over settings; they hold from the next picture on.
func (e *videoOut) configure(o Output, f frame.Format) {
	e.mu.Lock()
	e.output, e.format = o, f
	e.mu.Unlock()
	o.Format = f
	e.bitrate.Store(int64(o.Bitrate()))
}

// flow starts and stops encoding; a start begins with a key frame.
func (e *videoOut) flow(on bool) {
	if on {
		e.key.Store(true)
	}
	e.flowing.Store(on)
}

// second returns what was encoded since it was last asked.
func (e *videoOut) second() load {
	e.mu.Lock()
	defer e.mu.Unlock()
	l := e.load
	if l.encoded > 0 {
		l.mean = e.spent / time.Duration(l.encoded)
	}
	e.load, e.spent = load{}, 0
	return l
}

func (e *videoOut) run(ctx context.Context) error {
	defer e.drop()
	var before uint64
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-e.slot.Ready():
		}
		v := e.slot.Take()
		if v == nil {
			continue
		}
		_, dropped := e.slot.Counts()
		lost := dropped - before
		before = dropped
		if e.flowing.Load() {
			e.encode(v, int(lost))
		} else if e.encoder != nil {
			e.drop()
		}
		v.Release()
	}
}

func (e *videoOut) encode(v *frame.Video, lost int) {
	start := time.Now()
	if err := e.build(v, start); err != nil {
		e.fail(err)
		return
	}
	if e.encoder == nil {
		return
	}
	if want := int(e.bitrate.Load()); want != e.built.Bitrate {
		if err := e.encoder.SetBitrate(want); err != nil {
			e.fail(err)
			return
		}
		e.built.Bitrate = want
	}
	p, err := e.encoder.Encode(v, e.key.Swap(false))
	if err != nil {
		e.fail(err)
		return
	}
	e.mu.Lock()
	e.load.encoded++
	e.load.dropped += lost
	e.spent += time.Since(start)
	e.mu.Unlock()
	if p != nil {
		e.write(p)
	}
}

// build makes sure that the encoder fits the picture and the settings.
func (e *videoOut) build(v *frame.Video, now time.Time) error {
	e.mu.Lock()
	o, f := e.output, e.format
	e.mu.Unlock()
	want := frame.VideoSettings{
		Codec:       o.Codec,
		Format:      frame.Format{Width: v.Width, Height: v.Height, FPS: f.FPS},
		Bitrate:     e.built.Bitrate,
		KeyInterval: o.KeyInterval,
	}
	if e.encoder != nil && want == e.built {
		return nil
	}
	e.drop()
	if o.Codec == "" || now.Before(e.retry) {
		return nil
	}
	want.Bitrate = int(e.bitrate.Load())
	encoder, err := e.encoders.Video(want)
	if err != nil {
		return fmt.Errorf("build the %s encoder for %v: %w", want.Codec, want.Format, err)
	}
	e.encoder, e.built = encoder, want
	e.key.Store(true)
	return nil
}

func (e *videoOut) fail(err error) {
	e.drop()
	e.retry = time.Now().Add(retryEncoder)
	e.failed(err)
}

func (e *videoOut) drop() {
	if e.encoder == nil {
		return
	}
	if err := e.encoder.Close(); err != nil {
		e.failed(fmt.Errorf("close the encoder: %w", err))
	}
	e.encoder, e.built = nil, frame.VideoSettings{}
}
