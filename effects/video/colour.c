//go:build cgo

#include "colour.h"

struct colour_tables { const uint32_t *y, *u, *v; };

struct colour_rows { uint8_t *y0, *y1, *u, *v; };

struct colour_cell { int first; int w[4]; };

static inline struct colour_cell colour_cell(int u, int v) {
	int fu = u & 7, fv = v & 7;
	struct colour_cell c = {((u >> 3) * 32 + (v >> 3)) * 33, {(8 - fu) * (8 - fv), fu * (8 - fv), (8 - fu) * fv, fu * fv}};
	return c;
}

static inline int colour_mix(const struct colour_cell *c, uint32_t e) {
	return c->w[0] * (int)(e & 255) + c->w[1] * (int)(e >> 8 & 255) + c->w[2] * (int)(e >> 16 & 255) + c->w[3] * (int)(e >> 24);
}

static inline uint8_t colour_look(const struct colour_cell *c, const uint32_t *t, int y) {
	const uint32_t *e = t + c->first + (y >> 3);
	int f = y & 7;
	return (uint8_t)(((8 - f) * colour_mix(c, e[0]) + f * colour_mix(c, e[1]) + 256) >> 9);
}

// The last row of an odd height is both rows of its pair: all is read before anything is written.
static void colour_plain(struct colour_rows r, int x, int width, struct colour_tables t) {
	for (; x < width; x += 2) {
		int right = x + 1 < width ? x + 1 : x;
		int a = r.y0[x], b = r.y0[right], c = r.y1[x], d = r.y1[right], mean = (a + b + c + d + 2) >> 2;
		struct colour_cell at = colour_cell(r.u[x / 2], r.v[x / 2]);
		r.y0[x] = colour_look(&at, t.y, a);
		r.y0[right] = colour_look(&at, t.y, b);
		r.y1[x] = colour_look(&at, t.y, c);
		r.y1[right] = colour_look(&at, t.y, d);
		r.u[x / 2] = colour_look(&at, t.u, mean);
		r.v[x / 2] = colour_look(&at, t.v, mean);
	}
}

#if defined(__x86_64__)
#include <immintrin.h>

#define COLOUR_AVX2 __attribute__((target("avx2")))

COLOUR_AVX2 static inline __m128i colour_entry(const uint32_t *e) { return _mm_loadl_epi64((const __m128i *)e); }

// Looks four values up: entry numbers, their place in the cell in 64-bit lanes, the corners' weights twice in each 64-bit
// lane. The result is the low 32 bits of each lane; the high ones are rubbish.
COLOUR_AVX2 static inline __m256i colour_look4(const uint32_t *t, __m128i entry, __m256i f, __m256i weights) {
	// Plain loads beat the gather instruction, on processors with its security fix by far.
	uint64_t a = (uint64_t)_mm_cvtsi128_si64(entry), b = (uint64_t)_mm_extract_epi64(entry, 1);
	__m128i e01 = _mm_unpacklo_epi64(colour_entry(t + (uint32_t)a), colour_entry(t + (a >> 32)));
	__m128i e23 = _mm_unpacklo_epi64(colour_entry(t + (uint32_t)b), colour_entry(t + (b >> 32)));
	__m256i e = _mm256_inserti128_si256(_mm256_castsi128_si256(e01), e23, 1);
	__m256i w = _mm256_sub_epi64(_mm256_add_epi64(_mm256_set1_epi64x(8), _mm256_slli_epi64(f, 32)), f);
	w = _mm256_or_si256(w, _mm256_slli_epi64(w, 16));
	__m256i s = _mm256_madd_epi16(_mm256_maddubs_epi16(e, weights), w);
	s = _mm256_add_epi32(_mm256_add_epi32(s, _mm256_srli_epi64(s, 32)), _mm256_set1_epi32(256));
	return _mm256_srli_epi32(s, 9);
}

// Joins the low halves of the lanes of a, then b.
COLOUR_AVX2 static inline __m256i colour_join(__m256i a, __m256i b) {
	__m256 s = _mm256_shuffle_ps(_mm256_castsi256_ps(a), _mm256_castsi256_ps(b), 0x88);
	return _mm256_permute4x64_epi64(_mm256_castps_si256(s), 0xd8);
}

// Looks eight values up, one for each first entry and weight.
COLOUR_AVX2 static inline __m256i colour_look8(const uint32_t *t, __m256i first, __m256i weights, __m256i y) {
	__m256i entry = _mm256_add_epi32(first, _mm256_srli_epi32(y, 3)), f = _mm256_and_si256(y, _mm256_set1_epi32(7));
	__m256i lo = _mm256_permutevar8x32_epi32(weights, _mm256_setr_epi32(0, 0, 1, 1, 2, 2, 3, 3));
	__m256i hi = _mm256_permutevar8x32_epi32(weights, _mm256_setr_epi32(4, 4, 5, 5, 6, 6, 7, 7));
	__m256i a = colour_look4(t, _mm256_castsi256_si128(entry), _mm256_cvtepu32_epi64(_mm256_castsi256_si128(f)), lo);
	__m256i b = colour_look4(t, _mm256_extracti128_si256(entry, 1), _mm256_cvtepu32_epi64(_mm256_extracti128_si256(f, 1)), hi);
	return colour_join(a, b);
}

COLOUR_AVX2 static inline __m256i colour_load8(const uint8_t *p) { return _mm256_cvtepu8_epi32(_mm_loadl_epi64((const __m128i *)p)); }

COLOUR_AVX2 static inline void colour_store16(uint8_t *p, __m256i a, __m256i b) {
	__m256i s = _mm256_permute4x64_epi64(_mm256_packus_epi32(a, b), 0xd8);
	_mm_storeu_si128((__m128i *)p, _mm_packus_epi16(_mm256_castsi256_si128(s), _mm256_extracti128_si256(s, 1)));
}

COLOUR_AVX2 static inline void colour_store8(uint8_t *p, __m256i a) {
	__m128i s = _mm_packus_epi32(_mm256_castsi256_si128(a), _mm256_extracti128_si256(a, 1));
	_mm_storel_epi64((__m128i *)p, _mm_packus_epi16(s, s));
}

// The means of pairs of 16 bytes in two rows.
COLOUR_AVX2 static inline __m256i colour_mean(const uint8_t *a, const uint8_t *b) {
	__m128i one = _mm_set1_epi8(1);
	__m128i s = _mm_add_epi16(_mm_maddubs_epi16(_mm_loadu_si128((const __m128i *)a), one), _mm_maddubs_epi16(_mm_loadu_si128((const __m128i *)b), one));
	return _mm256_cvtepu16_epi32(_mm_srli_epi16(_mm_add_epi16(s, _mm_set1_epi16(2)), 2));
}

// Sixteen columns at a time; returns where it stopped.
COLOUR_AVX2 static int colour_avx2(struct colour_rows r, int width, struct colour_tables t) {
	const __m256i seven = _mm256_set1_epi32(7);
	const __m256i left = _mm256_setr_epi32(0, 0, 1, 1, 2, 2, 3, 3), right = _mm256_setr_epi32(4, 4, 5, 5, 6, 6, 7, 7);
	int x = 0;
	for (; x + 16 <= width; x += 16) {
		__m256i u = colour_load8(r.u + x / 2), v = colour_load8(r.v + x / 2), mean = colour_mean(r.y0 + x, r.y1 + x);
		__m256i fu = _mm256_and_si256(u, seven), fv = _mm256_and_si256(v, seven);
		__m256i cell = _mm256_add_epi32(_mm256_slli_epi32(_mm256_srli_epi32(u, 3), 5), _mm256_srli_epi32(v, 3));
		__m256i first = _mm256_add_epi32(_mm256_slli_epi32(cell, 5), cell);
		__m256i w3 = _mm256_mullo_epi16(fu, fv);
		__m256i w1 = _mm256_sub_epi32(_mm256_slli_epi32(fu, 3), w3), w2 = _mm256_sub_epi32(_mm256_slli_epi32(fv, 3), w3);
		__m256i w0 = _mm256_sub_epi32(_mm256_set1_epi32(64), _mm256_add_epi32(_mm256_add_epi32(w1, w2), w3));
		__m256i w = _mm256_or_si256(_mm256_or_si256(w0, _mm256_slli_epi32(w1, 8)), _mm256_or_si256(_mm256_slli_epi32(w2, 16), _mm256_slli_epi32(w3, 24)));

		__m256i f0 = _mm256_permutevar8x32_epi32(first, left), f1 = _mm256_permutevar8x32_epi32(first, right);
		__m256i g0 = _mm256_permutevar8x32_epi32(w, left), g1 = _mm256_permutevar8x32_epi32(w, right);
		__m256i a0 = colour_look8(t.y, f0, g0, colour_load8(r.y0 + x)), a1 = colour_look8(t.y, f1, g1, colour_load8(r.y0 + x + 8));
		__m256i b0 = colour_look8(t.y, f0, g0, colour_load8(r.y1 + x)), b1 = colour_look8(t.y, f1, g1, colour_load8(r.y1 + x + 8));
		colour_store16(r.y0 + x, a0, a1);
		colour_store16(r.y1 + x, b0, b1);
		colour_store8(r.u + x / 2, colour_look8(t.u, first, w, mean));
		colour_store8(r.v + x / 2, colour_look8(t.v, first, w, mean));
	}
	return x;
}
#endif

void vitrine_colour_apply(uint8_t *y, uint8_t *u, uint8_t *v, long ystride, long cstride, int width, int height,
	const uint32_t *ty, const uint32_t *tu, const uint32_t *tv) {
	struct colour_tables t = {ty, tu, tv};
	for (int row = 0; row < height; row += 2) {
		struct colour_rows r = {y + row * ystride, y + (row + 1 < height ? row + 1 : row) * ystride, u + row / 2 * cstride, v + row / 2 * cstride};
		int x = 0;
#if defined(__x86_64__)
		if (__builtin_cpu_supports("avx2")) x = colour_avx2(r, width, t);
#endif
		colour_plain(r, x, width, t);
	}
}
