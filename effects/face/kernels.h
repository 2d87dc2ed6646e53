// Steps of neural networks on float32, and crops of pictures; reference.go and crop.go say what they must compute.
// Plain keeps each from using more than every processor of this kind has.
#ifndef VITRINE_FACE_KERNELS_H
#define VITRINE_FACE_KERNELS_H

#include <stdint.h>

// The fields of step in step.go, in its order.
struct step {
	int32_t kind, act, front_act;
	int32_t in, other, out, scratch;
	int32_t weights, bias, alpha;
	int32_t front_weights, front_bias;
	int32_t in_h, in_w, in_c, in_s;
	int32_t out_h, out_w, out_c, out_s;
	int32_t other_pixels, other_c, other_s;
	int32_t kh, kw, sh, sw, top, left;
	int32_t front, patch, pad;
};

// Runs n steps on memory.
void vitrine_face_run(const struct step *steps, int n, const float *weights, float *memory, int plain);

// A picture in I420, BT.709, limited range.
struct picture {
	const uint8_t *y, *u, *v;
	int ystride, cstride, width, height;
};

// A crop of width by height pixels: the middle of column x and row y, each plus a half, lies at (xx·x + xy·y + x0, yx·x +
// yy·y + y0) in the picture. Values of 0 to 255 are multiplied by gain and moved by offset. Outside is black, or as the edge.
struct crop {
	float xx, xy, x0, yx, yy, y0, gain, offset;
	int width, height, black;
};

// Writes a crop as red, green, blue.
void vitrine_face_sample(struct picture p, struct crop c, float *dst, int plain);

// Halves a plane in both directions; odd sizes are rounded up.
void vitrine_face_halve(const uint8_t *src, int stride, int w, int h, uint8_t *dst, int dst_stride, int plain);

#endif
