// Package studio is the show being made: what the host chose, what the machine does about it, and what goes out.
//
// A [Session] owns the show. One loop, in Run, owns everything that the host can change or see; gestures reach it as
// closures on one channel, and it answers with immutable Snapshots, newest wins. Beside it run the sound loop (the show's
// clock), the picture loop, the encoder, and one goroutine for each device or network call that is under way; they hand
// the loop small results and nothing else, and all of them have ended when Run returns.
//
// The room holds no device, socket or codec: it declares what it needs (Devices, Encoders, Uplink, Backstage, Rooms, Rulebook,
// Receivers, Decoders, Storefront, Outbox, Tracks, Keeper) and
// cmd/studio fills the needs with real or synthetic ones. That is why the whole show runs under testing/synctest.
//
// Queues: device → picture loop, program → preview and program → encoder hold one picture, newest wins; microphone → mixer
// holds five blocks and mixer → the host's speaker six, oldest dropped; somebody on stage → mixer is a mix.Elastic, and their packets →
// decoder hold eight pictures, which when full go on with the next key frame; commands are not queued, the caller waits.
package studio

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"vitrine/capture/frame"
	"vitrine/effects"
	"vitrine/effects/video"
	"vitrine/server/wire"
	"vitrine/studio/scene"
)

// Config is what a session is built from. All fields but Fonts, Urgent, Log, Receivers and Decoders are required.
type Config struct {
	Devices   Devices
	Encoders  Encoders
	Uplink    Uplink
	Backstage Backstage
	Rooms     Rooms
	Rulebook  Rulebook
	// Receivers and Decoders bring those on stage here; nil for a studio that does not see or hear them.
	Receivers Receivers
	Decoders  Decoders
	// Storefront is the way into shops, Outbox keeps what the host does there.
	Storefront Storefront
	Outbox     Outbox
	Keeper     Keeper
	// Rack holds the effects; nil is one that has none.
	Rack *effects.Rack
	// Open opens a file that the host named.
	Open func(path string) (io.ReadSeekCloser, error)
	// Write writes a file that the host named.
	Write func(path string, b []byte) error
	// Tracks opens music files.
	Tracks Tracks
	// Fonts are those of the card in the picture; nil for no card.
	Fonts scene.Fonts
	// Scale resizes I420 pictures.
	Scale scene.Scale
	// Urgent makes the goroutine that calls it come before others, for the sound; nil where it cannot.
	Urgent func()
	Log    *slog.Logger
}

// Session is one host's show. Its methods may be called from any goroutine while Run runs.
type Session struct {
	c     Config
	clock *clock

	sound    *sound
	pictures *pictures
	video    *videoOut

	commands chan func()
	link     chan struct{} // a new link state waits in linkNow
	linkNow  atomic.Pointer[frame.Link]
	ended    chan struct{}

	changed  chan struct{}
	snapshot atomic.Pointer[Snapshot]
	thumbs   atomic.Pointer[map[wire.SpotID]*frame.Slot] // of those on stage; the map never changes
	late     atomic.Int64                                // how much too late the program got a processor, summed up

	// Owned by the loop in Run:
	ctx       context.Context
	group     *errgroup.Group
	settings  Settings
	dirty     bool
	fresh     bool // a first start: the first camera becomes the first source
	saves     chan []byte
	devices   []frame.Device
	inputs    inputs
	mic       runner
	backdrop  runner
	plugins   [2]plugin  // picture, voice
	behind    string     // what backdrop runs
	graded    string     // the name of grade
	grade     *video.LUT // nil for none
	speaker   speakerState
	chiming   chiming
	music     music
	listening listening
	air       airState
	visit     *visit // never nil
	desk      *desk  // never nil
	stage     stage
	guest     *guesting // nil in the room of one's own show
	audience  audience
	card      cardState
	governor  *governor
	second    time.Time
	rate      rates
	notices   []Notice
	noticed   int
	steps     []*step     // what Undo takes back, newest first
	changes   int         // that were counted
	cutOff    *Unfinished // the unfinished show that was found at the start
	waits     bool        // the server waits for its host
}

// New returns a session that shows the defaults until Run has loaded what was kept.
func New(c Config) *Session {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Rack == nil {
		c.Rack = &effects.Rack{}
	}
	k := newClock(time.Now())
	s := &Session{
		c: c, clock: k,
		commands: make(chan func()), link: make(chan struct{}, 1), ended: make(chan struct{}),
		changed: make(chan struct{}, 1), saves: make(chan []byte, 1),
		settings: Defaults(), visit: &visit{}, desk: newDesk(),
	}
	s.sound = newSound(k, c.Rack.Sound)
	s.pictures = newPictures(k, c.Scale, c.Rack.Picture, s.settings.Output.Format, c.Fonts)
	s.video = &videoOut{encoders: c.Encoders, slot: s.pictures.encoder, write: c.Uplink.WriteVideo, failed: s.encoderFailed, demand: oneLayer}
	s.governor = newGovernor(s.settings.Output.Format, s.settings.Look)
	s.air.phase = OffAir
	close(s.desk.ended) // nothing of it ever runs
	s.publish()
	return s
}

// snapshotEvery is how often meters move.
const snapshotEvery = 50 * time.Millisecond

// Run makes the show until ctx ends: devices run, meters move, and while on air the show is published. When it returns the
// show is off the air, the settings are kept, and nothing that it started still runs.
func (s *Session) Run(ctx context.Context) error {
	defer close(s.ended)
	endEffects := s.runEffects(ctx)
	defer endEffects()
	group, ctx := errgroup.WithContext(ctx)
	s.group, s.ctx = group, ctx
	s.load()
	s.publish() // what was kept, for all that starts now
	group.Go(func() error {
		if s.c.Urgent != nil {
			s.c.Urgent()
		}
		return s.sound.run(ctx)
	})
	group.Go(func() error { return s.sound.deck.Run(ctx) })
	group.Go(func() error {
		s.sound.fillPads()
		s.post(ctx, s.loadPads)
		return nil
	})
	group.Go(func() error { return s.pictures.run(ctx) })
	group.Go(func() error { return s.video.run(ctx) })
	group.Go(func() error { return s.save(ctx) })
	group.Go(func() error {
		return s.c.Devices.Watch(ctx, func(d []frame.Device) { s.post(ctx, func() { s.devicesChanged(d) }) })
	})
	group.Go(func() error { return s.watchShow(ctx) })
	group.Go(func() error { return s.reportShow(ctx) })
	group.Go(func() error {
		wire.Pulse(ctx, func(late time.Duration) { s.late.Add(int64(late)) })
		return nil
	})
	group.Go(func() error { return s.loop(ctx) })
	err := group.Wait()
	s.flush()
	if errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

// runEffects runs the rack until the function that it returns is called, which is after the loops that use it have ended.
func (s *Session) runEffects(ctx context.Context) (end func()) {
	running, stop := context.WithCancel(context.WithoutCancel(ctx))
	done := make(chan struct{})
	go func() {
		defer close(done)
		s.c.Rack.Run(running, func(missing error) {
			s.post(ctx, func() { s.notice(Problem{Trouble: EffectsMissing, Detail: missing.Error()}) })
		})
	}()
	return func() {
		stop()
		<-done
		s.c.Rack.Picture.Close()
	}
}

func (s *Session) loop(ctx context.Context) error {
	tick := time.NewTicker(snapshotEvery)
	defer tick.Stop()
	s.applyAll()
	s.loadMusic()
	s.followRoom()
	s.followShop()
	s.publish()
	for {
		select {
		case <-ctx.Done():
			return nil
		case f := <-s.commands:
			f()
		case <-s.link:
			s.linkChanged()
			s.publish()
		case now := <-tick.C:
			s.measure(now)
			s.publish()
		}
	}
}

// post runs f on the loop, unless ctx ends first.
func (s *Session) post(ctx context.Context, f func()) {
	select {
	case s.commands <- func() { f(); s.publish() }:
	case <-ctx.Done():
	}
}

// ErrEnded is what commands return once the session is over.
var ErrEnded = errors.New("the session is over")

// do runs f on the loop and returns its error once the snapshot shows what f did. It waits for the loop, ctx or the session's
// end.
func (s *Session) do(ctx context.Context, f func() error) error {
	answer := make(chan error, 1)
	select {
	case s.commands <- func() {
		err := f()
		s.publish()
		answer <- err
	}:
		return <-answer
	case <-ctx.Done():
		return ctx.Err()
	case <-s.ended:
		return ErrEnded
	}
}

// Snapshot is the show now. It is never nil and never changes.
func (s *Session) Snapshot() *Snapshot { return s.snapshot.Load() }

// Changed delivers a value when there is a new snapshot; several changes may come as one.
func (s *Session) Changed() <-chan struct{} { return s.changed }

// Preview holds the newest program picture. It has one consumer, which releases what it takes.
func (s *Session) Preview() *frame.Slot { return s.pictures.preview }

func (s *Session) publish() {
	now := s.sound.levels()
	snap := &Snapshot{
		Settings: s.settings, Devices: s.devices, Sources: s.sourceStatuses(), Notices: s.notices,
		Program: Program{
			Showing: s.pictures.state().showing, Format: s.governor.format(), Reduced: s.governor.format() != s.settings.Output.Format, Thrift: s.governor.thrift(),
			FPS: s.rate.encoded, EncodeTime: s.rate.mean, Dropped: s.rate.dropped, Layers: s.rate.layers,
		},
		Sound: Sound{
			Status: s.micStatus(), Problem: s.mic.problem, Voice: now.voice, Music: now.music, Master: now.master,
			DuckDB: now.duck, Loudness: now.loudness, Silence: now.silence, Dropped: now.lost, Delay: s.c.Rack.Sound.Delay(), Speaker: s.speaker.status, SpeakerProblem: s.speaker.problem,
		},
		Music: s.musicStatus(),
		Air:   s.air.public(),
		Stage: s.stageNow(), Guest: s.guestNow(),
		Room: s.visit.public(), Rules: s.visit.rules, Shop: s.desk.public(s.showing()), Audience: s.audienceNow(),
	}
	snap.PicturePlugin, snap.VoicePlugin = s.c.Rack.Picture.Plugin(), s.c.Rack.Sound.Plugin()
	if s.waits {
		snap.Unfinished = s.cutOff
	}
	if len(s.steps) > 0 {
		snap.Undo = s.steps[0].Change
	}
	s.snapshot.Store(snap)
	select {
	case s.changed <- struct{}{}:
	default:
	}
}

// rates are figures over the last second.
type rates struct {
	encoded float64
	mean    time.Duration
	dropped uint64
	layers  [frame.Layers]LayerStatus
	sources uint64 // pictures in at the last count
	source  float64
}

// layered takes over what became of the layers; an earlier count of skipped pictures goes on.
func (r *rates) layered(loads [frame.Layers]layerLoad, elapsed time.Duration) {
	for i, l := range loads {
		r.layers[i] = LayerStatus{
			State: l.state, Format: l.format, FPS: float64(l.pictures) / elapsed.Seconds(),
			Bitrate: int(8 * float64(l.bytes) / elapsed.Seconds()), Skipped: r.layers[i].Skipped + l.skipped,
		}
	}
}

// measure runs once a snapshot: once a second it counts, steers the encoder, and keeps settings that changed.
func (s *Session) measure(now time.Time) {
	s.followMusic()
	s.followListening()
	s.followCard(now)
	s.sendEdit(s.desk, now)
	elapsed := now.Sub(s.second)
	if elapsed < time.Second {
		return
	}
	s.second = now
	if elapsed > 5*time.Second { // the first second, or the machine slept
		elapsed = time.Second
	}
	l := s.video.second()
	s.rate.encoded = float64(l.encoded) / elapsed.Seconds()
	s.rate.mean = l.mean
	s.rate.dropped += uint64(l.dropped)
	s.rate.layered(l.layers, elapsed)
	in := s.pictures.state().in
	s.rate.source = 0
	if in >= s.rate.sources {
		s.rate.source = float64(in-s.rate.sources) / elapsed.Seconds()
	}
	s.rate.sources = in
	l.dress = s.pictures.second()
	if was := s.governor.format(); s.governor.second(l) {
		s.reformat(was)
	}
	s.watchPlugins()
	s.audience.second(now, s.watching(), s.air.phase == OnAir)
	s.unfinished(now)
	s.desk.keepLater(now)
	s.tellLate()
	if s.dirty {
		s.dirty = false
		s.queueSave()
	}
}

// reformat takes over what the governor decided and tells the host. was is the format before.
func (s *Session) reformat(was frame.Format) {
	f := s.governor.format()
	s.c.Rack.Picture.Spare(s.governor.thrift())
	s.pictures.setFormat(f)
	s.video.configure(s.settings.Output, f)
	s.c.Uplink.Expect(s.bitrate())
	trouble := EncoderSlow
	switch {
	case !s.governor.reduced():
		trouble = EncoderEased
	case f == was:
		trouble = EffectsSpared
	}
	s.notice(Problem{Trouble: trouble, Detail: f.String()})
}

func (s *Session) encoderFailed(err error) {
	ctx := s.ctx
	s.group.Go(func() error {
		s.post(ctx, func() { s.notice(Problem{Trouble: EncoderFailed, Detail: err.Error()}) })
		return nil
	})
}

// notice tells the host something. The same trouble about the same thing replaces its earlier notice.
func (s *Session) notice(p Problem) {
	s.withdraw(p.Trouble, p.Name)
	s.noticed++
	s.notices = append(s.notices, Notice{Seq: s.noticed, When: time.Now(), Problem: p})
	s.notices = s.notices[max(0, len(s.notices)-maxNotices):]
	s.c.Log.Warn("notice", "trouble", p.Trouble, "fault", p.Fault, "detail", p.Detail)
}

// withdraw takes back a notice whose trouble is over.
func (s *Session) withdraw(t Trouble, name string) {
	kept := make([]Notice, 0, len(s.notices)+1) // snapshots hold the old ones
	for _, n := range s.notices {
		if n.Trouble != t || n.Name != name {
			kept = append(kept, n)
		}
	}
	s.notices = kept
}
