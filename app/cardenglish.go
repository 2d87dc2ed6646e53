package app

var englishCardWords = cardWords{
	CardTitle:       "Card in the picture",
	CardText:        "The product that you show stands in the picture itself, with its price. That is for viewers who see your stream elsewhere than on your page, which has a card of its own.",
	CardOn:          "Show the card in the picture",
	CardCorner:      "Corner",
	CardTopLeft:     "Top left",
	CardTopRight:    "Top right",
	CardBottomLeft:  "Bottom left",
	CardBottomRight: "Bottom right",
	CardShows:       "It also shows",
	CardStock:       "How many are left",
	CardTimer:       "How long the offer lasts",
	CardLanguage:    "Your viewers' language",
	CardEnglish:     "English",
	CardChinese:     "Chinese",
	CardSpanish:     "Spanish",
	CardDone:        "Done",
	ChangeCard:      "change of the card",
}
