package live

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pion/webrtc/v3"

	"vitrine/server/wire"
)

const away wire.ShowID = "demo~at-0123456789abcdef"

// other is another server: a stage behind plain WHEP.
type other struct {
	*Stage
	url          string
	joined, left atomic.Int32
	tokens       chan string
	twist        func(answer string) string // changes the answers
}

func startOther(t *testing.T) *other {
	o := &other{Stage: startStage(t, Config{}), tokens: make(chan string, 64), twist: func(a string) string { return a }}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /whep/{show}", func(w http.ResponseWriter, r *http.Request) {
		offer, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		select {
		case o.tokens <- r.Header.Get("Authorization"):
		default:
		}
		show := r.PathValue("show")
		a, err := o.Watch(r.Context(), wire.Show{ID: wire.ShowID(show)}, string(offer), loopback)
		if err != nil {
			http.Error(w, err.Error(), http.StatusConflict)
			return
		}
		o.joined.Add(1)
		w.Header().Set("Location", "/whep/"+show+"/"+string(a.Session))
		w.WriteHeader(http.StatusCreated)
		_, _ = io.WriteString(w, o.twist(a.SDP))
	})
	mux.HandleFunc("DELETE /whep/{show}/{session}", func(w http.ResponseWriter, r *http.Request) {
		o.left.Add(1)
		_ = o.End(r.Context(), Resource{false, wire.ShowID(r.PathValue("show")), SessionID(r.PathValue("session"))})
		w.WriteHeader(http.StatusOK)
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	o.url = server.URL + "/whep/"
	return o
}

// pulls has a stage pull a show until stop is called or the test ends.
func pulls(t *testing.T, here *Stage, id wire.ShowID, from, token string) (stop func()) {
	ctx, cancel := context.WithCancel(t.Context())
	client := &http.Client{Transport: &http.Transport{}}
	done := make(chan error, 1)
	go func() { done <- here.Pull(ctx, id, from, token, client) }()
	ended := false
	stop = func() {
		if ended {
			return
		}
		ended = true
		cancel()
		if err := <-done; err != nil {
			t.Errorf("the pull ended with %v", err)
		}
		client.CloseIdleConnections()
	}
	t.Cleanup(stop)
	return stop
}

func TestA_show_of_another_server_comes_as_it_is_and_ends_with_its_pull(t *testing.T) {
	t.Parallel()
	var d diary
	there, here := startOther(t), startStage(t, Config{Changed: d.changed})
	host := publish(t, there.Stage, "their", opus, h264)
	ts := uint32(0)
	play := func(key bool) {
		ts += 3000
		host.send(host.audio, ts/2, false, 9, byte(ts>>16), byte(ts>>8), byte(ts))
		if key {
			host.keyFrame(ts)
		} else {
			host.delta(ts)
		}
	}
	play(true)
	stop := pulls(t, here, away, there.url+"their", "secret")
	await(t, "the show here", func() bool { play(false); return here.Show(away).Live })
	if got := <-there.tokens; got != "Bearer secret" {
		t.Errorf("the other server was shown %q", got)
	}
	v := watch(t, here, away, opus, h264)
	await(t, "sound and picture", func() bool {
		play(false)
		return len(v.tracks[webrtc.RTPCodecTypeAudio]) > 0 && len(v.tracks[webrtc.RTPCodecTypeVideo]) > 0
	})
	sound, picture := v.track(webrtc.RTPCodecTypeAudio), v.track(webrtc.RTPCodecTypeVideo)
	got := stream{t: t}
	if first := got.next(v.read(picture)); first.Payload[0] != nalSTAPA {
		t.Errorf("the picture begins with % x", first.Payload)
	}
	step := uint32(0)
	for i := range 40 { // each frame once, in order
		play(false)
		v.read(sound)
		k := got.next(v.read(picture))
		if k.Payload[0] != 0x41 {
			continue
		}
		if now := uint32(k.Payload[1])<<8 | uint32(k.Payload[2]); i > 2 && step != 0 && uint16(now-step) != 3000 {
			t.Errorf("frame %d follows %d", now, step)
		} else {
			step = now
		}
	}
	for len(host.keys) > 0 {
		<-host.keys
	}
	await(t, "the wish of a viewer here to reach the host there", func() bool {
		here.picture(away).up().RequestKey(time.Now())
		return len(host.keys) > 0
	})
	stop()
	await(t, "its end there", func() bool { return there.left.Load() == 1 && there.Show("their").Viewers == 0 })
	await(t, "its end here", func() bool {
		d.mu.Lock()
		defer d.mu.Unlock()
		return len(d.lines) > 0 && d.lines[len(d.lines)-1] == string(away)+" nothing"
	})
}

func TestA_pull_comes_back_when_the_other_show_does(t *testing.T) {
	t.Parallel()
	there, here := startOther(t), startStage(t, Config{})
	pulls(t, here, away, there.url+"their", "")
	<-there.tokens // nobody sends yet
	for range 2 {
		host := publish(t, there.Stage, "their", vp8)
		ts := uint32(0)
		await(t, "the show here", func() bool { ts += 3000; host.vp8Key(ts, 1920, 1080); return here.Show(away).Live })
		if err := there.Close(t.Context(), "their"); err != nil {
			t.Fatal(err)
		}
		await(t, "its end", func() bool { return !here.Show(away).Live })
	}
	if n := there.joined.Load(); n != 2 {
		t.Errorf("%d sessions were made", n)
	}
}

func TestA_pull_mends_losses_and_knows_when_pictures_were_taken(t *testing.T) {
	t.Parallel()
	there, here := startOther(t), startStage(t, Config{})
	host := publish(t, there.Stage, "their", h264)
	const ahead = 3 * time.Minute
	ts := uint32(0)
	play := func() { ts += 3000; host.delta(ts) }
	host.keyFrame(0)
	way := startPath(t, there.Stage)
	there.twist = func(a string) string { return way.leads(there.Stage, a) }
	pulls(t, here, away, there.url+"their", "")
	await(t, "the show here", func() bool { play(); return here.Show(away).Live })
	await(t, "the host's clock", func() bool {
		play()
		host.report(host.video, toNTP(time.Now().Add(ahead)), ts)
		ms, ok := here.MediaTime(away)
		off := time.UnixMilli(ms).Sub(time.Now().Add(ahead))
		return ok && off > -time.Second && off < time.Second
	})
	await(t, "when a picture was taken, over the event channel", func() bool {
		play()
		up := here.picture(away).up()
		up.mu.Lock()
		defer up.mu.Unlock()
		return up.stamped != nil
	})
	way.lose(0.1)
	for range 200 {
		play()
		<-time.After(2 * time.Millisecond)
	}
	way.lose(0)
	up := here.picture(away).up()
	await(t, "all that was lost", func() bool {
		play()
		up.mu.Lock()
		defer up.mu.Unlock()
		return up.reception.lost > 0 && len(up.reception.missing) == 0 && up.reception.gone == 0
	})
}

func TestPulls_of_what_is_no_show_are_refused(t *testing.T) {
	s := startStage(t, Config{})
	for name, c := range map[string]struct {
		id   wire.ShowID
		from string
	}{
		"no seat":      {"demo~AT", "https://shop.example/whep/evening"},
		"no address":   {away, "shop.example/whep/evening"},
		"another kind": {away, "file:///etc/passwd"},
		"nonsense":     {away, "http://[::1"},
	} {
		if err := s.Pull(t.Context(), c.id, c.from, "", nil); !isCode(err, wire.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := readPulled(strings.ReplaceAll(newOffer(t, vp8), "recvonly", "inactive")); !isCode(err, wire.NoCodec) {
		t.Errorf("an answer that sends nothing: %v", err)
	}
	if _, err := readPulled("v=1"); err == nil {
		t.Error("an answer that is none was taken")
	}
}
