package encode

/*
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

// The part of openh264's C interface (version 2) that decodes. The library itself, which holds encoder and decoder, comes with mediadevices; its
// headers lie in that module, where this package cannot name them.
typedef struct {
  char *restored;
  unsigned load;
  unsigned char layer;
  int concealment;
  bool parse_only;
  struct { unsigned size; int kind; } property;
} h264_settings;

typedef struct {
  int ready;
  unsigned long long in, out;
  struct { int width, height, format, stride[2]; } picture;
  unsigned char *planes[3];
} h264_shown;

typedef const struct h264_calls *h264_handle;
struct h264_calls {
  long (*open)(h264_handle *, const h264_settings *);
  long (*end)(h264_handle *);
  int (*decode)(h264_handle *, const unsigned char *, int, unsigned char **, int *, int *, int *);
  int (*decode_now)(h264_handle *, const unsigned char *, int, unsigned char **, h264_shown *);
  int (*decode_parts)(h264_handle *, const unsigned char *, int, unsigned char **, h264_shown *);
  int (*flush)(h264_handle *, unsigned char **, h264_shown *);
  int (*parse)(h264_handle *, const unsigned char *, int, void *);
  int (*decode_into)(h264_handle *, const unsigned char *, int, unsigned char *, int, int *, int *, int *, int *);
  long (*set)(h264_handle *, int, void *);
  long (*get)(h264_handle *, int, void *);
};

extern long WelsCreateDecoder(h264_handle **);
extern void WelsDestroyDecoder(h264_handle *);

enum { TRACE_LEVEL = 9, TRACE_QUIET = 0, KIND_AVC = 0 };

// h264_open gives a decoder that conceals nothing and says nothing, or NULL.
static h264_handle *h264_open(void) {
  h264_handle *d = NULL;
  if (WelsCreateDecoder(&d) != 0 || !d) return NULL;
  int quiet = TRACE_QUIET;
  (*d)->set(d, TRACE_LEVEL, &quiet);
  h264_settings s;
  memset(&s, 0, sizeof s);
  s.property.size = sizeof s.property;
  s.property.kind = KIND_AVC;
  if ((*d)->open(d, &s) != 0) {
    WelsDestroyDecoder(d);
    return NULL;
  }
  return d;
}

static int h264_decode(h264_handle *d, const unsigned char *data, int size, h264_shown *shown) {
  unsigned char *planes[3] = {NULL, NULL, NULL};
  memset(shown, 0, sizeof *shown);
  int state = (*d)->decode_now(d, data, size, planes, shown);
  for (int i = 0; i < 3; i++) shown->planes[i] = planes[i];
  return state;
}

static void h264_close(h264_handle *d) {
  (*d)->end(d);
  WelsDestroyDecoder(d);
}

static void h264_copy_plane(unsigned char *dst, int dst_stride, const unsigned char *src, int src_stride, int w, int h) {
  for (int y = 0; y < h; y++) memcpy(dst + (size_t)y * dst_stride, src + (ptrdiff_t)y * src_stride, w);
}
*/
import "C"

import (
	"errors"
	"fmt"

	"vitrine/capture/frame"
)

// h264Decoder is openh264's, without a picture's delay: pictures leave in the order in which they come, as those of calls do.
type h264Decoder struct {
	handle *C.h264_handle
	pool   frame.Pool
}

// h264Pending is openh264's word for a packet that shows nothing by itself.
const h264Pending = 1

func newH264Decoder() (*h264Decoder, error) {
	d := &h264Decoder{handle: C.h264_open()}
	if d.handle == nil {
		return nil, errors.New("open the H.264 decoder: out of memory")
	}
	return d, nil
}

func (d *h264Decoder) Decode(p *frame.Packet) (*frame.Video, error) {
	if d.handle == nil {
		return nil, ErrClosed
	}
	if err := checkCoded(p); err != nil {
		return nil, err
	}
	var shown C.h264_shown
	state := C.h264_decode(d.handle, (*C.uchar)(&p.Data[0]), C.int(len(p.Data)), &shown)
	if state&^h264Pending != 0 {
		return nil, fmt.Errorf("decode H.264: openh264 says %#x", int(state))
	}
	w, h := int(shown.picture.width), int(shown.picture.height)
	if shown.ready != 1 || shown.planes[0] == nil || w < 1 || h < 1 {
		return nil, nil
	}
	if w > maxSide || h > maxSide {
		return nil, errSize
	}
	v := d.pool.Get(w, h)
	cw, ch := (w+1)/2, (h+1)/2
	luma, chroma := shown.picture.stride[0], shown.picture.stride[1]
	C.h264_copy_plane((*C.uchar)(&v.Y[0]), C.int(v.YStride), shown.planes[0], luma, C.int(w), C.int(h))
	C.h264_copy_plane((*C.uchar)(&v.U[0]), C.int(v.CStride), shown.planes[1], chroma, C.int(cw), C.int(ch))
	C.h264_copy_plane((*C.uchar)(&v.V[0]), C.int(v.CStride), shown.planes[2], chroma, C.int(cw), C.int(ch))
	v.PTS = p.PTS
	return v, nil
}

func (d *h264Decoder) Close() error {
	if d.handle != nil {
		C.h264_close(d.handle)
		d.handle = nil
	}
	return nil
}
