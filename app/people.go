package app

import (
	"context"
	"slices"

	"fyne.io/fyne/v2"

	"vitrine/app/theme"
	"vitrine/app/widget"
	"vitrine/studio"
)

// people is the row in which the host keeps look and voice under a person's name and takes them back.
type people struct {
	w      *Window
	object fyne.CanvasObject
	pick   *widget.Picker
	remove *widget.Button
	now    string // the person whose look and voice these are, "" if nobody's
}

func newPeople(w *Window) *people {
	p := &people{w: w}
	p.pick = widget.NewPicker(func(name string) {
		if name != "" {
			w.command(func(ctx context.Context) error { return w.desk.UsePerson(ctx, name) })
		}
	})
	keep := widget.NewButton("", theme.Add, widget.Plain, p.keep)
	p.remove = widget.NewButton("", theme.Remove, widget.Plain, func() {
		name := p.now
		w.command(func(ctx context.Context) error { return w.desk.RemovePerson(ctx, name) })
	})
	p.pick.Keys, keep.Keys, p.remove.Keys = w.keys, w.keys, w.keys
	p.object = widget.Row(p.pick, keep, p.remove)
	return p
}

// keep asks under which name look and voice are kept.
func (p *people) keep() {
	w := p.w
	if w.sheet != nil {
		return
	}
	name := widget.NewEntry("")
	name.SetText(p.now)
	w.form(w.words.KeepTitle, widget.Stack(6, field(w.words.Name, name), paragraph(w.words.KeepHint)), name, w.words.Save, func() string {
		if !goodName(name.Text) {
			return w.words.NameWrong
		}
		w.command(func(ctx context.Context) error { return w.desk.KeepPerson(ctx, name.Text) })
		return ""
	}, name)
}

func (p *people) apply(s *studio.Snapshot) {
	set := s.Settings
	p.now = ""
	list := []widget.Choice{}
	for _, person := range set.People {
		list = append(list, widget.Choice{Value: person.Name, Label: person.Name})
	}
	if i := slices.IndexFunc(set.People, func(q studio.Person) bool { return q.Look == set.Look && q.Voice == set.Voice }); i >= 0 {
		p.now = set.People[i].Name
	} else {
		list = append([]widget.Choice{{Value: "", Label: p.w.words.Nobody}}, list...)
	}
	p.pick.Set(list, p.now)
	show(p.remove, p.now != "")
}
