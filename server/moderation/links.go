package moderation

import (
	"bytes"
	"net/netip"
	"strings"
)

// Top-level domains: sure ones make a link of a word with a dot, words do where more speaks for it, and are held otherwise, since
// people forget the space after a full stop.
var (
	sureDomains = set(`com net org io co app dev gg tv ly biz info xyz ru cn uk fr br mx ar cl jp kr eu ai cc tk ml ga cf gq pw ws icu cyou
		vn hk tw sg ph th my id br pt pl nl ch`)
	wordDomains = set(`top shop store site online live link click club vip life world fun best buy deals sale art win bid loan work space
		website blog today tech new now me it is in so no to be am at us la do es de`)
)

func set(words string) map[string]bool {
	all := map[string]bool{}
	for w := range strings.FieldsSeq(words) {
		all[w] = true
	}
	return all
}

// dots are ways to write a dot that links still have a meaning with, for people.
var dots = func() *strings.Replacer {
	pairs := []string{" . ", ".", "点com", ".com"}
	for _, dot := range []string{"(.)", "[.]", "{.}", "(dot)", "[dot]", "{dot}"} {
		pairs = append(pairs, " "+dot+" ", ".", dot, ".")
	}
	for _, dot := range []string{"dot", "punto", "点"} {
		for _, top := range []string{"com", "net", "org"} {
			pairs = append(pairs, " "+dot+" "+top, "."+top)
		}
	}
	return strings.NewReplacer(pairs...)
}()

// links looks for links to hosts that are not allowed.
func (b *Book) links(v Verdict, r *reading, fresh bool) Verdict {
	text := r.plain
	if bytes.ContainsAny(text, "([{") || bytes.Contains(text, []byte("dot")) || bytes.Contains(text, []byte("punto")) || bytes.Contains(text, []byte("点")) || bytes.Contains(text, []byte(" . ")) {
		text = []byte(dots.Replace(string(text)))
	}
	if bytes.IndexByte(text, '.') < 0 && !bytes.Contains(text, []byte("://")) || b.rules.Links == AnyLink && !fresh {
		return v
	}
	for i := 0; i < len(text); {
		end := i
		for end < len(text) && hostByte(text[end]) {
			end++
		}
		if end > i {
			v = b.link(v, text, i, end)
		}
		i = end + 1
	}
	return v
}

// link judges what may be a host at text[i:end].
func (b *Book) link(v Verdict, text []byte, i, end int) Verdict {
	scheme := bytes.HasSuffix(text[:i], []byte("://"))
	mail := i > 0 && text[i-1] == '@' && !bytes.Contains(text[:i], []byte("://"))
	host := strings.Trim(string(text[i:end]), ".-")
	dot := strings.LastIndexByte(host, '.')
	if mail || !scheme && (dot < 0 || strings.Contains(host, "..")) {
		return v
	}
	certain := scheme || strings.HasPrefix(host, "www.")
	path := end < len(text) && text[end] == '/' && text[end-1] != '.'
	top := host[dot+1:]
	switch {
	case b.allows(host) && (i == 0 || text[i-1] < 0x80 || !joins(text[:i])):
		return v
	case certain, sureDomains[top], path && (wordDomains[top] || address(host)):
		return v.stricter(Block, Link, "link", host)
	case wordDomains[top]:
		return v.stricter(Hold, Link, "link", host)
	}
	return v
}

func address(host string) bool {
	_, err := netip.ParseAddr(host)
	return err == nil
}

func hostByte(c byte) bool {
	return 'a' <= c && c <= 'z' || '0' <= c && c <= '9' || c == '.' || c == '-' || c == '_'
}

// joins tells whether the last character of a text is a letter that would belong to a host name after it. Chinese is written without
// spaces: its characters are taken to end before it.
func joins(text []byte) bool {
	r := bytes.Runes(text[max(0, len(text)-4):])
	last := r[len(r)-1]
	return kindOf(last) == word || mark(last)
}

func (b *Book) allows(host string) bool {
	if b.rules.Links == NoLink {
		return false
	}
	for {
		if b.hosts[host] {
			return true
		}
		_, rest, ok := strings.Cut(host, ".")
		if !ok {
			return false
		}
		host = rest
	}
}

// contacts looks for e-mail addresses and phone numbers.
func (b *Book) contacts(v Verdict, r *reading, fresh bool) Verdict {
	o := b.rules.Contact
	if fresh && o == Hold {
		o = Block
	}
	if o != Publish && (mailed(r.plain) || phoned(r.seen)) {
		v = v.stricter(o, Contact, "contact", "")
	}
	return v
}

func mailed(text []byte) bool {
	for {
		at := bytes.IndexByte(text, '@')
		if at < 0 {
			return false
		}
		before, after := text[:at], text[at+1:]
		end := 0
		for end < len(after) && hostByte(after[end]) {
			end++
		}
		host := bytes.Trim(after[:end], ".-_")
		if len(before) > 0 && hostByte(before[len(before)-1]) && bytes.IndexByte(host, '.') > 0 {
			return true
		}
		text = after
	}
}

// numerals are Chinese digits as phone numbers are read out.
var numerals = map[rune]bool{'零': true, '〇': true, '一': true, '幺': true, '二': true, '三': true, '四': true, '五': true, '六': true, '七': true, '八': true, '九': true}

// phoned tells whether a text holds what is dialled: 9 to 15 digits in groups of three and more on average, or in pairs after a 0,
// or 8 and more after a plus. Dates, prices and rows of sizes are not.
func phoned(text []rune) bool {
	for i := 0; i < len(text); i++ {
		if !dialled(text[i]) {
			continue
		}
		digits, groups, between := 0, 1, 0
		k := i
		for ; k < len(text) && between <= 2; k++ {
			switch {
			case dialled(text[k]):
				if between > 0 {
					groups++
				}
				digits++
				between = 0
			case strings.ContainsRune(" -().·", text[k]):
				between++
			default:
				between = 3
			}
		}
		plus := i > 0 && text[i-1] == '+'
		if digits <= 15 && (digits >= 9 && (digits >= 3*groups || text[i] == '0') || digits >= 8 && plus) {
			return true
		}
		i = k - 1
	}
	return false
}

func dialled(r rune) bool { return digit(r) || r >= 0x3007 && numerals[r] }
