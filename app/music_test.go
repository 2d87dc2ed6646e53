package app

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"vitrine/app/theme"
	"vitrine/app/widget"
	"vitrine/capture/frame"
	"vitrine/studio"
	"vitrine/studio/mix"
)

func withMusic(s *studio.Snapshot) {
	s.Music = studio.MusicStatus{
		Tracks: []studio.TrackStatus{
			{ID: 1, Title: "Overture", Artist: "The Band", Length: 205 * time.Second},
			{ID: 2, Title: "Lost", Problem: "no such file"},
			{ID: 3, Title: "Finale", Length: 60 * time.Second},
		},
		Current: 1, Playing: true, Position: 41 * time.Second, Length: 205 * time.Second,
		Outline: studio.Outline{Peaks: []studio.Peak{{Min: -0.1, Max: 0.2}, {Min: -0.4, Max: 0.3}}, Share: 1},
		Pads:    make([]mix.PadState, mix.PadCount),
	}
	for i := range 5 {
		s.Music.Pads[i].Length = time.Second
	}
}

// tapSymbol taps the visible button with a symbol and no text.
func (b *bench) tapSymbol(in fyne.CanvasObject, s theme.Symbol) {
	b.Helper()
	var found *widget.Button
	walkButtons(in, func(x *widget.Button) {
		if x.Symbol() == s && x.Text() == "" {
			found = x
		}
	})
	if found == nil {
		b.Fatalf("there is no button %s", s)
	}
	test.Tap(found)
}

func TestWithoutMusicThePanelSaysHowItIsAdded(t *testing.T) {
	b := newBench(t)
	b.press("Music")
	b.reads("No music yet", "Add MP3, FLAC, Ogg Vorbis or WAV files, or drop them here.")
	b.change(func(s *studio.Snapshot) { s.Music.Reading = 3 })
	b.reads("Files still to be read: 3")
	b.lacks("No music yet")
}

func TestTheMusicIsDrivenFromItsPanel(t *testing.T) {
	b := newBench(t, withMusic)
	b.press("Music")
	b.reads("Overture", "The Band · 3:25", "0:41 / 3:25", "no such file", "1:00")
	p := b.w.playlist
	if at := p.wave.At(); at != 0.2 {
		t.Errorf("the waveform stands at %g", at)
	}
	for _, s := range []theme.Symbol{theme.Pause, theme.Next, theme.Previous, theme.Stop} {
		b.tapSymbol(p.player, s)
	}
	b.expect("pause", "next", "previous", "stop")
	test.TapAt(p.wave, fyne.NewPos(p.wave.Size().Width/2, 5))
	p.wave.TypedKey(&fyne.KeyEvent{Name: fyne.KeyLeft})
	b.expect("seek 1m42.5s", "seek 36.9s")
	b.change(func(s *studio.Snapshot) { s.Music.Playing = false })
	b.tapSymbol(p.player, theme.Play)
	test.Tap(p.rows[2])
	b.expect("play", "play track 3")
	if !p.rows[0].Face().Selected || p.rows[2].Face().Selected || !p.rows[1].Face().Trouble {
		t.Error("the list does not mark the track that plays, or the one that does not")
	}
}

func TestThePlaylistByKeyboard(t *testing.T) {
	b := newBench(t, withMusic)
	b.press("Music")
	p := b.w.playlist
	b.w.win.Canvas().Focus(p.rows[0])
	b.key(fyne.KeyDown)
	b.key(fyne.KeyDown)
	b.key(fyne.KeyReturn)
	b.change(func(*studio.Snapshot) {})
	b.tapSymbol(p.object, theme.Up)
	b.expect("play track 3", "move track 3 1")
	b.w.win.Canvas().Focus(p.rows[2])
	b.key(fyne.KeyDelete)
	b.expect("remove track 3")
	b.change(func(s *studio.Snapshot) { s.Music.Tracks = s.Music.Tracks[:2] })
	if len(p.rows) != 2 || b.w.win.Canvas().Focused() != nil {
		t.Errorf("%d rows, the keyboard is on %T", len(p.rows), b.w.win.Canvas().Focused())
	}
}

func TestHowTheMusicPlaysIsSet(t *testing.T) {
	b := newBench(t, withMusic)
	b.press("Music")
	p := b.w.playlist
	p.loop.Choose("one")
	p.crossfade.fader.OnChanged(4)
	p.duck.OnChanged(false)
	p.monitor.OnChanged(true)
	b.w.mixer.musicGain.fader.OnChanged(-9)
	test.Tap(b.w.mixer.musicGain.mute)
	b.expect(
		"music {GainDB:-14 Muted:false Crossfade:2 Loop:one Duck:true Monitor:false}",
		"music {GainDB:-14 Muted:false Crossfade:4 Loop:one Duck:true Monitor:false}",
		"music {GainDB:-14 Muted:false Crossfade:4 Loop:one Duck:false Monitor:false}",
		"music {GainDB:-14 Muted:false Crossfade:4 Loop:one Duck:false Monitor:true}",
		"music {GainDB:-9 Muted:false Crossfade:4 Loop:one Duck:false Monitor:true}",
		"music {GainDB:-9 Muted:true Crossfade:4 Loop:one Duck:false Monitor:true}")
	b.lacks("Wear headphones")
	b.change(func(s *studio.Snapshot) { s.Settings.Music.Monitor, s.Settings.Voice.Echo = true, false })
	b.reads("Wear headphones, or have the voice's echo removed")
	p.cue.OnChanged(true)
	b.expect("cue true")
	b.change(func(s *studio.Snapshot) { s.Music.Cued = true })
	b.reads("Viewers do not hear it")
	b.change(func(s *studio.Snapshot) {
		s.Music.Monitor, s.Music.MonitorProblem = studio.Failed, studio.Problem{Trouble: studio.DeviceBusy}
	})
	b.reads("The speaker is used by another program.")
}

func TestPadsPlayAndStop(t *testing.T) {
	b := newBench(t, withMusic)
	b.press("Music")
	b.press("Drum roll")
	b.press("Stop")
	b.expect("pad 2", "stop pads")
	if names := strings.Split(english.PadNames, "|"); len(names) != len(mix.Sounds()) || len(names) != len(strings.Split(chinese.PadNames, "|")) {
		t.Error("the pads' names are not as many as the sounds")
	}
	b.w.playlist.volume.fader.OnChanged(-3)
	if calls := b.carry(); len(calls) != mix.PadCount || calls[1] != "pad 1 at -3" {
		t.Errorf("the desk was asked %q", calls)
	}
}

func TestOwnSoundsAreDroppedOnPadsAndTakenOffAgain(t *testing.T) {
	b := newBench(t, withMusic, func(s *studio.Snapshot) {
		s.Music.Pads[1].Name, s.Settings.PadFiles[1] = "A jingle that is long", "/sounds/jingle.mp3"
		s.Settings.PadFiles[8] = "/gone/horn.wav"
	})
	b.press("Music")
	b.reads("Applause", "A jingle that …", "Ding", "horn.wav")
	p := b.w.playlist.pads
	if p.pads[1].Disabled() || !p.pads[8].Disabled() {
		t.Error("a sound that is there cannot be played, or one that is gone can")
	}
	middle := func(o fyne.CanvasObject) fyne.Position {
		return fyne.CurrentApp().Driver().AbsolutePositionForObject(o).AddXY(o.Size().Width/2, o.Size().Height/2)
	}
	b.w.droppedAt(middle(p.pads[2]), []string{"/a.mp3", "/b.mp3"})
	b.w.droppedAt(middle(p.object.Objects[1]), []string{"/c.mp3"})
	b.w.droppedAt(fyne.NewPos(10, 10), []string{"/d.mp3"})
	b.expect(`pad 2 plays "/a.mp3"`, `pad 5 plays "/b.mp3"`, `pad 6 plays "/c.mp3"`, "add tracks [/d.mp3]")
	b.change(func(*studio.Snapshot) {})
	if items := p.menu(); len(items) != 2+6 || items[3].Label != "Pad 2: A jingle that is long" || len(items[2].ChildMenu.Items) != 1 {
		t.Errorf("the menu of pads has %d entries", len(items))
	} else {
		items[3].ChildMenu.Items[1].Action()
		b.expect(`pad 1 plays ""`)
	}
	b.change(func(s *studio.Snapshot) {
		for i := range s.Music.Pads {
			s.Settings.PadFiles[i] = "/sounds/one.mp3"
		}
	})
	b.w.droppedAt(middle(p.object.Objects[1]), []string{"/e.mp3"})
	b.expect()
}

func TestAHostListensOnHeadphonesThatAreNotTheSpeaker(t *testing.T) {
	b := newBench(t, withMusic)
	b.press("Music")
	p := b.w.playlist
	if p.rows[2].Face().Action != "" || len(b.w.headphoneChoices()) != 1 {
		t.Error("a host with one output is offered to listen on it")
	}
	b.change(func(s *studio.Snapshot) {
		s.Devices = append(s.Devices, frame.Device{Kind: frame.Speaker, ID: "usb", Name: "Headset"})
		s.Settings.Headphones = "usb"
	})
	if c := b.w.headphoneChoices(); len(c) != 2 || c[0].Label != "None" || c[1].Value != "usb" {
		t.Errorf("the outputs to choose from are %+v", c)
	}
	p.headphones.Choose("")
	p.rows[2].Acted()
	b.expect(`headphones ""`, "listen to track 3")
	b.change(func(s *studio.Snapshot) { s.Music.Listening = 3 })
	b.reads("On your headphones only")
	p.rows[2].Acted()
	b.w.win.Canvas().Focus(p.rows[0])
	b.key(fyne.KeyH)
	b.expect("listen to track 0", "listen to track 1")
	b.w.toast.say(b.w.sentence(studio.ErrNotApart))
	b.reads("To listen beside the show, choose headphones below that are another output than the speaker.")
}

func TestTheMixerShowsTheMusicAndTheLoudness(t *testing.T) {
	b := newBench(t, withMusic)
	b.change(func(s *studio.Snapshot) {
		s.Sound.Music = mix.Level{Peak: -31.5, RMS: -40}
		s.Sound.DuckDB = -12
		s.Sound.Loudness = studio.Loudness{ShortTerm: -17.24, Integrated: -18.9}
	})
	b.reads("−31.5 dB", "−14 dB", "Below your voice: −12 dB", "−17.2 LUFS · show −18.9")
	b.change(func(s *studio.Snapshot) { s.Music.Playing, s.Settings.Music.Muted = false, true })
	b.reads("Muted")
	b.lacks("Below your voice")
}

func TestFilesThatAreDroppedBecomeMusicOrSources(t *testing.T) {
	b := newBench(t)
	film, song := filepath.Join("films", "a.mp4"), filepath.Join("music", "b.FLAC")
	b.w.dropped([]string{film, song})
	b.expect("add a.mp4 file "+film+" (0,0)-(0,0)", "select new", "add tracks ["+song+"]")
	b.press("Music")
	b.w.dropped([]string{film, song})
	b.expect("add tracks [" + film + " " + song + "]")
}

func TestTheMusicFitsASmallScreen(t *testing.T) {
	for _, language := range []string{"en", "zh"} {
		b := newBench(t, withMusic, func(s *studio.Snapshot) {
			s.Settings.Language = language
			for i := range s.Music.Pads {
				s.Music.Pads[i], s.Settings.PadFiles[i] = mix.PadState{Name: "摇滚乐队的开场音乐 Overture", Length: time.Second}, "/a.mp3"
			}
		})
		b.w.side.choose(musicSide)
		if m := b.w.win.Content().MinSize(); m.Width > 1024 || m.Height > 612 {
			t.Errorf("the content needs %v", m)
		}
	}
}
