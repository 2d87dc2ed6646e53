package rig_test

import (
	"context"
	"os"
	"os/exec"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"vitrine/capture/rig"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestA_display_lets_clients_in_until_it_is_closed(t *testing.T) {
	d, err := rig.StartDisplay(t.Context(), 320, 200)
	if err != nil {
		t.Fatal(err)
	}
	root := func() error {
		cmd := exec.CommandContext(t.Context(), "xsetroot", "-solid", "red")
		cmd.Env = append(os.Environ(), "DISPLAY="+d.Name)
		return cmd.Run()
	}
	if err := root(); err != nil {
		t.Error("xsetroot:", err)
	}
	d.Close()
	if err := root(); err == nil {
		t.Error("the display still answers")
	}
}

func TestA_sound_daemon_has_both_sinks_and_comes_back_in_the_same_folder(t *testing.T) {
	dir := t.TempDir()
	for range 2 {
		s, err := rig.StartSound(t.Context(), dir)
		if err != nil {
			t.Fatal(err)
		}
		out, err := s.Command(t.Context(), "pactl", "info").Output()
		if err != nil || !strings.Contains(string(out), "Default Sink: "+rig.SpeakerSink) ||
			!strings.Contains(string(out), "Default Source: "+rig.MicrophoneSink+".monitor") {
			t.Errorf("pactl info: %v\n%s", err, out)
		}
		s.Close()
		if err := s.Command(context.Background(), "pactl", "info").Run(); err == nil {
			t.Error("the daemon still answers")
		}
	}
}
