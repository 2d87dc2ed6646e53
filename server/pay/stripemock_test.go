package pay_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"vitrine/server/pay"
	"vitrine/server/pay/paytest"
)

const stripeMockVersion = "v0.203.0"

// stripeMock builds Stripe's own mock once, by its exact version and outside our go.mod, and runs it for the test. It answers with
// examples and refuses what its OpenAPI description does not allow. The description is of a later version of the API than stripe-go's,
// whose types see to it that nothing later is asked.
func stripeMock(t *testing.T) (socket string) {
	t.Helper()
	bin, err := filepath.Abs(filepath.Join("..", "..", ".run", "stripe-mock", stripeMockVersion))
	ok(t, err)
	program := filepath.Join(bin, "stripe-mock")
	if _, err := os.Stat(program); err != nil {
		if testing.Short() {
			t.Skip("stripe-mock is not built; without -short this test builds it")
		}
		build := exec.CommandContext(t.Context(), "go", "install", "github.com/stripe/stripe-mock@"+stripeMockVersion)
		build.Env = append(os.Environ(), "GOBIN="+bin, "GOFLAGS=", "CGO_ENABLED=0")
		if out, err := build.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
	}
	socket = filepath.Join(t.TempDir(), "s")
	mock := exec.Command(program, "-http-unix", socket)
	ok(t, mock.Start())
	t.Cleanup(func() {
		_ = mock.Process.Kill()
		_ = mock.Wait()
	})
	for range 6000 {
		if c, err := net.Dial("unix", socket); err == nil {
			ok(t, c.Close())
			return socket
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatal("stripe-mock did not begin to listen")
	return ""
}

// mockTransport leads to the mock and notes what it refuses. The mock's examples are of nobody: it makes them ours, paid and captured.
type mockTransport struct {
	http.Transport
	mu     sync.Mutex
	asked  []string
	status string // of every intent
	t      *testing.T
}

func (m *mockTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := m.Transport.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(resp.Body)
	resp.Body.Close()
	if err != nil {
		return nil, err
	}
	m.mu.Lock()
	m.asked = append(m.asked, r.Method+" "+r.URL.Path)
	m.mu.Unlock()
	if resp.StatusCode != http.StatusOK {
		m.t.Errorf("stripe-mock answers %d to %s %s: %s", resp.StatusCode, r.Method, r.URL.Path, body)
	}
	var object map[string]any
	if err := json.Unmarshal(body, &object); err != nil {
		return nil, err
	}
	m.adopt(object)
	if object["object"] == "refund" { // an example does not hold what is asked to be expanded
		object["payment_intent"] = m.adopt(map[string]any{"id": "pi_1", "object": "payment_intent"})
	}
	body, err = json.Marshal(object)
	resp.Body, resp.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	resp.Header.Del("Content-Length")
	return resp, err
}

func (m *mockTransport) adopt(object map[string]any) map[string]any {
	if object["object"] == "payment_intent" {
		object["metadata"], object["currency"], object["status"] = map[string]any{"order": "order-1"}, "eur", m.status
		object["amount"], object["amount_received"], object["latest_charge"] = 1999, 1999, nil
	}
	return object
}

func TestStripesOwnMockTakesEveryRequest(t *testing.T) {
	socket := stripeMock(t)
	mock := &mockTransport{t: t, status: "requires_capture"}
	mock.DialContext = func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", socket)
	}
	t.Cleanup(mock.CloseIdleConnections)
	p, err := pay.NewStripe(pay.StripeConfig{
		Secret: "sk_test_123", Publishable: paytest.Publishable, Webhook: paytest.Signing, URL: "http://mock", HTTP: &http.Client{Transport: mock}, Now: newClock().Now,
	})
	ok(t, err)
	plain := charge("order-1", eur(1999))
	kept, present, absent := plain, plain, plain
	kept.Customer, kept.Keep = "cus_1", true
	present.Customer, present.Method, present.Attempt = "cus_1", "pm_1", 2
	absent.Customer, absent.Method, absent.Absent, absent.Attempt = "cus_1", "pm_1", true, 3
	for _, c := range []pay.Charge{plain, kept, present, absent} {
		_, err := p.Start(t.Context(), c)
		ok(t, err)
	}
	for what, ask := range map[string]func() error{
		"look":    func() error { _, err := p.Look(t.Context(), "pi_1"); return err },
		"capture": func() error { _, err := p.Capture(t.Context(), "pi_1", "take", eur(1500)); return err },
		"cancel":  func() error { _, err := p.Cancel(t.Context(), "pi_1", "cancel"); return err },
		"refund": func() error {
			mock.status = "succeeded"
			_, err := p.Refund(t.Context(), "pi_1", "back", eur(5))
			mock.status = "requires_capture"
			return err
		},
		"customer": func() error {
			_, err := p.Customer(t.Context(), "person1")
			return err
		},
		"kept":   func() error { _, err := p.Kept(t.Context(), "cus_1"); return err },
		"forget": func() error { return p.Forget(t.Context(), "cus_1", "pm_1") },
		"erase":  func() error { return p.Erase(t.Context(), "cus_1") },
	} {
		if err := ask(); err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
	if all := strings.Join(mock.asked, "\n"); len(mock.asked) < 14 || !strings.Contains(all, "/capture") || !strings.Contains(all, "/v1/refunds") || !strings.Contains(all, "/detach") {
		t.Errorf("asked only\n%s", all)
	}
	refusesNonsense(t, &http.Client{Transport: &mock.Transport})
}

// refusesNonsense shows that the mock does look at what it is asked.
func refusesNonsense(t *testing.T, c *http.Client) {
	t.Helper()
	for _, form := range []url.Values{
		{"amount": {"many"}, "currency": {"eur"}},
		{"amount": {"1"}, "currency": {"eur"}, "capture_method": {"by hand"}},
		{"amount": {"1"}, "currency": {"eur"}, "card_number": {"x"}},
	} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://mock/v1/payment_intents", strings.NewReader(form.Encode()))
		ok(t, err)
		r.Header.Set("Authorization", "Bearer sk_test_123")
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		resp, err := c.Do(r)
		ok(t, err)
		resp.Body.Close()
		if resp.StatusCode != http.StatusBadRequest {
			t.Errorf("stripe-mock answers %d to %v", resp.StatusCode, form)
		}
	}
}
