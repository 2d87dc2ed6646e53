package app

import (
	"testing"
	"time"

	"vitrine/capture/frame"
	"vitrine/studio"
)

func TestTheVerdictSaysWhatTheUploadCarries(t *testing.T) {
	output := func(height int) studio.Output {
		o := studio.Defaults().Output
		for _, f := range frame.Formats {
			if f.Height == height {
				o.Format = f
			}
		}
		return o
	}
	sound := output(720)
	sound.Codec = ""
	thrifty := output(1080)
	thrifty.VideoBitrate = 1_000_000
	ms := time.Millisecond
	for _, c := range []struct {
		u       uplink
		ceiling studio.Output
		want    string
		chinese string
	}{
		{uplink{rtt: 20 * ms}, output(720), "Your upload carries 720p.", "你的上行网络可以传送 720p。"},
		{uplink{up: 9_000_000}, output(1080), "Your upload carries 1080p.", "你的上行网络可以传送 1080p。"},
		{uplink{up: 4_000_000}, output(1080), "Your upload carries 720p, not 1080p.", "你的上行网络可以传送 720p，达不到 1080p。"},
		{uplink{up: 1_000_000}, output(720), "Your upload carries 360p, not 720p.", "你的上行网络可以传送 360p，达不到 720p。"},
		{uplink{up: 1_200_000}, thrifty, "Your upload carries 1080p.", "你的上行网络可以传送 1080p。"},
		{uplink{up: 200_000}, output(720), "Your upload carries sound only, not 720p.", "你的上行网络只能传送声音，达不到 720p。"},
		{uplink{up: 200_000}, output(360), "Your upload carries sound only, not 360p.", "你的上行网络只能传送声音，达不到 360p。"},
		{uplink{up: 200_000}, sound, "Your upload carries the sound.", "你的上行网络可以传送声音。"},
		{
			uplink{up: 200_000, loss: 0.12, rtt: time.Second},
			output(720), "Your upload is losing 12 % of its packets. Move closer to the router or use a cable.",
			"你的上行网络丢失了 12 % 的数据包。请靠近路由器或改用网线。",
		},
		{uplink{loss: 0.07}, output(720), "Your upload carries 720p.", "你的上行网络可以传送 720p。"},
		{uplink{rtt: 400 * ms}, output(720), "Your upload carries 720p, but the server is far: viewers see you later.", "你的上行网络可以传送 720p，但离服务器较远，观众看到的画面会晚一些。"},
		{uplink{jitter: 60 * ms}, output(720), "Your upload carries 720p, but unsteadily. A cable helps.", "你的上行网络可以传送 720p，但不够稳定，建议改用网线。"},
	} {
		if got := english.verdict(c.u, c.ceiling); got != c.want {
			t.Errorf("%+v of %dp: %q", c.u, c.ceiling.Format.Height, got)
		}
		if got := chinese.verdict(c.u, c.ceiling); got != c.chinese {
			t.Errorf("%+v of %dp: %q", c.u, c.ceiling.Format.Height, got)
		}
	}
}

func TestWhatIsSentSaysWhatGetsThroughOnlyWherePacketsAreLost(t *testing.T) {
	if u := uplinkOf(frame.Link{Bitrate: 500_000, LossPercent: 1.9}); u.up != 0 {
		t.Errorf("a calm picture on a good link looks like a link of %d bit/s", u.up)
	}
	if u := uplinkOf(frame.Link{Bitrate: 500_000, LossPercent: 4}); u.up != 480_000 {
		t.Errorf("%d bit/s get through", u.up)
	}
}

func TestTheVerdictStandsInTheShowPanelWhileLive(t *testing.T) {
	b := newBench(t, onAir)
	b.reads("Your upload carries 720p.")
	b.change(func(s *studio.Snapshot) { s.Air.Link.LossPercent = 20 })
	b.reads("Your upload is losing 20 % of its packets.")
	b.change(func(s *studio.Snapshot) { s.Air.Link.Phase = frame.LinkWaiting })
	b.lacks("Your upload")
}
