// Pixel kernels that libyuv lacks: BT.709 limited range from RGB and from other YCbCr.
#ifndef VITRINE_CONVERT_H
#define VITRINE_CONVERT_H

#include <stdint.h>

struct planes {
	uint8_t *y, *u, *v;
	int ystride, cstride, width, height;
};

// Reads 4 bytes a pixel, red at byte r, green at byte 1, blue at byte 2-r.
void vitrine_from_rgb(const uint8_t *src, int stride, int r, struct planes dst);

// Changes matrix and range in place: coefficients in Q14, row by row for luma, Cb, Cr; the first column applies to
// luma less black, the others to Cb and Cr less 128.
void vitrine_rematrix(struct planes p, int black, const int16_t m[9]);

#endif
