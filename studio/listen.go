package studio

import (
	"context"
	"errors"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"vitrine/capture/frame"
	"vitrine/studio/mix"
)

// listening is a track that the host alone hears on headphones, beside what is on air; the loop owns it. It has a deck and an output of its
// own, which nothing else plays on, so it runs by the clock and not by the microphone's blocks.
type listening struct {
	track mix.EntryID // 0: none
	deck  *mix.Deck
	out   runner
	after chan struct{} // the headphones' former user
}

// ErrNotApart is what ListenTo returns where the headphones are the speaker, or none are chosen.
var ErrNotApart = errors.New("choose headphones that are not the speaker: what the speaker plays comes back through the microphone")

// SetHeadphones chooses the output for what the host alone listens to, "" for none. What is listened to ends.
func (s *Session) SetHeadphones(ctx context.Context, device string) error {
	return s.do(ctx, func() error {
		s.change(func(set *Settings) { set.Headphones = device })
		s.endListening()
		return nil
	})
}

// ListenTo has the host alone hear a track from its beginning on the headphones, whatever is on air; 0 ends it. Nothing takes it out of
// the microphone's sound, so the headphones have to be another output than the speaker.
func (s *Session) ListenTo(ctx context.Context, id mix.EntryID) error {
	if id == 0 {
		return s.do(ctx, func() error {
			s.endListening()
			return nil
		})
	}
	return s.onTrack(ctx, id, func(i int) error {
		if !s.apart() {
			return ErrNotApart
		}
		s.endListening()
		s.listen(s.music.tracks[i])
		return nil
	})
}

// apart says whether the headphones are an output of their own.
func (s *Session) apart() bool {
	speaker := s.settings.Speaker
	if speaker == "" {
		if i := slices.IndexFunc(s.devices, func(d frame.Device) bool { return d.Kind == frame.Speaker && d.Default }); i >= 0 {
			speaker = s.devices[i].ID
		}
	}
	return s.settings.Headphones != "" && s.settings.Headphones != speaker
}

func (s *Session) listen(t track) {
	l, device, deck := &s.listening, s.settings.Headphones, mix.NewDeck()
	deck.SetVolume(s.settings.Music.GainDB)
	deck.Add(mix.Entry{Title: t.title, Open: func() (mix.Player, error) { return s.c.Tracks.OpenTrack(t.path) }})
	deck.Play(playFade)
	l.track, l.deck = t.id, deck
	s.start(&l.out, l.after, s.deviceName(frame.Speaker, device), func(ctx context.Context) error {
		group, ctx := errgroup.WithContext(ctx)
		out := frame.NewQueue(monitorBlocks)
		group.Go(func() error { return deck.Run(ctx) })
		group.Go(func() error { return s.c.Devices.PlayAudio(ctx, device, out) })
		group.Go(func() error {
			pace(ctx, deck, out)
			return nil
		})
		return group.Wait()
	})
}

// pace gives an output what a deck plays, as fast as time passes; what a machine that stood still has missed is left out.
func pace(ctx context.Context, deck *mix.Deck, out *frame.Queue) {
	tick := time.NewTicker(frame.BlockDuration)
	defer tick.Stop()
	var b, cued frame.Block
	began, given := time.Now(), 0
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		due := int(time.Since(began) / frame.BlockDuration)
		for given = max(given, due-monitorBlocks); given < due; given++ {
			deck.Take(&b, &cued)
			out.Put(&b)
		}
	}
}

func (s *Session) endListening() {
	if l := &s.listening; l.track != 0 {
		l.after = l.out.end()
		l.track, l.deck = 0, nil
	}
}

// followListening ends it with the track, and where the headphones have become the speaker.
func (s *Session) followListening() {
	l := &s.listening
	if l.track == 0 {
		return
	}
	i, d := s.findTrack(l.track), l.deck.State()
	if err := d.Entries[0].Err; err != nil && i >= 0 {
		s.musicFailed(s.music.tracks[i].path, err)
	}
	if i < 0 || !d.Playing || !s.apart() {
		s.endListening()
	}
}
