package wire

// Outcome is what is to happen with a text.
type Outcome string

// Outcomes, from the mildest.
const (
	PublishText Outcome = "publish"
	HoldText    Outcome = "hold"   // a moderator decides
	ShadowText  Outcome = "shadow" // only its author sees it, and is not told
	BlockText   Outcome = "block"  // refused, and its author is told why
)

// TextClass is what a text is, or may be.
type TextClass string

// Classes of texts.
const (
	FineText    TextClass = "fine"
	InsultText  TextClass = "insult"
	HateText    TextClass = "hate"
	ThreatText  TextClass = "threat"
	SexualText  TextClass = "sexual"
	ScamText    TextClass = "scam"
	SpamText    TextClass = "spam"
	ContactText TextClass = "contact" // leads people off the shop
	LinkText    TextClass = "link"
	FloodText   TextClass = "flood" // too much, too loud or too often
	ModeText    TextClass = "mode"  // not what the room takes now
)

// WordClasses are the classes that a blocked word may have.
func WordClasses() []TextClass {
	return []TextClass{InsultText, HateText, ThreatText, SexualText, ScamText, SpamText, ContactText}
}

// LongestWord is the longest entry of a list of blocked words, in characters.
const LongestWord = 80

// BlockedWord is an entry of a list of blocked words. Text is a word or a phrase; it is folded as texts are, counts as whole words
// where its letters have word borders (not in Chinese), and with a * at its end as the beginning of a word.
type BlockedWord struct {
	Text  string    `json:"text"`
	Class TextClass `json:"class"`
	// Outcome PublishText takes a word out of the built-in lists.
	Outcome Outcome `json:"outcome"`
}

// LinkRule says which links people may send. The staff may send any.
type LinkRule string

// Rules for links.
const (
	AnyLink     LinkRule = "any"    // all but for new accounts, which are held to ListedLinks
	ListedLinks LinkRule = "listed" // to Rules.Hosts and the hosts below them
	NoLink      LinkRule = "none"
)

// RuleLists are the languages that have a built-in list of words.
func RuleLists() []string { return []string{"en", "es", "zh"} }

// Rules are what a shop may change about what may be said in its rooms. A count or length of 0 turns its rule off.
type Rules struct {
	// Lists are the languages whose built-in lists count, of RuleLists.
	Lists []string `json:"lists"`
	// Words are the shop's own. They go before the built-in ones.
	Words []BlockedWord `json:"words"`

	Links LinkRule `json:"links"`
	Hosts []string `json:"hosts"` // as "shop.example"
	// Contact is for phone numbers and e-mail addresses; PublishText allows them. New accounts are blocked where others are held.
	Contact Outcome `json:"contact"`

	// CapsLength is from how many letters on a text may be shouted; CapsPercent of them in capitals are shouting.
	CapsLength  int `json:"capsLength"`
	CapsPercent int `json:"capsPercent"`
	// EmojiMost is the most emoji in a text.
	EmojiMost int `json:"emojiMost"`

	// RepeatMost is how often somebody may say nearly the same within RepeatSeconds, if it has more than a few letters.
	RepeatMost    int `json:"repeatMost"`
	RepeatSeconds int `json:"repeatSeconds"`
	// RateMost is how many texts somebody may send within RateSeconds. Slow mode is not decided here.
	RateMost    int `json:"rateMost"`
	RateSeconds int `json:"rateSeconds"`
	// RaidPersons people who say nearly the same longer text within RaidSeconds are held from then on.
	RaidPersons int `json:"raidPersons"`
	RaidSeconds int `json:"raidSeconds"`

	// NewSeconds is for how long an account is new.
	NewSeconds int `json:"newSeconds"`
	// Hold, Shadow and Block are the classifier's thresholds, from 0 to 1; above 1 is never. Shadow is for scam and spam. New
	// accounts are held from NewHold on.
	Hold    float64 `json:"hold"`
	NewHold float64 `json:"newHold"`
	Shadow  float64 `json:"shadow"`
	Block   float64 `json:"block"`
}

// DefaultRules are sensible rules for a shop that has changed nothing.
func DefaultRules() Rules {
	return Rules{
		Lists: RuleLists(), Links: ListedLinks, Contact: HoldText,
		CapsLength: 16, CapsPercent: 80, EmojiMost: 20,
		RepeatMost: 2, RepeatSeconds: 60, RateMost: 30, RateSeconds: 60, RaidPersons: 5, RaidSeconds: 60,
		NewSeconds: 3600,
		Hold:       0.8, NewHold: 0.7, Shadow: 0.93, Block: 0.98,
	}
}

// TryText asks what would happen to a text under rules, which need not be those that count.
type TryText struct {
	Rules Rules  `json:"rules"`
	Text  string `json:"text"`
	New   bool   `json:"new"` // its author is
}

// ClassifierRule is Tried.Rule where no rule counted but what texts like it were.
const ClassifierRule = "classifier"

// Tried is what would happen to a text, and why.
type Tried struct {
	Outcome Outcome `json:"outcome"`
	// Class is FineText for what is published.
	Class TextClass `json:"class"`
	// Score is how sure the classifier is that the text is harmful, 0 to 1; 0 where it was not asked.
	Score float64 `json:"score"`
	// Rule is the code of the rule that counted: word, link, contact, shouting, emoji, marks, length, repeat, rate, raid,
	// emoji_only or ClassifierRule; "" for what is published.
	Rule string `json:"rule,omitempty"`
	// Words tell the author what was wrong and what to do. They are for outcomes that an author is told of.
	Words string `json:"words,omitempty"`
	// Key names the words, for those who tell them in another language.
	Key string `json:"key,omitempty"`
	// Found is the list's entry or the host that counted, for the staff.
	Found string `json:"found,omitempty"`
}
