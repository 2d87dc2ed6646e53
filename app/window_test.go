package app

import (
	"errors"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"vitrine/app/widget"
	"vitrine/capture/frame"
	"vitrine/server/wire"
	"vitrine/studio"
	"vitrine/studio/mix"
)

func TestAFirstStartInvitesToBegin(t *testing.T) {
	b := newBench(t, func(s *studio.Snapshot) { s.Settings.Sources, s.Sources, s.Settings.Selected = nil, nil, "" })
	b.reads("Nothing to show yet", "Not connected to a server", "First choose a server and a show.", "OFF AIR")
	b.press("Go live")
	b.expect()
	b.reads("Server address")
}

func TestGoLiveAndEndWithConfirmation(t *testing.T) {
	b := newBench(t, withServer)
	b.lacks("First choose a server")
	b.press("Go live")
	b.expect("go live")
	b.change(func(s *studio.Snapshot) { onAir(s) })
	b.reads("ON AIR", "1:01:05", "128 watching", "▮▮▮ Good", "2.76 Mbit/s", "about 4.20 Mbit/s", "24 ms", "0.3 %", "30 fps · 4.2 ms", "7 frames", "1280×720 · 30 fps · H.264")
	if b.w.picture.Frame() != widget.LiveFrame {
		t.Error("the picture has no border on air")
	}
	b.press("End show")
	b.expect()
	b.press("Keep going")
	b.expect()
	b.shortcut(ctrl(fyne.KeyL))
	b.reads("End the show?")
	b.press("End show")
	b.expect("end")
}

func TestWhileReconnectingTheHostReadsWhichAttemptAndWhy(t *testing.T) {
	b := newBench(t, onAir, func(s *studio.Snapshot) {
		s.Air.Link = frame.Link{Phase: frame.LinkWaiting, Attempt: 2, Fault: frame.FaultUnreachable}
		s.Notices = []studio.Notice{{Seq: 4, Problem: studio.Problem{Trouble: studio.LinkTrouble, Fault: frame.FaultUnreachable}}}
	})
	b.change(func(s *studio.Snapshot) { s.Air.Link.RetryAt = b.w.now().Add(4 * time.Second) })
	b.reads("RECONNECTING", "Attempt 3 in 4 s", "The server does not answer.")
	if b.w.picture.Frame() != widget.TroubledFrame {
		t.Error("the border does not say that the show is cut off")
	}
}

func TestSourcesBySight(t *testing.T) {
	b := newBench(t)
	b.reads("Front", "1280×720 · 30 fps", "Clip", "Video file · ready", "Screen · ready")
	rows := b.w.sources.rows
	test.Tap(rows[1])
	b.expect("select b")
	b.change(func(s *studio.Snapshot) {
		s.Settings.Selected = "b"
		s.Sources[1] = studio.SourceStatus{Status: studio.Paused}
	})
	b.reads("Paused")
	rows[1].Acted()
	b.expect("pause b false")
	b.change(func(s *studio.Snapshot) {
		s.Sources[1] = studio.SourceStatus{Status: studio.Failed, Problem: studio.Problem{Trouble: studio.InputFailed, Name: "Clip"}}
	})
	b.reads("Clip cannot be played. Check the path or address; the studio tries again by itself.")
}

func TestSourcesByKeyboard(t *testing.T) {
	b := newBench(t)
	b.shortcut(ctrl("3"))
	b.expect("select c")
	b.w.win.Canvas().Focus(b.w.sources.rows[0])
	b.key(fyne.KeyDown)
	b.key(fyne.KeyReturn)
	b.expect("select b")
	b.shortcut(keyMoveDown)
	b.expect("move b 2")
	b.shortcut(keyMoveUp)
	b.expect("move b 0")
	b.key(fyne.KeyDelete)
	b.expect("remove b")
	b.change(func(s *studio.Snapshot) { s.Undo = studio.Change{Seq: 1, Kind: studio.SourceRemoved, Name: "Clip"} })
	b.reads("“Clip” was removed")
	b.shortcut(ctrl(fyne.KeyZ))
	b.expect("undo")
	b.change(func(s *studio.Snapshot) { s.Undo = studio.Change{} })
	b.lacks("was removed")
	b.reads("“Clip” is back")
}

func TestRenamingKeepsWhatWasTypedUntilItIsGood(t *testing.T) {
	b := newBench(t)
	b.key(fyne.KeyF2)
	e := b.entries()[0]
	if e.Text != "Front" {
		t.Errorf("the name to change is %q", e.Text)
	}
	e.SetText("   ")
	b.press("Save")
	b.expect()
	b.reads("Give the source a name")
	e.SetText("Front camera")
	e.OnSubmitted(e.Text)
	b.expect("rename a Front camera")
	if b.w.sheet != nil {
		t.Error("the sheet is still open")
	}
}

func TestAddingSources(t *testing.T) {
	b := newBench(t)
	items := b.w.addItems()
	items[0].ChildMenu.Items[0].Action()
	b.expect("add Webcam camera cam0 (0,0)-(0,0)", "select new")
	b.w.addStream()
	e := b.entries()[0]
	e.SetText("not an address")
	b.press("Add")
	b.expect()
	b.reads("An address begins with rtsp://")
	e.SetText("rtsp://me:pass@10.0.0.2/live")
	b.press("Add")
	b.expect("add 10.0.0.2/live stream rtsp://me:pass@10.0.0.2/live (0,0)-(0,0)", "select new")
	b.w.addRegion()
	b.press("Add")
	b.expect("add Screen region screen screen0 (0,0)-(1280,720)", "select new")
	b.w.addFile()
	b.entries()[0].SetText("/videos/autumn.mp4")
	b.press("Add")
	b.expect("add autumn.mp4 file /videos/autumn.mp4 (0,0)-(0,0)", "select new")
	b.change(onAir)
	b.w.syntheticItem().Action()
	b.expect("add Synthetic host synthetic  (0,0)-(0,0)")
}

func TestTheMixer(t *testing.T) {
	b := newBench(t)
	b.change(func(s *studio.Snapshot) {
		s.Sound.Voice = mix.Level{Peak: -12.5, RMS: -20, Clipped: true}
		s.Sound.Master = mix.Level{Peak: -90, RMS: -90}
	})
	b.reads("−12.5 dB", "silent", "System default (Yeti)")
	if peak, rms, clipped := b.w.mixer.voice.Levels(); peak != -12.5 || rms != -20 || !clipped {
		t.Errorf("the meter shows %g %g %t", peak, rms, clipped)
	}
	b.key(fyne.KeyM)
	b.w.mixer.gain.fader.OnChanged(6)
	b.expect(`mic "" 1 true 0`, `mic "" 1 true 6`)
	b.change(func(s *studio.Snapshot) { s.Settings.Microphone.Muted, s.Settings.Microphone.GainDB = true, 6 })
	b.reads("Muted", "+6 dB", "The microphone is muted")
	b.w.mixer.device.Choose("mic1")
	b.expect(`mic "mic1" 1 true 6`)
	b.w.mixer.speaker.Choose("spk0")
	test.Tap(b.w.mixer.test)
	b.expect(`speaker "spk0"`, "test speaker")
	b.w.openSettings(audioTab)
	b.pickers()[1].Choose("2")
	b.press("Test")
	b.expect(`mic "mic1" 2 true 6`, "test speaker")
}

func TestADeviceThatIsGoneStaysChosen(t *testing.T) {
	b := newBench(t, func(s *studio.Snapshot) { s.Settings.Microphone.Device = "old mic" })
	b.reads("old mic (not connected)")
	b.change(func(s *studio.Snapshot) {
		s.Sound.Status, s.Sound.Problem = studio.Failed, studio.Problem{Trouble: studio.DeviceGone}
	})
	b.reads("The microphone is not connected.")
}

func TestASnapshotThatLagsDoesNotMoveTheFaderBack(t *testing.T) {
	b := newBench(t)
	b.w.mixer.gain.fader.OnChanged(9)
	b.change(func(*studio.Snapshot) {})
	if b.w.mixer.gain.fader.Value != 9 {
		t.Errorf("the fader fell back to %g", b.w.mixer.gain.fader.Value)
	}
	b.carry()
	b.w.apply(b.d.snap)
	if b.w.mixer.gain.fader.Value != 9 {
		t.Errorf("the fader fell back to %g before the desk could say so", b.w.mixer.gain.fader.Value)
	}
	b.change(func(s *studio.Snapshot) { s.Settings.Microphone.GainDB = 8 })
	if b.w.mixer.gain.fader.Value != 8 {
		t.Errorf("the fader shows %g, the desk says 8", b.w.mixer.gain.fader.Value)
	}
}

func TestTheServerIsCheckedAndKept(t *testing.T) {
	b := newBench(t)
	b.d.shows = []wire.Show{{ID: "evening", Title: "Evening"}, {ID: "morning"}}
	b.shortcut(ctrl(fyne.KeyComma))
	b.press("Save")
	b.expect()
	b.reads("Give the server's address.")
	e := b.entries()
	e[0].SetText(" shop.example ")
	e[1].SetText("Evening!")
	b.press("Save")
	b.reads("small letters, digits and hyphens")
	e[1].SetText("evening")
	e[2].SetText("secret")
	b.press("Save")
	b.expect("server shop.example evening secret", "shows shop.example", "check shop.example evening")
	b.reads("The server knows “Evening” and accepts the token.", "Shows on this server", "morning")
	for fault, says := range map[frame.Fault]string{
		frame.FaultAddress: "no server of this address", frame.FaultUnreachable: "does not answer", frame.FaultCertificate: "certificate",
		frame.FaultToken: "refuses the token", frame.FaultShow: "no show of this name", frame.FaultServer: "Is this a Vitrine server",
	} {
		b.d.err, b.d.fault = errors.New("no"), fault
		b.press("Check")
		b.carry()
		b.reads(says)
	}
	if e[0].Text != " shop.example " || e[2].Text != "secret" {
		t.Error("an error lost what was typed")
	}
}

func TestANewShowIsMadeAndChosen(t *testing.T) {
	b := newBench(t)
	b.w.openSettings(serverTab)
	b.entries()[0].SetText("shop.example")
	b.press("New show…")
	e := b.entries()
	e[3].SetText("spring")
	e[4].SetText("Spring sale")
	e[5].SetText("operator")
	b.press("Create")
	b.expect("create shop.example operator spring Spring sale", "server shop.example spring made")
	b.reads("Show “Spring sale” was made and chosen.")
	if e[1].Text != "spring" || e[2].Text != "made" || e[5].Text != "" {
		t.Errorf("the form holds %q %q and the operator's token %q", e[1].Text, e[2].Text, e[5].Text)
	}
}

func TestOnAirTheSettingsSayWhatIsLocked(t *testing.T) {
	b := newBench(t, onAir)
	b.w.openSettings(serverTab)
	b.reads("On air the server cannot change.")
	if !b.entries()[0].Disabled() {
		t.Error("the server's address can be typed on air")
	}
	b.w.closeSheet()
	b.w.openSettings(outputTab)
	b.reads("On air the codec stays")
	p := b.pickers()
	p[0].Choose("640x360")
	p[1].Choose("60")
	b.expect("output H264 640x360 30 fps 0 96000", "output H264 640x360 60 fps 0 96000")
	if !p[2].Disabled() {
		t.Error("the codec can change on air")
	}
}

func TestARefusedOutputIsSaidAndUndone(t *testing.T) {
	b := newBench(t)
	b.w.openSettings(outputTab)
	b.d.err = errors.New("too much")
	p := b.pickers()
	p[4].Choose("8000000")
	b.carry()
	b.change(func(*studio.Snapshot) {})
	b.reads("too much")
	if p[4].Value() != "0" {
		t.Errorf("the picker still shows %s", p[4].Value())
	}
}

func TestTheLanguageChangesWhileTheSettingsAreOpen(t *testing.T) {
	b := newBench(t, onAir)
	b.w.openSettings(appearanceTab)
	b.pickers()[0].Choose("zh")
	b.expect(`look "zh" "dark"`)
	b.change(func(s *studio.Snapshot) { s.Settings.Language = "zh" })
	b.reads("语言", "外观")
	b.key(fyne.KeyEscape)
	b.reads("来源", "混音器", "直播中", "结束直播")
	b.change(func(s *studio.Snapshot) { s.Settings.Language = "en" })
	b.reads("SOURCES", "AUDIO MIXER", "ON AIR")
}

func TestClosingOnAirAsksAndWaitsForTheEnd(t *testing.T) {
	b := newBench(t, onAir)
	b.w.requestClose()
	b.reads("You are on air")
	b.press("End show and close")
	b.expect("end")
	b.change(func(s *studio.Snapshot) { s.Air.Phase = studio.Ending })
	if b.closed {
		t.Fatal("the window closed before the show had ended")
	}
	b.change(func(s *studio.Snapshot) { s.Air.Phase = studio.OffAir })
	if !b.closed {
		t.Error("the window is still open")
	}
}

func TestNoticesAreDismissed(t *testing.T) {
	b := newBench(t, func(s *studio.Snapshot) {
		s.Notices = []studio.Notice{
			{Seq: 7, Problem: studio.Problem{Trouble: studio.DeviceBusy, Name: "Webcam"}},
			{Seq: 8, Problem: studio.Problem{Trouble: studio.EncoderSlow, Detail: "960x540 30 fps"}},
		}
	})
	b.reads("Webcam is used by another program.", "lowered to 960x540 30 fps")
	rows := b.w.notices.list.Objects
	var closer *widget.Button
	walkButtons(rows[1], func(x *widget.Button) { closer = x })
	test.Tap(closer)
	b.expect("dismiss 7")
}

func walkButtons(o fyne.CanvasObject, f func(*widget.Button)) {
	switch o := o.(type) {
	case *widget.Button:
		f(o)
	case *fyne.Container:
		for _, c := range o.Objects {
			walkButtons(c, f)
		}
	case fyne.Widget:
		for _, c := range test.WidgetRenderer(o).Objects() {
			walkButtons(c, f)
		}
	}
}

func TestAFailedGestureIsSaid(t *testing.T) {
	b := newBench(t)
	b.d.err = errors.New("this source is no longer there")
	b.w.removeSource()
	b.carry()
	b.reads("Something went wrong: this source is no longer there")
}

func TestKeysDoNothingBehindASheet(t *testing.T) {
	b := newBench(t, withServer)
	b.w.showShortcuts()
	b.reads("Set all back")
	b.key(fyne.KeyM)
	b.key(fyne.KeyDelete)
	b.shortcut(ctrl(fyne.KeyL))
	b.shortcut(ctrl("2"))
	b.expect()
	b.key(fyne.KeyEscape)
	if b.w.sheet != nil {
		t.Error("Escape does not close the sheet")
	}
}

func TestEverythingIsReachedByTab(t *testing.T) {
	b := newBench(t, withServer)
	c := b.w.win.Canvas()
	seen := map[fyne.Focusable]bool{}
	for range 60 {
		c.FocusNext()
		seen[c.Focused()] = true
	}
	b.all(func(o fyne.CanvasObject) {
		f, ok := o.(fyne.Focusable)
		if d, can := o.(fyne.Disableable); can && d.Disabled() {
			ok = false
		}
		if ok && !seen[f] {
			t.Errorf("%T cannot be reached by Tab", o)
		}
	})
	if len(seen) < 12 {
		t.Errorf("Tab reaches %d pieces only", len(seen))
	}
}

func TestTheGuideShowsEvidenceForEachStep(t *testing.T) {
	b := newBench(t)
	b.w.Guide()
	b.reads("Step 1 of 5", "The picture is running.")
	b.press("Next")
	b.reads("Nothing heard yet.")
	b.change(func(s *studio.Snapshot) { s.Sound.Voice.Peak = -14 })
	b.reads("You can be heard.")
	b.press("Next")
	b.press("Play the chime")
	b.expect("test speaker")
	b.change(func(s *studio.Snapshot) { s.Sound.Speaker = studio.Running })
	b.change(func(s *studio.Snapshot) { s.Sound.Speaker = studio.Idle })
	b.reads("Did you hear it?")
	b.press("Next")
	b.press("Next")
	b.reads("Step 5 of 5", "Server · Not set up yet", "You can go on")
	b.change(withServer)
	b.reads("Server · evening on shop.example", "Everything is ready.")
	b.press("Done")
	b.lacks("Step 5")
}

func TestTheWindowFitsASmallScreen(t *testing.T) {
	for _, edit := range []func(*studio.Snapshot){func(*studio.Snapshot) {}, onAir} {
		b := newBench(t, edit, func(s *studio.Snapshot) {
			s.Notices = []studio.Notice{{Seq: 1, Problem: studio.Problem{Trouble: studio.DeviceBusy, Name: "Webcam"}}}
		})
		if m := b.w.win.Content().MinSize(); m.Width > 1024 || m.Height > 612 {
			t.Errorf("the content needs %v", m)
		}
	}
}

func TestTheStatusBarSpeaksOfGapsInTheSoundForAWhile(t *testing.T) {
	b := newBench(t, func(s *studio.Snapshot) { s.Sound.Silence = 3 })
	b.lacks("gaps")
	b.change(func(s *studio.Snapshot) { s.Sound.Silence = 4 })
	b.reads("Sound: 4 gaps")
	later := b.w.now().Add(6 * time.Second)
	b.w.now = func() time.Time { return later }
	b.change(func(*studio.Snapshot) {})
	b.lacks("gaps")
	b.change(func(s *studio.Snapshot) {
		s.Program.Reduced, s.Program.Format = true, frame.Format{Width: 960, Height: 540, FPS: 30}
	})
	b.reads("Encoder overloaded: sending 960×540 at 30 fps")
}

func cutOff(s *studio.Snapshot) {
	withServer(s)
	s.Unfinished = &studio.Unfinished{Address: "shop.example", Show: "evening", Until: time.Date(2026, 5, 1, 19, 58, 0, 0, time.Local)}
}

func TestAShowThatACrashCutOffGoesOnWithOneClick(t *testing.T) {
	b := newBench(t, cutOff)
	b.reads("The show was cut off", "You were on air with “Evening with Lena” until 19:58. Go on with this show?")
	b.press("Go on")
	b.expect("go live")
	b.change(func(s *studio.Snapshot) { onAir(s); s.Unfinished = nil })
	b.reads("ON AIR")
	b.lacks("The show was cut off")
}

func TestAShowThatACrashCutOffGoesOnFromTheKeyboard(t *testing.T) {
	b := newBench(t, cutOff, func(s *studio.Snapshot) { s.Settings.Language = "zh" })
	b.reads("“Evening with Lena”已播到 19:58，随后意外中断。要接着直播吗？")
	b.w.win.Canvas().Focused().TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
	b.expect("go live")
}

func TestAHostWhoDoesNotGoOnIsAskedOnce(t *testing.T) {
	for _, no := range []func(*bench){
		func(b *bench) { b.press("Not now") },
		func(b *bench) { b.key(fyne.KeyEscape) },
	} {
		b := newBench(t, cutOff)
		no(b)
		b.change(func(*studio.Snapshot) {}) // a snapshot that does not know yet
		b.lacks("The show was cut off")
		b.expect("leave")
	}
}

func TestAShowThatSomebodyElseGoesOnWithIsOfferedNoMore(t *testing.T) {
	b := newBench(t, cutOff)
	b.change(func(s *studio.Snapshot) { s.Unfinished = nil })
	b.lacks("The show was cut off")
}

func TestAShowThatWasCutOffOnAnotherDayIsOfferedWithItsDate(t *testing.T) {
	b := newBench(t, cutOff, func(s *studio.Snapshot) {
		s.Air.Title, s.Unfinished.Until = "", time.Date(2026, 4, 28, 22, 5, 0, 0, time.Local)
	})
	b.reads("You were on air with “evening” until 2026-04-28 22:05.")
}
