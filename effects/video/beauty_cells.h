// What the kernels share: how one is compiled twice, and how a row of pixels reads planes of cells between cell centres.
#ifndef VITRINE_BEAUTY_CELLS_H
#define VITRINE_BEAUTY_CELLS_H

#include "beauty.h"

#include <string.h>

// No kernel looks at floating-point exceptions; believing that one might keeps GCC from turning clamps into vectors.
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize("no-trapping-math")
#endif

#ifdef __x86_64__
#include <immintrin.h>
#define AVX2 __attribute__((target("avx2,fma")))
#define HAS_AVX2 __builtin_cpu_supports("avx2")
#else
#define HAS_AVX2 0
#endif
#define BODY static inline __attribute__((always_inline))

// Each kernel is compiled for AVX2 and for whatever the compiler takes for granted; the machine chooses.
#ifdef __x86_64__
#define CHOOSE(name, params, args)                               \
	AVX2 static void name##_avx2 params { name##_body args; } \
	static void name##_plain params { name##_body args; }     \
	void vitrine_beauty_##name params { (HAS_AVX2 ? name##_avx2 : name##_plain) args; }
#else
#define CHOOSE(name, params, args) \
	void vitrine_beauty_##name params { name##_body args; }
#endif

// Integer planes, in the order of beauty_plain.go.
enum { A, B, LIFT, GATE, CA, CBB, CRB, MASK };

BODY int clampi(int x, int lo, int hi) { return x < lo ? lo : x > hi ? hi : x; }

BODY int16_t mulhrs(int16_t a, int16_t b) { return (int16_t)(((((int)a * b) >> 14) + 1) >> 1); }

// Q15 parts of the right or lower cell, for pixels 0…3 of a cell of luma and 0…1 of chroma: centre to centre.
static const int16_t part4[4] = {20480, 28672, 4096, 12288}, part2[2] = {24576, 8192};

BODY int16_t sample(const int16_t *row, int k, int right, int16_t part) {
	const int16_t *l = row + k - !right;
	return (int16_t)(l[0] + mulhrs((int16_t)(l[1] - l[0]), part));
}

// A row of interpolated cells starts after this many, so that vectors may begin left of it and end right of it.
enum { MARGIN = 8 };

// Interpolates n planes between the two rows of cells that pixel row y lies between (cell is 4 or 2 pixels), and returns
// by *from and *to the cells that change anything. Outside them all is zero but the gate; at the picture's edge the last
// cell goes on.
BODY int rows(struct cells c, const int16_t *planes, const int32_t *spans, int y, int cell, int n, int16_t *row, int *from, int *to) {
	int j = y % cell, top = y / cell - (j < cell / 2), bottom = top + 1;
	int16_t part = cell == 4 ? part4[j] : part2[j];
	top = top < 0 ? 0 : top;
	bottom = bottom < c.height ? bottom : c.height - 1;
	int has_top = top >= c.y0 && top < c.y1 && spans[2 * top] < spans[2 * top + 1];
	int has_bottom = bottom >= c.y0 && bottom < c.y1 && spans[2 * bottom] < spans[2 * bottom + 1];
	if (!has_top && !has_bottom) return 0;
	const int32_t *a = spans + 2 * (has_top ? top : bottom), *b = spans + 2 * (has_bottom ? bottom : top);
	int x0 = a[0] < b[0] ? a[0] : b[0], x1 = a[1] > b[1] ? a[1] : b[1];
	for (int k = 0; k < n; k++) {
		int16_t *out = row + k * (c.width + 2 * MARGIN) + MARGIN;
		const int16_t *t = planes + k * c.size + (long)top * c.stride, *u = planes + k * c.size + (long)bottom * c.stride;
		if (has_top && has_bottom)
			for (int x = x0; x < x1; x++) out[x] = (int16_t)(t[x] + mulhrs((int16_t)(u[x] - t[x]), part));
		else if (has_top)
			for (int x = x0; x < x1; x++) out[x] = (int16_t)(t[x] - mulhrs(t[x], part));
		else
			for (int x = x0; x < x1; x++) out[x] = mulhrs(u[x], part);
		out[x0 - 1] = x0 == 0 ? out[x0] : 0;
		out[x0 - 2] = 0;
		out[x1] = x1 == c.width ? out[x1 - 1] : 0;
		out[x1 + 1] = 0;
	}
	*from = x0;
	*to = x1;
	return 1;
}

#ifdef AVX2
// 16 samples of a row of cells, for 16 pixels of luma (4 cells) or chroma (8 cells), from the cell left of the first.
struct spread { __m256i left, right, part; };

AVX2 static inline __m256i spread(const int16_t *row, struct spread s) {
	__m256i c = _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)row));
	__m256i l = _mm256_shuffle_epi8(c, s.left), r = _mm256_shuffle_epi8(c, s.right);
	return _mm256_add_epi16(l, _mm256_mulhrs_epi16(_mm256_sub_epi16(r, l), s.part));
}

AVX2 static inline struct spread spread4(void) {
	int16_t left[16], right[16], part[16];
	for (int i = 0; i < 16; i++) {
		int k = (i >> 2) + ((i >> 1) & 1);
		left[i] = (int16_t)(2 * k | (2 * k + 1) << 8);
		right[i] = (int16_t)(2 * (k + 1) | (2 * (k + 1) + 1) << 8);
		part[i] = part4[i & 3];
	}
	return (struct spread){_mm256_loadu_si256((void *)left), _mm256_loadu_si256((void *)right), _mm256_loadu_si256((void *)part)};
}

AVX2 static inline int upsample_avx2(const int16_t *row, int16_t *out, int from, int to) {
	struct spread s = spread4();
	for (; from + 16 <= to; from += 16) _mm256_storeu_si256((__m256i *)(out + from), spread(row + from / 4 - 1, s));
	return from;
}
#endif

// All samples of a row of cells for pixels from…to-1, both at whole cells.
static inline void upsample(const int16_t *row, int cell, int from, int to, int16_t *out) {
	int x = from, half = cell / 2;
	const int16_t *part = cell == 4 ? part4 : part2;
#ifdef AVX2
	if (HAS_AVX2 && cell == 4) x = upsample_avx2(row, out, from, to);
#endif
	for (; x < to; x++) out[x] = sample(row, x / cell, x % cell >= half, part[x % cell]);
}

#endif
