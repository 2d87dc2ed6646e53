package main

import (
	"context"
	"image"
	"io/fs"
	"log/slog"
	"os"

	"fyne.io/fyne/v2"
	fyneapp "fyne.io/fyne/v2/app"
	"golang.org/x/sync/errgroup"

	"vitrine/app"
	"vitrine/assets"
	"vitrine/capture"
	"vitrine/capture/frame"
	"vitrine/studio"
)

// metadata is what FyneApp.toml says, for builds that are not packaged; a test compares the two.
var metadata = fyne.AppMetadata{ID: "shop.vitrine.studio", Name: "Vitrine Studio", Version: "0.1.0", Build: 1}

// window runs the show in a window until it is closed or ctx ends.
// At a first start it opens with the guided check.
func window(ctx context.Context, s *studio.Session, f flags, first bool, log *slog.Logger) error {
	about := metadata
	about.Icon = fyne.NewStaticResource("icon.png", assets.Mark)
	fyneapp.SetMetadata(about)
	a := fyneapp.NewWithID(metadata.ID)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return s.Run(ctx) })
	group.Go(func() error { return f.apply(ctx, s) })
	w := app.New(a, s, (&screen{}).convert, func(path string) (fs.File, error) { return os.Open(path) }, log)
	group.Go(func() error { return w.Run(ctx) })
	context.AfterFunc(ctx, a.Quit)
	w.Show()
	if first {
		w.Guide()
	}
	a.Run()
	cancel()
	return group.Wait()
}

// screen turns program pictures into what the window shows. It is used by one goroutine.
type screen struct{ pool frame.Pool }

// convert scales v to the size of dst.
func (s *screen) convert(dst *image.RGBA, v *frame.Video) {
	w, h := dst.Rect.Dx(), dst.Rect.Dy()
	if v.Width == w && v.Height == h {
		capture.RGBA(dst, v)
		return
	}
	small := s.pool.Get(w, h)
	defer small.Release()
	capture.Scale(small, v)
	capture.RGBA(dst, small)
}
