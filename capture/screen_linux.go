package capture

/*
#cgo pkg-config: x11 xext
#include <stdlib.h>
#include "x11.h"
*/
import "C"

import (
	"context"
	"fmt"
	"image"
	"os"
	"runtime"
	"runtime/cgo"
	"strconv"
	"strings"
	"time"
	"unsafe"

	"vitrine/capture/frame"
)

// listScreens lists X11 screens and the windows that programs show, or nothing where there is no display.
func listScreens() []frame.Device {
	if os.Getenv("DISPLAY") == "" {
		return nil
	}
	var list []frame.Device
	for windows := range 2 {
		kind := frame.Screen
		if windows == 1 {
			kind = frame.Window
		}
		h := cgo.NewHandle(func(id uint64, name string, width, height int, first bool) {
			list = append(list, screenDevice(kind, id, name, width, height, first))
		})
		C.grab_list(C.int(windows), C.uintptr_t(h))
		h.Delete()
	}
	return list
}

func screenDevice(kind frame.Kind, id uint64, name string, width, height int, first bool) frame.Device {
	if kind == frame.Screen {
		name = fmt.Sprintf("Screen %d (%d×%d)", id+1, width, height)
	}
	return frame.Device{Kind: kind, ID: strconv.FormatUint(id, 10), Name: name, Default: first}
}

//export grabFound
func grabFound(handle C.uintptr_t, id C.ulong, name *C.char, width, height, first C.int) {
	found := cgo.Handle(handle).Value().(func(uint64, string, int, int, bool))
	text := ""
	if name != nil {
		text = strings.ToValidUTF8(C.GoString(name), "�")
	}
	found(uint64(id), text, int(width), int(height), first != 0)
}

// captureScreen grabs a screen, a part of it, or a window. A window that changes its size gives pictures of the new size.
// Only what is on the screen can be read: parts of a window outside of it are cut off, a minimised window gives nothing,
// and without a compositor windows above it are seen.
func captureScreen(ctx context.Context, in frame.Input, fps int, now func() time.Duration, out *frame.Slot) error {
	name := screenName(in)
	if os.Getenv("DISPLAY") == "" {
		return fmt.Errorf("%s: there is no X11 display, DISPLAY is not set: %w", name, frame.ErrGone)
	}
	id, err := strconv.ParseUint(in.Device, 10, 32)
	if err != nil && in.Device != "" {
		return fmt.Errorf("%s is not there: %w", name, frame.ErrGone)
	}
	// When its server dies, Xlib leaves a connection to the thread that noticed, for ever.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	g := grabber{name: name, window: in.Kind == frame.Window}
	var result C.enum_grab_result
	if g.window {
		result = C.grab_open(&g.c, 0, C.ulong(max(id, 1)))
	} else {
		result = C.grab_open(&g.c, C.int(id), 0)
	}
	if err := g.fault(result); err != nil {
		return err
	}
	defer C.grab_close(g.c)
	p := pacer{interval: time.Second / time.Duration(max(fps, 1))}
	var pool frame.Pool
	var hidden time.Time
	for p.wait(ctx) {
		pts := now()
		v, result := g.grab(&pool, in)
		switch {
		case v != nil:
			v.PTS, hidden = pts, time.Time{}
			out.Put(v)
		case result != C.GRAB_REFUSED:
			return g.fault(result)
		case hidden.IsZero():
			hidden = time.Now()
		case time.Since(hidden) > hiddenFor:
			return fmt.Errorf("%s is not visible: %w", name, frame.ErrSilent)
		}
	}
	return nil
}

// hiddenFor is how long a window may be minimised, or off the screen, before its user is told.
const hiddenFor = 2 * time.Second

func screenName(in frame.Input) string {
	switch {
	case in.Kind == frame.Window:
		return fmt.Sprintf("window %s", in.Device)
	case in.Device == "":
		return "screen"
	default:
		return fmt.Sprintf("screen %s", in.Device)
	}
}

// grabber is one open screen or window.
type grabber struct {
	c      *C.struct_grabber
	name   string
	window bool
}

// grab returns a picture, or why there is none.
func (g *grabber) grab(pool *frame.Pool, in frame.Input) (*frame.Video, C.enum_grab_result) {
	var pixels *C.uint8_t
	var stride, width, height C.int
	r := in.Region
	if g.window {
		r = image.Rectangle{} // regions are of screens
	}
	result := C.grab_next(g.c, C.int(r.Min.X), C.int(r.Min.Y), C.int(r.Dx()), C.int(r.Dy()), &pixels, &stride, &width, &height)
	if result != C.GRAB_OK {
		return nil, result
	}
	v := pool.Get(int(width), int(height))
	fromRGB(v, unsafe.Slice((*byte)(pixels), int(stride)*int(height)), int(stride), orderBGRA)
	return v, result
}

func (g *grabber) fault(result C.enum_grab_result) error {
	switch result {
	case C.GRAB_OK:
		return nil
	case C.GRAB_GONE:
		return fmt.Errorf("%s is closed: %w", g.name, frame.ErrGone)
	case C.GRAB_FORMAT:
		return fmt.Errorf("%s has no 24-bit colour: %w", g.name, frame.ErrFormat)
	default:
		return fmt.Errorf("%s: the X11 display %s does not let us in: %w", g.name, os.Getenv("DISPLAY"), frame.ErrRefused)
	}
}
