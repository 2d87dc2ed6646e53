package studio

import (
	"context"
	"errors"
	"slices"
	"time"

	"vitrine/capture/frame"
)

// runner is one device or input that is kept running: started, restarted after a failure with a growing pause, kicked when
// the machine's devices change.
type runner struct {
	stop    context.CancelFunc
	done    chan struct{}
	kick    chan struct{}
	failed  bool
	problem Problem
	ended   bool // a file that does not loop came to its end
}

func (r *runner) running() bool { return r.stop != nil }

// end stops what runs; what comes next on the same device waits for done.
func (r *runner) end() (done chan struct{}) {
	done = r.done
	if r.stop != nil {
		r.stop()
	}
	*r = runner{}
	return done
}

func (r *runner) poke() {
	if r.kick == nil {
		return
	}
	select {
	case r.kick <- struct{}{}:
	default:
	}
}

// Pauses between attempts to open a device.
const (
	firstPause = 500 * time.Millisecond
	maxPause   = 5 * time.Second
)

// start keeps run running under r until r ends. after is the device's former user, which must be gone first.
func (s *Session) start(r *runner, after chan struct{}, name string, run func(ctx context.Context) error) {
	ctx, stop := context.WithCancel(s.ctx)
	*r = runner{stop: stop, done: make(chan struct{}), kick: make(chan struct{}, 1)}
	done, kick := r.done, r.kick
	report := func(p Problem, failed, ended bool) {
		s.post(ctx, func() {
			if r.done != done {
				return // another run has begun
			}
			news := failed && !r.failed
			r.failed, r.problem, r.ended = failed, p, ended
			if news && !ended {
				s.notice(p)
			}
		})
	}
	s.group.Go(func() error {
		defer close(done)
		if after != nil {
			<-after
		}
		pause := firstPause
		for ctx.Err() == nil {
			began := time.Now()
			err := run(ctx)
			if ctx.Err() != nil {
				return nil
			}
			ended := errors.Is(err, frame.ErrEnded)
			report(deviceProblem(name, err), true, ended)
			if time.Since(began) > maxPause {
				pause = firstPause
			}
			var again <-chan time.Time
			if !ended {
				again = time.After(pause)
				pause = min(2*pause, maxPause)
			}
			select {
			case <-ctx.Done():
			case <-again:
			case <-kick:
			}
		}
		return nil
	})
}

// deviceProblem says what a device's error means.
func deviceProblem(name string, err error) Problem {
	p := Problem{Trouble: InputFailed, Name: name}
	if err == nil {
		p.Trouble = DeviceSilent
		return p
	}
	p.Detail = err.Error()
	for _, k := range []struct {
		is error
		t  Trouble
	}{
		{frame.ErrBusy, DeviceBusy},
		{frame.ErrGone, DeviceGone},
		{frame.ErrRefused, DeviceRefused},
		{frame.ErrFormat, DeviceFormat},
		{frame.ErrSilent, DeviceSilent},
		{frame.ErrEnded, InputEnded},
	} {
		if errors.Is(err, k.is) {
			p.Trouble = k.t
		}
	}
	if errors.As(err, new(fileError)) {
		p.Trouble = ofFile(p.Trouble)
	}
	return p
}

// fileError is the error of a file, which is not plugged in and has no other size.
type fileError struct{ error }

func (e fileError) Unwrap() error { return e.error }

func ofInput(in frame.Input, err error) error {
	if err != nil && in.Kind == frame.File {
		return fileError{err}
	}
	return err
}

// ofFile is what a device's trouble is called where the device is a file.
func ofFile(t Trouble) Trouble {
	switch t {
	case DeviceGone:
		return FileGone
	case DeviceFormat:
		return InputFailed
	}
	return t
}

// inputs is the picture source that runs: the selected one.
type inputs struct {
	runner
	source SourceID
	input  frame.Input
	play   *frame.Playback
}

// runSource makes the selected source the one that runs. Only what is shown runs, so a camera that is not on air is free.
func (s *Session) runSource() {
	i := s.find(s.settings.Selected)
	if i < 0 {
		s.inputs.end()
		s.inputs = inputs{}
		s.pictures.show(s.ctx, picture{})
		return
	}
	src := s.settings.Sources[i]
	if s.inputs.source != src.ID || !s.inputs.running() || s.inputs.ended {
		s.openSource(src)
	}
}

// openSource runs a source in place of the one that runs. Where both are the same device the first is closed before.
func (s *Session) openSource(src Source) {
	former := s.inputs.input
	after := s.inputs.end()
	if former.Kind != src.Input.Kind || former.Device != src.Input.Device {
		after = nil
	}
	slot, play := frame.NewSlot(), &frame.Playback{}
	s.inputs.source, s.inputs.input, s.inputs.play = src.ID, src.Input, play
	s.pictures.setPlayback(play)
	kind := src.Input.Kind
	s.pictures.show(s.ctx, picture{slot, kind == frame.Screen || kind == frame.Window})
	s.start(&s.inputs.runner, after, src.Name, func(ctx context.Context) error {
		defer slot.Drain()
		return ofInput(src.Input, s.c.Devices.CaptureVideo(ctx, src.Input, s.pictures.wanted(), play, s.clock.Now, slot))
	})
}

func (s *Session) runMic() {
	after := s.mic.end()
	m := s.settings.Microphone
	s.sound.set(m)
	s.start(&s.mic, after, s.deviceName(frame.Microphone, m.Device), func(ctx context.Context) error {
		return s.c.Devices.CaptureAudio(ctx, m.Device, m.Channels, s.sound.mic)
	})
}

func (s *Session) deviceName(kind frame.Kind, id string) string {
	for _, d := range s.devices {
		if d.Kind == kind && (d.ID == id || id == "" && d.Default) {
			return d.Name
		}
	}
	return id
}

func (s *Session) devicesChanged(d []frame.Device) {
	s.devices = slices.Clone(d)
	s.firstSource()
	if s.inputs.failed {
		s.inputs.poke()
	}
	if s.mic.failed {
		s.mic.poke()
	}
}

// firstSource shows something at a first start: the first camera, or the synthetic host where there is none.
func (s *Session) firstSource() {
	if !s.fresh || len(s.devices) == 0 {
		return
	}
	s.fresh = false
	if len(s.settings.Sources) > 0 {
		return
	}
	for _, kind := range []frame.Kind{frame.Camera, frame.Synthetic} {
		i := slices.IndexFunc(s.devices, func(d frame.Device) bool { return d.Kind == kind })
		if i < 0 {
			continue
		}
		d := s.devices[i]
		s.addSource(d.Name, frame.Input{Kind: kind, Device: d.ID})
		return
	}
}

func (s *Session) micStatus() Status {
	switch {
	case !s.mic.running():
		return Idle
	case time.Since(s.sound.lastHeard()) < time.Second:
		return Running
	case s.mic.failed:
		return Failed
	}
	return Opening
}

// sourceStatuses runs parallel to the settings' sources.
func (s *Session) sourceStatuses() []SourceStatus {
	out := make([]SourceStatus, len(s.settings.Sources))
	for i, src := range s.settings.Sources {
		out[i].Status = Idle
		if src.ID != s.inputs.source || !s.inputs.running() {
			continue
		}
		p := s.pictures.state()
		st := &out[i]
		st.Width, st.Height, st.FPS = p.width, p.height, s.rate.source
		switch {
		case s.inputs.play.Paused():
			st.Status = Paused
		case p.in > 0 && time.Since(p.lastIn) < time.Second:
			st.Status = Running
		case s.inputs.failed:
			st.Status, st.Problem = Failed, s.inputs.problem
		default:
			st.Status = Opening
		}
	}
	return out
}

// speakerState is what plays on the host's speaker.
type speakerState struct {
	status  Status
	problem Problem
	stop    context.CancelFunc
	run     int // numbers the tests, so that a late end of one does not end another
}
