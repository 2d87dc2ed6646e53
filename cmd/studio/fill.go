package main

import (
	"context"
	"log/slog"

	"vitrine/capture"
	"vitrine/capture/frame"
	"vitrine/server/wire"
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

// decoders fills studio.Decoders with the real ones.
type decoders struct{}

func (decoders) VideoDecoder(c frame.Codec) (studio.VideoDecoder, error) {
	d, err := encode.NewVideoDecoder(c)
	if err != nil {
		return nil, err
	}
	return d, nil
}

func (decoders) AudioDecoder() (studio.AudioDecoder, error) {
	d, err := encode.NewOpusDecoder()
	if err != nil {
		return nil, err
	}
	return d, nil
}

// receivers fills studio.Receivers: media are watched where the server has them.
type receivers struct{ *publish.Watcher }

func (w receivers) Receive(ctx context.Context, server, media string, r studio.Reception) error {
	base, err := remote.Address(server)
	if err != nil {
		return err
	}
	return w.Watch(ctx, remote.WHEP(base, media), publish.Reception(r))
}

// wire fills studio.Uplink: the publisher's feedback is the session's under its own name.
type whip struct{ *publish.Publisher }

func (w whip) Run(ctx context.Context, t frame.Target, f studio.Feedback) error {
	return w.Publisher.Run(ctx, t, publish.Feedback(f))
}

func uplink(log *slog.Logger) studio.Uplink { return whip{publish.New(log)} }

// stage fills studio.Backstage, studio.Rooms and studio.Storefront with the client of our server.
type stage struct{ *remote.Client }

func (s stage) Room(server, token string, id wire.ShowID) (studio.RoomLink, error) {
	r, err := s.Client.Room(server, token, id)
	if err != nil {
		return nil, err
	}
	return room{r}, nil
}

// room is remote's: its feedback is the session's under its own name.
type room struct{ *remote.Room }

func (r room) Run(ctx context.Context, f studio.RoomFeedback) error {
	return r.Room.Run(ctx, remote.RoomFeedback(f))
}

func (s stage) Shop(server, token string, id wire.ShowID) (studio.ShopLink, error) {
	r, err := s.Client.Shop(server, token, id)
	if err != nil {
		return nil, err
	}
	return shop{r}, nil
}

// shop is remote's, as room.
type shop struct{ *remote.Shop }

func (s shop) Run(ctx context.Context, f studio.ShopFeedback) error {
	return s.Shop.Run(ctx, remote.ShopFeedback(f))
}
