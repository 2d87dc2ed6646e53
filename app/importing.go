package app

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync/atomic"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/storage"
	fynetheme "fyne.io/fyne/v2/theme"

	"vitrine/app/theme"
	"vitrine/app/widget"
	"vitrine/studio"
	"vitrine/studio/catalog"
)

// openImport asks for a file of products.
func (w *Window) openImport() { w.askImport("", "") }

// askImport asks for a file, with the path that was typed before and what was wrong with it.
func (w *Window) askImport(typed, trouble string) {
	if w.sheet != nil {
		return
	}
	t := w.words
	path := widget.NewEntry("")
	path.SetText(typed)
	note := widget.NewParagraph(t.ImportText, theme.Quiet)
	if trouble != "" {
		note.Set(trouble, fynetheme.ColorNameError)
	}
	browse := widget.NewButton(t.Browse, "", widget.Plain, func() { w.browse(t.ImportTitle, path.SetText, catalog.Endings...) })
	read := func() {
		p := strings.TrimSpace(path.Text)
		if p == "" {
			note.Set(t.ImportWrong, fynetheme.ColorNameError)
			return
		}
		w.closeSheet()
		w.importFile(p)
	}
	path.OnSubmitted = func(string) { read() }
	cancel := widget.NewButton(t.Cancel, "", widget.Plain, w.closeSheet)
	ok := widget.NewButton(t.ImportRead, "", widget.Primary, read)
	w.openSheet(widget.SheetSpec{
		Heading: t.ImportTitle,
		Content: widget.Stack(8, field(t.FilePath, widget.Row(path, browse)), widget.Sized(fyne.NewSize(0, 56), widget.Inset(-7, -7, note))),
		Size:    fyne.NewSize(520, 0), Foot: []fyne.CanvasObject{cancel, ok}, Focus: path,
		Closed: func() { w.drop = nil },
	}, path, browse, cancel, ok)
	w.drop = func(paths []string) { path.SetText(paths[0]) }
}

// importFile reads a file and shows what it would change. It ends with the sheet.
func (w *Window) importFile(path string) {
	if w.sheet != nil {
		return
	}
	t := w.words
	wanted, stop := context.WithCancel(context.Background())
	share := &atomic.Uint64{} // of a million; it comes from the desk's goroutines, and waits for the next snapshot
	bar := widget.NewProgress()
	cancel := widget.NewButton(t.Cancel, "", widget.Plain, w.closeSheet)
	w.openSheet(widget.SheetSpec{
		Heading: fmt.Sprintf(t.ImportReading, clip(filepath.Base(path))), Content: bar, Size: fyne.NewSize(460, 0),
		Foot: []fyne.CanvasObject{cancel}, Focus: cancel, Closed: stop,
	}, cancel)
	w.watch = func(*studio.Snapshot) { bar.Set(float64(share.Load()) / parts) }
	var found *studio.Import
	taken := w.ask(gesture{
		slow: true, long: true,
		do: func(ctx context.Context) (err error) {
			ctx, cancel := context.WithCancel(ctx)
			defer cancel()
			defer context.AfterFunc(wanted, cancel)()
			found, err = w.desk.ReadProducts(ctx, path, func(s float64) { share.Store(uint64(s * parts)) })
			return err
		},
		done: func(err error) {
			if wanted.Err() != nil {
				return
			}
			w.closeSheet()
			if err != nil {
				w.askImport(path, w.words.unfit(err))
				return
			}
			w.openPreview(path, found)
		},
	})
	if !taken {
		w.closeSheet()
	}
}

// unfit says why a file cannot be read.
func (t *words) unfit(err error) string {
	reason := err.Error()
	var e *catalog.FileError
	if errors.As(err, &e) {
		reason = e.Text
		if s := nameIn(t.ImportUnfit, e.Code); s != e.Code {
			reason = s
		}
	}
	return fmt.Sprintf(t.ImportFailed, reason)
}

// parts is what a share is counted in.
const parts = 1_000_000

// watchImport shows how an import comes along, until the host closes it: the edits are kept and sent all the same.
func (w *Window) watchImport(total int) {
	t := w.words
	bar, count := widget.NewProgress(), widget.NewText(fmt.Sprintf(t.ImportSent, 0, total), widget.Style{})
	note := widget.NewParagraph("", theme.Quiet)
	var halt, leave *widget.Button
	ended := false
	halt = widget.NewButton(t.ImportStop, theme.Stop, widget.Plain, func() {
		ended = true
		w.command(w.desk.StopImport)
		count.Set(t.ImportStopped)
		halt.SetEnabled(false)
		w.win.Canvas().Focus(leave)
	})
	leave = widget.NewButton(t.CloseSheet, "", widget.Primary, w.closeSheet)
	w.openSheet(widget.SheetSpec{
		Heading: t.ImportSending, Content: widget.Stack(10, bar, count, widget.Inset(-7, -7, note)), Size: fyne.NewSize(460, 0),
		Foot: []fyne.CanvasObject{halt, leave}, Focus: leave,
	}, halt, leave)
	w.watch = func(s *studio.Snapshot) {
		shop := shopOf(s)
		if ended || !w.settled(s) {
			return
		}
		sent := min(shop.Sent, total)
		done := sent == total || shop.Pending == 0
		if done {
			sent = total
		}
		bar.Set(float64(sent) / float64(total))
		count.Set(fmt.Sprintf(t.ImportSent, sent, total))
		if done {
			count.Set(fmt.Sprintf(t.ImportDone, total))
		}
		halt.SetEnabled(!done)
		away := ""
		if !done && shop.Phase != studio.RoomHere {
			away = t.ImportWaiting
		}
		note.Set(away, theme.Quiet)
		show(note, away != "")
	}
	w.watch(w.snap)
}

// openExport asks for a format and a path.
func (w *Window) openExport() {
	if w.sheet != nil {
		return
	}
	t := w.words
	format := widget.NewPicker(nil)
	format.Set(choicesOf(t.ExportFormats), string(catalog.Shopify))
	path := widget.NewEntry("")
	browse := widget.NewButton(t.Browse, "", widget.Plain, func() { w.saveAs(t.ExportTitle, catalog.Format(format.Value()).Ending(), path.SetText) })
	w.form(t.ExportTitle, widget.Stack(10, field(t.ExportFormat, format), field(t.FilePath, widget.Row(path, browse)), paragraph(t.ExportText)), path,
		t.ExportDo, func() string {
			p, f := strings.TrimSpace(path.Text), catalog.Format(format.Value())
			if p == "" {
				return t.ExportWrong
			}
			if filepath.Ext(p) == "" {
				p += f.Ending()
			}
			w.ask(gesture{
				slow: true, long: true,
				do: func(ctx context.Context) error { return w.desk.ExportProducts(ctx, p, f) },
				done: func(err error) {
					if err != nil {
						w.toast.say(w.sentence(err))
						return
					}
					w.toast.say(fmt.Sprintf(w.words.ExportDone, p))
				},
			})
			return ""
		}, format, path, browse)
}

// saveAs hands on the path of a file that is to be written.
func (w *Window) saveAs(title, ending string, take func(path string)) {
	d := dialog.NewFileSave(func(f fyne.URIWriteCloser, err error) {
		if err != nil || f == nil {
			return
		}
		take(f.URI().Path())
		if err := f.Close(); err != nil {
			w.log.Warn("close a picked file", "error", err)
		}
	}, w.win)
	d.SetFilter(storage.NewExtensionFileFilter([]string{ending}))
	d.SetConfirmText(w.words.Choose)
	d.SetDismissText(w.words.Cancel)
	d.SetTitleText(title)
	d.Resize(fyne.NewSize(760, 520))
	d.Show()
}
