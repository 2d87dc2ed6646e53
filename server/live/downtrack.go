package live

import (
	"encoding/binary"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"

	"github.com/pion/rtcp"

	"vitrine/server/wire"
)

const (
	// keyPatience is how long after a viewer's PLI we wait for the publisher's key frame before the cached one is sent again;
	// a publisher such as OBS never answers.
	keyPatience = 600 * time.Millisecond
	// longGroup is the length of the cached frames, in seconds, from which a newcomer makes us ask for a key frame, so that
	// those who join after it start quicker.
	longGroup = 1
	// lossyGroup is the length of the cached frames, in ticks of video, from which a newcomer who loses much is not begun with them:
	// a key frame that comes with its copies is there sooner than the last of many packets. Nor is the newcomer to a seat: browsers send key
	// frames only when they are asked for, and a full stage has seventeen seats.
	lossyGroup = 90_000 / 4
	// setsLost is how likely parameter sets may be lost, setsMost how often they are sent again at most.
	setsLost = 1e-4
	setsMost = 24
	// echoMost bounds how far back sound is sent again, in packets; the first time is a packet later, the next echoEvery after that.
	echoMost  = 4
	echoEvery = 2
	// resendsPerSecond bounds the bytes that one viewer may have us send again; with a queue on the way it is a share of what the
	// link carries, because what is sent again only lengthens the queue.
	resendsPerSecond = 2_400_000
	resendsQueued    = 0.15
)

// phase is how far a DownTrack has come.
type phase int

const (
	waiting  phase = iota // for a key frame, or nothing sent yet
	bursting              // sending from the cache, cursor is the next index
	flowing               // sending what comes
	resting               // hidden: nothing is sent, and the lane does not have it among its own
)

// DownTrack is one track on its way to one viewer. It belongs to the lane it is attached to.
type DownTrack struct {
	codec Codec
	ssrc  uint32
	// repeat is the format of retransmissions (RFC 4588), sent under repeatSSRC; its Payload is 0 for viewers that take none.
	repeat     Codec
	repeatSSRC uint32
	// red is the format in which sound repeats itself (RFC 2198); its Payload is 0 for viewers that do not take it.
	red     Codec
	guard   *guard
	echo    [echoMost][]byte // of sound: the last packets as they were sent, by their number, where they are sent again
	spoken  int
	payload []byte // room for a payload with repetitions
	feed    *feed
	layer   *Layer   // that is sent
	up      *UpTrack // of the layer
	next    *Layer   // that will be sent from its next key frame on; nil if that is the one that is sent
	choice  choice
	exit    exit // set when the viewer is connected
	out     head // of the packet that is being sent; here because what an interface is given would else be allocated

	forwarder *Forwarder
	repeats   int64 // sequence number of the newest retransmission
	phase     phase
	cursor    int64
	seen      uint64 // arrivals up to this one were sent by the burst
	packets   uint32 // sender's packet and octet count (RFC 3550 §6.4.1)
	octets    uint32
	resends   int // bytes left in this second
	reportDue bool
	sheet     []byte    // room for a report
	askedAt   time.Time // of the viewer's first PLI since a key frame was sent
	attached  bool
	woken     bool // has been seen again, and nothing was sent since
	// timed is told how timestamps go with media time; nil for sound and for viewers that hear no events. guessed says that what it
	// was told last is a guess.
	timed   func(wire.ClockEvent)
	guessed bool
}

// newDownTrack makes a track of what the section offers, in codec c, which is one of the section's, that begins with a layer of
// the feed.
func newDownTrack(c Codec, s *section, f *feed, l *Layer) *DownTrack {
	d := &DownTrack{
		codec: c, ssrc: newSSRC(), feed: f, layer: l, up: l.up, resends: resendsPerSecond, guard: &guard{},
		forwarder: newForwarder(c.Video(), c.ClockRate, firstNumber()), repeats: int64(firstNumber()),
	}
	for _, o := range s.codecs {
		switch {
		case o.Is(mimeRTX) && o.Param("apt") == strconv.Itoa(int(c.Payload)):
			d.repeat, d.repeatSSRC = o, newSSRC()
		case o.Is(mimeRED) && o.ClockRate == c.ClockRate && strings.HasPrefix(o.Format, strconv.Itoa(int(c.Payload))+"/"):
			d.red = o
		}
	}
	return d
}

const mimeRTX = "video/rtx"

// firstNumber is where a stream's sequence numbers begin: in the lower half, so that a receiver that misses the first packets
// cannot take the roll-over count for another (RFC 3711 §3.3.1), and with room before them.
func firstNumber() uint16 { return uint16(1<<14 + rand.IntN(1<<14)) }

func newSSRC() uint32 { return rand.Uint32N(1<<32-1) + 1 }

// formats are what the track is agreed upon.
func (d *DownTrack) formats() []Codec {
	list := []Codec{d.codec}
	for _, c := range []Codec{d.repeat, d.red} {
		if c.Payload != 0 {
			list = append(list, c)
		}
	}
	return list
}

// start begins a newcomer's stream: with the cached key frame if there is one.
func (d *DownTrack) start(now time.Time) {
	d.begin(d.feed.first(d.guard, d.wants(), now))
	d.layer.Want(true)
	if !d.codec.Video() {
		d.phase = flowing
		return
	}
	key, newest := d.up.cache.Key()
	if key == nil || (d.feed.asked || d.guard.shield().Copies > 0) && int32(newest.Time-key.Time) > lossyGroup {
		d.up.RequestKey(now)
		d.askedAt = now
		return
	}
	d.burst(key, newest, now)
	if int32(newest.Time-key.Time) > longGroup*int32(d.codec.ClockRate) {
		d.up.RequestKey(now)
	}
}

// stop ends it for good.
func (d *DownTrack) stop() {
	if d.phase != resting {
		d.layer.Want(false)
	}
	d.turn(nil)
}

func (d *DownTrack) burst(key, newest *Packet, now time.Time) {
	d.forwarder.Burst(key, newest, now)
	d.woken = false
	d.phase, d.cursor = bursting, key.Index
}

// pump sends up to n packets of the burst, using room for the list of them, and returns how many it sent.
func (d *DownTrack) pump(n int, room []*Packet, now time.Time) (packets, bytes int) {
	list, next, seen, done := d.up.cache.From(d.cursor, n, room)
	// Looked for afterwards, because a key frame makes the cache forget what lies far before it: the list may have a gap then.
	for key, newest := d.up.cache.Key(); key != nil && key.Index > d.cursor; key, newest = d.up.cache.Key() {
		d.burst(key, newest, now) // what lies before it needs no sending
		list, next, seen, done = d.up.cache.From(d.cursor, n, room)
	}
	for _, p := range list {
		k, b := d.send(p, now)
		packets, bytes = packets+k, bytes+b
	}
	d.cursor = next
	if done {
		d.phase, d.seen = flowing, seen
	}
	return packets, bytes
}

// recover goes on after packets for this track were lost on the way to its lane: at a key frame that is newer than all it
// got, or at the next one.
func (d *DownTrack) recover(now time.Time) {
	if d.phase != flowing {
		return // a burst reads the cache, where nothing is lost
	}
	d.forwarder.Break()
	d.phase = waiting
	key, newest := d.up.cache.Key()
	if key != nil && !d.forwarder.Passed(key) {
		d.burst(key, newest, now)
		return
	}
	d.up.RequestKey(now)
}

// offer sends a packet as it comes, unless the burst has to come first or has sent it.
func (d *DownTrack) offer(p *Packet, now time.Time) (packets, bytes int) {
	if p.From != d.up {
		if p.KeyStart && !d.forwarder.begun && !d.layer.usable.Load() {
			d.turn(d.feed.of(p.From)) // the first of a picture that has just begun is better than the best
		}
		if d.next == nil || p.From != d.next.up || !p.KeyStart {
			return 0, 0
		}
		d.change(p, now)
	}
	if d.phase == bursting || p.Arrival <= d.seen {
		return 0, 0
	}
	packets, bytes = d.send(p, now)
	if packets > 0 {
		d.phase = flowing
	}
	return packets, bytes
}

func (d *DownTrack) send(p *Packet, now time.Time) (packets, bytes int) {
	h, opens, ok := d.forwarder.Forward(p, now)
	if !ok {
		return 0, 0
	}
	if p.KeyStart {
		d.askedAt, d.woken = time.Time{}, false
	}
	if opens {
		d.reportDue = true
		if p.Parameters != nil {
			before := Header{h.Number - 1, h.Time}
			d.write(before, p, true)
			d.insist(before, p, true)
		}
	}
	bytes = d.write(h, p, false)
	if d.codec.Video() && p.Sets {
		d.insist(h, p, false)
	}
	return 1, bytes
}

// insist sends parameter sets again at once, as often as it takes for them to arrive almost surely. Chromium throws away the
// beginning of a key frame whose sets it has not got, and does not ask for it again: it waits for the next key frame.
func (d *DownTrack) insist(h Header, p *Packet, sets bool) {
	if loss := d.guard.loss; loss > 0 && d.repeat.Payload != 0 {
		times := math.Ceil(math.Log(setsLost)/math.Log(min(loss, mostLoss))) - 1
		for range min(int(times), setsMost) {
			d.writeAgain(h, p, sets)
		}
	}
}

// write sends the packet, or its Parameters, under the header, and returns its length.
func (d *DownTrack) write(h Header, p *Packet, sets bool) (bytes int) {
	payload := d.address(h, p, sets)
	if !d.codec.Video() {
		return d.speak(p)
	}
	d.packets++
	d.octets += uint32(len(payload))
	return d.exit.rtp(&d.out, payload)
}

// speak sends a sound packet, with those before it, and again those that were sent shortly before, if the viewer's losses ask for
// that.
func (d *DownTrack) speak(p *Packet) (bytes int) {
	shield, payload := d.guard.shield(), p.Payload
	if shield.Blocks > 0 && d.red.Payload != 0 && !p.Padding {
		d.payload = appendRED(d.payload[:0], d.codec.Payload, p, d.up.cache.Before(p, shield.Blocks))
		d.out.payload, payload = d.red.Payload, d.payload
	}
	d.packets++
	d.octets += uint32(len(payload))
	bytes = d.exit.rtp(&d.out, payload)
	if shield.Echoes > 0 {
		kept := &d.echo[d.spoken%echoMost]
		*kept = append((*kept)[:0], d.exit.last()...)
		d.spoken++
		for i := range min(shield.Echoes, d.spoken/echoEvery) {
			d.exit.repeat(d.echo[(d.spoken-2-i*echoEvery)%echoMost])
		}
	} else {
		d.spoken = 0
	}
	return bytes
}

// copy sends a packet of the picture again, against loss that nobody has reported yet.
func (d *DownTrack) copy(p *Packet) {
	if h, ok := d.forwarder.Again(p); ok && d.phase == flowing {
		d.writeAgain(h, p, false)
	}
}

// address fills in out for the packet, or its Parameters, and returns the payload.
func (d *DownTrack) address(h Header, p *Packet, sets bool) (payload []byte) {
	d.out = head{
		number: h.Number, time: h.Time, ssrc: d.ssrc, payload: d.codec.Payload, marker: p.Marker, padding: p.Padding,
		counted: d.repeat.Payload != 0,
	}
	if sets {
		d.out.marker, d.out.padding = false, false
		return p.Parameters
	}
	return p.Payload
}

// writeAgain sends a packet that was sent before: as a retransmission of its own stream where the viewer takes that. It returns
// its length.
func (d *DownTrack) writeAgain(h Header, p *Packet, sets bool) (bytes int) {
	payload := d.address(h, p, sets)
	if out := &d.out; d.repeat.Payload != 0 {
		d.repeats++
		out.repeats, out.original = true, uint16(h.Number)
		out.number, out.ssrc, out.payload = d.repeats, d.repeatSSRC, d.repeat.Payload
	}
	return d.exit.rtp(&d.out, payload)
}

// resend answers a NACK (RFC 4585 §6.2.1) for one packet from the cache and reports whether it could. Sound that repeats
// itself is not sent again: what else would be sent under the same number differs from what was.
func (d *DownTrack) resend(sequence uint16) bool {
	o, ok := d.forwarder.Lookup(sequence)
	if !ok || d.resends <= 0 || d.red.Payload != 0 || o.Past && d.guard.way.congested() {
		return false
	}
	p := o.From.cache.Get(o.Index)
	if p == nil {
		return false
	}
	for range d.guard.shield().Answers {
		d.resends -= d.writeAgain(o.Header(p), p, o.Sets)
	}
	return true
}

// keyWanted handles a viewer's PLI or FIR. The publisher is asked first; if it does not answer, the cached key frame and what
// follows is sent again.
func (d *DownTrack) keyWanted(now time.Time) {
	if d.phase == resting {
		return
	}
	d.up.RequestKey(now)
	switch {
	case d.phase != flowing:
	case d.askedAt.IsZero():
		d.askedAt = now
	case now.Sub(d.askedAt) > keyPatience:
		if key, newest := d.up.cache.Key(); key != nil {
			d.askedAt = time.Time{}
			d.burst(key, newest, now)
		}
	}
}

// report sends a sender report (RFC 3550 §6.4.1) made from the publisher's, so that the viewer plays sound and picture in
// the publisher's time, and tells the page the picture's. It does nothing before the first packet.
func (d *DownTrack) report(now time.Time) {
	c := d.up.clock.Load()
	if c == nil {
		return
	}
	offset, ok := d.forwarder.Offset(d.up, c.epoch)
	if !ok {
		return
	}
	ntp, ticks := c.read(now)
	d.reportDue = false
	report := append(d.sheet[:0], senderReport[:]...)
	report = binary.BigEndian.AppendUint32(report, d.ssrc)
	report = binary.BigEndian.AppendUint64(report, ntp)
	report = binary.BigEndian.AppendUint32(report, ticks+offset)
	report = binary.BigEndian.AppendUint32(report, d.packets)
	d.sheet = binary.BigEndian.AppendUint32(report, d.octets)
	d.exit.rtcp(d.sheet)
	d.tellTime(offset, c.epoch, now)
}

// senderReport is the head of a sender report without reception reports (RFC 3550 §6.4.1): version, type and length in words.
var senderReport = [...]byte{2 << 6, 200, 0, 6}

// roundTrip is what a reception report shows of the way there and back (RFC 3550 §6.4.1); 0 if it shows nothing.
func (d *DownTrack) roundTrip(r rtcp.ReceptionReport, now time.Time) time.Duration {
	c := d.up.clock.Load()
	if c == nil || r.LastSenderReport == 0 {
		return 0
	}
	ntp, _ := c.read(now)
	units := int32(uint32(ntp>>16) - r.LastSenderReport - r.Delay) // of 1/65536 s
	return max(0, time.Duration(units)*time.Second>>16)
}
