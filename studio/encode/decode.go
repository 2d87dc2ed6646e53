package encode

import (
	"errors"
	"fmt"

	"vitrine/capture/frame"
)

// VideoDecoder makes pictures of packets. Not safe for concurrent use.
type VideoDecoder interface {
	// Decode decodes the next packet of a stream; its first must be a key frame. The picture, of any size, has the packet's PTS and is the caller's
	// to release; it is nil where the packet shows none. After an error the next packet must be a key frame.
	Decode(p *frame.Packet) (*frame.Video, error)
	// Close frees the decoder. Closing twice does nothing.
	Close() error
}

// NewVideoDecoder builds a decoder for VP8 or H.264.
func NewVideoDecoder(c frame.Codec) (VideoDecoder, error) {
	switch c {
	case frame.VP8:
		return newVP8Decoder()
	case frame.H264:
		return newH264Decoder()
	default:
		return nil, fmt.Errorf("pictures in %q cannot be decoded", c)
	}
}

// maxCoded bounds a coded picture, in bytes.
const maxCoded = 4 << 20

var (
	errEmpty = errors.New("an empty picture")
	errHuge  = fmt.Errorf("a picture of more than %d bytes", maxCoded)
	errSize  = fmt.Errorf("a picture of more than %d pixels a side", maxSide)
)

func checkCoded(p *frame.Packet) error {
	switch {
	case len(p.Data) == 0:
		return errEmpty
	case len(p.Data) > maxCoded:
		return errHuge
	}
	return nil
}
