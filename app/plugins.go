package app

import (
	"context"
	"fmt"

	"fyne.io/fyne/v2"
	fynetheme "fyne.io/fyne/v2/theme"

	"vitrine/app/theme"
	"vitrine/app/widget"
	"vitrine/effects/plug"
	"vitrine/studio"
)

// pluginsPage has the outside programs that process picture and voice. A command is taken over with Enter or the button.
func (w *Window) pluginsPage() page {
	t := w.words
	picture, voice := widget.NewEntry(t.PluginExample), widget.NewEntry(t.PluginExample)
	pictureState, voiceState := widget.Caption(""), widget.Caption("")
	wrong := widget.NewParagraph("", fynetheme.ColorNameError)
	wrong.Hide()
	use := func() {
		want := studio.Plugins{Picture: picture.Text, Voice: voice.Text}
		w.ask(gesture{
			do: func(ctx context.Context) error { return w.desk.SetPlugins(ctx, want) },
			done: func(err error) {
				if err != nil {
					wrong.Set(fmt.Sprintf(t.SomethingWrong, err.Error()), fynetheme.ColorNameError)
				}
				show(wrong, err != nil)
			},
		})
	}
	picture.OnSubmitted = func(string) { use() }
	voice.OnSubmitted = func(string) { use() }
	button := widget.NewButton(t.UsePlugins, theme.Check, widget.Plain, use)
	set := w.snap.Settings.Plugins
	picture.SetText(set.Picture)
	voice.SetText(set.Voice)
	object := widget.Stack(10,
		paragraph(t.PluginsHint),
		field(t.PicturePlugin, picture), pictureState,
		field(t.VoicePlugin, voice), voiceState,
		widget.Line(0, button), widget.Inset(-7, -7, wrong))
	apply := func(s *studio.Snapshot) {
		pictureState.Set(t.pluginState(s.PicturePlugin))
		voiceState.Set(t.pluginState(s.VoicePlugin))
	}
	return page{symbol: theme.Window, name: t.TabPlugins, object: object, pieces: []fyne.CanvasObject{picture, voice, button}, apply: apply}
}

// pluginState says how an outside program does; "" where there is none.
func (t *words) pluginState(s plug.State) string {
	switch s.Status {
	case plug.Running:
		return fmt.Sprintf(t.PluginRuns, float64(s.RoundTrip.Microseconds())/1000)
	case plug.Starting:
		return t.PluginStarts
	case plug.Late, plug.Bypassed:
		return t.PluginLate
	case plug.Crashed:
		return t.PluginGone
	}
	return ""
}
