package capture_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"vitrine/capture"
	"vitrine/capture/rig"
)

// What the tests of this package share: the display, and the folder of the sound daemon, both without hardware.
var (
	display *rig.Display
	sound   *rig.Sound
	folder  string
)

func devices() *capture.Devices { return capture.New(slog.New(slog.DiscardHandler)) }

func TestMain(m *testing.M) { os.Exit(withRig(m)) }

func withRig(m *testing.M) int {
	ctx := context.Background()
	var err error
	if folder, err = os.MkdirTemp("", "vitrine-rig-*"); err != nil {
		return fail(err)
	}
	defer os.RemoveAll(folder)
	if display, err = rig.StartDisplay(ctx, 640, 480); err != nil {
		return fail(err)
	}
	if sound, err = rig.StartSound(ctx, folder); err != nil {
		display.Close()
		return fail(err)
	}
	for _, e := range append(sound.Env, "DISPLAY="+display.Name) {
		key, value, _ := strings.Cut(e, "=")
		if err := os.Setenv(key, value); err != nil {
			return fail(err)
		}
	}
	code := m.Run()
	sound.Close()
	display.Close()
	if err := goleak.Find(); err != nil && code == 0 {
		return fail(err)
	}
	return code
}

func fail(err error) int {
	fmt.Fprintln(os.Stderr, "capture's tests need a display and a sound daemon:", err)
	return 1
}
