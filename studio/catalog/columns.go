package catalog

import "strings"

// Columns of Shopify's CSV that mean something here, named as in the newer generation.
const (
	colTitle     = "Title"
	colHandle    = "URL handle"
	colBody      = "Description"
	colVendor    = "Vendor"
	colKind      = "Type"
	colTags      = "Tags"
	colPublished = "Published on online store"
	colStatus    = "Status"
	colSKU       = "SKU"
	colBarcode   = "Barcode"
	colPrice     = "Price"
	colTax       = "Charge tax"
	colTracker   = "Inventory tracker"
	colUnits     = "Inventory quantity"
	colGrams     = "Weight value (grams)"
	colPicture   = "Product image URL"
	colPosition  = "Image position"
	colAlt       = "Image alt text"
	colShows     = "Variant image URL"
)

var (
	optionNames  = []string{"Option1 name", "Option2 name", "Option3 name"}
	optionValues = []string{"Option1 value", "Option2 value", "Option3 value"}
)

// shopifyColumns are the columns of Shopify's product CSV, those of the newer generation and what the older one calls them, in the order of
// the newer; - is one that it does not have. The names are from Shopify's help page on its product CSV and its template; the older ones from
// that page before 2025.
var shopifyColumns = [][2]string{
	{colTitle, "Title"},
	{colHandle, "Handle"},
	{colBody, "Body (HTML)"},
	{colVendor, "Vendor"},
	{"Product category", "Product Category"},
	{colKind, "Type"},
	{colTags, "Tags"},
	{colPublished, "Published"},
	{colStatus, "Status"},
	{colSKU, "Variant SKU"},
	{colBarcode, "Variant Barcode"},
	{optionNames[0], "Option1 Name"},
	{optionValues[0], "Option1 Value"},
	{"Option1 Linked To", "Option1 Linked To"},
	{optionNames[1], "Option2 Name"},
	{optionValues[1], "Option2 Value"},
	{"Option2 Linked To", "Option2 Linked To"},
	{optionNames[2], "Option3 Name"},
	{optionValues[2], "Option3 Value"},
	{"Option3 Linked To", "Option3 Linked To"},
	{colPrice, "Variant Price"},
	{"Compare-at price", "Variant Compare At Price"},
	{"Cost per item", "Cost per item"},
	{colTax, "Variant Taxable"},
	{"Tax code", "Variant Tax Code"},
	{"Unit price total measure", "Unit Price Total Measure"},
	{"Unit price total measure unit", "Unit Price Total Measure Unit"},
	{"Unit price base measure", "Unit Price Base Measure"},
	{"Unit price base measure unit", "Unit Price Base Measure Unit"},
	{colTracker, "Variant Inventory Tracker"},
	{colUnits, "Variant Inventory Qty"},
	{"Continue selling when out of stock", "Variant Inventory Policy"},
	{colGrams, "Variant Grams"},
	{"Weight unit for display", "Variant Weight Unit"},
	{"Requires shipping", "Variant Requires Shipping"},
	{"Fulfillment service", "Variant Fulfillment Service"},
	{colPicture, "Image Src"},
	{colPosition, "Image Position"},
	{colAlt, "Image Alt Text"},
	{colShows, "Variant Image"},
	{"Gift card", "Gift Card"},
	{"SEO title", "SEO Title"},
	{"SEO description", "SEO Description"},
	{"Google Shopping / Google product category", "Google Shopping / Google Product Category"},
	{"Google Shopping / Gender", "Google Shopping / Gender"},
	{"Google Shopping / Age group", "Google Shopping / Age Group"},
	{"Google Shopping / Manufacturer part number (MPN)", "Google Shopping / MPN"},
	{"Google Shopping / Ad group name", "Google Shopping / AdWords Grouping"},
	{"Google Shopping / Ads labels", "Google Shopping / AdWords Labels"},
	{"Google Shopping / Condition", "Google Shopping / Condition"},
	{"Google Shopping / Custom product", "Google Shopping / Custom Product"},
	{"Google Shopping / Custom label 0", "Google Shopping / Custom Label 0"},
	{"Google Shopping / Custom label 1", "Google Shopping / Custom Label 1"},
	{"Google Shopping / Custom label 2", "Google Shopping / Custom Label 2"},
	{"Google Shopping / Custom label 3", "Google Shopping / Custom Label 3"},
	{"Google Shopping / Custom label 4", "Google Shopping / Custom Label 4"},
}

// compareAt begins the columns of a market's prices before, in both generations; what follows is the market's name.
const compareAt, compareAtOld = "Compare-at price / ", "Compare At Price / "

// shopifyKeys finds a column by what either generation calls it, in small letters.
var shopifyKeys = func() map[string]string {
	all := map[string]string{}
	for _, c := range shopifyColumns {
		all[strings.ToLower(c[1])] = c[0]
	}
	for _, c := range shopifyColumns {
		all[strings.ToLower(c[0])] = c[0]
	}
	return all
}()

// shopifyKey is a column's name here, of what a file of either generation calls it.
func shopifyKey(name string) string {
	if key, ok := shopifyKeys[strings.ToLower(name)]; ok {
		return key
	}
	if market, ok := strings.CutPrefix(name, compareAtOld); ok {
		return compareAt + market
	}
	return name
}

// olderName is what the older generation calls a column.
func olderName(key string) string {
	for _, c := range shopifyColumns {
		if c[0] == key {
			return c[1]
		}
	}
	if market, ok := strings.CutPrefix(key, compareAt); ok {
		return compareAtOld + market
	}
	return key
}
