package capture

import (
	"cmp"
	"context"
	"slices"
	"time"

	"vitrine/capture/frame"
)

// Watch calls changed with all devices now and after every change, from this goroutine, until ctx ends. It looks every
// two seconds. A kind of device that cannot be listed is left out and logged once.
func (d *Devices) Watch(ctx context.Context, changed func([]frame.Device)) error {
	tick := time.NewTicker(pollInterval)
	defer tick.Stop()
	var last []frame.Device
	trouble := map[string]string{}
	for first := true; ctx.Err() == nil; first = false {
		if all := d.list(ctx, trouble); ctx.Err() == nil && (first || !slices.Equal(all, last)) {
			last = all
			changed(slices.Clone(all))
		}
		select {
		case <-ctx.Done():
		case <-tick.C:
		}
	}
	return nil
}

// list asks the machine what it has: pictures first, then sound, the synthetic host at the end of each.
func (d *Devices) list(ctx context.Context, trouble map[string]string) []frame.Device {
	cameras, err := d.cameras.list(ctx)
	d.note(ctx, trouble, "cameras", err)
	sound, err := d.sound.list(ctx)
	d.note(ctx, trouble, "sound devices", err)
	all := append(cameras, listScreens()...)
	all = append(all, frame.Device{Kind: frame.Synthetic, ID: Synthetic, Name: syntheticName})
	all = append(all, sound...)
	all = append(all, frame.Device{Kind: frame.Microphone, ID: Synthetic, Name: syntheticName})
	slices.SortStableFunc(all, func(a, b frame.Device) int { return cmp.Compare(order(a.Kind), order(b.Kind)) })
	return all
}

const syntheticName = "Synthetic host"

func order(k frame.Kind) int {
	return slices.Index([]frame.Kind{frame.Camera, frame.Screen, frame.Window, frame.Synthetic, frame.Microphone, frame.Speaker}, k)
}

// note logs an error when it is news.
func (d *Devices) note(ctx context.Context, trouble map[string]string, what string, err error) {
	text := ""
	if err != nil && ctx.Err() == nil {
		text = err.Error()
		if trouble[what] != text {
			d.log.Warn("list "+what, "err", err)
		}
	}
	trouble[what] = text
}
