package studio

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"vitrine/capture/frame"
	"vitrine/server/wire"
)

// videoOut encodes the program's pictures while media flows, on its own goroutine, so that a slow picture never holds up
// the sound. It rebuilds its encoder when the picture's size or the settings change, always beginning with a key frame, and
// follows the plan of layers from picture to picture.
type videoOut struct {
	encoders Encoders
	slot     *frame.Slot
	write    func(*frame.Packet)
	failed   func(error)

	flowing atomic.Bool               // the link is live
	dark    atomic.Bool               // the host wants no picture to be sent
	keys    [frame.Layers]atomic.Bool // a key frame is wanted

	mu     sync.Mutex // guards what the owner reads and sets
	output Output
	format frame.Format
	demand frame.Demand
	plan   frame.Plan
	load   load
	spent  time.Duration
	left   wire.Stalls   // the encoder
	leftAt time.Duration // the newest of them, on the show's clock

	// Owned by run:
	encoder VideoEncoder
	built   frame.VideoSettings
	skipped [frame.Layers]uint64 // by the encoder so far
	retry   time.Time
}

// retryEncoder is how long a failed encoder rests.
const retryEncoder = time.Second

// oneLayer is what an uplink wants that has said nothing yet.
var oneLayer = frame.Demand{Wanted: [frame.Layers]bool{frame.Full: true}}

// configure takes over settings; they hold from the next picture on.
func (e *videoOut) configure(o Output, f frame.Format) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.output, e.format = o, f
	e.share()
}

// ask takes over what the uplink wants; it holds from the next picture on.
func (e *videoOut) ask(d frame.Demand) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.demand = d
	e.share()
}

func (e *videoOut) share() {
	o := e.output
	o.Format = e.format
	e.plan = allocate(e.plan, e.demand, o.Bitrate(), e.format)
}

// flow starts and stops encoding. Every layer begins with a key frame.
func (e *videoOut) flow(on bool) { e.flowing.Store(on) }

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

// leaves counts a picture that leaves: while there is no way out, too, for that is not the encoder's fault.
func (e *videoOut) leaves(pts time.Duration) {
	now := time.Now()
	e.mu.Lock()
	defer e.mu.Unlock()
	e.left.Take(pts-e.leftAt, now)
	e.leftAt = pts
}

// leaving is how pictures have left the encoder until now.
func (e *videoOut) leaving() wire.Stalls {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.left
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
		shown := !e.dark.Load()
		if e.flowing.Load() && shown {
			shown = e.encode(v, int(lost))
		} else if e.encoder != nil {
			e.drop()
		}
		if shown {
			e.leaves(v.PTS)
		}
		v.Release()
	}
}

// encode reports whether the picture left the encoder, or was left out because the way does not carry it.
func (e *videoOut) encode(v *frame.Video, lost int) bool {
	start := time.Now()
	if err := e.build(v, start); err != nil {
		e.fail(err)
		return false
	}
	if e.encoder == nil {
		return false
	}
	e.mu.Lock()
	plan := e.plan
	e.mu.Unlock()
	for l := range plan {
		plan[l].FPS = min(plan[l].FPS, e.built.Format.FPS)
	}
	var keys [frame.Layers]bool
	for l := range keys {
		keys[l] = e.keys[l].Swap(false)
	}
	packets, err := e.encoder.Encode(v, plan, keys)
	if err != nil {
		e.fail(err)
		return false
	}
	e.count(packets, plan, lost, time.Since(start))
	for _, p := range packets {
		e.write(p)
	}
	return true
}

func (e *videoOut) count(packets []*frame.Packet, plan frame.Plan, lost int, spent time.Duration) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if plan != (frame.Plan{}) {
		e.load.encoded++
		e.load.dropped += lost
		e.spent += spent
	}
	for _, p := range packets {
		e.load.layers[p.Layer].pictures++
		e.load.layers[p.Layer].bytes += len(p.Data)
	}
	skipped := e.encoder.Skipped()
	for l := range e.load.layers {
		of := &e.load.layers[l]
		of.skipped += skipped[l] - e.skipped[l]
		of.format = e.built.Format.At(frame.Layer(l))
		switch {
		case plan[l].On():
			of.state = LayerOn
		case e.demand.Wanted[l]:
			of.state = LayerOff
		default:
			of.state = LayerPaused
		}
	}
	e.skipped = skipped
}

// build makes sure that the encoder fits the picture and the settings.
func (e *videoOut) build(v *frame.Video, now time.Time) error {
	e.mu.Lock()
	o, f := e.output, e.format
	e.mu.Unlock()
	want := frame.VideoSettings{
		Codec:       o.Codec,
		Format:      frame.Format{Width: v.Width, Height: v.Height, FPS: f.FPS},
		KeyInterval: o.KeyInterval,
	}
	if e.encoder != nil && want == e.built {
		return nil
	}
	e.drop()
	if o.Codec == "" || now.Before(e.retry) {
		return nil
	}
	encoder, err := e.encoders.Video(want)
	if err != nil {
		return fmt.Errorf("build the %s encoder for %v: %w", want.Codec, want.Format, err)
	}
	e.encoder, e.built, e.skipped = encoder, want, [frame.Layers]uint64{}
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
