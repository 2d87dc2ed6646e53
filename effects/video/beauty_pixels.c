// The full picture: what the planes of cells say, done to every pixel.
#include "beauty_cells.h"

BODY int16_t gate(int16_t d, int16_t per) {
	int e = d < 0 ? -d : d;
	e = (e < 4095 ? e : 4095) << 3;
	e = mulhrs((int16_t)e, per);
	e = (e < 2047 ? e : 2047) << 4;
	int16_t g = (int16_t)(32767 - mulhrs((int16_t)e, (int16_t)e));
	return mulhrs(g, g);
}

static void luma_row(uint8_t *p, const int16_t *row, int pitch, int from, int to) {
	for (int x = from; x < to; x++) {
		int k = x >> 2, right = (x >> 1) & 1;
		int16_t part = part4[x & 3];
		int16_t a = sample(row, k, right, part), b = sample(row + pitch, k, right, part);
		int16_t lift = sample(row + 2 * pitch, k, right, part), per = sample(row + 3 * pitch, k, right, part);
		int16_t d = (int16_t)(b - mulhrs((int16_t)(p[x] << 6), a));
		p[x] = (uint8_t)clampi(p[x] + ((mulhrs((int16_t)(d + lift), gate(d, per)) + 32) >> 6), 0, 255);
	}
}

static void chroma_row(uint8_t *u, uint8_t *v, const int16_t *row, int pitch, int from, int to) {
	for (int x = from; x < to; x++) {
		int k = x >> 1, right = x & 1;
		int16_t part = part2[x & 1];
		int16_t a = sample(row, k, right, part), bu = sample(row + pitch, k, right, part), bv = sample(row + 2 * pitch, k, right, part);
		u[x] = (uint8_t)clampi(u[x] + ((bu - mulhrs((int16_t)(u[x] << 6), a) + 32) >> 6), 0, 255);
		v[x] = (uint8_t)clampi(v[x] + ((bv - mulhrs((int16_t)(v[x] << 6), a) + 32) >> 6), 0, 255);
	}
}

#ifdef AVX2
AVX2 static void luma_row_avx2(uint8_t *p, const int16_t *row, int pitch, int from, int to) {
	struct spread s = spread4();
	__m256i top = _mm256_set1_epi16(32767), wide = _mm256_set1_epi16(4095), full = _mm256_set1_epi16(2047);
	for (int x = from; x < to; x += 16) {
		const int16_t *at = row + x / 4 - 1;
		__m256i px = _mm256_slli_epi16(_mm256_cvtepu8_epi16(_mm_loadu_si128((const __m128i *)(p + x))), 6);
		__m256i a = spread(at, s), b = spread(at + pitch, s), lift = spread(at + 2 * pitch, s), per = spread(at + 3 * pitch, s);
		__m256i d = _mm256_sub_epi16(b, _mm256_mulhrs_epi16(px, a));
		__m256i e = _mm256_slli_epi16(_mm256_min_epi16(_mm256_abs_epi16(d), wide), 3);
		e = _mm256_slli_epi16(_mm256_min_epi16(_mm256_mulhrs_epi16(e, per), full), 4);
		__m256i g = _mm256_sub_epi16(top, _mm256_mulhrs_epi16(e, e));
		__m256i change = _mm256_mulhrs_epi16(_mm256_add_epi16(d, lift), _mm256_mulhrs_epi16(g, g));
		__m256i out = _mm256_srai_epi16(_mm256_add_epi16(px, _mm256_add_epi16(change, _mm256_set1_epi16(32))), 6);
		out = _mm256_packus_epi16(out, out);
		_mm_storeu_si128((__m128i *)(p + x), _mm256_castsi256_si128(_mm256_permute4x64_epi64(out, 0x08)));
	}
}

// 16 pixels of chroma span 8 cells and two neighbours, more than one shuffle reaches: each half loads its own.
AVX2 static inline __m256i spread2(const int16_t *row, __m256i left, __m256i right, __m256i part) {
	__m256i c = _mm256_inserti128_si256(_mm256_castsi128_si256(_mm_loadu_si128((const __m128i *)row)),
		_mm_loadu_si128((const __m128i *)(row + 4)), 1);
	__m256i l = _mm256_shuffle_epi8(c, left), r = _mm256_shuffle_epi8(c, right);
	return _mm256_add_epi16(l, _mm256_mulhrs_epi16(_mm256_sub_epi16(r, l), part));
}

AVX2 static inline void chroma16(uint8_t *p, __m256i a, __m256i b) {
	__m256i px = _mm256_slli_epi16(_mm256_cvtepu8_epi16(_mm_loadu_si128((const __m128i *)p)), 6);
	__m256i d = _mm256_sub_epi16(b, _mm256_mulhrs_epi16(px, a));
	__m256i out = _mm256_srai_epi16(_mm256_add_epi16(px, _mm256_add_epi16(d, _mm256_set1_epi16(32))), 6);
	out = _mm256_packus_epi16(out, out);
	_mm_storeu_si128((__m128i *)p, _mm256_castsi256_si128(_mm256_permute4x64_epi64(out, 0x08)));
}

AVX2 static void chroma_row_avx2(uint8_t *u, uint8_t *v, const int16_t *row, int pitch, int from, int to) {
	__m256i left = _mm256_setr_epi8(0, 1, 2, 3, 2, 3, 4, 5, 4, 5, 6, 7, 6, 7, 8, 9, 0, 1, 2, 3, 2, 3, 4, 5, 4, 5, 6, 7, 6, 7, 8, 9);
	__m256i right = _mm256_add_epi8(left, _mm256_set1_epi8(2));
	__m256i part = _mm256_set1_epi32((int)((uint32_t)part2[1] << 16 | (uint16_t)part2[0]));
	for (int x = from; x < to; x += 16) {
		const int16_t *at = row + x / 2 - 1;
		__m256i a = spread2(at, left, right, part);
		chroma16(u + x, a, spread2(at + pitch, left, right, part));
		chroma16(v + x, a, spread2(at + 2 * pitch, left, right, part));
	}
}
#endif

BODY void luma_body(struct picture p, struct cells c, const int16_t *planes, const int32_t *spans, int16_t *row) {
	int pitch = c.width + 2 * MARGIN, from, to;
	int y0 = 4 * c.y0 - 2 < 0 ? 0 : 4 * c.y0 - 2, y1 = 4 * c.y1 + 2 < p.height ? 4 * c.y1 + 2 : p.height;
	for (int y = y0; y < y1; y++) {
		if (!rows(c, planes, spans, y, 4, 4, row, &from, &to)) continue;
		int x0 = from ? 4 * from - 4 : 0, x1 = 4 * to + 4 < p.width ? 4 * to + 4 : p.width;
		uint8_t *line = p.y + (long)y * p.ystride;
#ifdef __x86_64__
		if (HAS_AVX2) {
			int whole = (x1 - x0) / 16 * 16;
			luma_row_avx2(line, row + MARGIN, pitch, x0, x0 + whole);
			x0 += whole;
		}
#endif
		luma_row(line, row + MARGIN, pitch, x0, x1);
	}
}

BODY void chroma_body(struct picture p, struct cells c, const int16_t *planes, const int32_t *spans, int16_t *row) {
	int pitch = c.width + 2 * MARGIN, from, to, w = (p.width + 1) / 2, h = (p.height + 1) / 2;
	int y0 = 2 * c.y0 - 1 < 0 ? 0 : 2 * c.y0 - 1, y1 = 2 * c.y1 + 1 < h ? 2 * c.y1 + 1 : h;
	for (int y = y0; y < y1; y++) {
		if (!rows(c, planes + CA * c.size, spans, y, 2, 3, row, &from, &to)) continue;
		int x0 = from ? 2 * from - 2 : 0, x1 = 2 * to + 2 < w ? 2 * to + 2 : w;
		uint8_t *u = p.u + (long)y * p.cstride, *v = p.v + (long)y * p.cstride;
#ifdef __x86_64__
		if (HAS_AVX2) {
			int whole = (x1 - x0) / 16 * 16;
			chroma_row_avx2(u, v, row + MARGIN, pitch, x0, x0 + whole);
			x0 += whole;
		}
#endif
		chroma_row(u, v, row + MARGIN, pitch, x0, x1);
	}
}

BODY void sharpen_body(struct picture p, struct cells c, const int16_t *planes, const int32_t *spans, int amount, int16_t *row) {
	int w = p.width, from, to;
	int16_t *restrict skin = row + c.width + 2 * MARGIN, *restrict sum = skin + 4 * c.width + 2 * MARGIN;
	int16_t *restrict above = sum + 4 * c.width + 2 * MARGIN, *restrict here = above + 4 * c.width;
	for (int x = 0; x < w; x++) here[x] = p.y[x];
	for (int y = 0; y < p.height; y++) {
		uint8_t *restrict line = p.y + (long)y * p.ystride;
		const uint8_t *below = y + 1 < p.height ? line + p.ystride : line;
		int16_t *spare = above;
		above = here;
		here = spare;
		memset(skin, 0, (size_t)w * sizeof *skin);
		if (rows(c, planes + MASK * c.size, spans, y, 4, 1, row, &from, &to))
			upsample(row + MARGIN, 4, from ? 4 * from - 4 : 0, 4 * to + 4 < w ? 4 * to + 4 : w, skin);
		for (int x = 0; x < w; x++) {
			here[x] = line[x];
			sum[x + 1] = (int16_t)(above[x] + 2 * here[x] + below[x]);
		}
		sum[0] = sum[1];
		sum[w + 1] = sum[w];
		for (int x = 0; x < w; x++) {
			int16_t d = (int16_t)(16 * here[x] - sum[x] - 2 * sum[x + 1] - sum[x + 2]);
			int16_t noise = d > 16 ? 16 : d < -16 ? -16 : d;
			int16_t e = mulhrs((int16_t)(4 * (d - noise)), (int16_t)amount);
			e = mulhrs(e, (int16_t)(32767 - skin[x]));
			e = e > 384 ? 384 : e < -384 ? -384 : e;
			int out = (16 * here[x] + e + 8) >> 4;
			line[x] = (uint8_t)clampi(out, 0, 255);
		}
	}
}

CHOOSE(luma, (struct picture p, struct cells c, const int16_t *planes, const int32_t *spans, int16_t *row), (p, c, planes, spans, row))
CHOOSE(chroma, (struct picture p, struct cells c, const int16_t *planes, const int32_t *spans, int16_t *row), (p, c, planes, spans, row))
CHOOSE(sharpen, (struct picture p, struct cells c, const int16_t *planes, const int32_t *spans, int amount, int16_t *row), (p, c, planes, spans, amount, row))
