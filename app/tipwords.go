package app

import "vitrine/app/theme"

// tipWords are what buttons with a drawing alone are explained by; they belong to words.
type tipWords struct {
	TipMore     string
	TipNext     string
	TipPrevious string
	TipStop     string
	TipPin      string
	TipSetBack  string
	TipDark     string
	TipBright   string
	TipStrip    string
	TipTakeAway string
	TipHide     string
}

// symbols are the words for what a button with a drawing alone does.
func (t *words) symbols() map[theme.Symbol]string {
	return map[theme.Symbol]string{
		theme.Add: t.Add, theme.Close: t.CloseSheet, theme.Remove: t.Remove, theme.Rename: t.RenameTitle, theme.Up: t.MoveUp, theme.Down: t.MoveDown,
		theme.Mic: t.Mute, theme.MicOff: t.Unmute, theme.Speaker: t.Mute, theme.SpeakerOff: t.Unmute, theme.Camera: t.TipDark, theme.Hide: t.TipBright,
		theme.Play: t.PlayFile, theme.Pause: t.PauseFile, theme.Stop: t.TipStop, theme.Previous: t.TipPrevious, theme.Next: t.TipNext,
		theme.More: t.TipMore, theme.Pin: t.TipPin, theme.Turn: t.TipSetBack, theme.File: t.Browse,
	}
}
