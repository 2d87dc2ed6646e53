package app

import (
	"context"
	"fmt"
	"slices"

	"fyne.io/fyne/v2"

	"vitrine/server/wire"
	"vitrine/studio"
)

// What the host does with products.

// products is the list of products.
func (w *Window) products() *productsPanel { return w.shop.panels[productsTab].(*productsPanel) }

// atProducts says whether the list of products can be seen and reached.
func (w *Window) atProducts() bool {
	return w.sheet == nil && w.side.at == shopSide && w.shop.at == productsTab
}

// focused says whether the keyboard is on the list or on a button of what is chosen in it.
func (p *productsPanel) focused() bool {
	return slices.Contains([]fyne.Focusable{p.list, p.edit, p.copy, p.hide, p.up, p.down}, p.w.win.Canvas().Focused())
}

// searchProducts brings the keyboard to the search.
func (w *Window) searchProducts() {
	if w.sheet == nil {
		w.openShop(productsTab)
		w.win.Canvas().Focus(w.products().search)
	}
}

// showProduct shows viewers a product, "" for nothing.
func (w *Window) showProduct(id wire.ProductID) {
	w.tell(func(ctx context.Context) error { return w.desk.ShowProduct(ctx, wire.Showing{Product: id}) })
}

// showNext shows viewers the product so many places further down.
func (w *Window) showNext(step int) {
	if w.sheet == nil && len(shopOf(w.snap).Products) > 0 {
		w.tell(func(ctx context.Context) error { return w.desk.ShowNext(ctx, step) })
	}
}

// pin shows viewers a product, or takes it away if it is shown.
func (p *productsPanel) pin(id wire.ProductID) {
	if p.shop.Showing.Product == id {
		id = ""
	}
	p.w.showProduct(id)
}

// showChosen shows viewers the chosen product, or takes it away, if the list can be seen; else it shows the list.
func (w *Window) showChosen() {
	switch {
	case !w.atProducts():
		w.openShop(productsTab)
	case w.products().chosen != "":
		w.products().pin(w.products().chosen)
	}
}

// open opens the chosen product for editing, or what there is to settle about it.
func (p *productsPanel) open() {
	one, _ := p.product()
	switch {
	case one == nil || p.w.sheet != nil:
	case one.Edit == studio.EditConflict && one.Theirs != nil:
		p.w.openConflict(one)
	default:
		p.openSheet(one)
	}
}

// add opens the form for a new product.
func (p *productsPanel) add() {
	if p.w.sheet == nil {
		p.openSheet(nil)
	}
}

// addProduct opens the form for a new product from elsewhere in the window.
func (w *Window) addProduct() {
	if w.sheet == nil {
		w.openShop(productsTab)
		w.products().add()
	}
}

func (p *productsPanel) duplicate() {
	one, _ := p.product()
	if one == nil || p.w.sheet != nil {
		return
	}
	var id wire.ProductID
	p.w.ask(gesture{
		do: func(ctx context.Context) (err error) {
			id, err = p.w.desk.DuplicateProduct(ctx, one.ID)
			return err
		},
		done: func(err error) {
			if err != nil {
				p.w.toast.say(p.w.sentence(err))
				return
			}
			p.made = id
			p.find()
			p.w.toast.say(fmt.Sprintf(p.w.words.Duplicated, one.Title))
		},
	})
}

// duplicateProduct duplicates the chosen product if the list can be seen.
func (w *Window) duplicateProduct() {
	if w.atProducts() {
		w.products().duplicate()
	}
}

// toggleHidden hides the chosen product from viewers, or shows it to them again.
func (p *productsPanel) toggleHidden() {
	one, _ := p.product()
	if one == nil {
		return
	}
	hide := !one.Hidden
	p.w.ask(gesture{
		do: func(ctx context.Context) error { return p.w.desk.HideProduct(ctx, one.ID, hide) },
		done: func(err error) {
			switch {
			case err != nil:
				p.w.toast.say(p.w.sentence(err))
			case !hide: // of what is hidden the toast speaks, with a way back
				p.w.toast.say(fmt.Sprintf(p.w.words.ShownAgain, one.Title))
			}
		},
	})
}

// move moves the chosen product by so many places.
func (p *productsPanel) move(by int) {
	if one, at := p.product(); one != nil && p.query == "" {
		p.place(one.ID, at, at+by)
	}
}

// drag takes a row that was dragged.
func (p *productsPanel) drag(from, to int) { p.place(p.shop.Products[from].ID, from, to) }

func (p *productsPanel) place(id wire.ProductID, from, to int) {
	if to < 0 || to >= len(p.shop.Products) || to == from {
		return
	}
	p.chosen = id
	p.w.command(func(ctx context.Context) error { return p.w.desk.MoveProduct(ctx, id, to) })
}

// moreItems are the commands about the chosen product and about all.
func (p *productsPanel) moreItems() []*fyne.MenuItem {
	t, w := p.w.words, p.w
	items := p.rowItems()
	if len(items) > 0 {
		items = append(items, fyne.NewMenuItemSeparator())
	}
	return append(items,
		fyne.NewMenuItem(t.ProductAddMenu, p.add), fyne.NewMenuItemSeparator(),
		fyne.NewMenuItem(t.ProductImportMenu, w.openImport), fyne.NewMenuItem(t.ProductExportMenu, w.openExport), fyne.NewMenuItemSeparator(),
		fyne.NewMenuItem(t.ProductCardMenu, w.openCard))
}

// rowItems are the commands about the chosen product.
func (p *productsPanel) rowItems() []*fyne.MenuItem {
	one, at := p.product()
	if one == nil {
		return nil
	}
	t := p.w.words
	show, hide := t.ShowNow, t.HideProduct
	if p.shop.Showing.Product == one.ID {
		show = t.TakeAway
	}
	if one.Hidden {
		hide = t.UnhideProduct
	}
	up := item(t.MoveUp, p.w.menuKey(actMoveUp), func() { p.move(-1) })
	down := item(t.MoveDown, p.w.menuKey(actMoveDown), func() { p.move(+1) })
	up.Disabled, down.Disabled = at == 0 || p.query != "", at == len(p.shop.Products)-1 || p.query != ""
	offer := fyne.NewMenuItem(t.OfferProduct, func() { p.w.offerFor(one.ID) })
	offer.Disabled = one.Hidden || one.New || one.Link != ""
	items := []*fyne.MenuItem{
		fyne.NewMenuItem(show, func() { p.pin(one.ID) }), offer, fyne.NewMenuItem(t.EditProduct, p.open),
		item(t.DuplicateProduct, p.w.menuKey(actDuplicate), p.duplicate), fyne.NewMenuItem(hide, p.toggleHidden),
		fyne.NewMenuItemSeparator(), up, down,
	}
	if one.Edit == studio.EditRefused || one.Edit == studio.EditConflict {
		items = append(items, fyne.NewMenuItemSeparator(), fyne.NewMenuItem(t.DropMyEdit, func() { p.w.settleProduct(one.ID, false) }))
	}
	return items
}

// settleProduct ends a conflict or a refusal, with the host's edit or without it.
func (w *Window) settleProduct(id wire.ProductID, mine bool) {
	w.command(func(ctx context.Context) error { return w.desk.SettleProduct(ctx, id, mine) })
}
