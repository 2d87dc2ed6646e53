package publish

import "time"

// Probing.
const (
	// paddingSize is what a packet of padding takes on the wire: header, extensions, and as much as RTP can pad.
	paddingSize = 12 + 16 + mostPadding + overhead
	probeSpan   = 80 * time.Millisecond
	// probeShy and probeBold are the rates tried, as multiples of the target: after a failure, and after a success.
	probeShy, probeBold = 1.5, 2.5
	probeLeast          = 6 // packets that must arrive
	probeSoon           = 150 * time.Millisecond
	probeFirst          = time.Second
	probeMost           = 4 * time.Second
	probeWorst          = 8 * time.Second
	// probeTrial is how long a success must hold.
	probeTrial = 3 * time.Second
	// probeWait is when an answer is given up.
	probeWait = time.Second
)

// prober finds bandwidth that the show does not use yet. It fills the stream up to a higher rate for a moment and looks how
// fast that arrives: what the path carried is the new target. Without it a target could only creep, because the rate that
// arrives is never above the rate that is sent. Pure.
type prober struct {
	next     time.Duration // when the next probe may begin
	interval time.Duration
	factor   float64
	lucky    time.Duration // when one succeeded last; 0 never

	// Of the probe under way:
	running    bool
	rate       float64 // bits a second
	begin, end time.Duration
	number     uint8 // marks its packets; never 0
	bytes      int   // sent
	packets    int
	first      int           // bytes of its first packet
	lastSent   time.Duration // since begin
	firstSent  time.Duration
	got        int
	sentSpan   [2]time.Duration // when the first and last that arrived left
	gotSpan    [2]time.Duration // and arrived
}

// start begins a probe if it is time and there is something to find below most. It reports whether one runs.
func (p *prober) start(now time.Duration, target, most float64, calm bool) bool {
	if p.running {
		return now < p.end
	}
	if !calm || now < p.next || target > 0.95*most {
		return false
	}
	if p.factor == 0 {
		p.factor, p.interval = probeBold, probeFirst
	}
	number := p.number + 1
	if number == 0 {
		number = 1
	}
	*p = prober{
		next: p.next, interval: p.interval, factor: p.factor, lucky: p.lucky, number: number,
		running: true, rate: min(p.factor*target, 1.1*most), begin: now, end: now + probeSpan,
	}
	return true
}

// mark counts a packet that is being sent and returns the mark it bears: 0 outside a probe.
func (p *prober) mark(now time.Duration, size int) uint8 {
	if !p.running || now > p.end {
		return 0
	}
	if p.packets == 0 {
		p.first, p.firstSent = size, now
	}
	p.packets++
	p.bytes += size
	p.lastSent = now
	return p.number
}

// missing is how many bytes the running probe lacks now.
func (p *prober) missing(now time.Duration) int {
	if !p.running || now > p.end {
		return 0
	}
	return int(p.rate/8*(now-p.begin).Seconds()) - p.bytes
}

// arrived takes a packet of the probe.
func (p *prober) arrived(mark uint8, sent, at time.Duration) {
	if !p.running || mark != p.number {
		return
	}
	if p.got == 0 {
		p.sentSpan, p.gotSpan = [2]time.Duration{sent, sent}, [2]time.Duration{at, at}
	}
	p.got++
	p.sentSpan[1], p.gotSpan[1] = max(p.sentSpan[1], sent), max(p.gotSpan[1], at)
}

// over reports whether the probe's answer is complete: feedback about a packet that left at sent has come.
func (p *prober) over(now, sent time.Duration) bool {
	return p.running && (sent > p.end || now > p.end+probeWait)
}

// conclude ends the probe and returns the rate that the path carried; 0 if that is unknown. Own is the share of packets that
// the path loses by itself.
func (p *prober) conclude(now time.Duration, own float64) float64 {
	p.running = false
	span, took := p.sentSpan[1]-p.sentSpan[0], p.gotSpan[1]-p.gotSpan[0]
	lost := 1 - float64(p.got)/float64(max(p.packets, 1))
	if p.got < probeLeast || span < probeSpan/4 || p.lastSent <= p.firstSent || lost > own+0.2 {
		return 0
	}
	rate := 8 * float64(p.bytes-p.first) / (p.lastSent - p.firstSent).Seconds()
	if took*9 > span*10 {
		rate *= 0.95 * float64(span) / float64(took)
	}
	return rate
}

// succeeded and failed plan the next probe.
func (p *prober) succeeded(now time.Duration) {
	p.lucky, p.factor, p.interval, p.next = now, probeBold, probeFirst, now+probeSoon
}

func (p *prober) failed(now time.Duration) {
	p.factor, p.next = probeShy, now+p.interval
	p.interval = max(p.interval, min(2*p.interval, probeMost))
}

// congested waits after congestion, longer if it followed from a probe that promised too much.
func (p *prober) congested(now time.Duration) {
	if p.lucky > 0 && now-p.lucky < probeTrial {
		p.interval = min(2*p.interval, probeWorst)
		p.lucky = 0
	}
	p.running, p.factor = false, probeShy
	p.next = max(p.next, now+max(p.interval, probeFirst))
}
