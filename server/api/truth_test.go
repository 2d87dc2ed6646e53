package api

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"vitrine/server/insight"
	"vitrine/server/trust"
	"vitrine/server/wire"
)

// evenings is a desk of shows that nobody sends.
func evenings() *insight.Desk {
	return insight.New(insight.Config{Now: time.Now, Measure: func(wire.ShowID) (insight.Measured, bool) { return insight.Measured{}, false }})
}

func TestWhoRunsAShowReadsWhatItsViewersSeeAndNobodyElseDoes(t *testing.T) {
	m := opens(t, nil, func(c *Config) { c.Truth = evenings() })
	if err := m.db.CreateShow(context.Background(), wire.NewShow{ID: "evening"}, sha256.Sum256([]byte("the show's token"))); err != nil {
		t.Fatal(err)
	}
	shows := m.browser()
	shows.token = "the show's token"
	guesses := m.browser()
	guesses.token = "a guess"
	for name, c := range map[string]struct {
		who    *browser
		status int
	}{
		"the show's token": {shows, 200}, "an operator's": {m.operates(), 200}, "a guess": {guesses, 401}, "nobody": {m.browser(), 401},
		"a producer": {m.plays(trust.Producer), 200}, "a moderator": {m.plays(trust.Moderator), 403}, "a buyer": {m.signsIn("b@shop.example"), 403},
	} {
		if got := c.who.asks("GET", "/api/shows/evening/truth", nil).status; got != c.status {
			t.Errorf("%s is answered %d", name, got)
		}
	}
	if got := shows.asks("GET", "/api/shows/morning/truth", nil).status; got != 404 {
		t.Errorf("a show that there is not: %d", got)
	}
	studio := wire.StudioReport{Encode: wire.Encode{FPS: 30, Time: 7}}
	told := gets[wire.Truth](shows, "POST", "/api/shows/evening/truth", studio)
	if told.Show != "evening" || told.Verdict.Finding != wire.NobodyReports {
		t.Errorf("the studio is told %+v", told)
	}
	if got := m.plays(trust.Host).asks("POST", "/api/shows/evening/truth", studio).status; got != 401 {
		t.Errorf("a session speaks for the studio: %d", got)
	}
	studio.Way.Loss = 2
	if got := shows.asks("POST", "/api/shows/evening/truth", studio).status; got != 400 {
		t.Errorf("an impossible report: %d", got)
	}
}

func TestAPlayerWithoutEventChannelReportsByHTTPAndNotWithoutEnd(t *testing.T) {
	desk := evenings()
	m := opens(t, nil, func(c *Config) { c.Truth = desk })
	if err := m.db.CreateShow(context.Background(), wire.NewShow{ID: "evening"}, sha256.Sum256([]byte("x"))); err != nil {
		t.Fatal(err)
	}
	send := func(from, kind string, body []byte) (int, http.Header) {
		r := httptest.NewRequest(http.MethodPost, "/api/shows/evening/report", bytes.NewReader(body))
		r.RemoteAddr = from + ":1"
		r.Header.Set("Content-Type", kind)
		w := httptest.NewRecorder()
		m.handler.ServeHTTP(w, r)
		return w.Code, w.Header()
	}
	text := func(viewer string) []byte {
		b, err := json.Marshal(wire.PostedReport{Viewer: viewer, Report: wire.PlayerReport{Protocol: wire.HLS, Span: 5000, Shown: 150, FPS: 30}})
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	for name, c := range map[string]struct {
		kind   string
		body   []byte
		status int
	}{
		"a report": {jsonType, text("somebody's player"), 204}, "without a name": {jsonType, text(""), 400},
		"no JSON": {jsonType, []byte("{"), 400}, "another type": {"text/plain", text("somebody's player"), 415},
		"too long": {jsonType, []byte(`{"viewer":"` + strings.Repeat("x", maxJSON) + `"}`), 413},
	} {
		if status, _ := send("198.51.100.1", c.kind, c.body); status != c.status {
			t.Errorf("%s is answered %d", name, status)
		}
	}
	refused := 0
	for i := range 3 * reportsBurst {
		if status, h := send("198.51.100.2", jsonType, text(fmt.Sprintf("made up %04d", i))); status == 429 && h.Get("Retry-After") != "" {
			refused++
		}
	}
	if refused < reportsBurst {
		t.Errorf("of a crowd of %d from one address %d were refused", 3*reportsBurst, refused)
	}
	if status, _ := send("198.51.100.3", jsonType, text("somebody's player")); status != 204 {
		t.Errorf("another's player of that name: %d", status)
	}
	desk.Look()
	if got := desk.Truth("evening"); got.ByProtocol[wire.HLS].Viewers < 3 {
		t.Errorf("counted %+v", got.ByProtocol)
	}
}
