package studio

import (
	"context"
	"slices"
	"time"

	"vitrine/capture/frame"
	"vitrine/server/wire"
	"vitrine/studio/mix"
)

// Stage is who is on the stage of the chosen show beside the host at one moment: guests, and the hosts that it is linked with. It is immutable like
// the Snapshot that holds it.
type Stage struct {
	// Now is the stage as the room tells it; its times are the server's (Room.Clock).
	Now wire.StageNow
	// Feeds are those whose picture and sound come here, in the order of Now: guests first, then opponents.
	Feeds []StageFeed
}

// Feed is the feed of a spot, nil for none.
func (s *Stage) Feed(spot wire.SpotID) *StageFeed {
	return find(s.Feeds, spot, func(f StageFeed) wire.SpotID { return f.Spot })
}

// StageFeed is somebody on stage, as they come here.
type StageFeed struct {
	Spot wire.SpotID
	Name string
	// Status is Opening until something comes; Failed is tried again by itself, Problem says why.
	Status        Status
	Problem       Problem
	Width, Height int
	FPS           float64
	// Level is how loud they are, before their strip; Delay how late they are heard, from their microphone to the host's ear as far as it
	// is known.
	Level mix.Level
	Delay time.Duration
	Strip StageStrip
}

// StageStrip is how the host hears somebody on stage. It is remembered as long as they are on it.
type StageStrip struct {
	// Gain is in dB, -60 (off) to 12.
	Gain        float64
	Muted, Solo bool
}

// Limits of StageStrip.Gain, in dB. At the lower one nothing is heard.
const (
	MinStageGain = -60
	MaxStageGain = 12
)

// Validate reports a gain that cannot be.
func (s StageStrip) Validate() error {
	if !(s.Gain >= MinStageGain && s.Gain <= MaxStageGain) {
		return wire.Errorf(wire.Invalid, "choose a volume of %d to %d dB", MinStageGain, MaxStageGain)
	}
	return nil
}

// stage is who is on stage, owned by the loop.
type stage struct {
	now   wire.StageNow
	feeds []*feed // in the order of now
	shown *Stage  // what snapshots hold; nil before the first
	// heard says that somebody is on stage whom the host hears.
	heard bool
	// telling says that the room is being told how late the others are seen.
	telling bool
}

// stageNow is the stage for a snapshot, the same as long as nothing has changed.
func (s *Session) stageNow() *Stage {
	st := &s.stage
	feeds := make([]StageFeed, len(st.feeds))
	for i, f := range st.feeds {
		feeds[i] = f.public()
	}
	if st.shown == nil || s.visit.stageNews || !slices.Equal(st.shown.Feeds, feeds) {
		s.visit.stageNews = false
		st.shown = &Stage{Now: st.now, Feeds: feeds}
	}
	return st.shown
}

// errNotOnStage answers what is about somebody who is not on stage.
func errNotOnStage(spot wire.SpotID) error {
	return wire.Errorf(wire.NotFound, "%q is not on stage", spot)
}

// StageDo asks the room for something about its stage and waits for its answer. What the room refuses is a *wire.Error.
func (s *Session) StageDo(ctx context.Context, w wire.StageWish) error {
	return s.ask(ctx, wire.RoomRequest{Stage: &w})
}

// SetStageStrip changes how the host hears somebody on stage, from the next block on; with a solo, only those are heard who have it. Viewers hear
// everybody from their own tracks, as the room says.
func (s *Session) SetStageStrip(ctx context.Context, spot wire.SpotID, strip StageStrip) error {
	if err := strip.Validate(); err != nil {
		return err
	}
	return s.do(ctx, func() error {
		f := find(s.stage.feeds, spot, (*feed).at)
		if f == nil {
			return errNotOnStage(spot)
		}
		(*f).strip = strip
		s.mixStage()
		return nil
	})
}

// StagePicture holds the newest picture of somebody on stage, in the size in which it comes; nil for somebody who is not. It has one consumer, which
// releases what it takes. It is another one after somebody has gone and come again, so ask for it with every picture. It may be called from any goroutine.
func (s *Session) StagePicture(spot wire.SpotID) *frame.Slot {
	if all := s.thumbs.Load(); all != nil {
		return (*all)[spot]
	}
	return nil
}

// FindHosts finds hosts who can be called to a battle now, by a part of their or their show's name; "" is for those who let strangers find them. It waits
// for the server.
func (s *Session) FindHosts(ctx context.Context, q string) ([]wire.BattleHost, error) {
	srv := s.Snapshot().Settings.Server
	if srv.Address == "" || srv.Token == "" {
		return nil, ErrNoServer
	}
	return s.c.Backstage.FindHosts(ctx, srv.Address, srv.Token, q)
}

// dealFor is how long a deal stands.
const dealFor = 90 * time.Second

// Deal offers somebody in the room one unit of a variant at a price that was agreed on: they alone may take it, once, within 90 s. It waits for the
// server. What it refuses is a *wire.Error; a call that was not answered may be repeated: within a minute it is the same wish.
func (s *Session) Deal(ctx context.Context, who wire.Alias, product wire.ProductID, variant wire.VariantID, price wire.Money) error {
	snap := s.Snapshot()
	p := snap.Shop.Product(product)
	if p == nil {
		return errNoProduct(product)
	}
	if find(p.Variants, variant, variantID) == nil {
		return wire.Errorf(wire.NotFound, "%q has no variant %q", p.Title, variant)
	}
	if who == "" {
		return wire.Errorf(wire.Invalid, "say with whom the deal is")
	}
	if err := price.Validate(); err != nil {
		return err
	}
	o := wire.Offer{
		Kind: wire.Personal, Title: p.Title, Show: snap.Settings.Server.Show, Member: who, Parts: []wire.Part{{Variant: variant, Quantity: 1}},
		Price: price, Units: 1, Cap: 1, Public: true,
	}
	return s.atServer(ctx, []any{"deal", o}, func(link ShopLink, key string) (wire.Event, error) {
		o.ID, o.Until = wire.OfferID(key), time.Now().Add(snap.Room.Clock+dealFor)
		made, err := link.PutOffer(ctx, o, 0)
		if wire.CodeOf(err) == wire.Precondition {
			if there := find(s.Snapshot().Shop.Offers, o.ID, offerID); there != nil {
				return wire.OfferEvent{Offer: *there}, nil // an earlier try has made it
			}
		}
		return wire.OfferEvent{Offer: made}, err
	})
}
