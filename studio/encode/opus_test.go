package encode

import (
	"errors"
	"math"
	"testing"
	"time"

	"gopkg.in/hraban/opus.v2"

	"vitrine/capture/frame"
)

// voice fills b with a vowel-like sound of fundamental 150 Hz, from sample number n on.
func voice(b *frame.Block, n int) {
	for i := range frame.BlockSamples {
		t := float64(n+i) / frame.SampleRate
		var s float64
		for h := 1; h <= 12; h++ {
			s += math.Sin(2*math.Pi*150*float64(h)*t) / float64(h)
		}
		s *= 0.2 * (1 + 0.5*math.Sin(2*math.Pi*4*t))
		b[2*i], b[2*i+1] = float32(s), float32(s)
	}
}

func tone(b *frame.Block, n int) {
	for i := range frame.BlockSamples {
		s := float32(0.5 * math.Sin(2*math.Pi*1000*float64(n+i)/frame.SampleRate))
		b[2*i], b[2*i+1] = s, -s
	}
}

func sounds(t *testing.T, s frame.AudioSettings, blocks int, fill func(*frame.Block, int)) []*frame.Packet {
	t.Helper()
	e, err := NewOpus(s)
	if err != nil {
		t.Fatal(err)
	}
	var packets []*frame.Packet
	var b frame.Block
	for n := range blocks {
		fill(&b, n*frame.BlockSamples)
		p, err := e.Encode(&b, time.Second+time.Duration(n)*frame.BlockDuration)
		if err != nil {
			t.Fatal(err)
		}
		if p != nil {
			packets = append(packets, p)
		}
	}
	return packets
}

func TestOpus_packets_keep_the_tone_the_sides_and_the_time(t *testing.T) {
	for _, d := range []time.Duration{10 * time.Millisecond, 20 * time.Millisecond} {
		packets := sounds(t, frame.AudioSettings{Bitrate: 96_000, PacketDuration: d}, 100, tone)
		if want := int(time.Second / d); len(packets) != want {
			t.Fatalf("%v: %d packets a second, want %d", d, len(packets), want)
		}
		dec, err := opus.NewDecoder(frame.SampleRate, channels)
		if err != nil {
			t.Fatal(err)
		}
		bytes := 0
		var left, right []float64
		for n, p := range packets {
			if want := time.Second + time.Duration(n)*d; p.PTS != want || p.Duration != d {
				t.Errorf("packet %d at %v for %v, want %v for %v", n, p.PTS, p.Duration, want, d)
			}
			bytes += len(p.Data)
			pcm := make([]float32, 2*frame.SampleRate/10)
			got, err := dec.DecodeFloat32(p.Data, pcm)
			if err != nil {
				t.Fatal(err)
			}
			for i := range got {
				left, right = append(left, float64(pcm[2*i])), append(right, float64(pcm[2*i+1]))
			}
		}
		if bps := 8 * bytes; bps < 80_000 || bps > 110_000 {
			t.Errorf("%v: %d bit/s, want about 96,000", d, bps)
		}
		const settled = frame.SampleRate / 5
		if snr := toneSNR(left[settled:], 1000); snr < 30 {
			t.Errorf("%v: tone %.1f dB above the rest, want 30", d, snr)
		}
		var dot float64
		for i := settled; i < len(left); i++ {
			dot += left[i] * right[i]
		}
		if dot >= 0 {
			t.Errorf("%v: the sides lost their opposite phase", d)
		}
	}
}

// toneSNR is the power of one frequency over all other power, in dB.
func toneSNR(s []float64, hz float64) float64 {
	var re, im, all float64
	for i, x := range s {
		sin, cos := math.Sincos(2 * math.Pi * hz * float64(i) / frame.SampleRate)
		re, im, all = re+x*cos, im+x*sin, all+x*x
	}
	power := 2 * (re*re + im*im) / float64(len(s))
	return 10 * math.Log10(power/(all-power))
}

// TestFEC_restores_lost_packets loses every fourth packet and compares what the next packet's in-band copy restores with
// what concealment without it would have guessed.
func TestFEC_restores_lost_packets(t *testing.T) {
	for _, bps := range []int{32_000, 64_000, 128_000} {
		packets := sounds(t, frame.AudioSettings{Bitrate: bps, LossPercent: 20, PacketDuration: 20 * time.Millisecond}, 200, voice)
		fec, guess := repairError(t, packets, true), repairError(t, packets, false)
		if fec > guess/2 {
			t.Errorf("%d bit/s: error power %.4f with FEC, %.4f without: no copy in the packets", bps, fec, guess)
		}
	}
}

// repairError is the power of the difference between repaired packets and a decoder that lost nothing, over signal power.
func repairError(t *testing.T, packets []*frame.Packet, useFEC bool) float64 {
	t.Helper()
	whole, lossy := newDecoder(t), newDecoder(t)
	const n = 960
	var diff, power float64
	for i := 0; i+1 < len(packets); i++ {
		want, got := make([]float32, 2*n), make([]float32, 2*n)
		_, err := whole.DecodeFloat32(packets[i].Data, want)
		lost := i%4 == 3 && i > 10
		switch {
		case lost && useFEC:
			err = errors.Join(err, lossy.DecodeFECFloat32(packets[i+1].Data, got))
		case lost:
			err = errors.Join(err, lossy.DecodePLCFloat32(got))
		default:
			_, e := lossy.DecodeFloat32(packets[i].Data, got)
			err = errors.Join(err, e)
		}
		if err != nil {
			t.Fatal(err)
		}
		if lost {
			for j := range want {
				d := float64(want[j] - got[j])
				diff, power = diff+d*d, power+float64(want[j])*float64(want[j])
			}
		}
	}
	return diff / power
}

func newDecoder(t *testing.T) *opus.Decoder {
	t.Helper()
	d, err := opus.NewDecoder(frame.SampleRate, channels)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestOpus_settings_out_of_range_are_refused(t *testing.T) {
	for _, s := range []frame.AudioSettings{
		{Bitrate: 5_000, PacketDuration: 20 * time.Millisecond},
		{Bitrate: 128_001, PacketDuration: 20 * time.Millisecond},
		{Bitrate: 64_000, PacketDuration: 40 * time.Millisecond},
		{Bitrate: 64_000},
		{Bitrate: 64_000, PacketDuration: 20 * time.Millisecond, LossPercent: 101},
	} {
		if _, err := NewOpus(s); err == nil {
			t.Errorf("%+v was accepted", s)
		}
	}
}

func TestA_closed_sound_encoder_says_so(t *testing.T) {
	e, err := NewOpus(frame.AudioSettings{Bitrate: 64_000, PacketDuration: 20 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(e.Close(), e.Close()); err != nil {
		t.Error(err)
	}
	if _, err := e.Encode(new(frame.Block), 0); !errors.Is(err, ErrClosed) {
		t.Error(err)
	}
	if err := e.SetLoss(5); !errors.Is(err, ErrClosed) {
		t.Error(err)
	}
}

func BenchmarkOpus(b *testing.B) {
	e, err := NewOpus(frame.AudioSettings{Bitrate: 128_000, LossPercent: 10, PacketDuration: 20 * time.Millisecond})
	if err != nil {
		b.Fatal(err)
	}
	var block frame.Block
	n := 0
	for b.Loop() {
		voice(&block, n*frame.BlockSamples)
		if _, err := e.Encode(&block, 0); err != nil {
			b.Fatal(err)
		}
		n++
	}
	b.ReportMetric(float64(b.N)*frame.BlockDuration.Seconds()/b.Elapsed().Seconds(), "s/s")
}
