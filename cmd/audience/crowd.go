package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/pion/dtls/v2"
	"github.com/pion/ice/v2"
	"github.com/pion/interceptor"
	"github.com/pion/interceptor/pkg/nack"
	receiver "github.com/pion/interceptor/pkg/report"
	"github.com/pion/logging"
	"github.com/pion/webrtc/v3"
	"golang.org/x/sync/errgroup"
)

// whep is the WHEP endpoint of a show's page or of itself.
func whep(address string) (string, error) {
	u, err := url.Parse(address)
	if err != nil {
		return "", fmt.Errorf("%q is no address: %w", address, err)
	}
	if (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
		return "", fmt.Errorf("%q is no web address like http://server/watch/show", address)
	}
	if show, ok := strings.CutPrefix(u.Path, "/watch/"); ok {
		u.Path = "/whep/" + show
	}
	if !strings.HasPrefix(u.Path, "/whep/") {
		return "", fmt.Errorf("%q is neither a show's page (/watch/…) nor its WHEP endpoint (/whep/…)", address)
	}
	return u.String(), nil
}

// crowd is all viewers and what they counted together.
type crowd struct {
	endpoint string
	http     *http.Client

	mu        sync.Mutex // a leaf
	viewers   []*viewer
	joins     []float64 // ms to the first picture
	trouble   string
	started   time.Time
	elapsed   time.Duration
	wanted    int
	measuring bool
}

func newCrowd(endpoint string) *crowd {
	return &crowd{endpoint: endpoint, http: &http.Client{
		Timeout:   10 * time.Second,
		Transport: &http.Transport{MaxIdleConnsPerHost: 32, MaxConnsPerHost: 32},
	}}
}

// admit lets viewers in at the chosen rate. Each runs on the group until ctx ends.
func (c *crowd) admit(ctx context.Context, group *errgroup.Group, f flags, joined chan<- error) error {
	c.wanted = f.Viewers
	pace := time.NewTicker(time.Second / time.Duration(f.Joins))
	defer pace.Stop()
	for range f.Viewers {
		v := newViewer(c, joined)
		c.mu.Lock()
		c.viewers = append(c.viewers, v)
		c.mu.Unlock()
		group.Go(func() error { return v.run(ctx) })
		select {
		case <-ctx.Done():
			return nil
		case <-pace.C:
		}
	}
	return nil
}

// joinTimeout bounds the wait for everybody's first picture.
const joinTimeout = 30 * time.Second

// await waits until all have a picture or have given up, and tells the operator how far it is.
func (c *crowd) await(ctx context.Context, f flags, joined <-chan error) error {
	limit := time.NewTimer(joinTimeout + time.Duration(f.Viewers/f.Joins)*time.Second)
	defer limit.Stop()
	good := 0
	for n := range f.Viewers {
		select {
		case err := <-joined:
			if err != nil {
				c.mu.Lock()
				c.trouble = err.Error()
				c.mu.Unlock()
			} else {
				good++
			}
		case <-limit.C:
			fmt.Fprintf(os.Stderr, "%d of %d joined; the rest is given up\n", good, f.Viewers)
			return nil
		case <-ctx.Done():
			return nil
		}
		if (n+1)%max(f.Viewers/10, 1) == 0 {
			fmt.Fprintf(os.Stderr, "%d of %d joined\n", good, f.Viewers)
		}
	}
	if good == 0 {
		return fmt.Errorf("nobody could join: %s", c.trouble)
	}
	return nil
}

// measure starts counting: what was lost or late while all were still joining is not held against the server's stride.
func (c *crowd) measure() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.started, c.measuring = time.Now(), true
	for _, v := range c.viewers {
		v.reset()
	}
}

func (c *crowd) finish() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.elapsed = time.Since(c.started)
	for _, v := range c.viewers {
		v.freeze()
	}
}

// report is how the audience fared. Times in ms, loss in percent of packets that did not come even when asked for again.
type report struct {
	Viewers  int     `json:"viewers"`
	Joined   int     `json:"joined"`
	JoinP50  float64 `json:"join_p50_ms"`
	JoinP95  float64 `json:"join_p95_ms"`
	Seconds  float64 `json:"seconds"`
	Kbps     float64 `json:"kbit_per_s"`
	Packets  uint64  `json:"packets"`
	Loss     float64 `json:"loss_percent"`
	DelayP50 float64 `json:"delay_p50_ms"`
	DelayP95 float64 `json:"delay_p95_ms"`
	Trouble  string  `json:"trouble,omitempty"`
}

func (c *crowd) report() report {
	c.mu.Lock()
	defer c.mu.Unlock()
	r := report{Viewers: c.wanted, Joined: len(c.joins), Seconds: c.elapsed.Seconds(), Trouble: c.trouble}
	r.JoinP50, r.JoinP95 = quantiles(c.joins)
	var delays []float64
	var bytes, expected uint64
	for _, v := range c.viewers {
		n := v.count()
		r.Packets += n.packets
		bytes += n.bytes
		expected += n.expected
		delays = append(delays, n.delays...)
	}
	if r.Seconds > 0 && r.Joined > 0 {
		r.Kbps = float64(bytes) * 8 / 1000 / r.Seconds / float64(r.Joined)
	}
	if expected > r.Packets {
		r.Loss = 100 * float64(expected-r.Packets) / float64(expected)
	}
	r.DelayP50, r.DelayP95 = quantiles(delays)
	return r
}

func quantiles(v []float64) (p50, p95 float64) {
	if len(v) == 0 {
		return 0, 0
	}
	v = slices.Sorted(slices.Values(v))
	return v[len(v)/2], v[min(len(v)*95/100, len(v)-1)]
}

// api makes a viewer's connections: AES-GCM first, NACKs and receiver reports as a browser sends them.
func api() (*webrtc.API, error) {
	m := &webrtc.MediaEngine{}
	if err := m.RegisterDefaultCodecs(); err != nil {
		return nil, err
	}
	again, err := nack.NewGeneratorInterceptor()
	if err != nil {
		return nil, err
	}
	reports, err := receiver.NewReceiverInterceptor()
	if err != nil {
		return nil, err
	}
	i := &interceptor.Registry{}
	i.Add(again)
	i.Add(reports)
	e := webrtc.SettingEngine{LoggerFactory: &logging.DefaultLoggerFactory{Writer: io.Discard, DefaultLogLevel: logging.LogLevelDisabled}}
	e.SetSRTPProtectionProfiles(dtls.SRTP_AEAD_AES_128_GCM, dtls.SRTP_AES128_CM_HMAC_SHA1_80)
	e.SetIncludeLoopbackCandidate(true)
	e.SetICEMulticastDNSMode(ice.MulticastDNSModeDisabled)
	e.SetDTLSRetransmissionInterval(50 * time.Millisecond)
	return webrtc.NewAPI(webrtc.WithMediaEngine(m), webrtc.WithInterceptorRegistry(i), webrtc.WithSettingEngine(e)), nil
}

var errGone = errors.New("the connection was lost")
