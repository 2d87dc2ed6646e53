package app

import (
	"fmt"
	"strings"
	"testing"

	"fyne.io/fyne/v2"

	"vitrine/app/widget"
	"vitrine/capture/frame"
	"vitrine/server/wire"
	"vitrine/studio"
)

var rival = wire.BlockedWord{Text: "rival*", Class: wire.SpamText, Outcome: wire.BlockText}

// ruleBench has the sheet open, and the rules of the server with one word in them.
func ruleBench(t *testing.T, edit ...func(*studio.Snapshot)) *bench {
	t.Helper()
	b := roomBench(t, chatTab, edit...)
	b.w.openRules()
	b.reads("…")
	b.expect("open rules")
	r := wire.DefaultRules()
	r.Words, r.Hosts = []wire.BlockedWord{rival}, []string{"shop.example"}
	b.rules(studio.Rules{Known: true, Draft: r})
	return b
}

func (b *bench) rules(r studio.Rules) {
	b.change(func(s *studio.Snapshot) { s.Rules = &r })
}

// edited shows what the desk was asked last to make of the rules.
func (b *bench) edited(change func(*wire.Rules)) {
	b.Helper()
	r := *b.d.snap.Rules
	change(&r.Draft)
	r.Edited = true
	b.expect(fmt.Sprintf("rules %v, %s links, hosts %v, contact %s, lists %v, hold %g",
		r.Draft.Words, r.Draft.Links, r.Draft.Hosts, r.Draft.Contact, r.Draft.Lists, r.Draft.Hold))
	b.rules(r)
}

// entry is the line to type in with that hint.
func (b *bench) entry(hint string) *widget.Entry {
	b.Helper()
	for _, e := range b.entries() {
		if e.PlaceHolder == hint {
			return e
		}
	}
	b.Fatalf("there is no entry %q", hint)
	return nil
}

func (b *bench) item(title string) (found *widget.Item) {
	b.Helper()
	b.all(func(o fyne.CanvasObject) {
		if i, ok := o.(*widget.Item); ok && i.Face().Title == title {
			found = i
		}
	})
	if found == nil {
		b.Fatalf("there is no item %q", title)
	}
	return found
}

func TestTheRulesOfTheRoomAreEditedInTheWindow(t *testing.T) {
	b := ruleBench(t)
	b.reads("Blocked words (1)", "rival*", "spam · refuse", "These rules count", "Held when 80 % sure (new accounts 70 %)")
	b.entry("A word, a phrase, or begin*").SetText("  cheap   shop ")
	b.pickers()[0].Choose("scam")
	b.pickers()[1].Choose("hold")
	b.press("Add")
	held := wire.BlockedWord{Text: "cheap shop", Class: wire.ScamText, Outcome: wire.HoldText}
	b.edited(func(r *wire.Rules) { r.Words = []wire.BlockedWord{rival, held} })
	b.reads("cheap shop", "fraud · hold for you", "Not saved yet")
	b.entry("Search").SetText("RIV")
	b.lacks("cheap shop")
	b.item("rival*").Acted()
	b.edited(func(r *wire.Rules) { r.Words = []wire.BlockedWord{held} })
	b.reads("No word has this in it.")
	b.press("Bring back “rival*”")
	b.edited(func(r *wire.Rules) { r.Words = []wire.BlockedWord{held, rival} })
	b.item("rival*").Chosen()
	b.pickers()[1].Choose("publish")
	b.press("Add")
	b.edited(func(r *wire.Rules) {
		r.Words = []wire.BlockedWord{held, {Text: "rival*", Class: wire.SpamText, Outcome: wire.PublishText}}
	})
	b.press("Add")
	b.expect()
	b.reads("A word has 1 to 80 characters.")

	b.pickers()[2].Choose("none")
	b.edited(func(r *wire.Rules) { r.Links = wire.NoLink })
	b.pickers()[3].Choose("block")
	b.edited(func(r *wire.Rules) { r.Contact = wire.BlockText })
	b.entry("shop.example, pay.example").SetText("shop.example https://Pay.Example/now，")
	b.edited(func(r *wire.Rules) { r.Hosts = []string{"shop.example", "pay.example"} })
	b.pickers()[4].Choose("strict")
	b.edited(func(r *wire.Rules) { r.Hold, r.NewHold, r.Shadow, r.Block = 0.65, 0.55, 0.85, 0.95 })
	b.reads("Held when 65 % sure (new accounts 55 %), hidden from 85 %, refused from 95.0 %.")
	b.press("Save")
	b.expect("save rules")
	r := *b.d.snap.Rules
	r.Edited = false
	b.rules(r)
	b.reads("These rules count")
	b.lacks("Discard changes")
}

func TestATextIsTriedInTheWindow(t *testing.T) {
	b := ruleBench(t)
	for want, v := range map[string]wire.Tried{
		"It is published.":                                     {Outcome: wire.PublishText},
		"It waits for you: insult, 86 % sure":                  {Outcome: wire.HoldText, Class: wire.InsultText, Rule: "classifier", Score: 0.86},
		"It is refused: spam, “rival*”. Its author reads: No!": {Outcome: wire.BlockText, Class: wire.SpamText, Rule: "word", Found: "rival*", Words: "No!"},
	} {
		b.d.tried = v
		b.entry("What somebody might write").SetText("go to rivals")
		b.press("Try")
		b.expect(`try "go to rivals", new false`)
		b.reads(want)
	}
	b.d.err = wire.Errorf(wire.Invalid, "a host is written as shop.example")
	b.press("Try")
	b.expect(`try "go to rivals", new false`)
	b.reads("a host is written as shop.example")
}

func TestWhatOthersChangedInTheRulesAndWhatWentWrongIsSaid(t *testing.T) {
	b := ruleBench(t)
	r := *b.d.snap.Rules
	r.Edited, r.Theirs = true, []studio.RuleChange{
		{Part: studio.WordsPart, Text: "theirs"}, {Part: studio.WordsPart, Text: "one", Gone: true}, {Part: studio.ListsPart, Text: "es", Gone: true}, {Part: studio.LinksPart},
	}
	b.rules(r)
	b.reads("Somebody else has changed the rules meanwhile: “theirs”, “one” taken out, “Spanish” taken out, links. Nothing was saved.")
	r.Problem = studio.Problem{Fault: frame.FaultUnreachable}
	b.rules(r)
	b.reads("your changes are kept here")
	b.d.err = wire.Errorf(wire.Invalid, "a host is written as shop.example")
	b.press("Save")
	b.expect("save rules")
	b.reads("The room refused: a host is written as shop.example.")
	b.d.err = nil
	b.press("Discard changes")
	b.expect("drop rules")
	b.key(fyne.KeyEscape)
	if b.w.sheet != nil {
		t.Error("Escape does not close the rules")
	}
}

func TestTheRulesFitASmallScreenWithManyWords(t *testing.T) {
	for _, language := range []string{"en", "zh"} {
		b := ruleBench(t, func(s *studio.Snapshot) { s.Settings.Language = language })
		r := *b.d.snap.Rules
		r.Draft.Words = nil
		for i := range 5000 {
			r.Draft.Words = append(r.Draft.Words, wire.BlockedWord{Text: fmt.Sprint("word", i), Class: wire.SpamText, Outcome: wire.HoldText})
		}
		r.Draft.Words[4999].Text = strings.Repeat("long ", 16)
		r.Edited, r.Theirs = true, []studio.RuleChange{{Part: studio.WordsPart, Text: strings.Repeat("long ", 16)}}
		b.rules(r)
		b.item(strings.Repeat("long ", 16)).Acted()
		b.carry()
		if m := b.roots().MinSize(); m.Width > 1024 || m.Height > 640 {
			t.Errorf("the rules in %q need %v", language, m)
		}
	}
}
