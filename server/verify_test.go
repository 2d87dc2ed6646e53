package server

import (
	"context"
	"database/sql"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"vitrine/server/store"
)

// reads opens an address in Chromium on a phone and returns what the page says once it has a verdict.
func (r *running) reads(path string) string {
	r.t.Helper()
	ctx := openBrowser(r.t)
	ctx, late := context.WithTimeout(ctx, patience)
	defer late()
	const verdict = `new Promise((resolve) => {
		const look = () => document.querySelector("main.done, main.broken, main.failed") ? resolve(document.body.innerText) : requestAnimationFrame(look);
		look();
	})`
	// The page computes hashes, which browsers let pages do that come encrypted or from this computer by its name.
	address := strings.Replace(r.at.HTTP.String(), "127.0.0.1", "localhost", 1)
	if err := chromedp.Do(ctx, chromedp.EmulateViewport(390, 844), chromedp.Navigate("http://"+address+path)); err != nil {
		r.t.Fatal(err)
	}
	text, err := chromedp.Run(ctx, chromedp.Evaluate[string](verdict, chromedp.EvalAwaitPromise))
	if err != nil {
		r.t.Fatal(err)
	}
	if folder := os.Getenv("VITRINE_SHOTS"); folder != "" {
		state, err := chromedp.Run(ctx, chromedp.Evaluate[string](`document.querySelector("main").classList[1]`))
		if err != nil {
			r.t.Fatal(err)
		}
		picture, err := chromedp.Run(ctx, chromedp.CaptureScreenshot())
		if err == nil {
			err = os.WriteFile(filepath.Join(folder, strings.ReplaceAll(path[1:], "/", "-")+"-"+state+".png"), picture, 0o644)
		}
		if err != nil {
			r.t.Fatal(err)
		}
	}
	return text
}

func TestAnybodyVerifiesWhatWasSoldInTheirOwnBrowser(t *testing.T) {
	data := t.TempDir()
	r := start(t, Config{Data: data, Pay: Payments{Test: true}})
	r.sells(1)
	r.visitor().buys("0123456789abcdef")
	r.visitor().buys("0123456789abcdee")
	if text := r.reads("/verify/demo"); !strings.Contains(text, "ledger is whole") || !strings.Contains(text, "1 × ring") || !strings.Contains(text, "€99.00") {
		t.Errorf("the page says %q", text)
	}
	r.stop()
	db, err := sql.Open("sqlite", filepath.Join(data, store.File))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec(`UPDATE ledger SET public = replace(public, '"quantity":1', '"quantity":2') WHERE kind = 'reservation'`); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	r = start(t, Config{Data: data, Pay: Payments{Test: true}})
	if text := r.reads("/verify/demo"); !strings.Contains(text, "was changed") {
		t.Errorf("of a ledger that was changed the page says %q", text)
	}
}
