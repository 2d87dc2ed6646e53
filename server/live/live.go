// Package live is the forwarder of media (an SFU): a publisher sends one show's sound and picture, and every viewer of that
// show receives the very packets, never decoded, with rewritten headers. It knows WebRTC and nothing of HTTP or storage: a
// Stage takes offers (SDP) and gives answers, and the room above decides who may call. HTTP is spoken by Pull alone.
//
// What it owns: the goroutine of each Show, which alone changes who publishes and who watches; the lanes of a show, which
// alone touch its DownTracks; the connections; and, through Stage.Run, the one UDP Port that carries all media of all shows
// (ICE-lite, RFC 8445 §2.5).
//
// The way of a packet: Publisher (one reader a stream) → UpTrack of its Layer, which numbers it, finds key frames, notes what is
// missing and stores it in the PacketCache → a queue a lane → Forwarder, which decides and computes the new header →
// DownTrack → door, which writes and protects it in the lane's outbox → a socket a lane, many packets a system call.
//
// Queues, and what happens when they are full:
//
//	UpTrack → lane, picture   256 packets   the packet is not sent; every viewer of the lane goes on at the next key frame
//	UpTrack → lane, sound      64 packets   the packet is lost, counted; sound never waits
//	parity → mender           512 packets   the packet is dropped; the publisher is asked for what is missing
//	viewer's RTCP → lane      256 reports   the report is dropped, counted; the viewer repeats it
//	event → viewer's channel    1 a kind    the newest wins
//	viewer's wish → layer       1           the newest wins; four wishes and reports a second are read, the others wait in SCTP's window
//	room → viewer's channel     0           the room waits, and cuts off who is too slow
//	show → Config.Changed       1 a show    the newest wins, told by a goroutine that waits for nobody's show
//	command → Show, → lane      0           the caller waits or its context ends
//
// Decisions. Publishers' connections are pion's; viewers' are our own (direct: ICE-lite, DTLS by pion, our SRTP), because a
// viewer is then one goroutine and a few counters, and its packets are built once, in place, where the kernel takes them from:
// what limits servers is a system call a packet, slow ciphers and a goroutine a track. A viewer holds only a Forwarder (offsets), never copies of packets: lost packets are answered from the one
// cache of the track. A new viewer is sent the cached key frame and all frames after it as a paced burst whose timestamps
// are compressed so that only the newest keeps its place in time; otherwise a browser would play the backlog at its natural
// speed and stay late for ever. A second publisher takes over when its first packet arrives and not before, so a take-over
// that fails leaves the show as it was. A publisher's lost packets are asked for, and its streams reported on, by ourselves
// (reception), because what is told of loss must be what was lost and not what is left after repair; retransmission streams
// (RFC 4588) are not accepted from publishers, so what is asked for comes in the stream itself. Our studio also sends parity of
// its pictures, in a stream that is taken from the connection before pion sees it, and what that brings back is written as if
// it had come (mender). A publisher from which nothing comes is
// interrupted, not gone, for as long as ICE keeps its session: 20 s, in which it may restart ICE. We never send to an address that was only named in an offer: remote candidates are
// ignored, because a lite agent learns its peer's address from the peer's own authenticated checks.
//
// Media time is when the host's camera took what is seen, by the host's own clock, as its packets (abs-capture-time) or its sender
// reports tell it; where neither does, when it came. Events are stamped with that of now (Stage.MediaTime), and a viewer is told on
// its event channel how the timestamps that it gets go with it, with its sender reports: each second and after every jump. It is not
// put into the packets, because pages cannot read header extensions, and because packets without it are smaller.
//
// Who is on the stage of a show beside its host has a seat, which is a show of its own under a name that no show can have (SeatID): so
// all that holds for shows holds for guests, and viewers take of a stage what they see. A guest is bounded three times: by what the
// offer shows, by what the answer and REMB ask for, and by the end of the session, whose owner is told why. A show of another server is
// had by watching it there, and is written as a publisher's (Pull). A picture that a viewer has hidden is taken off its lane: no packet
// costs anything for who does not see it. What the staff mutes stops before the cache and the lanes, so that nobody can ask for it
// again.
package live

import (
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"runtime"
	"time"

	"vitrine/server/wire"
)

// Config is what a Stage needs to know. The zero value is sensible.
type Config struct {
	// PublicAddresses are announced as candidates beside the host's own, for servers behind a one-to-one NAT.
	PublicAddresses []netip.Addr
	// MaxSessions bounds all sessions (publishers and viewers), MaxViewers those of one show, MaxPerAddress those that one
	// IP address holds. 0 means 2000, 1000 and 200.
	MaxSessions, MaxViewers, MaxPerAddress int
	// MaxSeatSessions bounds the sessions of all seats of stages (SeatID), which count beside the others: a viewer of a full stage has one a
	// seat. 0 means four times MaxSessions. Of seats, one IP address may hold MaxPerAddress times as many as a stage has.
	MaxSeatSessions int
	// Grace is how long viewers stay while a show has no publisher. 0 means 60 s.
	Grace time.Duration
	// JoinWithin is how long a session may take from its answer to a working connection. 0 means 15 s.
	JoinWithin time.Duration
	// SilentAfter is how long no sound must have come of a show on air until it counts as silent. 0 means 10 s.
	SilentAfter time.Duration
	// CacheBytes bounds the payload that one track keeps since its last key frame. 0 means 32 MiB.
	CacheBytes int
	// Lanes is how many goroutines share the fan-out of one show. 0 means one a processor.
	Lanes int
	// Changed is told how the media of a show or seat flow, whenever that changes. Of one ID it is told in order, and only the newest where it
	// is slow; it may block, and may call the Stage. Nil for nobody.
	Changed func(id wire.ShowID, now Flow)
	// Refused is told why nothing is taken of what a guest offers or sends, whose session was ended then: NoCodec, TooLarge. It is as Changed is,
	// which is called first.
	Refused func(id wire.ShowID, why *wire.Error)
	// Reported is told what players report over their event channels; nil for nobody. It may be called from many goroutines.
	Reported func(wire.ShowID, SessionID, Said)
	// Room opens the way into a show's room that leads through a viewer's event channel; nil for none. Through those of seats leads none.
	Room func(show wire.ShowID, say Say) Guest
	// Log receives lifecycle events; nil discards them.
	Log *slog.Logger
}

// Validate reports the first value that makes no sense.
func (c Config) Validate() error {
	for _, v := range []struct {
		name string
		n    int
	}{
		{"sessions", c.MaxSessions},
		{"viewers a show", c.MaxViewers},
		{"sessions an address", c.MaxPerAddress},
		{"sessions of seats", c.MaxSeatSessions},
		{"cache bytes", c.CacheBytes},
		{"lanes", c.Lanes},
	} {
		if v.n < 0 {
			return fmt.Errorf("%s: %d is negative", v.name, v.n)
		}
	}
	if c.Grace < 0 || c.JoinWithin < 0 || c.SilentAfter < 0 {
		return errors.New("a duration is negative")
	}
	for _, a := range c.PublicAddresses {
		if !a.IsValid() || a.IsUnspecified() || a.IsMulticast() {
			return fmt.Errorf("public address %q cannot be reached by anybody", a)
		}
	}
	return nil
}

func (c Config) withDefaults() Config {
	def := func(v *int, d int) {
		if *v == 0 {
			*v = d
		}
	}
	def(&c.MaxSessions, 2000)
	def(&c.MaxViewers, 1000)
	def(&c.MaxPerAddress, 200)
	def(&c.MaxSeatSessions, 4*c.MaxSessions)
	def(&c.CacheBytes, 32<<20)
	def(&c.Lanes, runtime.GOMAXPROCS(0))
	if c.Grace == 0 {
		c.Grace = time.Minute
	}
	if c.JoinWithin == 0 {
		c.JoinWithin = 15 * time.Second
	}
	if c.SilentAfter == 0 {
		c.SilentAfter = 10 * time.Second
	}
	if c.Room == nil {
		c.Room = func(wire.ShowID, Say) Guest { return outsider{} }
	}
	if c.Changed == nil {
		c.Changed = func(wire.ShowID, Flow) {}
	}
	if c.Refused == nil {
		c.Refused = func(wire.ShowID, *wire.Error) {}
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return c
}
