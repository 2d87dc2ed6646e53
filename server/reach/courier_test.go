package reach_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"vitrine/server/reach"
	"vitrine/server/wire"
)

const secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

// call is one try that reached an endpoint.
type call struct {
	host, id, body string
	at             time.Time
}

// rig is a courier among fakes, in a bubble of synctest.
type rig struct {
	*box
	courier *reach.Courier
	log     bytes.Buffer
	start   time.Time
	answer  func(context.Context, call) (status int, err error)
	cancel  func()
	stop    func()

	mu       sync.Mutex
	calls    []call
	mails    []reach.Mail
	disabled map[string]string
}

func newRig(answer func(context.Context, call) (int, error)) *rig {
	r := &rig{box: &box{}, start: time.Now(), answer: answer, disabled: map[string]string{}}
	r.courier = reach.New(reach.Config{
		Outbox: r.box, Post: r, Endpoints: r,
		Open:   opened,
		Client: &http.Client{Transport: r},
		Now:    time.Now, Spread: func() float64 { return 0.5 },
		Log: loud(&r.log),
	})
	return r
}

func opened(_ context.Context, m reach.Letter) ([]byte, error) {
	body, ok := bytes.CutPrefix(m.Body, []byte("sealed:"))
	if !ok {
		return nil, wire.Errorf(wire.NotFound, "the key was destroyed")
	}
	return body, nil
}

func (r *rig) run() {
	ctx, cancel := context.WithCancel(context.Background())
	r.cancel = cancel
	over := make(chan error)
	go func() { over <- r.courier.Run(ctx) }()
	r.stop = func() { cancel(); <-over }
}

func (r *rig) RoundTrip(q *http.Request) (*http.Response, error) {
	body, _ := io.ReadAll(q.Body)
	if err := reach.Verify(secret, q.Header, body, time.Now()); err != nil {
		return nil, err
	}
	c := call{q.URL.Host, q.Header.Get(reach.WebhookID), string(body), time.Now()}
	r.mu.Lock()
	r.calls = append(r.calls, c)
	r.mu.Unlock()
	status, err := r.answer(q.Context(), c)
	if err != nil {
		return nil, err
	}
	return &http.Response{StatusCode: status, Body: io.NopCloser(strings.NewReader("thanks"))}, nil
}

func (r *rig) Endpoint(_ context.Context, id string) (reach.Endpoint, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, off := r.disabled[id]; off {
		return reach.Endpoint{}, wire.Errorf(wire.NotFound, "it is switched off")
	}
	return reach.Endpoint{URL: "https://" + id + ".example/hook?token=hidden", Secrets: []string{secret}}, nil
}

func (r *rig) Disable(_ context.Context, id, reason string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.disabled[id] = reason
	return nil
}

func (r *rig) Post(_ context.Context, _ string, _ time.Time, m reach.Mail) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.mails = append(r.mails, m)
	return nil
}

func (r *rig) put(ids ...string) {
	for _, id := range ids {
		to, _, _ := strings.Cut(id, "-")
		r.Put(nil, reach.Letter{ID: id, Kind: reach.ByWebhook, To: to, Type: "order.paid", Body: []byte("sealed:{}"), Due: time.Now()})
	}
	r.courier.Nudge()
}

func (r *rig) ids() (ids []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, c := range r.calls {
		ids = append(ids, c.id)
	}
	return ids
}

func always(status int) func(context.Context, call) (int, error) {
	return func(context.Context, call) (int, error) { return status, nil }
}

func TestLettersOfAnEndpointAreSentOnceAndInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(always(204))
		r.run()
		r.put("a-1", "a-2", "a-3")
		synctest.Wait()
		if want := []string{"a-1", "a-2", "a-3"}; !slices.Equal(r.ids(), want) {
			t.Errorf("sent %v at once, want %v", r.ids(), want)
		}
		time.Sleep(time.Hour)
		r.stop()
		if len(r.calls) != 3 {
			t.Errorf("sent %d letters", len(r.calls))
		}
	})
}

func TestAMailIsOpenedAndPosted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(always(204))
		r.run()
		r.Put(t, reach.Letter{ID: "m", Kind: reach.ByMail, To: "p1", Body: []byte(`sealed:{"to":"eva@example.com","subject":"Hi","text":"Yes"}`)},
			reach.Letter{ID: "erased", Kind: reach.ByMail, To: "p2", Body: []byte("noise")},
			reach.Letter{ID: "odd", Kind: reach.ByMail, To: "p3", Body: []byte("sealed:noise")})
		time.Sleep(time.Minute) // nobody nudges
		r.stop()
		if want := []reach.Mail{{To: "eva@example.com", Subject: "Hi", Text: "Yes"}}; !slices.Equal(r.mails, want) {
			t.Errorf("posted %+v", r.mails)
		}
		if !r.isDead("erased") || !r.isDead("odd") {
			t.Error("what cannot be opened is kept")
		}
	})
}

func TestAFailingEndpointIsTriedForThreeDaysAndGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(always(503))
		r.run()
		r.put("a-1")
		time.Sleep(100 * time.Hour)
		r.stop()
		if why, waits := r.Reason(t, "a-1"); waits || !r.isDead("a-1") || !strings.Contains(why, "503 Service Unavailable") {
			t.Errorf("waits %v, noted %q", waits, why)
		}
		want := []time.Duration{
			0, 5 * time.Second, 5 * time.Minute, 30 * time.Minute, 2 * time.Hour, 5 * time.Hour,
			10 * time.Hour, 14 * time.Hour, 20 * time.Hour, 24 * time.Hour,
		}
		if len(r.calls) != len(want) {
			t.Fatalf("%d tries, want %d", len(r.calls), len(want))
		}
		before := r.start
		for i, c := range r.calls {
			if late := c.at.Sub(before) - want[i]; late < 0 || late > 2*time.Second {
				t.Errorf("try %d came %s after the one before, want %s", i+1, c.at.Sub(before), want[i])
			}
			before = c.at
		}
	})
}

func TestAnEndpointThatHangsHoldsUpNoOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(func(ctx context.Context, c call) (int, error) {
			switch {
			case strings.HasPrefix(c.host, "hang"):
				<-ctx.Done()
				return 0, ctx.Err()
			case strings.HasPrefix(c.host, "slow"):
				time.Sleep(14 * time.Second)
			}
			return 200, nil
		})
		r.run()
		for i := range 40 { // more than there are places
			for n := range 20 {
				r.put(fmt.Sprintf("hang%d-%d", i, n), fmt.Sprintf("slow%d-%d", i, n))
			}
		}
		synctest.Wait()
		r.put("good-1", "good-2")
		time.Sleep(time.Minute)
		r.stop()
		for _, id := range []string{"good-1", "good-2"} {
			if !slices.Contains(r.ids(), id) {
				t.Errorf("%s was held up", id)
			}
		}
		if why, _ := r.Reason(t, "hang0-0"); why != "it took longer than 15s" {
			t.Errorf("noted %q", why)
		}
	})
}

func TestNoEndpointHasTwoLettersUnderWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		now, most, all, mostAll := map[string]int{}, 0, 0, 0
		r := newRig(func(_ context.Context, c call) (int, error) {
			mu.Lock()
			now[c.host]++
			all++
			most, mostAll = max(most, now[c.host]), max(mostAll, all)
			mu.Unlock()
			time.Sleep(time.Second)
			mu.Lock()
			now[c.host]--
			all--
			mu.Unlock()
			return 200, nil
		})
		r.run()
		for i := range 200 {
			r.put(fmt.Sprintf("e%d-%d", i%50, i))
		}
		time.Sleep(time.Minute)
		r.stop()
		if most != 1 || mostAll != 32 || len(r.calls) != 200 {
			t.Errorf("%d letters of one endpoint and %d in all were under way; %d sent", most, mostAll, len(r.calls))
		}
	})
}

func TestARefusedLetterIsOvertaken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(func(_ context.Context, c call) (int, error) {
			if c.id == "a-1" {
				return 400, nil
			}
			return 200, nil
		})
		r.run()
		r.put("a-1", "a-2")
		synctest.Wait()
		r.stop()
		if _, waits := r.Reason(t, "a-1"); !waits || len(r.calls) != 2 {
			t.Errorf("waits %v, %v", waits, r.ids())
		}
	})
}

func TestAnEndpointThatIsGoneIsSwitchedOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(always(http.StatusGone))
		r.run()
		r.put("a-1", "a-2")
		time.Sleep(time.Hour)
		r.stop()
		if len(r.calls) != 1 || len(r.disabled) != 1 {
			t.Errorf("%d tries, switched off %v", len(r.calls), slices.Collect(maps.Keys(r.disabled)))
		}
		if !r.isDead("a-1") || !r.isDead("a-2") {
			t.Error("its letters wait on")
		}
	})
}

func TestARedirectIsNoSuccess(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(always(http.StatusNotModified))
		r.run()
		r.put("a-1")
		synctest.Wait()
		r.stop()
		if why, waits := r.Reason(t, "a-1"); !waits || !strings.Contains(why, "no redirects") {
			t.Errorf("waits %v, noted %q", waits, why)
		}
	})
}

func TestWhatIsUnderWayWhenTheServerEndsIsSentAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(func(ctx context.Context, _ call) (int, error) {
			<-ctx.Done()
			return 0, ctx.Err()
		})
		r.run()
		r.put("a-1")
		synctest.Wait()
		r.stop()
		again, err := r.Due(t.Context(), reach.ByWebhook, time.Now(), 1)
		if err != nil || len(again) != 1 || again[0].Tries != 0 {
			t.Errorf("%v waits, %v", again, err)
		}
	})
}

func TestWhatIsSentAtTheLastMomentIsNoted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var r *rig
		r = newRig(func(context.Context, call) (int, error) {
			r.cancel()
			return 200, nil
		})
		r.run()
		r.put("a-1")
		synctest.Wait()
		r.stop()
		if _, waits := r.Reason(t, "a-1"); waits {
			t.Error("it will be sent twice")
		}
	})
}

func TestALetterIsNotSentAgainWhileTheOutboxFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var r *rig
		r = newRig(func(context.Context, call) (int, error) {
			r.breaks(errors.New("disk full"))
			return 200, nil
		})
		r.run()
		r.put("a-1")
		time.Sleep(time.Hour)
		r.breaks(nil)
		time.Sleep(time.Minute)
		r.stop()
		if _, waits := r.Reason(t, "a-1"); waits || len(r.calls) != 1 {
			t.Errorf("waits %v, %d sent", waits, len(r.calls))
		}
	})
}

func TestLogsAndReasonsShowNoAddressAndNoSecret(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(func(context.Context, call) (int, error) {
			return 0, errors.New("dial tcp 192.0.2.7:443: eva@example.com has no route")
		})
		r.run()
		r.put("a-1")
		time.Sleep(100 * time.Hour)
		r.stop()
		why, _ := r.Reason(t, "a-1")
		for _, s := range []string{"192.0.2.7", "eva@", "token", "a.example", "whsec", "sealed"} {
			if strings.Contains(why+r.log.String(), s) {
				t.Errorf("%q is shown in %q or\n%s", s, why, r.log.String())
			}
		}
		if !strings.Contains(r.log.String(), "letter given up") {
			t.Error("the log does not say that a letter was given up")
		}
	})
}

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

func loud(w io.Writer) *slog.Logger {
	return slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: slog.LevelDebug}))
}
