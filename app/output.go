package app

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"fyne.io/fyne/v2"
	fynetheme "fyne.io/fyne/v2/theme"

	"vitrine/app/theme"
	"vitrine/app/widget"
	"vitrine/capture/frame"
	"vitrine/studio"
)

// output is how the show is encoded. What the host picks applies at once; a pick that the desk refuses is said and undone.
type output struct {
	w    *Window
	want studio.Output

	codec, size, fps, video, audio, key *widget.Picker
	hint, wrong                         *widget.Paragraph
}

// What can be picked beside the formats.
var (
	frameRates    = []int{15, 20, 24, 25, 30, 50, 60}
	videoBitrates = []int{400_000, 700_000, 1_000_000, 1_500_000, 2_000_000, 2_500_000, 3_000_000, 4_000_000, 6_000_000, 8_000_000}
	audioBitrates = []int{32_000, 48_000, 64_000, 96_000, 128_000}
	keyIntervals  = []time.Duration{time.Second, 2 * time.Second, 4 * time.Second, 8 * time.Second}
)

func (w *Window) outputPage() page {
	o := &output{w: w, want: w.snap.Settings.Output}
	t := w.words
	o.codec = widget.NewPicker(func(v string) { o.change(func(s *studio.Output) { s.Codec = frame.Codec(v) }) })
	o.size = widget.NewPicker(func(v string) {
		o.change(func(s *studio.Output) {
			if _, err := fmt.Sscanf(v, sizeValue, &s.Format.Width, &s.Format.Height); err != nil {
				w.log.Error("read a size", "error", err)
			}
		})
	})
	o.fps = o.number(func(s *studio.Output, n int) { s.Format.FPS = n })
	o.video = o.number(func(s *studio.Output, n int) { s.VideoBitrate = n })
	o.audio = o.number(func(s *studio.Output, n int) { s.AudioBitrate = n })
	o.key = o.number(func(s *studio.Output, n int) { s.KeyInterval = time.Duration(n) })
	o.hint = widget.NewParagraph(t.OutputHint, theme.Quiet)
	o.wrong = widget.NewParagraph("", fynetheme.ColorNameError)
	o.wrong.Hide()
	object := widget.Stack(14,
		widget.Columns(10, field(t.Resolution, o.size), field(t.FrameRate, o.fps)),
		widget.Columns(10, field(t.Codec, o.codec), field(t.KeyInterval, o.key)),
		widget.Columns(10, field(t.VideoBitrate, o.video), field(t.AudioBitrate, o.audio)),
		widget.Inset(-7, -7, o.hint), widget.Inset(-7, -7, o.wrong))
	return page{
		symbol: theme.Output, name: t.TabOutput, object: object, apply: o.apply,
		pieces: []fyne.CanvasObject{o.codec, o.size, o.fps, o.video, o.audio, o.key},
	}
}

const sizeValue = "%dx%d"

// number is a picker of numbers.
func (o *output) number(set func(*studio.Output, int)) *widget.Picker {
	return widget.NewPicker(func(v string) {
		if n, err := strconv.Atoi(v); err == nil {
			o.change(func(s *studio.Output) { set(s, n) })
		}
	})
}

func (o *output) change(edit func(*studio.Output)) {
	edit(&o.want)
	want := o.want
	o.w.ask(gesture{
		do: func(ctx context.Context) error { return o.w.desk.SetOutput(ctx, want) },
		done: func(err error) {
			sentence := ""
			if err != nil {
				sentence = fmt.Sprintf(o.w.words.SomethingWrong, err.Error())
			}
			o.wrong.Set(sentence, fynetheme.ColorNameError)
			show(o.wrong, err != nil)
		},
	})
}

func (o *output) apply(s *studio.Snapshot) {
	if o.w.settled(s) {
		o.want = s.Settings.Output
	}
	t, w := o.w.words, o.want
	off := s.Air.Phase == studio.OffAir
	o.codec.Set([]widget.Choice{
		{Value: string(frame.H264), Label: t.CodecH264}, {Value: string(frame.VP8), Label: t.CodecVP8}, {Value: "", Label: t.SoundOnly},
	}, string(w.Codec))
	o.codec.SetEnabled(off)
	var sizes []widget.Choice
	for _, f := range frame.Formats {
		sizes = append(sizes, sizeChoice(f))
	}
	o.size.Set(with(sizes, sizeChoice(w.Format)), sizeChoice(w.Format).Value)
	o.fps.Set(numbers(frameRates, w.Format.FPS, func(n int) string { return fmt.Sprintf(t.FramesPerSecond, n) }), strconv.Itoa(w.Format.FPS))
	o.video.Set(t.videoChoices(w), strconv.Itoa(w.VideoBitrate))
	o.audio.Set(numbers(audioBitrates, w.AudioBitrate, t.kilobits), strconv.Itoa(w.AudioBitrate))
	intervals := make([]int, len(keyIntervals))
	for i, d := range keyIntervals {
		intervals[i] = int(d)
	}
	o.key.Set(numbers(intervals, int(w.KeyInterval), func(n int) string {
		return fmt.Sprintf(t.Seconds, strconv.FormatFloat(time.Duration(n).Seconds(), 'f', -1, 64))
	}), strconv.Itoa(int(w.KeyInterval)))
	for _, p := range []*widget.Picker{o.size, o.fps, o.video, o.key} {
		p.SetEnabled(w.Codec != "")
	}
	hint := t.OutputHint
	if !off {
		hint = t.CodecLocked
	}
	o.hint.Set(hint, theme.Quiet)
}

// videoChoices begin with the bitrate that the format chooses.
func (t *words) videoChoices(o studio.Output) []widget.Choice {
	automatic := o
	automatic.VideoBitrate = 0
	first := widget.Choice{Value: "0", Label: fmt.Sprintf(t.Automatic, automatic.Bitrate()/1000)}
	if o.VideoBitrate == 0 {
		return append([]widget.Choice{first}, numbers(videoBitrates, videoBitrates[0], t.kilobits)...)
	}
	return append([]widget.Choice{first}, numbers(videoBitrates, o.VideoBitrate, t.kilobits)...)
}

func (t *words) kilobits(bps int) string { return fmt.Sprintf(t.Kilobits, bps/1000) }

// numbers are choices of numbers in order; one that was set elsewhere is among them.
func numbers(all []int, chosen int, label func(int) string) []widget.Choice {
	if !slices.Contains(all, chosen) {
		all = append(slices.Clone(all), chosen)
		slices.Sort(all)
	}
	choices := make([]widget.Choice, len(all))
	for i, n := range all {
		choices[i] = widget.Choice{Value: strconv.Itoa(n), Label: label(n)}
	}
	return choices
}

// with is the choices with one more, unless it is among them.
func with(choices []widget.Choice, c widget.Choice) []widget.Choice {
	if slices.Contains(choices, c) {
		return choices
	}
	return append(choices, c)
}

func sizeChoice(f frame.Format) widget.Choice {
	return widget.Choice{
		Value: fmt.Sprintf(sizeValue, f.Width, f.Height),
		Label: fmt.Sprintf("%dp · %d×%d", f.Height, f.Width, f.Height),
	}
}
