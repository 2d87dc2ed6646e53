package server

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pion/webrtc/v3"
	"github.com/pion/webrtc/v3/pkg/media"

	"vitrine/server/wire"
)

func sample(frame string) media.Sample {
	return media.Sample{Data: []byte(frame), Duration: 33_000_000}
}

const fragmentType = "application/trickle-ice-sdpfrag"

// expect is what a call must be answered with.
type expect struct {
	status int
	code   wire.Code         // of the problem body; "" where there is none
	header map[string]string // must be there, with this in it
}

func (r *running) check(t *testing.T, c call, want expect) *http.Response {
	t.Helper()
	a, body := r.do(c)
	if a.StatusCode != want.status {
		t.Errorf("%s %s is answered %s: %s", c.method, c.path, a.Status, body)
		return a
	}
	for name, part := range want.header {
		if !strings.Contains(strings.Join(a.Header.Values(name), ", "), part) {
			t.Errorf("%s is %q, want %q in it", name, a.Header.Values(name), part)
		}
	}
	if want.code == "" {
		return a
	}
	var p wire.Problem
	err := json.Unmarshal([]byte(body), &p)
	if err != nil || a.Header.Get("Content-Type") != "application/problem+json" || p.Code != want.code || p.Status != want.status ||
		p.Title != http.StatusText(want.status) || p.Detail == "" || p.Type == "" {
		t.Errorf("the problem is %q (%v), want code %s", body, err, want.code)
	}
	return a
}

// pcmuOnly and vp8Only are for offers that lack what a show needs.
var (
	pcmuOnly = webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypePCMU, ClockRate: 8000}
	vp8Only  = webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeVP8, ClockRate: 90000}
)

// TestConformance holds the server to every status that its documentation promises, over plain HTTP.
func TestConformance(t *testing.T) {
	r := start(t, Config{})
	const sdp = "application/sdp"
	send, recv := sending(r).offer(), receiving(r).offer()
	long := strings.Repeat("a=x:0123456789\r\n", 64<<10/16+1)
	cors := map[string]string{"Access-Control-Allow-Origin": "*", "Access-Control-Expose-Headers": "Location"}

	for _, c := range []struct {
		name string
		call call
		want expect
	}{
		{"no token", call{method: "POST", path: "/whip/demo", kind: sdp, body: send}, expect{401, wire.Unauthenticated, map[string]string{"WWW-Authenticate": "Bearer"}}},
		{"a wrong token", call{method: "POST", path: "/whip/demo", kind: sdp, body: send, token: "wrong"}, expect{401, wire.Unauthenticated, map[string]string{"WWW-Authenticate": "Bearer"}}},
		{"another show's token", call{method: "POST", path: "/whip/demo", kind: sdp, body: send, token: otherToken}, expect{401, wire.Unauthenticated, nil}},
		{"an operator's token does not publish", call{method: "POST", path: "/whip/demo", kind: sdp, body: send, token: r.operator}, expect{401, wire.Unauthenticated, nil}},
		{"an unknown show", call{method: "POST", path: "/whip/none", kind: sdp, body: send, token: token}, expect{404, wire.NotFound, cors}},
		{"a name that no show can have", call{method: "POST", path: "/whip/No%20Show", kind: sdp, body: send, token: token}, expect{404, wire.NotFound, nil}},
		{"a wrong media type", call{method: "POST", path: "/whip/demo", kind: "text/plain", body: send, token: token}, expect{415, wire.MediaType, nil}},
		{"no media type", call{method: "POST", path: "/whip/demo", body: send, token: token}, expect{415, wire.MediaType, nil}},
		{"not an SDP", call{method: "POST", path: "/whip/demo", kind: sdp, body: "hello", token: token}, expect{400, wire.Invalid, nil}},
		{"an empty body", call{method: "POST", path: "/whip/demo", kind: sdp, token: token}, expect{400, wire.Invalid, nil}},
		{"an SDP without media", call{method: "POST", path: "/whip/demo", kind: sdp, body: send[:strings.Index(send, "m=")], token: token}, expect{400, wire.Invalid, nil}},
		{"a viewer's offer to publish", call{method: "POST", path: "/whip/demo", kind: sdp, body: recv, token: token}, expect{400, wire.Invalid, nil}},
		{"too long an SDP", call{method: "POST", path: "/whip/demo", kind: sdp, body: send + long, token: token}, expect{413, wire.TooLarge, nil}},
		{"a codec that is not carried", call{method: "POST", path: "/whip/demo", kind: sdp, body: sending(r, pcmuOnly).offer(), token: token}, expect{406, wire.NoCodec, nil}},
		{"watching what is not live", call{method: "POST", path: "/whep/demo", kind: sdp, body: recv}, expect{409, wire.NotLive, map[string]string{"Retry-After": "2", "Access-Control-Allow-Origin": "*"}}},
		{"watching an unknown show", call{method: "POST", path: "/whep/none", kind: sdp, body: recv}, expect{404, wire.NotFound, nil}},
		{"reading an endpoint", call{method: "GET", path: "/whip/demo"}, expect{405, wire.Method, map[string]string{"Allow": "OPTIONS, POST"}}},
		{"asking an endpoint", call{method: "OPTIONS", path: "/whep/demo"}, expect{204, "", map[string]string{"Accept-Post": sdp, "Allow": "POST", "Access-Control-Allow-Methods": "POST", "Access-Control-Allow-Headers": "If-Match, Idempotency-Key"}}},
		{"reading a session", call{method: "GET", path: "/whep/demo/none"}, expect{405, wire.Method, map[string]string{"Allow": "DELETE, OPTIONS, PATCH"}}},
		{"asking a session's head", call{method: "HEAD", path: "/whip/demo/none"}, expect{405, "", map[string]string{"Allow": "PATCH"}}},
		{"replacing a session", call{method: "PUT", path: "/whip/demo/none"}, expect{405, wire.Method, nil}},
		{"an unknown session", call{method: "DELETE", path: "/whip/demo/none"}, expect{404, wire.NotFound, nil}},
		{"a fragment for an unknown session", call{method: "PATCH", path: "/whip/demo/none", kind: fragmentType, match: "*", body: "a=end-of-candidates"}, expect{404, wire.NotFound, nil}},

		{"health", call{method: "GET", path: "/healthz"}, expect{200, "", nil}},
		{"readiness", call{method: "GET", path: "/readyz"}, expect{200, "", nil}},
		{"metrics", call{method: "GET", path: "/metrics"}, expect{200, "", map[string]string{"Content-Type": "text/plain"}}},
		{"the page", call{method: "GET", path: "/watch/demo"}, expect{200, "", map[string]string{"Content-Security-Policy": "default-src 'none'", "Content-Type": "text/html"}}},
		{"writing to the page", call{method: "POST", path: "/watch/demo"}, expect{405, wire.Method, nil}},
		{"nothing", call{method: "GET", path: "/"}, expect{404, wire.NotFound, nil}},
		{"nothing, with every method", call{method: "DELETE", path: "/nothing"}, expect{404, wire.NotFound, nil}},

		{"reading a show", call{method: "GET", path: "/api/shows/demo"}, expect{200, "", map[string]string{"Content-Type": "application/json"}}},
		{"reading an unknown show", call{method: "GET", path: "/api/shows/none"}, expect{404, wire.NotFound, nil}},
		{"listing without token", call{method: "GET", path: "/api/shows"}, expect{401, wire.Unauthenticated, nil}},
		{"listing with a wrong token", call{method: "GET", path: "/api/shows", token: "wrong"}, expect{401, wire.Unauthenticated, nil}},
		{"making a show without token", call{method: "POST", path: "/api/shows", kind: "application/json", body: `{"id":"x"}`}, expect{401, wire.Unauthenticated, nil}},
		{"making a show with a show's token", call{method: "POST", path: "/api/shows", kind: "application/json", body: `{"id":"x"}`, token: token}, expect{401, wire.Unauthenticated, nil}},
		{"a name taken", call{method: "POST", path: "/api/shows", kind: "application/json", body: `{"id":"demo"}`, token: r.operator}, expect{409, wire.Conflict, nil}},
		{"a crafted name", call{method: "POST", path: "/api/shows", kind: "application/json", body: `{"id":"../x"}`, token: r.operator}, expect{400, wire.Invalid, nil}},
		{"a crafted title", call{method: "POST", path: "/api/shows", kind: "application/json", body: `{"id":"x","title":"a\u202eb\u0000"}`, token: r.operator}, expect{400, wire.Invalid, nil}},
		{"a title too long", call{method: "POST", path: "/api/shows", kind: "application/json", body: `{"id":"x","title":"` + strings.Repeat("é", 121) + `"}`, token: r.operator}, expect{400, wire.Invalid, nil}},
		{"an unknown field", call{method: "POST", path: "/api/shows", kind: "application/json", body: `{"id":"x","admin":true}`, token: r.operator}, expect{400, wire.Invalid, nil}},
		{"two values", call{method: "POST", path: "/api/shows", kind: "application/json", body: `{"id":"x"}{}`, token: r.operator}, expect{400, wire.Invalid, nil}},
		{"not JSON", call{method: "POST", path: "/api/shows", kind: "application/json", body: `{`, token: r.operator}, expect{400, wire.Invalid, nil}},
		{"JSON as text", call{method: "POST", path: "/api/shows", kind: "text/plain", body: `{"id":"x"}`, token: r.operator}, expect{415, wire.MediaType, nil}},
		{"too much JSON", call{method: "POST", path: "/api/shows", kind: "application/json", body: `{"id":"` + long + `"}`, token: r.operator}, expect{413, wire.TooLarge, nil}},
		{"closing without token", call{method: "POST", path: "/api/shows/demo/close"}, expect{401, wire.Unauthenticated, nil}},
		{"closing with another's token", call{method: "POST", path: "/api/shows/demo/close", token: otherToken}, expect{401, wire.Unauthenticated, nil}},
		{"closing an unknown show", call{method: "POST", path: "/api/shows/none/close", token: token}, expect{404, wire.NotFound, nil}},
		{"checking the network", call{method: "POST", path: "/api/check", kind: "application/octet-stream", body: long, token: token}, expect{204, "", nil}},
		{"checking the network with an operator's token", call{method: "POST", path: "/api/check", kind: "application/octet-stream", body: "x", token: r.operator}, expect{204, "", nil}},
		{"checking the network without token", call{method: "POST", path: "/api/check", kind: "application/octet-stream", body: "x"}, expect{401, wire.Unauthenticated, map[string]string{"WWW-Authenticate": "Bearer"}}},
		{"checking the network with too much", call{method: "POST", path: "/api/check", kind: "application/octet-stream", body: long + strings.Repeat(long, 8), token: token}, expect{413, wire.TooLarge, nil}},
		{"asking about the check", call{method: "OPTIONS", path: "/api/check"}, expect{204, "", map[string]string{"Accept-Post": "application/octet-stream", "Allow": "POST"}}},
		{"deleting a show", call{method: "DELETE", path: "/api/shows/demo", token: r.operator}, expect{405, wire.Method, map[string]string{"Allow": "GET"}}},
	} {
		t.Run(c.name, func(t *testing.T) { r.check(t, c.call, c.want) })
	}
}

func TestA_sessions_life_over_HTTP(t *testing.T) {
	r := start(t, Config{})
	p := sending(r)
	a := r.check(t, call{method: "POST", path: "/whip/demo", token: token, kind: "application/sdp; charset=utf-8", body: p.offer()}, expect{201, "", map[string]string{
		"Content-Type": "application/sdp", "Location": "/whip/demo/", "Accept-Patch": fragmentType, "ETag": `"`,
	}})
	at, tag := a.Header.Get("Location"), a.Header.Get("ETag")
	candidates := "a=ice-ufrag:" + attribute(p, "ice-ufrag") + "\r\na=ice-pwd:" + attribute(p, "ice-pwd") +
		"\r\nm=video 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:0\r\na=candidate:1 1 udp 2130706431 127.0.0.1 9 typ host\r\na=end-of-candidates\r\n"
	again := strings.Replace(candidates, "a=ice-ufrag:", "a=ice-ufrag:new", 1)

	patch := func(match, body string) call {
		return call{method: "PATCH", path: at, kind: fragmentType, match: match, body: body}
	}
	t.Run("no entity tag", func(t *testing.T) { r.check(t, patch("", candidates), expect{428, wire.PreconditionRequired, nil}) })
	t.Run("a wrong entity tag", func(t *testing.T) { r.check(t, patch(`"wrong"`, candidates), expect{412, wire.Precondition, nil}) })
	t.Run("candidates", func(t *testing.T) { r.check(t, patch(tag, candidates), expect{204, "", nil}) })
	t.Run("a wrong media type", func(t *testing.T) {
		r.check(t, call{method: "PATCH", path: at, kind: "application/sdp", match: tag, body: candidates}, expect{415, wire.MediaType, nil})
	})
	t.Run("a broken fragment", func(t *testing.T) { r.check(t, patch(tag, "hello"), expect{400, wire.Invalid, nil}) })
	t.Run("a long fragment", func(t *testing.T) {
		r.check(t, patch(tag, strings.Repeat(candidates, 600)), expect{413, wire.TooLarge, nil})
	})
	t.Run("new credentials under the old tag", func(t *testing.T) { r.check(t, patch(tag, again), expect{400, wire.Invalid, nil}) })
	t.Run("a restart", func(t *testing.T) {
		a, body := r.do(patch("*", again))
		if a.StatusCode != 200 || a.Header.Get("ETag") == tag || a.Header.Get("Content-Type") != fragmentType ||
			!strings.Contains(body, "a=ice-ufrag:") || !strings.Contains(body, "a=ice-pwd:") || !strings.Contains(body, "a=candidate:") {
			t.Errorf("%s %q: %s", a.Status, a.Header, body)
		}
		r.check(t, patch(tag, candidates), expect{412, wire.Precondition, nil})
	})
	t.Run("the other protocol", func(t *testing.T) {
		r.check(t, call{method: "DELETE", path: strings.Replace(at, "whip", "whep", 1)}, expect{404, wire.NotFound, nil})
	})
	t.Run("another show", func(t *testing.T) {
		r.check(t, call{method: "DELETE", path: strings.Replace(at, "demo", "other", 1)}, expect{404, wire.NotFound, nil})
	})
	t.Run("the end, once", func(t *testing.T) {
		r.check(t, call{method: "DELETE", path: at}, expect{200, "", nil})
		r.check(t, call{method: "DELETE", path: at}, expect{404, wire.NotFound, nil})
	})
}

// attribute is an attribute of the peer's offer.
func attribute(p *peer, key string) string {
	_, rest, _ := strings.Cut(p.pc.LocalDescription().SDP, "a="+key+":")
	value, _, _ := strings.Cut(rest, "\r\n")
	return value
}

func TestA_viewer_of_a_live_show(t *testing.T) {
	r := start(t, Config{})
	first := publish(r)
	if s := r.show("demo"); s.Video != "H264" || s.Since == nil || s.State != wire.Open {
		t.Errorf("the show is %+v", s)
	}
	r.check(t, call{method: "POST", path: "/whep/demo", kind: "application/sdp", body: receiving(r, vp8Only).offer()}, expect{406, wire.NoCodec, nil})
	a, list := r.do(call{method: "GET", path: "/api/live"})
	if !strings.HasPrefix(list, `[{"id":"demo"`) || strings.Contains(list, "other") || a.Header.Get("Cache-Control") != "public, max-age=2" {
		t.Errorf("the live shows are %s, %v", list, a.Header)
	}
	v := watch(r)
	track := v.track()
	last := v.next(track)
	await(t, "the viewer to be counted", func() bool { return r.show("demo").Viewers == 1 })

	second := publish(r) // a second POST with the same token
	await(t, "the take-over", func() bool {
		a, _ := r.do(call{method: "PATCH", path: first.resource, kind: fragmentType, match: "*", body: "a=end-of-candidates"})
		return a.StatusCode == http.StatusGone
	})
	r.check(t, call{method: "DELETE", path: first.resource}, expect{410, wire.Replaced, nil})
	second.delta()
	for range 3 { // what is left of the first key frame, and the second publisher's
		k := v.next(track)
		if k.SequenceNumber != last.SequenceNumber+1 || k.SSRC != last.SSRC {
			t.Errorf("%d of %d follows %d of %d", k.SequenceNumber, k.SSRC, last.SequenceNumber, last.SSRC)
		}
		last = k
	}
	_, body := r.do(call{method: "GET", path: "/metrics"})
	for _, line := range []string{"vitrine_shows_live 1", "vitrine_viewers 1", "vitrine_publishers 1", "vitrine_bus_up 1", "process_cpu_seconds_total", "go_memstats_heap_alloc_bytes"} {
		if !strings.Contains(body, line) {
			t.Errorf("metrics lack %q", line)
		}
	}
	t.Run("closing ends all, opening begins anew", func(t *testing.T) {
		r.check(t, call{method: "POST", path: "/api/shows/demo/close", token: token}, expect{204, "", nil})
		r.check(t, call{method: "DELETE", path: v.resource}, expect{404, wire.NotFound, nil})
		r.check(t, call{method: "POST", path: "/whep/demo", kind: "application/sdp", body: receiving(r).offer()}, expect{409, wire.ShowClosed, nil})
		r.check(t, call{method: "POST", path: "/whip/demo", kind: "application/sdp", token: token, body: sending(r).offer()}, expect{409, wire.ShowClosed, nil})
		r.check(t, call{method: "POST", path: "/whip/demo", kind: "application/sdp", token: "wrong", body: sending(r).offer()}, expect{401, wire.Unauthenticated, nil})
		if s := r.show("demo"); s.Live || s.State != wire.Closed || s.Since != nil || s.Video != "" {
			t.Errorf("the show is %+v", s)
		}
		r.check(t, call{method: "POST", path: "/api/shows/demo/open", token: r.operator}, expect{204, "", nil})
		publish(r)
	})
}

func TestToo_many_sessions(t *testing.T) {
	for name, c := range map[string]struct {
		cfg  Config
		want expect
	}{
		"from one address": {Config{MaxPerAddress: 1}, expect{429, wire.RateLimited, map[string]string{"Retry-After": "5"}}},
		"in total":         {Config{MaxSessions: 1}, expect{503, wire.Unavailable, map[string]string{"Retry-After": "5"}}},
	} {
		t.Run(name, func(t *testing.T) {
			r := start(t, c.cfg)
			publish(r)
			r.check(t, call{method: "POST", path: "/whep/demo", kind: "application/sdp", body: receiving(r).offer()}, c.want)
		})
	}
}

func TestThe_operator_makes_a_show_and_its_token_publishes(t *testing.T) {
	r := start(t, Config{})
	a, body := r.do(call{method: "POST", path: "/api/shows", token: r.operator, kind: "application/json", body: `{"id":"new","title":"Füße & mehr"}`})
	var made wire.CreatedShow
	if err := json.Unmarshal([]byte(body), &made); err != nil || a.StatusCode != 201 || a.Header.Get("Location") != "/api/shows/new" {
		t.Fatalf("%s %q: %s", a.Status, a.Header.Get("Location"), body)
	}
	if made.Token == "" || made.Title != "Füße & mehr" || made.State != wire.Open {
		t.Errorf("made %+v", made)
	}
	r.check(t, call{method: "POST", path: "/whip/new", token: made.Token, kind: "application/sdp", body: sending(r).offer()}, expect{201, "", nil})
	for who, want := range map[string]int{r.operator: 3, made.Token: 1} {
		var list []wire.Show
		_, body := r.do(call{method: "GET", path: "/api/shows", token: who})
		if err := json.Unmarshal([]byte(body), &list); err != nil || len(list) != want || strings.Contains(body, made.Token) {
			t.Errorf("the list is %s", body)
		}
	}
}

// again makes a call twice and checks that both get the same answer.
func (r *running) again(t *testing.T, c call, status int) *http.Response {
	t.Helper()
	first, one := r.do(c)
	second, two := r.do(c)
	if first.StatusCode != status || second.StatusCode != status || one != two {
		t.Errorf("%s %s is answered %s %q, then %s %q", c.method, c.path, first.Status, one, second.Status, two)
	}
	for _, h := range []*http.Response{first, second} {
		h.Header.Del("Date")
	}
	if diff := cmp.Diff(first.Header, second.Header); diff != "" {
		t.Errorf("the headers are others: %s", diff)
	}
	return first
}

func TestA_repeated_request_gets_the_same_answer_and_makes_no_second_session(t *testing.T) {
	r := start(t, Config{})
	publish(r)
	sessions := func() string {
		_, body := r.do(call{method: "GET", path: "/metrics"})
		_, rest, _ := strings.Cut(body, "\nvitrine_sessions ")
		n, _, _ := strings.Cut(rest, "\n")
		return n
	}
	const sdp = "application/sdp"
	recv, send := receiving(r), sending(r)
	join := call{method: "POST", path: "/whep/demo", kind: sdp, body: recv.offer(), key: "k"}
	at := r.again(t, join, 201).Header.Get("Location")
	if n := sessions(); n != "2" {
		t.Errorf("there are %s sessions", n)
	}
	other := join
	other.body = receiving(r).offer()
	r.check(t, other, expect{409, wire.Conflict, map[string]string{"Access-Control-Allow-Origin": "*"}})
	other.key = strings.Repeat("k", 200)
	r.check(t, other, expect{400, wire.Invalid, nil})

	credentials := "a=ice-ufrag:new" + attribute(recv, "ice-ufrag") + "\r\na=ice-pwd:" + attribute(recv, "ice-pwd") + "\r\n"
	restart := call{method: "PATCH", path: at, kind: fragmentType, match: "*", body: credentials, key: "k"}
	tag := r.again(t, restart, 200).Header.Get("ETag")
	r.check(t, call{method: "PATCH", path: at, kind: fragmentType, match: tag, body: "a=end-of-candidates", key: "l"}, expect{204, "", nil})

	host := call{method: "POST", path: "/whip/demo", kind: sdp, body: send.offer(), token: token, key: "k"}
	r.again(t, host, 201)
	stranger := host
	stranger.token = "wrong"
	r.check(t, stranger, expect{401, wire.Unauthenticated, nil})
	stranger.token, stranger.body = "", recv.pc.LocalDescription().SDP
	r.check(t, stranger, expect{401, wire.Unauthenticated, nil})
}

func TestAn_error_is_not_remembered(t *testing.T) {
	r := start(t, Config{})
	join := call{method: "POST", path: "/whep/demo", kind: "application/sdp", body: receiving(r).offer(), key: "k"}
	r.check(t, join, expect{409, wire.NotLive, nil})
	publish(r)
	r.check(t, join, expect{201, "", nil})
}

// TestA_client_that_trickles gives its candidates after the offer, as browsers' WHIP libraries do.
func TestA_client_that_trickles(t *testing.T) {
	r := start(t, Config{})
	p := sending(r)
	p.accept(r.do(call{method: "POST", path: "/whip/demo", token: token, kind: "application/sdp", body: p.offer()}))
	head := "a=ice-ufrag:" + attribute(p, "ice-ufrag") + "\r\na=ice-pwd:" + attribute(p, "ice-pwd") + "\r\nm=video 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:0\r\n"
	r.check(t, call{method: "PATCH", path: p.resource, kind: fragmentType, match: p.etag, body: head + "a=candidate:1 1 udp 2130706431 127.0.0.1 40000 typ host\r\n"}, expect{204, "", nil})
	r.check(t, call{method: "PATCH", path: p.resource, kind: fragmentType, match: p.etag, body: head + "a=end-of-candidates\r\n"}, expect{204, "", nil})
	p.connect().keyFrame()
	await(t, "the show to be live", func() bool { return r.show("demo").Live })
	r.check(t, call{method: "DELETE", path: p.resource}, expect{200, "", nil})
	await(t, "the show to be off air", func() bool { return !r.show("demo").Live })
}
