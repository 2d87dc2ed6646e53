package music

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
)

// Format tags of Microsoft's WAVEFORMATEX.
const (
	wavePCM        = 1
	waveFloat      = 3
	waveExtensible = 0xfffe
)

// waveGUID is how every sub-format of WAVE_FORMAT_EXTENSIBLE goes on after its format tag.
var waveGUID = []byte{0, 0, 0, 0, 0x10, 0, 0x80, 0, 0, 0xaa, 0, 0x38, 0x9b, 0x71}

// wav reads uncompressed sound from a RIFF file (Microsoft and IBM, Multimedia Programming Interface 1.0, 1991).
type wav struct {
	file       file
	start, end int64 // of the samples, bytes
	in         *bufio.Reader
	sample     func([]byte) float32
	width      int // bytes a sample
	mix        downmix
	bytes      []byte
	samples    []float32
}

func openWAV(f file, start int64) (source, error) {
	const most = 1000 // chunks that are looked at
	var (
		w    = &wav{file: f}
		s    source
		head [8]byte
	)
	at := start + 12
	for range most {
		if _, err := f.ReadAt(head[:], at); err != nil {
			break
		}
		at += int64(len(head))
		size := int64(binary.LittleEndian.Uint32(head[4:]))
		var err error
		switch string(head[:4]) {
		case "fmt ":
			s.rate, err = w.format(at, size)
		case "LIST":
			s.tags = s.tags.or(readInfo(f, at, size))
		case "data":
			size, err = w.locate(start, at, size)
		}
		if err != nil {
			return source{}, err
		}
		at += size + size&1
	}
	if w.sample == nil || w.start == 0 {
		return source{}, fmt.Errorf("%w: its samples or their format are missing", ErrDamaged)
	}
	frameBytes := w.width * len(w.mix.left)
	s.length = (w.end - w.start) / int64(frameBytes)
	w.bytes = make([]byte, chunk*frameBytes)
	w.samples = make([]float32, chunk*len(w.mix.left))
	s.decoder = w
	return s, w.seek(0)
}

// locate notes where the samples are. A size that is too large, or that a recorder could not go back and fill in, means up
// to the end.
func (w *wav) locate(start, at, size int64) (int64, error) {
	riff, err := w.file.bytes(start+4, 4)
	if err != nil {
		return 0, err
	}
	counted := start + 8 + int64(binary.LittleEndian.Uint32(riff))
	if size > w.file.size-at || size == 0 && counted <= at {
		size = w.file.size - at
	}
	w.start, w.end = at, at+size
	return size, nil
}

func (w *wav) format(at, size int64) (rate int, err error) {
	if size < 16 || size > 1<<16 {
		return 0, fmt.Errorf("%w: its format takes %d bytes", ErrDamaged, size)
	}
	b, err := w.file.bytes(at, int(size))
	if err != nil {
		return 0, err
	}
	le := binary.LittleEndian
	tag, channels, bits, align := le.Uint16(b), int(le.Uint16(b[2:])), int(le.Uint16(b[14:])), int(le.Uint16(b[12:]))
	if tag == waveExtensible {
		if size < 40 || !bytes.Equal(b[26:40], waveGUID) {
			return 0, fmt.Errorf("%w: it is WAV of an unknown kind", ErrForeign)
		}
		tag = le.Uint16(b[24:])
	}
	if channels < 1 || channels > maxChannels {
		return 0, fmt.Errorf("%w: it has %d channels", ErrForeign, channels)
	}
	w.width, w.mix = bits/8, newDownmix(riffOrder[channels])
	if w.sample = sampleOf(tag, bits); w.sample == nil {
		return 0, fmt.Errorf("%w: it is WAV with coding %d and %d bits", ErrForeign, tag, bits)
	}
	if align != w.width*channels {
		return 0, fmt.Errorf("%w: its format contradicts itself", ErrDamaged)
	}
	return int(min(le.Uint32(b[4:]), math.MaxInt32)), nil
}

// sampleOf reads one little-endian sample as ±1; nil if there is no such format.
func sampleOf(tag uint16, bits int) func([]byte) float32 {
	le := binary.LittleEndian
	switch {
	case tag == wavePCM && bits == 8:
		return func(b []byte) float32 { return (float32(b[0]) - 128) / 128 }
	case tag == wavePCM && bits == 16:
		return func(b []byte) float32 { return float32(int16(le.Uint16(b))) / (1 << 15) }
	case tag == wavePCM && bits == 24:
		return func(b []byte) float32 {
			return float32(int32(uint32(b[0])<<8|uint32(b[1])<<16|uint32(b[2])<<24)) / (1 << 31)
		}
	case tag == wavePCM && bits == 32:
		return func(b []byte) float32 { return float32(int32(le.Uint32(b))) / (1 << 31) }
	case tag == waveFloat && bits == 32:
		return func(b []byte) float32 { return math.Float32frombits(le.Uint32(b)) }
	case tag == waveFloat && bits == 64:
		return func(b []byte) float32 { return float32(math.Float64frombits(le.Uint64(b))) }
	default:
		return nil
	}
}

func (w *wav) seek(pair int64) error {
	w.in = w.file.from(w.start + pair*int64(w.width*len(w.mix.left)))
	return nil
}

func (w *wav) read(p []float32) (int, error) {
	channels := len(w.mix.left)
	want := min(len(p)/2, chunk) * channels * w.width
	got, err := io.ReadFull(w.in, w.bytes[:want])
	n := got / w.width
	for i := range n {
		w.samples[i] = w.sample(w.bytes[i*w.width:])
	}
	if errors.Is(err, io.ErrUnexpectedEOF) {
		err = io.EOF
	}
	return w.mix.mix(p, w.samples[:n]), err
}

// readInfo reads title and artist from a LIST chunk of type INFO. Music without them is still music.
func readInfo(f file, at, size int64) tags {
	if size < 4 || size > maxText {
		return tags{}
	}
	b, err := f.bytes(at, int(size))
	if err != nil || string(b[:4]) != "INFO" {
		return tags{}
	}
	return parseInfo(b[4:])
}

func parseInfo(b []byte) (t tags) {
	for len(b) >= 8 {
		name, n := string(b[:4]), int64(binary.LittleEndian.Uint32(b[4:]))
		b = b[8:]
		n = min(n, int64(len(b)))
		switch name {
		case "INAM":
			t.title = plain(b[:n])
		case "IART":
			t.artist = plain(b[:n])
		}
		b = b[min(n+n&1, int64(len(b))):]
	}
	return t
}
