package live

import (
	"context"
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

// publishScript publishes Chromium's test card in three sizes over plain WHIP; the codec fills the gap.
const publishScript = `(async () => {
	const stream = await navigator.mediaDevices.getUserMedia({audio: true, video: {width: 1280, height: 720, frameRate: 15}});
	const pc = window.pc = new RTCPeerConnection();
	pc.addTransceiver(stream.getAudioTracks()[0], {direction: "sendonly"});
	const video = pc.addTransceiver(stream.getVideoTracks()[0], {direction: "sendonly", sendEncodings: [
		{rid: "q", scaleResolutionDownBy: 4}, {rid: "h", scaleResolutionDownBy: 2}, {rid: "f"},
	]});
	const codecs = RTCRtpSender.getCapabilities("video").codecs;
	const wanted = codecs.filter((c) => c.mimeType === %q);
	if (wanted.length === 0) return "it has no such codec";
	video.setCodecPreferences([...wanted, ...codecs.filter((c) => !wanted.includes(c))]);
	await pc.setLocalDescription();
	const response = await fetch("/whip", {method: "POST", body: pc.localDescription.sdp});
	const answer = await response.text();
	if (!response.ok) return answer;
	await pc.setRemoteDescription({type: "answer", sdp: answer});
	return "";
})()`

// chromiumWithCamera starts a Chromium whose camera and microphone are test cards, and opens a page there.
func chromiumWithCamera(t *testing.T, url string) context.Context {
	t.Helper()
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.Flag("headless", "new"), chromedp.NoSandbox, chromedp.DisableGPU, chromedp.Flag("disable-component-update", true),
		chromedp.Flag("use-fake-device-for-media-stream", true), chromedp.Flag("use-fake-ui-for-media-stream", true))
	ctx, cancel := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	if err := chromedp.Do(ctx, chromedp.Navigate(url)); err != nil {
		t.Fatalf("start Chromium: %v", err)
	}
	return ctx
}

func TestChromium_publishes_layers(t *testing.T) {
	t.Parallel()
	s := startStage(t, Config{JoinWithin: patience})
	mux := http.NewServeMux()
	mux.HandleFunc("GET /", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "<!doctype html><title>publisher</title>")
	})
	answers := make(chan string, 1)
	id := make(chan wire.ShowID, 1)
	mux.HandleFunc("POST /whip", func(w http.ResponseWriter, r *http.Request) {
		offer, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		a, err := s.Publish(r.Context(), <-id, string(offer), loopback)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		answers <- a.SDP
		_, _ = io.WriteString(w, a.SDP)
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	ctx := chromiumWithCamera(t, server.URL)
	for show, codec := range map[wire.ShowID]string{"vp8": "video/VP8", "h264": "video/H264"} {
		id <- show
		said, err := chromedp.Run(ctx, chromedp.Evaluate[string](fmt.Sprintf(publishScript, codec), chromedp.EvalAwaitPromise))
		if err != nil || said != "" {
			t.Fatalf("%s: %s %v", codec, said, err)
		}
		answer := <-answers
		for _, line := range []string{"a=simulcast:recv q;h;f", "transport-cc", "nack pli", "ccm fir"} {
			if !strings.Contains(answer, line) {
				t.Errorf("the answer has no %q:\n%s", line, answer)
			}
		}
		if strings.Contains(answer, "rtx") {
			t.Errorf("the answer takes repair streams:\n%s", answer)
		}
		want := map[string]Size{"q": {320, 180}, "h": {640, 360}, "f": {1280, 720}}
		state := ""
		for end := time.Now().Add(3 * patience); ; { // Chromium begins with the lowest and adds layers as its estimate grows
			if state = s.layersNow(show, want); state == "" {
				break
			}
			if time.Now().After(end) {
				t.Fatalf("%s: %s\n%s", codec, state, answer)
			}
			<-time.After(20 * time.Millisecond)
		}
		await(t, "layers in order", func() bool { return s.order(show) == "qhf" })
		top := s.picture(show).layer("f").up
		key, _ := top.cache.Key()
		await(t, "a key frame of the highest layer", func() bool {
			top.RequestKey(time.Now()) // as a viewer who waits has it asked
			newer, _ := top.cache.Key()
			return newer != nil && newer.Index > key.Index
		})
		if _, err := chromedp.Run(ctx, chromedp.Evaluate[bool]("(pc.close(), true)")); err != nil {
			t.Fatal(err)
		}
	}
}

// layersNow is "" if the picture of the show has layers of these sizes and all flow.
func (s *Stage) layersNow(id wire.ShowID, want map[string]Size) (state string) {
	f := s.picture(id)
	if f == nil {
		return "not on air"
	}
	good, now := true, time.Now()
	for _, l := range f.layers() {
		good = good && l.Alive(now) && l.Size() == want[l.rid]
		state += fmt.Sprintf("layer %s: %v, alive: %v, %d bit/s; ", l.rid, l.Size(), l.Alive(now), l.Bitrate(now))
	}
	if good && len(f.layers()) == len(want) {
		return ""
	}
	return state
}

// watchScript watches as the page does, and keeps the events that come.
const watchScript = `(async () => {
	const pc = window.pc = new RTCPeerConnection();
	for (const kind of ["audio", "video"]) pc.addTransceiver(kind, {direction: "recvonly"});
	const channel = window.channel = pc.createDataChannel("events");
	window.heard = [];
	channel.onmessage = ({data}) => heard.push(JSON.parse(data));
	await pc.setLocalDescription();
	const response = await fetch("/whep", {method: "POST", body: pc.localDescription.sdp});
	const answer = await response.text();
	if (!response.ok) return answer;
	await pc.setRemoteDescription({type: "answer", sdp: answer});
	return "";
})()`

func TestChromium_hears_events_and_wishes_for_a_layer(t *testing.T) {
	s := startStage(t, Config{JoinWithin: patience})
	publishLayers(t, s, "demo", "", "f", "h", "q")
	await(t, "the show", func() bool { return s.Show("demo").Live })
	mux := http.NewServeMux()
	mux.HandleFunc("GET /", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "<!doctype html><title>viewer</title>")
	})
	mux.HandleFunc("POST /whep", func(w http.ResponseWriter, r *http.Request) {
		offer, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		a, err := s.Watch(r.Context(), wire.Show{ID: "demo", Title: "Hats"}, string(offer), loopback)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		_, _ = io.WriteString(w, a.SDP)
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	ctx := chromiumWithCamera(t, server.URL)
	said, err := chromedp.Run(ctx, chromedp.Evaluate[string](watchScript, chromedp.EvalAwaitPromise))
	if err != nil || said != "" {
		t.Fatalf("%s %v", said, err)
	}
	until := func(what, script string) {
		t.Helper()
		await(t, what, func() bool {
			yes, err := chromedp.Run(ctx, chromedp.Evaluate[bool](script))
			if err != nil {
				t.Fatal(err)
			}
			return yes
		})
	}
	until("the show", `heard.some((e) => e.type === "show" && e.show.title === "Hats" && e.show.viewers === 1)`)
	until("all sizes", `heard.some((e) => e.type === "layers" && e.layers.length === 3 && e.layers.every((l) => l.height > 0) && e.current !== "")`)
	until("links", `heard.filter((e) => e.type === "link" && e.redundancy === 1).length >= 2`)
	until("the wish", `channel.send('{"type":"layer","id":"h"}'), heard.some((e) => e.type === "layers" && e.pinned === "h")`)
	if err := s.Close(t.Context(), "demo"); err != nil {
		t.Fatal(err)
	}
	until("the goodbye", `channel.readyState === "closed" && pc.connectionState !== "connected"`)
}
