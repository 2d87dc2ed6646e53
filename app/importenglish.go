package app

var englishImportWords = importWords{
	ImportTitle:   "Import products",
	ImportText:    "Shopify's product CSV, old or new, or a Google Merchant feed (XML or TSV). Nothing changes before you have seen what would.",
	ImportWrong:   "Give the path of a CSV, TSV or XML file",
	ImportRead:    "Read the file",
	ImportAnother: "Another file…",
	ImportReading: "Reading %s",
	ImportFailed:  "The file cannot be read: %s",
	ImportUnfit: "empty=It is empty|no_encoding=Its encoding cannot be told. Save it as UTF-8 and try again|" +
		"no_products=It is no list of products. Its first row has to name columns as Shopify or Google Merchant do, Title among them|" +
		"no_xml=It is damaged, or cut off|long_row=A quotation mark in it is not closed|" +
		"too_many_products=It has more than 10,000 products. Split it into several files|" +
		"too_many_rows=It has more than 100,000 variants and pictures. Split it into several files",
	ImportFound:   "%s · %s · read as %s",
	ImportNew:     "New",
	ImportChanged: "Changed",
	ImportSame:    "The same",
	ImportBad:     "Wrong rows",
	ImportChanges: "Changes (%d)",
	ImportErrors:  "Wrong rows (%d)",
	ImportAll:     "All",
	ImportNothing: "The file changes nothing: the shop has all of it.",
	ImportDo:      "Import %d",
	ImportKind:    "added=new|changed=changed",
	ImportField: "title=Title|text=Text|pictures=Pictures|link=Link|tax=Tax|hidden=Viewers see it|vendor=Vendor|kind=Kind|tags=Tags|options=Options|" +
		"variants=Variant|extra=Other columns|variants.title=Name|variants.options=Options|variants.sku=SKU|variants.barcode=Barcode|" +
		"variants.price=Price|variants.weight=Weight in g|variants.picture=Picture|variants.stock=Stock|variants.extra=Other columns",
	ImportValue: "shown=yes|hidden=no|standard=standard|reduced=reduced|zero=none",
	ImportFault: "no_title=A product needs a title|no_option=The row does not say its option|no_handle=The row says of which product it is neither by handle nor by title|" +
		"same_handle=Another product of the file has nearly the same handle|too_long=The text is too long|no_price=A new variant needs a price|" +
		"no_number=This is no number|negative=It cannot be below zero|too_large=The number is too large|too_exact=The currency has fewer decimals|" +
		"other_currency=The price is in another currency than the shop's|same_options=Another row of the product has the same options|" +
		"too_many_options=Variants differ in at most three options|too_many_variants=The product has too many variants|" +
		"too_many_pictures=The product has too many pictures|too_many_tags=The product has too many tags|" +
		"too_many_columns=There are too many columns that mean nothing here: this one is left out|bad_link=This is no web address that everybody can open|not_kept=Too long to be kept as it was: the product is taken without|refused=The server would not take the product|" +
		"bad_text=Some of the text is not in the file's encoding|extra_cell=The row has more cells than the first one",
	ImportFromTo:   "%s → %s",
	ImportIs:       "%s: %s",
	ImportGone:     "%s, is removed",
	ImportOf:       "%s · %s",
	ImportNone:     "none",
	ImportVariants: "Variants: %d · from %s",
	ImportRow:      "Row %d · %s",
	ImportValued:   "%s: “%s”",
	ImportMore:     "…and %d more rows that cannot be taken",
	ImportSending:  "Importing products",
	ImportSent:     "%d of %d are with the server",
	ImportWaiting:  "The server is not there: they are kept, and sent once it is back. You can go on working.",
	ImportDone:     "All %d are with the server",
	ImportStop:     "Stop",
	ImportStopped:  "Stopped: what the server has not taken yet is dropped",
	ExportTitle:    "Export products",
	ExportText:     "All products are written into a file. A Merchant feed leaves out hidden ones.",
	ExportFormat:   "Format",
	ExportFormats:  "shopify=Shopify CSV|shopify_old=Shopify CSV, older columns|merchant_xml=Google Merchant, XML|merchant_tsv=Google Merchant, TSV",
	ExportDo:       "Export",
	ExportWrong:    "Give the path of the file to write",
	ExportDone:     "The products are in %s",
}
