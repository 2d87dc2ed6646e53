package api

import (
	"context"

	"vitrine/server/shop"
)

// Feed tells what happens in the shop.
type Feed struct{}

// NewFeed makes one.
func NewFeed() *Feed { return &Feed{} }

// Changed takes a batch.
func (f *Feed) Changed(*shop.Batch) {}

// Run runs until ctx ends.
func (f *Feed) Run(ctx context.Context) error {
	<-ctx.Done()
	return nil
}
