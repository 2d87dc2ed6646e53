package wire_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"vitrine/server/wire"
)

var since = time.Date(2026, 11, 21, 20, 15, 0, 0, time.UTC)

func eur(cents int64) wire.Money { return wire.Money{Minor: cents, Currency: "EUR"} }

var ring = wire.Product{ID: "ring", Title: "A ring", Version: 3, Variants: []wire.Variant{
	{ID: "ring-54", Title: "54", SKU: "R54", Price: eur(9900), Weight: 12, Stock: 9, Left: 7, Version: 12},
}}

var flash = wire.Offer{
	ID: "flash-1", Kind: wire.Flash, Title: "Until nine", Show: "evening", Parts: []wire.Part{{Variant: "ring-54", Quantity: 1}}, Price: eur(7900),
	From: since, Until: since.Add(time.Hour), Public: true, Version: 2, Taken: 2, Left: 7, Lowest: eur(9900),
}

var lamp = wire.Product{
	ID: "lamp", Title: "A lamp", Pictures: []wire.Picture{{ID: "0123456789abcdef0123456789abcdef", Alt: "A lamp of brass", Source: "https://shop.example/lamp.jpg"}},
	Hidden: true, Place: 4096, Vendor: "Aldo", Kind: "Lamps", Tags: []string{"brass", "new"}, Options: []string{"Size", "Colour"},
	Extra: map[string]string{"Gift Card": "false"}, Version: 1, Variants: []wire.Variant{{
		ID: "lamp-s-red", Title: "S, red", Options: []string{"S", "Red"}, SKU: "L1", Barcode: "4006381333931", Price: eur(4900), Weight: 900, Picture: 1,
		Stock: 3, Waiting: 2, Version: 4,
	}},
}

var ten = wire.UsedCoupon{Coupon: wire.Coupon{Code: "TEN", Percent: 1000, Until: since, Uses: 100, UsesEach: 1}, Used: 7}

var terms = wire.ShopTerms{
	Currency: "EUR", TaxIncluded: true, Home: "DE", Countries: []string{"DE", "FR", "US"}, Regions: []string{"US"}, Pay: []wire.PayMethod{wire.PayCash, wire.PayStripe}, Stripe: "pk_live_1",
	Hold: 90, Seller: wire.Address{Name: "Aldo", Street: "1 Quay", City: "Hamburg", Zip: "20457", Country: "DE"}, Email: "hello@shop.example",
}

var takings = wire.Takings{Show: "evening", Orders: 3, Units: 5, Revenue: eur(39500), Refunded: eur(7900), Declined: 1}

var mia = wire.Member{Alias: "m1", Name: "Mia", Role: "host"}

func ptr[T any](v T) *T { return &v }

var onStage = wire.StageNow{
	Open: true, Waiting: 1,
	Layout: wire.StageLayout{Kind: wire.LayoutSide, Main: wire.HostSpot, Fade: 300, Boxes: []wire.StageBox{{Spot: wire.HostSpot, W: 5000, H: 10000}, {Spot: "m2", X: 5000, W: 5000, H: 10000}}},
	Guests: []wire.StageGuest{{
		Member: wire.Member{Alias: "m2", Name: "Kim"}, State: wire.GuestLive, Since: 1795291200000, Media: "evening~m2", SelfDark: true, Pan: 30, Distance: 10,
	}},
}

var fought = wire.Battle{
	ID: "evening-1-a", Seq: 12, Phase: wire.BattleLap, Us: "evening", Round: 1, Since: 1795291500000, Until: 1795291680000, Wins: []int{1, 0},
	Terms: &wire.BattleTerms{
		Fight: 300, Push: 30, Lap: 180, Rounds: 1, Penalty: "sings", Weights: wire.BattleWeights{Coin: 10, Vote: 20, Like: 1, LikesMost: 5000, Paid: 2},
	},
	Corners: []wire.BattleCorner{
		{ID: "evening", Room: wire.BattleRoom{Show: "evening"}, State: wire.CornerHere, Agreed: true, Score: 400, Media: "evening", Best: []wire.BattleFan{{Name: "Mia", Points: 400}}},
		{
			ID: "night@night.example", Room: wire.BattleRoom{Show: "night", Server: "https://night.example"}, State: wire.CornerAway, Until: 1795291515000, Team: 1, Agreed: true,
			Score: 70, Media: "evening~at-0123456789abcdef", Heard: wire.HearLess,
		},
	},
	Result: &wire.BattleResult{
		Battle: "evening-1-a", Round: 1, Outcome: wire.BattleWon, Scores: map[wire.CornerID]int64{"evening": 400, "night@night.example": 70}, At: 1795291500000, Final: true,
		Signer: "a2V5", Signature: "c2lnbmVk",
	},
}

// golden is one value of each kind that crosses the network; server/web's tests read the same files.
var golden = map[string]any{
	"show_live.json": &wire.Show{
		ID: "evening", Title: "Linen for long evenings · 亚麻", State: wire.Open, Live: true, Video: "H264", Viewers: 1284, Since: &since,
	},
	"show_interrupted.json": &wire.Show{
		ID: "evening", Title: "Linen for long evenings", State: wire.Open, Interrupted: true, Viewers: 1284,
	},
	"event_show.json": &wire.ShowEvent{Show: wire.Show{ID: "evening", Title: "Linen", State: wire.Open, Live: true, Video: "VP8", Viewers: 3}},
	"event_layers.json": &wire.LayersEvent{
		Layers:  []wire.Layer{{ID: "q", Height: 180, Bitrate: 150_000}, {ID: "h", Height: 360, Bitrate: 600_000}, {ID: "f", Height: 720, Bitrate: 2_000_000}},
		Current: "h", Pinned: "",
	},
	"event_link.json":     &wire.LinkEvent{Down: 2_100_000, Loss: 0.12, RTT: 80, Redundancy: 3},
	"event_clock.json":    &wire.ClockEvent{RTP: 4_294_960_000, Media: 1_795_292_100_040},
	"wish_layer.json":     &wire.PinLayer{ID: "f"},
	"event_snapshot.json": &wire.SnapshotEvent{Products: []wire.Product{ring}, Offers: []wire.Offer{flash}, Orders: []wire.Order{}},
	"event_stock.json":    &wire.StockEvent{Stock: []wire.Stock{{Variant: "ring-54", Left: 7, Version: 12}}},
	"event_product.json":  &wire.ProductEvent{Product: ring},
	"event_offer.json":    &wire.OfferEvent{Offer: flash},
	"event_sold.json":     &wire.SoldEvent{Variant: "ring-54", Offer: "flash-1", Quantity: 2, At: since},
	"event_reservation.json": &wire.ReservationEvent{Reservation: wire.Reservation{
		ID: "0123456789abcdef", State: wire.Held, Variant: "ring-54", Offer: "flash-1", Show: "evening", Quantity: 2, Price: eur(15800), Until: since,
	}},
	"event_order.json": &wire.OrderEvent{Order: wire.Order{
		ID: "fedcba9876543210", Number: 42, State: wire.OrderCaptured, Shipping: "post", Pay: wire.PayTest, Made: since, Paid: since, Refunded: eur(0),
		Lines: []wire.Line{{
			Reservation: "0123456789abcdef", Title: "A ring, 54", Variant: "ring-54", Offer: "flash-1", Quantity: 2,
			Price: eur(15800), Discount: eur(0), TaxRate: 1900, Tax: eur(2523), Refunded: eur(0),
		}},
		Totals:      wire.Totals{Goods: eur(15800), Discount: eur(0), Shipping: eur(0), Tax: eur(2523), TaxIncluded: true, Total: eur(15800)},
		Cancellable: since.Add(24 * time.Hour),
	}},
	"event_desk.json": &wire.DeskEvent{
		Terms: terms, Products: []wire.Product{lamp}, Offers: []wire.Offer{flash}, Coupons: []wire.UsedCoupon{ten}, Takings: takings,
		Orders: []wire.Order{{
			ID: "fedcba9876543210", Number: 42, State: wire.OrderPartRefunded, Shipping: "post", Pay: wire.PayTest, Made: since, Paid: since, Refunded: eur(7900),
			Reason: "a scratch", Lines: []wire.Line{{
				Reservation: "0123456789abcdef", Title: "A ring, 54", Variant: "ring-54", Offer: "flash-1", Show: "evening", Quantity: 2,
				Price: eur(15800), Discount: eur(0), TaxRate: 1900, Tax: eur(2523), Refunded: eur(7900),
			}},
			Totals:      wire.Totals{Goods: eur(15800), Discount: eur(0), Shipping: eur(0), Tax: eur(2523), TaxIncluded: true, Total: eur(15800)},
			Cancellable: since.Add(24 * time.Hour),
		}},
	},
	"event_takings.json": &wire.TakingsEvent{Takings: takings},
	"event_coupon.json":  &wire.CouponEvent{Coupon: ten},
	"terms.json":         &terms,
	"person.json":        &wire.Person{ID: "pAbc", Role: "owner", Strong: true, Proved: since, Email: "ada@shop.example"},
	"quote.json": &wire.Quote{
		Totals: wire.Totals{Goods: eur(9900), Discount: eur(0), Shipping: eur(490), Tax: eur(1659), TaxIncluded: true, Total: eur(10390)},
		Lines: []wire.Line{{
			Reservation: "0123456789abcdef", Title: "A ring, 54", Variant: "ring-54", Quantity: 1, Price: eur(9900), Discount: eur(0), TaxRate: 1900,
			Tax: eur(1581), Refunded: eur(0),
		}},
		Shipping:  wire.Shipment{Name: "post", Days: "2 to 3", Price: eur(490)},
		Shipments: []wire.Shipment{{Name: "post", Days: "2 to 3", Price: eur(490)}},
	},
	"coupon.json":  &ten,
	"refund.json":  &wire.Refund{Returns: []wire.Return{{Line: 0, Quantity: 1, Restock: true}}, Refunded: eur(0)},
	"session.json": &wire.Session{ID: "s1", Made: since, Seen: since, This: true},
	"ledger.json": &wire.LedgerPage{Entries: []wire.LedgerEntry{
		{Seq: 1, Hash: "aa", Digest: "bb", At: 1, Kind: "stock", Show: "evening", Public: `{"variant":"ring-54","units":2}`, Private: "cc"},
		{Seq: 2, Hash: "dd", Digest: "ee"},
	}},
	"event_joined.json": &wire.RoomJoined{
		Me: wire.Member{Alias: "m7", Name: "Ada"}, Through: 12, Whole: true, Coins: 40, Clock: 1_795_000_000_500,
		State: wire.RoomState{
			Announced: "Free shipping tonight", Showing: wire.Showing{Product: "ring"}, ShowingAt: 81_000, Modes: wire.Modes{Pause: 2},
			Pinned:    &wire.RoomEvent{N: 3, At: 1_795_000_000_000, By: &mia, Said: &wire.Said{Text: "Welcome!"}},
			Polls:     []wire.OpenPoll{{Poll: wire.Poll{Question: "Which next?", Options: []string{"Rings", "Bowls"}}, N: 8, Counts: []int64{3, 5}, Mine: -1}},
			Questions: []wire.OpenQuestion{{N: 9, By: wire.Member{Alias: "m9", Name: "Bo"}, Text: "Is there a 56?", Votes: 14}},
		},
		Events: []wire.RoomEvent{{N: 12, At: 1_795_000_000_400, Media: 81_400, By: &wire.Member{Alias: "m9", Name: "Bo"}, Said: &wire.Said{
			Text: "@Mia hello 👋", Reply: 3, Mentions: []wire.Alias{"m1"},
		}}},
		Now: wire.RoomNow{Viewers: ptr(1284), Likes: ptr(int64(9000))}, Gifts: []wire.Gift{{ID: "rose", Name: "Rose", Emoji: "🌹", Coins: 1}},
	},
	"event_frame.json": &wire.RoomFrame{
		Through: 31, Skipped: 7, Clock: 1_795_000_001_000,
		Events: []wire.RoomEvent{
			{N: 13, At: 1_795_000_000_900, By: &mia, Pinned: &wire.Pinned{Line: 12}},
			{N: 14, At: 1_795_000_000_910, Media: 81_900, By: &mia, Showing: &wire.Showing{Product: "ring", Offer: "flash-1"}},
			{N: 15, At: 1_795_000_000_920, By: &wire.Member{Alias: "m9", Name: "Bo"}, Gifted: &wire.Gifted{Gift: "rose", Count: 5, Combo: 10, Coins: 5}},
			{N: 16, At: 1_795_000_000_930, PollEnded: &wire.PollEnded{Poll: 8, Counts: []int64{3, 6}}},
			{N: 17, At: 1_795_000_000_940, By: &wire.Member{Alias: "m2", Name: "Cy"}, Staff: true, Held: &wire.Withheld{Text: "…", Class: "insult", Why: "looks like what was refused", Score: 0.8}},
		},
		Now: &wire.RoomNow{Polls: []wire.Tally{{Poll: 8, Counts: []int64{3, 6}}}, Questions: []wire.Asks{{N: 9, Votes: 15}}},
	},
	"event_answer.json": &wire.RoomAnswer{ID: "a-1", Error: &wire.RoomError{Code: wire.RateLimited, Text: "wait 2 seconds between two messages", Wait: 1400, Why: "rate"}},
	"event_left.json":   &wire.RoomLeft{Code: wire.RoomSlow, Reason: "frames were not read in time"},
	"event_piece.json":  &wire.Piece{Text: `{"type":"joined",`, First: true, More: true},
	"wish_ticket.json":  &wire.RoomWish{Ticket: "ABC"},
	"wish_enter.json":   &wire.RoomWish{Enter: &wire.Numbered{N: 12}},
	"wish_leave.json":   &wire.RoomWish{Leave: &struct{}{}},
	"room_say.json":     &wire.RoomRequest{ID: "a-1", Say: &wire.Say{Text: "Hello", Reply: 12}},
	"room_vote.json":    &wire.RoomRequest{ID: "a-2", Vote: &wire.Vote{Poll: 8, Option: 1}},
	"room_gift.json":    &wire.RoomRequest{ID: "a-3", Gift: &wire.GiveGift{Gift: "rose", Count: 5}},
	"event_staged.json": &wire.RoomFrame{
		Through: 21, Stage: &wire.StageMine{State: wire.GuestAdmitted, Until: 1795291245000, Media: "evening~m2"},
		Events: []wire.RoomEvent{
			{N: 20, At: 1795291200000, Media: 1795291199000, Staged: &wire.Staged{What: wire.StageJoined, Who: &wire.Member{Alias: "m2", Name: "Kim"}, Now: onStage}},
			{N: 21, At: 1795291201000, Battled: &wire.Battled{ID: "evening-1-a", Seq: 9, What: wire.BattleScored, Scores: []int64{400, 70}}},
		},
	},
	"event_battled.json": &wire.RoomFrame{Through: 22, Events: []wire.RoomEvent{{
		N: 22, At: 1795291500000, Battled: &wire.Battled{ID: "evening-1-a", Seq: 12, What: wire.BattleResulted, Now: &fought},
	}}},
	"room_stage.json":     &wire.RoomRequest{ID: "a-5", Stage: &wire.StageWish{Apply: &wire.StageNote{Text: "About the pot"}}},
	"room_layout.json":    &wire.RoomRequest{ID: "a-6", Stage: &wire.StageWish{Layout: &onStage.Layout}},
	"room_challenge.json": &wire.RoomRequest{ID: "a-7", Stage: &wire.StageWish{Challenge: fought.Terms}},
	"stage_pass.json":     &wire.StagePass{Media: "evening~m2", Token: "1795334400000.c2lnbmVk", Until: 1795334400000},
	"stage_hosts.json": &wire.BattleHosts{Hosts: []wire.BattleHost{
		{BattleRoom: wire.BattleRoom{Show: "night", Server: "https://night.example", Name: "Night", Title: "Lamps"}, Viewers: 12, Fighting: true},
	}},
	"stage_peer.json": &wire.StagePeer{Server: "https://shop.example", Key: "a2V5", Peers: []string{"https://night.example"}},
	"stage_post.json": &wire.StagePost{Letters: []wire.StageLetter{{
		ID: "evening.1.a", From: wire.BattleRoom{Show: "evening", Server: "https://shop.example"}, To: wire.BattleRoom{Show: "night", Server: "https://night.example"},
		Body: json.RawMessage("{}"),
	}}},
	"stage_taken.json":  &wire.StageTaken{Taken: []string{"evening.1.a"}},
	"room_silence.json": &wire.RoomRequest{ID: "a-4", Silence: &wire.SilenceOne{Who: "m2", Seconds: 600, Reason: "insults"}},
	"report_player.json": &wire.PlayerReport{
		Protocol: wire.WHEP, Span: 2000, Stall: wire.StallMedia, Shown: 48, Dropped: 2, Freezes: 1, Frozen: 400, FPS: 24, Samples: 96000, Concealed: 960,
		Silent: 480, Buffer: 60, Decode: 4, RTT: 32, Loss: 0.02, Layer: "h", Height: 360, Playing: 1795292100000,
	},
	"report_posted.json": &wire.PostedReport{Viewer: "k3jH9sQ2", Report: wire.PlayerReport{Protocol: wire.HLS, Span: 5000, Shown: 150, FPS: 30}},
	"report_studio.json": &wire.StudioReport{
		Capture: wire.Capture{Wanted: 30, FPS: 29.9, Dropped: 3},
		Encode:  wire.Encode{FPS: 21.5, Time: 45.2, Queue: 1, Dropped: 130, Reduced: true, Height: 480, Pictures: 5230, Stalled: 1650, Late: 910},
		Way:     wire.Way{RTT: 18, Loss: 0.01, Bandwidth: 6_000_000, Bitrate: 2_400_000, Dropped: 4},
	},
	"truth.json": &wire.Truth{
		Show: "evening", At: since, Viewers: 120,
		All: wire.Seen{Viewers: 110, Suffering: 8, LatencyP50: 180, LatencyP95: 420, FPS: 30, Freezing: 0.07, Frozen: 640, Concealed: 0.003},
		ByProtocol: map[wire.Protocol]wire.Seen{
			wire.WHEP: {Viewers: 110, Suffering: 8, LatencyP50: 180, LatencyP95: 420, FPS: 30, Freezing: 0.07, Frozen: 640, Concealed: 0.003},
		},
		Hops: wire.Hops{
			Capture:  &wire.Capture{Wanted: 30, FPS: 30},
			Encode:   &wire.Encode{FPS: 30, Time: 6.5, Height: 720, Pictures: 390, Stalled: 40, Late: 120},
			Uplink:   &wire.Uplink{FPS: 30, Bitrate: 2_600_000, Stalled: 0, Loss: 0.01, Unrepaired: 0.0001, Jitter: 4, Quiet: 12, Way: &wire.Way{RTT: 18, Bandwidth: 6_000_000, Bitrate: 2_400_000}},
			Server:   &wire.Serving{CPU: 0.21, Late: 30, Queued: 4, Dropped: 0},
			LastMile: &wire.LastMile{Loss: 0.001, LossP95: 0.24, RTT: 30, RTTP95: 210, Limited: 5, Silent: 10},
		},
		Verdict: wire.Verdict{Hop: wire.HopLastMile, Since: since, Finding: wire.LinkLoss, Figures: map[string]float64{"suffering": 8, "viewers": 110, "loss": 0.24, "rtt": 210}},
	},
	"problem.json": &wire.Problem{
		Type: "about:blank", Title: "Conflict", Status: 409, Detail: "the show is not on air", Code: wire.NotLive,
	},
}

func TestTheContractIsWhatTheGoldenFilesSay(t *testing.T) {
	for name, value := range golden {
		want, err := os.ReadFile("testdata/" + name)
		if err != nil {
			t.Fatal(err)
		}
		got, err := json.MarshalIndent(value, "", "  ")
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(append(got, '\n'), want) {
			t.Errorf("%s: we write\n%s", name, got)
		}
		back := reflect.New(reflect.TypeOf(value).Elem()).Interface()
		if err := json.Unmarshal(want, back); err != nil || !reflect.DeepEqual(back, value) {
			t.Errorf("%s reads as %+v, %v", name, back, err)
		}
	}
}

func TestNamesAndTitlesOfShows(t *testing.T) {
	for name, ok := range map[string]bool{
		"a": true, "evening-2": true, strings.Repeat("a", 63): true, "0": true,
		"": false, "-a": false, "A": false, "a_b": false, "a/b": false, "ä": false, strings.Repeat("a", 64): false, "a\n": false,
	} {
		if err := (wire.NewShow{ID: wire.ShowID(name)}).Validate(); (err == nil) != ok {
			t.Errorf("%q: %v", name, err)
		}
	}
	for title, ok := range map[string]bool{"": true, strings.Repeat("亚", 120): true, strings.Repeat("a", 121): false, "\xff": false} {
		if err := (wire.NewShow{ID: "a", Title: title}).Validate(); (err == nil) != ok || (err != nil && wire.CodeOf(err) != wire.Invalid) {
			t.Errorf("%q: %v", title, err)
		}
	}
}

func TestAnErrorKeepsItsCodeHoweverDeepItIsWrapped(t *testing.T) {
	deep := fmt.Errorf("place: %w", errors.Join(errors.New("x"), wire.Errorf(wire.Conflict, "no")))
	if wire.CodeOf(deep) != wire.Conflict || wire.CodeOf(errors.New("x")) != wire.Internal || wire.CodeOf(nil) != "" {
		t.Error("codes are lost")
	}
}

func TestEventsAreToldApartByTheirType(t *testing.T) {
	for name, want := range golden {
		if !strings.HasPrefix(name, "event_") {
			continue
		}
		message, err := json.Marshal(want)
		if err != nil {
			t.Fatal(err)
		}
		got, err := wire.ReadEvent(message)
		if err != nil || !reflect.DeepEqual(got, reflect.ValueOf(want).Elem().Interface()) {
			t.Errorf("%s reads as %+v, %v", message, got, err)
		}
	}
	if e, err := wire.ReadEvent([]byte(`{"type":"applause"}`)); e != nil || err != nil {
		t.Errorf("an unknown event reads as %v, %v", e, err)
	}
	for _, bad := range []string{``, `null`, `[]`, `{}`, `{"type":7}`, `{"type":"link","down":"much"}`} {
		if _, err := wire.ReadEvent([]byte(bad)); wire.CodeOf(err) != wire.Invalid {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func TestWishesOfAPage(t *testing.T) {
	for message, want := range map[string]struct {
		id wire.LayerID
		ok bool
	}{`{"type":"layer","id":"f"}`: {"f", true}, `{"type":"layer","id":""}`: {"", true}, `{"type":"wave"}`: {"", false}} {
		if got, ok, err := wire.ReadWish([]byte(message)); got.ID != want.id || ok != want.ok || err != nil {
			t.Errorf("%s: %v %v %v", message, got, ok, err)
		}
	}
	for _, bad := range []string{``, `7`, `{}`, `{"type":"layer","id":3}`} {
		if _, ok, err := wire.ReadWish([]byte(bad)); ok || wire.CodeOf(err) != wire.Invalid {
			t.Errorf("%q: %v %v", bad, ok, err)
		}
	}
}

func TestReportsOfWhatNobodyCanHaveSeenAreRefused(t *testing.T) {
	good := wire.PlayerReport{Protocol: wire.WHEP, Span: 2000, Samples: 100, Concealed: 50, Silent: 20}
	if err := good.Validate(); err != nil {
		t.Fatal(err)
	}
	for name, spoil := range map[string]func(*wire.PlayerReport){
		"no protocol":                 func(r *wire.PlayerReport) { r.Protocol = "" },
		"no time":                     func(r *wire.PlayerReport) { r.Span = 0 },
		"an hour":                     func(r *wire.PlayerReport) { r.Span = 3_600_000 },
		"frozen for longer than that": func(r *wire.PlayerReport) { r.Frozen = 2001 },
		"more made up than played":    func(r *wire.PlayerReport) { r.Concealed = 101 },
		"a negative count":            func(r *wire.PlayerReport) { r.Dropped = -1 },
		"all and more lost":           func(r *wire.PlayerReport) { r.Loss = 1.1 },
		"a long name":                 func(r *wire.PlayerReport) { r.Layer = "abcdefghijklmnopq" },
	} {
		r := good
		spoil(&r)
		if wire.CodeOf(r.Validate()) != wire.Invalid {
			t.Errorf("%s is taken", name)
		}
	}
	if _, ok, err := wire.ReadReport([]byte(`{"type":"layer","id":"f"}`)); ok || err != nil {
		t.Errorf("a wish is read as a report: %v %v", ok, err)
	}
	if _, ok, err := wire.ReadReport([]byte(`{"type":"report","span":-1}`)); ok || wire.CodeOf(err) != wire.Invalid {
		t.Errorf("an impossible report: %v %v", ok, err)
	}
	if err := (wire.PostedReport{Viewer: "short", Report: good}).Validate(); wire.CodeOf(err) != wire.Invalid {
		t.Error("a short name is taken")
	}
}

// FuzzMessages: what is read of a message, of a server's or of a page's, is written as what is read again as the same.
func FuzzMessages(f *testing.F) {
	for name := range golden {
		raw, err := os.ReadFile("testdata/" + name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw)
	}
	f.Add([]byte(`{"type":"link","loss":1e308,"TYPE":"show"}`))
	f.Fuzz(func(t *testing.T, message []byte) {
		if e, err := wire.ReadEvent(message); err != nil {
			if wire.CodeOf(err) != wire.Invalid {
				t.Fatal(err)
			}
		} else if e != nil {
			raw, err := json.Marshal(e)
			if err != nil {
				t.Fatal(err)
			}
			if again, err := wire.ReadEvent(raw); err != nil || !reflect.DeepEqual(again, e) {
				t.Errorf("%+v reads as %+v, %v", e, again, err)
			}
		}
		if w, ok, err := wire.ReadWish(message); ok {
			raw, err := json.Marshal(w)
			if err != nil {
				t.Fatal(err)
			}
			if again, ok, err := wire.ReadWish(raw); !ok || err != nil || again != w {
				t.Errorf("%+v reads as %+v, %v", w, again, err)
			}
		} else if err != nil && wire.CodeOf(err) != wire.Invalid {
			t.Fatal(err)
		}
		if w, ok, err := wire.ReadRoomWish(message); ok {
			raw, err := json.Marshal(w)
			if err != nil {
				t.Fatal(err)
			}
			if again, ok, err := wire.ReadRoomWish(raw); !ok || err != nil || (again.Enter == nil) != (w.Enter == nil) || again.Ticket != w.Ticket {
				t.Errorf("%+v reads as %+v, %v", w, again, err)
			}
		} else if err != nil && wire.CodeOf(err) != wire.Invalid {
			t.Fatal(err)
		}
		if r, ok, err := wire.ReadReport(message); ok {
			raw, err := json.Marshal(r)
			if err != nil {
				t.Fatal(err)
			}
			if again, ok, err := wire.ReadReport(raw); !ok || err != nil || again != r {
				t.Errorf("%+v reads as %+v, %v", r, again, err)
			}
		} else if err != nil && wire.CodeOf(err) != wire.Invalid {
			t.Fatal(err)
		}
	})
}
