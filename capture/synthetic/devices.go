package synthetic

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"vitrine/capture/frame"
)

// Device.IDs of the machine that [Devices] is.
const (
	CameraID     = "synthetic-camera"
	MicrophoneID = "synthetic-microphone"
	SpeakerID    = "synthetic-speaker"
)

// State is what a test makes of a device.
type State int

// States of a device.
const (
	Present   State = iota // works
	Unplugged              // not listed; who uses it gets frame.ErrGone
	Busy                   // listed; who opens it gets frame.ErrBusy
	Stalled                // delivers nothing; who uses it gets frame.ErrSilent after a second
)

// Devices is a machine with one camera, one microphone and one speaker, all synthetic. The speaker counts what it plays.
// Safe for concurrent use.
type Devices struct {
	host   Host
	played atomic.Uint64

	mu      sync.Mutex
	states  map[string]State
	users   map[*user]struct{}
	changed chan struct{} // closed and replaced when a device appears or vanishes
}

// user is a running Capture or Play call.
type user struct {
	id   string
	stop context.CancelCauseFunc
}

// NewDevices returns the machine with all devices present.
func NewDevices(h Host) *Devices {
	return &Devices{host: h, states: map[string]State{}, users: map[*user]struct{}{}, changed: make(chan struct{})}
}

var names = map[string]frame.Device{
	CameraID:     {Kind: frame.Camera, ID: CameraID, Name: "Synthetic camera", Default: true},
	MicrophoneID: {Kind: frame.Microphone, ID: MicrophoneID, Name: "Synthetic microphone", Default: true},
	SpeakerID:    {Kind: frame.Speaker, ID: SpeakerID, Name: "Synthetic speaker", Default: true},
}

// Set changes the state of a device now, also under who uses it.
func (d *Devices) Set(id string, s State) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if (d.states[id] == Unplugged) != (s == Unplugged) {
		close(d.changed)
		d.changed = make(chan struct{})
	}
	d.states[id] = s
	for u := range d.users {
		if u.id == id && (s == Unplugged || s == Stalled) {
			u.stop(cause(s))
		}
	}
}

func cause(s State) error {
	switch s {
	case Unplugged:
		return frame.ErrGone
	case Busy:
		return frame.ErrBusy
	case Stalled:
		return frame.ErrSilent
	default:
		return nil
	}
}

// Played is the number of 10 ms blocks the speaker has played.
func (d *Devices) Played() uint64 { return d.played.Load() }

// Watch calls changed with the devices that are present, now and after every change, until ctx ends.
func (d *Devices) Watch(ctx context.Context, changed func([]frame.Device)) error {
	for {
		d.mu.Lock()
		next := d.changed
		var list []frame.Device
		for _, id := range [...]string{CameraID, MicrophoneID, SpeakerID} {
			if d.states[id] != Unplugged {
				list = append(list, names[id])
			}
		}
		d.mu.Unlock()
		changed(list)
		select {
		case <-ctx.Done():
			return nil
		case <-next:
		}
	}
}

// CaptureVideo runs the camera for inputs of kind Camera and Synthetic.
func (d *Devices) CaptureVideo(ctx context.Context, in frame.Input, want frame.Format, play *frame.Playback, now func() time.Duration, out *frame.Slot) error {
	if in.Kind != frame.Camera && in.Kind != frame.Synthetic {
		return fmt.Errorf("open %s: the synthetic machine has only a camera: %w", in.Kind, frame.ErrGone)
	}
	return d.use(ctx, or(in.Device, CameraID), CameraID, func(ctx context.Context) error {
		return d.host.Camera(ctx, want, play, now, out)
	})
}

// CaptureAudio runs the microphone.
func (d *Devices) CaptureAudio(ctx context.Context, device string, channels int, out *frame.Queue) error {
	return d.use(ctx, or(device, MicrophoneID), MicrophoneID, func(ctx context.Context) error {
		return d.host.Microphone(ctx, out)
	})
}

// PlayAudio runs the speaker.
func (d *Devices) PlayAudio(ctx context.Context, device string, in *frame.Queue) error {
	return d.use(ctx, or(device, SpeakerID), SpeakerID, func(ctx context.Context) error {
		return d.host.Speaker(ctx, in, func(*frame.Block) { d.played.Add(1) })
	})
}

func or(id, fallback string) string {
	if id == "" {
		return fallback
	}
	return id
}

// silence is how long a stalled device is waited for.
const silence = time.Second

// use runs a device that must be the one called only, until ctx ends or its state changes.
func (d *Devices) use(ctx context.Context, id, only string, run func(context.Context) error) error {
	if id != only {
		return fmt.Errorf("open %q: %w", id, frame.ErrGone)
	}
	use, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	u := &user{id: id, stop: stop}
	d.mu.Lock()
	if fault := cause(d.states[id]); fault != nil {
		stop(fault)
	}
	d.users[u] = struct{}{}
	d.mu.Unlock()
	defer func() {
		d.mu.Lock()
		delete(d.users, u)
		d.mu.Unlock()
	}()
	if use.Err() == nil {
		if err := run(use); err != nil {
			return err
		}
	}
	if ctx.Err() != nil {
		return nil
	}
	fault := context.Cause(use)
	if errors.Is(fault, frame.ErrSilent) {
		wait := time.NewTimer(silence)
		defer wait.Stop()
		select {
		case <-ctx.Done():
			return nil
		case <-wait.C:
		}
	}
	return fmt.Errorf("%s: %w", names[id].Name, fault)
}
