package app

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"fyne.io/fyne/v2"

	"vitrine/app/theme"
	"vitrine/app/widget"
	"vitrine/capture/frame"
	"vitrine/server/wire"
	"vitrine/studio"
)

// rulesSheet is the shop's rules for what may be said. What the host changes is a draft in the session until it is saved: closing the
// sheet, a lost network or a refusal loses nothing.
type rulesSheet struct {
	w      *Window
	draft  wire.Rules
	known  bool
	edited bool               // it differs from what the server has
	wrong  string             // why what the host did last was refused
	gone   []wire.BlockedWord // words that were removed, the last one last
	seen   *studio.Rules      // that is shown

	state  *remark
	words  *ruleWordList
	links  *widget.Picker
	hosts  *widget.Entry
	reach  *widget.Picker // what becomes of phone numbers and addresses
	lists  []*widget.Toggle
	strict *widget.Picker
	limits *widget.Paragraph

	text   *widget.Entry
	fresh  *widget.Toggle
	try    *widget.Button
	result *widget.Paragraph

	note             *widget.Text
	back, drop, save *widget.Button
	body             *fyne.Container
}

// strictness is a set of the classifier's thresholds.
type strictness struct{ hold, newHold, shadow, block float64 }

func strictnessOf(r wire.Rules) strictness { return strictness{r.Hold, r.NewHold, r.Shadow, r.Block} }

// strictnesses are what can be picked, in the order of the words' StrictNames.
var strictnesses = []strictness{{0.65, 0.55, 0.85, 0.95}, strictnessOf(wire.DefaultRules()), {0.9, 0.85, 0.97, 0.995}}

// openRules opens the rules of the room and asks the server for them.
func (w *Window) openRules() {
	if w.sheet != nil {
		return
	}
	t := w.words
	p := &rulesSheet{w: w, state: newRemark()}
	p.words = newRuleWordList(p)
	settings := p.newSettings()
	p.body = widget.Fill(10, p.state.object, widget.Columns(24, p.words.object, settings), p.newTry())
	p.note = widget.NewText("", widget.Style{Size: theme.Small, Color: theme.Quiet, Shrink: true})
	p.back = widget.NewButton("", "", widget.Plain, p.bringBack)
	p.drop = widget.NewButton(t.RulesDrop, "", widget.Plain, p.discard)
	p.save = widget.NewButton(t.Save, "", widget.Primary, p.keep)
	done := widget.NewButton(t.CloseSheet, "", widget.Plain, w.closeSheet)
	pieces := []fyne.CanvasObject{p.links, p.hosts, p.reach, p.strict, p.text, p.fresh, p.try, p.back, p.drop, p.save, done}
	for _, l := range p.lists {
		pieces = append(pieces, l)
	}
	w.openSheet(widget.SheetSpec{
		Heading: t.RulesTitle, Content: p.body, Size: fyne.NewSize(840, 480), Note: widget.Sized(fyne.NewSize(330, 0), p.note),
		Foot: []fyne.CanvasObject{p.back, p.drop, done, p.save}, Focus: p.words.search,
	}, append(pieces, p.words.pieces()...)...)
	p.apply(w.snap)
	w.watch = p.apply
	w.ask(gesture{do: w.desk.OpenRules, done: func(error) { p.refresh() }, slow: true})
}

// newSettings is everything but the words.
func (p *rulesSheet) newSettings() fyne.CanvasObject {
	t := p.w.words
	p.links = widget.NewPicker(func(v string) { p.edit(func(r *wire.Rules) { r.Links = wire.LinkRule(v) }) })
	p.hosts = widget.NewEntry(t.HostsHint)
	p.hosts.OnChanged = func(text string) {
		if hosts := hostsIn(text); !slices.Equal(hosts, p.draft.Hosts) {
			p.edit(func(r *wire.Rules) { r.Hosts = hosts })
		}
	}
	p.reach = widget.NewPicker(func(v string) { p.edit(func(r *wire.Rules) { r.Contact = wire.Outcome(v) }) })
	lists := make([]fyne.CanvasObject, 0, len(wire.RuleLists()))
	for id, name := range pairs(t.ListNames) {
		one := widget.NewToggle(name, func(on bool) {
			p.edit(func(r *wire.Rules) {
				r.Lists = slices.DeleteFunc(slices.Clone(r.Lists), func(l string) bool { return l == id })
				if on {
					r.Lists = append(r.Lists, id)
				}
			})
		})
		p.lists, lists = append(p.lists, one), append(lists, one)
	}
	p.strict = widget.NewPicker(func(v string) {
		for i, name := range strings.Split(t.StrictNames, "|") {
			if name == v && i < len(strictnesses) {
				s := strictnesses[i]
				p.edit(func(r *wire.Rules) { r.Hold, r.NewHold, r.Shadow, r.Block = s.hold, s.newHold, s.shadow, s.block })
			}
		}
	})
	p.limits = widget.NewParagraph("", theme.Quiet)
	return widget.Stack(12,
		widget.Columns(10, field(t.Links, p.links), field(t.Contact, p.reach)),
		field(t.Hosts, p.hosts),
		field(t.WordLists, widget.Line(4, lists...)),
		field(t.Strictness, p.strict), widget.Inset(-7, -7, p.limits))
}

// newTry is the box in which a text is tried.
func (p *rulesSheet) newTry() fyne.CanvasObject {
	t := p.w.words
	p.text = widget.NewEntry(t.TryHint)
	p.text.OnSubmitted = func(string) { p.tryText() }
	p.fresh = widget.NewToggle(t.TryNew, func(bool) {})
	p.try = widget.NewButton(t.Try, "", widget.Plain, p.tryText)
	p.result = widget.NewParagraph(t.TriedHint, theme.Quiet)
	return field(t.TryTitle, widget.Stack(2, widget.Row(p.text, p.fresh, p.try),
		widget.Inset(-7, -7, widget.Sized(fyne.NewSize(0, 2*lineHeight), p.result))))
}

// lineHeight is about that of a line of a paragraph: the sheet keeps room for two, and does not jump.
const lineHeight = 24

// pairs are the pairs of a list of words, id=name|id=name.
func pairs(list string) func(yield func(id, name string) bool) {
	return func(yield func(id, name string) bool) {
		for one := range strings.SplitSeq(list, "|") {
			if id, name, _ := strings.Cut(one, "="); !yield(id, name) {
				return
			}
		}
	}
}

func choicesOf(list string) (all []widget.Choice) {
	for id, name := range pairs(list) {
		all = append(all, widget.Choice{Value: id, Label: name})
	}
	return all
}

func nameIn(list, id string) string {
	for one, name := range pairs(list) {
		if one == id {
			return name
		}
	}
	return id
}

// hostsIn are the sites in what was typed, however they are set apart; what comes before and after a site's name in an address is cut.
func hostsIn(text string) (hosts []string) {
	for _, h := range strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return strings.ContainsRune(" ,;，、；\t", r) }) {
		if _, after, ok := strings.Cut(h, "://"); ok {
			h = after
		}
		if h, _, _ = strings.Cut(h, "/"); h != "" && !slices.Contains(hosts, h) {
			hosts = append(hosts, h)
		}
	}
	return hosts
}

// edit changes a copy of the draft.
func (p *rulesSheet) edit(change func(*wire.Rules)) {
	if !p.known {
		p.refresh()
		return
	}
	next := p.draft
	change(&next)
	p.draft, p.edited, p.wrong = next, true, ""
	p.result.Set(p.w.words.TriedHint, theme.Quiet) // what was tried went by other rules
	p.w.command(func(ctx context.Context) error { return p.w.desk.EditRules(ctx, next) })
	p.refresh()
}

// keep has the draft count.
func (p *rulesSheet) keep() {
	p.wrong = ""
	p.w.ask(gesture{do: p.w.desk.SaveRules, slow: true, done: func(err error) {
		if code := wire.CodeOf(err); err != nil && code != wire.Precondition { // of which the session tells more
			p.wrong = p.w.words.roomSentence(err)
		}
		if err == nil {
			p.gone = nil
		}
		p.refresh()
	}})
	p.refresh()
}

func (p *rulesSheet) discard() {
	p.gone, p.wrong = nil, ""
	p.w.command(p.w.desk.DropRuleEdits)
}

// bringBack puts back the word that was removed last.
func (p *rulesSheet) bringBack() {
	if n := len(p.gone); n > 0 {
		w := p.gone[n-1]
		p.gone = p.gone[:n-1]
		p.edit(func(r *wire.Rules) { r.Words = withWord(r.Words, w) })
	}
}

// tryText asks what would happen to the text.
func (p *rulesSheet) tryText() {
	text, fresh := strings.TrimSpace(p.text.Text), p.fresh.Checked
	if text == "" || !p.known {
		return
	}
	var tried wire.Tried
	p.w.ask(gesture{slow: true, do: func(ctx context.Context) (err error) {
		tried, err = p.w.desk.TryRules(ctx, text, fresh)
		return err
	}, done: func(err error) {
		sentence := p.w.words.tried(tried)
		if err != nil {
			sentence = p.w.sentence(err)
		}
		p.result.Set(sentence, triedColor(tried, err))
	}})
}

// apply follows snapshots.
func (p *rulesSheet) apply(s *studio.Snapshot) {
	if s.Rules != nil && p.w.settled(s) && s.Rules != p.seen {
		p.seen = s.Rules
		p.draft, p.known, p.edited = s.Rules.Draft, s.Rules.Known, s.Rules.Edited
		p.refresh()
	} else if p.seen == nil {
		p.refresh()
	}
}

// refresh shows the draft and how it stands.
func (p *rulesSheet) refresh() {
	t, d := p.w.words, p.draft
	p.links.Set(choicesOf(t.LinkRules), string(d.Links))
	p.reach.Set(choicesOf(t.Outcomes), string(d.Contact))
	if !slices.Equal(hostsIn(p.hosts.Text), d.Hosts) {
		p.hosts.SetText(strings.Join(d.Hosts, ", "))
	}
	i := 0
	for id := range pairs(t.ListNames) {
		p.lists[i].Set(slices.Contains(d.Lists, id))
		i++
	}
	p.showStrictness()
	p.words.show()
	if p.state.say(p.sentence()) {
		p.body.Refresh()
	}
	note := ""
	if p.known {
		if note = t.RulesSaved; p.edited {
			note = t.RulesUnsaved
		}
	}
	p.note.Set(note)
	p.save.SetEnabled(p.known && p.edited)
	show(p.drop, p.edited)
	if n := len(p.gone); n > 0 {
		p.back.Set(fmt.Sprintf(t.WordBack, short(p.gone[n-1].Text)), "", widget.Plain)
	}
	show(p.back, len(p.gone) > 0)
	p.try.SetEnabled(p.known)
}

func (p *rulesSheet) showStrictness() {
	t, now := p.w.words, strictnessOf(p.draft)
	names := strings.Split(t.StrictNames, "|")
	at := slices.Index(strictnesses, now)
	var all []widget.Choice
	for i, name := range names {
		if i < len(strictnesses) || at < 0 {
			all = append(all, widget.Choice{Value: name, Label: name})
		}
	}
	if at < 0 {
		at = len(names) - 1
	}
	p.strict.Set(all, names[at])
	p.limits.Set(fmt.Sprintf(t.StrictNumbers, 100*now.hold, 100*now.newHold, 100*now.shadow, 100*now.block), theme.Quiet)
}

// sentence says what the host should know about the rules, "" for nothing.
func (p *rulesSheet) sentence() string {
	t, r := p.w.words, p.w.snap.Rules
	switch {
	case p.wrong != "":
		return p.wrong
	case r != nil && r.Problem.Fault != frame.FaultNone:
		return fmt.Sprintf(t.RulesAway, t.fault(r.Problem.Fault))
	case r == nil || !r.Known:
		return t.RulesLoading
	case len(r.Theirs) > 0:
		return fmt.Sprintf(t.RulesTheirs, t.ruleChanges(r.Theirs))
	}
	return ""
}

// mostChanges is how many changes of others are named.
const mostChanges = 6

// ruleChanges names changes of the rules.
func (t *words) ruleChanges(all []studio.RuleChange) string {
	var parts []string
	for i, c := range all {
		if i == mostChanges {
			parts = append(parts, fmt.Sprintf(t.RuleMore, len(all)-i))
			break
		}
		text := c.Text
		if c.Part == studio.ListsPart {
			text = nameIn(t.ListNames, text)
		}
		switch {
		case text == "":
			parts = append(parts, nameIn(t.RuleParts, string(c.Part)))
		case c.Gone:
			parts = append(parts, fmt.Sprintf(t.RuleGone, text))
		default:
			parts = append(parts, fmt.Sprintf(t.RuleNew, text))
		}
	}
	return strings.Join(parts, ", ")
}
