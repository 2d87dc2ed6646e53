package encode

/*
#cgo pkg-config: vpx
#include <stdlib.h>
#include <vpx/vpx_encoder.h>
#include <vpx/vp8cx.h>

// vp8_open and vp8_set exist because libvpx's entry points are macros and variadic functions, which cgo cannot call.
static vpx_codec_err_t vp8_open(vpx_codec_ctx_t *ctx, const vpx_codec_enc_cfg_t *cfg) {
  return vpx_codec_enc_init(ctx, vpx_codec_vp8_cx(), cfg, 0);
}

static vpx_codec_err_t vp8_set(vpx_codec_ctx_t *ctx, int id, unsigned value) {
  return vpx_codec_control_(ctx, id, value);
}

// vp8_encode describes the planes on the C stack, so that no C memory ever holds a pointer into Go's.
static vpx_codec_err_t vp8_encode(vpx_codec_ctx_t *ctx, unsigned w, unsigned h, unsigned char *y, unsigned char *u,
                                  unsigned char *v, int ystride, int cstride, vpx_codec_pts_t pts, long flags) {
  vpx_image_t img;
  if (!vpx_img_wrap(&img, VPX_IMG_FMT_I420, w, h, 1, y)) return VPX_CODEC_INVALID_PARAM;
  img.planes[VPX_PLANE_U] = u;
  img.planes[VPX_PLANE_V] = v;
  img.stride[VPX_PLANE_Y] = ystride;
  img.stride[VPX_PLANE_U] = img.stride[VPX_PLANE_V] = cstride;
  return vpx_codec_encode(ctx, &img, pts, 1, flags, VPX_DL_REALTIME);
}

// vp8_packet gives the next coded frame, or NULL.
static void *vp8_packet(vpx_codec_ctx_t *ctx, vpx_codec_iter_t *iter, size_t *size, int *key) {
  const vpx_codec_cx_pkt_t *p;
  while ((p = vpx_codec_get_cx_data(ctx, iter))) {
    if (p->kind != VPX_CODEC_CX_FRAME_PKT) continue;
    *size = p->data.frame.sz;
    *key = (p->data.frame.flags & VPX_FRAME_IS_KEY) != 0;
    return p->data.frame.buf;
  }
  return NULL;
}
*/
import "C"

import (
	"fmt"
	"runtime"
	"unsafe"

	"vitrine/capture/frame"
)

// vp8 is libvpx's VP8 encoder (RFC 6386) with realtime settings. Its time base is one tick a picture, so the rate control
// spends the bitrate at the format's frame rate.
type vp8 struct {
	format frame.Format
	// ctx and cfg live in C memory: libvpx keeps the address of one inside the other.
	ctx   *C.vpx_codec_ctx_t
	cfg   *C.vpx_codec_enc_cfg_t
	ticks int64
	wish  keyWish
}

const (
	vp8CPUUsed     = 8   // of 0 to 16: 67 frames/s a core at 720p, 21 at libvpx's default
	vp8MinQ        = 2   // of 0 to 63
	vp8MaxQ        = 58  // as WebRTC's own encoders; 63 is mud
	vp8Buffer      = 600 // milliseconds of bitrate: bounds how long a burst may last
	vp8MaxIntra    = 450 // percent of a mean frame that a key frame may take
	vp8StaticSkip  = 1   // blocks that do not change are not searched
	vp8NoiseReduce = 0   // the effects rack does that better
)

func newVP8(s frame.VideoSettings) (*vp8, error) {
	e := &vp8{
		format: s.Format,
		wish:   keyWish{interval: s.KeyInterval},
		ctx:    (*C.vpx_codec_ctx_t)(C.calloc(1, C.sizeof_vpx_codec_ctx_t)),
		cfg:    (*C.vpx_codec_enc_cfg_t)(C.calloc(1, C.sizeof_vpx_codec_enc_cfg_t)),
	}
	if rc := C.vpx_codec_enc_config_default(C.vpx_codec_vp8_cx(), e.cfg, 0); rc != C.VPX_CODEC_OK {
		e.free()
		return nil, vpxError("default VP8 settings", rc)
	}
	e.configure(s)
	if rc := C.vp8_open(e.ctx, e.cfg); rc != C.VPX_CODEC_OK {
		e.free()
		return nil, vpxError(fmt.Sprintf("open VP8 for %v at %d bit/s", s.Format, s.Bitrate), rc)
	}
	for _, c := range []struct{ id, value C.int }{
		{C.VP8E_SET_CPUUSED, vp8CPUUsed},
		{C.VP8E_SET_STATIC_THRESHOLD, vp8StaticSkip},
		{C.VP8E_SET_NOISE_SENSITIVITY, vp8NoiseReduce},
		{C.VP8E_SET_MAX_INTRA_BITRATE_PCT, vp8MaxIntra},
		{C.VP8E_SET_TOKEN_PARTITIONS, C.VP8_ONE_TOKENPARTITION},
	} {
		if rc := C.vp8_set(e.ctx, c.id, C.uint(c.value)); rc != C.VPX_CODEC_OK {
			_ = e.Close()
			return nil, vpxError("set up VP8", rc)
		}
	}
	return e, nil
}

func (e *vp8) configure(s frame.VideoSettings) {
	c := e.cfg
	c.g_w, c.g_h = C.uint(s.Format.Width), C.uint(s.Format.Height)
	c.g_timebase.num, c.g_timebase.den = 1, C.int(s.Format.FPS)
	c.g_threads = C.uint(vp8Threads(s.Format, runtime.NumCPU()))
	c.g_lag_in_frames = 0
	c.g_error_resilient = C.VPX_ERROR_RESILIENT_DEFAULT
	c.g_pass = C.VPX_RC_ONE_PASS
	c.rc_end_usage = C.VPX_CBR
	c.rc_target_bitrate = C.uint(s.Bitrate / 1000)
	c.rc_dropframe_thresh = 30 // percent of the buffer below which pictures are skipped
	c.rc_resize_allowed = 0
	c.rc_min_quantizer, c.rc_max_quantizer = vp8MinQ, vp8MaxQ
	c.rc_undershoot_pct, c.rc_overshoot_pct = 100, 15
	c.rc_buf_sz, c.rc_buf_initial_sz, c.rc_buf_optimal_sz = vp8Buffer, vp8Buffer/2, vp8Buffer*2/3
	c.kf_mode = C.VPX_KF_AUTO
	c.kf_min_dist, c.kf_max_dist = 0, C.uint(keyFrames(s))
}

// vp8Threads is the number of threads for a format on a machine. libvpx's threads wait for each other by spinning: where
// capture and effects need the cores too, a second thread on two cores made encoding ten times slower, not faster.
func vp8Threads(f frame.Format, cores int) int {
	switch {
	case cores >= 6 && f.Height > 720:
		return 3
	case cores >= 4 && f.Height >= 720:
		return 2
	default:
		return 1
	}
}

func (e *vp8) Encode(v *frame.Video, key bool) (*frame.Packet, error) {
	if e.ctx == nil {
		return nil, ErrClosed
	}
	if err := checkSize(v, e.format); err != nil {
		return nil, err
	}
	var flags C.long
	if e.wish.ask(v.PTS, key) {
		flags = C.VPX_EFLAG_FORCE_KF
	}
	rc := C.vp8_encode(e.ctx, C.uint(v.Width), C.uint(v.Height), (*C.uchar)(&v.Y[0]), (*C.uchar)(&v.U[0]), (*C.uchar)(&v.V[0]),
		C.int(v.YStride), C.int(v.CStride), C.vpx_codec_pts_t(e.ticks), flags)
	if rc != C.VPX_CODEC_OK {
		return nil, vpxError("encode VP8", rc)
	}
	e.ticks++
	var (
		iter  C.vpx_codec_iter_t
		size  C.size_t
		isKey C.int
	)
	buf := C.vp8_packet(e.ctx, &iter, &size, &isKey)
	if buf == nil || size == 0 {
		return nil, nil
	}
	if isKey != 0 {
		e.wish.coded(v.PTS)
	}
	return &frame.Packet{
		Data: C.GoBytes(unsafe.Pointer(buf), C.int(size)), PTS: v.PTS, Duration: e.format.Interval(), Key: isKey != 0,
	}, nil
}

func (e *vp8) SetBitrate(bps int) error {
	if e.ctx == nil {
		return ErrClosed
	}
	if err := checkBitrate(bps); err != nil {
		return err
	}
	e.cfg.rc_target_bitrate = C.uint(bps / 1000)
	if rc := C.vpx_codec_enc_config_set(e.ctx, e.cfg); rc != C.VPX_CODEC_OK {
		return vpxError(fmt.Sprintf("set VP8 bitrate to %d", bps), rc)
	}
	return nil
}

func (e *vp8) Close() error {
	if e.ctx == nil {
		return nil
	}
	rc := C.vpx_codec_destroy(e.ctx)
	e.free()
	if rc != C.VPX_CODEC_OK {
		return vpxError("close VP8", rc)
	}
	return nil
}

func (e *vp8) free() {
	C.free(unsafe.Pointer(e.ctx))
	C.free(unsafe.Pointer(e.cfg))
	e.ctx, e.cfg = nil, nil
}

func vpxError(doing string, rc C.vpx_codec_err_t) error {
	return fmt.Errorf("%s: %s", doing, C.GoString(C.vpx_codec_err_to_string(rc)))
}
