package api

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"vitrine/server/wire"
)

// keyed is a request with a key, for an address.
func keyed(path, key string) *http.Request {
	r := httptest.NewRequest(http.MethodPost, path, nil)
	r.Header.Set(wire.IdempotencyKey, key)
	return r
}

// counting answers with how often it was called.
type counting struct{ calls int }

func (c *counting) do(w http.ResponseWriter) error {
	c.calls++
	w.Header().Set("Location", fmt.Sprint("/", c.calls))
	w.WriteHeader(http.StatusCreated)
	_, _ = io.WriteString(w, fmt.Sprint(c.calls))
	return nil
}

// ask returns the body of the answer.
func ask(t *testing.T, s *answers, r *http.Request, body string, do func(http.ResponseWriter) error) string {
	t.Helper()
	w := httptest.NewRecorder()
	if err := s.once(w, r, []byte(body), do); err != nil {
		t.Fatal(err)
	}
	if w.Code != http.StatusCreated || w.Header().Get("Location") != "/"+w.Body.String() {
		t.Errorf("answered %d, %v", w.Code, w.Header())
	}
	return w.Body.String()
}

func TestA_key_is_answered_once_for_a_minute_at_one_address(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, c := newAnswers(), &counting{}
		for i, step := range []struct {
			path, key, body, want string
			after                 time.Duration
		}{
			{"/a", "k", "offer", "1", 0},
			{"/a", "k", "offer", "1", 0},
			{"/b", "k", "offer", "2", 0},
			{"/a", "l", "offer", "3", 0},
			{"/a", "", "offer", "4", 0},
			{"/a", "", "offer", "5", 0},
			{"/a", "k", "offer", "1", answersFor},
			{"/a", "k", "offer", "6", time.Second},
		} {
			time.Sleep(step.after)
			if got := ask(t, s, keyed(step.path, step.key), step.body, c.do); got != step.want {
				t.Errorf("request %d is answered %s, want %s", i, got, step.want)
			}
		}
		err := s.once(httptest.NewRecorder(), keyed("/a", "k"), []byte("another"), c.do)
		if wire.CodeOf(err) != wire.Conflict {
			t.Errorf("another body: %v", err)
		}
		err = s.once(httptest.NewRecorder(), keyed("/a", string(make([]byte, maxKey+1))), nil, c.do)
		if wire.CodeOf(err) != wire.Invalid {
			t.Errorf("a long key: %v", err)
		}
	})
}

func TestRepetitions_wait_for_the_first_and_try_themselves_if_it_fails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, c := newAnswers(), &counting{}
		fail := make(chan struct{})
		var all sync.WaitGroup
		all.Go(func() {
			err := s.once(httptest.NewRecorder(), keyed("/a", "k"), nil, func(http.ResponseWriter) error { <-fail; return errors.New("no") })
			if err == nil {
				t.Error("the first does not fail")
			}
		})
		synctest.Wait()
		for range 8 {
			all.Go(func() {
				if got := ask(t, s, keyed("/a", "k"), "", c.do); got != "1" {
					t.Errorf("answered %s", got)
				}
			})
		}
		ctx, cancel := context.WithCancel(t.Context())
		all.Go(func() {
			err := s.once(httptest.NewRecorder(), keyed("/a", "k").WithContext(ctx), nil, c.do)
			if !errors.Is(err, context.Canceled) {
				t.Errorf("who does not wait gets %v", err)
			}
		})
		synctest.Wait()
		if c.calls > 0 {
			t.Error("somebody did not wait")
		}
		cancel()
		synctest.Wait()
		close(fail)
		all.Wait()
	})
}

func TestOnly_so_many_answers_are_remembered(t *testing.T) {
	s, c := newAnswers(), &counting{}
	for i := range answersMost + 1 {
		ask(t, s, keyed("/a", fmt.Sprint(i)), "", c.do)
	}
	if len(s.all) != answersMost || s.old.Len() != answersMost {
		t.Errorf("%d are remembered", len(s.all))
	}
	if got := ask(t, s, keyed("/a", fmt.Sprint(answersMost)), "", c.do); got != fmt.Sprint(answersMost+1) {
		t.Errorf("the newest is answered %s", got)
	}
	if got := ask(t, s, keyed("/a", "0"), "", c.do); got != fmt.Sprint(answersMost+2) {
		t.Errorf("the oldest is answered %s", got)
	}
}
