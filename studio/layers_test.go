package studio_test

import (
	"context"
	"testing"
	"time"

	"vitrine/capture/frame"
	"vitrine/studio"
)

// steered is an uplink whose demands the test sends.
func steered(demands <-chan frame.Demand) func(context.Context, *machine, studio.Feedback) error {
	return func(ctx context.Context, _ *machine, f studio.Feedback) error {
		f.Link(frame.Link{Phase: frame.LinkLive})
		for {
			select {
			case d := <-demands:
				f.Demand(d)
			case <-ctx.Done():
				return nil
			}
		}
	}
}

func byLayer(packets []frame.Packet) (out [frame.Layers][]frame.Packet) {
	for _, p := range packets {
		out[p.Layer] = append(out[p.Layer], p)
	}
	return out
}

func states(s *studio.Session) (out [frame.Layers]studio.LayerState) {
	for i, l := range s.Snapshot().Program.Layers {
		out[i] = l.State
	}
	return out
}

func TestTheLayersFollowWhatTheServerWantsAndThePathCarries(t *testing.T) {
	m := newMachine()
	onSession(t, m, func(ctx context.Context, s *studio.Session) {
		demands := make(chan frame.Demand)
		m.script = steered(demands)
		_, err := s.AddSource(ctx, "Camera", camera)
		must(t, err)
		must(t, s.SetServer(ctx, evening))
		must(t, s.GoLive(ctx))
		wait(3 * time.Second)
		if got := states(s); got != [3]studio.LayerState{studio.LayerOn, studio.LayerPaused, studio.LayerPaused} {
			t.Errorf("an uplink that says nothing gets %v", got)
		}
		if m.expected != studio.Defaults().Output.Bitrate() {
			t.Errorf("the uplink was told to expect %d bit/s", m.expected)
		}
		const on, off, paused = studio.LayerOn, studio.LayerOff, studio.LayerPaused
		for _, c := range []struct {
			name   string
			demand frame.Demand
			want   [frame.Layers]studio.LayerState
		}{
			{"all watched", frame.Demand{Wanted: [3]bool{true, true, true}}, [3]studio.LayerState{on, on, on}},
			{"a narrow path", frame.Demand{Wanted: [3]bool{true, true, true}, Bitrate: 1_000_000}, [3]studio.LayerState{off, on, on}},
			{"narrower", frame.Demand{Wanted: [3]bool{true, true, true}, Bitrate: 200_000}, [3]studio.LayerState{off, off, on}},
			{"wide again", frame.Demand{Wanted: [3]bool{true, true, true}, Bitrate: 5_000_000}, [3]studio.LayerState{on, on, on}},
			{"only the small one is watched", frame.Demand{Wanted: [3]bool{false, false, true}}, [3]studio.LayerState{paused, paused, on}},
			{"nobody watches", frame.Demand{}, [3]studio.LayerState{paused, paused, paused}},
			{"somebody comes", frame.Demand{Wanted: [3]bool{true, false, false}}, [3]studio.LayerState{on, paused, paused}},
		} {
			before := states(s)
			m.sent()
			demands <- c.demand
			wait(3 * time.Second)
			if got := states(s); got != c.want {
				t.Errorf("%s: %v, want %v", c.name, got, c.want)
			}
			video, audio := m.sent()
			for l, packets := range byLayer(video) {
				is := s.Snapshot().Program.Layers[l]
				if c.want[l] != on {
					if len(packets) > 1 || is.FPS != 0 || is.Bitrate != 0 {
						t.Errorf("%s: layer %d is not on: %d pictures, %+v", c.name, l, len(packets), is)
					}
					continue
				}
				if len(packets) < 85 || before[l] != on && !packets[0].Key {
					t.Errorf("%s: layer %d: %d pictures, the first a key frame: %v", c.name, l, len(packets), packets[0].Key)
				}
				if want := (frame.Format{Width: 1280 >> l, Height: 720 >> l, FPS: 30}); is.Format != want || is.FPS < 29 || is.FPS > 31 || is.Bitrate == 0 {
					t.Errorf("%s: layer %d is told as %+v", c.name, l, is)
				}
			}
			if len(audio) < 140 {
				t.Errorf("%s: %d packets of sound in 3 s", c.name, len(audio))
			}
		}
	})
}

func TestAnOverloadedMachineShrinksAllLayersAndTellsTheUplink(t *testing.T) {
	m := newMachine()
	onSession(t, m, func(ctx context.Context, s *studio.Session) {
		demands := make(chan frame.Demand)
		m.script = steered(demands)
		_, err := s.AddSource(ctx, "Camera", camera)
		must(t, err)
		must(t, s.SetServer(ctx, evening))
		must(t, s.GoLive(ctx))
		demands <- frame.Demand{Wanted: [3]bool{true, true, true}}
		wait(3 * time.Second)
		full := m.expected
		m.mu.Lock()
		m.encoding = 30 * time.Millisecond // and half and a quarter of it for the smaller ones
		m.mu.Unlock()
		wait(10 * time.Second)
		snap := s.Snapshot()
		if !snap.Program.Reduced {
			t.Fatalf("%+v", snap.Program)
		}
		for l, is := range snap.Program.Layers {
			if is.State != studio.LayerOn || is.Format != snap.Program.Format.At(frame.Layer(l)) {
				t.Errorf("layer %d of %v: %+v", l, snap.Program.Format, is)
			}
		}
		m.mu.Lock()
		defer m.mu.Unlock()
		if m.expected >= full {
			t.Errorf("the uplink still searches for %d bit/s", m.expected)
		}
	})
}
