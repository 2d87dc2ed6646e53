package frame

import (
	"errors"
	"image"
	"sync/atomic"
)

// Kind says what a device or an input is.
type Kind string

// Kinds of devices and inputs. A machine lists cameras, screens, windows, microphones and speakers; files, streams and the
// synthetic host exist wherever they are named.
const (
	Camera     Kind = "camera"
	Screen     Kind = "screen"
	Window     Kind = "window"
	Microphone Kind = "microphone"
	Speaker    Kind = "speaker"
	File       Kind = "file"
	Stream     Kind = "stream"
	Synthetic  Kind = "synthetic"
)

// Device is something the machine has now.
type Device struct {
	Kind Kind
	// ID stays the same over restarts and replugging as far as the system allows. "" names the system's default device.
	ID string
	// Name is what people call it: "Logitech BRIO", "Screen 1 (1920×1080)".
	Name string
	// Default marks the device the system prefers among its kind.
	Default bool
}

// Input says where a source's picture comes from.
type Input struct {
	Kind Kind `json:"kind"`
	// Device is the Device.ID of a camera, screen or window.
	Device string `json:"device,omitempty"`
	// URL is a file's path, or the address of a stream (rtsp, rtmp, http, https, srt, udp).
	URL string `json:"url,omitempty"`
	// Region cuts a part out of a screen, in pixels; empty means all of it.
	Region image.Rectangle `json:"region"`
	// Loop starts a file again when it ends.
	Loop bool `json:"loop,omitempty"`
}

// Playback lets a running file or stream be held. The zero value plays. Safe for any goroutine.
type Playback struct{ paused atomic.Bool }

// SetPaused holds the input at its present picture, or lets it go on.
func (p *Playback) SetPaused(on bool) { p.paused.Store(on) }

// Paused reports whether the input is held.
func (p *Playback) Paused() bool { return p.paused.Load() }

// Why a device does not deliver. Errors from the capture room wrap one of these, so that the window can say it in the
// host's language; the wrapped text names the device and the cause.
var (
	ErrBusy    = errors.New("device is used by another program")
	ErrGone    = errors.New("device is not connected")
	ErrRefused = errors.New("access to the device was refused")
	ErrFormat  = errors.New("device offers no usable format")
	ErrSilent  = errors.New("device stopped delivering")
	ErrEnded   = errors.New("the file has ended")
)
