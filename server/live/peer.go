package live

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"math/big"
	"strings"
	"sync/atomic"
	"time"

	"github.com/pion/dtls/v2/pkg/crypto/fingerprint"
	"github.com/pion/ice/v2"
	"github.com/pion/interceptor"
	"github.com/pion/sdp/v3"
	"github.com/pion/stun"
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

// transport is a session's connection. It starts nothing before answer.
type transport interface {
	// answer applies the session's offer, or its offer with new ICE credentials, and returns the answer, whose candidates
	// nobody can use yet. It is called by one goroutine at a time.
	answer(ctx context.Context, o *offer) (string, error)
	link() link
	// watchLink has f called whenever the link may have changed. f must not block.
	watchLink(f func())
	// close ends the connection and returns when all that it started has ended.
	close() error
}

// peer is one session. Publisher and Viewer embed it.
type peer struct {
	transport
	id       SessionID
	as       role
	deadline time.Time // by when it must be connected

	// connected belongs to the show's loop.
	connected bool
	// changed says that the link's state may be another than the loop saw last.
	changed atomic.Bool
	// turn holds one token, taken by whoever changes what follows.
	turn  chan struct{}
	offer *offer
	etag  string
}

func (s *Stage) newPeer(o *offer, id SessionID, as role, t transport) *peer {
	return &peer{
		transport: t, id: id, as: as, deadline: time.Now().Add(s.cfg.JoinWithin),
		turn: make(chan struct{}, 1), offer: o, etag: newETag(),
	}
}

// inbound is the connection to a publisher, by pion.
type inbound struct {
	pc *webrtc.PeerConnection
	// reached says that a candidate pair was taken since the last (re)start of ICE.
	reached atomic.Bool
	buffers buffers
	mender  mender
	guest   bool                // is told how much it may send
	events  *webrtc.DataChannel // of a show that is pulled; nil for others
}

// newInbound makes a connection that is about to answer the offer with nothing but the codecs, and with bounds if it is a guest's. It
// listens on the stage's port.
func (s *Stage) newInbound(o *offer, codecs []Codec, guest bool) (*inbound, error) {
	u := &inbound{guest: guest}
	u.mender.ssrc = readParity(o)
	u.buffers.parity = &u.mender
	media, chain := &webrtc.MediaEngine{}, &interceptor.Registry{}
	for _, c := range codecs {
		kind := webrtc.RTPCodecTypeAudio
		if c.Video() {
			kind = webrtc.RTPCodecTypeVideo
		}
		if err := media.RegisterCodec(c.parameters(asks(kind, guest)), kind); err != nil {
			return nil, fmt.Errorf("register %s: %w", c.Name(), err)
		}
	}
	if err := receiving(media, chain, o.video != nil && o.video.rids != nil); err != nil {
		return nil, err
	}
	api := webrtc.NewAPI(webrtc.WithMediaEngine(media), webrtc.WithInterceptorRegistry(chain), webrtc.WithSettingEngine(s.settings(u, o)))
	pc, err := api.NewPeerConnection(webrtc.Configuration{Certificates: []webrtc.Certificate{s.certificate.pion}})
	if err != nil {
		return nil, fmt.Errorf("make connection: %w", err)
	}
	u.pc = pc
	return u, nil
}

// asks is what is answered to the RTCP feedback of a publisher's offer, where the offer has it.
func asks(kind webrtc.RTPCodecType, guest bool) []webrtc.RTCPFeedback {
	if kind == webrtc.RTPCodecTypeAudio {
		return []webrtc.RTCPFeedback{{Type: "nack"}}
	}
	list := []webrtc.RTCPFeedback{
		{Type: "nack"}, {Type: "nack", Parameter: "pli"}, {Type: "ccm", Parameter: "fir"}, {Type: "ccm", Parameter: "pause"},
	}
	if guest {
		list = append(list, webrtc.RTCPFeedback{Type: "goog-remb"})
	}
	return list
}

// receiving registers what a publisher's connection needs: transport-wide feedback for its congestion control, the capture time
// of the picture, how loud the sound is, and for simulcast the header extensions by which streams are told apart (RFC 8852, RFC 9143). What is asked of publishers is asked
// by ourselves (see Publisher.attend).
func receiving(media *webrtc.MediaEngine, chain *interceptor.Registry, simulcast bool) error {
	if err := media.RegisterHeaderExtension(webrtc.RTPHeaderExtensionCapability{URI: absCaptureTime}, webrtc.RTPCodecTypeVideo); err != nil {
		return fmt.Errorf("register %s: %w", absCaptureTime, err)
	}
	if err := media.RegisterHeaderExtension(webrtc.RTPHeaderExtensionCapability{URI: audioLevel}, webrtc.RTPCodecTypeAudio); err != nil {
		return fmt.Errorf("register %s: %w", audioLevel, err)
	}
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

func (s *Stage) settings(u *inbound, o *offer) webrtc.SettingEngine {
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
		return m.Contains(stun.AttrUseCandidate) && u.reached.CompareAndSwap(false, true)
	})
	e.SetSRTPReplayProtectionWindow(replayWindow)
	e.SetSRTPProtectionProfiles(preferred...)
	e.BufferFactory = u.buffers.open
	dtlsRole := webrtc.DTLSRoleServer // RFC 9725 §4.4.3
	if o.passive {
		dtlsRole = webrtc.DTLSRoleClient
	}
	_ = e.SetAnsweringDTLSRole(dtlsRole) // refuses only DTLSRoleAuto
	return e
}

// answer implements transport.
func (u *inbound) answer(ctx context.Context, o *offer) (string, error) {
	u.reached.Store(false)
	if err := u.pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeOffer, SDP: o.text}); err != nil {
		return "", wire.Errorf(wire.Invalid, "the offer does not fit: %s", reason(err))
	}
	local, err := u.pc.CreateAnswer(nil)
	if err != nil {
		return "", wire.Errorf(wire.Invalid, "the offer cannot be answered: %s", reason(err))
	}
	if strings.Count(local.SDP, "\r\nm=") != len(o.description.MediaDescriptions) {
		return "", wire.Errorf(wire.Invalid, "the offer has sections that cannot be answered")
	}
	gathered := webrtc.GatheringCompletePromise(u.pc)
	if err := u.pc.SetLocalDescription(local); err != nil {
		return "", fmt.Errorf("set answer: %w", err)
	}
	select {
	case <-gathered:
		return u.bounded(u.pc.LocalDescription().SDP) + u.mender.answerParity(), nil
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
func (u *inbound) link() link {
	ice, dtls := u.pc.ICEConnectionState(), u.pc.SCTP().Transport().State()
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

// watchLink implements transport. pion calls f with locks held.
func (u *inbound) watchLink(f func()) {
	u.pc.OnICEConnectionStateChange(func(webrtc.ICEConnectionState) { f() })
	u.pc.SCTP().Transport().OnStateChange(func(webrtc.DTLSTransportState) { f() })
}

// close implements transport.
func (u *inbound) close() error {
	_ = u.pc.GracefulClose() // errors say that parts of it were gone before
	u.buffers.close()
	return nil
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
	if err := p.offer.restart(f.ufrag, f.pwd); err != nil {
		return nil, "", err
	}
	a, err := p.answer(ctx, p.offer)
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

// certificate is what all connections show, in the forms that their makers want.
type certificate struct {
	pion webrtc.Certificate
	tls  tls.Certificate
	// fingerprint of it, as SDP says it: "sha-256 AB:CD:…"
	fingerprint string
}

// newCertificate makes the certificate that all connections show. Peers know it by its fingerprint alone (RFC 8122), so it
// may live as long as the process.
func newCertificate() (c certificate, err error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return c, fmt.Errorf("generate DTLS key: %w", err)
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		return c, fmt.Errorf("generate DTLS serial: %w", err)
	}
	now := time.Now()
	template := x509.Certificate{SerialNumber: serial, NotBefore: now.AddDate(0, 0, -1), NotAfter: now.AddDate(20, 0, 0)}
	der, err := x509.CreateCertificate(rand.Reader, &template, &template, key.Public(), key)
	if err != nil {
		return c, fmt.Errorf("make DTLS certificate: %w", err)
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		return c, fmt.Errorf("read DTLS certificate: %w", err)
	}
	print, err := fingerprint.Fingerprint(parsed, crypto.SHA256)
	if err != nil {
		return c, fmt.Errorf("fingerprint DTLS certificate: %w", err)
	}
	return certificate{
		pion:        webrtc.CertificateFromX509(key, parsed),
		tls:         tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key},
		fingerprint: "sha-256 " + strings.ToUpper(print),
	}, nil
}
