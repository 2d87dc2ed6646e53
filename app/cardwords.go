package app

// cardWords are the texts about the product's card in the picture; they belong to words.
type cardWords struct {
	CardTitle       string
	CardText        string
	CardOn          string
	CardCorner      string
	CardTopLeft     string
	CardTopRight    string
	CardBottomLeft  string
	CardBottomRight string
	CardShows       string
	CardStock       string
	CardTimer       string
	CardLanguage    string
	CardEnglish     string
	CardChinese     string
	CardSpanish     string
	CardDone        string
	ChangeCard      string
}
