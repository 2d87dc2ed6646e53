//go:build !linux

package capture

import (
	"cmp"
	"context"
	"fmt"
	"image"
	"slices"
	"time"

	"github.com/pion/mediadevices/pkg/driver"
	"github.com/pion/mediadevices/pkg/driver/screen"
	"github.com/pion/mediadevices/pkg/prop"

	"vitrine/capture/frame"
)

// screens are mediadevices' drivers of the displays there are, by number.
func screens() []driver.Driver {
	all := driver.GetManager().Query(driver.FilterDeviceType(driver.Screen))
	if len(all) == 0 {
		screen.Initialize()
		all = driver.GetManager().Query(driver.FilterDeviceType(driver.Screen))
	}
	slices.SortFunc(all, func(a, b driver.Driver) int { return cmp.Compare(a.Info().Label, b.Info().Label) })
	return all
}

func listScreens() []frame.Device {
	var list []frame.Device
	for i, d := range screens() {
		list = append(list, frame.Device{Kind: frame.Screen, ID: d.Info().Label, Name: fmt.Sprintf("Screen %d", i+1), Default: i == 0})
	}
	return list
}

// captureScreen grabs a screen or a part of it.
func captureScreen(ctx context.Context, in frame.Input, fps int, now func() time.Duration, out *frame.Slot) error {
	if in.Kind == frame.Window {
		return fmt.Errorf("one window can be shown on Linux with X11 only, show the screen or a part of it: %w", frame.ErrFormat)
	}
	all := screens()
	i := slices.IndexFunc(all, func(d driver.Driver) bool { return in.Device == "" || d.Info().Label == in.Device })
	if i < 0 {
		return fmt.Errorf("screen %q is not there: %w", in.Device, frame.ErrGone)
	}
	d := all[i]
	if err := d.Open(); err != nil {
		return fmt.Errorf("screen %q cannot be opened (%v): %w", in.Device, err, frame.ErrBusy)
	}
	defer func() { _ = d.Close() }()
	reader, err := d.(driver.VideoRecorder).VideoRecord(prop.Media{})
	if err != nil {
		return fmt.Errorf("screen %q cannot be read (%v): %w", in.Device, err, frame.ErrRefused)
	}
	p := pacer{interval: time.Second / time.Duration(max(fps, 1))}
	var pool frame.Pool
	for p.wait(ctx) {
		pts := now()
		img, release, err := reader.Read()
		if err != nil {
			return fmt.Errorf("screen %q cannot be read (%v): %w", in.Device, err, frame.ErrRefused)
		}
		v := fromImage(&pool, cut(img, in.Region), bt709)
		release()
		if v == nil {
			return fmt.Errorf("the part of screen %q lies outside of it: %w", in.Device, frame.ErrFormat)
		}
		v.PTS = pts
		out.Put(v)
	}
	return nil
}

// cut returns the part of a screen that region names, or all for an empty one.
func cut(img image.Image, region image.Rectangle) image.Image {
	rgba, ok := img.(*image.RGBA)
	if !ok || region.Empty() {
		return img
	}
	return rgba.SubImage(region.Add(rgba.Rect.Min))
}
