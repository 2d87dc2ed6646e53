package app

var chineseImportWords = importWords{
	ImportTitle:   "导入商品",
	ImportText:    "支持 Shopify 商品 CSV（新旧表头）和 Google Merchant 数据源（XML 或 TSV）。先看会改什么，再决定是否导入。",
	ImportWrong:   "请填写 CSV、TSV 或 XML 文件的路径",
	ImportRead:    "读取文件",
	ImportAnother: "换一个文件…",
	ImportReading: "正在读取 %s",
	ImportFailed:  "无法读取文件：%s",
	ImportUnfit: "empty=文件是空的|no_encoding=看不出文件的编码，请另存为 UTF-8 再试|" +
		"no_products=这不是商品表，第一行应是 Shopify 或 Google Merchant 的列名，其中要有 Title|" +
		"no_xml=文件损坏或不完整|long_row=文件里有引号没有闭合|" +
		"too_many_products=商品超过 10,000 个，请分成几个文件|" +
		"too_many_rows=款式和图片超过 100,000 行，请分成几个文件",
	ImportFound:   "%s · %s · 编码 %s",
	ImportNew:     "新增",
	ImportChanged: "有改动",
	ImportSame:    "相同",
	ImportBad:     "错误行",
	ImportChanges: "改动（%d）",
	ImportErrors:  "错误行（%d）",
	ImportAll:     "全选",
	ImportNothing: "文件里的内容店里都有，没有可改的。",
	ImportDo:      "导入 %d 个",
	ImportKind:    "added=新增|changed=改动",
	ImportField: "title=标题|text=描述|pictures=图片|link=链接|tax=税|hidden=观众可见|vendor=品牌|kind=类别|tags=标签|options=选项|" +
		"variants=款式|extra=其他列|variants.title=名称|variants.options=选项|variants.sku=SKU|variants.barcode=条码|" +
		"variants.price=价格|variants.weight=重量（克）|variants.picture=图片|variants.stock=库存|variants.extra=其他列",
	ImportValue: "shown=是|hidden=否|standard=标准|reduced=优惠|zero=免税",
	ImportFault: "no_title=商品需要标题|no_option=这一行没有写选项的值|no_handle=这一行没有 handle 也没有标题，不知道属于哪个商品|" +
		"same_handle=文件里另一个商品的 handle 几乎一样|too_long=文字太长|no_price=新款式需要价格|" +
		"no_number=这不是数字|negative=不能小于零|too_large=数字太大|too_exact=小数位超过了货币的位数|" +
		"other_currency=价格的货币与店铺不同|same_options=商品的另一行选项完全相同|" +
		"too_many_options=款式最多有三个选项|too_many_variants=商品的款式太多|" +
		"too_many_pictures=商品的图片太多|too_many_tags=商品的标签太多|" +
		"too_many_columns=用不到的列太多，这一列没有保留|bad_link=这不是人人都能打开的网址|not_kept=内容太长，原样没有保留，商品仍会导入|refused=服务器不会接受这个商品|" +
		"bad_text=部分文字不属于文件的编码|extra_cell=这一行的单元格比表头多",
	ImportFromTo:   "%s → %s",
	ImportIs:       "%s：%s",
	ImportGone:     "%s，将被移除",
	ImportOf:       "%s · %s",
	ImportNone:     "无",
	ImportVariants: "%d 个款式 · %s 起",
	ImportRow:      "第 %d 行 · %s",
	ImportValued:   "%s：“%s”",
	ImportMore:     "……还有 %d 行无法导入",
	ImportSending:  "正在导入商品",
	ImportSent:     "已有 %d / %d 个到达服务器",
	ImportWaiting:  "服务器暂时连不上：改动已保存，恢复后自动发送。您可以继续工作。",
	ImportDone:     "%d 个全部到达服务器",
	ImportStop:     "停止",
	ImportStopped:  "已停止：服务器还没收到的改动已取消",
	ExportTitle:    "导出商品",
	ExportText:     "把全部商品写入一个文件。Merchant 数据源不含隐藏的商品。",
	ExportFormat:   "格式",
	ExportFormats:  "shopify=Shopify CSV|shopify_old=Shopify CSV（旧表头）|merchant_xml=Google Merchant（XML）|merchant_tsv=Google Merchant（TSV）",
	ExportDo:       "导出",
	ExportWrong:    "请填写要写入的文件路径",
	ExportDone:     "商品已写入 %s",
}
