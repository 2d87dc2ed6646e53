package main

import (
	"encoding/binary"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"vitrine/capture/frame"
	"vitrine/studio"
)

// wav writes a second of a tone that is silent in its second half, and returns its path.
func wav(t *testing.T) string {
	t.Helper()
	const rate = frame.SampleRate
	samples := make([]int16, rate)
	for i := range rate / 2 {
		samples[i] = int16(16384 * math.Sin(float64(i)/10))
	}
	b := append([]byte("RIFF\x00\x00\x00\x00WAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00"), 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 16, 0)
	binary.LittleEndian.PutUint32(b[24:], rate)
	binary.LittleEndian.PutUint32(b[28:], 2*rate)
	b = binary.LittleEndian.AppendUint32(append(b, "data"...), 2*rate)
	for _, v := range samples {
		b = binary.LittleEndian.AppendUint16(b, uint16(v))
	}
	binary.LittleEndian.PutUint32(b[4:], uint32(len(b)-8))
	path := filepath.Join(t.TempDir(), "tone.wav")
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestMusicFilesAreOpenedAndDrawn(t *testing.T) {
	path := wav(t)
	track, err := tracks{}.OpenTrack(path)
	if err != nil {
		t.Fatal(err)
	}
	var b frame.Block
	if err := track.Read(&b); err != nil || b[96] == 0 || track.Title() != "tone" || track.Length() != time.Second {
		t.Errorf("%q of %v, %v", track.Title(), track.Length(), err)
	}
	if err := track.Close(); err != nil {
		t.Error(err)
	}
	done := 0.0
	var last []studio.Peak
	err = tracks{}.OutlineTrack(t.Context(), path, 10, func(share float64, peaks []studio.Peak) {
		if share <= done {
			t.Errorf("%g comes after %g", share, done)
		}
		done, last = share, peaks
	})
	if err != nil || done != 1 || len(last) != 10 || last[0].Max < 0.45 || last[0].Min > -0.45 || last[9] != (studio.Peak{}) {
		t.Errorf("drew %g of %v, %v", done, last, err)
	}
}

func TestAFileThatIsNoMusicIsRefusedInAFewWords(t *testing.T) {
	text := filepath.Join(t.TempDir(), "text.mp3")
	if err := os.WriteFile(text, []byte("no music"), 0o600); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{text: "not music", filepath.Join(t.TempDir(), "gone.mp3"): "no such file", t.TempDir(): ""} {
		_, err := tracks{}.OpenTrack(path)
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), filepath.Dir(path)) {
			t.Errorf("%s: %v", filepath.Base(path), err)
		}
		if (tracks{}).OutlineTrack(t.Context(), path, 10, func(float64, []studio.Peak) {}) == nil {
			t.Errorf("%s was drawn", filepath.Base(path))
		}
	}
}
