// Package music opens music files and reads them as 10 ms blocks of the studio's sound: MP3, FLAC, Ogg Vorbis and WAV, any
// sample rate from 8 to 192 kHz, one to eight channels. It also reads titles and draws a track's outline. It opens no path
// and starts nothing: the caller hands in an opened file, and reads where a slow disk may make it wait.
//
// Why own readers around the libraries: the libraries decode, but where a track begins and ends, how it is sought and what a
// damaged file does decide whether a loop clicks and whether a show goes on. So containers, tags, seeking and lengths are
// ours. Positions are exact to the sample: a read after a seek gives the very samples that reading through would have given
// (MP3 is decoded from a few frames earlier, the resampler is filled before its first output), and encoder delay and padding
// of MP3 are cut off, as its LAME tag says.
//
// Music files come from anywhere. Sizes are checked before memory is taken, and a library that panics over damaged input
// ends in an error that says so.
package music

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"math"
	"path"
	"strings"
	"time"

	"vitrine/capture/frame"
)

// Why a file does not play. The errors of this package wrap one of these; the wrapped text names the file and the cause.
var (
	ErrForeign = errors.New("this is not music in a form that can be played; convert it to MP3, FLAC, Ogg Vorbis or WAV")
	ErrDamaged = errors.New("the file is damaged; get another copy of it, or convert it again")
)

// Limits of what is opened.
const (
	maxFile     = 4 << 30        // bytes
	maxLength   = 24 * time.Hour // of sound
	maxChannels = 8
	maxText     = 1 << 20 // bytes of tags
)

// decoder gives a file's sound at the file's own rate, as interleaved stereo pairs.
type decoder interface {
	// read fills p with pairs from where the last read ended and returns their number; io.EOF at the end.
	read(p []float32) (pairs int, err error)
	// seek continues with that pair, from 0 to source.length.
	seek(pair int64) error
}

// source is an opened file before resampling.
type source struct {
	decoder
	rate   int
	length int64 // pairs
	tags   tags
}

// Track is an opened music file. Not safe for concurrent use.
type Track struct {
	name, title, artist string

	file      file
	source    source
	resampler *resampler
	raw       []float32 // decoded; rest is the part of it that the resampler has not taken yet
	rest      []float32
	read      int64 // pairs decoded since the beginning of the file
	ended     bool  // the source has, and rest is the silence after it
	at, total int64 // samples at frame.SampleRate
}

// chunk is how many pairs are decoded at once.
const chunk = 2048

// Open reads what f is and prepares to play it from its beginning. The name, with or without folders, stands for the title
// where the file tells none. The track takes over f; after an error f is still the caller's.
//
// Finding an MP3's length reads the whole file once; the others read a few kilobytes.
func Open(f io.ReadSeeker, name string) (*Track, error) {
	t := &Track{
		name: path.Base(strings.ReplaceAll(name, `\`, "/")),
		file: file{r: f, trouble: new(error)},
		raw:  make([]float32, 2*chunk),
	}
	if err := t.open(); err != nil {
		return nil, t.failed(err)
	}
	t.title, t.artist = t.source.tags.title, t.source.tags.artist
	if t.title == "" {
		t.title = strings.TrimSuffix(t.name, path.Ext(t.name))
	}
	return t, nil
}

func (t *Track) open() (err error) {
	if t.file.size, err = t.file.r.Seek(0, io.SeekEnd); err != nil {
		return err
	}
	if t.file.size > maxFile {
		return fmt.Errorf("%w: it is larger than 4 GB", ErrForeign)
	}
	err = safely(func() (err error) {
		t.source, err = recognize(t.file)
		return err
	})
	if trouble := t.file.failed(); trouble != nil {
		err = trouble
	}
	if err != nil {
		return err
	}
	if t.resampler, err = newResampler(t.source.rate); err != nil {
		return fmt.Errorf("%w: %w", ErrForeign, err)
	}
	if t.source.length <= 0 {
		return fmt.Errorf("%w: it holds no sound", ErrDamaged)
	}
	if t.source.length > int64(maxLength/time.Second)*int64(t.source.rate) {
		return fmt.Errorf("%w: it says that it is longer than a day", ErrDamaged)
	}
	t.total = t.outputs(t.source.length)
	return nil
}

// outputs is how many samples at frame.SampleRate begin within that many pairs of the source.
func (t *Track) outputs(pairs int64) int64 {
	return (pairs*frame.SampleRate + int64(t.source.rate) - 1) / int64(t.source.rate)
}

// Title is what the file calls its music, or the file's name without its ending.
func (t *Track) Title() string { return t.title }

// Artist is who the file says plays, or "".
func (t *Track) Artist() string { return t.artist }

// Length is how long the track plays, exact to the sample unless the file tells wrongly.
func (t *Track) Length() time.Duration { return duration(t.total) }

// Position is the time of the next sample that Read gives.
func (t *Track) Position() time.Duration { return duration(t.at) }

func duration(samples int64) time.Duration {
	return time.Duration((samples*int64(time.Second) + frame.SampleRate/2) / frame.SampleRate)
}

// Close closes the file, if it can be closed.
func (t *Track) Close() error {
	if c, ok := t.file.r.(io.Closer); ok {
		return c.Close()
	}
	return nil
}

// Read writes the next 10 ms into b. The last block ends in silence; after it come io.EOF and silence. Another error means
// that the file cannot be read on from here; seeking elsewhere may help. It waits for the disk.
func (t *Track) Read(b *frame.Block) error {
	clear(b[:])
	n := 0
	for n < frame.BlockSamples {
		got := t.resampler.read(b[2*n : 2*(n+int(min(t.total-t.at, int64(frame.BlockSamples-n))))])
		n += got
		t.at += int64(got)
		if t.at == t.total {
			break
		}
		if got == 0 {
			if err := t.fill(); err != nil {
				return t.failed(err)
			}
		}
	}
	if n == 0 {
		return io.EOF
	}
	return nil
}

// fill hands the resampler more of the source, decoding when there is nothing left.
func (t *Track) fill() error {
	if len(t.rest) == 0 {
		n, err := t.decode(t.raw)
		switch {
		case err == io.EOF:
			// What the resampler still holds comes out behind silence.
			t.ended = true
			t.total = min(t.total, t.outputs(t.read))
			clear(t.raw)
			n = chunk
		case err != nil:
			return err
		}
		t.rest = t.raw[:2*n]
	}
	t.rest = t.rest[2*t.resampler.write(t.rest):]
	return nil
}

// loudest is the largest sample that is passed on; floating-point files may go beyond full scale and hold no numbers.
const loudest = 8

// decode reads pairs from the source: numbers only, not beyond its length, an error instead of a panic.
func (t *Track) decode(p []float32) (n int, err error) {
	if t.ended || t.read >= t.source.length {
		return 0, io.EOF
	}
	p = p[:2*min(int64(len(p)/2), t.source.length-t.read)]
	for n == 0 && err == nil {
		err = safely(func() error {
			n, err = t.source.read(p)
			return err
		})
	}
	if n > 0 {
		err = nil // it comes again
	} else if trouble := t.file.failed(); trouble != nil {
		err = trouble
	}
	for i, v := range p[:2*n] {
		if v != v {
			v = 0
		}
		p[i] = max(-loudest, min(loudest, v))
	}
	t.read += int64(n)
	return n, err
}

// Seek continues at that time, exact to the sample. Times beyond the ends mean the ends.
func (t *Track) Seek(to time.Duration) error {
	seconds, rest := to/time.Second, to%time.Second
	at := int64(seconds)*frame.SampleRate + int64(math.Round(rest.Seconds()*frame.SampleRate))
	t.total = t.outputs(t.source.length)
	t.at = max(0, min(at, t.total))
	t.rest, t.ended = nil, false
	if err := t.locate(t.resampler.reset(t.at)); err != nil {
		return t.failed(fmt.Errorf("seek to %v: %w", to, err))
	}
	return nil
}

// locate moves the source.
func (t *Track) locate(pair int64) error {
	t.read = min(pair, t.source.length)
	return safely(func() error { return t.source.seek(t.read) })
}

// Load reads the whole track into memory, as interleaved stereo at frame.SampleRate, at most limit of it.
func (t *Track) Load(limit time.Duration) ([]float32, error) {
	if err := t.Seek(0); err != nil {
		return nil, err
	}
	samples := min(t.total, int64(limit.Seconds()*frame.SampleRate))
	all := make([]float32, 0, 2*samples)
	var b frame.Block
	for int64(len(all)) < 2*samples {
		if err := t.Read(&b); err == io.EOF {
			break
		} else if err != nil {
			return nil, err
		}
		all = append(all, b[:min(int64(len(b)), 2*samples-int64(len(all)))]...)
	}
	return all[:min(int64(len(all)), 2*t.total)], nil
}

func (t *Track) failed(err error) error {
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		err = fmt.Errorf("%w: it ends too early", ErrDamaged)
	}
	return fmt.Errorf("%s: %w", t.name, err)
}

// safely turns a panic of a decoding library into an error.
func safely(f func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%w: decoding failed: %v", ErrDamaged, p)
		}
	}()
	return f()
}

// file is random access to a music file.
type file struct {
	r       io.ReadSeeker
	size    int64
	trouble *error // what the disk said when it last failed; decoders may take that for the end
}

// failed returns and forgets the trouble.
func (f file) failed() error {
	err := *f.trouble
	*f.trouble = nil
	return err
}

// ReadAt is io.ReaderAt's.
func (f file) ReadAt(p []byte, off int64) (int, error) {
	if _, err := f.r.Seek(off, io.SeekStart); err != nil {
		return 0, err
	}
	n, err := io.ReadFull(f.r, p)
	if err == io.ErrUnexpectedEOF {
		err = io.EOF
	}
	if err != nil && err != io.EOF {
		*f.trouble = err
	}
	return n, err
}

// section is the file from an offset to its end.
func (f file) section(off int64) io.Reader { return io.NewSectionReader(f, off, max(0, f.size-off)) }

// from reads the file from an offset to its end.
func (f file) from(off int64) *bufio.Reader { return bufio.NewReaderSize(f.section(off), 1<<16) }

// bytes reads n bytes at an offset; the caller has checked n.
func (f file) bytes(off int64, n int) ([]byte, error) {
	p := make([]byte, n)
	_, err := io.ReadFull(io.NewSectionReader(f, off, int64(n)), p)
	return p, err
}
