package app

var chineseCardWords = cardWords{
	CardTitle:       "画面中的商品卡",
	CardText:        "正在展示的商品及其价格会直接显示在画面里,供不在您的页面上观看直播的观众使用;您的页面自带商品卡。",
	CardOn:          "在画面中显示商品卡",
	CardCorner:      "位置",
	CardTopLeft:     "左上角",
	CardTopRight:    "右上角",
	CardBottomLeft:  "左下角",
	CardBottomRight: "右下角",
	CardShows:       "同时显示",
	CardStock:       "剩余数量",
	CardTimer:       "优惠剩余时间",
	CardLanguage:    "观众的语言",
	CardEnglish:     "英语",
	CardChinese:     "中文",
	CardSpanish:     "西班牙语",
	CardDone:        "完成",
	ChangeCard:      "商品卡更改",
}
