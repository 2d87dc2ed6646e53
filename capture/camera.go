package capture

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/pion/mediadevices/pkg/driver"
	"github.com/pion/mediadevices/pkg/driver/camera"
	media "github.com/pion/mediadevices/pkg/frame"
	"github.com/pion/mediadevices/pkg/prop"

	"vitrine/capture/frame"
)

// cameras finds the machine's cameras. Mediadevices keeps its drivers in one place for the whole process and fills it
// anew each time it looks, so only who holds the turn may look.
type cameras struct {
	turn  chan struct{}
	seen  string // the system's own list when we last looked
	known []driver.Driver
}

func newCameras() *cameras {
	c := &cameras{turn: make(chan struct{}, 1)}
	c.turn <- struct{}{}
	return c
}

// drivers returns the cameras the machine has now. Cameras in use are not disturbed: their driver stays with its user.
func (c *cameras) drivers(ctx context.Context) ([]driver.Driver, error) {
	select {
	case <-c.turn:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	defer func() { c.turn <- struct{}{} }()
	if seen := videoNodes(); seen == "" || seen != c.seen {
		registry := driver.GetManager()
		for _, d := range registry.Query(driver.FilterDeviceType(driver.Camera)) {
			registry.Delete(d.ID())
		}
		camera.Initialize()
		c.seen, c.known = seen, registry.Query(driver.FilterDeviceType(driver.Camera))
	}
	return c.known, nil
}

// videoNodes is a cheap list of what cameras there may be, empty where the system has none but the true one.
func videoNodes() string {
	if runtime.GOOS != "linux" {
		return ""
	}
	nodes, _ := filepath.Glob("/dev/video*")
	links, _ := filepath.Glob("/dev/v4l/by-id/*")
	return "now:" + strings.Join(append(nodes, links...), "\n")
}

func (c *cameras) list(ctx context.Context) ([]frame.Device, error) {
	drivers, err := c.drivers(ctx)
	if err != nil {
		return nil, err
	}
	var list []frame.Device
	first := driver.PriorityLow
	for _, d := range drivers {
		id := cameraID(d)
		// Beside the picture many cameras have a node for metadata.
		if strings.Contains(id, "-video-index") && !strings.HasSuffix(id, "-video-index0") {
			continue
		}
		dev := frame.Device{Kind: frame.Camera, ID: id, Name: cameraName(d)}
		if d.Info().Priority > first {
			first, dev.Default = d.Info().Priority, true
			for i := range list {
				list[i].Default = false
			}
		}
		list = append(list, dev)
	}
	slices.SortFunc(list, func(a, b frame.Device) int { return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.ID, b.ID)) })
	return list, nil
}

// cameraID is the name by which the system finds the camera again: V4L2's link by id or path, AVFoundation's UID,
// DirectShow's path.
func cameraID(d driver.Driver) string {
	id, _, _ := strings.Cut(d.Info().Label, camera.LabelSeparator)
	return id
}

func cameraName(d driver.Driver) string {
	name, _, _ := strings.Cut(d.Info().Name, camera.LabelSeparator)
	if name == "" {
		return cameraID(d)
	}
	return name
}

// capture runs a camera. The empty ID is the camera that the system prefers.
func (c *cameras) capture(ctx context.Context, id string, want frame.Format, now func() time.Duration, out *frame.Slot) error {
	d, err := c.find(ctx, id)
	if err != nil {
		return err
	}
	name := fmt.Sprintf("camera %q", cameraName(d))
	if err := d.Open(); err != nil {
		return cameraError(name, err)
	}
	// Closing reports that an unplugged camera does not answer, which its user knows.
	defer func() { _ = d.Close() }()
	p, ok := nearest(d.Properties(), want)
	if !ok {
		return fmt.Errorf("%s offers no picture format that Vitrine reads: %w", name, frame.ErrFormat)
	}
	reader, err := d.(driver.VideoRecorder).VideoRecord(p)
	if err != nil {
		return cameraError(name, err)
	}
	from := bt601Limited
	if p.FrameFormat == media.FormatMJPEG {
		from = bt601Full
	}
	var pool frame.Pool
	for ctx.Err() == nil {
		img, release, err := reader.Read()
		if err != nil {
			return cameraError(name, err)
		}
		pts := now()
		v := fromImage(&pool, img, from)
		if release != nil {
			release()
		}
		if v == nil {
			return fmt.Errorf("%s delivers pictures of a kind that Vitrine does not read: %w", name, frame.ErrFormat)
		}
		v.PTS = pts
		out.Put(v)
	}
	return nil
}

func (c *cameras) find(ctx context.Context, id string) (driver.Driver, error) {
	drivers, err := c.drivers(ctx)
	if err != nil {
		return nil, err
	}
	var best driver.Driver
	for _, d := range drivers {
		if cameraID(d) == id || id == "" && (best == nil || d.Info().Priority > best.Info().Priority) {
			best = d
		}
	}
	switch {
	case best != nil:
		return best, nil
	case id == "":
		return nil, fmt.Errorf("no camera is connected: %w", frame.ErrGone)
	default:
		return nil, fmt.Errorf("camera %q is not connected: %w", id, frame.ErrGone)
	}
}

// nearest chooses what to ask a camera for. A rate below four fifths of the wanted one is the worst; then a size that is
// too small, then one that is too large, then a rate that is too high; JPEG, which costs decoding, loses a tie.
func nearest(all []prop.Media, want frame.Format) (prop.Media, bool) {
	cost := func(p prop.Media) float64 {
		rate := float64(p.FrameRate)
		if rate == 0 {
			rate = 30 // the driver does not say; nearly every camera does
		}
		area, wanted := float64(p.Width*p.Height), float64(want.Width*want.Height)
		c := 1000*max(0, 0.8*float64(want.FPS)-rate) + max(0, rate-float64(want.FPS))/100
		if p.Width < want.Width || p.Height < want.Height {
			c += 100 * max(0.1, 1-area/wanted)
		} else {
			c += area/wanted - 1
		}
		if p.FrameFormat == media.FormatMJPEG {
			c += 0.05
		}
		return c
	}
	all = slices.DeleteFunc(slices.Clone(all), func(p prop.Media) bool {
		return p.Width < 1 || p.Height < 1 || p.FrameFormat == media.FormatZ16
	})
	if len(all) == 0 {
		return prop.Media{}, false
	}
	return slices.MinFunc(all, func(a, b prop.Media) int { return cmp.Compare(cost(a), cost(b)) }), true
}

// cameraError makes one sentence of what a driver says. V4L2 reports by errno, the others in words.
func cameraError(name string, err error) error {
	say := func(what string, as error) error { return fmt.Errorf("%s %s (%v): %w", name, what, err, as) }
	var errno syscall.Errno
	if errors.As(err, &errno) {
		switch errno {
		case syscall.EBUSY:
			return say("is used by another program", frame.ErrBusy)
		case syscall.EACCES, syscall.EPERM:
			return say("may not be used by this user", frame.ErrRefused)
		case syscall.EINVAL:
			return say("refused its own format", frame.ErrFormat)
		}
		return say("was unplugged", frame.ErrGone)
	}
	text := strings.ToLower(err.Error())
	switch {
	case errors.Is(err, io.EOF), strings.Contains(text, "timeout"), strings.Contains(text, "empty frame"):
		return say("delivers no pictures", frame.ErrSilent)
	case strings.Contains(text, "already opened"):
		return say("is in the show already", frame.ErrBusy)
	case strings.Contains(text, "busy"), strings.Contains(text, "in use"):
		return say("is used by another program", frame.ErrBusy)
	case strings.Contains(text, "denied"), strings.Contains(text, "authoriz"):
		return say("may not be used by this program", frame.ErrRefused)
	default:
		return say("failed", frame.ErrGone)
	}
}
