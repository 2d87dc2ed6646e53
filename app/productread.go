package app

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	fynetheme "fyne.io/fyne/v2/theme"

	"vitrine/server/wire"
)

// How the form of a product is read and saved.

func (s *productSheet) readTitle(text string) (understood, wrong string) {
	if n := utf8.RuneCountInString(text); n == 0 || n > wire.MaxTitle {
		return "", fmt.Sprintf(s.w.words.ProductTitleWrong, wire.MaxTitle)
	}
	return "", ""
}

func (s *productSheet) readPrice(text string) (understood, wrong string) {
	m, wrong := s.w.words.priceOf(text, s.w.currency())
	if s.variants() || wrong != "" {
		return "", wrong
	}
	return s.w.words.money(m), ""
}

func (s *productSheet) readStock(text string) (understood, wrong string) {
	t, now := s.w.words, s.now(s.drafts[0].was.ID)
	if now == nil {
		_, _, wrong = t.stockOf(text, 0, 0, false)
		return "", wrong
	}
	n, more, wrong := t.stockOf(text, now.Left, now.Stock-now.Left, true)
	if more && wrong == "" {
		return fmt.Sprintf(t.StockThen, now.Left+n), ""
	}
	return t.understood(now), wrong
}

func (s *productSheet) readLink(text string) (understood, wrong string) {
	u, err := url.Parse(text)
	if text != "" && (err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "") {
		return "", s.w.words.LinkWrong
	}
	return "", ""
}

// read is the product that was typed. ok is false when something is wrong, which then is said where it is.
func (s *productSheet) read() (p wire.Product, ok bool) {
	s.takeSimple()
	cells := []*cell{s.title, s.link, s.limit}
	if !s.variants() {
		cells = []*cell{s.title, s.price, s.stock, s.grams, s.link, s.limit}
	}
	wrong := false
	for _, c := range slices.Backward(cells) {
		c.check(true)
		if c.wrong() {
			s.turn(0)
			s.w.win.Canvas().Focus(c.entry)
			wrong = true
		}
	}
	if wrong {
		s.relay()
		return p, false
	}
	p = s.was
	p.ID = s.id
	p.Title, p.Text, p.Link = s.title.text(), strings.TrimSpace(s.text.Text), s.link.text()
	p.Kind, p.Vendor, p.Tags = strings.TrimSpace(s.kind.Text), strings.TrimSpace(s.vendor.Text), valuesOf(s.tags.Text)
	p.Tax, p.Hidden, p.Pictures = wire.TaxClass(s.tax.Value()), s.hidden.Checked, s.pictures.pictures
	p.Cap, _ = s.w.words.countOf(s.limit.text(), wire.MaxUnits)
	p.Options, p.Variants = s.table.names(), nil
	for i := range s.drafts {
		d := &s.drafts[i]
		if d.was.ID == "" { // the same with every try
			d.was.ID = wire.VariantID(s.w.newName())
		}
		v, wrong := s.w.readDraft(*d, s.now(d.was.ID))
		if wrong != "" {
			s.turn(1)
			s.table.reveal(i)
			s.fail(fmt.Sprintf(s.w.words.VariantWrong, d.title(), wrong))
			return p, false
		}
		v.Picture = s.pictures.now(s.was.Pictures, v.Picture)
		p.Variants = append(p.Variants, v)
	}
	return p, true
}

// store sends what was typed to the desk; the sheet stays until the desk has it.
func (s *productSheet) store() {
	if s.saving {
		return
	}
	s.fail("")
	p, ok := s.read()
	if !ok {
		return
	}
	w := s.w
	s.saving = w.ask(gesture{
		do: func(ctx context.Context) error { return w.desk.PutProduct(ctx, p) },
		done: func(err error) {
			s.saving = false
			if err != nil {
				s.fail(w.refused(err))
				return
			}
			s.saved, s.p.kept, s.p.made = true, nil, p.ID
			if s.isOpen {
				w.closeSheet()
			}
			s.p.find()
			w.toast.say(fmt.Sprintf(w.words.ProductSaved, p.Title))
		},
	})
	s.save.SetEnabled(!s.saving)
}

// fail says what is wrong with the whole, "" for nothing.
func (s *productSheet) fail(sentence string) {
	s.save.SetEnabled(true)
	s.wrong.Set(sentence, fynetheme.ColorNameError)
}
