package app

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"

	"vitrine/app/widget"
	"vitrine/capture/frame"
	"vitrine/server/wire"
	"vitrine/studio"
)

var (
	ada = wire.Member{Alias: "m7", Name: "Ada"}
	mia = wire.Member{Alias: "m1", Name: "Mia", Role: "host"}
)

func said(n int64, by wire.Member, text string) studio.Line {
	return studio.Line{RoomEvent: wire.RoomEvent{N: n, At: evening.UnixMilli(), By: &by, Said: &wire.Said{Text: text}}}
}

var evening = time.Date(2026, 5, 1, 20, 0, 0, 0, time.UTC)

// inRoom is a busy room.
func inRoom(s *studio.Snapshot) {
	withServer(s)
	s.Audience = studio.Audience{Viewers: 1284, Curve: []int{10, 400, 1284}, Step: time.Second}
	s.Room = &studio.Room{
		Phase: studio.RoomHere, Me: mia, Moderates: true, Viewers: 1284, Likes: 9000, Given: 42, Heard: 3,
		Lines:  []studio.Line{said(11, ada, "Is it silver?"), said(12, mia, "Welcome!"), said(13, ada, "How long is it?")},
		Modes:  wire.Modes{Pause: 2},
		People: []studio.Attendee{{Member: ada, At: evening.UnixMilli()}, {Member: mia, At: 0}},
		Questions: []wire.OpenQuestion{
			{N: 9, By: ada, Text: "Is there a 56?", Votes: 14}, {N: 10, By: wire.Member{Alias: "m9", Name: "Bo"}, Text: "Does it tarnish?", Votes: 1},
		},
		Polls: []wire.OpenPoll{{
			Poll: wire.Poll{Question: "Which next?", Options: []string{"Rings", "Bowls"}, Until: evening.Add(42 * time.Second).UnixMilli()},
			N:    8, Counts: []int64{30, 10}, Mine: -1,
		}},
		Held: []studio.Held{
			{RoomEvent: wire.RoomEvent{N: 14, By: &ada, Held: &wire.Withheld{Text: "visit my site", Class: "spam", Score: 0.9, Why: "a link"}}},
			{RoomEvent: wire.RoomEvent{N: 15, By: &ada, Held: &wire.Withheld{Text: "again", Line: 12, Class: "contact", Score: 0.01}}},
		},
		Silenced: []wire.Silenced{{Who: wire.Member{Alias: "m2", Name: "Cy"}, Until: evening.Add(10 * time.Minute).UnixMilli(), Reason: "insults"}},
	}
}

// room shows another state of the room.
func (b *bench) room(edit func(*studio.Room)) {
	b.change(func(s *studio.Snapshot) {
		next := *s.Room
		edit(&next)
		s.Room = &next
	})
}

// roomBench is a bench with a panel of a busy room open.
func roomBench(t *testing.T, tab int, edit ...func(*studio.Snapshot)) *bench {
	t.Helper()
	b := newBench(t, append([]func(*studio.Snapshot){inRoom}, edit...)...)
	b.w.openRoom(tab)
	return b
}

// pick does what the menu that is open offers, by labels.
func (b *bench) pick(labels ...string) {
	b.Helper()
	items := b.menuItems
	for i, label := range labels {
		var found *fyne.MenuItem
		for _, item := range items {
			if item.Label == label {
				found = item
			}
		}
		switch {
		case found == nil:
			b.Fatalf("the menu does not offer %q", label)
		case i == len(labels)-1:
			found.Action()
		default:
			items = found.ChildMenu.Items
		}
	}
}

func TestWithoutAShowTheRoomSaysWhatToDo(t *testing.T) {
	b := newBench(t)
	b.w.openRoom(chatTab)
	b.reads("No room yet", "Choose a server and a show")
	b.lacks("VIEWERS")
	b.change(inRoom)
	b.reads("Mia (host) Welcome!", "Ada Is it silver?", "Questions 2", "Polls 1", "Queue 2", "VIEWERS", "1284", "9000", "42")
	b.room(func(r *studio.Room) {
		r.Phase, r.Problem = studio.RoomLost, studio.Problem{Trouble: studio.LinkTrouble, Fault: frame.FaultUnreachable}
	})
	b.reads("Not in the room. The server does not answer.", "Welcome!")
}

func TestWhatIsTypedStaysUntilTheRoomHasIt(t *testing.T) {
	b := roomBench(t, chatTab)
	box := b.w.room.chat.box
	box.SetText("  Hello all ")
	b.d.err = &wire.Error{Code: wire.RateLimited, Text: "wait", RetryAfter: 1400 * time.Millisecond}
	box.OnSubmitted(box.Text)
	box.OnSubmitted(box.Text) // while it is on its way
	b.expect(`say "Hello all" to 0`)
	b.reads("Wait 2 s, your text stays here.")
	b.press("Send")
	b.expect()
	now := b.w.now().Add(2 * time.Second)
	b.w.now = func() time.Time { return now }
	b.d.err = studio.ErrNoAnswer
	b.press("Send")
	b.expect(`say "Hello all" to 0`)
	b.reads("The room has not answered.")
	b.d.err = wire.Errorf(wire.Forbidden, "only followers may speak")
	b.press("Send")
	b.expect(`say "Hello all" to 0`)
	b.reads("The room refused: only followers may speak.")
	if strings.TrimSpace(box.Text) != "Hello all" {
		t.Errorf("the box holds %q", box.Text)
	}
	b.d.err = nil
	b.press("Send")
	b.expect(`say "Hello all" to 0`)
	if box.Text != "" {
		t.Errorf("the box holds %q after it was said", box.Text)
	}
	b.lacks("refused")
	box.SetText(strings.Repeat("x", wire.MaxLine+3))
	b.press("Send")
	b.expect()
	b.reads("shorten it by 3")
}

func TestStaffActsOnALine(t *testing.T) {
	b := roomBench(t, chatTab)
	feed := b.w.room.chat.feed
	b.w.win.Canvas().Focus(feed)
	b.key(fyne.KeyUp)
	b.key(fyne.KeyReturn)
	b.pick("Pin above the chat")
	b.key(fyne.KeyReturn)
	b.pick("Highlight")
	b.key(fyne.KeyReturn)
	b.pick("Remove for everybody")
	b.key(fyne.KeyReturn)
	b.pick("Silence", "for 10 minutes")
	b.key(fyne.KeyReturn)
	b.pick("Silence", "ban from the room")
	b.expect("pin 13", "highlight 13", "take back 13", "silence m7 for 600 ban false lift false", "silence m7 for 0 ban true lift false")
	b.key(fyne.KeyReturn)
	b.pick("Reply")
	b.reads("Reply to Ada")
	b.w.room.chat.box.SetText("18 cm")
	b.press("Send")
	b.expect(`say "18 cm" to 13`)
	b.lacks("Reply to Ada")
	feed.Second(12, fyne.NewPos(0, 0)) // the host's own
	for _, item := range b.menuItems {
		if item.Label == "Silence" {
			t.Error("the host can be silenced")
		}
	}
	b.room(func(r *studio.Room) { r.Pinned, r.Announced = &r.Lines[0].RoomEvent, "Free shipping tonight" })
	b.reads("Pinned · Ada", "Announcement", "Free shipping tonight")
	b.room(func(r *studio.Room) {
		r.Lines = append([]studio.Line{}, r.Lines...)
		r.Lines[0].Removed = true
	})
	b.lacks("Ada Is it silver?")
	b.reads("taken back")
}

func TestWhoReadsIsNotDisturbedAndSeesHowManyAreNew(t *testing.T) {
	b := roomBench(t, chatTab)
	for n := int64(20); n < 80; n++ {
		b.room(func(r *studio.Room) {
			r.Lines, r.Heard = append(r.Lines, said(n, ada, fmt.Sprint("number ", n))), r.Heard+1
		})
	}
	feed := b.w.room.chat.feed
	b.w.win.Canvas().Focus(feed)
	b.key(fyne.KeyUp)
	for n := int64(80); n < 83; n++ {
		b.room(func(r *studio.Room) {
			r.Lines, r.Heard = append(r.Lines, said(n, ada, fmt.Sprint("number ", n))), r.Heard+1
		})
	}
	b.reads("number 79", "3 new")
	b.lacks("number 80")
	b.press("3 new")
	b.reads("number 82")
	b.lacks(" new\n")
	if !feed.Following() {
		t.Error("it does not follow")
	}
}

func TestModesAndAnnouncements(t *testing.T) {
	b := roomBench(t, chatTab)
	chat := b.w.room.chat
	for _, labels := range [][]string{{"Slow mode", "one message in 30 s"}, {"Emoji only"}, {"Only staff may speak"}} {
		b.menuItems = chat.modes()
		b.pick(labels...)
	}
	b.expect("modes {Pause:30 Followers:false Emoji:false Paused:false}", "modes {Pause:2 Followers:false Emoji:true Paused:false}",
		"modes {Pause:2 Followers:false Emoji:false Paused:true}")
	b.menuItems = chat.modes()
	b.pick("Announce…")
	b.entries()[0].SetText("Sale in ten minutes")
	b.press("Save")
	b.menuItems = chat.modes()
	b.pick("Your name here…")
	b.entries()[0].SetText(" ")
	b.press("Save")
	b.reads("A name has 1 to 32 characters.")
	b.entries()[0].SetText("Mia from the shop")
	b.press("Save")
	b.expect(`announce "Sale in ten minutes"`, `call me "Mia from the shop"`)
}

func TestQuestionsAreAnsweredTheMostWantedFirst(t *testing.T) {
	b := roomBench(t, questionsTab)
	b.reads("14  Is there a 56?", "Ada · 14 ask this", "1  Does it tarnish?")
	b.press("Answer aloud")
	b.expect(`answer 9 with ""`)
	b.w.win.Canvas().Focus(b.w.room.panels[questionsTab].(*questionsPanel).feed)
	b.key(fyne.KeyDown)
	b.key(fyne.KeyDown)
	b.press("Write…")
	b.press("Send")
	b.expect()
	b.reads("Write an answer")
	b.entries()[0].SetText("Never, it is silver")
	b.press("Send")
	b.expect(`answer 10 with "Never, it is silver"`)
	b.press("Poll")
	b.expect(`poll "Does it tarnish?" ["Yes" "No"] for 60`)
	b.change(func(s *studio.Snapshot) { s.Room = &studio.Room{Phase: studio.RoomHere, Moderates: true} })
	b.w.room.choose(questionsTab)
	b.reads("No question waits")
}

func TestAPollTakesTwoClicks(t *testing.T) {
	b := newBench(t, inRoom)
	b.w.openRoom(chatTab)
	b.press("Polls 1")
	b.press("Yes / No")
	b.expect(`poll "Yes or no?" ["Yes" "No"] for 60`)
	panel := b.w.room.panels[pollsTab].(*pollsPanel)
	panel.lasts.Choose("0")
	panel.question.SetText("Which one?")
	b.press("A / B")
	b.expect(`poll "Which one?" ["A" "B"] for 0`)
	b.reads("Which next?", "Votes: 40 · 0:42 left", "30 · 75 %", "10 · 25 %")
	bars := 0
	b.all(func(o fyne.CanvasObject) {
		if _, ok := o.(*widget.Progress); ok {
			bars++
		}
	})
	if bars != 2 {
		t.Errorf("%d bars", bars)
	}
	b.press("End")
	b.expect("end poll 8")
	b.room(func(r *studio.Room) { r.Ended, r.Polls = r.Polls, nil })
	b.reads("LAST RESULTS", "No poll runs", "Votes: 40")
	b.lacks("left")
	b.press("Own…")
	b.press("Start")
	b.reads("A poll needs a question")
	for i, text := range []string{"Which stone?", "Ruby", "Opal", "", "Jade"} {
		b.entries()[i].SetText(text)
	}
	b.press("Start")
	b.expect(`poll "Which stone?" ["Ruby" "Opal" "Jade"] for 0`)
}

func TestPeopleAreSilencedAndLetSpeakAgain(t *testing.T) {
	b := roomBench(t, peopleTab)
	b.reads("1284 in the room", "STAFF", "Mia (host)", "SILENCED", "Cy silent until", "insults", "WHO SPOKE LAST", "Ada")
	b.w.win.Canvas().Focus(b.w.room.panels[peopleTab].(*crowdPanel).feed)
	b.key(fyne.KeyDown)
	b.key(fyne.KeyDown)
	b.w.apply(b.d.snap)
	b.press("Let speak again")
	b.w.win.Canvas().Focus(b.w.room.panels[peopleTab].(*crowdPanel).feed)
	b.key(fyne.KeyDown)
	b.key(fyne.KeyReturn)
	b.pick("for 1 minute")
	b.expect("silence m2 for 0 ban false lift true", "silence m7 for 60 ban false lift false")
}

func TestTheQueueIsWorkedThroughWithKeys(t *testing.T) {
	b := roomBench(t, chatTab)
	b.shortcut(keyQueue)
	b.reads("visit my site", "spam, 90 % sure · a link", "again", "reported · leads elsewhere ·")
	b.key(fyne.KeyR)
	b.lacks("visit my site")
	b.key(fyne.KeyDown)
	b.key(fyne.KeyE)
	b.key(fyne.KeyA)
	b.expect("judge 14 refuse", "judge 15 escalate")
	b.reads("again")
	b.room(func(r *studio.Room) { r.Held = []studio.Held{{RoomEvent: r.Held[1].RoomEvent, Escalated: true}} })
	b.reads("escalated")
	b.lets(fyne.KeyA)
	b.key(fyne.KeyA)
	b.d.err = errors.New("no")
	b.expect("judge 15 publish")
	b.reads("again")
	b.room(func(r *studio.Room) { r.Held = nil })
	b.reads("Nothing waits for you")
	b.key(fyne.KeyA)
	b.expect()
}

func TestTheDashboardRaisesTheAlarm(t *testing.T) {
	b := newBench(t, inRoom)
	b.lacks("fell")
	b.change(func(s *studio.Snapshot) { s.Audience.Fell = studio.Fall{When: evening, From: 1284, To: 700} })
	b.reads("▼ Viewers fell from 1284 to 700 within 10 s")
}

func TestBigTypeIsReadInItsOwnWindow(t *testing.T) {
	b := newBench(t, inRoom)
	b.room(func(r *studio.Room) { r.Pinned = &r.Lines[1].RoomEvent })
	b.shortcut(keyBig)
	big := b.w.big
	if big == nil {
		t.Fatal("there is no window")
	}
	if posts := big.chat.Posts(); len(posts) != 3 || posts[1].Head != "Mia (host)" || len(big.asked.Posts()) != 2 || big.pinned.Posts()[0].Over != "Pinned" {
		t.Errorf("it shows %+v", posts)
	}
	b.change(func(s *studio.Snapshot) { s.Settings.Language = "zh" })
	if big.chat.Posts()[1].Head != "Mia（主播）" {
		t.Errorf("in Chinese it shows %+v", big.chat.Posts())
	}
	big.key(&fyne.KeyEvent{Name: fyne.KeyEscape})
	if b.w.big != nil {
		t.Error("Escape does not close it")
	}
	b.shortcut(keyBig)
	b.shortcut(keyBig)
	if b.w.big != nil {
		t.Error("the key does not close it")
	}
}

func TestTheRoomFitsASmallScreen(t *testing.T) {
	for _, language := range []string{"en", "zh"} {
		for tab := chatTab; tab <= queueTab; tab++ {
			b := roomBench(t, tab, func(s *studio.Snapshot) { s.Settings.Language = language })
			if m := b.w.win.Content().MinSize(); m.Width > 1024 || m.Height > 612 {
				t.Errorf("panel %d in %q needs %v", tab, language, m)
			}
		}
	}
}
