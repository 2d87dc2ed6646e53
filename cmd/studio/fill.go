package main

import (
	"context"
	"log/slog"

	"vitrine/capture"
	"vitrine/capture/frame"
	"vitrine/studio"
	"vitrine/studio/encode"
	"vitrine/studio/publish"
	"vitrine/studio/remote"
)

// encoders fills studio.Encoders with the real ones.
type encoders struct{}

func (encoders) Video(s frame.VideoSettings) (studio.VideoEncoder, error) {
	e, err := encode.NewLayers(s, capture.Scale)
	if err != nil {
		return nil, err
	}
	return e, nil
}

func (encoders) Audio(s frame.AudioSettings) (studio.AudioEncoder, error) {
	e, err := encode.NewOpus(s)
	if err != nil {
		return nil, err
	}
	return e, nil
}

// wire fills studio.Uplink: the publisher's feedback is the session's under its own name.
type whip struct{ *publish.Publisher }

func (w whip) Run(ctx context.Context, t frame.Target, f studio.Feedback) error {
	return w.Publisher.Run(ctx, t, publish.Feedback(f))
}

func uplink(log *slog.Logger) studio.Uplink { return whip{publish.New(log)} }

func backstage(log *slog.Logger) studio.Backstage { return remote.New() }
