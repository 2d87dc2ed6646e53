package plug

import (
	"encoding/binary"
	"fmt"
	"math"
	"time"

	"vitrine/capture/frame"
)

// Version is the protocol's, see PROTOCOL.md. A plug-in that speaks another is refused.
const Version = 1

const (
	magic      = "VPLG"
	helloSize  = 16
	headerSize = 32
)

// What messages carry.
const (
	kindVideo = 1
	kindAudio = 2
)

// hello is the first thing that each side says.
type hello struct {
	version, kind uint16
	format        string // four letters
	rate          uint32 // samples a second, 0 for pictures
}

var (
	videoHello = hello{version: Version, kind: kindVideo, format: "I420"}
	audioHello = hello{version: Version, kind: kindAudio, format: "F32 ", rate: frame.SampleRate}
)

func (h hello) append(b []byte) []byte {
	b = append(b, magic...)
	b = binary.LittleEndian.AppendUint16(b, h.version)
	b = binary.LittleEndian.AppendUint16(b, h.kind)
	b = append(b, h.format...)
	return binary.LittleEndian.AppendUint32(b, h.rate)
}

// check reports why the program's hello is not the one it has to repeat.
func (h hello) check(b [helloSize]byte) error {
	if string(b[:4]) != magic {
		return fmt.Errorf("%w: its output begins with %q", ErrProtocol, b[:])
	}
	got := hello{
		version: binary.LittleEndian.Uint16(b[4:]),
		kind:    binary.LittleEndian.Uint16(b[6:]),
		format:  string(b[8:12]),
		rate:    binary.LittleEndian.Uint32(b[12:]),
	}
	switch {
	case got.version != h.version:
		return fmt.Errorf("%w: it speaks version %d, the studio %d", ErrProtocol, got.version, h.version)
	case got != h:
		return fmt.Errorf("%w: it processes %q at %d Hz, the studio sends %q at %d Hz", ErrProtocol, got.format, got.rate, h.format, h.rate)
	}
	return nil
}

// header comes before every picture and block, in both directions.
type header struct {
	kind, length  uint32
	sequence      uint64
	pts           time.Duration
	width, height uint32
}

func (h header) put(b []byte) {
	binary.LittleEndian.PutUint32(b[0:], h.kind)
	binary.LittleEndian.PutUint32(b[4:], h.length)
	binary.LittleEndian.PutUint64(b[8:], h.sequence)
	binary.LittleEndian.PutUint64(b[16:], uint64(h.pts))
	binary.LittleEndian.PutUint32(b[24:], h.width)
	binary.LittleEndian.PutUint32(b[28:], h.height)
}

func readHeader(b [headerSize]byte) header {
	return header{
		kind:     binary.LittleEndian.Uint32(b[0:]),
		length:   binary.LittleEndian.Uint32(b[4:]),
		sequence: binary.LittleEndian.Uint64(b[8:]),
		pts:      time.Duration(binary.LittleEndian.Uint64(b[16:])),
		width:    binary.LittleEndian.Uint32(b[24:]),
		height:   binary.LittleEndian.Uint32(b[28:]),
	}
}

// check reports why an answer's header is not the one it has to repeat.
func (h header) check(got header) error {
	switch {
	case got == h:
		return nil
	case got.sequence != h.sequence:
		return fmt.Errorf("%w: it answers message %d when %d is due", ErrProtocol, got.sequence, h.sequence)
	case got.width != h.width || got.height != h.height || got.length != h.length:
		return fmt.Errorf("%w: it answers %d×%d in %d bytes with %d×%d in %d bytes", ErrProtocol,
			h.width, h.height, h.length, got.width, got.height, got.length)
	default:
		return fmt.Errorf("%w: its answer has another header than the message", ErrProtocol)
	}
}

// videoSize is the length of a packed picture, in bytes.
func videoSize(w, h int) int { return w*h + 2*((w+1)/2)*((h+1)/2) }

// pack writes the planes of v one after the other without gaps. dst holds videoSize bytes.
func pack(dst []byte, v *frame.Video) {
	cw, ch := (v.Width+1)/2, (v.Height+1)/2
	dst = dst[copyPlane(dst, v.Width, v.Y, v.YStride, v.Width, v.Height):]
	dst = dst[copyPlane(dst, cw, v.U, v.CStride, cw, ch):]
	copyPlane(dst, cw, v.V, v.CStride, cw, ch)
}

// unpack is the reverse of pack.
func unpack(v *frame.Video, src []byte) {
	cw, ch := (v.Width+1)/2, (v.Height+1)/2
	src = src[copyPlane(v.Y, v.YStride, src, v.Width, v.Width, v.Height):]
	src = src[copyPlane(v.U, v.CStride, src, cw, cw, ch):]
	copyPlane(v.V, v.CStride, src, cw, cw, ch)
}

// copyPlane returns the number of pixels copied.
func copyPlane(dst []byte, dstStride int, src []byte, srcStride, w, h int) int {
	if dstStride == w && srcStride == w {
		return copy(dst[:w*h], src)
	}
	for y := range h {
		copy(dst[y*dstStride:][:w], src[y*srcStride:][:w])
	}
	return w * h
}

// blockSize is the length of a block, in bytes.
const blockSize = 4 * 2 * frame.BlockSamples

func packBlock(dst []byte, b *frame.Block) {
	for i, s := range b {
		binary.LittleEndian.PutUint32(dst[4*i:], math.Float32bits(s))
	}
}

func unpackBlock(b *frame.Block, src []byte) {
	for i := range b {
		b[i] = math.Float32frombits(binary.LittleEndian.Uint32(src[4*i:]))
	}
}

// loudest is the highest sample that is taken from a plug-in: 36 dB over full scale. What is beyond is a fault.
const loudest = 64

// checkBlock reports samples that are no sound.
func checkBlock(src []byte) error {
	for ; len(src) >= 4; src = src[4:] {
		if s := math.Float32frombits(binary.LittleEndian.Uint32(src)); !(s >= -loudest && s <= loudest) {
			return fmt.Errorf("%w: it answers with a sample of %g, full scale is 1", ErrProtocol, s)
		}
	}
	return nil
}
