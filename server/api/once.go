package api

import (
	"bytes"
	"container/list"
	"context"
	"crypto/sha256"
	"fmt"
	"net/http"
	"sync"
	"time"

	"vitrine/server/wire"
)

const (
	// answersFor is how long, and answersMost how many, answers to keyed requests are remembered.
	answersFor  = time.Minute
	answersMost = 4096
	// maxKey is the longest key, in bytes.
	maxKey = 128
)

// answers remembers what requests with a wire.IdempotencyKey were answered, so that a repetition gets the same answer. Only
// success is remembered: who was refused may try again under the same key. When there are too many, the oldest is forgotten.
// It is safe for concurrent use; what is too old lies there until the next keyed request.
type answers struct {
	mu  sync.Mutex
	all map[question]*list.Element
	old list.List // of *answer, the oldest first
}

func newAnswers() *answers { return &answers{all: map[question]*list.Element{}} }

// question is what a key is for: it means nothing at another address.
type question struct{ method, path, key string }

// answer is one being made, or made: what follows done is not looked at before that is closed.
type answer struct {
	question question
	body     Hash // of the request
	since    time.Time
	done     chan struct{}

	ok     bool // it was made
	status int
	header http.Header
	text   bytes.Buffer
}

// Header, WriteHeader and Write implement http.ResponseWriter.
func (a *answer) Header() http.Header                { return a.header }
func (a *answer) WriteHeader(status int)             { a.status = status }
func (a *answer) Write(part []byte) (n int, _ error) { return a.text.Write(part) }

// write answers a request.
func (a *answer) write(w http.ResponseWriter) {
	for name, values := range a.header {
		w.Header()[name] = values
	}
	w.WriteHeader(a.status)
	_, _ = w.Write(a.text.Bytes()) // the client may have gone
}

// once has do answer the request, whose body was read, unless an earlier one with its key has been answered or is being
// answered: then this one gets the same answer. do sets a status if it does not fail.
func (s *answers) once(w http.ResponseWriter, r *http.Request, body []byte, do func(http.ResponseWriter) error) error {
	q := question{r.Method, r.URL.Path, r.Header.Get(wire.IdempotencyKey)}
	if q.key == "" {
		return do(w)
	}
	if len(q.key) > maxKey {
		return wire.Errorf(wire.Invalid, "the %s has more than %d characters", wire.IdempotencyKey, maxKey)
	}
	for asked := sha256.Sum256(body); ; {
		a, first := s.ask(q, asked, time.Now())
		var err error
		switch {
		case first:
			err = s.make(a, do)
		case a.body != asked:
			err = wire.Errorf(wire.Conflict, "the %s was used with another body", wire.IdempotencyKey)
		default:
			err = a.wait(r.Context())
		}
		if err != nil {
			return err
		}
		if a.ok {
			a.write(w)
			return nil
		}
	}
}

// ask returns the answer to a question. first says that there was none, and that the caller has to make it.
func (s *answers) ask(q question, body Hash, now time.Time) (a *answer, first bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for e := s.old.Front(); e != nil && now.Sub(e.Value.(*answer).since) > answersFor; e = s.old.Front() {
		s.forget(e)
	}
	if e := s.all[q]; e != nil {
		return e.Value.(*answer), false
	}
	if s.old.Len() == answersMost {
		s.forget(s.old.Front())
	}
	a = &answer{question: q, body: body, since: now, done: make(chan struct{}), header: http.Header{}}
	s.all[q] = s.old.PushBack(a)
	return a, true
}

// forget is called with the lock held.
func (s *answers) forget(e *list.Element) {
	s.old.Remove(e)
	delete(s.all, e.Value.(*answer).question)
}

// make makes an answer. If that fails, or panics, it was never asked for.
func (s *answers) make(a *answer, do func(http.ResponseWriter) error) error {
	defer close(a.done)
	defer func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if e := s.all[a.question]; !a.ok && e != nil && e.Value == a {
			s.forget(e)
		}
	}()
	if err := do(a); err != nil {
		return err
	}
	a.ok = true
	return nil
}

// wait waits until the answer is made, or its making failed.
func (a *answer) wait(ctx context.Context) error {
	select {
	case <-a.done:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("wait for the answer: %w", ctx.Err())
	}
}
