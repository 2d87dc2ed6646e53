// Kernels of the beauty filter. beauty_plain.go is the same in Go, says what each computes and is what the tests compare with.
#ifndef VITRINE_BEAUTY_H
#define VITRINE_BEAUTY_H

#include <stdint.h>

// The working picture: one cell covers 4×4 pixels of luma and 2×2 of chroma. Kernels touch cells x0…x1-1, y0…y1-1.
struct cells {
	int width, height, stride, size; // size is the distance between planes
	int x0, y0, x1, y1;
};

// A picture's planes and its size in pixels.
struct picture {
	uint8_t *y, *u, *v;
	int ystride, cstride, width, height;
};

// What colour skin is: skin.go says how the terms are used.
struct skin {
	float luma, cb, cr;
	float along[2], across[2];
	float dim, dark, grey;
	float weight;
};

// The frame of a face: see head in skin.go.
struct head {
	float cx, cy, ax, ay, bx, by;
};

// A closed line in cells: see polygon in skin.go.
struct polygon {
	float x[36], y[36];
	int n;
};

// How strongly to fold filter and mask into affine planes, each 0 to 1.
struct dose {
	float smooth, whiten;
};

void vitrine_beauty_reduce(struct picture p, struct cells c, float *f);
void vitrine_beauty_distance(struct cells c, struct polygon p, float *out);
void vitrine_beauty_region(struct cells c, struct head h, const float *keep, float *region);
void vitrine_beauty_soften(struct cells c, float *f, float *row);
void vitrine_beauty_skin(struct cells c, struct skin s, const float *region, float *f);
void vitrine_beauty_guide(struct cells c, int radius, float *f, float *row);
void vitrine_beauty_fold(struct cells c, int radius, struct dose d, float *f, float *row, int16_t *planes, int32_t *spans);
void vitrine_beauty_luma(struct picture p, struct cells c, const int16_t *planes, const int32_t *spans, int16_t *row);
void vitrine_beauty_chroma(struct picture p, struct cells c, const int16_t *planes, const int32_t *spans, int16_t *row);
void vitrine_beauty_sharpen(struct picture p, struct cells c, const int16_t *planes, const int32_t *spans, int amount, int16_t *row);
void vitrine_beauty_warp(struct picture p, struct picture from, struct cells c, const int16_t *planes, const int32_t *spans, int16_t *row);

#endif
