package publish

import (
	"errors"
	"net"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/pion/sdp/v3"
	"github.com/pion/stun"
	"github.com/pion/webrtc/v3"

	"vitrine/capture/frame"
	"vitrine/server/wire"
)

func TestLink_headers_name_ICE_servers(t *testing.T) {
	turn := webrtc.ICEServer{URLs: []string{"turn:turn.example:3478?transport=udp"}, Username: "u,1", Credential: `p"w;`, CredentialType: webrtc.ICECredentialTypePassword}
	stunServer := webrtc.ICEServer{URLs: []string{"stun:stun.example:3478"}}
	for header, want := range map[string][]webrtc.ICEServer{
		`<stun:stun.example:3478>; rel="ice-server"`:      {stunServer},
		`<stun:stun.example:3478>;rel=ice-server`:         {stunServer},
		`<stun:stun.example:3478>; REL="next Ice-Server"`: {stunServer},
		`<turn:turn.example:3478?transport=udp>; rel="ice-server"; username="u,1"; credential="p\"w;"; credential-type="x"`:  {turn},
		`<https://a.example>; rel="next", <stun:stun.example:3478>; rel="ice-server" , <x>`:                                  {stunServer},
		`<stun:stun.example:3478>; rel="ice-server", <turn:turn.example:3478?transport=udp>; rel="ice-server"; username="u"`: {stunServer},
		`<stun:stun.example:3478>; rel="next"`:                                 nil,
		`<https://a.example>; rel="ice-server"`:                                nil,
		`stun:stun.example; rel="ice-server"`:                                  nil,
		`<stun:stun.example:3478>; title="a, b"; rel="ice-server"; rel="next"`: {stunServer},
		``: nil,
	} {
		if got := iceServers([]string{header}); !reflect.DeepEqual(got, want) {
			t.Errorf("%s\n gives %+v\n want %+v", header, got, want)
		}
	}
}

func FuzzLink(f *testing.F) {
	f.Add(`<turn:t.example:1>; rel="ice-server"; username="u"; credential="p\"", <stun:s.example>; rel=ice-server`)
	f.Add(`<`)
	f.Add(`<stun:x>;;;=,"`)
	f.Fuzz(func(t *testing.T, header string) {
		for _, s := range iceServers([]string{header}) {
			if len(s.URLs) != 1 || !strings.HasPrefix(strings.ToLower(s.URLs[0]), "stun") && !strings.HasPrefix(strings.ToLower(s.URLs[0]), "turn") {
				t.Errorf("%q gives %+v", header, s)
			}
		}
	})
}

const sampleAnswer = "v=0\r\no=- 1 2 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0 1\r\na=ice-lite\r\n" +
	"m=audio 9 UDP/TLS/RTP/SAVPF 111\r\nc=IN IP4 0.0.0.0\r\na=mid:0\r\na=ice-ufrag:old\r\na=ice-pwd:oldpassword\r\n" +
	"a=candidate:1 1 udp 2130706431 127.0.0.1 5000 typ host\r\na=end-of-candidates\r\na=recvonly\r\n" +
	"m=video 9 UDP/TLS/RTP/SAVPF 102\r\nc=IN IP4 0.0.0.0\r\na=mid:1\r\na=ice-ufrag:old\r\na=ice-pwd:oldpassword\r\na=recvonly\r\n"

func TestA_restart_changes_credentials_and_candidates_only(t *testing.T) {
	f, err := parseFragment("a=ice-ufrag:new\r\na=ice-pwd:newpassword\r\nm=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:0\r\na=candidate:2 1 udp 2130706431 127.0.0.1 6000 typ host\r\na=end-of-candidates\r\n")
	if err != nil {
		t.Fatal(err)
	}
	got, err := restarted(sampleAnswer, f)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(got, "old") || strings.Contains(got, "5000") || strings.Count(got, "a=ice-ufrag:new\r\n") != 2 || !strings.Contains(got, " 6000 ") {
		t.Errorf("answer after the restart:\n%s", got)
	}
	if !strings.Contains(got, "a=ice-lite") || checkAnswer(got, 2) != nil {
		t.Errorf("the rest of the answer was lost:\n%s", got)
	}
	f.candidates = nil
	if got, err = restarted(sampleAnswer, f); err != nil || !strings.Contains(got, "5000") {
		t.Errorf("a restart without candidates lost the old ones: %v\n%s", err, got)
	}
}

func TestAnswers_that_refuse_a_stream_are_recognised(t *testing.T) {
	for name, answer := range map[string]string{
		"port 0":     strings.Replace(sampleAnswer, "m=video 9", "m=video 0", 1),
		"inactive":   strings.Replace(sampleAnswer, "a=mid:1\r\n", "a=mid:1\r\na=inactive\r\n", 1),
		"no video":   sampleAnswer[:strings.Index(sampleAnswer, "m=video")],
		"not an SDP": "hello",
	} {
		if checkAnswer(answer, 2) == nil {
			t.Errorf("%s was taken", name)
		}
	}
	if err := checkAnswer(sampleAnswer, 2); err != nil {
		t.Error(err)
	}
}

func FuzzFragment(f *testing.F) {
	f.Add(sampleAnswer, "a=ice-ufrag:new\r\na=ice-pwd:newpassword\r\na=candidate:2 1 udp 1 127.0.0.1 6000 typ host\r\n")
	f.Add(sampleAnswer, "a=ice-ufrag:\x00\r\n")
	f.Add("v=0\r\n", "")
	f.Fuzz(func(t *testing.T, answer, frag string) {
		_ = checkAnswer(answer, 2)
		_, _, _ = fragment(answer, func(string) bool { return false })
		parsed, err := parseFragment(frag)
		if err != nil {
			return
		}
		got, err := restarted(answer, parsed)
		if err != nil {
			return
		}
		var before, after sdp.SessionDescription
		if err := errors.Join(before.UnmarshalString(answer), after.UnmarshalString(got)); err != nil {
			t.Fatalf("the answer cannot be read any more: %v", err)
		}
		if len(before.MediaDescriptions) != len(after.MediaDescriptions) {
			t.Errorf("the fragment changed the media sections:\n%s", got)
		}
	})
}

func TestRetry_After_is_read_as_seconds_or_date(t *testing.T) {
	now := time.Date(2026, 11, 21, 10, 0, 0, 0, time.UTC)
	for v, want := range map[string]time.Duration{
		"3": 3 * time.Second, "": 0, "-1": 0, "soon": 0, "99999999": longestRetryAfter, "99999999999999999999": 0,
		"Sat, 21 Nov 2026 10:00:30 GMT": 30 * time.Second, "Sat, 21 Nov 2026 09:00:00 GMT": 0,
	} {
		if got := retryAfter(v, now); got != want {
			t.Errorf("%q: %v, want %v", v, got, want)
		}
	}
}

// stunServer answers binding requests when told to, so that the answer comes after the offer was sent.
func stunServer(t *testing.T, answer <-chan struct{}) (address string) {
	t.Helper()
	conn, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	t.Cleanup(func() { _ = conn.Close(); <-done })
	go func() {
		defer close(done)
		buf := make([]byte, 1500)
		for {
			n, from, err := conn.ReadFrom(buf)
			if err != nil {
				return
			}
			m := &stun.Message{Raw: append([]byte(nil), buf[:n]...)}
			if m.Decode() != nil || m.Type != stun.BindingRequest {
				continue
			}
			<-answer
			mapped := &stun.XORMappedAddress{IP: net.IPv4(127, 0, 0, 77), Port: from.(*net.UDPAddr).Port}
			if r, err := stun.Build(m, stun.BindingSuccess, mapped); err == nil {
				_, _ = conn.WriteTo(r.Raw, from)
			}
		}
	}()
	return conn.LocalAddr().String()
}

func TestICE_servers_of_the_answer_are_used_and_their_candidates_trickled(t *testing.T) {
	answering := make(chan struct{})
	address := stunServer(t, answering)
	server := newWHIPServer(t)
	posts := 0
	server.before = func(w http.ResponseWriter, r request) bool {
		if r.method != http.MethodPost {
			return false
		}
		w.Header().Set("Link", `<stun:`+address+`>; rel="ice-server"`)
		if posts++; posts == 2 {
			defer close(answering)
			return false
		}
		w.Header().Set("Content-Type", "application/sdp")
		w.Header().Set("Location", "/s")
		w.WriteHeader(http.StatusCreated) // without an answer, so that the studio offers again
		return true
	}
	s := onAir(t, server.endpoint())
	s.await(t, frame.LinkLive)
	patch := receive(t, "PATCH with the candidate", server.requests, func(r request) bool { return r.method == http.MethodPatch })
	if patch.ifMatch != `"first"` || patch.contentType != "application/trickle-ice-sdpfrag" || !strings.Contains(patch.body, "127.0.0.77") ||
		!strings.Contains(patch.body, "a=ice-ufrag:") || !strings.Contains(patch.body, "a=mid:0") {
		t.Errorf("candidate sent as %+v", patch)
	}
	if strings.Contains(patch.body, "typ host") {
		t.Errorf("candidates of the offer were sent again:\n%s", patch.body)
	}
	s.end(t)
}

func TestProblem_texts_are_bounded_and_carry_no_token(t *testing.T) {
	server := newWHIPServer(t)
	server.before = func(w http.ResponseWriter, _ request) bool {
		w.Header().Set("Content-Type", "application/problem+json")
		w.WriteHeader(http.StatusNotFound)
		_, _ = w.Write([]byte(`{"code":"` + string(wire.NotFound) + `","detail":"` + strings.Repeat("x", 10000) + `"}`))
		return true
	}
	s := onAir(t, server.endpoint())
	if l := s.await(t, frame.LinkRefused); len(l.Detail) > 400 || !strings.Contains(l.Detail, "xxx") {
		t.Errorf("detail of %d bytes", len(l.Detail))
	}
	<-s.finished
}
