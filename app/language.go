package app

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"vitrine/capture/frame"
	"vitrine/server/wire"
	"vitrine/studio"
)

// wordsFor are the texts of a language, "en" or "zh"; "" follows the system's.
func wordsFor(language, system string) *words {
	if language == "" {
		language = system
	}
	if strings.HasPrefix(strings.ToLower(language), "zh") {
		return &chinese
	}
	return &english
}

// problem says what went wrong and what to do next.
func (t *words) problem(p studio.Problem) string {
	name := p.Name
	if name == "" {
		name = t.TheDevice
	}
	switch p.Trouble {
	case studio.NoTrouble:
		return ""
	case studio.DeviceBusy:
		return fmt.Sprintf(t.DeviceBusy, name)
	case studio.DeviceGone:
		return fmt.Sprintf(t.DeviceGone, name)
	case studio.FileGone:
		return fmt.Sprintf(t.FileGone, name)
	case studio.DeviceRefused:
		return fmt.Sprintf(t.DeviceRefused, name)
	case studio.DeviceFormat:
		return fmt.Sprintf(t.DeviceFormat, name)
	case studio.DeviceSilent:
		return fmt.Sprintf(t.DeviceSilent, name)
	case studio.InputEnded:
		return fmt.Sprintf(t.InputEnded, name)
	case studio.InputFailed:
		return fmt.Sprintf(t.InputFailed, name)
	case studio.EncoderSlow:
		return fmt.Sprintf(t.EncoderSlow, p.Detail)
	case studio.EncoderEased:
		return fmt.Sprintf(t.EncoderEased, p.Detail)
	}
	return t.plain(p)
}

// plain are the problems that are about no device.
func (t *words) plain(p studio.Problem) string {
	switch p.Trouble {
	case studio.EncoderFailed:
		return t.EncoderFailed
	case studio.EffectsSpared:
		return t.EffectsSpared
	case studio.PluginFailed:
		return fmt.Sprintf(t.PluginFailed, p.Name, p.Detail)
	case studio.EffectsMissing:
		return t.EffectsMissing
	case studio.GradeFailed:
		return fmt.Sprintf(t.GradeFailed, p.Name, p.Detail)
	case studio.MusicFailed:
		return fmt.Sprintf(t.MusicFailed, p.Name, p.Detail)
	case studio.SettingsAside:
		return t.SettingsAside
	case studio.SettingsUnsafe:
		return t.SettingsUnsaved
	case studio.EditsUnkept:
		return fmt.Sprintf(t.EditsUnkept, p.Detail)
	case studio.PictureMissing:
		return fmt.Sprintf(t.PictureMissing, p.Name, p.Detail)
	case studio.ShowWasClosed:
		return t.ShowWasClosed
	case studio.LinkTrouble:
		return t.fault(p.Fault)
	}
	return fmt.Sprintf(t.SomethingWrong, p.Detail)
}

// fault says why the server cannot be used and what to do next; "" for no fault.
func (t *words) fault(f frame.Fault) string {
	switch f {
	case frame.FaultNone:
		return ""
	case frame.FaultAddress:
		return t.FaultAddress
	case frame.FaultUnreachable:
		return t.FaultUnreachable
	case frame.FaultCertificate:
		return t.FaultCertificate
	case frame.FaultToken:
		return t.FaultToken
	case frame.FaultShow:
		return t.FaultShow
	case frame.FaultClosed:
		return t.FaultClosed
	case frame.FaultBusy:
		return t.FaultBusy
	case frame.FaultMedia:
		return t.FaultMedia
	case frame.FaultReplaced:
		return t.FaultReplaced
	}
	return t.FaultServer
}

// kind names what an input is.
func (t *words) kind(in frame.Input) string {
	switch in.Kind {
	case frame.Camera:
		return t.KindCamera
	case frame.Screen:
		if !in.Region.Empty() {
			return t.KindRegion
		}
		return t.KindScreen
	case frame.Window:
		return t.KindWindow
	case frame.File:
		return t.KindFile
	case frame.Stream:
		return t.KindStream
	}
	return t.KindSynthetic
}

// sentence says what a failed gesture means.
func (w *Window) sentence(err error) string {
	switch {
	case errors.Is(err, studio.ErrNoServer):
		return w.words.ReasonNoServer
	case errors.Is(err, studio.ErrOnAir):
		return w.words.ServerLocked
	case errors.Is(err, studio.ErrGuest):
		return w.words.AwayLocked
	case errors.Is(err, studio.ErrNoPage):
		return w.words.AwayNoPage
	case errors.Is(err, studio.ErrNotApart):
		return w.words.HeadphonesApart
	}
	var grade studio.GradeError
	if errors.As(err, &grade) {
		return fmt.Sprintf(w.words.GradeFailed, filepath.Base(grade.Name), grade.Err)
	}
	if s := w.words.roomSentence(err); s != "" {
		return s
	}
	return fmt.Sprintf(w.words.SomethingWrong, err.Error())
}

// serverSentence says why a question to the server failed.
func (w *Window) serverSentence(err error) string {
	if wire.CodeOf(err) == wire.Conflict {
		return w.words.CreateConflict
	}
	if wire.CodeOf(err) == wire.Invalid {
		return fmt.Sprintf(w.words.SomethingWrong, err.Error())
	}
	return w.words.fault(w.desk.Fault(err))
}
