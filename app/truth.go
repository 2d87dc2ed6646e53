package app

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	fynetheme "fyne.io/fyne/v2/theme"

	"vitrine/app/theme"
	"vitrine/app/widget"
	"vitrine/server/wire"
)

// truthPanel is what the viewers really see, as their players report it: whose fault it is where they suffer, what they see and hear,
// and every part of the way, of which the guilty one is marked. It stands above the studio's own figures.
type truthPanel struct {
	w       *Window
	object  fyne.CanvasObject
	verdict *widget.Paragraph
	names   []*widget.Text
	values  []*widget.Text
	ways    *widget.Text
}

// truthRows are the labels: what is seen, then the hops in their order.
func (t *words) truthRows() []string {
	return []string{t.TruthDelay, t.TruthPictures, t.TruthFrozen, t.TruthSound, t.HopCapture, t.HopEncode, t.HopUplink, t.HopServer, t.HopLastMile}
}

// hops are those of the last rows.
var hops = []wire.Hop{wire.HopCapture, wire.HopEncode, wire.HopUplink, wire.HopServer, wire.HopLastMile}

func newTruthPanel(w *Window) *truthPanel {
	p := &truthPanel{w: w, verdict: widget.NewParagraph("", fynetheme.ColorNameForeground), ways: widget.Caption("")}
	rows := []fyne.CanvasObject{heading(w.words.TruthHeading), widget.Inset(-7, -7, p.verdict)}
	for _, label := range w.words.truthRows() {
		name := widget.NewText(label, widget.Style{Size: theme.Small, Color: theme.Quiet})
		value := widget.NewText("", widget.Style{Size: theme.Small, Align: fyne.TextAlignTrailing, Shrink: true})
		p.names, p.values = append(p.names, name), append(p.values, value)
		rows = append(rows, container.NewBorder(nil, nil, name, nil, value))
	}
	p.object = widget.Stack(4, append(rows, p.ways)...)
	p.object.Hide()
	return p
}

func (p *truthPanel) apply(truth *wire.Truth) {
	show(p.object, truth != nil)
	if truth == nil {
		return
	}
	t, v := p.w.words, truth.Verdict
	labels := t.truthRows()
	color := fynetheme.ColorNameForeground
	if v.Hop != wire.NoHop {
		color = fynetheme.ColorNameWarning
	}
	p.verdict.Set(t.finding(v), color)
	for i, value := range t.truthValues(truth) {
		p.values[i].Set(value)
		name, ink := labels[i], theme.Quiet
		if hop := i - (len(labels) - len(hops)); hop >= 0 && hops[hop] == v.Hop {
			name, ink = "▲ "+name, fynetheme.ColorNameWarning
		}
		p.names[i].Set(name)
		p.names[i].SetColor(ink)
	}
	ways := t.protocols(truth)
	p.ways.Set(ways)
	show(p.ways, ways != "")
}

// truthValues runs parallel to truthRows.
func (t *words) truthValues(truth *wire.Truth) []string {
	all, h := truth.All, truth.Hops
	values := make([]string, len(t.truthRows()))
	for i := range values {
		values[i] = "–"
	}
	if all.LatencyP50 > 0 {
		values[0] = fmt.Sprintf(t.TruthDelays, all.LatencyP50, all.LatencyP95)
	}
	if all.Viewers > 0 {
		values[1] = fmt.Sprintf(t.TruthFPS, all.FPS, all.Viewers)
		values[2] = fmt.Sprintf(t.TruthFreezes, 100*all.Freezing, all.Frozen)
		values[3] = fmt.Sprintf(t.Percent, 100*all.Concealed)
	}
	if h.Capture != nil {
		values[4] = fmt.Sprintf(t.FramesPerSecond, int(h.Capture.FPS+0.5))
	}
	if h.Encode != nil {
		values[5] = fmt.Sprintf(t.EncoderValue, h.Encode.FPS, h.Encode.Time)
	}
	if h.Uplink != nil {
		values[6] = fmt.Sprintf(t.TruthUplink, 100*h.Uplink.Loss, h.Uplink.Stalled)
	}
	if h.Server != nil {
		values[7] = fmt.Sprintf(t.TruthServer, 100*h.Server.CPU, h.Server.Late)
	}
	if h.LastMile != nil {
		values[8] = fmt.Sprintf(t.TruthLastMile, 100*h.LastMile.Loss, h.LastMile.RTT)
	}
	return values
}

// protocols says how those do who watch in different ways; "" where there is one way.
func (t *words) protocols(truth *wire.Truth) string {
	if len(truth.ByProtocol) < 2 {
		return ""
	}
	var parts []string
	for _, p := range slices.Sorted(maps.Keys(truth.ByProtocol)) {
		seen := truth.ByProtocol[p]
		parts = append(parts, fmt.Sprintf(t.TruthWay, strings.ToUpper(string(p)), seen.Viewers, seen.LatencyP50))
	}
	return strings.Join(parts, " · ")
}

// finding says what is the matter, and what to do.
func (t *words) finding(d wire.Verdict) string {
	f := func(name string) float64 { return d.Figures[name] }
	share := func(name string) float64 { return 100 * d.Figures[name] }
	switch d.Finding {
	case wire.AllWell:
		return fmt.Sprintf(t.FoundWell, f("viewers"))
	case wire.NobodyReports:
		return t.FoundNobody
	case wire.CaptureSlow:
		return fmt.Sprintf(t.FoundCaptureSlow, f("fps"), f("wanted"))
	case wire.CaptureGone:
		return t.FoundCaptureGone
	case wire.EncodeSlow:
		return fmt.Sprintf(t.FoundEncodeSlow, f("fps"), f("wanted"))
	case wire.EncodeReduced:
		return fmt.Sprintf(t.FoundEncodeReduced, f("height"))
	case wire.EncodeLate:
		return fmt.Sprintf(t.FoundEncodeLate, f("stalled")/1000)
	case wire.UplinkLoss:
		return fmt.Sprintf(t.FoundUplinkLoss, share("loss"))
	case wire.UplinkSlow:
		return fmt.Sprintf(t.FoundUplinkSlow, f("fps"), f("sent"), f("stalled")/1000)
	case wire.UplinkGone:
		return fmt.Sprintf(t.FoundUplinkGone, f("quiet")/1000)
	}
	return t.foundBeyond(d)
}

// foundBeyond are the findings that are not the studio's.
func (t *words) foundBeyond(d wire.Verdict) string {
	suffering, viewers, loss := d.Figures["suffering"], d.Figures["viewers"], 100*d.Figures["loss"]
	switch d.Finding {
	case wire.ServerLate:
		return fmt.Sprintf(t.FoundServerLate, d.Figures["late"]/1000, 100*d.Figures["cpu"])
	case wire.ServerDrops:
		return fmt.Sprintf(t.FoundServerDrops, 100*d.Figures["dropped"])
	case wire.ServerLink:
		return fmt.Sprintf(t.FoundServerLink, suffering, viewers, loss)
	case wire.LinkLoss:
		return fmt.Sprintf(t.FoundLinkLoss, suffering, viewers, loss)
	case wire.LinkSlow:
		return fmt.Sprintf(t.FoundLinkSlow, suffering, viewers)
	case wire.DeviceSlow:
		return fmt.Sprintf(t.FoundDeviceSlow, suffering, viewers)
	case wire.Unsettled:
		return fmt.Sprintf(t.FoundUnsettled, suffering, viewers)
	}
	return fmt.Sprintf(t.FoundUnexplained, suffering, viewers)
}
