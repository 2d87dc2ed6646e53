package live

import "time"

// Shield is how much of what a viewer is sent is sent again without being asked, against loss.
type Shield struct {
	// Answers is how often a packet that was asked for is sent.
	Answers int
	// Blocks is how many earlier packets each sound packet repeats (RFC 2198).
	Blocks int
	// Echoes is how often each sound packet, with what it repeats, is sent again.
	Echoes int
	// Copies is how often each packet of the picture is sent again, copyEvery apart.
	Copies int
}

// shields are the levels of protection, each from a share of lost packets on. They follow what Chromium was measured to need for
// 30 pictures a second without a freeze (FACTS: three answers at 30 %, three copies at 50 %, eight at 70 %, thirteen at 80 %), and a
// little more, because it is a small picture that carries many copies.
var shields = []struct {
	from float64
	Shield
}{
	{0, Shield{Answers: 1}},
	{0.035, Shield{Answers: 2, Blocks: 2}},
	{0.08, Shield{Answers: 3, Blocks: 4}},
	{0.20, Shield{Answers: 3, Blocks: 6, Echoes: 1, Copies: 1}}, // copiesFrom
	{0.38, Shield{Answers: 4, Blocks: 10, Echoes: 1, Copies: 3}},
	{0.58, Shield{Answers: 4, Blocks: 17, Echoes: 1, Copies: 10}},
	{0.74, Shield{Answers: 4, Blocks: 17, Echoes: 2, Copies: 15}},
}

const (
	// copiesFrom is the first level with copies.
	copiesFrom = 3
	// deaf is the loss on the way back from which a viewer's requests do not come often enough, and twice as many copies have to do
	// without them.
	deaf = 0.3
	// copyEvery spaces copies, so that one burst of loss does not take a packet and its copies.
	copyEvery = 12 * time.Millisecond
	// lowerMargin and lowerAfter are by how much, and how long, loss must stay below a level's before it is left: a link that
	// was bad is likely to be so again, and too little protection is seen at once.
	lowerMargin = 0.8
	lowerAfter  = 4 * time.Second
	// queueing is the standing delay from which loss is taken for congestion: then copies would only make it worse.
	queueing = 80 * time.Millisecond
	// suddenly is by how much a window's loss must exceed what was seen before to be believed at once.
	suddenly = 0.04
	// calmEvery is how far back, and up to twice as far, loss counts as not yet due to a queue; drained how long after a queue it
	// is believed again. mostLoss bounds what loss is made up for.
	calmEvery = time.Second
	drained   = 300 * time.Millisecond
	mostLoss  = 0.9
	// lossWindow is over how many packets loss is measured, at least; firstWindow the first time, because a newcomer waits for the
	// first picture.
	lossWindow  = 80
	firstWindow = 20
)

// guard chooses a viewer's Shield by what the viewer reports, and knows what the viewer's link carries. It is pure and belongs to
// one goroutine.
type guard struct {
	level     int
	loss      float64 // smoothed share of lost packets, as far as no queue was to blame
	belowFrom time.Time
	seen      int // packets and losses of the window
	lost      int
	measured  bool
	rtt       time.Duration // smoothed
	way       way
	picture   float64 // bits a second of the layer that is sent, once; 0 if unknown
	now       Shield  // see shield
	// calm is the loss as it was a while before, to which a queue turns it back, in two halves.
	calm     [2]float64
	calmAt   time.Time
	queuedAt time.Time // when a queue stood last
}

// told takes a message of transport-wide feedback.
func (g *guard) told(message []byte, now time.Time) {
	packets, lost := g.way.reported(message, now)
	congested := g.way.congested()
	rate := g.way.rate()
	switch {
	case congested:
		if now.Sub(g.queuedAt) > calmEvery {
			g.loss = min(g.loss, g.calm[0])
			g.settle(now)
		}
		g.queuedAt, g.seen, g.lost = now, 0, 0
		rate /= 1 - min(g.loss, mostLoss)
	case now.Sub(g.queuedAt) > drained:
		g.reported(packets, lost, now)
		if now.Sub(g.calmAt) > calmEvery {
			g.calm, g.calmAt = [2]float64{g.calm[1], g.loss}, now
		}
	}
	g.way.link.arrived(rate, congested, now)
	g.adjust()
}

// expect takes a loss that is expected until one was measured.
func (g *guard) expect(loss float64) {
	g.loss, g.level = loss, levelOf(loss)
	g.adjust()
}

// reported takes how many packets a report covers and how many of them were lost.
func (g *guard) reported(packets, lost int, now time.Time) {
	g.seen += packets
	g.lost += lost
	if g.seen < firstWindow || g.measured && g.seen < lossWindow {
		return
	}
	share := float64(g.lost) / float64(g.seen)
	g.seen, g.lost = 0, 0
	switch {
	case !g.measured:
		g.loss, g.measured = share, true
		g.level = levelOf(share)
	case share > g.loss+suddenly:
		g.loss += 0.6 * (share - g.loss) // so protection comes quickly, goes slowly, and does not follow chance
	default:
		g.loss += 0.3 * (share - g.loss)
	}
	g.choose(now)
	g.adjust()
}

// tripped takes a round trip.
func (g *guard) tripped(rtt time.Duration) {
	if g.rtt == 0 {
		g.rtt = rtt
	}
	g.rtt += (rtt - g.rtt) / 4
}

// levelOf is the one that a loss asks for.
func levelOf(loss float64) (level int) {
	for i, s := range shields {
		if loss >= s.from {
			level = i
		}
	}
	return level
}

// settle goes to the level of the loss at once.
func (g *guard) settle(now time.Time) {
	g.level, g.belowFrom = min(g.level, levelOf(g.loss)), time.Time{}
	g.choose(now)
}

func (g *guard) choose(now time.Time) {
	want := levelOf(g.loss)
	switch {
	case want > g.level:
		g.level, g.belowFrom = want, time.Time{}
	case want == g.level || g.loss > shields[g.level].from*lowerMargin:
		g.belowFrom = time.Time{}
	case g.belowFrom.IsZero():
		g.belowFrom = now
	case now.Sub(g.belowFrom) >= lowerAfter:
		g.level, g.belowFrom = g.level-1, time.Time{}
	}
}

// shield is the protection now.
func (g *guard) shield() Shield {
	if g.now.Answers == 0 {
		return shields[0].Shield
	}
	return g.now
}

// wants is the protection that the losses ask for.
func (g *guard) wants() Shield {
	s := shields[g.level].Shield
	if g.way.missed > deaf {
		s.Copies *= 2
	}
	return s
}

// adjust makes the shield what the level asks for, as far as the link carries it.
func (g *guard) adjust() {
	s := g.wants()
	if g.way.congested() {
		s.Copies, s.Echoes, s.Answers = 0, 0, 1
	}
	for s.Copies > 0 && g.picture*float64(1+s.Copies) > g.way.link.carries() {
		s.Copies--
	}
	g.now = s
}

// cost is what a picture of so many bits a second takes with all that the level repeats of it.
func (g *guard) cost(rate float64) float64 {
	s := g.wants()
	return rate * (1 + float64(s.Copies) + g.loss*float64(s.Answers))
}
