package encode

import (
	"fmt"

	"gopkg.in/hraban/opus.v2"

	"vitrine/capture/frame"
)

// OpusDecoder makes 48 kHz stereo sound of Opus packets (RFC 6716). What is lost right before a packet is taken from the copy in it, where it has one
// (in-band FEC), and otherwise guessed from the sound before. Not safe for concurrent use.
type OpusDecoder struct {
	dec    *opus.Decoder
	packet int // samples of the last packet, a channel
	out    []float32
}

const (
	// longestOpus is of the longest packet, 120 ms, in samples a channel.
	longestOpus = 12 * frame.BlockSamples
	// mostGuessed is how much is guessed at most, in samples a channel: what lasts longer is a pause.
	mostGuessed = longestOpus
)

// NewOpusDecoder builds a decoder.
func NewOpusDecoder() (*OpusDecoder, error) {
	dec, err := opus.NewDecoder(frame.SampleRate, channels)
	if err != nil {
		return nil, fmt.Errorf("open the Opus decoder: %w", err)
	}
	return &OpusDecoder{dec: dec, packet: 2 * frame.BlockSamples, out: make([]float32, channels*(longestOpus+mostGuessed))}, nil
}

// Decode decodes the next packet, before which so many were lost. The samples, interleaved, hold until the next call.
func (d *OpusDecoder) Decode(p *frame.Packet, lost int) ([]float32, error) {
	if d.dec == nil {
		return nil, ErrClosed
	}
	if len(p.Data) == 0 {
		return nil, errEmpty
	}
	n := 0
	for lost = min(lost, mostGuessed/d.packet); lost > 0; lost-- {
		gap := d.out[channels*n : channels*(n+d.packet)]
		guess := d.dec.DecodePLCFloat32
		if lost == 1 {
			guess = func(pcm []float32) error { return d.dec.DecodeFECFloat32(p.Data, pcm) }
		}
		if err := guess(gap); err != nil {
			clear(gap)
		}
		n += d.packet
	}
	got, err := d.dec.DecodeFloat32(p.Data, d.out[channels*n:])
	if err != nil {
		return nil, fmt.Errorf("decode Opus: %w", err)
	}
	if got > 0 && got <= longestOpus {
		d.packet = got
	}
	return d.out[:channels*(n+got)], nil
}

// Close ends the decoder; its memory is Go's. Closing twice does nothing.
func (d *OpusDecoder) Close() error {
	d.dec = nil
	return nil
}
