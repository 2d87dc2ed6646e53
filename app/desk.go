package app

import (
	"context"
	"time"

	"vitrine/capture/frame"
	"vitrine/effects"
	"vitrine/server/wire"
	"vitrine/studio"
	"vitrine/studio/mix"
)

// Desk is what the window asks of the show: *studio.Session, or a fake of it. Commands answer within milliseconds; the
// last wait for the network, those of the room for its answer.
type Desk interface {
	Snapshot() *studio.Snapshot
	Changed() <-chan struct{}
	Preview() *frame.Slot

	AddSource(ctx context.Context, name string, in frame.Input) (studio.SourceID, error)
	RenameSource(ctx context.Context, id studio.SourceID, name string) error
	RemoveSource(ctx context.Context, id studio.SourceID) error
	Undo(ctx context.Context) (studio.Change, error)
	MoveSource(ctx context.Context, id studio.SourceID, to int) error
	SelectSource(ctx context.Context, id studio.SourceID) error
	PauseSource(ctx context.Context, id studio.SourceID, on bool) error

	SetLook(ctx context.Context, l effects.Look) error
	Compare(ctx context.Context, on bool) error
	SetVoice(ctx context.Context, v effects.Voice) error
	KeepPerson(ctx context.Context, name string) error
	UsePerson(ctx context.Context, name string) error
	RemovePerson(ctx context.Context, name string) error

	SetPlugins(ctx context.Context, p studio.Plugins) error

	SetMicrophone(ctx context.Context, m studio.Microphone) error
	SetSpeaker(ctx context.Context, device string) error
	TestSpeaker(ctx context.Context) error

	AddTracks(ctx context.Context, paths []string) error
	RemoveTrack(ctx context.Context, id mix.EntryID) error
	MoveTrack(ctx context.Context, id mix.EntryID, to int) error
	PlayTrack(ctx context.Context, id mix.EntryID) error
	PlayMusic(ctx context.Context) error
	PauseMusic(ctx context.Context) error
	StopMusic(ctx context.Context) error
	NextTrack(ctx context.Context) error
	PreviousTrack(ctx context.Context) error
	SeekMusic(ctx context.Context, to time.Duration) error
	CueMusic(ctx context.Context, on bool) error
	ListenTo(ctx context.Context, id mix.EntryID) error
	SetHeadphones(ctx context.Context, device string) error
	SetMusic(ctx context.Context, m studio.Music) error
	TriggerPad(ctx context.Context, i int) error
	StopPads(ctx context.Context) error
	SetPadVolume(ctx context.Context, i int, db float64) error
	SetPad(ctx context.Context, i int, path string) error

	SetServer(ctx context.Context, s studio.Server) error
	SetOutput(ctx context.Context, o studio.Output) error
	SetKeys(ctx context.Context, k studio.Keys) error
	SetAppearance(ctx context.Context, language, theme string) error
	DismissNotice(ctx context.Context, seq int) error

	GoLive(ctx context.Context) error
	End(ctx context.Context) error
	LeaveUnfinished(ctx context.Context) error

	Say(ctx context.Context, text string, reply int64) error
	CallMe(ctx context.Context, name string) error
	Pin(ctx context.Context, line int64) error
	Highlight(ctx context.Context, line int64) error
	RemoveLine(ctx context.Context, line int64, reason string) error
	Announce(ctx context.Context, text string) error
	StartPoll(ctx context.Context, p wire.StartPoll) error
	EndPoll(ctx context.Context, poll int64) error
	AnswerQuestion(ctx context.Context, question int64, text string) error
	Judge(ctx context.Context, held int64, d wire.Decision, reason string) error
	Silence(ctx context.Context, one wire.SilenceOne) error
	SetModes(ctx context.Context, m wire.Modes) error

	StageDo(ctx context.Context, w wire.StageWish) error
	// BeGuest goes into somebody else's show, EndGuest comes back; both wait for the network.
	BeGuest(ctx context.Context, link, name string) error
	EndGuest(ctx context.Context) error
	DarkenGuest(ctx context.Context, dark bool) error
	SetStageStrip(ctx context.Context, spot wire.SpotID, strip studio.StageStrip) error
	// StagePicture holds the newest picture of somebody on stage, nil for nobody there.
	StagePicture(spot wire.SpotID) *frame.Slot
	FindHosts(ctx context.Context, q string) ([]wire.BattleHost, error)
	Deal(ctx context.Context, who wire.Alias, product wire.ProductID, variant wire.VariantID, price wire.Money) error

	OpenRules(ctx context.Context) error
	EditRules(ctx context.Context, r wire.Rules) error
	SaveRules(ctx context.Context) error
	DropRuleEdits(ctx context.Context) error
	TryRules(ctx context.Context, text string, fresh bool) (wire.Tried, error)

	SetCard(ctx context.Context, c studio.Card) error
	PutProduct(ctx context.Context, p wire.Product) error
	DuplicateProduct(ctx context.Context, id wire.ProductID) (wire.ProductID, error)
	HideProduct(ctx context.Context, id wire.ProductID, on bool) error
	MoveProduct(ctx context.Context, id wire.ProductID, to int) error
	SettleProduct(ctx context.Context, id wire.ProductID, mine bool) error
	AddStock(ctx context.Context, v wire.VariantID, units int, reason string) error
	AddPicture(ctx context.Context, file []byte, alt string) (wire.Picture, error)
	ProductPicture(ctx context.Context, id wire.PictureID) ([]byte, error)
	ShowProduct(ctx context.Context, what wire.Showing) error
	ShowNext(ctx context.Context, step int) error
	PutOffer(ctx context.Context, o wire.Offer) error
	EndOffer(ctx context.Context, id wire.OfferID) error
	PutCoupon(ctx context.Context, c wire.Coupon) error
	RefundOrder(ctx context.Context, id wire.OrderID, r wire.Refund) error
	CancelOrder(ctx context.Context, id wire.OrderID, reason string) error
	ChimeOrder(ctx context.Context) error
	SetOrderChime(ctx context.Context, on bool) error
	PlayCue(ctx context.Context, c studio.Cue) error
	SetCue(ctx context.Context, c studio.Cue, on bool) error
	ReadProducts(ctx context.Context, path string, progress func(share float64)) (*studio.Import, error)
	Import(ctx context.Context, im *studio.Import, chosen []wire.ProductID) error
	StopImport(ctx context.Context) error
	ExportProducts(ctx context.Context, path string, f studio.CatalogFormat) error

	CheckServer(ctx context.Context, s studio.Server) (wire.Show, error)
	Shows(ctx context.Context, s studio.Server) ([]wire.Show, error)
	CreateShow(ctx context.Context, s studio.Server, n wire.NewShow) (wire.CreatedShow, error)
	CheckNetwork(ctx context.Context, progress func(share float64, so frame.Path)) (frame.Path, error)
	// Fault says in one word why one of the four failed.
	Fault(err error) frame.Fault
}

var _ Desk = (*studio.Session)(nil)
