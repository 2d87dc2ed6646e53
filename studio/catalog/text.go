package catalog

import (
	"html"
	"regexp"
	"strconv"
	"strings"

	nethtml "golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"vitrine/server/wire"
)

// keeping is how a text with several lines is written as HTML, so that it is shown and read again exactly.
const keeping = `<div style="white-space: pre-wrap">`

// toHTML writes a plain text as HTML.
func toHTML(text string) string {
	if !strings.ContainsAny(text, "<&\n\t") && text == strings.Join(strings.Fields(text), " ") {
		return text
	}
	return keeping + html.EscapeString(text) + "</div>"
}

// toText is what a reader of HTML sees, as plain text: blocks are lines, items begin with a dot, scripts and styles are left out.
func toText(markup string) string {
	if body, ok := strings.CutPrefix(markup, keeping); ok {
		if body, ok := strings.CutSuffix(body, "</div>"); ok && !strings.Contains(body, "<") {
			return html.UnescapeString(body)
		}
	}
	if !strings.ContainsAny(markup, "<&") {
		return tidy(markup)
	}
	var out strings.Builder
	z := nethtml.NewTokenizer(strings.NewReader(markup))
	for silent := 0; ; {
		switch kind := z.Next(); kind {
		case nethtml.ErrorToken:
			return lines(out.String())
		case nethtml.TextToken:
			if silent == 0 {
				out.WriteString(blanks.ReplaceAllString(string(z.Text()), " "))
			}
		case nethtml.StartTagToken, nethtml.EndTagToken, nethtml.SelfClosingTagToken:
			name, _ := z.TagName()
			tag := atom.Lookup(name)
			switch {
			case mute[tag] && kind == nethtml.StartTagToken:
				silent++
			case mute[tag] && kind == nethtml.EndTagToken:
				silent = max(0, silent-1)
			case tag == atom.Li && kind == nethtml.StartTagToken:
				out.WriteString("\n• ")
			default:
				out.WriteString(breaks[tag])
			}
		}
	}
}

var (
	blanks = regexp.MustCompile(`[ \t\r\n\f]+`)
	// mute are elements whose content nobody sees, breaks what stands for a tag between texts.
	mute   = map[atom.Atom]bool{atom.Script: true, atom.Style: true, atom.Template: true, atom.Noscript: true, atom.Iframe: true, atom.Title: true}
	breaks = map[atom.Atom]string{
		atom.Br: "\n", atom.P: "\n", atom.Div: "\n", atom.H1: "\n", atom.H2: "\n", atom.H3: "\n", atom.H4: "\n", atom.H5: "\n", atom.H6: "\n",
		atom.Ul: "\n", atom.Ol: "\n", atom.Table: "\n", atom.Tr: "\n", atom.Section: "\n", atom.Blockquote: "\n", atom.Hr: "\n", atom.Td: " ", atom.Th: " ",
	}
)

// lines are the lines that have something in them.
func lines(text string) string {
	var all []string
	for line := range strings.Lines(tidy(text)) {
		if line = strings.TrimSpace(blanks.ReplaceAllString(line, " ")); line != "" && line != "•" {
			all = append(all, line)
		}
	}
	return strings.Join(all, "\n")
}

// tidy drops what cannot be seen: control characters but tabs and ends of lines.
func tidy(text string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' && r != '\n' && r != '\t' || r == 0x7F {
			return -1
		}
		return r
	}, text)
}

// gaps are what people write between thousands beside points and commas.
var gaps = strings.NewReplacer(" ", "", "\u00a0", "", "\u202f", "", "'", "", "’", "")

var amount = regexp.MustCompile(`^[0-9]+$`)

// readMoney reads an amount with a decimal point or comma and perhaps marks between thousands, as 1,234.50 or 1.234,50, exactly.
func readMoney(column, text string, c wire.Currency) (wire.Money, *problem) {
	digits, _ := c.Digits()
	plain := gaps.Replace(text)
	whole, part := plain, ""
	switch point, comma := strings.LastIndexByte(plain, '.'), strings.LastIndexByte(plain, ','); {
	case point >= 0 && comma >= 0:
		at := max(point, comma)
		mark := plain[min(point, comma) : min(point, comma)+1]
		whole, part = strings.ReplaceAll(plain[:at], mark, ""), plain[at+1:]
	case strings.Count(plain, ",") > 1 || comma >= 0 && len(plain)-comma == 4 && digits != 3:
		whole = strings.ReplaceAll(plain, ",", "")
	case point >= 0 || comma >= 0:
		at := max(point, comma)
		whole, part = plain[:at], plain[at+1:]
	}
	negative := strings.HasPrefix(whole, "-")
	whole = strings.TrimPrefix(whole, "-")
	if whole == "" && part != "" {
		whole = "0"
	}
	if !amount.MatchString(whole) || part != "" && !amount.MatchString(part) {
		return wire.Money{}, wrong(NoNumber, column, text, "%.80q is no amount of money", text)
	}
	part = strings.TrimRight(part, "0")
	if len(part) > digits {
		return wire.Money{}, wrong(TooExact, column, text, "%s has %d decimals", c, digits)
	}
	minor, err := strconv.ParseInt(whole+part+strings.Repeat("0", digits-len(part)), 10, 64)
	switch {
	case err != nil || minor > wire.MaxMinor:
		return wire.Money{}, wrong(TooLarge, column, text, "the amount is too large")
	case negative && minor > 0:
		return wire.Money{}, wrong(Negative, column, text, "a price is not below zero")
	}
	return wire.Money{Minor: minor, Currency: c}, nil
}

// writeMoney is an amount with a decimal point, without its currency.
func writeMoney(m wire.Money) string {
	s, _, _ := strings.Cut(m.String(), " ")
	return s
}

// readNumber reads a number that is not below zero, rounded: weights may have decimals.
func readNumber(column, text string, most int) (int, *problem) {
	f, err := strconv.ParseFloat(strings.Replace(strings.TrimSpace(text), ",", ".", 1), 64)
	switch {
	case err != nil || f != f:
		return 0, wrong(NoNumber, column, text, "%.80q is no number", text)
	case f < 0:
		return 0, wrong(Negative, column, text, "it is not below zero")
	case f > float64(most):
		return 0, wrong(TooLarge, column, text, "it is at most %d", most)
	}
	return int(f + 0.5), nil
}

// readBool reads yes or no as spreadsheets write them.
func readBool(text string, otherwise bool) bool {
	switch strings.ToLower(strings.TrimSpace(text)) {
	case "true", "yes", "1", "wahr", "vrai", "verdadero", "y", "t":
		return true
	case "false", "no", "0", "falsch", "faux", "falso", "n", "f":
		return false
	}
	return otherwise
}

func writeBool(on bool) string { return strings.ToUpper(strconv.FormatBool(on)) }

var (
	formula = regexp.MustCompile(`^'*[=+\-@\t\r]`)
	guarded = regexp.MustCompile(`^'+[=+\-@\t\r]`)
	number  = regexp.MustCompile(`^[+-]?[0-9]+([.,][0-9]+)*$`)
)

// guard writes a text so that no spreadsheet takes it for a formula; unguard takes that off.
func guard(text string) string {
	if formula.MatchString(text) && !number.MatchString(text) {
		return "'" + text
	}
	return text
}

func unguard(text string) string {
	if guarded.MatchString(text) && !number.MatchString(text[1:]) {
		return text[1:]
	}
	return text
}
