package app

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	fynetheme "fyne.io/fyne/v2/theme"

	"vitrine/app/theme"
	"vitrine/app/widget"
	"vitrine/server/wire"
)

// mostWordRows is how many words the list shows: who has more searches.
const mostWordRows = 60

// ruleWordList is the shop's own words. Choosing one puts it into the boxes below, where it is changed by adding it again.
type ruleWordList struct {
	p       *rulesSheet
	object  fyne.CanvasObject
	heading *widget.Text
	search  *widget.Entry
	rows    []*widget.Item
	list    *fyne.Container
	shown   []wire.BlockedWord // parallel to rows
	drawn   []wire.BlockedWord // of which shown was made
	query   string             // by which
	made    bool
	empty   *widget.Text
	more    *widget.Text

	word           *widget.Entry
	class, outcome *widget.Picker
	add            *widget.Button
}

func newRuleWordList(p *rulesSheet) *ruleWordList {
	t := p.w.words
	l := &ruleWordList{p: p, list: widget.Stack(2), search: widget.NewEntry(t.WordSearch), word: widget.NewEntry(t.WordHint)}
	l.heading = widget.NewText("", widget.Style{Size: theme.Small, Color: theme.Quiet})
	l.search.OnChanged = func(string) { l.show() }
	l.empty, l.more = widget.Caption(""), widget.Caption("")
	l.word.OnSubmitted = func(string) { l.put() }
	l.class, l.outcome = widget.NewPicker(nil), widget.NewPicker(nil)
	var classes []widget.Choice
	for _, c := range wire.WordClasses() {
		classes = append(classes, widget.Choice{Value: string(c), Label: t.class(string(c))})
	}
	l.class.Set(classes, string(wire.SpamText))
	l.outcome.Set(choicesOf(t.Outcomes), string(wire.BlockText))
	l.add = widget.NewButton(t.WordAdd, theme.Add, widget.Plain, l.put)
	l.object = widget.Fill(8, widget.Stack(6, l.heading, l.search),
		widget.NewBox(container.NewVScroll(widget.Stack(2, l.empty, l.list, l.more)), fynetheme.ColorNameBackground, theme.Edge, fyne.NewSize(4, 4)),
		widget.Stack(6, widget.Row(l.word, l.add), widget.Columns(6, l.class, l.outcome)))
	return l
}

func (l *ruleWordList) pieces() []fyne.CanvasObject {
	return []fyne.CanvasObject{l.search, l.word, l.class, l.outcome, l.add}
}

// withWord is the words with one in the place of what reads the same, else at their end.
func withWord(all []wire.BlockedWord, w wire.BlockedWord) []wire.BlockedWord {
	all = slices.Clone(all)
	if i := slices.IndexFunc(all, func(o wire.BlockedWord) bool { return strings.EqualFold(o.Text, w.Text) }); i >= 0 {
		all[i] = w
		return all
	}
	return append(all, w)
}

// put adds the word that was typed, or changes it.
func (l *ruleWordList) put() {
	text := strings.Join(strings.Fields(l.word.Text), " ")
	if n := utf8.RuneCountInString(text); n < 1 || n > wire.LongestWord {
		l.p.wrong = fmt.Sprintf(l.p.w.words.WordWrong, wire.LongestWord)
		l.p.refresh()
		return
	}
	w := wire.BlockedWord{Text: text, Class: wire.TextClass(l.class.Value()), Outcome: wire.Outcome(l.outcome.Value())}
	l.p.edit(func(r *wire.Rules) { r.Words = withWord(r.Words, w) })
	l.word.SetText("")
}

func (l *ruleWordList) remove(i int) {
	if i < len(l.shown) {
		w := l.shown[i]
		l.p.gone = append(l.p.gone, w)
		l.p.edit(func(r *wire.Rules) {
			r.Words = slices.DeleteFunc(slices.Clone(r.Words), func(o wire.BlockedWord) bool { return o == w })
		})
	}
}

// take puts a word into the boxes.
func (l *ruleWordList) take(i int) {
	if i < len(l.shown) {
		w := l.shown[i]
		l.word.SetText(w.Text)
		l.class.Choose(string(w.Class))
		l.outcome.Choose(string(w.Outcome))
	}
}

// show shows the words that have what is searched for in them, the newest first.
func (l *ruleWordList) show() {
	words, query := l.p.draft.Words, strings.ToLower(strings.TrimSpace(l.search.Text))
	if l.made && l.query == query && slices.Equal(l.drawn, words) {
		return
	}
	l.drawn, l.query, l.made = words, query, true
	t := l.p.w.words
	var found []wire.BlockedWord
	for _, w := range slices.Backward(words) {
		if strings.Contains(strings.ToLower(w.Text), query) {
			found = append(found, w)
		}
	}
	l.shown = found[:min(len(found), mostWordRows)]
	l.rows = l.p.w.fit(l.list, l.rows, len(l.shown), func(i int) *widget.Item {
		row := widget.NewItem()
		row.Keys = l.p.w.keys
		row.Chosen, row.Acted = func() { l.take(i) }, func() { l.remove(i) }
		return row
	})
	for i, w := range l.shown {
		l.rows[i].Set(widget.Face{
			Title: w.Text, Action: theme.Remove,
			Detail: fmt.Sprintf(t.WordOutcome, t.class(string(w.Class)), nameIn(t.Outcomes, string(w.Outcome))),
		})
	}
	note := t.WordsNone
	if len(words) > 0 {
		note = t.WordsNoMatch
	}
	l.empty.Set(note)
	show(l.empty, len(found) == 0)
	l.more.Set(fmt.Sprintf(t.WordsMore, len(found)-len(l.shown)))
	show(l.more, len(found) > len(l.shown))
	l.heading.Set(fmt.Sprintf(t.WordsCount, len(words)))
	l.list.Refresh()
}

// short is a word as a button has room for it.
func short(word string) string {
	const most = 16
	if r := []rune(word); len(r) > most {
		return string(r[:most-1]) + "…"
	}
	return word
}

// tried says what would happen to a text, and why.
func (t *words) tried(v wire.Tried) string {
	sentence := nameIn(t.Tried, string(v.Outcome))
	if v.Outcome == wire.PublishText {
		return sentence
	}
	why := t.class(string(v.Class))
	switch {
	case v.Found != "":
		why = fmt.Sprintf(t.TriedFound, why, v.Found)
	case v.Rule == wire.ClassifierRule:
		why = fmt.Sprintf(t.TriedSure, why, 100*v.Score)
	}
	sentence = fmt.Sprintf(t.TriedClass, sentence, why)
	if v.Outcome == wire.BlockText && v.Words != "" {
		sentence = fmt.Sprintf(t.TriedAuthor, sentence, v.Words)
	}
	return sentence
}

func triedColor(v wire.Tried, err error) fyne.ThemeColorName {
	switch {
	case err != nil || v.Outcome == wire.BlockText:
		return fynetheme.ColorNameError
	case v.Outcome == wire.PublishText:
		return fynetheme.ColorNameSuccess
	}
	return fynetheme.ColorNameWarning
}
