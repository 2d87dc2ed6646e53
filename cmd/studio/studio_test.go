package main

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"

	"vitrine/capture/frame"
	"vitrine/studio"
)

func TestSettingsAreKeptForTheirOwnerOnly(t *testing.T) {
	f := file(filepath.Join(t.TempDir(), "deep", "studio.json"))
	if b, err := f.Load(); b != nil || err != nil {
		t.Fatalf("a first start loads %q, %v", b, err)
	}
	for _, s := range []string{"one", "two"} {
		if err := f.Save([]byte(s)); err != nil {
			t.Fatal(err)
		}
	}
	if b, err := f.Load(); string(b) != "two" || err != nil {
		t.Fatalf("loads %q, %v", b, err)
	}
	info, err := os.Stat(string(f))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file with the token has mode %v, %v", info.Mode(), err)
	}
	where, err := f.SetAside()
	if err != nil {
		t.Fatal(err)
	}
	if b, err := os.ReadFile(where); string(b) != "two" || err != nil {
		t.Errorf("set aside as %q, %v", b, err)
	}
	if left, _ := os.ReadDir(filepath.Dir(string(f))); len(left) != 1 {
		t.Errorf("left behind: %v", left)
	}
}

func TestTheProgramSaysOfItselfWhatThePackageSays(t *testing.T) {
	b, err := os.ReadFile("../../FyneApp.toml")
	if err != nil {
		t.Fatal(err)
	}
	said := fyne.AppMetadata{}
	for line := range strings.Lines(string(b)) {
		key, value, _ := strings.Cut(line, " = ")
		value = strings.Trim(strings.TrimSpace(value), `"`)
		switch strings.TrimSpace(key) {
		case "Name":
			said.Name = value
		case "ID":
			said.ID = value
		case "Version":
			said.Version = value
		case "Build":
			if said.Build, err = strconv.Atoi(value); err != nil {
				t.Error(err)
			}
		case "Icon":
			if _, err := os.Stat("../../" + value); err != nil {
				t.Error(err)
			}
		}
	}
	if said.Name != metadata.Name || said.ID != metadata.ID || said.Version != metadata.Version || said.Build != metadata.Build {
		t.Errorf("FyneApp.toml says %+v, the program %+v", said, metadata)
	}
}

func TestSourcesAreNamedOnTheCommandLine(t *testing.T) {
	for arg, want := range map[string]frame.Input{
		"camera:/dev/video0":     {Kind: frame.Camera, Device: "/dev/video0"},
		"screen:":                {Kind: frame.Screen},
		"file:/a/b:c.mp4":        {Kind: frame.File, URL: "/a/b:c.mp4", Loop: true},
		"stream:rtsp://host/cam": {Kind: frame.Stream, URL: "rtsp://host/cam"},
	} {
		if got, err := input(arg); err != nil || got != want {
			t.Errorf("%s is %+v, %v", arg, got, err)
		}
	}
	for _, arg := range []string{"", "camera", "microphone:x", "x:y"} {
		if _, err := input(arg); err == nil {
			t.Errorf("%q was taken", arg)
		}
	}
}

func TestFlagsChangeTheOutputTheyName(t *testing.T) {
	o := studio.Defaults().Output
	if got, changed, err := (flags{}).output(o); changed || err != nil || got != o {
		t.Errorf("no flags: %+v, %v, %v", got, changed, err)
	}
	got, changed, err := flags{Codec: "none", Size: "640x360", FPS: 15, Bitrate: 500, AudioBitrate: 32, KeyInterval: time.Minute}.output(o)
	want := studio.Output{Format: frame.Format{Width: 640, Height: 360, FPS: 15}, VideoBitrate: 500_000, AudioBitrate: 32_000, KeyInterval: time.Minute}
	if got != want || !changed || err != nil {
		t.Errorf("all flags: %+v, %v, %v", got, changed, err)
	}
	if _, _, err := (flags{Size: "big"}).output(o); err == nil {
		t.Error(`--size big was taken`)
	}
}
