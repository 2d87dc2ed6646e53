package app

import (
	"context"

	"vitrine/server/wire"
	"vitrine/studio"
)

func (d *recorder) PutProduct(_ context.Context, p wire.Product) error {
	d.put = append(d.put, p)
	return d.call("put product %s", p.ID)
}

func (d *recorder) DuplicateProduct(_ context.Context, id wire.ProductID) (wire.ProductID, error) {
	return id + "-2", d.call("duplicate product %s", id)
}

func (d *recorder) HideProduct(_ context.Context, id wire.ProductID, on bool) error {
	return d.call("hide product %s %v", id, on)
}

func (d *recorder) MoveProduct(_ context.Context, id wire.ProductID, to int) error {
	return d.call("move product %s to %d", id, to)
}

func (d *recorder) SettleProduct(_ context.Context, id wire.ProductID, mine bool) error {
	return d.call("settle product %s %v", id, mine)
}

func (d *recorder) AddStock(_ context.Context, v wire.VariantID, units int, reason string) error {
	return d.call("add stock %s %d %s", v, units, reason)
}

func (d *recorder) AddPicture(_ context.Context, file []byte, alt string) (wire.Picture, error) {
	return wire.Picture{ID: "0123456789abcdef0123456789abcdef", Alt: alt}, d.call("add picture %d %s", len(file), alt)
}

func (d *recorder) ProductPicture(_ context.Context, id wire.PictureID) ([]byte, error) {
	if file := d.pictures[id]; file != nil {
		return file, nil
	}
	return d.thumb, d.err
}

func (d *recorder) ShowProduct(_ context.Context, s wire.Showing) error {
	return d.call("show %s%s", s.Product, s.Offer)
}

func (d *recorder) ShowNext(_ context.Context, step int) error { return d.call("show next %d", step) }

func (d *recorder) PutOffer(_ context.Context, o wire.Offer) error {
	d.offered = append(d.offered, o)
	return d.call("put offer %s", o.Kind)
}

func (d *recorder) EndOffer(_ context.Context, id wire.OfferID) error {
	return d.call("end offer %s", id)
}

func (d *recorder) PutCoupon(_ context.Context, c wire.Coupon) error {
	d.coupons = append(d.coupons, c)
	return d.call("put coupon %s", c.Code)
}

func (d *recorder) RefundOrder(_ context.Context, id wire.OrderID, r wire.Refund) error {
	return d.call("refund %s %v %s", id, r.Returns, r.Reason)
}

func (d *recorder) CancelOrder(_ context.Context, id wire.OrderID, reason string) error {
	return d.call("cancel %s %s", id, reason)
}

func (d *recorder) ChimeOrder(context.Context) error { return d.call("chime") }

func (d *recorder) SetOrderChime(_ context.Context, on bool) error {
	return d.call("order chime %t", on)
}

func (d *recorder) ReadProducts(_ context.Context, path string, progress func(float64)) (*studio.Import, error) {
	progress(1)
	return d.imported, d.call("read %s", path)
}

func (d *recorder) Import(_ context.Context, _ *studio.Import, chosen []wire.ProductID) error {
	return d.call("import %v", chosen)
}

func (d *recorder) StopImport(context.Context) error { return d.call("stop import") }

func (d *recorder) ExportProducts(_ context.Context, path string, f studio.CatalogFormat) error {
	return d.call("export %s %s", path, f)
}
