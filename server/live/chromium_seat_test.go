package live

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"vitrine/server/wire"
)

// guestScript publishes Chromium's test card of the size in the gap as a guest's page does, over plain WHIP; the other gaps are
// what it is said to show, and its layers.
const guestScript = `(async () => {
	const stream = window.stream = await navigator.mediaDevices.getUserMedia({audio: true, video: {width: %d, height: %d, frameRate: 15}});
	stream.getVideoTracks()[0].contentHint = %q;
	const pc = window.pc = new RTCPeerConnection();
	pc.addTransceiver(stream.getAudioTracks()[0], {direction: "sendonly"});
	pc.addTransceiver(stream.getVideoTracks()[0], {direction: "sendonly", sendEncodings: %s});
	await pc.setLocalDescription();
	const response = await fetch("/whip", {method: "POST", body: pc.localDescription.sdp});
	const answer = await response.text();
	if (!response.ok) return answer;
	await pc.setRemoteDescription({type: "answer", sdp: answer});
	return "";
})()`

func TestChromium_is_a_guest_within_bounds_and_is_told_where_it_is_not(t *testing.T) {
	t.Parallel()
	var d diary
	s := startStage(t, Config{JoinWithin: patience, SilentAfter: 3 * time.Second, Changed: d.changed, Refused: d.refused})
	mux := http.NewServeMux()
	mux.HandleFunc("GET /", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "<!doctype html><title>guest</title>")
	})
	answers := make(chan *Answer, 1)
	mux.HandleFunc("POST /whip", func(w http.ResponseWriter, r *http.Request) {
		offer, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		a, err := s.Publish(r.Context(), guestSeat, string(offer), loopback)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		answers <- a
		_, _ = io.WriteString(w, a.SDP)
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	ctx := chromiumWithCamera(t, server.URL)
	run := func(script string) string {
		t.Helper()
		said, err := chromedp.Run(ctx, chromedp.Evaluate[string](script, chromedp.EvalAwaitPromise))
		if err != nil {
			t.Fatal(err)
		}
		return said
	}
	join := func(width, height int, hint, layers string) *Answer {
		t.Helper()
		if said := run(fmt.Sprintf(guestScript, width, height, hint, layers)); said != "" {
			t.Fatal(said)
		}
		return <-answers
	}
	told := func(line string) func() bool {
		return func() bool {
			d.mu.Lock()
			defer d.mu.Unlock()
			return len(d.lines) > 0 && d.lines[len(d.lines)-1] == string(guestSeat)+" "+line
		}
	}
	a := join(1280, 720, "motion", `[{rid: "q", scaleResolutionDownBy: 4}, {rid: "h", scaleResolutionDownBy: 2}, {rid: "f"}]`)
	for _, line := range []string{"b=AS:2500", "a=simulcast:recv q;h;f", "goog-remb", audioLevel} {
		if !strings.Contains(a.SDP, line) {
			t.Errorf("the answer has no %q:\n%s", line, a.SDP)
		}
	}
	want := map[string]Size{"q": {320, 180}, "h": {640, 360}, "f": {1280, 720}}
	for end := time.Now().Add(3 * patience); s.layersNow(guestSeat, want) != ""; <-time.After(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal(s.layersNow(guestSeat, want))
		}
	}
	await(t, "sound", told("up"))
	run(`(stream.getAudioTracks()[0].enabled = false, "")`)
	await(t, "silence", told("silent"))
	run(`(stream.getAudioTracks()[0].enabled = true, "")`)
	await(t, "sound again", told("up"))
	run(`(pc.close(), stream.getTracks().forEach((t) => t.stop()), "")`)

	at := Resource{true, guestSeat, join(1920, 1080, "detail", "[{}]").Session}
	for end := time.Now().Add(3 * patience); ; <-time.After(20 * time.Millisecond) {
		_, err := s.find(at)
		if isCode(err, wire.TooLarge) {
			break
		}
		if time.Now().After(end) {
			t.Fatalf("who sends 1920×1080 is told %v; %s", err, s.layersNow(guestSeat, want))
		}
	}
	state := run(`(async () => { // what the page learns it by: the goodbye of DTLS
		const dtls = pc.getSenders()[0].transport;
		for (let i = 0; i < 1000 && dtls.state !== "closed"; i++) await new Promise((r) => setTimeout(r, 10));
		return dtls.state;
	})()`)
	if state != "closed" {
		t.Errorf("Chromium's connection is %s", state)
	}
}
