package studio

import (
	"context"
	"time"

	"vitrine/capture/frame"
	"vitrine/server/wire"
	"vitrine/studio/mix"
)

// Devices is the machine: what it has, and running one of it. Every Capture call blocks until ctx ends (then it returns
// nil) or the device fails (then it wraps one of frame's device errors), and leaves nothing running.
type Devices interface {
	// Watch calls changed with all devices now and after every change, from one goroutine, until ctx ends.
	Watch(ctx context.Context, changed func([]frame.Device)) error
	// CaptureVideo puts pictures into out, PTS by now(); the format is a wish, the picture's own size is the truth.
	CaptureVideo(ctx context.Context, in frame.Input, want frame.Format, play *frame.Playback, now func() time.Duration, out *frame.Slot) error
	// CaptureAudio puts 10 ms blocks of the microphone with that Device.ID into out. Channels is 1 (mono, heard on both
	// sides) or 2.
	CaptureAudio(ctx context.Context, device string, channels int, out *frame.Queue) error
	// PlayAudio plays blocks from in on the speaker with that Device.ID, silence while in is empty.
	PlayAudio(ctx context.Context, device string, in *frame.Queue) error
}

// VideoEncoder turns pictures into packets, each in up to three sizes. Not safe for concurrent use.
type VideoEncoder interface {
	// Encode encodes one picture of the format the encoder was built for in the layers that are on and due, and makes those
	// in keys key frames. A layer that comes on begins with one. A layer without a packet was skipped by the rate control.
	// The packets' data belongs to the caller.
	Encode(v *frame.Video, plan frame.Plan, keys [frame.Layers]bool) ([]*frame.Packet, error)
	// Skipped counts the pictures that the rate control skipped in each layer.
	Skipped() [frame.Layers]uint64
	Close() error
}

// AudioEncoder turns 10 ms blocks into Opus packets. Not safe for concurrent use.
type AudioEncoder interface {
	// Encode takes the next block, whose first sample is at pts, and returns a packet when one is full, else nil.
	Encode(b *frame.Block, pts time.Duration) (*frame.Packet, error)
	// SetLoss tells the in-band FEC what loss to prepare for, 0 to 100 percent.
	SetLoss(percent int) error
	Close() error
}

// Encoders builds encoders.
type Encoders interface {
	Video(s frame.VideoSettings) (VideoEncoder, error)
	Audio(s frame.AudioSettings) (AudioEncoder, error)
}

// Feedback is what comes back against the stream of media. The functions are called from any goroutine and return at once.
type Feedback struct {
	KeyFrame func(frame.Layer)
	Demand   func(frame.Demand)
	Link     func(frame.Link)
}

// Uplink carries the show to the server.
type Uplink interface {
	// Run publishes to t and reconnects with back-off until ctx ends, then takes the show off the air and returns nil. It
	// returns an error when trying again would not help; the last Link then says why.
	Run(ctx context.Context, t frame.Target, f Feedback) error
	// Expect says how many bits a second of picture the show can use at most: the search for more bandwidth ends there.
	Expect(bps int)
	// WriteVideo and WriteAudio send a packet, or drop it while nothing is connected. They do not wait for the network.
	WriteVideo(p *frame.Packet)
	WriteAudio(p *frame.Packet)
}

// Backstage is the server's side of the show that is not media. Errors wrap *wire.Error where the server answered.
type Backstage interface {
	// Addresses are the show's WHIP endpoint and its page, from the server's address as the host typed it.
	Addresses(server string, id wire.ShowID) (whip, watch string, err error)
	// Fault says in one word why a call failed.
	Fault(err error) frame.Fault
	// Shows lists the shows that the token may see.
	Shows(ctx context.Context, server, token string) ([]wire.Show, error)
	Create(ctx context.Context, server, token string, n wire.NewShow) (wire.CreatedShow, error)
	Show(ctx context.Context, server string, id wire.ShowID) (wire.Show, error)
	Open(ctx context.Context, server, token string, id wire.ShowID) error
	Close(ctx context.Context, server, token string, id wire.ShowID) error
	// Report tells how the show leaves the studio, and returns what its viewers see.
	Report(ctx context.Context, server, token string, id wire.ShowID, r wire.StudioReport) (wire.Truth, error)
	// Page is whose page a link leads to: a show, and the address of its server.
	Page(link string) (server string, id wire.ShowID, err error)
	// StagePass lets who is a guest on a show's stage, in whose room they are without a token, publish: there, with that token.
	StagePass(ctx context.Context, server string, id wire.ShowID) (whip, token string, err error)
	// FindHosts finds hosts who can be called to a battle now; q is a part of a name, "" for those who let strangers find them.
	FindHosts(ctx context.Context, server, token, q string) ([]wire.BattleHost, error)
	// Check measures the way to the server for some seconds; nothing goes on air. progress hears which share is done and what
	// is known so far.
	Check(ctx context.Context, server, token string, progress func(share float64, so frame.Path)) (frame.Path, error)
}

// Reception is what comes of the media of somebody on stage. Picture and Sound are called from one goroutine each, or one for both; Spare and Link
// from any. All return soon.
type Reception struct {
	// Picture takes a whole picture in its codec, in their order; the first, and the first after one was lost or refused, is a key frame. It returns
	// false for one that is of no use: what depends on it is not wanted.
	Picture func(c frame.Codec, p *frame.Packet) (ok bool)
	// Sound takes an Opus packet, in their order, before which so many are missing for good.
	Sound func(p *frame.Packet, lost int)
	// Spare is how much sound is still to be heard: so long a packet that is missing may be waited for.
	Spare func() time.Duration
	// Link says how the connection does: at every change and each second while it lives.
	Link func(frame.Link)
}

// Receivers brings the media of those on stage.
type Receivers interface {
	// Receive watches media of a server, whose address is as the host typed it, and reconnects with back-off until ctx ends, then it returns nil. It
	// returns an error when trying again would not help.
	Receive(ctx context.Context, server, media string, r Reception) error
}

// VideoDecoder makes pictures of packets. Not safe for concurrent use.
type VideoDecoder interface {
	// Decode decodes the next packet. The picture, of any size, is the caller's to release, and has the packet's PTS; it is nil where there is none to
	// show. After an error the next packet must be a key frame.
	Decode(p *frame.Packet) (*frame.Video, error)
	Close() error
}

// AudioDecoder makes sound of Opus packets. Not safe for concurrent use.
type AudioDecoder interface {
	// Decode decodes the next packet, before which so many were lost, whose sound is guessed as well as can be. The samples, 48 kHz stereo
	// interleaved, hold until the next call.
	Decode(p *frame.Packet, lost int) ([]float32, error)
	Close() error
}

// Decoders builds decoders.
type Decoders interface {
	VideoDecoder(c frame.Codec) (VideoDecoder, error)
	AudioDecoder() (AudioDecoder, error)
}

// RoomFeedback is what a room tells. The functions are called one at a time; what comes behind waits for them.
type RoomFeedback struct {
	// Joined says how the room is; its events go on from those before where it says Whole.
	Joined func(wire.RoomJoined)
	// Frame tells what happened since. An event may come more than once: its number tells.
	Frame func(wire.RoomFrame)
	// Lost says that there is no connection and why; Run tries again by itself.
	Lost func(error)
}

// RoomLink is the way into one show's room.
type RoomLink interface {
	// Run stays in the room until ctx ends, then it returns nil.
	Run(ctx context.Context, f RoomFeedback) error
	// Ask waits for the room's answer, across lost connections, or for the end of ctx. The same ID again is the same wish. It
	// returns the number of the event that came of it, 0 for none; what the room refuses is a *wire.Error.
	Ask(ctx context.Context, q wire.RoomRequest) (n int64, err error)
}

// Rooms lets the session into the rooms of shows.
type Rooms interface {
	// Room is the room of a show, not yet joined; the token is an operator's or the show's, "" for a visitor.
	Room(server, token string, id wire.ShowID) (RoomLink, error)
}

// Rulebook keeps the shop's rules for what may be said in its rooms. The token is an operator's or the show's. Errors wrap *wire.Error
// where the server answered.
type Rulebook interface {
	// Rules are those that count, with their version.
	Rules(ctx context.Context, server, token string, id wire.ShowID) (r wire.Rules, version int64, err error)
	// SetRules replaces the version that was seen and returns what counts now; where that is another the error has code Precondition.
	SetRules(ctx context.Context, server, token string, id wire.ShowID, r wire.Rules, seen int64) (now wire.Rules, version int64, err error)
	// TryRules says what would happen to a text under rules; nothing comes of it.
	TryRules(ctx context.Context, server, token string, id wire.ShowID, q wire.TryText) (wire.Tried, error)
}

// ShopFeedback is what a shop tells its staff. The functions are called one at a time; what comes behind waits for them.
type ShopFeedback struct {
	// Here says that the connection stands, the first time behind the wire.DeskEvent with all there is. After a loss what happens goes on from
	// before, unless another wire.DeskEvent comes.
	Here func()
	// Told is what happened, in its order: events of the shop's types.
	Told func([]wire.Event)
	// Lost says that there is no connection and why; Run tries again by itself.
	Lost func(error)
}

// ShopLink is the way into the shop of one show. All but Run wait for the server; what it refuses is a *wire.Error. They may be called from
// any goroutine.
type ShopLink interface {
	// Run hears what happens in the shop until ctx ends, then it returns nil.
	Run(ctx context.Context, f ShopFeedback) error
	// PutProduct makes a product (version 0) or changes the version that was seen, and returns it as it is now. Of a variant that the server
	// has, a stock and version of 0 leave the stock alone. Where somebody else was faster the error has code Precondition.
	PutProduct(ctx context.Context, p wire.Product, seen int64) (wire.Product, error)
	// AddStock may be repeated with its key within a minute, as Refund.
	AddStock(ctx context.Context, v wire.VariantID, a wire.AddStock, key string) (wire.Variant, error)
	PutOffer(ctx context.Context, o wire.Offer, seen int64) (wire.Offer, error)
	EndOffer(ctx context.Context, id wire.OfferID) (wire.Offer, error)
	PutCoupon(ctx context.Context, c wire.Coupon) (wire.UsedCoupon, error)
	Refund(ctx context.Context, id wire.OrderID, r wire.Refund, key string) (wire.Order, error)
	Cancel(ctx context.Context, id wire.OrderID, c wire.Cancel) (wire.Order, error)
	// SendPicture sends a picture file, FetchPicture has the server fetch one, Picture is one as JPEG, of one of wire.PictureWidths.
	SendPicture(ctx context.Context, id wire.PictureID, file []byte) error
	FetchPicture(ctx context.Context, source string) (wire.Picture, error)
	Picture(ctx context.Context, id wire.PictureID, width int) ([]byte, error)
}

// Storefront lets the session into the shops of shows.
type Storefront interface {
	// Shop is the shop of a show; nothing runs yet. The token is an operator's or the show's.
	Shop(server, token string, id wire.ShowID) (ShopLink, error)
}

// Outbox keeps what the host did in a shop until its server has it, and what is known of the shop, between starts. Each server, by the address
// that the host typed, has its own. A name is of small letters, digits and hyphens.
type Outbox interface {
	// LoadShop returns what SaveShop last kept under a name, nil for nothing.
	LoadShop(server, name string) ([]byte, error)
	// SaveShop keeps all of b or changes nothing; nil keeps nothing under the name any more. Once it has returned, a crash of the program loses nothing.
	SaveShop(server, name string, b []byte) error
}

// Track is an opened music file.
type Track interface {
	mix.Player
	// Title is what the file calls its music, else the file's name; Artist is who plays, or "".
	Title() string
	Artist() string
}

// Peak is the lowest and the highest sample of a stretch of music.
type Peak struct{ Min, Max float32 }

// Tracks reads music files. Its methods wait for the disk and may be called from any goroutine. Errors say in plain words why
// a file is no music.
type Tracks interface {
	// OpenTrack opens a file to be played from its beginning.
	OpenTrack(path string) (Track, error)
	// OutlineTrack measures a file for drawing, in so many equal columns, until it is done or ctx ends. progress is called now
	// and then, at the end with a share of 1; the peaks hold until it returns.
	OutlineTrack(ctx context.Context, path string, columns int, progress func(share float64, peaks []Peak)) error
}

// Keeper keeps the settings between starts.
type Keeper interface {
	// Load returns what Save last kept, or nil at the first start.
	Load() ([]byte, error)
	Save([]byte) error
	// SetAside moves damaged settings out of the way and says where they are now.
	SetAside() (string, error)
}
