package chat

import (
	"maps"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// nearAt is how like two questions must be to be the same, 0 to 1; found with the pairs of near_test.go.
const nearAt = 0.66

// senses are words that mean the same to a shop, in English, Spanish and Chinese, and what is asked about: the longer first.
var senses = strings.NewReplacer(
	"how much", " #price ", "what is the price", " #price ", "price", " #price ", "costs", " #price ", "cost", " #price ",
	"cuanto cuestan", " #price ", "cuanto cuesta", " #price ", "cuanto valen", " #price ", "cuanto vale", " #price ", "cuanto es", " #price ",
	"precio", " #price ", "costo", " #price ", "coste", " #price ", "多少钱", " #price ", "什么价", " #price ", "价格", " #price ", "怎么卖", " #price ",
	"运费", " #price ship ",
	"how long", " #when ", "how soon", " #when ", "when", " #when ", "cuanto tardan", " #when ", "cuanto tarda", " #when ", "cuando", " #when ",
	"什么时候", " #when ", "多久", " #when ", "几天", " #when ",
	"shipping", " ship ", "shipped", " ship ", "ships", " ship ", "delivery", " ship ", "delivered", " ship ", "deliver", " ship ",
	"arrives", " ship ", "arrive", " ship ", "envios", " ship ", "envio", " ship ", "envian", " ship ", "enviais", " ship ", "llegan", " ship ",
	"llega", " ship ", "发货", " ship ", "快递", " ship ", "邮寄", " ship ", "能到", " ship ", "到货", " ship ",
	"colours", " color ", "colour", " color ", "colors", " color ", "colores", " color ", "颜色", " color ",
	"sizes", " size ", "tallas", " size ", "talla", " size ", "尺码", " size ", "号码", " size ", "码", " size ",
)

// isIdle says whether a word does not say what is asked about.
func isIdle(word string) bool {
	return strings.Contains(" a an the is are was it its this that these those do does did you your we i me my have has had there in of on to for with and or "+
		"can could will would please available avail stock still get buy be any what which hi hello hey pls at if so also too one ones left got "+
		"el la los las un una unos unas es son esta este esto estos estas de del en a al para por con y o que cual cuales hay tiene tienen teneis "+
		"tenes puedo puede pueden se me mi lo le les su sus hola favor disponible disponibles queda quedan aun todavia como ", " "+word+" ")
}

// idleHan cuts such words out of Chinese, which has no spaces.
var idleHan = strings.NewReplacer(
	"还有没有", " ", "有没有", " ", "能不能", " ", "可不可以", " ", "是不是", " ", "请问", " ", "你们", " ", "我们", " ", "主播", " ", "什么", " ", "哪些", " ",
	"可以", " ", "还有", " ", "有吗", " ", "吗", " ", "呢", " ", "的", " ", "了", " ", "有", " ", "是", " ", "啊", " ", "这个", " ", "这款", " ", "这件", " ",
	"那个", " ", "会", " ", "能", " ", "要", " ", "亲", " ", "多少", " ", "请", " ", "我", " ", "你", " ", "个", " ", "到", " ",
)

// bag is what a question is about: words, without those that say nothing, each once.
type bag struct{ words []string }

// bagOf reads a question.
func bagOf(text string) bag {
	var plain strings.Builder
	for _, r := range norm.NFKD.String(cases.Fold().String(norm.NFKC.String(text))) {
		switch {
		case unicode.IsLetter(r) || unicode.IsDigit(r):
			plain.WriteRune(r)
		case !unicode.Is(unicode.Mn, r):
			plain.WriteByte(' ')
		}
	}
	all := map[string]bool{}
	some := map[string]bool{}
	for _, word := range words(idleHan.Replace(senses.Replace(plain.String()))) {
		all[word] = true
		if !isIdle(word) {
			some[word] = true
		}
	}
	if len(some) == 0 {
		some = all
	}
	return bag{slices.Sorted(maps.Keys(some))}
}

// words are a text's words, and each Han sign for itself.
func words(text string) (list []string) {
	for _, word := range strings.Fields(text) {
		begin := 0
		for i, r := range word {
			if unicode.Is(unicode.Han, r) {
				if i > begin {
					list = append(list, word[begin:i])
				}
				list = append(list, string(r))
				begin = i + len(string(r))
			}
		}
		if begin < len(word) {
			list = append(list, word[begin:])
		}
	}
	return list
}

// telling says whether a word tells two questions apart by itself: a size, a number, a model.
func telling(word string) bool {
	return !unicode.Is(unicode.Han, []rune(word)[0]) && (len(word) <= 2 || strings.ContainsFunc(word, unicode.IsDigit))
}

// like is how like two questions are, 0 to 1: Dice's coefficient of their words, where words with the same stem are the same. It is
// less where each says something that the other does not, for then one thing stands for another.
func (b bag) like(o bag) float64 {
	if len(b.words)+len(o.words) == 0 {
		return 0
	}
	same, factor := 0, 1.0
	var alone [2]bool
	for side, pair := range [2][2]bag{{b, o}, {o, b}} {
		for _, word := range pair[0].words {
			switch found := slices.ContainsFunc(pair[1].words, func(w string) bool { return akin(w, word) }); {
			case found:
				same++
			case telling(word):
				return 0
			case word[0] == '#':
				factor = 0.75 // one asks what it costs or when, the other whether
			default:
				alone[side] = true
			}
		}
	}
	if alone[0] && alone[1] {
		factor *= 0.85
	}
	return factor * float64(same) / float64(len(b.words)+len(o.words))
}

// akin says whether two words have the same stem, as far as their beginnings tell.
func akin(a, b string) bool {
	if a == b {
		return true
	}
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	return n >= 4 && 10*n >= 6*max(len(a), len(b))
}
