package widget

import (
	"slices"

	"fyne.io/fyne/v2"
	fynewidget "fyne.io/fyne/v2/widget"
)

// Choice is one of a Picker's: Value is what the program means, Label what people read.
type Choice struct{ Value, Label string }

// Picker lets the host choose one of a list. Setting it from the program calls nothing.
type Picker struct {
	fynewidget.Select
	Keyboard

	choices []Choice
	value   string
	changed func(value string)
}

// NewPicker returns an empty picker; changed is called when the host chooses.
func NewPicker(changed func(value string)) *Picker {
	p := &Picker{changed: changed}
	p.OnChanged = p.chosen
	p.ExtendBaseWidget(p)
	return p
}

func (p *Picker) chosen(string) {
	i := p.SelectedIndex()
	if i < 0 || i >= len(p.choices) || p.choices[i].Value == p.value {
		return
	}
	p.value = p.choices[i].Value
	if p.changed != nil {
		p.changed(p.value)
	}
}

// Value is what is chosen.
func (p *Picker) Value() string { return p.value }

// Choose chooses as the host would.
func (p *Picker) Choose(value string) {
	if i := slices.IndexFunc(p.choices, func(c Choice) bool { return c.Value == value }); i >= 0 {
		p.SetSelectedIndex(i)
	}
}

// Set shows the choices and the chosen value. Labels that are equal are told apart by a number, because the toolkit knows
// choices by their label.
func (p *Picker) Set(choices []Choice, value string) {
	if p.value == value && slices.Equal(p.choices, choices) {
		return
	}
	p.choices, p.value = slices.Clone(choices), value
	labels := make([]string, len(choices))
	selected := ""
	for i, c := range choices {
		label := c.Label
		for slices.Contains(labels[:i], label) {
			label += " ·"
		}
		labels[i] = label
		if c.Value == value {
			selected = label
		}
	}
	p.Options, p.Selected = labels, selected
	p.Refresh()
}

// SetEnabled enables or disables the picker.
func (p *Picker) SetEnabled(on bool) {
	if on == p.Disabled() {
		if on {
			p.Enable()
		} else {
			p.Disable()
		}
	}
}

// TypedKey implements fyne.Focusable: Space, Up and Down are the picker's.
func (p *Picker) TypedKey(e *fyne.KeyEvent) {
	switch e.Name {
	case fyne.KeySpace, fyne.KeyUp, fyne.KeyDown:
		p.Select.TypedKey(e)
	case fyne.KeyReturn, fyne.KeyEnter:
		p.Select.TypedKey(&fyne.KeyEvent{Name: fyne.KeySpace})
	default:
		p.pass(e, true)
	}
}

// MinSize implements fyne.CanvasObject: long labels are cut, not the window widened.
func (p *Picker) MinSize() fyne.Size {
	m := p.Select.MinSize()
	m.Width = min(m.Width, 96)
	return m
}

// Fader sets a number by dragging or by the arrow keys. Setting it from the program calls nothing.
type Fader struct {
	fynewidget.Slider
	Keyboard

	quiet bool
}

// NewFader returns a fader over low … high in steps; changed is called while the host moves it.
func NewFader(low, high, step float64, changed func(float64)) *Fader {
	f := &Fader{}
	f.Min, f.Max, f.Step = low, high, step
	f.OnChanged = func(v float64) {
		if !f.quiet {
			changed(v)
		}
	}
	f.ExtendBaseWidget(f)
	return f
}

// Set moves the fader.
func (f *Fader) Set(v float64) {
	if f.Value != v {
		f.quiet = true
		f.SetValue(v)
		f.quiet = false
	}
}

// TypedKey implements fyne.Focusable: the arrow keys are the fader's.
func (f *Fader) TypedKey(e *fyne.KeyEvent) {
	switch e.Name {
	case fyne.KeyUp, fyne.KeyDown, fyne.KeyLeft, fyne.KeyRight:
		f.Slider.TypedKey(e)
	default:
		f.pass(e, true)
	}
}

// Entry is a line to type in; Escape leaves it.
type Entry struct {
	fynewidget.Entry
	Keyboard
}

// NewEntry returns an empty entry.
func NewEntry(placeholder string) *Entry {
	e := &Entry{}
	e.PlaceHolder = placeholder
	e.Wrapping = fyne.TextWrapOff
	e.ExtendBaseWidget(e)
	return e
}

// NewSecret returns an entry that hides what is typed, with a button that reveals it.
func NewSecret(placeholder string) *Entry {
	e := NewEntry(placeholder)
	e.Password = true
	return e
}

// TypedKey implements fyne.Focusable.
func (e *Entry) TypedKey(k *fyne.KeyEvent) {
	if k.Name == fyne.KeyEscape {
		e.pass(k, true)
		return
	}
	e.Entry.TypedKey(k)
}

// AcceptsTab implements fyne.Tabbable: Tab goes on to the next piece, from a box of many lines too.
func (e *Entry) AcceptsTab() bool { return false }

// KeyDown implements desktop.Keyable: Shift is for choosing text.
func (e *Entry) KeyDown(k *fyne.KeyEvent) { e.Entry.KeyDown(k) }

// KeyUp implements desktop.Keyable.
func (e *Entry) KeyUp(k *fyne.KeyEvent) {
	e.Entry.KeyUp(k)
	e.pass(k, false)
}

// SetEnabled enables or disables the entry.
func (e *Entry) SetEnabled(on bool) {
	if on == e.Disabled() {
		if on {
			e.Enable()
		} else {
			e.Disable()
		}
	}
}

// Toggle is a named switch. Setting it from the program calls nothing.
type Toggle struct {
	fynewidget.Check
	Keyboard

	quiet bool
}

// NewToggle returns a switch that is off; changed is called when the host turns it.
func NewToggle(name string, changed func(on bool)) *Toggle {
	t := &Toggle{}
	t.Text = name
	t.OnChanged = func(on bool) {
		if !t.quiet {
			changed(on)
		}
	}
	t.ExtendBaseWidget(t)
	return t
}

// Set turns the switch.
func (t *Toggle) Set(on bool) {
	if t.Checked != on {
		t.quiet = true
		t.SetChecked(on)
		t.quiet = false
	}
}

// TypedKey implements fyne.Focusable.
func (t *Toggle) TypedKey(e *fyne.KeyEvent) {
	if e.Name == fyne.KeySpace {
		t.Check.TypedKey(e)
		return
	}
	t.pass(e, true)
}
