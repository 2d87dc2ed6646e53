package main

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"time"

	"vitrine/capture/music"
	"vitrine/studio"
)

// tracks fills studio.Tracks with the files of the disk.
type tracks struct{}

func (tracks) OpenTrack(path string) (studio.Track, error) {
	t, err := openTrack(path)
	if err != nil {
		return nil, err
	}
	return t, nil
}

// openTrack opens a file; its errors do not repeat the path, which whoever asked knows.
func openTrack(path string) (*music.Track, error) {
	f, err := os.Open(path)
	if err != nil {
		var at *fs.PathError
		if errors.As(err, &at) {
			err = at.Err
		}
		return nil, err
	}
	t, err := music.Open(f, path)
	if err != nil {
		_ = f.Close() // it was only read
		return nil, err
	}
	return t, nil
}

// outlineNews is in how many parts an outline is shown while it is measured.
const outlineNews = 20

// OutlineTrack rests as long as it works: five minutes of MP3 take six seconds of a core, which a show may need.
func (tracks) OutlineTrack(ctx context.Context, path string, columns int, progress func(share float64, peaks []studio.Peak)) error {
	t, err := openTrack(path)
	if err != nil {
		return err
	}
	defer t.Close()
	o, peaks, said := music.NewOutline(t, columns), make([]studio.Peak, columns), 0.0
	tell := func(share float64) {
		for i, p := range o.Peaks() {
			peaks[i] = studio.Peak(p)
		}
		progress(share, peaks)
		said = share
	}
	for err == nil && ctx.Err() == nil {
		began := time.Now()
		if err = o.Step(); err == nil && o.Progress() >= said+1.0/outlineNews {
			tell(min(o.Progress(), 0.99))
		}
		time.Sleep(time.Since(began))
	}
	if err == io.EOF {
		tell(1)
		err = nil
	}
	return err
}
