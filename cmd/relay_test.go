package cmd

import (
	"context"
	"fmt"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// firewall has the page's connections go by a relay over one transport only, as behind a firewall that lets nothing else
// through, and keeps them for the test to ask.
const firewall = `window.peers = [];
window.RTCPeerConnection = class extends RTCPeerConnection {
	constructor(c) {
		super({ ...c, iceTransportPolicy: "relay" });
		peers.push(this);
	}
	setConfiguration(c) {
		super.setConfiguration({ ...c, iceServers: c.iceServers.filter((s) => s.urls.endsWith("transport=%s")) });
	}
};`

// wayOut says how the page's connection goes.
const wayOut = `(async () => {
	const stats = [...(await peers.at(-1).getStats()).values()];
	const pair = stats.find((s) => s.type === "candidate-pair" && s.nominated && s.state === "succeeded");
	const local = stats.find((s) => s.id === pair?.localCandidateId);
	return local?.candidateType + " " + local?.relayProtocol;
})()`

func TestAViewerBehindAFirewallWatchesThroughTheRelay(t *testing.T) {
	t.Setenv("VITRINE_TURN_PORT", fmt.Sprint(freePort(t)))
	e := newEvening(t)
	e.studio("--synthetic")
	e.live()
	b := browser(t)
	for _, transport := range []string{"tcp", "udp"} {
		t.Run(transport, func(t *testing.T) {
			v := e.watch(t, b)
			v.do(chromedp.Func(func(ctx context.Context, tab *chromedp.Target) error {
				_, err := cdp.Call(ctx, tab, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{
					Source: fmt.Sprintf(firewall, transport),
				})
				return err
			}), chromedp.Navigate(e.url("/watch/evening")))
			v.eval(probe)
			v.state("playing")
			s := v.gather(150, 0)
			if got := v.eval(wayOut); got != "relay "+transport {
				t.Errorf("the media go by %s", got)
			}
			t.Logf("picture %.0f ms", quantile(s.latencies(), 0.5))
		})
	}
}
