package live

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/pion/ice/v2"
	"github.com/pion/interceptor"
	"github.com/pion/sdp/v3"
	"github.com/pion/webrtc/v3"

	"vitrine/server/wire"
)

const (
	// pullFirst and pullMost are how long a Pull waits until it tries again, growing; pullStable how long a connection must have lived to begin
	// anew with the first.
	pullFirst, pullMost, pullStable = 500 * time.Millisecond, 5 * time.Second, 10 * time.Second
	// pullShaky and pullGone are how long the other server may be silent before the connection counts as shaky, and, from then, as gone:
	// less than for people, because nobody's network changes here, and whoever watches waits.
	pullShaky, pullGone = 2 * time.Second, 3 * time.Second
	// askWithin bounds a request to the other server, maxAnswer what it answers, in bytes.
	askWithin, maxAnswer = 5 * time.Second, 64 << 10

	sdpType = "application/sdp"
)

// pull is a show of another server, as it is had here.
type pull struct {
	stage  *Stage
	id     wire.ShowID
	from   *url.URL
	token  string
	client *http.Client
}

// Pull has the show of another server be sent here under an ID, as if its host were the publisher: the very packets, with the sizes,
// losses and times that they have there. from is its WHEP address (https://…/whep/SHOW), token the bearer token that it asks for, or
// "". It connects anew whenever the connection ends or cannot be made, after a wait that grows to 5 s, and returns when ctx ends, or
// the Stage does. What goes through: key frame wishes and requests for lost packets; when the host took the pictures, where the other
// server says it over the event channel, else by its sender reports. client makes the requests; nil is for http.DefaultClient. Errors
// are of type *wire.Error: Invalid for an address or ID that is none, Unavailable.
func (s *Stage) Pull(ctx context.Context, id wire.ShowID, from, token string, client *http.Client) error {
	if err := CheckID(id); err != nil {
		return err
	}
	u, err := url.Parse(from)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return wire.Errorf(wire.Invalid, "a show is pulled from a web address, such as https://shop.example/whep/evening; got %q", clip(from))
	}
	select {
	case <-s.ready:
	default:
		return stopping()
	}
	if client == nil {
		client = http.DefaultClient
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(s.ctx, cancel)()
	p := &pull{stage: s, id: id, from: u, token: token, client: client}
	wait := pullFirst
	for {
		begun := time.Now()
		err := p.once(ctx)
		if ctx.Err() != nil {
			return nil //nolint:nilerr // it was to end
		}
		s.log.Info("pull ended", "show", id, "code", wire.CodeOf(err))
		if time.Since(begun) > pullStable {
			wait = pullFirst
		}
		select {
		case <-time.After(wait/2 + rand.N(wait)):
		case <-ctx.Done():
			return nil
		}
		wait = min(2*wait, pullMost)
	}
}

// once connects and returns when the connection has ended.
func (p *pull) once(ctx context.Context) error {
	in, err := p.stage.newPulling()
	if err != nil {
		return err
	}
	t := &pulled{inbound: in, ended: make(chan struct{})}
	offer, err := in.offer(ctx)
	if err != nil {
		return errors.Join(err, t.close())
	}
	answer, session, err := p.ask(ctx, offer)
	if err != nil {
		return errors.Join(err, t.close())
	}
	defer p.leave(ctx, session)
	show, pub, err := p.admit(ctx, t, answer)
	if err != nil {
		return errors.Join(err, t.close())
	}
	drop := func() error {
		return show.do(context.WithoutCancel(ctx), func() { show.drop(pub.peer, nil) })
	}
	if err := in.pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: answer}); err != nil {
		return errors.Join(fmt.Errorf("take the other server's answer: %w", err), drop())
	}
	select {
	case <-t.ended:
	case <-ctx.Done():
		_ = drop() // a show that has ended has dropped it
		<-t.ended
	}
	return nil
}

// admit makes the connection the publisher that is expected, before it can bring anything.
func (p *pull) admit(ctx context.Context, t *pulled, answer string) (*Show, *Publisher, error) {
	pub, err := readPulled(answer)
	if err != nil {
		return nil, nil, err
	}
	s := p.stage
	e, err := s.reserve(p.id, publishing, netip.Addr{})
	if err != nil {
		return nil, nil, err
	}
	defer s.release(e.show)
	pub.inbound, pub.peer = t.inbound, s.newPeer(&offer{}, e.id, publishing, t)
	t.events.OnMessage(func(m webrtc.DataChannelMessage) { pub.told(m.Data) })
	s.complete(e, pub.peer)
	var refused error
	err = e.show.do(ctx, func() {
		if refused = s.stands(e); refused == nil {
			e.show.admitPublisher(pub)
		}
	})
	if err = errors.Join(err, refused); err != nil {
		s.unregister(e.id, nil)
		return nil, nil, err
	}
	return e.show, pub, nil
}

// told takes an event of the other server: which capture times go with the picture's timestamps.
func (p *Publisher) told(message []byte) {
	e, err := wire.ReadEvent(message)
	c, ok := e.(wire.ClockEvent)
	if err != nil || !ok {
		return
	}
	p.mu.Lock()
	var from *source
	for _, u := range p.uplinks {
		if u.video {
			from = u.from
		}
	}
	p.mu.Unlock()
	if from != nil {
		from.layer.up.Stamped(from.epoch, toNTP(time.UnixMilli(c.Media)), c.RTP, time.Now())
	}
}

// ask posts the offer and returns the answer and the session's address.
func (p *pull) ask(ctx context.Context, offer string) (answer string, session *url.URL, err error) {
	ctx, cancel := context.WithTimeout(ctx, askWithin)
	defer cancel()
	r, err := p.do(ctx, http.MethodPost, p.from, offer)
	if err != nil {
		return "", nil, err
	}
	defer r.Body.Close()
	body, err := io.ReadAll(io.LimitReader(r.Body, maxAnswer))
	if err != nil {
		return "", nil, fmt.Errorf("read the other server's answer: %w", err)
	}
	if r.StatusCode != http.StatusCreated {
		return "", nil, fmt.Errorf("the other server answers %d", r.StatusCode)
	}
	session, err = r.Request.URL.Parse(r.Header.Get("Location"))
	if err != nil || session.Scheme != r.Request.URL.Scheme || session.Host != r.Request.URL.Host {
		return "", nil, errors.New("the other server names a session that is not on it")
	}
	return string(body), session, nil
}

// leave ends the session there.
func (p *pull) leave(ctx context.Context, session *url.URL) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), askWithin)
	defer cancel()
	if r, err := p.do(ctx, http.MethodDelete, session, ""); err == nil {
		_ = r.Body.Close()
	}
}

func (p *pull) do(ctx context.Context, method string, to *url.URL, body string) (*http.Response, error) {
	r, err := http.NewRequestWithContext(ctx, method, to.String(), strings.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("make request: %w", err)
	}
	if body != "" {
		r.Header.Set("Content-Type", sdpType)
	}
	if p.token != "" {
		r.Header.Set("Authorization", "Bearer "+p.token)
	}
	answer, err := p.client.Do(r)
	if err != nil {
		return nil, fmt.Errorf("reach the other server: %w", err)
	}
	return answer, nil
}

// pulled is the connection to another server, as a publisher's.
type pulled struct {
	*inbound
	once  sync.Once
	ended chan struct{} // closed when nothing of it is left
}

func (t *pulled) close() error {
	err := t.inbound.close()
	t.once.Do(func() { close(t.ended) })
	return err
}

// pullable are the codecs that a show is pulled in: all that the stage carries, H.264 in all profiles in use.
func pullable() (list []Codec) {
	list = []Codec{
		{MimeType: webrtc.MimeTypeOpus, ClockRate: 48000, Channels: 2, Format: "minptime=10;useinbandfec=1;stereo=1", Payload: 111},
		{MimeType: webrtc.MimeTypeVP8, ClockRate: 90000, Payload: 96},
	}
	for i, profile := range []string{"64001f", "4d001f", "42e01f", "42001f"} {
		list = append(list, Codec{
			MimeType: webrtc.MimeTypeH264, ClockRate: 90000, Payload: uint8(102 + i),
			Format: "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=" + profile,
		})
	}
	return list
}

// newPulling makes a connection that is about to offer to receive a show of another server. It has sockets of its own, and no streams of
// retransmissions: what is lost and asked for comes in the stream itself.
func (s *Stage) newPulling() (*inbound, error) {
	u := &inbound{}
	u.buffers.parity = &u.mender
	media, chain := &webrtc.MediaEngine{}, &interceptor.Registry{}
	for _, c := range pullable() {
		kind := webrtc.NewRTPCodecType(strings.Split(c.MimeType, "/")[0])
		if err := media.RegisterCodec(c.parameters(asks(kind, false)), kind); err != nil {
			return nil, fmt.Errorf("register %s: %w", c.Name(), err)
		}
	}
	if err := receiving(media, chain, false); err != nil {
		return nil, err
	}
	e := webrtc.SettingEngine{LoggerFactory: pionLog{s.log}}
	e.SetIncludeLoopbackCandidate(true) // for servers on one machine
	e.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeUDP4, webrtc.NetworkTypeUDP6})
	e.SetICEMulticastDNSMode(ice.MulticastDNSModeDisabled)
	e.SetICETimeouts(pullShaky, pullGone, pullShaky/2)
	e.SetDTLSRetransmissionInterval(dtlsRetransmit)
	e.SetReceiveMTU(receiveMTU)
	e.SetSRTPReplayProtectionWindow(replayWindow)
	e.SetSRTPProtectionProfiles(preferred...)
	e.BufferFactory = u.buffers.open
	pc, err := webrtc.NewAPI(webrtc.WithMediaEngine(media), webrtc.WithInterceptorRegistry(chain), webrtc.WithSettingEngine(e)).
		NewPeerConnection(webrtc.Configuration{Certificates: []webrtc.Certificate{s.certificate.pion}})
	if err != nil {
		return nil, fmt.Errorf("make connection: %w", err)
	}
	u.pc = pc
	return u, nil
}

// offer makes the offer, with all candidates.
func (u *inbound) offer(ctx context.Context) (text string, err error) {
	for _, kind := range []webrtc.RTPCodecType{webrtc.RTPCodecTypeAudio, webrtc.RTPCodecTypeVideo} {
		if _, err := u.pc.AddTransceiverFromKind(kind, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionRecvonly}); err != nil {
			return "", fmt.Errorf("ask for %s: %w", kind, err)
		}
	}
	if u.events, err = u.pc.CreateDataChannel(wire.EventChannel, nil); err != nil {
		return "", fmt.Errorf("ask for events: %w", err)
	}
	local, err := u.pc.CreateOffer(nil)
	if err != nil {
		return "", fmt.Errorf("make offer: %w", err)
	}
	gathered := webrtc.GatheringCompletePromise(u.pc)
	if err := u.pc.SetLocalDescription(local); err != nil {
		return "", fmt.Errorf("set offer: %w", err)
	}
	select {
	case <-gathered:
		return u.pc.LocalDescription().SDP, nil
	case <-ctx.Done():
		return "", fmt.Errorf("gather candidates: %w", ctx.Err())
	}
}

// readPulled reads from another server's answer what it sends.
func readPulled(answer string) (*Publisher, error) {
	var d sdp.SessionDescription
	if err := d.UnmarshalString(answer); err != nil {
		return nil, fmt.Errorf("read the other server's answer: %w", err)
	}
	p := &Publisher{}
	for _, m := range d.MediaDescriptions {
		if k := m.MediaName.Media; k != "audio" && k != "video" || m.MediaName.Port.Value == 0 {
			continue
		}
		s, err := readSection(m, d.Attributes, publishing)
		if err != nil {
			return nil, err
		}
		for _, c := range s.codecs {
			switch {
			case !s.flows() || !c.carried():
				continue
			case s.kind == "audio":
				p.audio, p.soundAgain = &c, s.feeds(&c, "nack")
			default:
				p.video, p.pictureAgain = &c, s.feeds(&c, "nack")
			}
			break
		}
	}
	if p.audio == nil && p.video == nil {
		return nil, wire.Errorf(wire.NoCodec, "the other server sends neither sound nor picture that is carried here")
	}
	return p, nil
}
