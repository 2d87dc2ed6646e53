package chat

import "testing"

// near are questions that ask the same, apart are those that do not, in English, Spanish and Chinese.
var near = [][2]string{
	{"size M?", "Do you have it in size M"},
	{"is there a size M available?", "SIZE M still available??"},
	{"how much is it?", "What is the price?"},
	{"how much does shipping cost to Spain", "shipping cost to spain?"},
	{"do you ship to Germany?", "can you ship this to germany please"},
	{"when will it be delivered?", "how long does delivery take"},
	{"is it real leather?", "is this bag real leather"},
	{"can I wash it in the machine?", "is it machine washable? can you wash it"},
	{"what colours are there?", "which colors do you have"},
	{"¿hay talla M?", "tienes la talla m disponible"},
	{"¿cuánto cuesta?", "que precio tiene"},
	{"¿hacen envíos a México?", "envian a mexico?"},
	{"¿cuándo llega?", "cuanto tarda el envio"},
	{"¿es de cuero?", "es cuero?"},
	{"有M码吗？", "请问M码还有吗"},
	{"多少钱", "这个什么价格啊"},
	{"什么时候发货", "多久能发货呢"},
	{"可以机洗吗", "能不能机洗"},
	{"红色还有吗", "有没有红色的"},
	{"ｓｉｚｅ Ｍ？", "size m"},
}

var apart = [][2]string{
	{"size M?", "size L?"},
	{"do you have it in red", "do you have it in blue"},
	{"how much is shipping to Spain", "how much is shipping to France"},
	{"how much is it?", "when does it ship?"},
	{"how long is the delivery", "how much is the delivery"},
	{"is it real leather?", "is it real silk?"},
	{"do you ship to Germany", "how much is shipping to Germany"},
	{"what sizes are there?", "size 38?"},
	{"does it fit an iPhone 15", "does it fit an iPhone 14"},
	{"¿hay talla M?", "¿hay talla S?"},
	{"¿lo tienes en rojo?", "¿lo tienes en verde?"},
	{"¿cuánto cuesta?", "¿cuándo llega?"},
	{"¿es de cuero?", "¿es de algodón?"},
	{"¿hacen envíos a México?", "¿hacen envíos a Chile?"},
	{"有M码吗？", "有L码吗？"},
	{"红色还有吗", "蓝色还有吗"},
	{"多少钱", "什么时候发货"},
	{"可以机洗吗", "可以手洗吗"},
	{"运费多少", "多久发货"},
	{"hello", "size M?"},
}

func TestQuestionsThatAskTheSameAreNear(t *testing.T) {
	for _, pair := range near {
		if got := bagOf(pair[0]).like(bagOf(pair[1])); got <= nearAt {
			t.Errorf("%q and %q: %.2f, %v %v", pair[0], pair[1], got, bagOf(pair[0]).words, bagOf(pair[1]).words)
		}
	}
	for _, pair := range apart {
		if got := bagOf(pair[0]).like(bagOf(pair[1])); got > nearAt {
			t.Errorf("%q and %q are apart, but: %.2f, %v %v", pair[0], pair[1], got, bagOf(pair[0]).words, bagOf(pair[1]).words)
		}
	}
}
