package mix_test

import (
	"context"
	"errors"
	"io"
	"math"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"vitrine/capture/frame"
	"vitrine/studio/mix"
)

// piece is music by formula: sample n is wave(n), left and right.
type piece struct {
	wave  func(n int64) (left, right float32)
	total int64
	slow  func(at int64) time.Duration // what reading there takes
	wrong int64                        // reading fails from here on, if not 0

	at   int64
	open *atomic.Int64
}

func (p *piece) Read(b *frame.Block) error {
	if p.slow != nil {
		time.Sleep(p.slow(p.at))
	}
	clear(b[:])
	if p.at >= p.total {
		return io.EOF
	}
	if p.wrong > 0 && p.at >= p.wrong {
		return errors.New("damaged")
	}
	for i := range int64(frame.BlockSamples) {
		if p.at+i < p.total {
			b[2*i], b[2*i+1] = p.wave(p.at + i)
		}
	}
	p.at = min(p.at+frame.BlockSamples, p.total)
	return nil
}

func (p *piece) Seek(to time.Duration) error {
	p.at = int64(math.Round(to.Seconds() * frame.SampleRate))
	return nil
}

func (p *piece) Length() time.Duration {
	return time.Duration(math.Round(float64(p.total) / frame.SampleRate * 1e9))
}

func (p *piece) Close() error {
	p.open.Add(-1)
	return nil
}

// booth is a deck with its reader running under synctest.
type booth struct {
	*mix.Deck
	open, most     atomic.Int64 // players
	program, cue   []float32
	cancel         context.CancelFunc
	ended          chan error
	blockA, blockB frame.Block
}

func newBooth() *booth {
	ctx, cancel := context.WithCancel(context.Background())
	b := &booth{Deck: mix.NewDeck(), cancel: cancel, ended: make(chan error, 1)}
	go func() { b.ended <- b.Run(ctx) }()
	return b
}

func (b *booth) entry(p piece) mix.Entry {
	return mix.Entry{Title: "piece", Open: func() (mix.Player, error) {
		b.most.Store(max(b.most.Load(), b.open.Add(1)))
		p.open = &b.open
		return &p, nil
	}}
}

// hear takes some time of sound, block by block as a mixer does.
func (b *booth) hear(t time.Duration) {
	for range t / frame.BlockDuration {
		time.Sleep(frame.BlockDuration)
		synctest.Wait()
		b.Take(&b.blockA, &b.blockB)
		b.program, b.cue = append(b.program, b.blockA[:]...), append(b.cue, b.blockB[:]...)
	}
}

func (b *booth) close(t testing.TB) {
	b.cancel()
	if err := <-b.ended; err != nil || b.open.Load() != 0 {
		t.Errorf("the reader ended with %v and %d players open", err, b.open.Load())
	}
}

func inBooth(t *testing.T, f func(t *testing.T, b *booth)) {
	synctest.Test(t, func(t *testing.T) {
		b := newBooth()
		defer b.close(t)
		f(t, b)
	})
}

// count gives every sample its number, small enough to be exact and never loud.
func count(n int64) (left, right float32) { return float32(n+1) / (1 << 20), -float32(n+1) / (1 << 20) }

func left(n int64) (l, r float32)  { return 0.5, 0 }
func right(n int64) (l, r float32) { return 0, 0.5 }

func hum(n int64) (l, r float32) {
	s := float32(0.5 * math.Sin(2*math.Pi*110*float64(n)/frame.SampleRate))
	return s, s
}
