package capture

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"vitrine/capture/frame"
)

// firstPicture is how long the first picture of a file or stream is waited for, nextPicture each that follows.
const (
	firstPicture = 15 * time.Second
	nextPicture  = 5 * time.Second
)

// pacer says when each picture is due. A picture that is late moves all that follow, so nothing is shown in a burst.
type pacer struct {
	interval time.Duration
	due      time.Time
}

// wait waits until the next picture is due, or reports false when ctx ends before.
func (p *pacer) wait(ctx context.Context) bool {
	now := time.Now()
	if p.due.Before(now) {
		p.due = now
	}
	timer := time.NewTimer(p.due.Sub(now))
	defer timer.Stop()
	p.due = p.due.Add(p.interval)
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

// playFile plays a video file, or shows a still picture for as long as ctx lasts. At the end of a video that does not loop
// it returns frame.ErrEnded.
func playFile(ctx context.Context, in frame.Input, want frame.Format, play *frame.Playback, now func() time.Duration, out *frame.Slot) error {
	name := fmt.Sprintf("file %q", filepath.Base(in.URL))
	if err := readable(in.URL, name); err != nil {
		return err
	}
	args := []string{"-protocol_whitelist", "file,crypto,data"}
	if in.Loop && !isPicture(in.URL) {
		args = append(args, "-stream_loop", "-1")
	}
	d, err := decode(ctx, append(args, "-i", "file:"+in.URL), want)
	if err != nil {
		return err
	}
	defer d.close()
	p := pacer{interval: want.Interval()}
	var last *frame.Video
	defer func() {
		if last != nil {
			last.Release()
		}
	}()
	for {
		v, err := d.next(patience(d.frames))
		if err != nil {
			if last != nil && errors.Is(err, io.EOF) && d.frames <= max(3, want.FPS/10) {
				return hold(ctx, last, &p, now, out)
			}
			return fileEnd(name, d, err)
		}
		if last != nil {
			last.Release()
		}
		last = v
		if !p.wait(ctx) || !awaitPlay(ctx, play) {
			return nil
		}
		v.PTS = now()
		out.Put(v.Retain())
	}
}

func patience(frames int) time.Duration {
	if frames == 0 {
		return firstPicture
	}
	return nextPicture
}

// readable tells apart what keeps a file from being opened.
func readable(path, name string) error {
	f, err := os.Open(path)
	switch {
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("%s may not be read: %w", name, frame.ErrRefused)
	case err != nil:
		return fmt.Errorf("%s is not there: %w", name, frame.ErrGone)
	}
	defer f.Close()
	if st, err := f.Stat(); err != nil || st.IsDir() {
		return fmt.Errorf("%s is a folder: %w", name, frame.ErrFormat)
	}
	return nil
}

// isPicture tells a still picture by its name; looping it would decode it again for each frame.
func isPicture(path string) bool {
	return slices.Contains([]string{".png", ".jpg", ".jpeg", ".bmp", ".webp", ".tif", ".tiff"}, strings.ToLower(filepath.Ext(path)))
}

// fileEnd says why a file's pictures have ended.
func fileEnd(name string, d *decoder, err error) error {
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return fmt.Errorf("%s gives no more pictures: %w", name, frame.ErrSilent)
	}
	end := d.wait()
	switch {
	case end != nil:
		return fmt.Errorf("%s cannot be played (%v): %w", name, end, frame.ErrFormat)
	case d.frames == 0:
		return fmt.Errorf("%s has no picture: %w", name, frame.ErrFormat)
	default:
		return fmt.Errorf("%s: %w", name, frame.ErrEnded)
	}
}

// hold shows a still picture again and again, as a camera would.
func hold(ctx context.Context, still *frame.Video, p *pacer, now func() time.Duration, out *frame.Slot) error {
	var pool frame.Pool
	for p.wait(ctx) {
		v := pool.Get(still.Width, still.Height)
		v.Copy(still)
		v.PTS = now()
		out.Put(v)
	}
	return nil
}

// pausePoll is how soon a held file goes on after it may.
const pausePoll = 20 * time.Millisecond

// awaitPlay waits while the input is held. Playback is a flag without an event, so it is looked at.
func awaitPlay(ctx context.Context, play *frame.Playback) bool {
	if !play.Paused() {
		return true
	}
	tick := time.NewTicker(pausePoll)
	defer tick.Stop()
	for play.Paused() {
		select {
		case <-ctx.Done():
			return false
		case <-tick.C:
		}
	}
	return true
}

// streamSchemes are the addresses that may be opened, and what ffmpeg needs to hear for each: a live source must not be
// buffered.
var streamSchemes = map[string][]string{
	"rtsp":  {"-fflags", "nobuffer", "-flags", "low_delay", "-rtsp_transport", "tcp"},
	"rtsps": {"-fflags", "nobuffer", "-flags", "low_delay", "-rtsp_transport", "tcp"},
	"rtmp":  {"-fflags", "nobuffer", "-flags", "low_delay"},
	"rtmps": {"-fflags", "nobuffer", "-flags", "low_delay"},
	"srt":   {"-fflags", "nobuffer", "-flags", "low_delay"},
	"udp":   {"-fflags", "nobuffer", "-flags", "low_delay"},
	"http":  nil,
	"https": nil,
}

// streamProtocols are what an opened stream may in turn refer to: the network, never this machine's files.
const streamProtocols = "http,https,httpproxy,hls,tcp,tls,udp,rtp,rtcp,srtp,rtsp,rtmp,rtmps,rtmpt,srt,crypto,data"

// A stream that breaks is tried again after a growing pause; what stays broken is given up, so that the host is told.
const (
	streamRetries = 5
	firstPause    = 500 * time.Millisecond
	maxPause      = 8 * time.Second
	steadyAfter   = 10 * time.Second
)

// playStream plays a network stream. It returns an error at once when there was no picture yet, and after five attempts
// in a row when there was.
func (d *Devices) playStream(ctx context.Context, address string, want frame.Format, play *frame.Playback, now func() time.Duration, out *frame.Slot) error {
	u, err := url.Parse(address)
	if err != nil {
		return fmt.Errorf("the stream's address is no address: %w", frame.ErrFormat)
	}
	scheme := strings.ToLower(u.Scheme)
	input, ok := streamSchemes[scheme]
	if !ok || u.Host == "" {
		return fmt.Errorf("streams have an address with rtsp, rtmp, http, https, srt or udp, not %q: %w", u.Scheme, frame.ErrFormat)
	}
	shown := u.Scheme + "://" + u.Host // the rest of an address may be a secret
	args := append(slices.Clone(input), "-protocol_whitelist", streamProtocols, "-i", address)
	seen := false
	for try, pause := 1, firstPause; ; try++ {
		began := time.Now()
		pictures, err := streamOnce(ctx, stream{shown: shown, address: address}, args, want, play, now, out)
		seen = seen || pictures > 0
		if time.Since(began) > steadyAfter && pictures > 0 {
			try, pause = 1, firstPause
		}
		if !seen || try > streamRetries || ctx.Err() != nil {
			return err
		}
		d.log.Info("stream broke, trying again", "host", u.Host, "in", pause, "attempt", try)
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(pause):
		}
		pause = min(2*pause, maxPause)
	}
}

// stream is what a network stream is called.
type stream struct{ shown, address string }

// streamOnce plays a stream until it breaks, and returns how many pictures came. Reading a little faster than the clock
// keeps a live stream from lagging behind and one that is not live near its own speed. A held stream is read on, as
// the world does not wait.
func streamOnce(ctx context.Context, s stream, args []string, want frame.Format, play *frame.Playback, now func() time.Duration, out *frame.Slot) (int, error) {
	d, err := decode(ctx, args, want)
	if err != nil {
		return 0, err
	}
	defer d.close()
	p := pacer{interval: want.Interval() * 98 / 100}
	for {
		v, err := d.next(patience(d.frames))
		if err != nil {
			return d.frames, s.end(d, err)
		}
		if !p.wait(ctx) {
			v.Release()
			return d.frames, nil
		}
		if play.Paused() {
			v.Release()
			continue
		}
		v.PTS = now()
		out.Put(v)
	}
}

// end says why the pictures have ended.
func (s stream) end(d *decoder, err error) error {
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return fmt.Errorf("stream %q gives no pictures: %w", s.shown, frame.ErrSilent)
	}
	if end := d.wait(); end != nil {
		said := strings.ReplaceAll(end.Error(), s.address, s.shown)
		return fmt.Errorf("stream %q cannot be played (%s): %w", s.shown, said, frame.ErrGone)
	}
	return fmt.Errorf("stream %q has ended: %w", s.shown, frame.ErrGone)
}
