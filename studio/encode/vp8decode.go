package encode

/*
#cgo pkg-config: vpx
#include <stdlib.h>
#include <string.h>
#include <vpx/vpx_decoder.h>
#include <vpx/vp8dx.h>

static vpx_codec_err_t vp8_open_decoder(vpx_codec_ctx_t *ctx) {
  vpx_codec_dec_cfg_t cfg = {1, 0, 0};
  return vpx_codec_dec_init(ctx, vpx_codec_vp8_dx(), &cfg, 0);
}

// vp8_decode decodes a packet and gives the picture that it shows, or NULL.
static vpx_codec_err_t vp8_decode(vpx_codec_ctx_t *ctx, const unsigned char *data, unsigned size, vpx_image_t **shown) {
  vpx_codec_iter_t iter = NULL;
  vpx_codec_err_t rc = vpx_codec_decode(ctx, data, size, NULL, 0);
  *shown = rc == VPX_CODEC_OK ? vpx_codec_get_frame(ctx, &iter) : NULL;
  return rc;
}

static void copy_plane(unsigned char *dst, int dst_stride, const unsigned char *src, int src_stride, int w, int h) {
  for (int y = 0; y < h; y++) memcpy(dst + (size_t)y * dst_stride, src + (ptrdiff_t)y * src_stride, w);
}
*/
import "C"

import (
	"unsafe"

	"vitrine/capture/frame"
)

// vp8Decoder is libvpx's (RFC 6386), on one thread: a second waits for the first by spinning.
type vp8Decoder struct {
	ctx  *C.vpx_codec_ctx_t
	pool frame.Pool
}

func newVP8Decoder() (*vp8Decoder, error) {
	d := &vp8Decoder{ctx: (*C.vpx_codec_ctx_t)(C.calloc(1, C.sizeof_vpx_codec_ctx_t))}
	if rc := C.vp8_open_decoder(d.ctx); rc != C.VPX_CODEC_OK {
		C.free(unsafe.Pointer(d.ctx))
		return nil, vpxError("open the VP8 decoder", rc)
	}
	return d, nil
}

func (d *vp8Decoder) Decode(p *frame.Packet) (*frame.Video, error) {
	if d.ctx == nil {
		return nil, ErrClosed
	}
	if err := checkCoded(p); err != nil {
		return nil, err
	}
	if w, h, key := vp8Size(p.Data); key && (w > maxSide || h > maxSide) {
		return nil, errSize
	}
	var shown *C.vpx_image_t
	if rc := C.vp8_decode(d.ctx, (*C.uchar)(&p.Data[0]), C.uint(len(p.Data)), &shown); rc != C.VPX_CODEC_OK {
		return nil, vpxError("decode VP8", rc)
	}
	if shown == nil || shown.d_w == 0 || shown.d_h == 0 {
		return nil, nil
	}
	v := d.pool.Get(int(shown.d_w), int(shown.d_h))
	planes := [3]*C.uchar{shown.planes[0], shown.planes[1], shown.planes[2]}
	copyPicture(v, planes, int(shown.stride[0]), int(shown.stride[1]))
	v.PTS = p.PTS
	return v, nil
}

// vp8Size reads the size that a key frame begins with (RFC 6386 §9.1).
func vp8Size(b []byte) (w, h int, key bool) {
	if len(b) < 10 || b[0]&1 != 0 {
		return 0, 0, false
	}
	return int(b[6]) | int(b[7]&0x3f)<<8, int(b[8]) | int(b[9]&0x3f)<<8, true
}

// copyPicture copies I420 planes in C's memory.
func copyPicture(v *frame.Video, planes [3]*C.uchar, luma, chroma int) {
	cw, ch := (v.Width+1)/2, (v.Height+1)/2
	C.copy_plane((*C.uchar)(&v.Y[0]), C.int(v.YStride), planes[0], C.int(luma), C.int(v.Width), C.int(v.Height))
	C.copy_plane((*C.uchar)(&v.U[0]), C.int(v.CStride), planes[1], C.int(chroma), C.int(cw), C.int(ch))
	C.copy_plane((*C.uchar)(&v.V[0]), C.int(v.CStride), planes[2], C.int(chroma), C.int(cw), C.int(ch))
}

func (d *vp8Decoder) Close() error {
	if d.ctx == nil {
		return nil
	}
	rc := C.vpx_codec_destroy(d.ctx)
	C.free(unsafe.Pointer(d.ctx))
	d.ctx = nil
	if rc != C.VPX_CODEC_OK {
		return vpxError("close the VP8 decoder", rc)
	}
	return nil
}
