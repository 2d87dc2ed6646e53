// Package capture turns what the machine has into frames: cameras, screens, windows, microphones and speakers, and also
// files, network streams and the synthetic host. It is the only room that knows drivers.
//
// # What it owns
//
// [Devices] owns PortAudio, whose calls that open, close and list are not safe side by side, and nothing else between calls.
// Each Capture and Play call owns what it opened and has closed it when it returns. Pictures leave by a frame.Slot (newest
// wins, drops counted there), sound by a frame.Queue (oldest dropped, counted there); no queue of its own exists.
//
// # Decisions
//
// Everything becomes I420 in BT.709 limited range at the edge, so no later room asks what a picture is. Cameras that
// deliver YUV are taken for BT.601 limited range, which the USB video class prescribes where a camera does not say (UVC 1.5
// §3.9.2.6), JPEG for BT.601 full range (JFIF), grabbed screens for sRGB values with full range; ffmpeg converts files by
// what they say of themselves. The matrix is changed here by own C kernels with 14-bit coefficients (libyuv has no BT.709
// encoder), everything else about pixels is libyuv's.
//
// One ffmpeg child decodes a file or stream into a pipe. We read it at our own pace: a pause is not reading, and the
// pipe's few frames are all that waits.
//
// Sound uses PortAudio with 480 frames a callback at 48 kHz; the callback copies a block and returns, a watchdog outside
// says when it has stopped, because several systems stop calling without an error when a device or its daemon is gone.
package capture

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"vitrine/capture/frame"
	"vitrine/capture/synthetic"
)

// Synthetic is the Device.ID of the synthetic host's picture, microphone and speaker. The speaker is not listed.
const Synthetic = "synthetic"

// Devices is this machine. It fills studio.Devices. Safe for concurrent use.
type Devices struct {
	log     *slog.Logger
	sound   *portAudio
	cameras *cameras
	host    synthetic.Host
}

// New returns the machine's devices. Nothing is opened before it is asked for.
func New(log *slog.Logger) *Devices {
	return &Devices{log: log, sound: newPortAudio(log), cameras: newCameras()}
}

// pollInterval is how often the machine is asked what it has.
const pollInterval = 2 * time.Second

// CaptureVideo runs one input until ctx ends (then it returns nil) or the input fails (then it wraps one of frame's device
// errors in a sentence that names it). The wanted format is what a camera is asked for, a file or stream is scaled to and
// a screen is grabbed at the rate of; the size of pictures is the input's own where it has one. Only files and the
// synthetic host can be paused.
func (d *Devices) CaptureVideo(ctx context.Context, in frame.Input, want frame.Format, play *frame.Playback, now func() time.Duration, out *frame.Slot) error {
	if play == nil {
		play = &frame.Playback{}
	}
	var err error
	switch in.Kind {
	case frame.Camera:
		err = d.cameras.capture(ctx, in.Device, want, now, out)
	case frame.Screen, frame.Window:
		err = captureScreen(ctx, in, want.FPS, now, out)
	case frame.File:
		err = playFile(ctx, in, want, play, now, out)
	case frame.Stream:
		err = d.playStream(ctx, in.URL, want, play, now, out)
	case frame.Synthetic:
		err = d.host.Camera(ctx, want, play, now, out)
	default:
		err = fmt.Errorf("%q is no kind of picture input: %w", in.Kind, frame.ErrFormat)
	}
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// CaptureAudio puts the sound of a microphone into out until ctx ends (then it returns nil) or the device fails.
// Channels is 1, heard on both sides, or 2; a microphone with one channel is heard on both sides in either case.
func (d *Devices) CaptureAudio(ctx context.Context, device string, channels int, out *frame.Queue) error {
	if device == Synthetic {
		Urgent() // a sound card is punctual too
		return d.host.Microphone(ctx, out)
	}
	return d.sound.record(ctx, device, channels, out)
}

// PlayAudio plays in on a speaker, silence while it is empty, until ctx ends (then it returns nil) or the device fails.
// The synthetic speaker discards.
func (d *Devices) PlayAudio(ctx context.Context, device string, in *frame.Queue) error {
	if device == Synthetic {
		return d.host.Speaker(ctx, in, nil)
	}
	return d.sound.play(ctx, device, in)
}
