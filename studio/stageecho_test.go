package studio

import (
	"encoding/binary"
	"math"
	"math/rand/v2"
	"os/exec"
	"testing"
	"time"

	"vitrine/capture/frame"
	"vitrine/effects"
	"vitrine/studio/mix"
)

// read is what a woman reads in one of Asterisk's announcements, at a mean level in dBFS.
func read(t *testing.T, name string, level float64) []float32 {
	t.Helper()
	path := "../.run/material/asterisk-core-sounds-en-g722/usr/share/asterisk/sounds/en_US_f_Allison/" + name + ".g722"
	raw, err := exec.Command("ffmpeg", "-v", "error", "-f", "g722", "-i", path, "-ac", "1", "-ar", "48000", "-f", "f32le", "-").Output()
	if err != nil {
		t.Fatal("run .ci/models test: ffmpeg: ", err)
	}
	words, sum := make([]float32, len(raw)/4), 0.0
	for i := range words {
		words[i] = math.Float32frombits(binary.LittleEndian.Uint32(raw[4*i:]))
		sum += float64(words[i]) * float64(words[i])
	}
	gain := float32(math.Pow(10, level/20) / math.Sqrt(sum/float64(len(words))))
	for i := range words {
		words[i] *= gain
	}
	return words
}

// home is where both ends of a conversation are: a room each, how loud the loudspeaker is in it, the voice at the microphone, and what is read.
type home struct {
	name    string
	words   [2]string
	size    [3]float64 // m
	rt60    float64    // s
	gain    float64
	level   float64 // dBFS
	noise   effects.Noise
	without bool // the canceller
}

// end is one end of a conversation: a studio's sound in a room, and the way to it.
type end struct {
	*sound
	room    *parlour
	speaker *frame.Queue
	other   *voice
	way     []frame.Block // from here to the other end: 60 ms
	played  frame.Block
	noise   *rand.Rand
	words   []float32
	said    int     // samples
	echo    float64 // power at the microphone
}

func newEnd(t *testing.T, h home, who int, aside float64) *end {
	t.Helper()
	rack := effects.New()
	e := &end{
		sound: newSound(newClock(time.Now()), rack.Sound), room: parlourOf(h.size, h.rt60, aside, h.gain),
		speaker: frame.NewQueue(monitorBlocks), other: newVoice(), way: make([]frame.Block, 6),
		noise: rand.New(rand.NewPCG(uint64(who), 1)), words: read(t, h.words[who], h.level),
	}
	v := effects.CleanVoice()
	v.Noise = h.noise
	e.rack.Set(v)
	if v.Noise != effects.KeepNoise {
		go rack.Run(t.Context(), func(err error) { t.Error(err) })
		for before := e.rack.Delay(); e.rack.Delay() == before; time.Sleep(time.Millisecond) { // the networks take a while to be there
			for range 100 { // so many that it is left the same, however long it takes
				e.step(&frame.Block{}, 0, true)
			}
		}
	}
	v.Echo = !h.without
	e.rack.Set(v)
	e.monitor.Store(e.speaker)
	e.setSilent(true)
	e.seat([]seat{{voice: e.other, place: mix.Place{}}})
	return e
}

// says has somebody say the next block, or only listen, and returns what is sent of it.
func (e *end) says(speaks bool) frame.Block {
	b := e.room.hears(&e.played)
	e.echo = power(&b)
	for i := range frame.BlockSamples {
		v := float32(e.noise.NormFloat64() * 0.0001) // −80 dBFS: what is heard besides the voices is theirs
		if speaks {
			v += e.words[(e.said+i)%len(e.words)]
		}
		b[2*i] += v
		b[2*i+1] += v
	}
	if speaks {
		e.said += frame.BlockSamples
	}
	e.step(&b, 0, true)
	e.speaker.Get(&e.played)
	return b
}

// sends has what was sent arrive at the other end.
func (e *end) sends(b *frame.Block, to *end) {
	to.other.elastic.Put(&e.way[0])
	copy(e.way, e.way[1:])
	e.way[len(e.way)-1] = *b
}

func power(b *frame.Block) (sum float64) {
	for _, v := range b {
		sum += float64(v) * float64(v)
	}
	return sum / float64(len(b))
}

func mean(x []float64) (sum float64) {
	for _, v := range x {
		sum += v / float64(len(x))
	}
	return sum
}

func loud(power float64) float64 { return 10 * math.Log10(power+1e-15) }

// turn is what both ends sent and heard in a part of a conversation: power, block by block.
type turn struct{ sent, echo [2][]float64 }

// turnBlocks is how long a turn is; in the first ownBlocks of it the one who spoke before is still to be heard.
const turnBlocks, ownBlocks = 250, 20

func converse(host, guest *end, hostSpeaks, guestSpeaks bool) (now turn) {
	for range turnBlocks {
		a, b := host.says(hostSpeaks), guest.says(guestSpeaks)
		host.sends(&a, guest)
		guest.sends(&b, host)
		for i, p := range [2]float64{power(&a), power(&b)} {
			now.sent[i] = append(now.sent[i], p)
		}
		now.echo[0], now.echo[1] = append(now.echo[0], host.echo), append(now.echo[1], guest.echo)
	}
	return now
}

// repeat is how loud the one who listens sends from a block on, in dB of how loud the one who speaks does: all in all, and in the worst 100 ms.
func (n *turn) repeat(speaks, from int) (all, worst float64) {
	voice, again := mean(n.sent[speaks]), n.sent[1-speaks][from:]
	for at := 0; at+10 <= len(again); at += 5 {
		worst = max(worst, mean(again[at:at+10]))
	}
	return loud(mean(again) / voice), loud(worst / voice)
}

// hearRepeats has two people speak in turns and both at once, the loudspeaker of each move while the other speaks, and fails when a voice comes back.
func hearRepeats(t *testing.T, h home) {
	const hostSpeaks, guestSpeaks, both, healed = 0, 1, 2, 150
	host, guest := newEnd(t, h, 0, 0), newEnd(t, h, 1, 0.1)
	var alone [2]float64
	for n, c := range []struct {
		who, from int
		moves     *end
	}{
		{hostSpeaks, healed, nil},
		{guestSpeaks, healed, nil},
		{both, 0, nil},
		{hostSpeaks, ownBlocks, nil},
		{guestSpeaks, ownBlocks, nil},
		{hostSpeaks, healed, guest},
		{guestSpeaks, healed, host},
	} {
		if c.moves != nil {
			c.moves.room.become(parlourOf(h.size, h.rt60, 0.5, h.gain))
		}
		now := converse(host, guest, c.who != guestSpeaks, c.who != hostSpeaks)
		if c.who == both {
			t.Logf("%s: both speak and send %.1f and %.1f dBFS, each alone %.1f and %.1f", h.name,
				loud(mean(now.sent[0])), loud(mean(now.sent[1])), loud(alone[0]), loud(alone[1]))
			for i, p := range now.sent {
				if loud(mean(p)/alone[i]) < -3 {
					t.Errorf("%s: in double talk a voice is %.1f dB softer", h.name, -loud(mean(p)/alone[i]))
				}
			}
			continue
		}
		alone[c.who] = mean(now.sent[c.who])
		all, worst := now.repeat(c.who, c.from)
		t.Logf("%s: turn %d, a voice of %.1f dBFS is an echo of %.1f at the microphone (moved: %t); from %.1f s on repeated at %.1f dB, 100 ms at %.1f",
			h.name, n, loud(alone[c.who]), loud(mean(now.echo[1-c.who])), c.moves != nil, float64(c.from)/100, all, worst)
		if all > -40 || worst > -40 {
			t.Errorf("%s: turn %d: a voice is repeated at %.1f dB, for 100 ms at %.1f dB; want -40", h.name, n, all, worst)
		}
	}
}

// demo is among what the constants of the canceller were chosen with, menu is not.
var demo, menu = [2]string{"demo-instruct", "demo-congrats"}, [2]string{"priv-callee-options", "conf-usermenu-162"}

func TestNobodysVoiceComesBackThroughTheWholeLoop(t *testing.T) {
	if testing.Short() {
		t.Skip("it hears a minute and more of sound at both ends")
	}
	for _, h := range []home{
		{name: "small room", words: demo, size: [3]float64{3, 2.5, 2.4}, rt60: 0.2, gain: 2, level: -26, noise: effects.CleanVoice().Noise},
		{name: "living room, loud", words: menu, size: [3]float64{5, 4, 2.7}, rt60: 0.35, gain: 4, level: -29, noise: effects.CleanVoice().Noise},
		{name: "bare hall", words: menu, size: [3]float64{7, 6, 3}, rt60: 0.6, gain: 3, level: -30, noise: effects.CleanVoice().Noise},
		{name: "bare hall, noise kept", words: demo, size: [3]float64{7, 6, 3}, rt60: 0.6, gain: 3, level: -30},
	} {
		hearRepeats(t, h)
	}
}

func TestWithoutTheCancellerTheVoiceComesBack(t *testing.T) {
	h := home{words: demo, size: [3]float64{3, 2.5, 2.4}, rt60: 0.2, gain: 2, level: -26, without: true}
	now := converse(newEnd(t, h, 0, 0), newEnd(t, h, 1, 0.1), true, false)
	if all, _ := now.repeat(0, 0); all < -10 {
		t.Errorf("it is repeated at %.1f dB: the test of the canceller shows nothing", all)
	}
}
