package live

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pion/webrtc/v3"

	"vitrine/server/wire"
)

// listener is a viewer with an event channel: a stock pion peer.
type listener struct {
	*client
	channel *webrtc.DataChannel
	events  chan wire.Event
	closed  chan struct{} // when another channel of it was
}

// listen joins a show as a viewer that opens a channel of another name and the event channel.
func listen(t *testing.T, s *Stage, show wire.Show, codecs ...Codec) *listener {
	t.Helper()
	l := &listener{client: newClient(t, codecs...), events: make(chan wire.Event, 64), closed: make(chan struct{})}
	for _, k := range codecs {
		kind := webrtc.NewRTPCodecType(strings.Split(k.MimeType, "/")[0])
		if _, err := l.pc.AddTransceiverFromKind(kind, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionRecvonly}); err != nil {
			t.Fatal(err)
		}
	}
	other, err := l.pc.CreateDataChannel("chatter", nil)
	if err != nil {
		t.Fatal(err)
	}
	other.OnClose(func() { close(l.closed) })
	if l.channel, err = l.pc.CreateDataChannel(wire.EventChannel, nil); err != nil {
		t.Fatal(err)
	}
	l.channel.OnMessage(func(m webrtc.DataChannelMessage) {
		e, err := wire.ReadEvent(m.Data)
		if err != nil || e == nil || !m.IsString {
			t.Errorf("%q is no event: %v", m.Data, err)
		}
		l.events <- e
	})
	l.accept(s.Watch(t.Context(), show, l.offer(true), loopback))
	l.connect()
	return l
}

// heard waits for an event of the type that is so.
func heard[E wire.Event](l *listener, what string, so func(E) bool) E {
	l.t.Helper()
	end := time.After(patience)
	for {
		select {
		case e := <-l.events:
			if one, ok := e.(E); ok && so(one) {
				return one
			}
		case <-end:
			l.t.Fatalf("never heard of %s", what)
		}
	}
}

func TestA_viewer_hears_of_the_show_and_of_its_link(t *testing.T) {
	s := startStage(t, Config{Grace: time.Hour})
	p := publish(t, s, "demo", opus, h264)
	p.keyFrame(0)
	await(t, "the show", func() bool { return s.Show("demo").Live })
	l := listen(t, s, wire.Show{ID: "demo", Title: "Hats", State: wire.Open}, opus, h264)

	e := heard(l, "the show", func(e wire.ShowEvent) bool { return e.Show.Viewers == 1 })
	if e.Show.ID != "demo" || e.Show.Title != "Hats" || e.Show.State != wire.Open || e.Show.Video != "H264" || e.Show.Since == nil {
		t.Errorf("the show is %+v", e.Show)
	}
	heard(l, "the link", func(e wire.LinkEvent) bool { return e.Redundancy == 1 && e.Loss == 0 })
	<-l.closed
	second := listen(t, s, wire.Show{ID: "demo", Title: "Hats and coats", State: wire.Open}, h264)
	heard(l, "another viewer and the new title", func(e wire.ShowEvent) bool { return e.Show.Viewers == 2 && e.Show.Title == "Hats and coats" })
	if err := second.channel.Close(); err != nil {
		t.Fatal(err)
	}
	if err := s.End(t.Context(), Resource{false, "demo", second.answer.Session}); err != nil {
		t.Fatal(err)
	}
	heard(l, "its leaving", func(e wire.ShowEvent) bool { return e.Show.Viewers == 1 })
	if err := s.End(t.Context(), Resource{true, "demo", p.answer.Session}); err != nil {
		t.Fatal(err)
	}
	heard(l, "the host's leaving", func(e wire.ShowEvent) bool { return !e.Show.Live && e.Show.Since == nil })
}

func TestA_viewer_hears_of_layers_and_wishes_for_one(t *testing.T) {
	s := startStage(t, Config{})
	publishLayers(t, s, "demo", "", "f", "h", "q")
	await(t, "the show", func() bool { return s.Show("demo").Live })
	l := listen(t, s, wire.Show{ID: "demo"}, h264)
	e := heard(l, "all sizes", func(e wire.LayersEvent) bool {
		return len(e.Layers) == 3 && e.Layers[0].Height == 180 && e.Layers[1].Height == 720 && e.Layers[2].Height == 1080
	})
	if e.Layers[0].ID != "q" || e.Layers[1].ID != "h" || e.Layers[2].ID != "f" || e.Current == "" || e.Pinned != "" {
		t.Errorf("the layers are %+v", e)
	}
	for _, garbage := range []string{"", "{", `{"type":"layer","id":7}`, `{"type":"dance"}`, `{"type":"layer","id":"huge"}`} {
		if err := l.channel.SendText(garbage); err != nil {
			t.Fatal(err)
		}
	}
	wish := func(id wire.LayerID) {
		text, err := json.Marshal(wire.PinLayer{ID: id})
		if err != nil {
			t.Fatal(err)
		}
		if err := l.channel.SendText(string(text)); err != nil {
			t.Fatal(err)
		}
		heard(l, "the wish", func(e wire.LayersEvent) bool { return e.Pinned == id })
	}
	wish("h")
	wish("")
}

func TestA_show_of_sound_alone_has_no_layers(t *testing.T) {
	s := startStage(t, Config{})
	p := publish(t, s, "demo", opus)
	p.send(p.audio, 0, false, 1)
	await(t, "the show", func() bool { return s.Show("demo").Live })
	l := listen(t, s, wire.Show{ID: "demo"}, opus)
	e := heard(l, "layers", func(wire.LayersEvent) bool { return true })
	if e.Layers == nil || len(e.Layers) > 0 || e.Current != "" {
		t.Errorf("the layers are %+v", e)
	}
}

func TestA_message_too_long_ends_the_channel_and_not_the_picture(t *testing.T) {
	s := startStage(t, Config{})
	p := publish(t, s, "demo", h264)
	p.keyFrame(0)
	await(t, "the show", func() bool { return s.Show("demo").Live })
	l := listen(t, s, wire.Show{ID: "demo"}, h264)
	heard(l, "the show", func(wire.ShowEvent) bool { return true })
	closed := make(chan struct{})
	l.channel.OnClose(func() { close(closed) })
	if err := l.channel.SendText(strings.Repeat("x", maxWish+1)); err != nil {
		t.Fatal(err)
	}
	<-closed
	track := l.track(webrtc.RTPCodecTypeVideo)
	l.read(track)
	l.read(track)
	p.delta(3000)
	l.read(track)
}

// flood is a channel on which wishes come without end.
type flood struct{ read int }

func (f *flood) ReadDataChannel(b []byte) (int, bool, error) {
	f.read++
	return copy(b, `{"type":"layer","id":"h"}`), true, nil
}

func TestOf_a_flood_of_wishes_a_few_a_second_are_read(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		f := &flood{}
		v := &Viewer{news: newNews()}
		v.layersEvent(func(e *wire.LayersEvent) { e.Layers = []wire.Layer{{ID: "h"}} })
		v.listen(ctx, f, outsider{})
		if f.read > 41 || v.ceiling().pinned != "h" {
			t.Errorf("%d were read in 10 s, and %q is wanted", f.read, v.ceiling().pinned)
		}
	})
}

// slow is a channel that has so much to send that it is asked to send no more, until room is made.
type slow struct {
	waiting chan uint64
	said    chan string
}

func (s *slow) BufferedAmount() uint64 { return <-s.waiting }

func (s *slow) WriteDataChannel(text []byte, _ bool) (int, error) {
	s.said <- string(text)
	return len(text), nil
}

func TestOnly_the_newest_of_each_kind_waits_for_a_slow_channel(t *testing.T) {
	n, c := newNews(), &slow{make(chan uint64), make(chan string, 8)}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); n.tell(ctx, c) }()
	n.put(ofShow, printed("one"))
	c.waiting <- newsBacklog + 1
	n.put(ofShow, printed("two"))
	c.waiting <- newsBacklog + 1
	n.put(ofShow, printed("three"))
	c.waiting <- 0
	c.waiting <- 0 // and there is nothing more
	if got := <-c.said; got != "three" || len(c.said) > 0 {
		t.Errorf("said %q and %d more", got, len(c.said))
	}
	n.renew()
	c.waiting <- 0
	if got := <-c.said; got != "three" {
		t.Errorf("a new channel is told %q", got)
	}
	c.waiting <- 0
	cancel()
	<-done
}

// broken is a channel that has closed, and an event that cannot be written.
type broken struct{}

func (broken) BufferedAmount() uint64                     { return 0 }
func (broken) WriteDataChannel([]byte, bool) (int, error) { return 0, errors.New("closed") }
func (broken) MarshalJSON() ([]byte, error)               { return nil, errors.New("no JSON") }

func TestTelling_ends_with_the_channel(t *testing.T) {
	n := newNews()
	n.put(ofShow, broken{})
	n.put(ofLink, wire.LinkEvent{})
	n.tell(t.Context(), broken{})
	var none *news
	none.put(ofLink, wire.LinkEvent{}) // a viewer without channel
}

func TestOnly_viewers_may_have_data_channels(t *testing.T) {
	c := newClient(t, h264)
	if _, err := c.pc.AddTransceiverFromKind(webrtc.RTPCodecTypeVideo, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionRecvonly}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.pc.CreateDataChannel(wire.EventChannel, nil); err != nil {
		t.Fatal(err)
	}
	text := c.offer(false)
	if o, err := readOffer(text, watching); err != nil || o.data == nil {
		t.Errorf("a viewer's: %v", err)
	}
	for name, bad := range map[string]string{
		"over TCP":       strings.Replace(text, "UDP/DTLS/SCTP", "TCP/DTLS/SCTP", 1),
		"another format": strings.Replace(text, "webrtc-datachannel", "5000", 1),
		"without port":   strings.Replace(text, "a=sctp-port:5000\r\n", "", 1),
		"alone":          text[:strings.Index(text, "m=video")] + text[strings.Index(text, "m=application"):],
	} {
		if _, err := readOffer(bad, watching); !isCode(err, wire.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := readOffer(asPublisher(text), publishing); !isCode(err, wire.Invalid) {
		t.Errorf("a publisher's: %v", err)
	}
}
