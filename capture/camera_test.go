package capture

import (
	"errors"
	"fmt"
	"io"
	"syscall"
	"testing"

	media "github.com/pion/mediadevices/pkg/frame"
	"github.com/pion/mediadevices/pkg/prop"

	"vitrine/capture/frame"
)

func offer(w, h int, fps float32, f media.Format) prop.Media {
	return prop.Media{Video: prop.Video{Width: w, Height: h, FrameRate: fps, FrameFormat: f}}
}

func TestA_camera_is_asked_for_the_nearest_of_what_it_offers(t *testing.T) {
	webcam := []prop.Media{
		offer(320, 240, 30, media.FormatYUYV),
		offer(640, 480, 30, media.FormatYUYV),
		offer(1280, 720, 10, media.FormatYUYV),
		offer(1920, 1080, 5, media.FormatYUYV),
		offer(640, 480, 30, media.FormatMJPEG),
		offer(1280, 720, 30, media.FormatMJPEG),
		offer(1280, 720, 60, media.FormatMJPEG),
		offer(1920, 1080, 30, media.FormatMJPEG),
		offer(1280, 720, 30, media.FormatZ16),
	}
	for _, c := range []struct {
		want frame.Format
		got  prop.Media
	}{
		{frame.Format{Width: 1280, Height: 720, FPS: 30}, webcam[5]},
		{frame.Format{Width: 1280, Height: 720, FPS: 60}, webcam[6]},
		{frame.Format{Width: 1920, Height: 1080, FPS: 30}, webcam[7]},
		{frame.Format{Width: 640, Height: 360, FPS: 30}, webcam[1]},
		{frame.Format{Width: 854, Height: 480, FPS: 30}, webcam[5]},
		{frame.Format{Width: 3840, Height: 2160, FPS: 30}, webcam[7]},
	} {
		if got, ok := nearest(webcam, c.want); !ok || got != c.got {
			t.Errorf("for %v: %v %vx%v at %v", c.want, got.FrameFormat, got.Width, got.Height, got.FrameRate)
		}
	}
	if _, ok := nearest([]prop.Media{offer(640, 480, 30, media.FormatZ16)}, frame.Format{}); ok {
		t.Error("a depth camera was taken")
	}
}

func TestDriver_errors_become_one_sentence_with_the_cause(t *testing.T) {
	for _, c := range []struct{ err, want error }{
		{syscall.EBUSY, frame.ErrBusy},
		{fmt.Errorf("open: %w", syscall.EACCES), frame.ErrRefused},
		{syscall.ENODEV, frame.ErrGone},
		{syscall.EINVAL, frame.ErrFormat},
		{errors.New("read timeout"), frame.ErrSilent},
		{io.EOF, frame.ErrSilent},
		{errors.New("device or resource busy"), frame.ErrBusy},
		{errors.New("strange"), frame.ErrGone},
	} {
		if err := cameraError(`camera "BRIO"`, c.err); !errors.Is(err, c.want) {
			t.Errorf("%v became %v", c.err, err)
		}
	}
}

func TestA_camera_that_is_not_there_says_so(t *testing.T) {
	err := newCameras().capture(t.Context(), "usb-nothing", frame.Format{Width: 640, Height: 360, FPS: 30}, nil, frame.NewSlot())
	if !errors.Is(err, frame.ErrGone) {
		t.Error(err)
	}
}
