package app

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	fynetheme "fyne.io/fyne/v2/theme"

	"vitrine/app/theme"
	"vitrine/app/widget"
	"vitrine/server/wire"
)

// offerSheet is an offer as it is typed, beside what viewers will see of it. What is typed stays until the server has taken it.
type offerSheet struct {
	w     *Window
	offer wire.Offer // what is not typed: ID, kind, parts, show, version
	auto  string     // the title that the sheet made; another one is the host's

	title, price, minutes, units, most, reason *widget.Entry
	tierUnits, tierPrices                      []*widget.Entry
	second, person                             *widget.Picker
	against                                    *widget.Text
	askReason                                  fyne.CanvasObject
	wrong                                      *widget.Paragraph
	start, draft                               *widget.Button
	card                                       *offerCard
	sending                                    bool
	// The same that is sent again, because nobody answered, is the same to the moment: so it is the same wish.
	wish   offerWish
	begins time.Time
}

// besideCard are the shares of a sheet's width: what is typed, and the card beside it.
var besideCard = []float32{360, 292}

// offerWish is an offer without its times, and how long it lasts.
type offerWish struct {
	offer wire.Offer
	lasts time.Duration
}

// openOffer opens the sheet with an offer in it, which is not public yet and lasts so long, 0 for no end.
func (w *Window) openOffer(o wire.Offer, lasts time.Duration) {
	if w.sheet != nil {
		return
	}
	s := &offerSheet{w: w, offer: o, card: newOfferCard(w)}
	s.build(o, lasts)
	t := w.words
	cancel := widget.NewButton(t.Cancel, "", widget.Plain, w.closeSheet)
	s.draft = widget.NewButton(t.SaveDraft, "", widget.Plain, func() { s.put(false) })
	s.start = widget.NewButton(t.StartNow, theme.OnAir, widget.Primary, func() { s.put(true) })
	seen := widget.Stack(8, heading(t.ViewersSee), s.card.object, paragraph(t.LowestNote))
	content := container.New(&shares{28, besideCard}, s.form(), seen)
	pieces := s.entries()
	for _, p := range pieces {
		if e, ok := p.(*widget.Entry); ok {
			e.OnChanged, e.OnSubmitted = func(string) { s.show() }, func(string) { s.put(true) }
		}
	}
	s.show()
	w.openSheet(widget.SheetSpec{
		Heading: s.heading(), Content: content, Size: fyne.NewSize(680, 336), Foot: []fyne.CanvasObject{cancel, s.draft, s.start}, Focus: s.start,
	}, append(pieces, cancel, s.draft, s.start)...)
}

// heading is what is offered in which way.
func (s *offerSheet) heading() string {
	name := s.w.words.offerName(s.offer.Kind)
	if p, ok := pieceOf(shopOf(s.w.snap), s.offer.Parts[0].Variant); ok {
		name += " · " + p.name()
	}
	return name
}

// build makes the pieces and fills them.
func (s *offerSheet) build(o wire.Offer, lasts time.Duration) {
	t := s.w.words
	typed := func(text string) *widget.Entry {
		e := widget.NewEntry("")
		e.SetText(text)
		return e
	}
	number := func(n int) string {
		if n == 0 {
			return ""
		}
		return strconv.Itoa(n)
	}
	s.auto = s.w.offerTitle(o)
	if o.Title == "" {
		o.Title = s.auto
	}
	s.title, s.price, s.reason = typed(o.Title), typed(plainMoney(o.Price)), typed(o.Reason)
	s.minutes, s.units, s.most = typed(number(int(lasts.Minutes()))), typed(number(o.Units)), typed(number(o.Cap))
	for _, e := range []*widget.Entry{s.minutes, s.units, s.most} {
		e.SetPlaceHolder(t.Unlimited)
	}
	for _, tier := range o.Tiers {
		s.tierUnits = append(s.tierUnits, typed(number(tier.Units)))
		s.tierPrices = append(s.tierPrices, typed(plainMoney(tier.Price)))
	}
	s.against = widget.Caption("")
	s.wrong = widget.NewParagraph("", fynetheme.ColorNameError)
	s.askReason = field(t.OfferReason, s.reason)
	show(s.askReason, o.Reason != "")
	s.second = widget.NewPicker(func(v string) {
		s.offer.Parts[1].Variant = wire.VariantID(v)
		sum, _ := usual(shopOf(s.w.snap), s.offer.Parts)
		s.price.SetText(plainMoney(off(sum, bundleOff)))
		s.show()
	})
	s.person = widget.NewPicker(func(v string) {
		s.offer.Member = wire.Alias(v)
		s.show()
	})
}

// form lays the pieces out that the kind of offer has.
func (s *offerSheet) form() fyne.CanvasObject {
	t, shop := s.w.words, shopOf(s.w.snap)
	fields := []fyne.CanvasObject{}
	switch s.offer.Kind {
	case wire.Bundle:
		others := slices.DeleteFunc(pieces(shop), func(p piece) bool { return p.variant.ID == s.offer.Parts[0].Variant })
		s.second.Set(pieceChoices(others, s.offer.Parts[1].Variant, piece.name), string(s.offer.Parts[1].Variant))
		fields = append(fields, field(t.BundleWith, s.second))
	case wire.Personal:
		people := s.w.guests()
		if s.offer.Buyer != "" { // the server knows who it is, and tells no alias
			people = append([]widget.Choice{{Value: "", Label: t.PersonalSame}}, people...)
		}
		s.person.Set(people, string(s.offer.Member))
		fields = append(fields, field(t.PersonalFor, s.person))
	}
	fields = append(fields, field(t.OfferTitle, s.title))
	price := fmt.Sprintf(t.OfferPrice, s.offer.Price.Currency)
	if len(s.tierUnits) == 0 {
		fields = append(fields, field(price, widget.Columns(10, s.price, s.against)))
	} else {
		fields = append(fields, s.ladder())
	}
	fields = append(fields, widget.Columns(10, field(t.OfferMinutes, s.minutes), field(s.unitsLabel(), s.units), field(t.OfferMost, s.most)),
		s.askReason, widget.Inset(-7, -7, widget.Sized(fyne.NewSize(0, 48), s.wrong)))
	return widget.Stack(10, fields...)
}

// unitsLabel says how many there could be.
func (s *offerSheet) unitsLabel() string {
	o := s.offer
	o.Units = 0
	left := leftOf(shopOf(s.w.snap), o)
	return fmt.Sprintf(s.w.words.UnitsInStock, left)
}

// ladder is the rows in which tiers are typed.
func (s *offerSheet) ladder() fyne.CanvasObject {
	t := s.w.words
	label := func(text string) fyne.CanvasObject {
		return widget.NewText(text, widget.Style{Color: theme.Quiet, Size: theme.Small, Shrink: true})
	}
	rows := []fyne.CanvasObject{widget.Columns(10, label(""), label(t.TierUnits), label(fmt.Sprintf(t.OfferPrice, s.offer.Price.Currency)))}
	for i, e := range s.tierUnits {
		name := t.TierThen
		if i == 0 {
			name = t.TierAtFirst
		}
		rows = append(rows, widget.Columns(10, label(name), e, s.tierPrices[i]))
	}
	return widget.Stack(5, append(rows, widget.Columns(10, label(t.TierRest), s.against, s.price))...)
}

// entries are what takes the keyboard, in the order of the form.
func (s *offerSheet) entries() (all []fyne.CanvasObject) {
	switch s.offer.Kind {
	case wire.Bundle:
		all = append(all, s.second)
	case wire.Personal:
		all = append(all, s.person)
	}
	all = append(all, s.title)
	for i, e := range s.tierUnits {
		all = append(all, e, s.tierPrices[i])
	}
	return append(all, s.price, s.minutes, s.units, s.most, s.reason)
}

// show shows what is typed as viewers would see it, and what is wrong with it.
func (s *offerSheet) show() {
	t, shop := s.w.words, shopOf(s.w.snap)
	o, lasts, wrong := s.read()
	if title := s.w.offerTitle(o); s.title.Text == s.auto && s.auto != title {
		s.auto = title
		s.title.SetText(title) // comes back here
		return
	}
	s.say(wrong)
	text := ""
	if sum, ok := usual(shop, o.Parts); ok && sum.Minor > 0 {
		text = fmt.Sprintf(t.InsteadOf, t.money(sum), (100*max(0, sum.Minor-o.Price.Minor)+sum.Minor/2)/sum.Minor)
	}
	s.against.Set(text)
	s.card.set(shop, o, lasts)
}

func (s *offerSheet) say(wrong string) { s.wrong.Set(wrong, fynetheme.ColorNameError) }

// count reads a number of things; nothing typed is 0.
func count(e *widget.Entry, most int) (n int, ok bool) {
	text := strings.TrimSpace(e.Text)
	if text == "" {
		return 0, true
	}
	n, err := strconv.Atoi(text)
	return n, err == nil && n > 0 && n <= most
}

// longestOffer is a year, in minutes.
const longestOffer = 366 * 24 * 60

// read is the offer as it is typed, how long it lasts, and a sentence about the first thing that is wrong with it.
func (s *offerSheet) read() (o wire.Offer, lasts time.Duration, wrong string) {
	t := s.w.words
	o = s.offer
	say := func(bad bool, sentence string) {
		if bad && wrong == "" {
			wrong = sentence
		}
	}
	o.Title, o.Reason = strings.TrimSpace(s.title.Text), strings.TrimSpace(s.reason.Text)
	n := utf8.RuneCountInString(o.Title)
	say(n == 0 || n > wire.MaxTitle, fmt.Sprintf(t.OfferTitleWrong, wire.MaxTitle))
	price := func(e *widget.Entry) wire.Money {
		m, ok := readMoney(e.Text, s.offer.Price.Currency)
		say(!ok, t.OfferPriceWrong)
		say(m.Minor < 0, t.PriceNegative)
		m.Minor, m.Currency = max(0, m.Minor), s.offer.Price.Currency
		return m
	}
	amount := func(e *widget.Entry, what string, most int) int {
		n, ok := count(e, most)
		say(!ok, fmt.Sprintf(t.OfferCountWrong, what, most))
		return max(0, n)
	}
	s.tiers(&o, price, amount, say)
	o.Price = price(s.price)
	if sum, ok := usual(shopOf(s.w.snap), o.Parts); ok {
		say(o.Price.Minor > sum.Minor, fmt.Sprintf(t.PriceAbove, t.money(sum)))
	}
	say(!rising(o), t.TiersWrong)
	minutes, ok := count(s.minutes, longestOffer)
	say(!ok, t.EndWrong)
	say(o.Kind == wire.Flash && minutes == 0, t.FlashNeedsEnd)
	lasts = time.Duration(max(0, minutes)) * time.Minute
	o.Units, o.Cap = amount(s.units, t.OfferUnits, wire.MaxUnits), amount(s.most, t.OfferMost, wire.MaxUnits)
	say(o.Kind == wire.Limited && o.Units == 0, t.LimitedNeedsUnits)
	sum := tierUnits(o)
	say(o.Units > 0 && sum > o.Units, fmt.Sprintf(t.TiersTooMany, sum, o.Units))
	say(o.Kind == wire.Personal && o.Member == "" && o.Buyer == "", t.PersonalNobody)
	return o, lasts, wrong
}

// rising says that no step costs more than the one after it.
func rising(o wire.Offer) bool {
	last := int64(0)
	for _, tier := range o.Tiers {
		if tier.Price.Minor < last {
			return false
		}
		last = tier.Price.Minor
	}
	return o.Price.Minor >= last
}

// tierUnits is how many units the steps have together.
func tierUnits(o wire.Offer) (sum int) {
	for _, tier := range o.Tiers {
		sum += tier.Units
	}
	return sum
}

// tiers reads the ladder.
func (s *offerSheet) tiers(o *wire.Offer, price func(*widget.Entry) wire.Money, amount func(*widget.Entry, string, int) int,
	say func(bool, string),
) {
	o.Tiers = nil
	for i, e := range s.tierUnits {
		n := amount(e, s.w.words.TierUnits, wire.MaxUnits)
		say(n == 0, fmt.Sprintf(s.w.words.OfferCountWrong, s.w.words.TierUnits, wire.MaxUnits))
		o.Tiers = append(o.Tiers, wire.Tier{Units: n, Price: price(s.tierPrices[i])})
	}
}

// put sends the offer: public at once, or kept as a draft.
func (s *offerSheet) put(public bool) {
	o, lasts, wrong := s.read()
	if s.say(wrong); wrong != "" || s.sending {
		return
	}
	o.Public, o.From, o.Until = public, time.Time{}, time.Time{}
	if wish := (offerWish{o, lasts}); !reflect.DeepEqual(wish, s.wish) {
		s.wish, s.begins = wish, s.w.serverNow()
	}
	if lasts > 0 {
		o.Until = s.begins.Add(lasts)
	}
	if !public {
		o.From = s.begins
	}
	sheet := s.w.sheet
	s.sending = s.w.ask(gesture{
		do:   func(ctx context.Context) error { return s.w.desk.PutOffer(ctx, o) },
		done: func(err error) { s.answered(sheet, err) },
		slow: true,
	})
	s.busy()
}

func (s *offerSheet) busy() {
	s.start.SetEnabled(!s.sending)
	s.draft.SetEnabled(!s.sending)
}

// answered closes the sheet, or says what the server has against the offer. One that is like another that ended lately needs a reason.
func (s *offerSheet) answered(sheet *widget.Sheet, err error) {
	s.sending = false
	s.busy()
	switch {
	case s.w.sheet != sheet: // closed meanwhile
		if err != nil {
			s.w.toast.say(s.w.refused(err))
		}
	case err == nil:
		s.w.closeSheet()
	case wire.CodeOf(err) == wire.Conflict && s.reason.Text == "":
		show(s.askReason, true)
		s.say(s.w.words.ReasonNeeded)
		s.w.win.Canvas().Focus(s.reason)
	default:
		s.say(s.w.refused(err))
	}
}
