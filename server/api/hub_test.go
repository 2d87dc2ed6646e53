package api

import (
	"context"
	"fmt"
	"strings"
	"time"

	"vitrine/server/chat"
	"vitrine/server/store"
	"vitrine/server/wire"
)

// loner is the bus of a process that is alone.
type loner struct{}

func (loner) Publish(string, []byte) error { return nil }

func (loner) Request(context.Context, string, []byte) ([]byte, error) {
	return nil, fmt.Errorf("ask: %w", chat.ErrNobody)
}

func (loner) Follow(ctx context.Context, _ string, _ func([]byte), lost func()) error {
	lost()
	<-ctx.Done()
	return nil
}

func (loner) Serve(ctx context.Context, _ string, _ func([]byte, func([]byte) error), back func()) error {
	back()
	<-ctx.Done()
	return nil
}

// newHub makes the rooms of a process that is alone.
func newHub(db *store.Store) (*chat.Hub, error) {
	return chat.New(chat.Config{
		Storage: db, Bus: loner{}, Now: time.Now,
		Subject: func(show wire.ShowID, words ...string) string { return string(show) + "." + strings.Join(words, ".") },
	})
}
