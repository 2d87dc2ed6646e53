package moderation

import "slices"

// featuresMost bounds the pieces of one text. Of more, those with the smallest hashes stand for all.
const featuresMost = 1024

// Kinds of pieces, which their hashes begin with.
const (
	wordPiece uint32 = iota + 1
	pairPiece
	letterPiece
	soloPiece
	numberPiece
)

// extract fills the features: words, pairs of words, three and four letters in a row with the borders of words; of Chinese, one
// and two characters. What is parted as "f r e e" is a word again. Numbers count by their length only.
func (f *reading) extract() {
	f.features = f.features[:0]
	last := uint32(0)
	for i := 0; i < len(f.units); {
		end := i + 1
		for end < len(f.units) && !f.units[end].start {
			end++
		}
		if f.units[i].solo {
			f.solos(i)
			last = 0
			i = end
			continue
		}
		if end-i == 1 {
			end = f.spelled(i)
		}
		last = f.word(f.units[i:end], last)
		i = end
	}
	slices.Sort(f.features)
	f.features = slices.Compact(f.features)
	f.features = f.features[:min(len(f.features), featuresMost)]
}

// writing tells how a text is written, which is how its pieces are to be weighed: most of Chinese is one piece a character, where
// letters give one for each three.
func (f *reading) writing() int {
	solos := 0
	for _, u := range f.units {
		if u.solo {
			solos++
		}
	}
	if 2*solos > len(f.units) {
		return characters
	}
	return letters
}

// spelled returns where the word ends that single letters spell from i on, if there are at least three.
func (f *reading) spelled(i int) int {
	end := i
	for end < len(f.units) && f.units[end].size == 1 && !f.units[end].solo {
		end++
	}
	if end-i < 3 {
		return i + 1
	}
	return end
}

// word adds a word's pieces and returns its hash.
func (f *reading) word(w []unit, last uint32) uint32 {
	h, number := wordPiece, true
	for _, u := range w {
		h = mix(h, u.r)
		number = number && digit(u.r)
	}
	if number {
		h = mix(numberPiece, rune(len(w)))
	}
	f.feature(h)
	if last != 0 {
		f.feature(mix(pairPiece^last, rune(h)))
	}
	if number {
		return h
	}
	const border = '^'
	at := func(i int) rune {
		if i < 0 || i >= len(w) {
			return border
		}
		return w[i].r
	}
	for i := -1; i+1 < len(w); i++ {
		three := mix(mix(mix(letterPiece, at(i)), at(i+1)), at(i+2))
		f.feature(three)
		if i+2 < len(w) {
			f.feature(mix(three, at(i+3)))
		}
	}
	return h
}

// solos adds the pieces that begin with the Chinese character or emoji at i.
func (f *reading) solos(i int) {
	h := soloPiece
	for k := i; k < len(f.units) && k < i+2 && f.units[k].solo; k++ {
		h = mix(h, f.units[k].r)
		f.feature(h)
	}
}

// mix is FNV-1a's step on a whole character.
func mix(h uint32, r rune) uint32 { return (h ^ uint32(r)) * 16777619 }

// feature spreads a hash over all 32 bits (the finalizer of MurmurHash3) and adds it.
func (f *reading) feature(h uint32) {
	h = (h ^ h>>16) * 0x85ebca6b
	h = (h ^ h>>13) * 0xc2b2ae35
	f.features = append(f.features, h^h>>16)
}
