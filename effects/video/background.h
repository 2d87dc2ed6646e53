// Kernels of the background. backgroundplain.go is the same in Go, says what each computes and is what the tests compare
// with.
#ifndef VITRINE_BACKGROUND_H
#define VITRINE_BACKGROUND_H

#include <stdint.h>

// The working picture: a cell covers 2^shift × 2^shift pixels of luma. Its planes have no padding.
struct backdrop_grid {
	int width, height, shift;
};

struct backdrop_picture {
	uint8_t *y, *u, *v;
	long ystride, cstride;
	int width, height;
};

struct backdrop_matte {
	int16_t *gain, *base, *level;
};

void vitrine_backdrop_reduce(const uint8_t *src, long stride, int width, int height, int shift, uint8_t *dst, int cells, int rows, uint16_t *row);
void vitrine_backdrop_guide(const uint8_t *luma, const uint8_t *mask, struct backdrop_grid g, int radius, float epsilon,
	struct backdrop_matte out, int16_t *work, int32_t *sums);
void vitrine_backdrop_defocus(const uint8_t *y, const uint8_t *u, const uint8_t *v, const int16_t *base, struct backdrop_grid g,
	const int32_t *reach, int radius, int16_t *oy, int16_t *ou, int16_t *ov, uint32_t *sums);
void vitrine_backdrop_compose(struct backdrop_picture p, struct backdrop_grid g, struct backdrop_matte m,
	const int16_t *y, const int16_t *u, const int16_t *v, int16_t *rows, uint8_t *alpha);
void vitrine_backdrop_replace(struct backdrop_picture p, struct backdrop_grid g, struct backdrop_matte m,
	struct backdrop_picture behind, const int16_t *y, const int16_t *u, const int16_t *v, int16_t *rows, uint8_t *alpha);
void vitrine_backdrop_scale(const uint8_t *src, long stride, int sw, uint8_t *dst, long dstride, int width, int height,
	const int32_t *xs, const int32_t *ys, int low, int gain, uint16_t *row);

#endif
