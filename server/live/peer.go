package live

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"fmt"
	"io"
	"math/big"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/dtls/v2"
	"github.com/pion/ice/v2"
	"github.com/pion/interceptor"
	"github.com/pion/sdp/v3"
	"github.com/pion/stun"
	"github.com/pion/transport/v2/packetio"
	"github.com/pion/webrtc/v3"

	"vitrine/server/wire"
)

// SessionID names a session in its address. It cannot be guessed: who knows it may end the session.
type SessionID string

const (
	// disconnectAfter and failAfter are how long a peer may be silent before it counts as shaky, and, from then, as gone.
	disconnectAfter = 5 * time.Second
	failAfter       = 15 * time.Second
	keepalive       = 2 * time.Second
	// dtlsRetransmit is short, because a handshake under heavy loss needs many tries.
	dtlsRetransmit = 50 * time.Millisecond
	receiveMTU     = 1600
	// replayWindow is how many packets behind the newest one may still come, so that what was asked for again does.
	replayWindow = 2048
)

// peer is one session's connection. Publisher and Viewer embed it.
type peer struct {
	id       SessionID
	as       role
	pc       *webrtc.PeerConnection
	deadline time.Time // by when it must be connected

	// connected belongs to the show's loop.
	connected bool
	// changed says that the link's state may be another than the loop saw last.
	changed atomic.Bool
	// reached says that a candidate pair was taken since the last (re)start of ICE.
	reached atomic.Bool
	buffers buffers
	// turn holds one token, taken by whoever changes what follows.
	turn  chan struct{}
	offer *offer
	etag  string
}

// newPeer makes a connection that is about to answer the offer with nothing but the codecs. It listens on the stage's
// socket but starts nothing of its own before answer.
func (s *Stage) newPeer(o *offer, id SessionID, as role, codecs []Codec) (*peer, error) {
	p := &peer{
		id: id, as: as, deadline: time.Now().Add(s.cfg.JoinWithin),
		turn: make(chan struct{}, 1), offer: o, etag: newETag(),
	}
	media, chain := &webrtc.MediaEngine{}, &interceptor.Registry{}
	for _, c := range codecs {
		kind := webrtc.RTPCodecTypeAudio
		if c.Video() {
			kind = webrtc.RTPCodecTypeVideo
		}
		if err := media.RegisterCodec(c.parameters(asks(as, kind)), kind); err != nil {
			return nil, fmt.Errorf("register %s: %w", c.Name(), err)
		}
	}
	if as == publishing {
		if err := receiving(media, chain, o.video != nil && o.video.rids != nil); err != nil {
			return nil, err
		}
	}
	api := webrtc.NewAPI(webrtc.WithMediaEngine(media), webrtc.WithInterceptorRegistry(chain), webrtc.WithSettingEngine(s.settings(p)))
	pc, err := api.NewPeerConnection(webrtc.Configuration{Certificates: []webrtc.Certificate{s.certificate}})
	if err != nil {
		return nil, fmt.Errorf("make connection: %w", err)
	}
	p.pc = pc
	return p, nil
}

// asks is what is answered to the RTCP feedback of an offer, where the offer has it.
func asks(as role, kind webrtc.RTPCodecType) (list []webrtc.RTCPFeedback) {
	if kind == webrtc.RTPCodecTypeVideo {
		list = []webrtc.RTCPFeedback{{Type: "nack"}, {Type: "nack", Parameter: "pli"}, {Type: "ccm", Parameter: "fir"}}
	}
	if as == publishing {
		return append(list, map[webrtc.RTPCodecType]webrtc.RTCPFeedback{
			webrtc.RTPCodecTypeAudio: {Type: "nack"}, webrtc.RTPCodecTypeVideo: {Type: "ccm", Parameter: "pause"},
		}[kind])
	}
	return list
}

// receiving registers what a publisher's connection needs: transport-wide feedback for its congestion control, and for
// simulcast the header extensions by which streams are told apart (RFC 8852, RFC 9143). What is asked of publishers is asked
// by ourselves (see Publisher.attend).
func receiving(media *webrtc.MediaEngine, chain *interceptor.Registry, simulcast bool) error {
	if simulcast {
		for _, uri := range []string{sdp.SDESMidURI, sdp.SDESRTPStreamIDURI} {
			if err := media.RegisterHeaderExtension(webrtc.RTPHeaderExtensionCapability{URI: uri}, webrtc.RTPCodecTypeVideo); err != nil {
				return fmt.Errorf("register %s: %w", uri, err)
			}
		}
	}
	if err := webrtc.ConfigureTWCCSender(media, chain); err != nil {
		return fmt.Errorf("make transport feedback: %w", err)
	}
	return nil
}

func (s *Stage) settings(p *peer) webrtc.SettingEngine {
	e := webrtc.SettingEngine{LoggerFactory: pionLog{s.log}}
	e.SetLite(true)
	e.SetICEUDPMux(s.mux)
	e.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeUDP4, webrtc.NetworkTypeUDP6})
	e.SetICEMulticastDNSMode(ice.MulticastDNSModeDisabled)
	e.SetICETimeouts(disconnectAfter, failAfter, keepalive)
	e.SetDTLSRetransmissionInterval(dtlsRetransmit)
	e.SetDTLSInsecureSkipHelloVerify(true) // ICE has already proved that the peer owns its address
	e.SetReceiveMTU(receiveMTU)
	e.SetICEBindingRequestHandler(func(m *stun.Message, _, _ ice.Candidate, _ *ice.CandidatePair) bool {
		// The first nomination is taken at once: waiting for the answer to a check of our own, as pion does otherwise and as a
		// lite agent should not, costs a round trip and more under loss.
		return m.Contains(stun.AttrUseCandidate) && p.reached.CompareAndSwap(false, true)
	})
	profiles := []dtls.SRTPProtectionProfile{dtls.SRTP_AEAD_AES_128_GCM, dtls.SRTP_AES128_CM_HMAC_SHA1_80}
	if p.as == publishing {
		profiles = append(profiles, dtls.SRTP_AEAD_AES_256_GCM)
		e.SetSRTPReplayProtectionWindow(replayWindow)
	}
	e.SetSRTPProtectionProfiles(profiles...)
	e.BufferFactory = p.buffers.open
	dtlsRole := webrtc.DTLSRoleServer // RFC 9725 §4.4.3
	if p.offer.passive {
		dtlsRole = webrtc.DTLSRoleClient
	}
	_ = e.SetAnsweringDTLSRole(dtlsRole) // refuses only DTLSRoleAuto
	return e
}

// answer applies an offer and returns the local description, without candidates that anybody could use. It is called with
// the turn held, or before anybody else knows the peer.
func (p *peer) answer(ctx context.Context, text string) (string, error) {
	if err := p.pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeOffer, SDP: text}); err != nil {
		return "", wire.Errorf(wire.Invalid, "the offer does not fit: %s", reason(err))
	}
	for _, t := range p.pc.GetTransceivers() {
		if p.as == watching && t.Sender() == nil {
			if err := t.Stop(); err != nil {
				return "", fmt.Errorf("stop an unused section: %w", err)
			}
		}
	}
	local, err := p.pc.CreateAnswer(nil)
	if err != nil {
		return "", wire.Errorf(wire.Invalid, "the offer cannot be answered: %s", reason(err))
	}
	if strings.Count(local.SDP, "\r\nm=") != len(p.offer.description.MediaDescriptions) {
		return "", wire.Errorf(wire.Invalid, "the offer has sections that cannot be answered")
	}
	gathered := webrtc.GatheringCompletePromise(p.pc)
	if err := p.pc.SetLocalDescription(local); err != nil {
		return "", fmt.Errorf("set answer: %w", err)
	}
	select {
	case <-gathered:
		return p.pc.LocalDescription().SDP, nil
	case <-ctx.Done():
		return "", fmt.Errorf("gather candidates: %w", ctx.Err())
	}
}

// link is how a connection stands.
type link int

const (
	connecting link = iota
	connected
	shaky // no packet for a while
	failed
)

// link reads the states of ICE and DTLS themselves: pion's sum of them may be that of a moment before, for ever, if both
// change at the same time.
func (p *peer) link() link {
	ice, dtls := p.pc.ICEConnectionState(), p.pc.SCTP().Transport().State()
	switch {
	case ice == webrtc.ICEConnectionStateFailed, ice == webrtc.ICEConnectionStateClosed,
		dtls == webrtc.DTLSTransportStateFailed, dtls == webrtc.DTLSTransportStateClosed:
		return failed
	case dtls != webrtc.DTLSTransportStateConnected:
		return connecting
	case ice == webrtc.ICEConnectionStateDisconnected:
		return shaky
	case ice == webrtc.ICEConnectionStateConnected, ice == webrtc.ICEConnectionStateCompleted:
		return connected
	}
	return connecting
}

// watchLink has f called whenever the link may have changed. f must not block: pion calls it with locks held.
func (p *peer) watchLink(f func()) {
	p.pc.OnICEConnectionStateChange(func(webrtc.ICEConnectionState) { f() })
	p.pc.SCTP().Transport().OnStateChange(func(webrtc.DTLSTransportState) { f() })
}

// close ends the connection and returns when all that it started has ended.
func (p *peer) close() error {
	_ = p.pc.GracefulClose() // errors say that parts of it were gone before
	p.buffers.close()
	return nil
}

// buffers are where a connection's packets wait to be read. They are closed with the connection, because pion v3 forgets
// the reader of a track that was just being started when the connection closed, and that reader would wait for ever.
type buffers struct {
	mu     sync.Mutex
	all    []io.Closer
	closed bool

	// hear, if set, is called with what comes by RTCP, which then waits for nobody. It must not block.
	hear atomic.Pointer[func([]byte)]
}

// bufferLimit bounds one stream's waiting bytes, as pion does.
const bufferLimit = 1_000_000

func (b *buffers) open(kind packetio.BufferPacketType, _ uint32) io.ReadWriteCloser {
	waiting := packetio.NewBuffer()
	waiting.SetLimitSize(bufferLimit)
	var one io.ReadWriteCloser = waiting
	if kind == packetio.RTCPBufferPacket {
		one = &tapped{waiting, &b.hear}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		_ = one.Close() // wakes its reader, and cannot fail
	}
	b.all = append(b.all, one)
	return one
}

// tapped is a buffer whose packets go to whoever hears.
type tapped struct {
	*packetio.Buffer
	hear *atomic.Pointer[func([]byte)]
}

func (t *tapped) Write(packet []byte) (int, error) {
	if hear := t.hear.Load(); hear != nil {
		(*hear)(packet)
		return len(packet), nil
	}
	return t.Buffer.Write(packet)
}

func (b *buffers) close() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.closed = true
	for _, one := range b.all {
		_ = one.Close()
	}
	b.all = nil
}

// patch applies a fragment (RFC 9725 §4.3): it returns nil if there is nothing to answer, the new answer after a restart.
func (p *peer) patch(ctx context.Context, ifMatch, text string) (answer *string, etag string, err error) {
	select {
	case p.turn <- struct{}{}:
		defer func() { <-p.turn }()
	case <-ctx.Done():
		return nil, "", fmt.Errorf("wait for the session: %w", ctx.Err())
	}
	if ifMatch != "*" && !listed(ifMatch, p.etag) {
		return nil, "", wire.Errorf(wire.Precondition, "the session has another entity tag: its ICE was restarted since")
	}
	f, err := readFragment(text)
	if err != nil {
		return nil, "", err
	}
	if f.ufrag == "" || f.ufrag == p.offer.ufrag && f.pwd == p.offer.pwd {
		return nil, p.etag, nil
	}
	if ifMatch != "*" {
		return nil, "", wire.Errorf(wire.Invalid, "new ICE credentials need If-Match: *")
	}
	renewed, err := p.offer.restarted(f.ufrag, f.pwd)
	if err != nil {
		return nil, "", err
	}
	p.reached.Store(false)
	a, err := p.answer(ctx, renewed)
	if err != nil {
		return nil, "", err
	}
	p.etag = newETag()
	return &a, p.etag, nil
}

func newETag() string { return `"` + rand.Text() + `"` }

// listed reports whether an If-Match list names the tag (strong comparison, RFC 9110 §13.1.1).
func listed(list, tag string) bool {
	for item := range strings.SplitSeq(list, ",") {
		if strings.TrimSpace(item) == tag {
			return true
		}
	}
	return false
}

// newCertificate makes the certificate that all connections show. Peers know it by its fingerprint alone (RFC 8122), so it
// may live as long as the process.
func newCertificate() (webrtc.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return webrtc.Certificate{}, fmt.Errorf("generate DTLS key: %w", err)
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		return webrtc.Certificate{}, fmt.Errorf("generate DTLS serial: %w", err)
	}
	now := time.Now()
	c, err := webrtc.NewCertificate(key, x509.Certificate{
		SerialNumber: serial, NotBefore: now.AddDate(0, 0, -1), NotAfter: now.AddDate(20, 0, 0),
	})
	if err != nil {
		return webrtc.Certificate{}, fmt.Errorf("make DTLS certificate: %w", err)
	}
	return *c, nil
}
