package pictures

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"vitrine/server/wire"
)

func TestAPictureIsFetchedUpToItsLimit(t *testing.T) {
	mux := http.NewServeMux()
	sent := 0
	mux.HandleFunc("/good", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("a file")) })
	mux.HandleFunc("/long", func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Content-Length", fmt.Sprint(2<<30)) })
	mux.HandleFunc("/endless", func(w http.ResponseWriter, _ *http.Request) {
		for b := make([]byte, 1<<20); sent < 2<<10; sent++ {
			if _, err := w.Write(b); err != nil {
				return
			}
		}
	})
	mux.HandleFunc("/broken", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "100")
		_, _ = w.Write([]byte("half"))
	})
	s := httptest.NewServer(mux)
	defer s.Close()
	for path, want := range map[string]struct {
		code wire.Code
		says string
	}{
		"/good": {}, "/long": {wire.TooLarge, "larger than 20 MB"}, "/endless": {wire.TooLarge, "larger than 20 MB"},
		"/none": {wire.Invalid, "404 (Not Found)"}, "/broken": {wire.Invalid, "broke off"},
	} {
		file, err := Fetch(t.Context(), s.Client(), s.URL+path)
		if want.code == "" {
			if err != nil || string(file) != "a file" {
				t.Errorf("%s: %q %v", path, file, err)
			}
			continue
		}
		if wire.CodeOf(err) != want.code || !strings.Contains(err.Error(), want.says) || strings.Contains(err.Error(), s.URL) {
			t.Errorf("%s: %v", path, err)
		}
	}
	if s.Close(); sent > 100 {
		t.Errorf("%d MB of an endless picture were taken", sent)
	}
}
