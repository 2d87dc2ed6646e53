// Package moderation judges what people write in a room: publish it, hold it for a person of the staff, show it to its author only,
// or refuse it, with the reason. It is quick and pure: no input or output, no clock and no randomness of its own.
//
// It owns the blocked words of three languages, the seed that the classifier begins with, what moderators have taught it, and in
// memory what was said lately. Rules are a shop's and are kept by whoever asks; what was learned leaves and comes back as bytes.
// What comes after it, the queue of held texts and the webhook that calls for help, works with its Verdicts.
//
// Why it is as it is:
//   - Every text is folded before it is looked at: what looks the same is the same, whatever it was typed with. Nothing that cannot
//     be seen changes a verdict.
//   - Rules (tier 1) are for what is certain and are the shop's to change. The classifier (tier 2) is for what no list can tell: the
//     word "trash" in "you are trash" and in "where is the trash can". The strictest of all of them counts.
//   - The classifier is naive Bayes on whole numbers: learning adds, forgetting takes away exactly what was added, and the order
//     of decisions does not matter, so that several processes which learn the same know the same.
//   - A decision is kept as the hashes of its pieces, never as text. That is no secrecy (short texts can be guessed), but nobody reads
//     a conversation by opening the state.
//   - One set of hashes a text serves the classifier and the finding of repeats alike: the smallest of them are its sketch.
//   - Most viewers of a sale are new. Being new alone refuses nothing but links; it makes the rules stricter.
//
// It has no queue and starts no goroutine. What was said lately is this process's and is lost with it: a room has one home.
package moderation

import (
	"sync"
	"time"

	"vitrine/server/wire"
)

// MaxText is the longest text that is judged, in visible characters; longer ones are blocked.
const MaxText = 2000

// Outcome is what is to happen with a text.
type Outcome = wire.Outcome

// Outcomes, from the mildest.
const (
	Publish = wire.PublishText
	Hold    = wire.HoldText
	Shadow  = wire.ShadowText
	Block   = wire.BlockText
)

var strictness = map[Outcome]int{Publish: 0, Hold: 1, Shadow: 2, Block: 3}

// Class is what a text is, or may be.
type Class = wire.TextClass

// Classes of texts. The classifier tells Fine to Spam apart; the others are rules' only.
const (
	Fine    = wire.FineText
	Insult  = wire.InsultText
	Hate    = wire.HateText
	Threat  = wire.ThreatText
	Sexual  = wire.SexualText
	Scam    = wire.ScamText
	Spam    = wire.SpamText
	Contact = wire.ContactText
	Link    = wire.LinkText
	Flood   = wire.FloodText
	Mode    = wire.ModeText
	// Harmful is for decisions only: one of insult to spam, nobody said which.
	Harmful Class = "harmful"
)

// Verdict is what was decided about a text, and why.
type Verdict wire.Tried

// Message is a text that somebody wants to say.
type Message struct {
	Room wire.ShowID
	// Person names the author within the room, always the same way.
	Person string
	Text   string
	// Age is how long the author has been known.
	Age time.Duration
	// Staff may say anything.
	Staff bool
	// EmojiOnly says that the room takes nothing but emoji now.
	EmojiOnly bool
}

// Config is what a Judge may be told. The zero value is sensible.
type Config struct {
	// Decisions is how many decisions of moderators are remembered; the oldest is forgotten for the next. 10,000 if zero,
	// 50,000 at the most.
	Decisions int
}

// Judge judges texts. It is safe for concurrent use: judging in several rooms goes on at once, but for a moment in which what was
// said lately is noted, and one in which something is learned.
type Judge struct {
	model   *model
	lately  lately
	scratch sync.Pool // of *reading
}

// New makes a Judge that knows the built-in seed, which takes milliseconds.
func New(c Config) *Judge {
	if c.Decisions == 0 {
		c.Decisions = 10_000
	}
	return &Judge{
		model:   newModel(seed(), min(c.Decisions, decisionsMost)),
		scratch: sync.Pool{New: func() any { return new(reading) }},
	}
}

// Judge decides about a text under a shop's rules, and notes that it was said. It does not block and takes microseconds. Times of
// calls for one room are expected not to run backwards.
func (j *Judge) Judge(m Message, b *Book, now time.Time) Verdict {
	return j.judge(m, b, func(v Verdict, r *reading) Verdict { return j.lately.judge(v, m, b.rules, r, now) })
}

// Try says what would be decided about a text that nobody says: it notes nothing and counts no repeats.
func (j *Judge) Try(m Message, b *Book) Verdict {
	return j.judge(m, b, func(v Verdict, _ *reading) Verdict { return v })
}

func (j *Judge) judge(m Message, b *Book, note func(Verdict, *reading) Verdict) Verdict {
	v := Verdict{Outcome: Publish, Class: Fine}
	if m.Staff {
		return v
	}
	r := j.scratch.Get().(*reading)
	defer j.scratch.Put(r)
	if !r.read(m.Text) {
		return v.stricter(Block, Flood, "length", "")
	}

	fresh := m.Age < time.Duration(b.rules.NewSeconds)*time.Second
	v = b.shape(v, m, r)
	v = b.words(v, r)
	v = b.links(v, r, fresh)
	v = b.contacts(v, r, fresh)
	r.extract()
	v = note(v, r)
	return j.weigh(v, b.rules, r, fresh)
}

// weigh adds what the classifier says.
func (j *Judge) weigh(v Verdict, rules Rules, r *reading, fresh bool) Verdict {
	score, class := j.model.judge(r.features, r.writing())
	v.Score = score
	hold := rules.Hold
	if fresh {
		hold = min(hold, rules.NewHold)
	}
	switch {
	case score >= rules.Block:
		return v.stricter(Block, class, wire.ClassifierRule, "")
	case score >= rules.Shadow && (class == Scam || class == Spam):
		return v.stricter(Shadow, class, wire.ClassifierRule, "")
	case score >= hold:
		return v.stricter(Hold, class, wire.ClassifierRule, "")
	}
	return v
}

// stricter returns the stricter of the verdict and another.
func (v Verdict) stricter(o Outcome, c Class, rule, found string) Verdict {
	if strictness[o] <= strictness[v.Outcome] {
		return v
	}
	return Verdict{Outcome: o, Class: c, Score: v.Score, Rule: rule, Found: found}.worded()
}

// reasons are what an author reads, by rule, or by class where the rule says too little.
var reasons = map[string]string{
	"length":       "This is too long for a chat: say it in fewer words.",
	"emoji_only":   "This room takes only emoji now.",
	"emoji":        "That is a lot of emoji: send fewer of them.",
	"marks":        "This text has characters that cannot be read: write it in plain letters.",
	"shouting":     "This is all in capitals: write it in small letters.",
	"repeat":       "You have just said this: say something new, or wait a minute.",
	"rate":         "You are writing faster than others can read: wait a minute.",
	"raid":         "Many people are writing the same now: a moderator will look at it.",
	"link":         "Links to this place are not allowed here: take the link out.",
	"contact":      "Phone numbers, e-mail addresses and other services do not belong in this chat, for your own safety.",
	string(Insult): "This reads as an insult: say it in a friendlier way.",
	string(Hate):   "This reads as hate against a group of people, which has no place here.",
	string(Threat): "This reads as a threat, which has no place here.",
	string(Sexual): "This is too sexual for this chat.",
	string(Scam):   "This reads as an attempt to get people's money or data.",
	string(Spam):   "This reads as advertising: this chat is about the show.",
}

// worded has what its author reads.
func (v Verdict) worded() Verdict {
	for _, key := range []string{v.Rule, string(v.Class)} {
		if words, ok := reasons[key]; ok {
			v.Key, v.Words = key, words
			break
		}
	}
	return v
}
