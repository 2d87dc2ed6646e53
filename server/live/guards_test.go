package live

import (
	"net"
	"strconv"
	"testing"
	"time"

	"github.com/pion/stun"
	"github.com/pion/webrtc/v3"

	"vitrine/server/wire"
)

// clientHello is a DTLS 1.2 record with a handshake that a server would answer (RFC 6347 §4.2.2), media an RTP packet.
var (
	clientHello = append([]byte{
		22, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x36, // record: handshake, epoch 0, number 0, 54 bytes
		1, 0, 0, 0x2a, 0, 0, 0, 0, 0, 0, 0, 0x2a, 0xfe, 0xfd, // ClientHello, whole, version 1.2
	}, append(make([]byte, 32), 0, 0, 0, 2, 0xc0, 0x2b, 1, 0)...) // random, no session, no cookie, one suite, no compression
	media0 = []byte{0x80, 100, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0x65, 1, 2, 3}
)

// stranger is a socket that ICE has not validated.
type stranger struct {
	t    *testing.T
	conn *net.UDPConn
}

func newStranger(t *testing.T, s *Stage) *stranger {
	conn, err := net.DialUDP("udp4", nil, net.UDPAddrFromAddrPort(s.Address()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return &stranger{t, conn}
}

func (s *stranger) send(b []byte) {
	if _, err := s.conn.Write(b); err != nil {
		s.t.Fatal(err)
	}
}

// check sends an ICE connectivity check for a session as somebody who knows these credentials.
func (s *stranger) check(local, remote, password string) [stun.TransactionIDSize]byte {
	m, err := stun.Build(stun.TransactionID, stun.BindingRequest, stun.NewUsername(local+":"+remote),
		stun.RawAttribute{Type: stun.AttrUseCandidate}, stun.RawAttribute{Type: stun.AttrPriority, Value: []byte{0x6e, 0, 1, 0xff}},
		stun.RawAttribute{Type: stun.AttrICEControlling, Value: make([]byte, 8)},
		stun.NewShortTermIntegrity(password), stun.Fingerprint)
	if err != nil {
		s.t.Fatal(err)
	}
	s.send(m.Raw)
	return m.TransactionID
}

// hear waits for the next datagram that is not a connectivity check of the stage's own.
func (s *stranger) hear() []byte {
	b := make([]byte, 2048)
	_ = s.conn.SetReadDeadline(time.Now().Add(patience))
	for {
		n, err := s.conn.Read(b)
		if err != nil {
			s.t.Fatal(err)
		}
		if m := (&stun.Message{Raw: b[:n]}); m.Decode() != nil || m.Type != stun.BindingRequest {
			return b[:n]
		}
	}
}

// answered waits for the next datagram, which must be the answer to a check.
func (s *stranger) answered(id [stun.TransactionIDSize]byte) {
	s.t.Helper()
	m := &stun.Message{Raw: s.hear()}
	if err := m.Decode(); err != nil || m.TransactionID != id || m.Type != stun.BindingSuccess {
		s.t.Errorf("the first answer is % x (%v)", m.Raw, err)
	}
}

// TestNobody_is_heard_before_ICE_has_checked_the_address: the stage's socket is read in order, so the first answer that comes
// tells that all before it had none.
func TestNobody_is_heard_before_ICE_has_checked_the_address(t *testing.T) {
	s := startStage(t, Config{})
	c := newClient(t, h264)
	if _, err := c.pc.AddTransceiverFromKind(webrtc.RTPCodecTypeVideo, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionSendonly}); err != nil {
		t.Fatal(err)
	}
	text := c.offer(false)
	a, err := s.Publish(t.Context(), "demo", text, loopback)
	if err != nil {
		t.Fatal(err)
	}
	theirs, err := readOffer(text, publishing)
	if err != nil {
		t.Fatal(err)
	}
	part, err := answerFragment(a.SDP)
	if err != nil {
		t.Fatal(err)
	}
	ours, err := readFragment(part)
	if err != nil {
		t.Fatal(err)
	}
	x := newStranger(t, s)
	x.send(clientHello)
	x.send(media0)
	x.check("nobodys0", theirs.ufrag, ours.pwd)
	x.check(ours.ufrag, theirs.ufrag, "not the password of it")
	x.send(clientHello)
	x.send(media0)
	id := x.check(ours.ufrag, theirs.ufrag, ours.pwd)
	x.answered(id)
	// Now this address may begin a DTLS handshake, and no other may, nor does anybody else's hello reach the session.
	y := newStranger(t, s)
	for range 10 {
		y.send(clientHello)
		y.send(media0)
	}
	x.answered(x.check(ours.ufrag, theirs.ufrag, ours.pwd))
	y.answered(y.check(ours.ufrag, theirs.ufrag, ours.pwd))
	x.send(clientHello)
	if b := x.hear(); b[0] < 20 || b[0] > 25 {
		t.Errorf("the answer to a hello from the right address is % x", b)
	}
	if n := s.Stats().PacketsIn; n != 0 {
		t.Errorf("%d packets were taken", n)
	}
}

func TestA_show_has_only_so_many_publishing_sessions_a_minute(t *testing.T) {
	s := startStage(t, Config{})
	publish := func(id wire.ShowID) error {
		c := makeClient(t, func(*webrtc.SettingEngine) {}, h264)
		defer c.close()
		if _, err := c.pc.AddTransceiverFromKind(webrtc.RTPCodecTypeVideo, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionSendonly}); err != nil {
			t.Fatal(err)
		}
		a, err := s.Publish(t.Context(), id, c.offer(false), loopback)
		if err == nil {
			err = s.End(t.Context(), Resource{true, id, a.Session})
		}
		return err
	}
	for i := range publishBurst {
		if err := publish("demo"); err != nil {
			t.Fatalf("session %s: %v", strconv.Itoa(i), err)
		}
	}
	if err := publish("demo"); !isCode(err, wire.RateLimited) {
		t.Errorf("one more: %v", err)
	}
	if err := publish("other"); err != nil {
		t.Errorf("another show: %v", err)
	}
	s.sweep(time.Now().Add(publishWithin + time.Second))
	if err := publish("demo"); err != nil {
		t.Errorf("a minute later: %v", err)
	}
}
