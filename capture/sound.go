package capture

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/gordonklaus/portaudio"

	"vitrine/capture/frame"
)

// portAudio is the one owner of PortAudio, whose calls that initialise, list, open and close must not overlap. Whoever
// makes one holds the turn. PortAudio sees the machine's devices only when it is initialised: it is, while the first stream
// opens, and is terminated after the last has closed. A device plugged in between is listed by the system's own list
// where there is one; opening it makes the open streams close and open again, once.
type portAudio struct {
	log  *slog.Logger
	turn chan struct{} // holds one value while nobody has the turn

	// With the turn:
	open    map[*soundStream]struct{}
	changed chan struct{} // closed and replaced when a stream opens or closes
	known   soundList
	cards   string // the system's own list when PortAudio was initialised
	stale   bool   // PortAudio must look again: no stream opens until all have closed
	skipped bool
}

func newPortAudio(log *slog.Logger) *portAudio {
	p := &portAudio{log: log, turn: make(chan struct{}, 1), open: map[*soundStream]struct{}{}, changed: make(chan struct{})}
	p.turn <- struct{}{}
	return p
}

// soundStream is an open stream.
type soundStream struct {
	pa      *portaudio.Stream
	name    string
	calls   atomic.Uint64 // callbacks so far
	restart chan struct{} // holds a value when the stream shall close and open again
}

// errRestart means that PortAudio has to list the devices again.
var errRestart = errors.New("sound devices are listed again")

// port is one direction of sound: what to open, and what to do in the callback.
type port struct {
	kind     frame.Kind
	channels int
	// callback returns a func([]float32), interleaved in the given number of channels, which allocates nothing.
	callback func(channels int) func([]float32)
}

func (p *portAudio) record(ctx context.Context, id string, channels int, out *frame.Queue) error {
	mono := channels == 1
	return p.run(ctx, id, port{kind: frame.Microphone, channels: channels, callback: func(c int) func([]float32) {
		var b frame.Block
		at := 0
		return func(in []float32) {
			for i := 0; i+c <= len(in); i += c {
				left, right := in[i], in[i+c-1]
				if mono {
					left = (left + right) / 2
					right = left
				}
				b[at], b[at+1] = left, right
				if at += 2; at == len(b) {
					out.Put(&b)
					at = 0
				}
			}
		}
	}})
}

func (p *portAudio) play(ctx context.Context, id string, in *frame.Queue) error {
	return p.run(ctx, id, port{kind: frame.Speaker, channels: 2, callback: func(c int) func([]float32) {
		var b frame.Block
		at := len(b)
		return func(out []float32) {
			for i := 0; i+c <= len(out); i += c {
				if at == len(b) {
					if !in.Get(&b) {
						b = frame.Block{}
					}
					at = 0
				}
				if c == 1 {
					out[i] = (b[at] + b[at+1]) / 2
				} else {
					out[i], out[i+1] = b[at], b[at+1]
				}
				at += 2
			}
		}
	}})
}

// run keeps a stream open until ctx ends or the device fails.
func (p *portAudio) run(ctx context.Context, id string, d port) error {
	for ctx.Err() == nil {
		s, err := p.start(ctx, id, d)
		if err == nil {
			err = s.watch(ctx)
			p.stop(s)
		}
		if err != nil && !errors.Is(err, errRestart) && ctx.Err() == nil {
			return err
		}
	}
	return nil
}

// Callbacks come every 10 ms. Some systems take two seconds for the first one.
const (
	firstCallback = 4 * time.Second
	lastCallback  = time.Second
)

// watch waits until ctx ends or the callbacks do.
func (s *soundStream) watch(ctx context.Context) error {
	tick := time.NewTicker(lastCallback / 4)
	defer tick.Stop()
	seen, at, patience := uint64(0), time.Now(), firstCallback
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-s.restart:
			return errRestart
		case now := <-tick.C:
			if n := s.calls.Load(); n != seen {
				seen, at, patience = n, now, lastCallback
			} else if now.Sub(at) >= patience {
				return fmt.Errorf("%s has delivered nothing for %v: %w", s.name, patience, frame.ErrSilent)
			}
		}
	}
}

// take waits for the turn.
func (p *portAudio) take(ctx context.Context) error {
	select {
	case <-p.turn:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (p *portAudio) give() { p.turn <- struct{}{} }

// start opens a device and starts its callbacks.
func (p *portAudio) start(ctx context.Context, id string, d port) (*soundStream, error) {
	for {
		if err := p.take(ctx); err != nil {
			return nil, err
		}
		s, err := p.begin(id, d)
		fresh := errors.Is(err, errRestart)
		if fresh {
			for other := range p.open {
				select {
				case other.restart <- struct{}{}:
				default:
				}
			}
		}
		changed := p.changed
		p.give()
		if !fresh {
			return s, err
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// begin opens a device; the caller has the turn. It returns errRestart when the device was plugged in since PortAudio
// looked and other streams are in the way of looking again.
func (p *portAudio) begin(id string, d port) (_ *soundStream, err error) {
	switch {
	case len(p.open) == 0:
		p.cards, p.stale = cardList(), false
		if err := initialize(); err != nil {
			return nil, fmt.Errorf("start the sound system: %v: %w", err, frame.ErrGone)
		}
		defer func() {
			if err != nil {
				p.terminate()
			}
		}()
		p.skipLowNumbers()
	case p.stale:
		return nil, errRestart
	}
	dev, err := findSound(id, d.kind)
	switch present := err != nil && cardPresent(id); {
	case present && len(p.open) > 0 && cardList() != p.cards:
		p.stale = true
		return nil, errRestart
	case present:
		// ALSA lists no card that another program has to itself.
		return nil, fmt.Errorf("%s %q is used by another program: %w", d.kind, id, frame.ErrBusy)
	case err != nil:
		return nil, err
	}
	s, err := openSound(dev, d)
	if err != nil {
		return nil, err
	}
	p.open[s] = struct{}{}
	p.announce()
	return s, nil
}

// skipLowNumbers makes the binding number streams from 4096 on. It hands a stream's number through C as an unsafe.Pointer;
// Go takes a pointer below 4096 for damage and ends the program, when it moves the stack of a callback or checks pointers
// (-race). A call without a callback takes a number and fails before it reaches PortAudio.
func (p *portAudio) skipLowNumbers() {
	if p.skipped {
		return
	}
	for range 4096 {
		_, _ = portaudio.OpenStream(portaudio.StreamParameters{})
	}
	p.skipped = true
}

func (p *portAudio) announce() {
	close(p.changed)
	p.changed = make(chan struct{})
}

func (p *portAudio) terminate() {
	if err := portaudio.Terminate(); err != nil {
		p.log.Warn("end the sound system", "err", err)
	}
}

// stop closes a stream. It does not depend on a context: what was opened is closed.
func (p *portAudio) stop(s *soundStream) {
	<-p.turn
	defer p.give()
	s.close(p.log)
	delete(p.open, s)
	p.announce()
	if len(p.open) == 0 {
		p.terminate()
	}
}

func (s *soundStream) close(log *slog.Logger) {
	// Abort, as stopping waits until all sound is played, for ever where the device is gone.
	if err := s.pa.Abort(); err != nil {
		log.Debug("abort sound", "device", s.name, "err", err)
	}
	if err := s.pa.Close(); err != nil {
		log.Debug("close sound", "device", s.name, "err", err)
	}
}

// openSound opens a device with the wanted channels, or with the other number where the device insists on it.
func openSound(dev *portaudio.DeviceInfo, d port) (*soundStream, error) {
	most := dev.MaxInputChannels
	if d.kind == frame.Speaker {
		most = dev.MaxOutputChannels
	}
	first := max(1, min(d.channels, most, 2))
	s, err := openChannels(dev, d, first)
	if errors.Is(err, portaudio.InvalidChannelCount) {
		s, err = openChannels(dev, d, 3-first)
	}
	if err != nil {
		return nil, soundError(d.kind, soundName(dev), err)
	}
	return s, nil
}

func openChannels(dev *portaudio.DeviceInfo, d port, channels int) (*soundStream, error) {
	s := &soundStream{name: fmt.Sprintf("%s %q", d.kind, soundName(dev)), restart: make(chan struct{}, 1)}
	side := portaudio.StreamDeviceParameters{Device: dev, Channels: channels}
	p := portaudio.StreamParameters{SampleRate: frame.SampleRate, FramesPerBuffer: frame.BlockSamples, Flags: portaudio.ClipOff}
	if d.kind == frame.Speaker {
		side.Latency = max(dev.DefaultLowOutputLatency, minLatency)
		p.Output = side
	} else {
		side.Latency = max(dev.DefaultLowInputLatency, minLatency)
		p.Input = side
	}
	each := d.callback(channels)
	var err error
	s.pa, err = portaudio.OpenStream(p, func(samples []float32) {
		s.calls.Add(1)
		each(samples)
	})
	if err != nil {
		return nil, err
	}
	if err := s.pa.Start(); err != nil {
		_ = s.pa.Close()
		return nil, err
	}
	return s, nil
}

// minLatency is two callbacks; less makes ALSA's plugins drop out.
const minLatency = 2 * frame.BlockDuration
