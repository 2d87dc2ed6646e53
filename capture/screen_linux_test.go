package capture_test

import (
	"context"
	"errors"
	"image"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"vitrine/capture/frame"
	"vitrine/capture/rig"
)

func xtool(t *testing.T, name string, args ...string) {
	t.Helper()
	if out, err := exec.Command(name, args...).CombinedOutput(); err != nil {
		t.Fatalf("%s (packages x11-xserver-utils, imagemagick, xdotool): %v: %s", name, err, out)
	}
}

// window opens a window of one colour and returns its Device as it is listed, and what closes it.
func window(t *testing.T, title, colour string) (frame.Device, func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	cmd := exec.CommandContext(ctx, "display", "-title", title, "-size", "200x100", "xc:"+colour)
	if err := cmd.Start(); err != nil {
		t.Fatalf("display (package imagemagick): %v", err)
	}
	stop := func() {
		cancel()
		_ = cmd.Wait()
	}
	t.Cleanup(stop)
	return await(t, func(d frame.Device) bool { return d.Kind == frame.Window && d.Name == title }), stop
}

// await watches until a device appears.
func await(t *testing.T, is func(frame.Device) bool) (found frame.Device) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	ok := false
	err := devices().Watch(ctx, func(all []frame.Device) {
		if i := slices.IndexFunc(all, is); i >= 0 {
			found, ok = all[i], true
			cancel()
		}
	})
	if err != nil || !ok {
		t.Fatalf("no such device: %v", err)
	}
	return found
}

// becomes waits until pictures have a size and a colour: a program that has just opened its window is still drawing it.
func (s *show) becomes(size image.Point, want [3]int) {
	s.t.Helper()
	for end := time.Now().Add(patience); ; {
		v := s.next()
		is, now := image.Pt(v.Width, v.Height), colour(v, 50, 50)
		v.Release()
		if is == size && near(now, want) {
			return
		}
		if time.Now().After(end) {
			s.t.Fatalf("pictures are %v of %v, not %v of %v", is, now, size, want)
		}
	}
}

func TestA_screen_and_a_part_of_it_are_grabbed_with_their_colours(t *testing.T) {
	xtool(t, "xsetroot", "-solid", "#ff0000")
	d := await(t, func(d frame.Device) bool { return d.Kind == frame.Screen })
	if d.Name != "Screen 1 (640×480)" || !d.Default {
		t.Errorf("listed as %+v", d)
	}
	for _, c := range []struct {
		region image.Rectangle
		size   image.Point
	}{
		{image.Rectangle{}, image.Pt(640, 480)},
		{image.Rect(100, 50, 201, 151), image.Pt(101, 101)},
		{image.Rect(600, 440, 1000, 900), image.Pt(40, 40)},
	} {
		s := open(t, frame.Input{Kind: frame.Screen, Device: d.ID, Region: c.region}, small)
		v := s.next()
		if v.Width != c.size.X || v.Height != c.size.Y {
			t.Errorf("%v gave %dx%d", c.region, v.Width, v.Height)
		}
		wantColour(t, "screen", colour(v, 50, 50), red)
		v.Release()
		s.stop()
		if err := s.end(); err != nil {
			t.Error(err)
		}
	}
	s := open(t, frame.Input{Kind: frame.Screen}, small)
	s.next().Release()
	xtool(t, "xsetroot", "-solid", "#0000ff")
	s.becomes(image.Pt(640, 480), blue)
}

func TestA_window_is_listed_grabbed_resized_and_gone(t *testing.T) {
	d, closeWindow := window(t, "Grüne Wände", "#00ff00")
	s := open(t, frame.Input{Kind: frame.Window, Device: d.ID}, small)
	s.becomes(image.Pt(200, 100), green)
	xtool(t, "xdotool", "windowsize", d.ID, "260", "140")
	s.becomes(image.Pt(260, 140), green)
	closeWindow()
	if err := s.end(); !errors.Is(err, frame.ErrGone) {
		t.Error(err)
	}
}

func TestA_display_that_dies_ends_the_picture_and_not_the_program(t *testing.T) {
	for range 10 { // in the middle of a picture, some time
		mortal, err := rig.StartDisplay(context.Background(), 3840, 2160)
		if err != nil {
			t.Fatal(err)
		}
		defer mortal.Close()
		t.Setenv("DISPLAY", mortal.Name)
		s := open(t, frame.Input{Kind: frame.Screen}, frame.Format{Width: 3840, Height: 2160, FPS: 60})
		s.next().Release()
		mortal.Close()
		if err := s.end(); !errors.Is(err, frame.ErrGone) {
			t.Fatal(err)
		}
	}
	await(t, func(d frame.Device) bool { return d.Kind == frame.Synthetic })
}

func TestA_hidden_window_is_reported(t *testing.T) {
	d, _ := window(t, "Hidden", "#00ff00")
	s := open(t, frame.Input{Kind: frame.Window, Device: d.ID}, small)
	s.next().Release()
	xtool(t, "xdotool", "windowunmap", d.ID)
	if err := s.end(); !errors.Is(err, frame.ErrSilent) {
		t.Error(err)
	}
}

func TestA_window_that_is_hidden_and_shown_is_not_taken_for_closed(t *testing.T) {
	d, _ := window(t, "Blinking", "#00ff00")
	s := open(t, frame.Input{Kind: frame.Window, Device: d.ID}, small)
	s.next().Release()
	var blinks []string
	for range 400 {
		blinks = append(blinks, "windowunmap", d.ID, "sleep", "0.002", "windowmap", d.ID, "sleep", "0.001")
	}
	xtool(t, "xdotool", blinks...)
	for range 3 {
		s.next().Release()
	}
	s.stop()
	if err := s.end(); err != nil {
		t.Error(err)
	}
}

func TestScreens_and_windows_that_are_not_there_say_so(t *testing.T) {
	for _, in := range []frame.Input{
		{Kind: frame.Window, Device: "12345"},
		{Kind: frame.Window, Device: "front"},
		{Kind: frame.Window},
		{Kind: frame.Screen, Device: "7"},
	} {
		if err := open(t, in, small).end(); !errors.Is(err, frame.ErrGone) {
			t.Errorf("%+v: %v", in, err)
		}
	}
	t.Run("no display", func(t *testing.T) {
		t.Setenv("DISPLAY", ":12399")
		if err := open(t, frame.Input{Kind: frame.Screen}, small).end(); !errors.Is(err, frame.ErrRefused) || !strings.Contains(err.Error(), ":12399") {
			t.Error(err)
		}
	})
}

func TestDevices_come_and_go_while_watched(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	lists, ended := make(chan []frame.Device, 16), make(chan error)
	go func() { ended <- devices().Watch(ctx, func(all []frame.Device) { lists <- all }) }()
	has := func(all []frame.Device) bool {
		return slices.ContainsFunc(all, func(d frame.Device) bool { return d.Name == "Visitor" })
	}
	first := <-lists
	for _, kind := range []frame.Kind{frame.Screen, frame.Synthetic, frame.Microphone, frame.Speaker} {
		if !slices.ContainsFunc(first, func(d frame.Device) bool { return d.Kind == kind }) {
			t.Errorf("no %s in %v", kind, first)
		}
	}
	_, closeWindow := window(t, "Visitor", "#ffffff")
	for !has(<-lists) {
		continue
	}
	closeWindow()
	for has(<-lists) {
		continue
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
