package moderation

import (
	"strings"
	"unicode"
)

// invisible tells characters that take no place: formats, variation selectors, fillers (Unicode's Default_Ignorable_Code_Point), and
// tones of skin, which only change the emoji before.
func invisible(r rune) bool {
	return 0x1f3fb <= r && r <= 0x1f3ff || unicode.In(r, unicode.Cf, unicode.Variation_Selector, unicode.Other_Default_Ignorable_Code_Point)
}

// mark tells characters that are drawn over the one before.
func mark(r rune) bool { return unicode.In(r, unicode.Mn, unicode.Me) }

// emoji tells pictures. Those of families and flags count for each of their parts.
func emoji(r rune) bool {
	return r >= 0x2190 && unicode.Is(unicode.So, r) && r != '\u2800'
}

// alikes are letters that look like Latin ones and are not decomposed to them, after the letter that they look like.
const alikes = `
	aАаΑαɑᴀꭺ∂ bВЬЪвьβʙᏏ cСсϹϲᴄᏟꮯ¢ dԁᴅᎠꭰđ eЕеΕεєҽЄᴇᎬꭼɛ€ fϝꜰƒғ gɡԌԍɢᏀǥ hНнҺһΗʜᎻħ iІіΙιıɩɪӏӀᎥꭵ¡ɨ jЈјϳᴊᎫ kКкΚκᴋᏦ
	lԼլʟᏞꮮł mМмΜᴍᎷ nΝηոпПɴƞ oОоΟοօσᴏøØ೦ pРрΡρᴘᏢꮲ qԛգʠ rгГʀᏒᎡꭱ sЅѕꜱᏚꮪ§ tТтΤτᴛᎢꭲŧ uυսцᴜՍ vΝνѵѴᴠᏙꮩ wԜԝωѡшɯᴡᎳꮃ
	xХхΧχ× yУуҮүΥγʏყ¥ zΖζᴢᏃꮓƶ`

var likeness = func() map[rune]rune {
	all := map[rune]rune{}
	for group := range strings.FieldsSeq(alikes) {
		to := rune(group[0])
		for _, from := range group[1:] {
			if _, twice := all[from]; !twice {
				all[from] = to
			}
		}
	}
	for i := range rune(26) {
		all['🇦'+i] = 'a' + i // flags are made of these
		all['🅐'+i] = 'a' + i
		all['🅰'+i] = 'a' + i
	}
	return all
}()

// alike returns the Latin letter that a character looks like, as it is written or in small letters, or the small letter.
func alike(r, low rune) rune {
	if to, ok := likeness[r]; ok {
		return to
	}
	if to, ok := likeness[low]; ok {
		return to
	}
	return low
}
