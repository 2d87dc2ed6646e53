package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"vitrine/capture"
	"vitrine/capture/frame"
	"vitrine/effects/plug"
	"vitrine/studio"
)

// headless runs the show without a window until ctx ends, and says on standard output how it stands.
func headless(ctx context.Context, s *studio.Session, f flags) error {
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return s.Run(ctx) })
	group.Go(func() error { return drainPreview(ctx, s.Preview()) })
	group.Go(func() error {
		if err := f.apply(ctx, s); err != nil {
			return err
		}
		if f.Figures {
			return printFigures(ctx, s)
		}
		return printStory(ctx, s)
	})
	if f.Music != "" {
		group.Go(func() error { return playMusic(ctx, s, f.Music) })
	}
	return group.Wait()
}

// playMusic adds a file to the playlist and plays once it has been read. Of a file that is no music the session tells.
func playMusic(ctx context.Context, s *studio.Session, path string) error {
	if err := s.AddTracks(ctx, []string{path}); err != nil {
		return err
	}
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for len(s.Snapshot().Music.Tracks) == 0 {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
	return s.PlayMusic(ctx)
}

// drainPreview is the consumer of the preview where there is no window.
func drainPreview(ctx context.Context, preview *frame.Slot) error {
	for {
		select {
		case <-ctx.Done():
			preview.Drain()
			return nil
		case <-preview.Ready():
			preview.Drain()
		}
	}
}

// printStory prints a line whenever something changes that an operator wants to know.
func printStory(ctx context.Context, s *studio.Session) error {
	var last string
	noticed := 0
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-s.Changed():
		}
		snap := s.Snapshot()
		for _, n := range snap.Notices {
			if n.Seq > noticed {
				noticed = n.Seq
				fmt.Fprintln(os.Stderr, "notice:", n.Trouble, n.Fault, n.Name, n.Detail)
			}
		}
		a := snap.Air
		line := string(a.Phase)
		switch {
		case a.Phase == studio.OnAir && a.Link.Phase == frame.LinkLive:
			line = "on air: " + a.WatchURL
		case a.Link.Phase == frame.LinkConnecting:
			line = fmt.Sprintf("connecting, attempt %d", a.Link.Attempt)
		case a.Link.Phase == frame.LinkWaiting:
			line = fmt.Sprintf("not connected (%s), next attempt at %s", a.Link.Fault, a.Link.RetryAt.Format(time.TimeOnly))
		case snap.Guest != nil:
			line = strings.TrimSpace(fmt.Sprintf("guest at %s %s", snap.Guest.Page, snap.Guest.Mine.State))
		}
		if line != last {
			fmt.Println(line)
			last = line
		}
	}
}

// printFigures prints the snapshot without its secrets once a second.
func printFigures(ctx context.Context, s *studio.Session) error {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	out := json.NewEncoder(os.Stdout)
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		snap := s.Snapshot()
		err := out.Encode(struct {
			Program studio.Program
			Sound   studio.Sound
			Air     studio.Air
			Sources []studio.SourceStatus
			Stage   []studio.StageFeed
			Guest   *studio.Guest

			PicturePlugin, VoicePlugin plug.State
		}{snap.Program, snap.Sound, snap.Air, snap.Sources, snap.Stage.Feeds, snap.Guest, snap.PicturePlugin, snap.VoicePlugin})
		if err != nil {
			return err
		}
	}
}

func listDevices(ctx context.Context, d *capture.Devices) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	return d.Watch(ctx, func(all []frame.Device) {
		for _, dev := range all {
			mark := ""
			if dev.Default {
				mark = " (default)"
			}
			fmt.Printf("%-11s %-40s %s%s\n", dev.Kind, dev.ID, dev.Name, mark)
		}
		cancel()
	})
}
