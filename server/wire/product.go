package wire

import (
	"encoding/json"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// Limits of a product's texts, in characters; of a whole product in bytes of JSON.
const (
	MaxText    = 5000
	MaxAlt     = 500
	MaxTag     = 255
	MaxLink    = 2000
	MaxReason  = 200
	MaxGrams   = 1_000_000
	MaxKey     = 100  // of what is kept of an import
	MaxKept    = 5000 // a value of that
	MaxProduct = 256 << 10
	// maxPlace is the largest whole number that JavaScript has exactly.
	maxPlace = 1<<53 - 1
)

// Validate reports, as Invalid or TooLarge, what cannot be a product. It does not know the shop: its currency, and whose the variants are.
func (p Product) Validate() error {
	if err := ValidName("a product's name", p.ID); err != nil {
		return err
	}
	if n := utf8.RuneCountInString(p.Title); n == 0 || n > MaxTitle || !utf8.ValidString(p.Title) {
		return Errorf(Invalid, "a product's title has 1 to %d characters; got %d", MaxTitle, n)
	}
	for _, check := range []func() error{p.validateTexts, p.validatePictures, p.validateTerms, p.validateVariants} {
		if err := check(); err != nil {
			return err
		}
	}
	if b, err := json.Marshal(p); err != nil || len(b) > MaxProduct {
		return Errorf(TooLarge, "a product has at most %d KB; shorten its text, or what is kept of an import", MaxProduct>>10)
	}
	return nil
}

// fits reports a text that has too many characters.
func fits(what, s string, most int) error {
	if n := utf8.RuneCountInString(s); n > most || !utf8.ValidString(s) {
		return Errorf(Invalid, "%s has at most %d characters; got %d", what, most, n)
	}
	return nil
}

func (p Product) validateTexts() error {
	for _, t := range []struct {
		what, text string
		most       int
	}{{"a product's text", p.Text, MaxText}, {"a product's vendor", p.Vendor, MaxTitle}, {"a product's kind", p.Kind, MaxTitle}} {
		if err := fits(t.what, t.text, t.most); err != nil {
			return err
		}
	}
	if n := len(p.Tags); n > MaxTags {
		return Errorf(Invalid, "a product has at most %d tags; got %d", MaxTags, n)
	}
	for _, t := range p.Tags {
		if err := fits("a tag", t, MaxTag); err != nil {
			return err
		}
	}
	if p.Link != "" {
		if err := ValidLink(p.Link); err != nil {
			return err
		}
	}
	return validExtra(p.Extra)
}

func validExtra(extra map[string]string) error {
	if n := len(extra); n > MaxExtra {
		return Errorf(Invalid, "at most %d columns are kept of an import; got %d", MaxExtra, n)
	}
	for k, v := range extra {
		if err := fits("the name of a column", k, MaxKey); err != nil {
			return err
		}
		if err := fits("what a column holds", v, MaxKept); err != nil {
			return err
		}
	}
	return nil
}

var pictureID = regexp.MustCompile(`^[0-9a-f]{32}$`)

// Validate reports what is no name of a picture.
func (id PictureID) Validate() error {
	if !pictureID.MatchString(string(id)) {
		return Errorf(Invalid, "a picture's name has 32 hexadecimal digits in small letters; got %q", truncate(string(id)))
	}
	return nil
}

func (p Product) validatePictures() error {
	if n := len(p.Pictures); n > MaxPictures {
		return Errorf(Invalid, "a product has at most %d pictures; got %d", MaxPictures, n)
	}
	for _, pic := range p.Pictures {
		if err := fits("the words for a picture", pic.Alt, MaxAlt); err != nil {
			return err
		}
		if pic.ID != "" {
			if err := pic.ID.Validate(); err != nil {
				return err
			}
		}
		if pic.Source != "" {
			if err := ValidLink(pic.Source); err != nil {
				return err
			}
		}
	}
	return nil
}

func (p Product) validateTerms() error {
	if p.Cap < 0 || p.Cap > MaxUnits {
		return Errorf(Invalid, "a buyer may have 0 (any number) to %d units; got %d", MaxUnits, p.Cap)
	}
	if p.Place < -maxPlace || p.Place > maxPlace {
		return Errorf(Invalid, "a product's place is %d to %d; got %d", -maxPlace, maxPlace, p.Place)
	}
	switch p.Tax {
	case StandardTax, ReducedTax, ZeroTax:
		return nil
	}
	return Errorf(Invalid, "%q is no class of tax: leave it out, or use reduced or zero", truncate(string(p.Tax)))
}

func (p Product) validateVariants() error {
	if n := len(p.Options); n > MaxChoices {
		return Errorf(Invalid, "a product's variants differ in at most %d things; got %d", MaxChoices, n)
	}
	for i, o := range p.Options {
		if err := fits("an option's name", o, MaxTitle); err != nil {
			return err
		}
		if o == "" || slices.Contains(p.Options[:i], o) {
			return Errorf(Invalid, "each option has a name of its own; got %q", o)
		}
	}
	if n := len(p.Variants); n == 0 || n > MaxVariants {
		return Errorf(Invalid, "a product has 1 to %d variants; got %d", MaxVariants, n)
	}
	seen := map[VariantID]bool{}
	for _, v := range p.Variants {
		if err := p.validateVariant(v); err != nil {
			return err
		}
		if seen[v.ID] {
			return Errorf(Invalid, "the variant %q is there twice", v.ID)
		}
		seen[v.ID] = true
	}
	return nil
}

func (p Product) validateVariant(v Variant) error {
	if err := ValidName("a variant's name", v.ID); err != nil {
		return err
	}
	if err := v.Price.Validate(); err != nil {
		return err
	}
	for _, t := range append([]string{v.Title, v.SKU, v.Barcode}, v.Options...) {
		if utf8.RuneCountInString(t) > MaxTitle || !utf8.ValidString(t) {
			return Errorf(Invalid, "title, SKU, barcode and options of variant %q have at most %d characters each", v.ID, MaxTitle)
		}
	}
	switch {
	case len(v.Options) > 0 && len(v.Options) != len(p.Options):
		return Errorf(Invalid, "variant %q has %d of the product's %d options: name all, or none", v.ID, len(v.Options), len(p.Options))
	case v.Picture < 0 || v.Picture > len(p.Pictures):
		return Errorf(Invalid, "variant %q is shown by picture %d; the product has %d", v.ID, v.Picture, len(p.Pictures))
	case v.Stock < 0 || v.Stock > MaxUnits:
		return Errorf(Invalid, "the stock of variant %q is 0 to %d; got %d", v.ID, MaxUnits, v.Stock)
	case v.Weight < 0 || v.Weight > MaxGrams:
		return Errorf(Invalid, "variant %q weighs 0 to %d g; got %d", v.ID, MaxGrams, v.Weight)
	}
	return validExtra(v.Extra)
}

// public is a host's name that the whole internet may know: at least two parts, the last of which is no number, so that no spelling of an IPv4
// address is one (WHATWG URL §3.5).
var public = regexp.MustCompile(`^([\p{L}\p{N}_]([\p{L}\p{N}_-]*[\p{L}\p{N}])?\.)+\p{L}[\p{L}\p{N}-]*$`)

// inside are the ends of names that only a network of its own knows (RFC 6761, RFC 6762, RFC 8375, ICANN's name collisions).
var inside = []string{".localhost", ".localdomain", ".local", ".internal", ".intranet", ".private", ".lan", ".home", ".corp", ".home.arpa"}

// ValidLink reports what is no web address that everybody can open: http or https, of a host with a public name.
func ValidLink(link string) error {
	u, err := url.Parse(link)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" {
		return Errorf(Invalid, "%q is no web address: it begins with https://", truncate(link))
	}
	if n := len(link); n > MaxLink {
		return Errorf(Invalid, "a web address has at most %d characters; got %d", MaxLink, n)
	}
	if u.User != nil {
		return Errorf(Invalid, "the address has a name or a password in it, which everybody would see: leave them out")
	}
	host := strings.ToLower(strings.TrimSuffix(u.Hostname(), "."))
	_, number := netip.ParseAddr(host)
	if number == nil || !public.MatchString(host) || slices.ContainsFunc(inside, func(end string) bool { return strings.HasSuffix(host, end) }) {
		return Errorf(Invalid, "%q is an address of a private network, which viewers cannot open: use the public one, as https://shop.example/lamp", truncate(link))
	}
	return nil
}
