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

// Planes of the working picture, in the order of beauty_plain.go.
enum { LUMA, CB, CR, SKIN, GAIN, BASE, WEIGHT, MEAN_CB, MEAN_CR, TINT_Y, TINT_CB, TINT_CR };
#define INNER 1.25f
#define OUTER 1.85f
#define REACH 1.6f
enum { A, B, LIFT, GATE, CA, CBB, CRB };

BODY float clampf(float x, float lo, float hi) { return x < lo ? lo : x > hi ? hi : x; }
BODY int clampi(int x, int lo, int hi) { return x < lo ? lo : x > hi ? hi : x; }
BODY float ease(float x) {
	x = clampf(x, 0, 1);
	return x * x * (3 - 2 * x);
}

// ---- reduce

static float mean_block(const uint8_t *p, int stride, int x, int y, int n, int w, int h) {
	int sum = 0;
	for (int j = 0; j < n; j++)
		for (int i = 0; i < n; i++)
			sum += p[(long)clampi(y + j, 0, h - 1) * stride + clampi(x + i, 0, w - 1)];
	return (float)sum / (float)(n * n);
}

#ifdef AVX2
// Means of 8 cells of luma: 32 pixels of four rows.
AVX2 static inline void luma8(const uint8_t *p, int s, float *out) {
	__m256i one = _mm256_set1_epi8(1), sum = _mm256_setzero_si256();
	for (int j = 0; j < 4; j++)
		sum = _mm256_add_epi16(sum, _mm256_maddubs_epi16(_mm256_loadu_si256((const __m256i *)(p + (long)j * s)), one));
	__m256 f = _mm256_cvtepi32_ps(_mm256_madd_epi16(sum, _mm256_set1_epi16(1)));
	_mm256_storeu_ps(out, _mm256_sub_ps(_mm256_mul_ps(f, _mm256_set1_ps(1.0f / 16)), _mm256_set1_ps(16)));
}

// Means of 8 cells of chroma: 16 pixels of two rows.
AVX2 static inline void chroma8(const uint8_t *p, int s, float *out) {
	__m128i one = _mm_set1_epi8(1);
	__m128i sum = _mm_add_epi16(_mm_maddubs_epi16(_mm_loadu_si128((const __m128i *)p), one),
		_mm_maddubs_epi16(_mm_loadu_si128((const __m128i *)(p + s)), one));
	__m256 f = _mm256_cvtepi32_ps(_mm256_cvtepu16_epi32(sum));
	_mm256_storeu_ps(out, _mm256_sub_ps(_mm256_mul_ps(f, _mm256_set1_ps(0.25f)), _mm256_set1_ps(128)));
}

AVX2 static void reduce_avx2(struct picture p, struct cells c, int y, int x1, float *f) {
	float *row = f + (long)y * c.stride;
	const uint8_t *l = p.y + (long)4 * y * p.ystride, *u = p.u + (long)2 * y * p.cstride, *v = p.v + (long)2 * y * p.cstride;
	for (int x = c.x0; x + 8 <= x1; x += 8) {
		luma8(l + 4 * x, p.ystride, row + x);
		chroma8(u + 2 * x, p.cstride, row + CB * c.size + x);
		chroma8(v + 2 * x, p.cstride, row + CR * c.size + x);
	}
}
#endif

void vitrine_beauty_reduce(struct picture p, struct cells c, float *f) {
	int cw = (p.width + 1) / 2, ch = (p.height + 1) / 2;
	for (int y = c.y0; y < c.y1; y++) {
		int from = c.x0;
#ifdef AVX2
		int whole = p.width / 4 < c.x1 ? p.width / 4 : c.x1; // cells that no edge cuts
		if (HAS_AVX2 && 4 * y + 4 <= p.height && whole > c.x0) {
			reduce_avx2(p, c, y, whole, f);
			from += (whole - c.x0) / 8 * 8;
		}
#endif
		float *row = f + (long)y * c.stride;
		for (int x = from; x < c.x1; x++) {
			row[x] = mean_block(p.y, p.ystride, 4 * x, 4 * y, 4, p.width, p.height) - 16;
			row[CB * c.size + x] = mean_block(p.u, p.cstride, 2 * x, 2 * y, 2, cw, ch) - 128;
			row[CR * c.size + x] = mean_block(p.v, p.cstride, 2 * x, 2 * y, 2, cw, ch) - 128;
		}
	}
}

// ---- skin

BODY void region_body(struct cells c, struct head h, const float *restrict keep, float *restrict region) {
	float in = INNER * INNER, out = OUTER * OUTER;
	for (int y = c.y0; y < c.y1; y++) {
		const float *restrict k = keep + (long)y * c.stride;
		float *restrict r = region + (long)y * c.stride;
		for (int x = c.x0; x < c.x1; x++) {
			float dx = (float)x - h.cx, dy = (float)y - h.cy;
			float a = dx * h.ax + dy * h.ay, b = dx * h.bx + dy * h.by;
			b *= b > 0 ? 1 / REACH : 1;
			r[x] = k[x] * ease((out - a * a - b * b) * (1 / (out - in)));
		}
	}
}

BODY void skin_body(struct cells c, struct skin s, const float *restrict region, float *restrict f) {
	float per = 1 / s.luma, ramp = 1 / (s.dim - s.dark);
	for (int y = c.y0; y < c.y1; y++) {
		const float *restrict l = f + (long)y * c.stride, *restrict u = l + CB * c.size, *restrict v = l + CR * c.size;
		const float *restrict where = region + (long)y * c.stride;
		float *restrict out = f + (long)y * c.stride + SKIN * c.size;
		for (int x = c.x0; x < c.x1; x++) {
			float k = l[x] * per, light = clampf(k, 0.35f, 1.3f);
			float du = u[x] - light * s.cb, dv = v[x] - light * s.cr;
			float e = du * s.along[0] + dv * s.along[1], g = du * s.across[0] + dv * s.across[1];
			float m = ease((2.5f - (e * e + g * g)) * (1 / 1.5f)) * ease((k - s.dark) * ramp) * s.weight * where[x];
			m += out[x];
			out[x] = m < 1 ? m : 1;
		}
	}
}

// ---- windowed sums

// Sums of width neighbours of s, of which it reads n+width-1 and spoils them: doubling, so that the cost is their logarithm.
BODY void box(float *restrict sum, float *restrict s, int n, int width) {
	int len = n + width - 1, off = 1;
	memcpy(sum, s, (size_t)n * sizeof *sum);
	for (int bit = 1; 2 * bit <= width; bit *= 2) {
		len -= bit;
		for (int x = 0; x < len; x++) s[x] += s[x + bit];
		if (width & (2 * bit)) {
			for (int x = 0; x < n; x++) sum[x] += s[x + off];
			off += 2 * bit;
		}
	}
}

// Adds (or with sign -1 removes) a row of mask-weighted moments to the column sums.
BODY void slide(struct cells c, const float *restrict f, int y, float sign, int pitch, float *restrict col) {
	const float *restrict l = f + (long)y * c.stride + c.x0, *restrict u = l + CB * c.size, *restrict v = l + CR * c.size;
	const float *restrict m = l + SKIN * c.size;
	float *restrict c1 = col + pitch, *restrict c2 = c1 + pitch, *restrict c3 = c2 + pitch, *restrict c4 = c3 + pitch;
	for (int x = 0; x < c.x1 - c.x0; x++) {
		float w = sign * m[x], wl = w * l[x];
		col[x] += w;
		c1[x] += wl;
		c2[x] += wl * l[x];
		c3[x] += w * u[x];
		c4[x] += w * v[x];
	}
}

BODY void guide_body(struct cells c, int r, float *restrict f, float *restrict row) {
	int n = c.x1 - c.x0, pitch = n + 2 * r, width = 2 * r + 1;
	float *col = row, *tmp = row + 5 * pitch, *sum = tmp + pitch;
	memset(col, 0, (size_t)(5 * pitch) * sizeof *col);
	for (int y = c.y0; y < c.y0 + r && y < c.y1; y++) slide(c, f, y, 1, pitch, col + r);
	for (int y = c.y0; y < c.y1; y++) {
		if (y + r < c.y1) slide(c, f, y + r, 1, pitch, col + r);
		if (y - r - 1 >= c.y0) slide(c, f, y - r - 1, -1, pitch, col + r);
		for (int k = 0; k < 5; k++) {
			memcpy(tmp, col + k * pitch, (size_t)pitch * sizeof *tmp);
			box(sum + k * n, tmp, n, width);
		}
		float *restrict at = f + (long)y * c.stride + c.x0;
		const float *restrict l = at, *restrict u = at + CB * c.size, *restrict v = at + CR * c.size, *restrict m = at + SKIN * c.size;
		float *restrict gain = at + GAIN * c.size, *restrict base = at + BASE * c.size, *restrict weight = at + WEIGHT * c.size;
		float *restrict mu = at + MEAN_CB * c.size, *restrict mv = at + MEAN_CR * c.size;
		const float *restrict s0 = sum, *restrict s1 = s0 + n, *restrict s2 = s1 + n, *restrict s3 = s2 + n, *restrict s4 = s3 + n;
#pragma GCC ivdep
		for (int x = 0; x < n; x++) {
			float w = s0[x] + 0.05f, per = 1 / w;
			float mean = (s1[x] + 0.05f * l[x]) * per;
			float var = (s2[x] + 0.05f * l[x] * l[x]) * per - mean * mean;
			var = var < 0 ? 0 : var;
			float e = 0.07f * mean + 0.8f, a = e * e / (var + e * e);
			gain[x] = m[x] * a;
			base[x] = m[x] * a * mean;
			weight[x] = w;
			mu[x] = (s3[x] + 0.05f * u[x]) * per;
			mv[x] = (s4[x] + 0.05f * v[x]) * per;
		}
	}
}

// ---- fold

// Rounds to the nearest integer; the bias makes truncation a floor.
BODY int16_t fixed(float x) { return (int16_t)((int)(x + 32768.5f) - 32768); }

BODY void fold_row(struct cells c, int r, struct dose d, const float *restrict at, const float *restrict sa, const float *restrict sb, int16_t *restrict out) {
	const float *restrict l = at, *restrict m = at + SKIN * c.size, *restrict w = at + WEIGHT * c.size;
	const float *restrict mu = at + MEAN_CB * c.size, *restrict mv = at + MEAN_CR * c.size;
	const float *restrict ty = at + TINT_Y * c.size, *restrict tu = at + TINT_CB * c.size, *restrict tv = at + TINT_CR * c.size;
	int16_t *restrict oa = out, *restrict ob = oa + c.size, *restrict ol = ob + c.size, *restrict og = ol + c.size;
	int16_t *restrict oc = og + c.size, *restrict ou = oc + c.size, *restrict ov = ou + c.size;
	float area = 1 / (float)((2 * r + 1) * (2 * r + 1));
#pragma GCC ivdep
	for (int x = 0; x < c.x1 - c.x0; x++) {
		float mask = m[x] * clampf(w[x] * area * 3 - 0.2f, 0, 1), per = d.smooth * mask / w[x];
		float a = sa[x] * per, b = sb[x] * per - 0.3f * a * l[x];
		a *= 0.7f;
		float lift = d.whiten * mask * clampf(l[x] * (219 - l[x]) * (1 / 11990.0f), 0, 1) * 20 + ty[x];
		float cs = 0.7f * d.smooth * mask, cw = 0.22f * d.whiten * mask, ca = cs + cw;
		float bu = cs * mu[x] + tu[x], bv = cs * mv[x] + tv[x];
		oa[x] = fixed(a * 32767);
		ob[x] = fixed((b + 16 * a) * 64);
		ol[x] = fixed(lift * 64);
		og[x] = fixed(131072 / clampf(0.25f * l[x], 5, 60));
		oc[x] = fixed(ca * 32767);
		ou[x] = fixed((bu + 128 * ca) * 64);
		ov[x] = fixed((bv + 128 * ca) * 64);
	}
}

// Where a row changes anything, in cells from the left of the picture.
static void span(struct cells c, const int16_t *at, int32_t *out) {
	int from = c.x0, to = c.x1;
	const int16_t *a = at, *l = at + LIFT * c.size, *ca = at + CA * c.size, *u = at + CBB * c.size, *v = at + CRB * c.size;
#define STILL(x) (!(a[x] | l[x] | ca[x] | u[x] | v[x]))
	while (from < to && STILL(from)) from++;
	while (to > from && STILL(to - 1)) to--;
	out[0] = from;
	out[1] = to;
}

BODY void add_row(const float *restrict f, int n, float sign, float *restrict col) {
	for (int x = 0; x < n; x++) col[x] += sign * f[x];
}

BODY void fold_body(struct cells c, int r, struct dose d, const float *restrict f, float *restrict row, int16_t *restrict planes, int32_t *restrict spans) {
	int n = c.x1 - c.x0, pitch = n + 2 * r, width = 2 * r + 1;
	float *ca = row, *cb = ca + pitch, *tmp = cb + pitch, *sa = tmp + pitch, *sb = sa + n;
	const float *ga = f + GAIN * c.size + c.x0, *ba = f + BASE * c.size + c.x0;
	memset(row, 0, (size_t)(2 * pitch) * sizeof *row);
	for (int y = c.y0; y < c.y0 + r && y < c.y1; y++) {
		add_row(ga + (long)y * c.stride, n, 1, ca + r);
		add_row(ba + (long)y * c.stride, n, 1, cb + r);
	}
	for (int y = c.y0; y < c.y1; y++) {
		if (y + r < c.y1) {
			add_row(ga + (long)(y + r) * c.stride, n, 1, ca + r);
			add_row(ba + (long)(y + r) * c.stride, n, 1, cb + r);
		}
		if (y - r - 1 >= c.y0) {
			add_row(ga + (long)(y - r - 1) * c.stride, n, -1, ca + r);
			add_row(ba + (long)(y - r - 1) * c.stride, n, -1, cb + r);
		}
		memcpy(tmp, ca, (size_t)pitch * sizeof *tmp);
		box(sa, tmp, n, width);
		memcpy(tmp, cb, (size_t)pitch * sizeof *tmp);
		box(sb, tmp, n, width);
		int16_t *out = planes + (long)y * c.stride;
		fold_row(c, r, d, f + (long)y * c.stride + c.x0, sa, sb, out + c.x0);
		span(c, out, spans + 2 * y);
	}
}

// ---- full resolution

BODY int16_t mulhrs(int16_t a, int16_t b) { return (int16_t)(((((int)a * b) >> 14) + 1) >> 1); }

// Q15 parts of the right or lower cell, for pixels 0…3 of a cell of luma and 0…1 of chroma: centre to centre.
static const int16_t part4[4] = {20480, 28672, 4096, 12288}, part2[2] = {24576, 8192};

BODY int16_t sample(const int16_t *row, int k, int right, int16_t part) {
	const int16_t *l = row + k - !right;
	return (int16_t)(l[0] + mulhrs((int16_t)(l[1] - l[0]), part));
}

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
// 16 samples of a row of cells, for 16 pixels of luma (4 cells) or chroma (8 cells), from the cell left of the first.
struct spread { __m256i left, right, part; };

AVX2 static inline __m256i spread(const int16_t *row, struct spread s) {
	__m256i c = _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)row));
	__m256i l = _mm256_shuffle_epi8(c, s.left), r = _mm256_shuffle_epi8(c, s.right);
	return _mm256_add_epi16(l, _mm256_mulhrs_epi16(_mm256_sub_epi16(r, l), s.part));
}

AVX2 static struct spread spread4(void) {
	int16_t left[16], right[16], part[16];
	for (int i = 0; i < 16; i++) {
		int k = (i >> 2) + ((i >> 1) & 1);
		left[i] = (int16_t)(2 * k | (2 * k + 1) << 8);
		right[i] = (int16_t)(2 * (k + 1) | (2 * (k + 1) + 1) << 8);
		part[i] = part4[i & 3];
	}
	return (struct spread){_mm256_loadu_si256((void *)left), _mm256_loadu_si256((void *)right), _mm256_loadu_si256((void *)part)};
}

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

// ---- dispatch

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

CHOOSE(region, (struct cells c, struct head h, const float *keep, float *region), (c, h, keep, region))
CHOOSE(skin, (struct cells c, struct skin s, const float *region, float *f), (c, s, region, f))
CHOOSE(guide, (struct cells c, int radius, float *f, float *row), (c, radius, f, row))
CHOOSE(fold, (struct cells c, int radius, struct dose d, float *f, float *row, int16_t *planes, int32_t *spans), (c, radius, d, f, row, planes, spans))
CHOOSE(luma, (struct picture p, struct cells c, const int16_t *planes, const int32_t *spans, int16_t *row), (p, c, planes, spans, row))
CHOOSE(chroma, (struct picture p, struct cells c, const int16_t *planes, const int32_t *spans, int16_t *row), (p, c, planes, spans, row))
