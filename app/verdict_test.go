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
		u       frame.Path
		ceiling studio.Output
		want    string
		chinese string
	}{
		{frame.Path{RTT: 20 * ms}, output(720), "Your upload carries 720p.", "你的上行网络可以传送 720p。"},
		{frame.Path{Up: 9_000_000}, output(1080), "Your upload carries 1080p.", "你的上行网络可以传送 1080p。"},
		{frame.Path{Up: 4_000_000}, output(1080), "Your upload carries 720p, not 1080p.", "你的上行网络可以传送 720p，达不到 1080p。"},
		{frame.Path{Up: 1_000_000}, output(720), "Your upload carries 360p, not 720p.", "你的上行网络可以传送 360p，达不到 720p。"},
		{frame.Path{Up: 1_200_000}, thrifty, "Your upload carries 1080p.", "你的上行网络可以传送 1080p。"},
		{frame.Path{Up: 200_000}, output(720), "Your upload carries sound only, not 720p.", "你的上行网络只能传送声音，达不到 720p。"},
		{frame.Path{Up: 200_000}, output(360), "Your upload carries sound only, not 360p.", "你的上行网络只能传送声音，达不到 360p。"},
		{frame.Path{Up: 200_000}, sound, "Your upload carries the sound.", "你的上行网络可以传送声音。"},
		{
			frame.Path{Up: 200_000, Loss: 0.12, RTT: time.Second},
			output(720), "Your upload is losing 12 % of its packets. Move closer to the router or use a cable.",
			"你的上行网络丢失了 12 % 的数据包。请靠近路由器或改用网线。",
		},
		{frame.Path{Loss: 0.07}, output(720), "Your upload carries 720p.", "你的上行网络可以传送 720p。"},
		{frame.Path{RTT: 400 * ms}, output(720), "Your upload carries 720p, but the server is far: viewers see you later.", "你的上行网络可以传送 720p，但离服务器较远，观众看到的画面会晚一些。"},
		{frame.Path{Jitter: 60 * ms}, output(720), "Your upload carries 720p, but unsteadily. A cable helps.", "你的上行网络可以传送 720p，但不够稳定，建议改用网线。"},
	} {
		if got := english.verdict(c.u, c.ceiling); got != c.want {
			t.Errorf("%+v of %dp: %q", c.u, c.ceiling.Format.Height, got)
		}
		if got := chinese.verdict(c.u, c.ceiling); got != c.chinese {
			t.Errorf("%+v of %dp: %q", c.u, c.ceiling.Format.Height, got)
		}
	}
}

func TestTheVerdictIsAboutWhatTheLineCarriesAndNotWhatIsSent(t *testing.T) {
	if p := pathOf(frame.Link{Bitrate: 500_000, Estimate: 4_400_000, LossPercent: 5}); p.Up != 3_800_000 || p.Loss != 0.05 {
		t.Errorf("%+v", p)
	}
	if p := pathOf(frame.Link{Bitrate: 500_000}); p.Up != 0 {
		t.Errorf("a line of which nothing is known carries %d bit/s", p.Up)
	}
}

func TestAFasterFrameRateNeedsMoreOfTheLine(t *testing.T) {
	o := studio.Defaults().Output
	o.Format.FPS = 60
	if h := carried(3_000_000, o); h != 540 {
		t.Errorf("%dp60 is said to fit where 720p30 does", h)
	}
	if l := lowered(o, 540); l.Format != (frame.Format{Width: 960, Height: 540, FPS: 60}) || l.Bitrate() >= o.Bitrate() {
		t.Errorf("lowered to %+v", l)
	}
}

func TestAMomentsDipOfTheEstimateIsNoNews(t *testing.T) {
	b := newBench(t, onAir)
	start := b.w.now()
	second := 0
	hear := func(bps int) {
		second++
		b.w.now = func() time.Time { return start.Add(time.Duration(second) * time.Second) }
		b.change(func(s *studio.Snapshot) { s.Air.Link.Estimate = bps })
	}
	hear(3_500_000)
	hear(1_500_000)
	b.reads("Your upload carries 720p.")
	for range 6 {
		hear(1_500_000)
	}
	b.reads("Your upload carries 480p, not 720p.")
	hear(3_500_000)
	b.reads("Your upload carries 720p.")
}

func TestAYoungLinkIsMeasuredBeforeItIsJudged(t *testing.T) {
	b := newBench(t, onAir)
	b.change(func(s *studio.Snapshot) {
		s.Air.Link.Since = b.w.now().Add(-time.Second)
		s.Air.Link.Estimate = 1_500_000
	})
	b.reads("Measuring what your upload carries…")
	b.change(func(s *studio.Snapshot) { s.Air.Link.Since = b.w.now().Add(-5 * time.Second) })
	b.reads("Your upload carries 480p, not 720p.")
}

func TestAPictureThatTheComputerLoweredIsNotTheUploadsFault(t *testing.T) {
	b := newBench(t, onAir)
	b.change(func(s *studio.Snapshot) {
		s.Program.Format, s.Program.Reduced = frame.Format{Width: 640, Height: 360, FPS: 30}, true
		s.Air.Link.Estimate = 1_100_000
	})
	b.reads("Your upload carries 360p.")
}

func TestTheVerdictStandsInTheShowPanelWhileLive(t *testing.T) {
	b := newBench(t, onAir)
	b.reads("Your upload carries 720p.")
	b.change(func(s *studio.Snapshot) { s.Air.Link.LossPercent = 20 })
	b.reads("Your upload is losing 20 % of its packets.")
	b.change(func(s *studio.Snapshot) { s.Air.Link.Phase = frame.LinkWaiting })
	b.lacks("Your upload")
}
