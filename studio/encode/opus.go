package encode

import (
	"fmt"
	"time"

	"gopkg.in/hraban/opus.v2"

	"vitrine/capture/frame"
)

// Opus turns 10 ms blocks of 48 kHz stereo into Opus packets (RFC 6716) with in-band FEC. Not safe for concurrent use.
//
// FEC lives in Opus' speech and hybrid layers, and the loss prepared for decides about them: from 8 percent libopus uses them
// at every bitrate and for every sound, so that a lost packet is heard again, coarser, in the next one; up to 5 percent it
// codes everything but slow speech with its music layers, which sound better and carry no copy.
type Opus struct {
	enc     *opus.Encoder
	packet  time.Duration
	samples []float32 // waiting for a full packet
	pts     time.Duration
	out     [maxOpusPacket]byte
}

// Limits of an Opus encoder.
const (
	MinAudioBitrate = 6_000
	MaxAudioBitrate = 128_000
	// maxOpusPacket bounds a packet: one frame of at most 1,275 bytes (RFC 6716 §3.2.1) and its header byte, with room.
	maxOpusPacket = 1500
	channels      = 2
	// complexity of 0 to 10. 5 takes 70 % of the time of 9 (BenchmarkOpus); what it leaves out is a finer search for
	// transients and pitch, which matters least at the bitrates of a show.
	complexity = 5
)

// NewOpus builds an encoder.
func NewOpus(s frame.AudioSettings) (*Opus, error) {
	if s.Bitrate < MinAudioBitrate || s.Bitrate > MaxAudioBitrate {
		return nil, fmt.Errorf("sound bitrate of %d bit/s: must be %d to %d", s.Bitrate, MinAudioBitrate, MaxAudioBitrate)
	}
	if s.PacketDuration != frame.BlockDuration && s.PacketDuration != 2*frame.BlockDuration {
		return nil, fmt.Errorf("sound packets of %v: must be 10 or 20 ms", s.PacketDuration)
	}
	enc, err := opus.NewEncoder(frame.SampleRate, channels, opus.AppAudio)
	if err != nil {
		return nil, fmt.Errorf("open Opus: %w", err)
	}
	e := &Opus{enc: enc, packet: s.PacketDuration, samples: make([]float32, 0, 2*len(frame.Block{}))}
	if err := enc.SetBitrate(s.Bitrate); err != nil {
		return nil, fmt.Errorf("set Opus bitrate to %d: %w", s.Bitrate, err)
	}
	if err := enc.SetComplexity(complexity); err != nil {
		return nil, fmt.Errorf("set Opus complexity: %w", err)
	}
	if err := enc.SetInBandFEC(true); err != nil {
		return nil, fmt.Errorf("switch Opus FEC on: %w", err)
	}
	return e, e.SetLoss(s.LossPercent)
}

// Encode takes the next block, whose first sample is at pts, and returns a packet when one is full, else nil. The packet's
// PTS is its first sample's; its data belongs to the caller. Gaps are not filled: whoever counts samples inserts silence.
func (e *Opus) Encode(b *frame.Block, pts time.Duration) (*frame.Packet, error) {
	if e.enc == nil {
		return nil, ErrClosed
	}
	if len(e.samples) == 0 {
		e.pts = pts
	}
	e.samples = append(e.samples, b[:]...)
	if time.Duration(len(e.samples)/len(b))*frame.BlockDuration < e.packet {
		return nil, nil
	}
	n, err := e.enc.EncodeFloat32(e.samples, e.out[:])
	e.samples = e.samples[:0]
	if err != nil {
		return nil, fmt.Errorf("encode Opus: %w", err)
	}
	return &frame.Packet{Data: append([]byte(nil), e.out[:n]...), PTS: e.pts, Duration: e.packet}, nil
}

// SetLoss tells the FEC what loss to prepare for, 0 to 100 percent.
func (e *Opus) SetLoss(percent int) error {
	if e.enc == nil {
		return ErrClosed
	}
	if percent < 0 || percent > 100 {
		return fmt.Errorf("expected loss of %d percent: must be 0 to 100", percent)
	}
	if err := e.enc.SetPacketLossPerc(percent); err != nil {
		return fmt.Errorf("set Opus loss to %d percent: %w", percent, err)
	}
	return nil
}

// Close ends the encoder; its memory is Go's. Closing twice does nothing.
func (e *Opus) Close() error {
	e.enc = nil
	return nil
}
