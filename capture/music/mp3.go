package music

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	mp3 "github.com/hajimehoshi/go-mp3"
)

const (
	mp3Delay   = 529 // samples by which every decoder of layer III is late
	mp3Preroll = 12  // frames decoded before a sought one: the bit reservoir reaches back over up to nine
	mp3Bad     = 40  // frames in a row, about a second, that may be silence before the file counts as damaged
)

// mp3File reads MPEG-1 and MPEG-2 layer III (ISO/IEC 11172-3, 13818-3). Its frames are found once when it is opened; the
// library is given nothing but them, from any one on.
type mp3File struct {
	file   file
	frames []int64 // offsets
	format mp3Header
	short  bool  // at least one frame is; see mp3Header
	lead   int64 // pairs of the first frames that are the encoder's delay

	at      int // the frame that the library decodes next
	library *mp3.Decoder
	bad     int
	pcm     []byte // 16-bit pairs of one frame; rest is what is not read yet
	rest    []byte
	skip    int64 // pairs to drop after a seek
}

func openMP3(f file, start int64) (source, error) {
	d := &mp3File{file: f}
	if err := d.index(start); err != nil {
		return source{}, err
	}
	if d.format.version == mpeg25 {
		return source{}, fmt.Errorf("%w: it is MPEG 2.5 with %d Hz", ErrForeign, d.format.rate)
	}
	if d.short {
		return source{}, fmt.Errorf("%w: it is MPEG-2 of constant bit rate with %d Hz", ErrForeign, d.format.rate)
	}
	s := source{decoder: d, rate: d.format.rate}
	head, err := f.bytes(d.frames[0], d.format.size)
	if err != nil {
		return source{}, err
	}
	samples := int64(d.format.samples)
	if delay, padding, ok := d.format.gaps(head); ok {
		d.frames = d.frames[1:]
		s.length = int64(len(d.frames)) * samples
		if delay > 0 || padding > 0 {
			d.lead = delay + mp3Delay
			s.length -= delay + max(padding, mp3Delay)
		}
	} else {
		s.length = int64(len(d.frames)) * samples
	}
	d.pcm = make([]byte, 4*samples)
	return s, d.seek(0)
}

// index finds the frames. What is no frame is passed over, if frames follow it.
func (d *mp3File) index(start int64) error {
	in := d.file.from(start)
	for at := start; ; {
		b, err := in.Peek(4)
		if err != nil {
			break
		}
		h, ok := parseMP3Header(binary.BigEndian.Uint32(b))
		if ok && len(d.frames) == 0 {
			ok = d.confirmed(in, h)
		} else if ok {
			ok = h.fits(d.format)
		}
		step := int64(1)
		if ok {
			if step = int64(h.size); at+step > d.file.size {
				break
			}
			if len(d.frames) == 0 {
				d.format = h
			}
			d.frames = append(d.frames, at)
			d.short = d.short || h.short
		} else if len(d.frames) == 0 && at-start > 1<<18 {
			break
		}
		if _, err := in.Discard(int(step)); err != nil {
			break
		}
		at += step
	}
	if len(d.frames) == 0 {
		return ErrForeign
	}
	return nil
}

// confirmed reports whether another frame follows the first, because its four bytes occur in files of any kind.
func (d *mp3File) confirmed(in *bufio.Reader, h mp3Header) bool {
	b, err := in.Peek(h.size + 4)
	if err != nil {
		return false
	}
	next, ok := parseMP3Header(binary.BigEndian.Uint32(b[h.size:]))
	return ok && next.fits(h)
}

func (d *mp3File) seek(pair int64) error {
	pair += d.lead
	samples := int64(d.format.samples)
	target := int(pair / samples)
	d.rest, d.bad, d.library = nil, 0, nil
	d.at = max(0, target-mp3Preroll)
	d.skip = pair - int64(d.at)*samples
	return nil
}

func (d *mp3File) read(p []float32) (int, error) {
	for len(d.rest) == 0 {
		if err := d.decode(); err != nil {
			return 0, err
		}
		drop := min(d.skip, int64(d.format.samples))
		d.rest, d.skip = d.pcm[4*drop:], d.skip-drop
	}
	n := min(len(p)/2, len(d.rest)/4)
	for i := range 2 * n {
		p[i] = float32(int16(binary.LittleEndian.Uint16(d.rest[2*i:]))) / (1 << 15)
	}
	d.rest = d.rest[4*n:]
	return n, nil
}

// decode puts the next frame into pcm, silence in place of a damaged one.
func (d *mp3File) decode() error {
	if d.at >= len(d.frames) {
		return io.EOF
	}
	err := safely(func() (err error) {
		if d.library == nil {
			if d.library, err = mp3.NewDecoder(&mp3Feed{file: d.file, frames: d.frames[d.at:]}); err != nil {
				return err
			}
		}
		_, err = io.ReadFull(d.library, d.pcm)
		return err
	})
	d.at++
	if err == nil {
		d.bad = 0
		return nil
	}
	clear(d.pcm)
	d.library = nil
	if d.bad++; d.bad > mp3Bad {
		return fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	return nil
}

// mp3Feed gives the library frames one after the other and nothing between them.
type mp3Feed struct {
	file   file
	frames []int64
	in     *bufio.Reader
	at     int64
	left   int // bytes of the present frame
}

// Read is io.Reader's.
func (r *mp3Feed) Read(p []byte) (int, error) {
	if r.left == 0 {
		if len(r.frames) == 0 {
			return 0, io.EOF
		}
		if err := r.next(); err != nil {
			return 0, err
		}
	}
	n, err := r.in.Read(p[:min(len(p), r.left)])
	r.left -= n
	r.at += int64(n)
	return n, err
}

func (r *mp3Feed) next() error {
	offset := r.frames[0]
	r.frames = r.frames[1:]
	if r.in == nil {
		r.in, r.at = r.file.from(offset), offset
	}
	if _, err := r.in.Discard(int(offset - r.at)); err != nil {
		return err
	}
	r.at = offset
	b, err := r.in.Peek(4)
	if err != nil {
		return err
	}
	h, ok := parseMP3Header(binary.BigEndian.Uint32(b))
	if !ok {
		return errors.New("the file has changed")
	}
	r.left = h.size
	return nil
}
