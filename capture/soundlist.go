package capture

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/gordonklaus/portaudio"

	"vitrine/capture/frame"
)

// soundList is what PortAudio listed when it was last asked.
type soundList struct {
	devices []frame.Device
	cards   string // the system's own list at that time
	age     int    // polls since
}

// relistEvery bounds how many polls an old list of sound devices serves where the system's own list has not changed:
// listing opens every device once, which should not happen every other second.
const relistEvery = 5

// list returns microphones and speakers. Streams that are open go on undisturbed.
func (p *portAudio) list(ctx context.Context) ([]frame.Device, error) {
	if err := p.take(ctx); err != nil {
		return nil, err
	}
	var devices []frame.Device
	var err error
	if stuck := p.with(func() { devices, err = p.look() }, nil); stuck != nil {
		return nil, stuck
	}
	return devices, err
}

// look lists what there is; the caller has the turn.
func (p *portAudio) look() ([]frame.Device, error) {
	cards := cardList()
	p.known.age++
	if cards != "" && cards == p.known.cards && p.known.age < relistEvery {
		return p.known.devices, nil
	}
	if len(p.open) > 0 {
		return patchCards(p.known.devices), nil
	}
	if err := initialize(); err != nil {
		return nil, fmt.Errorf("start the sound system: %w", err)
	}
	defer p.terminate()
	devices, err := soundDevices()
	if err != nil {
		return nil, err
	}
	p.known = soundList{devices: devices, cards: cards}
	return devices, nil
}

// initialize starts PortAudio without what its host APIs say to the terminal about devices that are not there.
func initialize() error {
	hush()
	return portaudio.Initialize()
}

// host is the host API whose devices are listed: the system's modern one, as several list each device once.
func host() (*portaudio.HostApiInfo, error) {
	if wasapi, err := portaudio.HostApi(portaudio.WASAPI); err == nil {
		return wasapi, nil
	}
	return portaudio.DefaultHostApi()
}

// soundDevices lists what PortAudio knows, microphones first.
func soundDevices() ([]frame.Device, error) {
	api, err := host()
	if err != nil {
		return nil, fmt.Errorf("list sound devices: %w", err)
	}
	var mics, speakers []frame.Device
	for _, d := range api.Devices {
		if !recognisable(d.Name) {
			continue
		}
		dev := frame.Device{ID: soundID(d), Name: soundName(d)}
		if d.MaxInputChannels > 0 {
			dev.Kind, dev.Default = frame.Microphone, d == api.DefaultInputDevice
			mics = append(mics, dev)
		}
		if d.MaxOutputChannels > 0 {
			dev.Kind, dev.Default = frame.Speaker, d == api.DefaultOutputDevice
			speakers = append(speakers, dev)
		}
	}
	return slices.Concat(mics, speakers), nil
}

// soundID stays the same over restarts: host API and name, with ALSA's own address of the card where there is one.
func soundID(d *portaudio.DeviceInfo) string { return d.HostApi.Name + "/" + d.Name }

// soundName is the name without ALSA's address. Two of ALSA's own names are words of programmers.
func soundName(d *portaudio.DeviceInfo) string {
	switch d.Name {
	case "default":
		return "System default"
	case "pulse":
		return "PulseAudio"
	case "pipewire":
		return "PipeWire"
	}
	name, _, _ := strings.Cut(d.Name, " (hw:")
	return name
}

// findSound finds a device by ID, or the system's default for "".
func findSound(id string, kind frame.Kind) (*portaudio.DeviceInfo, error) {
	api, err := host()
	if err != nil {
		return nil, fmt.Errorf("no %s is connected (%v): %w", kind, err, frame.ErrGone)
	}
	if id == "" {
		d := api.DefaultInputDevice
		if kind == frame.Speaker {
			d = api.DefaultOutputDevice
		}
		if d == nil {
			return nil, fmt.Errorf("no %s is connected: %w", kind, frame.ErrGone)
		}
		return d, nil
	}
	for _, d := range api.Devices {
		n := d.MaxInputChannels
		if kind == frame.Speaker {
			n = d.MaxOutputChannels
		}
		if n > 0 && soundID(d) == id {
			return d, nil
		}
	}
	return nil, fmt.Errorf("%s %q is not connected: %w", kind, id, frame.ErrGone)
}

// soundError makes one sentence of what PortAudio says when a device does not open.
func soundError(kind frame.Kind, name string, err error) error {
	say := func(what string, as error) error {
		return fmt.Errorf("%s %q %s (%v): %w", kind, name, what, err, as)
	}
	var host portaudio.UnanticipatedHostError
	switch {
	case errors.Is(err, portaudio.DeviceUnavailable):
		return say("cannot be opened, another program may use it", frame.ErrBusy)
	case errors.Is(err, portaudio.InvalidSampleRate):
		return say("does not run at 48 kHz", frame.ErrFormat)
	case errors.Is(err, portaudio.InvalidChannelCount), errors.Is(err, portaudio.SampleFormatNotSupported):
		return say("offers neither one nor two channels of sound", frame.ErrFormat)
	case errors.As(err, &host):
		return say("cannot be opened", hostFault(host))
	default:
		return say("cannot be opened", frame.ErrGone)
	}
}
