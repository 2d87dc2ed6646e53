package studio

import (
	"context"
	"fmt"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"vitrine/capture/frame"
	"vitrine/server/wire"
	"vitrine/studio/mix"
)

// feed is somebody on stage on their way here: what comes of their media is decoded, the sound for the mixer, the picture for the program and the window.
type feed struct {
	spot   wire.SpotID
	media  string
	server string
	stop   context.CancelFunc
	clock  *clock
	fault  func(error) frame.Fault

	// Owned by the session's loop:
	name  string
	sends bool
	strip StageStrip

	voice *voice
	thumb *frame.Slot
	coded chan codedPicture

	mu      sync.Mutex // guards what follows
	link    frame.Link
	problem Problem
	newest  *frame.Video  // nil for none
	shot    time.Time     // when it came
	age     time.Duration // how long pictures are here before the program has them, over the last
	came    time.Time     // when the newest picture or sound came
	since   time.Time     // when the pictures were counted last
	count   int           // pictures since then
	fps     float64
}

type codedPicture struct {
	codec  frame.Codec
	packet *frame.Packet
	came   time.Time
}

const (
	// codedPictures wait for their decoder; when there are more, all up to the next key frame are left out.
	codedPictures = 8
	// feedSilent is after how long without anything a feed is opening again.
	feedSilent = 2 * time.Second
	// ageOver is over how many pictures of the program their age is told.
	ageOver = 64
	// decoderRest is how long a sound decoder that could not be built rests.
	decoderRest = time.Second
)

func newFeed(c cast, server string) *feed {
	return &feed{
		spot: c.spot, media: c.media, name: c.name, server: server,
		voice: newVoice(), thumb: frame.NewSlot(), coded: make(chan codedPicture, codedPictures),
	}
}

func (f *feed) at() wire.SpotID { return f.spot }

// flows reports whether the connection stands.
func (f *feed) flows() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.link.Phase == frame.LinkLive
}

// run lets it flow until ctx ends.
func (f *feed) run(ctx context.Context, from Receivers, with Decoders) error {
	defer f.drop()
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return f.decode(ctx, with) })
	group.Go(func() error {
		ear := ear{feed: f, with: with}
		defer ear.close()
		err := from.Receive(ctx, f.server, f.media, Reception{
			Picture: f.take, Sound: ear.take, Spare: f.voice.elastic.Waiting, Link: f.linked,
		})
		if err != nil {
			f.fail(Problem{Trouble: LinkTrouble, Name: f.media, Fault: f.fault(err), Detail: err.Error()})
		}
		<-ctx.Done()
		return err
	})
	return group.Wait()
}

// drop gives the pictures back.
func (f *feed) drop() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.newest != nil {
		f.newest.Release()
		f.newest = nil
	}
	f.thumb.Drain()
}

func (f *feed) fail(p Problem) {
	f.mu.Lock()
	f.problem = p
	f.mu.Unlock()
}

func (f *feed) linked(l frame.Link) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.link = l
	if l.Phase == frame.LinkLive {
		f.problem = Problem{}
	} else if l.Fault != frame.FaultNone {
		f.problem = Problem{Trouble: LinkTrouble, Name: f.media, Fault: l.Fault, Detail: l.Detail}
	}
}

// take queues a picture for its decoder.
func (f *feed) take(c frame.Codec, p *frame.Packet) bool {
	select {
	case f.coded <- codedPicture{c, p, time.Now()}:
		return true
	default:
		return false
	}
}

// decode decodes pictures, until ctx ends. A decoder that fails begins anew at the next key frame.
func (f *feed) decode(ctx context.Context, with Decoders) error {
	var d VideoDecoder
	var codec frame.Codec
	end := func() {
		if d != nil {
			_ = d.Close() // it holds nothing but memory
			d = nil
		}
	}
	defer end()
	for {
		var in codedPicture
		select {
		case <-ctx.Done():
			return nil
		case in = <-f.coded:
		}
		if in.codec != codec {
			end()
		}
		if d == nil {
			if !in.packet.Key {
				continue
			}
			var err error
			if d, err = with.VideoDecoder(in.codec); err != nil {
				f.fail(Problem{Trouble: InputFailed, Name: f.media, Detail: err.Error()})
				d = nil
				continue
			}
			codec = in.codec
		}
		v, err := d.Decode(in.packet)
		if err != nil {
			end()
			continue
		}
		if v != nil {
			f.show(v, in.came)
		}
	}
}

// show makes v, which came at a time, the newest picture and takes it over.
func (f *feed) show(v *frame.Video, came time.Time) {
	v.PTS = f.clock.Now()
	now := time.Now()
	f.thumb.Put(v.Retain())
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.newest != nil {
		f.newest.Release()
	}
	f.newest, f.shot, f.came = v, came, now
	f.count++
	if passed := now.Sub(f.since); passed >= time.Second {
		f.fps = float64(f.count) / passed.Seconds()
		f.count, f.since = 0, now
	}
}

// seenAfter is how long it takes from the server until a picture is in the program; 0 for no pictures.
func (f *feed) seenAfter() time.Duration {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.age == 0 || time.Since(f.shot) > feedSilent {
		return 0
	}
	return f.link.RTT/2 + f.age
}

// picture is the newest picture for the program, as a reference of its own; nil for none, or one that stands for too long.
func (f *feed) picture() *frame.Video {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.newest == nil || time.Since(f.shot) > slateAfter {
		return nil
	}
	age := time.Since(f.shot)
	if f.age == 0 {
		f.age = age
	}
	f.age += (age - f.age) / ageOver
	return f.newest.Retain()
}

// public is how the feed does.
func (f *feed) public() StageFeed {
	level := f.voice.levelNow()
	waiting := f.voice.elastic.Waiting()
	f.mu.Lock()
	defer f.mu.Unlock()
	p := StageFeed{Spot: f.spot, Name: f.name, Status: Opening, Level: level, Strip: f.strip}
	if f.newest != nil {
		p.Width, p.Height, p.FPS = f.newest.Width, f.newest.Height, f.fps
	}
	switch {
	case !f.came.IsZero() && time.Since(f.came) < feedSilent:
		p.Status = Running
		p.Delay = f.link.RTT/2 + waiting + heardAfter
	case f.problem != Problem{}:
		p.Status, p.Problem = Failed, f.problem
	}
	return p
}

// heardAfter is what is between the mixer and the host's ear: a block that is being filled and one in the device.
const heardAfter = 2 * frame.BlockDuration

// ear decodes the sound of a feed into blocks, on the goroutine that receives.
type ear struct {
	*feed
	with Decoders
	d    AudioDecoder
	rest time.Time
	b    frame.Block
	n    int // samples in b
}

func (e *ear) close() {
	if e.d != nil {
		_ = e.d.Close() // as a picture's
		e.d = nil
	}
}

func (e *ear) take(p *frame.Packet, lost int) {
	now := time.Now()
	if e.d == nil {
		if now.Before(e.rest) {
			return
		}
		var err error
		if e.d, err = e.with.AudioDecoder(); err != nil {
			e.d, e.rest = nil, now.Add(decoderRest)
			e.fail(Problem{Trouble: InputFailed, Name: e.media, Detail: fmt.Sprintf("open the sound: %v", err)})
			return
		}
	}
	samples, err := e.d.Decode(p, lost)
	if err != nil {
		return // what is missing is heard as a gap
	}
	e.mu.Lock()
	e.came = now
	e.mu.Unlock()
	for len(samples) > 0 {
		n := copy(e.b[e.n:], samples)
		samples = samples[n:]
		if e.n += n; e.n == len(e.b) {
			e.n = 0
			e.voice.elastic.Put(&e.b)
		}
	}
}

// voice is somebody on stage in the mixer.
type voice struct {
	elastic *mix.Elastic
	// Owned by the sound's mutex:
	meter mix.Meter
	strip mix.Strip
	space mix.Space
	alone mix.Strip // muted while others are heard solo
	block frame.Block

	mu    sync.Mutex
	level mix.Level
}

func newVoice() *voice {
	return &voice{elastic: mix.NewElastic(), level: mix.Level{Peak: mix.Floor, RMS: mix.Floor}}
}

func (v *voice) levelNow() mix.Level {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.level
}
