package capture

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"time"

	"vitrine/capture/frame"
)

// decoder is one ffmpeg child that writes pictures of one size and rate to a pipe. It runs on while the pipe has room, so
// whoever reads slowly slows it down.
type decoder struct {
	cmd    *exec.Cmd
	pipe   *os.File
	in     *bufio.Reader
	stderr lastLines
	format frame.Format
	pool   frame.Pool
	frames int // read so far
	stop   context.CancelFunc
}

// killDelay is how long after its end a child's pipes are waited for.
const killDelay = time.Second

// decode starts ffmpeg on an input given as ffmpeg arguments. The picture is scaled into the format with black bars where
// the shape differs. Close must be called.
func decode(ctx context.Context, input []string, want frame.Format) (*decoder, error) {
	if want.Width < 1 || want.Height < 1 || want.FPS < 1 {
		return nil, fmt.Errorf("decode into %v: %w", want, frame.ErrFormat)
	}
	read, write, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("make a pipe for ffmpeg: %w", err)
	}
	defer write.Close()
	ctx, stop := context.WithCancel(ctx)
	d := &decoder{pipe: read, in: bufio.NewReaderSize(read, 1<<16), format: want, stop: stop}
	args := append([]string{"-nostdin", "-hide_banner", "-loglevel", "error"}, input...)
	args = append(args, "-map", "0:v:0", "-vf", filters(want), "-pix_fmt", "yuv420p", "-f", "rawvideo", "pipe:1")
	d.cmd = exec.CommandContext(ctx, "ffmpeg", args...)
	d.cmd.Stdout, d.cmd.Stderr, d.cmd.WaitDelay = write, &d.stderr, killDelay
	if err := d.cmd.Start(); err != nil {
		stop()
		read.Close()
		if errors.Is(err, exec.ErrNotFound) {
			return nil, fmt.Errorf("files and streams need the program ffmpeg, which is not installed (package ffmpeg): %w", frame.ErrFormat)
		}
		return nil, fmt.Errorf("start ffmpeg: %w", err)
	}
	return d, nil
}

// filters makes square pixels, fits the picture into the size and changes its colour to ours. Where a file does not say
// what its colour is, swscale takes it for BT.601.
func filters(want frame.Format) string {
	size := strconv.Itoa(want.Width) + ":" + strconv.Itoa(want.Height)
	return strings.Join([]string{
		"fps=" + strconv.Itoa(want.FPS),
		"scale=w='if(sar,iw*sar,iw)':h=ih",
		"scale=" + size + ":force_original_aspect_ratio=decrease:flags=bilinear:out_color_matrix=bt709:out_range=tv",
		"pad=" + size + ":(ow-iw)/2:(oh-ih)/2",
		"setsar=1",
	}, ",")
}

// next reads a picture, waiting at most patience for it. The error is io.EOF when the child has ended its output between
// two pictures, and os.ErrDeadlineExceeded when nothing came.
func (d *decoder) next(patience time.Duration) (*frame.Video, error) {
	if err := d.pipe.SetReadDeadline(time.Now().Add(patience)); err != nil {
		return nil, err
	}
	v := d.pool.Get(d.format.Width, d.format.Height)
	cw, ch := (v.Width+1)/2, (v.Height+1)/2
	err := readPlane(d.in, v.Y, v.YStride, v.Width, v.Height)
	if err == nil {
		err = errors.Join(readPlane(d.in, v.U, v.CStride, cw, ch), readPlane(d.in, v.V, v.CStride, cw, ch))
	}
	if err != nil {
		v.Release()
		return nil, err
	}
	d.frames++
	return v, nil
}

func readPlane(in io.Reader, plane []byte, stride, w, h int) error {
	if stride == w {
		_, err := io.ReadFull(in, plane[:w*h])
		return err
	}
	for y := range h {
		if _, err := io.ReadFull(in, plane[y*stride:y*stride+w]); err != nil {
			return err
		}
	}
	return nil
}

// wait waits for a child that has closed its output to end, and says how: nil for a good end.
func (d *decoder) wait() error {
	err := d.cmd.Wait()
	if err == nil {
		return nil
	}
	if said := d.stderr.String(); said != "" {
		return errors.New(said)
	}
	return fmt.Errorf("ffmpeg ended: %w", err)
}

// close ends the child and frees what it held. It may follow wait.
func (d *decoder) close() {
	d.stop()
	d.pipe.Close()
	if d.cmd.ProcessState == nil {
		_ = d.cmd.Wait()
	}
}

// lastLines keeps the last complete line that a child has said.
type lastLines struct {
	mu         sync.Mutex
	part, last string
}

// maxLine bounds what is kept of one line, in bytes.
const maxLine = 300

func (l *lastLines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for line := range strings.Lines(string(p)) {
		l.part += line
		if len(l.part) > maxLine {
			l.part = l.part[:maxLine]
		}
		if strings.HasSuffix(line, "\n") {
			if said := strings.TrimSpace(l.part); said != "" {
				l.last = said
			}
			l.part = ""
		}
	}
	return len(p), nil
}

func (l *lastLines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	if said := strings.TrimSpace(l.part); said != "" {
		return said
	}
	return l.last
}
