package music

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"math"

	"github.com/mewkiz/flac/frame"
)

// Types of FLAC metadata blocks.
const (
	flacStream   = 0
	flacComments = 4
)

// flacFile reads FLAC (RFC 9639). The library decodes frames; finding them is done here, by the sample number that every
// frame carries, so that seeking needs no table and no reading through.
type flacFile struct {
	file  file
	start int64 // of the first frame
	block int64 // samples of a frame, where all have the same number
	bits  int   // per sample, where a frame does not say
	rate  int
	mix   downmix

	in      *bufio.Reader
	at      int64     // number of the next frame's first sample
	frame   []float32 // the channels of the last decoded frame, interleaved
	silence int64     // pairs before it, in place of damaged ones
	skip    int64     // pairs to drop after a seek
}

func openFLAC(f file, start int64) (source, error) {
	d := &flacFile{file: f, start: start + 4}
	s := source{decoder: d}
	for last, first := false, true; !last; first = false {
		var head [4]byte
		if _, err := f.ReadAt(head[:], d.start); err != nil {
			return source{}, err
		}
		last = head[0]&0x80 != 0
		size := int64(head[1])<<16 | int64(head[2])<<8 | int64(head[3])
		d.start += int64(len(head))
		kind := head[0] & 0x7f
		if first != (kind == flacStream) {
			return source{}, fmt.Errorf("%w: its description is missing", ErrDamaged)
		}
		if size <= maxText && (kind == flacStream || kind == flacComments) {
			b, err := f.bytes(d.start, int(size))
			if err != nil {
				return source{}, err
			}
			if kind == flacComments {
				s.tags = parseComments(b)
			} else if s.length, err = d.describe(b); err != nil {
				return source{}, err
			}
		}
		d.start += size
	}
	s.rate = d.rate
	if s.length == 0 { // its maker could not go back and write it
		end, err := d.find(math.MaxInt64)
		if err != nil {
			return source{}, err
		}
		s.length = end.first + end.samples
	}
	return s, d.seek(0)
}

// describe reads the STREAMINFO block.
func (d *flacFile) describe(b []byte) (length int64, err error) {
	if len(b) < 34 {
		return 0, fmt.Errorf("%w: its description is too short", ErrDamaged)
	}
	d.block = int64(binary.BigEndian.Uint16(b))
	v := binary.BigEndian.Uint64(b[10:])
	d.rate = int(v >> 44)
	d.mix = newDownmix(riffOrder[v>>41&7+1])
	d.bits = int(v>>36&31) + 1
	return int64(v & (1<<36 - 1)), nil
}

// flacPlace is a frame in the file.
type flacPlace struct{ offset, first, samples int64 }

// find returns the last frame that begins at or before a sample, by halving the file.
func (d *flacFile) find(sample int64) (flacPlace, error) {
	low, ok := d.next(d.start, d.file.size)
	if !ok {
		return low, fmt.Errorf("%w: it holds no sound", ErrDamaged)
	}
	// All frames before low.offset begin early enough, those from high on do not.
	for high := d.file.size; low.first+low.samples <= sample && high > low.offset+1; {
		mid := low.offset + 1 + (high-low.offset-1)/2
		if high-low.offset < 1<<14 {
			mid = low.offset + 1
		}
		p, ok := d.next(mid, high)
		if ok && p.first <= sample {
			low = p
		} else if high = mid; mid == low.offset+1 {
			break
		}
	}
	return low, nil
}

// next is the first whole frame that begins between two offsets. The two bytes that frames begin with occur within frames
// too, so it counts only if its checksums are right.
func (d *flacFile) next(from, to int64) (flacPlace, bool) {
	const step = 1 << 16
	for at := from; at < to; at += step {
		b, err := d.file.bytes(at, int(min(step+1, d.file.size-at)))
		if err != nil {
			return flacPlace{}, false
		}
		for i := 0; i < min(len(b)-1, int(min(step, to-at))); i++ {
			if b[i] != 0xff || b[i+1]&0xfe != 0xf8 {
				continue
			}
			if p, ok := d.whole(at + int64(i)); ok {
				return p, true
			}
		}
	}
	return flacPlace{}, false
}

// whole is the frame at an offset, if one is there and its checksums are right.
func (d *flacFile) whole(offset int64) (flacPlace, bool) {
	in := d.file.from(offset)
	if head, err := in.Peek(16); len(head) == 0 || err != nil && err != io.EOF {
		return flacPlace{}, false
	}
	var f *frame.Frame
	if safely(func() (err error) {
		f, err = frame.Parse(in)
		return err
	}) != nil || f.Channels.Count() != len(d.mix.left) {
		return flacPlace{}, false
	}
	return flacPlace{offset, d.first(f), int64(f.BlockSize)}, true
}

// first is the number of a frame's first sample.
func (d *flacFile) first(f *frame.Frame) int64 {
	if f.HasFixedBlockSize {
		return int64(f.Num) * d.block
	}
	return int64(f.Num)
}

func (d *flacFile) seek(pair int64) error {
	p := flacPlace{offset: d.start}
	if pair > 0 {
		var err error
		if p, err = d.find(pair); err != nil {
			return err
		}
	}
	d.in, d.at, d.skip = d.file.from(p.offset), p.first, pair-p.first
	d.frame, d.silence = d.frame[:0], 0
	return nil
}

func (d *flacFile) read(p []float32) (int, error) {
	channels := len(d.mix.left)
	if len(d.frame) == 0 && d.silence == 0 {
		if err := d.decode(); err != nil {
			return 0, err
		}
	}
	if d.silence > 0 {
		n := min(d.silence, int64(len(p)/2))
		clear(p[:2*n])
		d.silence -= n
		return int(n), nil
	}
	if drop := int(min(d.skip, int64(len(d.frame)/channels))); drop > 0 {
		d.frame, d.skip = d.frame[drop*channels:], d.skip-int64(drop)
	}
	n := d.mix.mix(p, d.frame)
	d.frame = d.frame[n*channels:]
	return n, nil
}

// decode reads the next frame as ±1. A damaged one becomes silence, up to the next that is whole.
func (d *flacFile) decode() error {
	if _, err := d.in.Peek(1); err != nil {
		return err
	}
	var f *frame.Frame
	err := safely(func() (err error) {
		f, err = frame.Parse(d.in)
		return err
	})
	if err != nil {
		return d.mend()
	}
	bits := int(f.BitsPerSample)
	if bits == 0 {
		bits = d.bits
	}
	if len(f.Subframes) != len(d.mix.left) || bits > 32 {
		return fmt.Errorf("%w: its form changes on the way", ErrDamaged)
	}
	scale := float32(math.Ldexp(1, 1-bits))
	d.at += int64(f.BlockSize)
	d.frame = d.frame[:0]
	for i := range f.Subframes[0].Samples {
		for _, sub := range f.Subframes {
			d.frame = append(d.frame, float32(sub.Samples[i])*scale)
		}
	}
	return nil
}

// mend goes to the next whole frame, if there is one.
func (d *flacFile) mend() error {
	before, err := d.find(d.at)
	if err != nil {
		return err
	}
	p, ok := d.next(before.offset+1, d.file.size)
	if !ok || p.first < d.at {
		return io.EOF
	}
	lost := p.first - d.at
	d.in, d.at = d.file.from(p.offset), p.first
	drop := min(d.skip, lost)
	d.skip, d.silence = d.skip-drop, lost-drop
	return nil
}
