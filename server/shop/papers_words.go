package shop

import (
	"strings"

	"vitrine/server/wire"
)

// papersWords are what papers say in a language. Date is a layout of package time.
type papersWords struct {
	Language, Date, Colon, Comma                                             string
	Receipt, From, TaxID, Day, Order, Quantity, Item, Price, Discount, Rate  string
	Goods, Coupons, Shipping, Added, Total, Refunded, Contains, Net, Tax     string
	To, Payment                                                              string
	Cancel, Withdraw, WithdrawBy, ByLink, ByMail, Costs, Packing, Parcel, Of string
	Methods                                                                  map[wire.PayMethod]string
}

var papersEnglish = papersWords{
	Language: "en", Date: "2 January 2006", Colon: ": ", Comma: ", ",
	Receipt: "Receipt for order", From: "from", TaxID: "Tax id", Day: "Date", Order: "Order", Quantity: "Quantity", Item: "Item",
	Price: "Price", Discount: "Discount", Rate: "Tax rate", Goods: "Goods", Coupons: "Discount", Shipping: "Shipping", Added: "Tax",
	Total: "Total", Refunded: "Refunded", Contains: "The total contains", Net: "net", Tax: "tax", To: "Goes to", Payment: "Payment",
	Cancel:   "As long as the parcel is not on its way, you may cancel until",
	Withdraw: "You may withdraw from this purchase within 14 days from the day on which you receive the goods, without giving a reason.",
	// A date is known only once the parcel has arrived.
	WithdrawBy: "The last day for this is",
	ByLink:     "To withdraw, open this link and confirm; you need no account",
	ByMail:     "Or tell us so in your own words",
	Costs:      "We then pay back everything, the costs of delivery included, within 14 days; we may wait until the goods are back or you have shown that you sent them.",
	Packing:    "Packing list", Parcel: "Parcel", Of: "of",
	Methods: map[wire.PayMethod]string{
		wire.PayTest: "test, no money is moved", wire.PayCash: "cash on delivery", wire.PayTransfer: "bank transfer", wire.PayStripe: "online",
	},
}

var papersChinese = papersWords{
	Language: "zh", Date: "2006年1月2日", Colon: "：", Comma: "，",
	Receipt: "收据，订单号", From: "商家", TaxID: "税号", Day: "日期", Order: "订单", Quantity: "数量", Item: "商品",
	Price: "价格", Discount: "优惠", Rate: "税率", Goods: "商品金额", Coupons: "优惠", Shipping: "运费", Added: "税费",
	Total: "合计", Refunded: "已退款", Contains: "合计中包含", Net: "不含税金额", Tax: "税额", To: "收货地址", Payment: "付款方式",
	Cancel:     "在包裹发出之前，您可以取消订单，截止时间为",
	Withdraw:   "自收到商品之日起14天内，您可以撤回本次购买，无需说明理由。",
	WithdrawBy: "撤回的最后一天是",
	ByLink:     "如需撤回，请打开以下链接并确认，无需账户",
	ByMail:     "您也可以自行写信告知我们",
	Costs:      "我们将在14天内退还全部款项，包括配送费用；在收到退回的商品或您已寄出商品的证明之前，我们可以暂缓退款。",
	Packing:    "装箱单", Parcel: "包裹", Of: "/",
	Methods: map[wire.PayMethod]string{
		wire.PayTest: "测试，不产生实际扣款", wire.PayCash: "货到付款", wire.PayTransfer: "银行转账", wire.PayStripe: "在线支付",
	},
}

var papersSpanish = papersWords{
	Language: "es", Date: "2/1/2006", Colon: ": ", Comma: ", ",
	Receipt: "Recibo del pedido", From: "de", TaxID: "NIF", Day: "Fecha", Order: "Pedido", Quantity: "Cantidad", Item: "Artículo",
	Price: "Precio", Discount: "Descuento", Rate: "Tipo de IVA", Goods: "Artículos", Coupons: "Descuento", Shipping: "Envío", Added: "Impuestos",
	Total: "Total", Refunded: "Reembolsado", Contains: "El total incluye", Net: "base imponible", Tax: "impuestos", To: "Se envía a", Payment: "Pago",
	Cancel:     "Mientras el paquete no haya salido, puede cancelar el pedido hasta el",
	Withdraw:   "Puede desistir de esta compra en un plazo de 14 días desde el día en que reciba los artículos, sin indicar el motivo.",
	WithdrawBy: "El último día para hacerlo es el",
	ByLink:     "Para desistir, abra este enlace y confirme; no necesita ninguna cuenta",
	ByMail:     "O díganoslo con sus propias palabras",
	Costs:      "Le devolveremos todo lo pagado, incluidos los gastos de envío, en un plazo de 14 días; podemos esperar hasta recibir los artículos o hasta que demuestre que los ha enviado.",
	Packing:    "Lista de embalaje", Parcel: "Paquete", Of: "de",
	Methods: map[wire.PayMethod]string{
		wire.PayTest: "prueba, no se mueve dinero", wire.PayCash: "contra reembolso", wire.PayTransfer: "transferencia bancaria", wire.PayStripe: "en línea",
	},
}

// papersIn is the words of a language tag (RFC 5646), as zh-Hans-CN: Chinese, Spanish, and English for all others.
func papersIn(language string) papersWords {
	primary, _, _ := strings.Cut(language, "-")
	switch strings.ToLower(primary) {
	case "zh":
		return papersChinese
	case "es":
		return papersSpanish
	default:
		return papersEnglish
	}
}
