// Package catalog reads and writes files of products: Shopify's CSV with the headers of both generations, and Google's Merchant feed as
// XML and as tab-separated text.
//
// A file is read as a stream of rows. Rows are kept until its end, because those of one product need not stand together; MaxProducts and
// MaxRows bound them, and a file beyond them is refused. Each product is then made of its rows by a pure function, and its rows can be made
// of it by another (a dialect has both). What a cell said in a way in which the product does not say it, as a description's HTML or a weight's
// unit, and all columns that mean nothing here, are kept in Extra under the column's name (Shopify's of the newer generation); a file that is
// written says it so again, as long as it still means the same. So a file that is read and written is equal, and a description that was edited
// here is not written as it was.
//
// Spreadsheets take a cell that begins with = + - @ for a formula. Such texts are written with an apostrophe in front, which spreadsheets and
// this package take off again; a text that begins with apostrophes and one of these gets one more. Numbers stay as they are.
package catalog

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"vitrine/server/wire"
)

// Format is a kind of file.
type Format string

// Formats. Shopify has two generations of headers for the same columns.
const (
	Shopify    Format = "shopify"      // CSV as Shopify exports it since 2024: "URL handle", "Option1 name" …
	ShopifyOld Format = "shopify_old"  // CSV as before: "Handle", "Option1 Name" …
	Merchant   Format = "merchant_xml" // Google Merchant feed, RSS 2.0 with the g: namespace
	MerchantTV Format = "merchant_tsv" // the same as tab-separated text
)

// Formats are all, the usual one first.
var Formats = []Format{Shopify, ShopifyOld, Merchant, MerchantTV}

// Ending is how the names of a format's files end.
func (f Format) Ending() string {
	switch f {
	case Merchant:
		return ".xml"
	case MerchantTV:
		return ".tsv"
	}
	return ".csv"
}

// Endings are how the names of files end that can be read.
var Endings = []string{".csv", ".tsv", ".txt", ".xml"}

// Named says that a file's name is that of one that can be read.
func Named(path string) bool { return slices.Contains(Endings, strings.ToLower(filepath.Ext(path))) }

// Limits of a file.
const (
	MaxProducts = 10_000
	MaxRows     = 100_000 // that are kept: variants and pictures of all products
	maxErrors   = 1_000
	maxRowBytes = 4 << 20
)

// Shop is whose products they are.
type Shop struct {
	Currency wire.Currency
	// Name and Home are the shop's name and the address of its page, for feeds. Home with ?product= and the ID is that of a product: a feed's
	// link to there is no link to elsewhere.
	Name, Home string
	// Server begins the addresses of pictures that are kept there: without it, they are not written.
	Server string
}

// Options are what a file is read for.
type Options struct {
	Shop
	// Now are the shop's products, which the file's are compared with; nobody changes them meanwhile.
	Now []wire.Product
	// Units are in stock of a new variant whose stock the file does not count, 0 to wire.MaxUnits.
	Units int
}

// Import is what a file holds and what it would change.
type Import struct {
	Format Format
	// Encoding is how the file's text was read, as UTF-8 or Windows-1252.
	Encoding string
	Rows     int
	// Changes are the products of the file, in its order. Errors are rows that were left out, at most 1000; Wrong counts all.
	Changes []Change
	Errors  []RowError
	Wrong   int
}

// ChangeKind is what an import does to a product.
type ChangeKind string

// Kinds of changes.
const (
	Added   ChangeKind = "added"
	Changed ChangeKind = "changed"
	Same    ChangeKind = "same"
)

// Change is what an import does to a product: Fields names, in the words of the JSON, what is another, as title or variants.price.
type Change struct {
	Kind   ChangeKind
	Before wire.Product // the zero value for an added one
	After  wire.Product
	Fields []string
	Row    int // where the product begins, from 1 for the header
}

// RowError is a row that cannot be taken.
type RowError struct {
	Row    int
	Column string
	Value  string // at most 80 characters
	// Code says what is wrong in one word, for the window's languages; Text says it in English.
	Code string
	Text string
}

// Codes of row errors.
const (
	NoTitle         = "no_title"
	NoOption        = "no_option"
	NoHandle        = "no_handle"
	SameHandle      = "same_handle" // two handles make the same name here
	TooLong         = "too_long"
	NoPrice         = "no_price"
	NoNumber        = "no_number"
	Negative        = "negative"
	TooLarge        = "too_large"
	TooExact        = "too_exact" // more decimals than the currency has
	OtherCurrency   = "other_currency"
	SameOptions     = "same_options"
	TooManyOptions  = "too_many_options"
	TooManyVariants = "too_many_variants"
	TooManyPictures = "too_many_pictures"
	TooManyTags     = "too_many_tags"
	TooManyColumns  = "too_many_columns" // only the column is left out
	NotKept         = "not_kept"         // only what the cell said beyond its meaning is left out
	BadLink         = "bad_link"
	Refused         = "refused"    // the server would not take the product
	BadText         = "bad_text"   // not of the file's encoding
	ExtraCells      = "extra_cell" // more cells than the header
)

// FileError is why a file cannot be read at all. It is a *wire.Error of code Invalid, too.
type FileError struct {
	// Code says it in one word, Text in English.
	Code, Text string
}

// Codes of file errors.
const (
	Empty           = "empty"
	NoEncoding      = "no_encoding" // it cannot be told
	NoProducts      = "no_products" // it is another kind of file
	NoXML           = "no_xml"
	LongRow         = "long_row"
	TooManyProducts = "too_many_products"
	TooManyRows     = "too_many_rows"
)

func (e *FileError) Error() string { return e.Text }

// Unwrap makes it an error of the product's usual kind.
func (e *FileError) Unwrap() error { return &wire.Error{Code: wire.Invalid, Text: e.Text} }

func unfit(code, format string, a ...any) error { return &FileError{code, fmt.Sprintf(format, a...)} }

// problem is a row's error before it is known where the row is.
type problem struct {
	column, value, code, text string
}

func wrong(code, column, value, format string, a ...any) *problem {
	if r := []rune(value); len(r) > 80 {
		value = string(r[:79]) + "…"
	}
	return &problem{column, value, code, fmt.Sprintf(format, a...)}
}

// Read reads a file of size bytes, 0 for unknown, and compares it with the shop. Nothing of r is kept but the products. progress hears which
// share is read, 0 to 1, about every 64 KiB. Errors are ctx's, r's, and *wire.Error of code Invalid for what is no file of products.
func Read(ctx context.Context, r io.Reader, size int64, o Options, progress func(share float64)) (*Import, error) {
	if _, ok := o.Currency.Digits(); !ok {
		return nil, o.Currency.Validate()
	}
	text := newDecoder(&source{ctx: ctx, r: r, size: size, progress: progress})
	in := bufio.NewReaderSize(text, headBytes)
	head, err := in.Peek(headBytes)
	if err != nil && err != io.EOF {
		return nil, fmt.Errorf("read products: %w", err)
	}
	var t *table
	if looksLikeXML(head) {
		t, err = readXML(in, o)
	} else {
		t, err = readCSV(in, head, o)
	}
	if err != nil {
		return nil, fmt.Errorf("read products: %w", err)
	}
	im := &Import{Format: t.format, Encoding: text.encoding(), Rows: t.rows}
	s := &shelf{o: o, t: t, im: im}
	if err := s.fill(ctx); err != nil {
		return nil, fmt.Errorf("read products: %w", err)
	}
	if progress != nil {
		progress(1)
	}
	return im, nil
}

// source is the file: it ends with its context and tells how far it is.
type source struct {
	ctx      context.Context
	r        io.Reader
	size, at int64
	told     int64
	progress func(float64)
}

func (s *source) Read(b []byte) (int, error) {
	if err := s.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := s.r.Read(b)
	s.at += int64(n)
	if s.progress != nil && s.size > 0 && s.at-s.told >= headBytes {
		s.told = s.at
		s.progress(min(1, float64(s.at)/float64(s.size)))
	}
	return n, err
}
