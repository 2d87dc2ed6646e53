package app

// ruleWords are the texts about the rules of the room; they belong to words.
type ruleWords struct {
	RulesMenu     string
	RulesTitle    string
	RulesLoading  string
	RulesAway     string
	RulesTheirs   string
	RulesUnsaved  string
	RulesSaved    string
	RulesDrop     string
	RuleParts     string // part=name|…
	RuleNew       string
	RuleGone      string
	RuleMore      string
	WordsCount    string
	WordSearch    string
	WordsNone     string
	WordsNoMatch  string
	WordsMore     string
	WordHint      string
	WordAdd       string
	WordWrong     string
	WordBack      string
	WordOutcome   string
	Outcomes      string // outcome=name|…
	Links         string
	LinkRules     string // rule=name|…
	Hosts         string
	HostsHint     string
	Contact       string
	WordLists     string
	ListNames     string // language=name|…
	Strictness    string
	StrictNames   string // in the order of strictnesses, then the shop's own
	StrictNumbers string
	TryTitle      string
	TryHint       string
	TryNew        string
	Try           string
	Tried         string // outcome=sentence|…
	TriedClass    string
	TriedSure     string
	TriedFound    string
	TriedAuthor   string
	TriedHint     string
}
