package widget

import (
	"image"
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	fynewidget "fyne.io/fyne/v2/widget"
)

// StageBox is somebody's place on a StageMap.
type StageBox struct {
	ID, Name string
	Rect
	Picture image.Image // nobody changes it; nil for none
}

// StageMap is a stage's picture, 16:9, with a box for each who is on it; later boxes lie over earlier ones. A click chooses one. Where it is
// free, boxes are dragged, and resized by their lower right corner; Page Up and Page Down choose, arrows move, arrows with Shift resize.
type StageMap struct {
	fynewidget.BaseWidget
	Keyboard
	// Chose is called when the host chooses a box, Arranged when a box has another place: at the end of a drag and for every key.
	Chose    func(id string)
	Arranged func(boxes []StageBox)

	boxes          []StageBox
	chosen         string
	free           bool
	focused, shift bool
	drag           stageDrag
}

// stageDrag is a drag under way: of which box once it moves, whether one was taken, by its corner or not, and where in the box, in shares of
// the stage.
type stageDrag struct {
	id            string
	taken, corner bool
	x, y          float32
}

var (
	_ fyne.Draggable     = (*StageMap)(nil)
	_ fyne.Tappable      = (*StageMap)(nil)
	_ fyne.Focusable     = (*StageMap)(nil)
	_ desktop.Keyable    = (*StageMap)(nil)
	_ desktop.Mouseable  = (*StageMap)(nil)
	_ desktop.Cursorable = (*StageMap)(nil)
)

const (
	// leastBox is the least width and height of a box, stageGrid what places are rounded to, stageStep what an arrow key moves, in shares of the stage.
	leastBox  = 0.08
	stageGrid = 0.01
	stageStep = 0.02
	// grip is how near its corner a box is taken to be resized, in pixels.
	grip = 16
)

// NewStageMap returns an empty stage.
func NewStageMap() *StageMap {
	m := &StageMap{}
	m.ExtendBaseWidget(m)
	return m
}

// Set shows boxes. While the host drags one, it stays where the host has it.
func (m *StageMap) Set(boxes []StageBox, free bool) {
	boxes = slices.Clone(boxes)
	for i := range boxes {
		if held := m.box(boxes[i].ID); held != nil && m.drag.id == boxes[i].ID {
			boxes[i].Rect = held.Rect
		}
	}
	if m.free == free && slices.Equal(m.boxes, boxes) {
		return
	}
	m.boxes, m.free = boxes, free
	m.Refresh()
}

// Boxes are the boxes as they are shown.
func (m *StageMap) Boxes() []StageBox { return slices.Clone(m.boxes) }

// Chosen is the box that the host has chosen, "" for none.
func (m *StageMap) Chosen() string {
	if m.box(m.chosen) == nil {
		return ""
	}
	return m.chosen
}

// Choose chooses a box.
func (m *StageMap) Choose(id string) {
	if m.chosen == id {
		return
	}
	m.chosen = id
	m.Refresh()
	if m.Chose != nil {
		m.Chose(id)
	}
}

func (m *StageMap) box(id string) *StageBox {
	if i := slices.IndexFunc(m.boxes, func(b StageBox) bool { return b.ID == id }); i >= 0 && id != "" {
		return &m.boxes[i]
	}
	return nil
}

// screen is where the stage is drawn: 16:9, as large as fits.
func (m *StageMap) screen() (at fyne.Position, size fyne.Size) {
	s := m.Size().SubtractWidthHeight(2*borderRoom, 2*borderRoom)
	size = fyne.NewSize(s.Width, s.Width*9/16)
	if size.Height > s.Height {
		size = fyne.NewSize(s.Height*16/9, s.Height)
	}
	return fyne.NewPos(borderRoom+(s.Width-size.Width)/2, borderRoom+(s.Height-size.Height)/2), size
}

// find is the topmost box at a place, and whether that is its corner.
func (m *StageMap) find(pos fyne.Position) (b *StageBox, corner bool) {
	at, size := m.screen()
	for i := len(m.boxes) - 1; i >= 0; i-- {
		b = &m.boxes[i]
		left, top := at.X+b.X*size.Width, at.Y+b.Y*size.Height
		right, bottom := left+b.W*size.Width, top+b.H*size.Height
		if pos.X >= left && pos.X <= right && pos.Y >= top && pos.Y <= bottom {
			return b, right-pos.X <= grip && bottom-pos.Y <= grip
		}
	}
	return nil, false
}

// MouseDown implements desktop.Mouseable: what is pressed on is what a drag moves.
func (m *StageMap) MouseDown(e *desktop.MouseEvent) {
	pos := e.Position
	m.drag = stageDrag{}
	b, corner := m.find(pos)
	if b == nil {
		return
	}
	at, size := m.screen()
	m.drag = stageDrag{taken: true, corner: corner, x: (pos.X-at.X)/size.Width - b.X, y: (pos.Y-at.Y)/size.Height - b.Y}
	if corner {
		m.drag.x, m.drag.y = m.drag.x-b.W, m.drag.y-b.H
	}
	m.Choose(b.ID)
}

// MouseUp implements desktop.Mouseable.
func (m *StageMap) MouseUp(*desktop.MouseEvent) {}

// Tapped implements fyne.Tappable.
func (m *StageMap) Tapped(e *fyne.PointEvent) {
	if b, _ := m.find(e.Position); b != nil {
		m.Choose(b.ID)
	}
	if c := fyne.CurrentApp().Driver().CanvasForObject(m); c != nil {
		c.Focus(m)
	}
}

// Dragged implements fyne.Draggable.
func (m *StageMap) Dragged(e *fyne.DragEvent) {
	b := m.box(m.chosen)
	if !m.free || !m.drag.taken || b == nil {
		return
	}
	m.drag.id = b.ID
	at, size := m.screen()
	x, y := (e.Position.X-at.X)/size.Width-m.drag.x, (e.Position.Y-at.Y)/size.Height-m.drag.y
	if m.drag.corner {
		m.place(b, Rect{b.X, b.Y, x - b.X, y - b.Y})
	} else {
		m.place(b, Rect{x, y, b.W, b.H})
	}
}

// DragEnd implements fyne.Draggable.
func (m *StageMap) DragEnd() {
	if m.drag.id != "" {
		m.drag = stageDrag{}
		m.tell()
	}
}

func (m *StageMap) tell() {
	if m.Arranged != nil {
		m.Arranged(m.Boxes())
	}
}

// place gives a box a place within the stage, on the grid, and reports whether that is another one.
func (m *StageMap) place(b *StageBox, r Rect) bool {
	onGrid := func(v float32) float32 { return float32(int(v/stageGrid+0.5)) * stageGrid }
	r.W, r.H = min(max(onGrid(r.W), leastBox), 1), min(max(onGrid(r.H), leastBox), 1)
	if m.drag.corner {
		r.W, r.H = min(r.W, 1-r.X), min(r.H, 1-r.Y)
	}
	r.X, r.Y = min(max(onGrid(max(0, r.X)), 0), 1-r.W), min(max(onGrid(max(0, r.Y)), 0), 1-r.H)
	if b.Rect == r {
		return false
	}
	b.Rect = r
	m.Refresh()
	return true
}

// Raise lays the chosen box over all others.
func (m *StageMap) Raise() {
	i := slices.IndexFunc(m.boxes, func(b StageBox) bool { return b.ID == m.chosen })
	if !m.free || i < 0 || i == len(m.boxes)-1 {
		return
	}
	b := m.boxes[i]
	m.boxes = append(slices.Delete(m.boxes, i, i+1), b)
	m.Refresh()
	m.tell()
}

// Cursor implements desktop.Cursorable.
func (m *StageMap) Cursor() desktop.Cursor { return desktop.PointerCursor }

// FocusGained implements fyne.Focusable.
func (m *StageMap) FocusGained() {
	m.focused, m.shift = true, false
	if m.Chosen() == "" && len(m.boxes) > 0 {
		m.Choose(m.boxes[len(m.boxes)-1].ID)
	}
	m.Refresh()
}

// FocusLost implements fyne.Focusable.
func (m *StageMap) FocusLost() { m.focused, m.shift = false, false; m.Refresh() }

// KeyDown implements desktop.Keyable: Shift makes arrows resize.
func (m *StageMap) KeyDown(e *fyne.KeyEvent) {
	if e.Name == desktop.KeyShiftLeft || e.Name == desktop.KeyShiftRight {
		m.shift = true
	}
}

// KeyUp implements desktop.Keyable.
func (m *StageMap) KeyUp(e *fyne.KeyEvent) {
	if e.Name == desktop.KeyShiftLeft || e.Name == desktop.KeyShiftRight {
		m.shift = false
	}
	m.Keyboard.KeyUp(e)
}

// TypedRune implements fyne.Focusable.
func (m *StageMap) TypedRune(rune) {}

// TypedKey implements fyne.Focusable.
func (m *StageMap) TypedKey(e *fyne.KeyEvent) {
	step, arrow := map[fyne.KeyName][2]float32{
		fyne.KeyLeft: {-stageStep, 0}, fyne.KeyRight: {stageStep, 0}, fyne.KeyUp: {0, -stageStep}, fyne.KeyDown: {0, stageStep},
	}[e.Name]
	switch b := m.box(m.chosen); {
	case arrow && m.free && b != nil:
		m.drag.corner = m.shift
		r := Rect{b.X + step[0], b.Y + step[1], b.W, b.H}
		if m.shift {
			r = Rect{b.X, b.Y, b.W + step[0], b.H + step[1]}
		}
		moved := m.place(b, r)
		m.drag = stageDrag{}
		if moved {
			m.tell()
		}
	case e.Name == fyne.KeyPageDown:
		m.next(+1)
	case e.Name == fyne.KeyPageUp:
		m.next(-1)
	case !arrow:
		m.pass(e, true)
	}
}

// next chooses the box so many places further.
func (m *StageMap) next(step int) {
	if n := len(m.boxes); n > 0 {
		i := slices.IndexFunc(m.boxes, func(b StageBox) bool { return b.ID == m.chosen })
		m.Choose(m.boxes[((max(i, 0)+step)%n+n)%n].ID)
	}
}
