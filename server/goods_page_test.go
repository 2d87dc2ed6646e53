package server

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"image"
	"image/color"
	"image/draw"
	"image/jpeg"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"vitrine/server/wire"
)

// tends opens a page of the staff's, as an owner with the operator's token.
func (r *running) tends(path string) *reader {
	r.t.Helper()
	p := r.opens(openBrowser(r.t), "/staff#/"+path, "en-GB")
	p.presses("Operator’s token")
	p.fills("Token", r.operator)
	p.presses("Work with the token")
	p.wait("document.querySelector('nav')")
	return p
}

// sends chooses files of pictures, each given by its content, and waits until all have been answered.
func (p *reader) sends(files map[string][]byte) {
	p.t.Helper()
	folder := p.t.TempDir()
	var paths []string
	for name, content := range files {
		paths = append(paths, filepath.Join(folder, name))
		if err := os.WriteFile(paths[len(paths)-1], content, 0o600); err != nil {
			p.t.Fatal(err)
		}
	}
	p.do(chromedp.SetUploadFiles(chromedp.CSS("input[type=file]"), paths))
	p.settles()
	p.wait("!document.body.innerText.includes('on the way…')")
}

// photographed is a picture in one colour.
func photographed(t *testing.T, c color.Color) []byte {
	t.Helper()
	img := image.NewRGBA(image.Rect(0, 0, 640, 480))
	draw.Draw(img, img.Rect, image.NewUniform(c), image.Point{}, draw.Src)
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// bomb is a file of few bytes that says that it is a picture of 900 million pixels.
func bomb() []byte {
	head := binary.BigEndian.AppendUint32([]byte("IHDR"), 30_000)
	head = append(binary.BigEndian.AppendUint32(head, 30_000), 8, 2, 0, 0, 0)
	file := append([]byte("\x89PNG\r\n\x1a\n\x00\x00\x00\x0d"), head...)
	return binary.BigEndian.AppendUint32(file, crc32.ChecksumIEEE(head))
}

// goods are the products as buyers see them.
func (r *running) goods() []wire.Product {
	r.t.Helper()
	list, status := asks[[]wire.Product](r, call{method: "GET", path: "/api/shop/products"})
	if status != http.StatusOK {
		r.t.Fatal("the products are answered", status)
	}
	return list
}

// changes changes a product as somebody else of the staff does.
func (r *running) changes(id wire.ProductID, do func(*wire.Product)) {
	r.t.Helper()
	seen, _ := asks[wire.Product](r, call{method: "GET", path: "/api/shop/products/" + string(id), token: r.operator})
	do(&seen)
	body, err := json.Marshal(seen)
	if err != nil {
		r.t.Fatal(err)
	}
	if _, status := asks[wire.Product](r, call{method: "PUT", path: "/api/shop/products/" + string(id), body: string(body), token: r.operator, match: fmt.Sprintf("%q", fmt.Sprint(seen.Version))}); status != http.StatusOK {
		r.t.Fatal("the other's change is answered", status)
	}
}

// holds waits until the field of a label holds a text.
func (p *reader) holds(label, text string) {
	p.t.Helper()
	p.wait(fmt.Sprintf(found+"?.querySelector('input, textarea').value === %q", "label", label, text))
}

func TestAnOwnerMakesEditsAndHidesAProductOnThePage(t *testing.T) {
	r := start(t, Config{Pay: Payments{Test: true}})
	p := r.tends("products")
	p.sees("There are no products yet.")
	p.looks("products-none")
	p.presses("New product")
	p.wait("document.activeElement.closest('label')?.innerText.startsWith('Title')")
	p.looks("product-new")

	p.fills("Description", "Hand-blown glass on an oak foot.\nIt can be dimmed.")
	p.fills("Price (EUR)", "a lot")
	p.fills("Link", "shop.example")
	p.presses("Make the product")
	p.sees("Look at the fields that are marked. Nothing was saved yet.", "Fill this in.", "This is no amount: write it as 12.50", "A web address begins with https://")
	p.wait("document.activeElement.closest('label')?.innerText.startsWith('Title') && document.activeElement.ariaInvalid === 'true'")
	p.looks("product-faults")
	p.fills("Title", "Reading lamp “Dune”")
	p.fills("Price (EUR)", "49,90")
	p.fills("Link", "")
	p.wait("document.querySelector('[aria-invalid]') === null")

	p.sends(map[string][]byte{"bomb.png": bomb(), "text.png": []byte("no picture at all"), "huge.jpg": make([]byte, 21<<20), "list.pdf": []byte("%PDF-1.4")})
	p.sees("bomb.png: The picture has 30000 × 30000 pixels; at most 50 million are taken", "huge.jpg: The file is larger than 20 MB",
		"text.png: Pictures are JPEG, PNG, GIF or WebP files", "list.pdf: This is no picture")
	p.looks("product-refused")
	p.holds("Description", "Hand-blown glass on an oak foot.\nIt can be dimmed.")
	p.sends(map[string][]byte{"sand.jpg": photographed(t, color.RGBA{201, 183, 156, 255})})
	p.sends(map[string][]byte{"sage.jpg": photographed(t, color.RGBA{142, 163, 155, 255})})
	p.wait("[...document.querySelectorAll('.gallery img')].filter((i) => i.naturalWidth > 0).length === 2")
	p.fills("What picture 1 shows", "The lamp in sand")
	p.fills("What picture 2 shows", "The lamp in sage")
	p.text("document.querySelector('[aria-label=\"Picture 2 earlier\"]').click()")
	p.holds("What picture 1 shows", "The lamp in sage")

	p.fills("Stock", "3")
	p.presses("Add a variant")
	p.fills("They differ in", "Size")
	p.fillsIn("Variant 1", "Size", "Small")
	p.fillsIn("Variant 2", "Size", "Small")
	p.presses("Make the product")
	p.sees("There is one of this name already.")
	p.text("[...document.querySelectorAll('.variant')][1].querySelector('input').focus()")
	p.keys("[...document.querySelectorAll('.variant')][1].querySelector('label')", "Large")
	p.fillsIn("Large", "Price", "69.90")
	p.fillsIn("Large", "Stock", "2")
	p.fillsIn("Large", "SKU", "DUNE-L")
	p.looks("product-filled")

	p.text(fmt.Sprintf(found, "nav a", "Orders") + ".focus()")
	p.do(chromedp.KeyEvent(kb.Enter))
	p.sees("Leave without saving?")
	p.do(chromedp.Func(func(ctx context.Context, target *chromedp.Target) error { // the key's second event may come when the question is there: it is no answer
		_, err := cdp.Call(ctx, target, input.DispatchKeyEvent, input.DispatchKeyEventParams{Type: input.DispatchKeyEventTypeChar, Key: "Enter", Text: "\r"})
		return err
	}))
	p.sees("Leave without saving?")
	p.looks("product-leaving")
	p.presses("Stay here")
	p.wait("document.querySelector('dialog') === null")
	p.holds("Title", "Reading lamp “Dune”")
	p.wait("!dispatchEvent(new Event('beforeunload', { cancelable: true }))") // nor does it close without a question

	p.presses("Make the product")
	p.wait("document.querySelector('h1')?.innerText === 'Reading lamp “Dune”' && document.activeElement.matches('h1')")
	p.sees("Saved", "Stock · Small", "Stock · Large")
	p.looks("product-made")
	list := r.goods()
	if len(list) != 1 {
		t.Fatal(list)
	}
	lamp := list[0]
	if len(lamp.Pictures) != 2 || lamp.Pictures[0].Alt != "The lamp in sage" || lamp.Options[0] != "Size" || lamp.Place == 0 || len(lamp.Variants) != 2 {
		t.Fatalf("%+v", lamp)
	}
	if small, large := lamp.Variants[0], lamp.Variants[1]; small.Title != "Small" || small.Price.Minor != 4990 || small.Left != 3 || large.Price.Minor != 6990 || large.Left != 2 || large.SKU != "DUNE-L" {
		t.Fatalf("%+v", lamp)
	}

	p.presses("Take Small out")
	p.text("document.querySelector('[aria-label=\"Take picture 1 out\"]').click()")
	p.fills("Description", "Only the large one is left.")
	p.chooses("Buyers see it", "")
	p.presses("Save")
	p.sees("hidden")
	p.wait("!document.body.innerText.includes('Stock · Small')")
	if list := r.goods(); len(list) != 0 {
		t.Errorf("buyers see %+v", list)
	}
	p.presses("← Products")
	p.sees("1 found", "hidden")
	p.presses("Reading lamp")
	p.holds("Description", "Only the large one is left.")
	p.chooses("Buyers see it", "")
	p.presses("Save")
	p.sees("Saved")
	if list := r.goods(); len(list) != 1 || len(list[0].Variants) != 1 || list[0].Variants[0].Left != 2 || len(list[0].Pictures) != 1 || list[0].Pictures[0].Alt != "The lamp in sand" {
		t.Errorf("%+v", list)
	}
}

func TestTwoWhoChangeAProductAtOnceLoseNothing(t *testing.T) {
	r := start(t, Config{Pay: Payments{Test: true}})
	r.sellsMore()
	p := r.tends("products/vase")
	p.holds("Title", "Tall vase, blown by hand")
	p.fills("Title", "Tall vase, by Ana")
	p.fillsIn("45 cm", "Price", "75,50")
	r.changes("vase", func(v *wire.Product) {
		v.Title, v.Text, v.Variants[0].Price = "Tall vase, recut", "It was recut.", euros(4500)
		v.Variants = append(v.Variants, wire.Variant{ID: "vase-m", Title: "38 cm", Options: []string{"38 cm"}, Price: euros(6000), Stock: 7})
	})
	r.visitor().takes("vase-s", 4500, "0123456789abcdef") // stock goes on meanwhile
	p.presses("Save")
	p.sees("Somebody else changed it meanwhile", "Tall vase, recut", "It was recut.", "38 cm")
	p.looks("conflict")
	if now := r.goods()[0]; now.Title != "Tall vase, recut" || now.Variants[1].Price.Minor != 7900 {
		t.Fatalf("before anything was chosen it is %+v", now)
	}
	p.presses("Keep mine")
	p.sees("Saved")
	p.wait("!document.body.innerText.includes('Somebody else') && document.activeElement.innerText === 'Save'")
	p.holds("Description", "It was recut.")
	now := r.goods()[0]
	if v := now.Variants; now.Title != "Tall vase, by Ana" || now.Text != "It was recut." || len(v) != 3 || v[0].Price.Minor != 4500 || v[0].Left != 11 || v[1].Price.Minor != 7550 || v[2].Left != 7 {
		t.Errorf("%+v", now)
	}

	p.fills("Title", "Mine again")
	r.changes("vase", func(v *wire.Product) { v.Title = "Theirs again" })
	p.presses("Save")
	p.sees("Theirs again")
	p.presses("Take theirs")
	p.holds("Title", "Theirs again")
	p.wait("dispatchEvent(new Event('beforeunload', { cancelable: true }))")
	if now := r.goods()[0]; now.Title != "Theirs again" {
		t.Errorf("%+v", now)
	}
}

func TestAProductWhoseAnswerIsLostIsMadeOnce(t *testing.T) {
	r := start(t, Config{Pay: Payments{Test: true}})
	p := r.tends("products/+")
	p.fills("Title", "Silver ring")
	p.fills("Price", "69")
	p.fills("Stock", "5")
	p.text(`((real) => (window.fetch = async (...a) => { const answer = await real(...a); if (a[1]?.method !== 'PUT') return answer; window.fetch = real; throw new TypeError('lost') }))(fetch)`)
	p.presses("Make the product")
	p.sees("The server does not answer. What you typed is still here")
	p.holds("Title", "Silver ring")
	p.presses("Make the product")
	p.sees("Saved")
	if list := r.goods(); len(list) != 1 || list[0].Version != 1 || list[0].Variants[0].Left != 5 {
		t.Errorf("%+v", list)
	}
}

func TestTheProductsFormIsInTheStaffsOwnLanguage(t *testing.T) {
	r := start(t, Config{Pay: Payments{Test: true}})
	browser := openBrowser(t)
	for _, c := range []struct{ language, operator, token, use, title, make, wrong, more string }{
		{"zh-CN", "运营者令牌", "令牌", "使用令牌", "新建商品", "创建商品", "请填写此项。", "添加规格"},
		{"es", "Clave del operador", "Clave", "Trabajar con la clave", "Artículo nuevo", "Crear el artículo", "Rellene este campo.", "Añadir una variante"},
	} {
		p := r.opens(browser, "/staff#/products/+", c.language)
		p.presses(c.operator)
		p.fills(c.token, r.operator)
		p.presses(c.use)
		p.sees(c.title)
		p.presses(c.more)
		p.presses(c.make)
		p.sees(c.wrong)
		p.looks("product-new-" + c.language)
		p.sends(map[string][]byte{"text.png": []byte(strings.Repeat("no picture", 9))})
		p.wait("document.querySelector('.group [role=alert]')?.innerText.includes('text.png')")
	}
}

// takes holds a unit of a variant.
func (r *running) takes(variant string, price int64, key string) {
	r.t.Helper()
	body := fmt.Sprintf(`{"id":"reserve-%s","variant":%q,"show":"demo","quantity":1,"price":{"minor":%d,"currency":"EUR"}}`, key, variant, price)
	if held, status := asks[wire.Reservation](r, call{method: "POST", path: "/api/shop/reservations", body: body}); held.State != wire.Held {
		r.t.Fatal("the reservation is answered", status, held)
	}
}
