package publish

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/rtp/codecs"

	"vitrine/capture/frame"
	"vitrine/server/wire"
)

const patience = time.Minute

func contextFor(t *testing.T) (context.Context, context.CancelFunc) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	t.Cleanup(cancel)
	return ctx, cancel
}

// receive waits for a value that satisfies want.
func receive[T any](t *testing.T, what string, c <-chan T, want func(T) bool) T {
	t.Helper()
	timeout := time.NewTimer(patience)
	defer timeout.Stop()
	for {
		select {
		case v := <-c:
			if want(v) {
				return v
			}
		case <-timeout.C:
			t.Fatalf("no %s", what)
		}
	}
}

func (s *show) await(t *testing.T, p frame.Phase) frame.Link {
	t.Helper()
	return receive(t, "link "+string(p), s.links, func(l frame.Link) bool { return l.Phase == p })
}

// end stops the show and waits until nothing of it is left.
func (s *show) end(t *testing.T) {
	t.Helper()
	s.stop()
	if err := receive(t, "end of Run", s.finished, func(error) bool { return true }); err != nil {
		t.Errorf("Run after a regular end: %v", err)
	}
}

// picture is an access unit that looks like H.264: parameter sets and one slice of n bytes.
func picture(key bool, n int, pts time.Duration) *frame.Packet {
	slice := bytes.Repeat([]byte{0xab}, n)
	var b []byte
	if key {
		b = append(b, 0, 0, 0, 1, 0x67, 0x42, 0xc0, 0x1f, 0, 0, 0, 1, 0x68, 0xce, 0, 0, 0, 1, 0x65)
	} else {
		b = append(b, 0, 0, 0, 1, 0x61)
	}
	return &frame.Packet{Data: append(b, slice...), PTS: pts, Duration: time.Second / 30, Key: key}
}

func sound(pts time.Duration) *frame.Packet {
	return &frame.Packet{Data: bytes.Repeat([]byte{0xcd}, 160), PTS: pts, Duration: 20 * time.Millisecond}
}

func isVideo(p *rtp.Packet) bool { return p.PayloadType == 102 }

func TestA_show_reaches_the_server_and_leaves_it_at_the_end(t *testing.T) {
	server := newWHIPServer(t)
	s := onAir(t, server.endpoint())
	if l := s.await(t, frame.LinkConnecting); l.Attempt != 1 || l.Fault != frame.FaultNone {
		t.Errorf("first attempt reported as %+v", l)
	}
	s.await(t, frame.LinkLive)
	receive(t, "wish for a key frame at the start", s.wishes, func(frame.Layer) bool { return true })

	s.WriteVideo(picture(true, 3000, 10*time.Second))
	var unit []byte
	depacketizer := &codecs.H264Packet{}
	last := receive(t, "end of the picture", server.packets, func(p *rtp.Packet) bool {
		if n := p.MarshalSize(); n > 1200 {
			t.Errorf("RTP packet of %d bytes", n)
		}
		part, err := depacketizer.Unmarshal(p.Payload)
		if err != nil {
			t.Fatal(err)
		}
		unit = append(unit, part...)
		return p.Marker
	})
	if want := picture(true, 3000, 0).Data; !bytes.Equal(unit, want) {
		t.Errorf("picture of %d bytes arrived as %d bytes", len(want), len(unit))
	}
	s.WriteVideo(picture(false, 100, 11*time.Second))
	next := receive(t, "next picture", server.packets, isVideo)
	if d := next.Timestamp - last.Timestamp; d != 90000 {
		t.Errorf("a second of pictures is %d ticks, want 90000", d)
	}

	post := <-server.requests
	if post.method != http.MethodPost || post.contentType != "application/sdp" || post.auth != "Bearer "+testToken {
		t.Errorf("offer sent as %s %s, authorization %q", post.method, post.contentType, post.auth)
	}
	s.end(t)
	s.await(t, frame.LinkIdle)
	end := receive(t, "DELETE", server.requests, func(r request) bool { return r.method == http.MethodDelete })
	if end.path != "/sessions/1" || end.auth != "Bearer "+testToken {
		t.Errorf("session ended by DELETE %s, authorization %q", end.path, end.auth)
	}
	s.WriteVideo(picture(true, 10, 0))
	if s.Dropped() == 0 {
		t.Error("a picture written off the air was not counted as dropped")
	}
}

func TestSender_reports_put_sound_and_picture_on_one_clock(t *testing.T) {
	server := newWHIPServer(t)
	s := onAir(t, server.endpoint())
	s.await(t, frame.LinkLive)
	// The picture leaves its encoder late: it was taken at 7.9 s but is written after the sound of 8 s.
	const soundAt, pictureAt = 8 * time.Second, 7900 * time.Millisecond
	s.WriteAudio(sound(soundAt))
	audio := receive(t, "sound", server.packets, func(p *rtp.Packet) bool { return !isVideo(p) })
	s.WriteVideo(picture(true, 100, pictureAt))
	video := receive(t, "picture", server.packets, isVideo)

	reports := map[uint32]*rtcp.SenderReport{}
	receive(t, "report of each stream", server.reports, func(r *rtcp.SenderReport) bool {
		reports[r.SSRC] = r
		return reports[audio.SSRC] != nil && reports[video.SSRC] != nil
	})
	at := func(p *rtp.Packet, rate float64) float64 {
		r := reports[p.SSRC]
		ntp := float64(r.NTPTime>>32) + float64(uint32(r.NTPTime))/(1<<32)
		return ntp + float64(int32(p.Timestamp-r.RTPTime))/rate
	}
	if got, want := at(audio, 48000)-at(video, 90000), (soundAt - pictureAt).Seconds(); got < want-0.001 || got > want+0.001 {
		t.Errorf("by the reports sound is %.4f s after the picture, want %.4f", got, want)
	}
	s.end(t)
}

func TestA_picture_loss_indication_asks_for_a_key_frame(t *testing.T) {
	server := newWHIPServer(t)
	s := onAir(t, server.endpoint())
	s.await(t, frame.LinkLive)
	s.WriteVideo(picture(true, 100, 0))
	video := receive(t, "picture", server.packets, isVideo)
	receive(t, "first wish", s.wishes, func(frame.Layer) bool { return true })
	for answered := false; !answered; {
		if err := server.current().WriteRTCP([]rtcp.Packet{&rtcp.PictureLossIndication{MediaSSRC: video.SSRC}}); err != nil {
			t.Fatal(err)
		}
		// The first ones come while the wish at the start still counts as fresh.
		select {
		case <-s.wishes:
			answered = true
		case l := <-s.links:
			if l.Phase != frame.LinkLive {
				t.Fatalf("link %+v", l)
			}
		case <-time.After(keyPatience):
		}
	}
	s.end(t)
}

func TestLost_packets_are_sent_again(t *testing.T) {
	server := newLossyServer(t, func(h *rtp.Header) bool { return h.SequenceNumber%5 == 0 })
	s := onAir(t, server.endpoint())
	s.await(t, frame.LinkLive)
	stop := make(chan struct{})
	written := make(chan struct{})
	go func() { // the loss is seen when later packets arrive, so go on until the test has seen enough
		defer close(written)
		tick := time.NewTicker(10 * time.Millisecond)
		defer tick.Stop()
		for n := 0; ; n++ {
			s.WriteVideo(picture(n == 0, 4000, time.Duration(n)*time.Second/30))
			select {
			case <-tick.C:
			case <-stop:
				return
			}
		}
	}()
	seen := map[uint16]bool{}
	var first uint16
	begun := false
	receive(t, "60 packets without a gap", server.packets, func(p *rtp.Packet) bool {
		if !isVideo(p) {
			return false
		}
		if !begun {
			first, begun = p.SequenceNumber, true
		}
		seen[p.SequenceNumber] = true
		for n := range uint16(60) {
			if !seen[first+n] {
				return false
			}
		}
		return true
	})
	receive(t, "link with quality", s.links, func(l frame.Link) bool { return l.RTT > 0 && l.Bitrate > 0 })
	close(stop)
	<-written
	s.end(t)
}

func TestAnswers_that_refuse_become_faults(t *testing.T) {
	for _, c := range []struct {
		status int
		code   wire.Code
		fault  frame.Fault
		final  bool
	}{
		{401, wire.Unauthenticated, frame.FaultToken, true},
		{403, wire.Forbidden, frame.FaultToken, true},
		{404, wire.NotFound, frame.FaultShow, true},
		{404, "", frame.FaultShow, true},
		{409, wire.ShowClosed, frame.FaultClosed, true},
		{409, wire.Conflict, frame.FaultServer, false},
		{410, wire.Replaced, frame.FaultReplaced, true},
		{400, wire.Invalid, frame.FaultServer, true},
		{406, wire.NoCodec, frame.FaultServer, true},
		{413, wire.TooLarge, frame.FaultServer, true},
		{429, wire.RateLimited, frame.FaultBusy, false},
		{503, wire.Unavailable, frame.FaultBusy, false},
		{500, wire.Internal, frame.FaultServer, false},
		{302, "", frame.FaultServer, false},
		{200, "", frame.FaultServer, false},
	} {
		t.Run(fmt.Sprintf("%d %s", c.status, c.code), func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				if c.code == "" {
					w.WriteHeader(c.status)
					return
				}
				problemAnswer(w, c.status, c.code)
			}))
			defer server.Close()
			s := onAir(t, server.URL)
			if c.final {
				err := receive(t, "end of Run", s.finished, func(error) bool { return true })
				if frame.FaultOf(err) != c.fault {
					t.Errorf("Run: %v, fault %q, want %q", err, frame.FaultOf(err), c.fault)
				}
				if l := s.await(t, frame.LinkRefused); l.Fault != c.fault || l.Detail == "" || strings.Contains(l.Detail, testToken) {
					t.Errorf("link %+v, want fault %q", l, c.fault)
				}
				return
			}
			if l := s.await(t, frame.LinkWaiting); l.Fault != c.fault || l.Attempt != 2 || l.RetryAt.IsZero() {
				t.Errorf("link %+v, want fault %q before attempt 2", l, c.fault)
			}
			s.end(t)
		})
	}
}

func TestAddresses_that_are_none_end_the_show(t *testing.T) {
	for _, endpoint := range []string{"", "shop.example/whip", "ftp://shop.example/whip", "http://", "http://[::1", "http://a b/"} {
		s := onAir(t, endpoint)
		if err := <-s.finished; frame.FaultOf(err) != frame.FaultAddress {
			t.Errorf("%q: %v", endpoint, err)
		}
	}
}

func TestA_server_that_does_not_answer_is_tried_again_until_it_does(t *testing.T) {
	server := newWHIPServer(t)
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	untrusted := httptest.NewUnstartedServer(server)
	untrusted.Config.ErrorLog = log.New(io.Discard, "", 0)
	untrusted.StartTLS()
	defer untrusted.Close()
	for endpoint, fault := range map[string]frame.Fault{
		gone.URL:      frame.FaultUnreachable,
		untrusted.URL: frame.FaultCertificate,
		strings.Replace(server.http.URL, "http:", "https:", 1): frame.FaultAddress,
	} {
		s := onAir(t, endpoint)
		l := receive(t, "third attempt", s.links, func(l frame.Link) bool { return l.Phase == frame.LinkWaiting && l.Attempt == 3 })
		if l.Fault != fault {
			t.Errorf("%s: fault %q (%s), want %q", endpoint, l.Fault, l.Detail, fault)
		}
		s.end(t)
	}
}

func TestRetry_After_is_respected(t *testing.T) {
	server := newWHIPServer(t)
	server.before = func(w http.ResponseWriter, _ request) bool {
		w.Header().Set("Retry-After", "90")
		problemAnswer(w, http.StatusServiceUnavailable, wire.Unavailable)
		return true
	}
	s := onAir(t, server.endpoint())
	began := time.Now()
	if l := s.await(t, frame.LinkWaiting); l.RetryAt.Before(began.Add(90 * time.Second)) {
		t.Errorf("next attempt in %v, the server asked for 90 s", l.RetryAt.Sub(began))
	}
	s.end(t)
}

func TestRedirects_keep_method_body_and_token(t *testing.T) {
	for _, status := range []int{307, 308} {
		server := newWHIPServer(t)
		server.before = func(w http.ResponseWriter, r request) bool {
			if r.path != "/whip/evening" {
				return false
			}
			w.Header().Set("Location", "/elsewhere/evening")
			w.WriteHeader(status)
			return true
		}
		s := onAir(t, server.endpoint())
		s.await(t, frame.LinkLive)
		first, second := <-server.requests, <-server.requests
		if second.method != http.MethodPost || second.body != first.body || second.auth != first.auth || second.path != "/elsewhere/evening" {
			t.Errorf("%d: redirected to %s %s with %d of %d bytes, authorization %q", status, second.method, second.path, len(second.body), len(first.body), second.auth)
		}
		s.end(t)
	}
}

func TestThe_token_goes_only_where_it_is_safe(t *testing.T) {
	for _, c := range []struct {
		endpoint, to string
		want         bool
	}{
		{"https://shop.example/whip", "https://shop.example/session", true},
		{"https://shop.example/whip", "https://edge.example/whip", true},
		{"https://shop.example/whip", "http://shop.example/whip", false},
		{"http://127.0.0.1:80/whip", "http://127.0.0.1:80/session", true},
		{"http://127.0.0.1:80/whip", "http://127.0.0.1:81/session", false},
		{"http://127.0.0.1:80/whip", "http://shop.example/session", false},
		{"http://127.0.0.1:80/whip", "https://shop.example/session", true},
	} {
		endpoint, err := parseEndpoint(c.endpoint)
		if err != nil {
			t.Fatal(err)
		}
		to, err := parseEndpoint(c.to)
		if err != nil {
			t.Fatal(err)
		}
		w := &whip{endpoint: endpoint, token: testToken}
		if got := w.mayHearToken(to); got != c.want {
			t.Errorf("from %s to %s: %v, want %v", c.endpoint, c.to, got, c.want)
		}
	}
}

func TestAnswers_without_sense_are_tried_again(t *testing.T) {
	full := func(w http.ResponseWriter, body string) {
		w.Header().Set("Content-Type", "application/sdp")
		w.Header().Set("Location", "/s")
		w.WriteHeader(http.StatusCreated)
		_, _ = io.WriteString(w, body)
	}
	for name, answer := range map[string]func(http.ResponseWriter){
		"not an SDP":    func(w http.ResponseWriter) { full(w, "hello") },
		"endless":       func(w http.ResponseWriter) { full(w, strings.Repeat("a=x\r\n", 20000)) },
		"no media":      func(w http.ResponseWriter) { full(w, "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n") },
		"no location":   func(w http.ResponseWriter) { w.Header().Set("Content-Type", "application/sdp"); w.WriteHeader(201) },
		"other content": func(w http.ResponseWriter) { w.Header().Set("Location", "/s"); w.WriteHeader(201) },
	} {
		t.Run(name, func(t *testing.T) {
			server := newWHIPServer(t)
			server.before = func(w http.ResponseWriter, r request) bool {
				if r.method == http.MethodPost {
					answer(w)
				}
				return r.method == http.MethodPost
			}
			s := onAir(t, server.endpoint())
			if l := s.await(t, frame.LinkWaiting); l.Fault != frame.FaultServer {
				t.Errorf("link %+v", l)
			}
			s.end(t)
		})
	}
}

func TestA_broken_path_is_healed_without_a_new_session(t *testing.T) {
	server := newWHIPServer(t)
	server.before = func(_ http.ResponseWriter, r request) bool {
		if r.method == http.MethodPatch {
			server.wire.pulled.Store(false)
		}
		return false
	}
	s := onAir(t, server.endpoint())
	s.await(t, frame.LinkLive)
	server.wire.pulled.Store(true)
	if l := s.await(t, frame.LinkConnecting); l.Fault != frame.FaultMedia {
		t.Errorf("broken path reported as %+v", l)
	}
	s.await(t, frame.LinkLive)
	s.WriteVideo(picture(true, 100, 0))
	receive(t, "picture after the restart", server.packets, isVideo)
	restart := receive(t, "PATCH", server.requests, func(r request) bool { return r.method == http.MethodPatch })
	if restart.ifMatch != "*" || restart.contentType != "application/trickle-ice-sdpfrag" || restart.path != "/sessions/1" {
		t.Errorf("restart asked for by %+v", restart)
	}
	if server.posts != 1 {
		t.Errorf("%d offers, want the one session to go on", server.posts)
	}
	s.end(t)
}

func TestA_studio_that_was_replaced_gives_up(t *testing.T) {
	server := newWHIPServer(t)
	server.before = func(w http.ResponseWriter, r request) bool {
		if r.method == http.MethodPatch {
			problemAnswer(w, http.StatusGone, wire.Replaced)
		}
		return r.method == http.MethodPatch
	}
	s := onAir(t, server.endpoint())
	s.await(t, frame.LinkLive)
	server.wire.pulled.Store(true)
	if l := s.await(t, frame.LinkRefused); l.Fault != frame.FaultReplaced {
		t.Errorf("link %+v", l)
	}
	var e *Error
	if err := <-s.finished; !errors.As(err, &e) || e.Fault() != frame.FaultReplaced {
		t.Errorf("Run: %v", err)
	}
	if server.posts != 1 {
		t.Errorf("%d offers: the studio fought for the show", server.posts)
	}
}

func TestA_server_that_forgot_the_session_gets_a_new_offer(t *testing.T) {
	server := newWHIPServer(t)
	server.before = func(w http.ResponseWriter, r request) bool {
		if r.method == http.MethodPatch {
			server.wire.pulled.Store(false)
			problemAnswer(w, http.StatusNotFound, wire.NotFound)
		}
		return r.method == http.MethodPatch
	}
	s := onAir(t, server.endpoint())
	s.await(t, frame.LinkLive)
	server.wire.pulled.Store(true)
	receive(t, "second session", s.links, func(l frame.Link) bool { return l.Phase == frame.LinkConnecting && l.Fault == frame.FaultServer })
	s.await(t, frame.LinkLive)
	s.end(t)
	if server.posts != 2 {
		t.Errorf("%d offers, want 2", server.posts)
	}
}

// TestReconnects_leave_nothing_behind reconnects 200 times, every fifth after media had flowed.
func TestReconnects_leave_nothing_behind(t *testing.T) {
	const reconnects = 200
	server := newWHIPServer(t)
	posts := 0
	server.before = func(w http.ResponseWriter, r request) bool {
		switch r.method {
		case http.MethodPatch:
			server.wire.pulled.Store(false)
			problemAnswer(w, http.StatusNotFound, wire.NotFound)
			return true
		case http.MethodPost:
			if posts++; posts%5 != 0 {
				problemAnswer(w, http.StatusInternalServerError, wire.Internal)
				return true
			}
		}
		return false
	}
	s := onAir(t, server.endpoint(), func(p *Publisher) { p.paths.disconnected = 50 * time.Millisecond })
	measure := func() (goroutines, files int) {
		entries, err := os.ReadDir("/proc/self/fd")
		if err != nil {
			t.Skip("no /proc to count files in")
		}
		return runtime.NumGoroutine(), len(entries)
	}
	var goroutines, files int
	for n := range reconnects / 5 {
		s.await(t, frame.LinkLive)
		if n == 4 {
			goroutines, files = measure()
		}
		server.wire.pulled.Store(true)
	}
	s.await(t, frame.LinkLive)
	g, f := measure()
	if g > goroutines+10 || f > files+5 {
		t.Errorf("after %d reconnects %d goroutines and %d files, %d and %d at first", reconnects, g, f, goroutines, files)
	}
	t.Logf("%d goroutines and %d files, %d and %d at first", g, f, goroutines, files)
	s.end(t)
}
