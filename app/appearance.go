package app

import (
	"context"

	"fyne.io/fyne/v2"

	"vitrine/app/theme"
	"vitrine/app/widget"
	"vitrine/studio"
)

// appearancePage is the window's language and theme.
func (w *Window) appearancePage() page {
	t := w.words
	set := w.snap.Settings
	language := widget.NewPicker(func(v string) {
		set.Language = v
		w.setAppearance(set)
	})
	mode := widget.NewPicker(func(v string) {
		set.Theme = v
		w.setAppearance(set)
	})
	object := widget.Stack(14, widget.Columns(10, field(t.Language, language), field(t.ThemeLabel, mode)))
	apply := func(s *studio.Snapshot) {
		if w.settled(s) {
			set = s.Settings
		}
		language.Set([]widget.Choice{
			{Value: "", Label: t.LanguageSystem}, {Value: "en", Label: english.LanguageName}, {Value: "zh", Label: chinese.LanguageName},
		}, set.Language)
		mode.Set([]widget.Choice{
			{Value: "", Label: t.ThemeSystem}, {Value: theme.Dark, Label: t.ThemeDark}, {Value: theme.Light, Label: t.ThemeLight},
		}, set.Theme)
	}
	return page{symbol: theme.Appearance, name: t.TabAppearance, object: object, pieces: []fyne.CanvasObject{language, mode}, apply: apply}
}

// setAppearance changes language and theme. The settings are built again in the new language, at the page they were on.
func (w *Window) setAppearance(set studio.Settings) {
	w.command(func(ctx context.Context) error { return w.desk.SetAppearance(ctx, set.Language, set.Theme) })
}
