// The warp: every pixel comes from where the field says, cubically interpolated. warp.go says how the field comes about.
#include "beauty_cells.h"

// Catmull and Rom's cubic through four neighbours, in Q6, at 32 places between the middle two.
static void cubic(int part, int8_t w[4]) {
	int t = part, s = 32 - part;
	int a = -(t * s * s + 512) >> 10, d = -(t * t * s + 512) >> 10;
	int b = ((3 * t - 5 * 32) * t * t + 2 * 32768 + 512) >> 10;
	w[0] = (int8_t)a;
	w[1] = (int8_t)b;
	w[3] = (int8_t)d;
	w[2] = (int8_t)(64 - a - b - d);
}

// The kernels of all 32 places: across for four pixels of a row, down for the pairs of sums of four rows.
struct cubics {
	int8_t across[32][4];
	int16_t down[32][8];
};

static void cubics(struct cubics *c) {
	for (int i = 0; i < 32; i++) {
		cubic(i, c->across[i]);
		for (int j = 0; j < 8; j++) c->down[i][j] = c->across[i][j / 2];
	}
}

// Weighted sum of 4×4 pixels in Q12.
BODY int blend(const uint8_t *s, int stride, const int8_t *wx, const int16_t *wy) {
	int sum = 0;
	for (int j = 0; j < 4; j++, s += stride)
		sum += wy[2 * j] * (s[0] * wx[0] + s[1] * wx[1] + s[2] * wx[2] + s[3] * wx[3]);
	return sum;
}

#ifdef AVX2
AVX2 static inline __m128i four(const void *p) {
	int32_t x;
	memcpy(&x, p, 4);
	return _mm_cvtsi32_si128(x);
}

AVX2 static int blend_avx2(const uint8_t *s, int stride, const int8_t *wx, const int16_t *wy) {
	__m128i top = _mm_unpacklo_epi32(four(s), four(s + stride));
	__m128i bottom = _mm_unpacklo_epi32(four(s + 2 * stride), four(s + 3 * stride));
	__m128i across = _mm_maddubs_epi16(_mm_unpacklo_epi64(top, bottom), _mm_broadcastd_epi32(four(wx)));
	__m128i sum = _mm_madd_epi16(across, _mm_loadu_si128((const __m128i *)wy));
	sum = _mm_add_epi32(sum, _mm_unpackhi_epi64(sum, sum));
	return _mm_cvtsi128_si32(sum) + _mm_extract_epi32(sum, 1);
}
#define BLEND(...) (HAS_AVX2 ? blend_avx2(__VA_ARGS__) : blend(__VA_ARGS__))
#else
#define BLEND blend
#endif

// One pixel, sx and sy in 32nds of a pixel; beyond the edge the last pixel goes on.
BODY uint8_t fetch(const uint8_t *p, int stride, int w, int h, int sx, int sy, const struct cubics *c) {
	int x = (sx >> 5) - 1, y = (sy >> 5) - 1, sum;
	const int8_t *wx = c->across[sx & 31];
	const int16_t *wy = c->down[sy & 31];
	if (x >= 0 && y >= 0 && x + 4 <= w && y + 4 <= h) {
		sum = BLEND(p + (long)y * stride + x, stride, wx, wy);
	} else {
		uint8_t edge[16];
		for (int j = 0; j < 4; j++)
			for (int i = 0; i < 4; i++) edge[4 * j + i] = p[(long)clampi(y + j, 0, h - 1) * stride + clampi(x + i, 0, w - 1)];
		sum = blend(edge, 4, wx, wy);
	}
	return (uint8_t)clampi((sum + 2048) >> 12, 0, 255);
}

// A cell is so many pixels wide and high: 4 of luma, 2 of chroma, whose pixels are twice as large.
BODY void warp_plane(uint8_t *to, const uint8_t *from, int stride, int from_stride, int w, int h, int cell, struct cells c,
	const int16_t *planes, const int32_t *spans, int16_t *row, const struct cubics *cubics) {
	int pitch = c.width + 2 * MARGIN, k0, k1, half = cell == 2;
	int16_t *r = row + MARGIN, *d = r + pitch, *dx = row + 2 * pitch, *dy = dx + cell * c.width + MARGIN;
	int y0 = cell * c.y0 - cell / 2, y1 = cell * c.y1 + cell / 2;
	for (int y = y0 < 0 ? 0 : y0; y < y1 && y < h; y++) {
		if (!rows(c, planes, spans, y, cell, 2, row, &k0, &k1)) continue;
		int x0 = k0 ? cell * (k0 - 1) : 0, x1 = cell * (k1 + 1) < w ? cell * (k1 + 1) : w;
		upsample(r, cell, x0, x1, dx);
		upsample(d, cell, x0, x1, dy);
		uint8_t *line = to + (long)y * stride;
		for (int x = x0; x < x1; x++)
			if (dx[x] | dy[x]) line[x] = fetch(from, from_stride, w, h, 32 * x + (dx[x] >> half), 32 * y + (dy[x] >> half), cubics);
	}
}

BODY void warp_body(struct picture p, struct picture from, struct cells c, const int16_t *planes, const int32_t *spans, int16_t *row) {
	int cw = (p.width + 1) / 2, ch = (p.height + 1) / 2;
	struct cubics k;
	cubics(&k);
	warp_plane(p.y, from.y, p.ystride, from.ystride, p.width, p.height, 4, c, planes, spans, row, &k);
	warp_plane(p.u, from.u, p.cstride, from.cstride, cw, ch, 2, c, planes, spans, row, &k);
	warp_plane(p.v, from.v, p.cstride, from.cstride, cw, ch, 2, c, planes, spans, row, &k);
}

CHOOSE(warp, (struct picture p, struct picture from, struct cells c, const int16_t *planes, const int32_t *spans, int16_t *row), (p, from, c, planes, spans, row))
