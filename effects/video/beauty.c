// The working picture: means, mask, guided filter, planes.
#include "beauty_cells.h"

#include <math.h>

// Planes of the working picture, in the order of beauty_plain.go.
enum { LUMA, CB, CR, SKIN, GAIN, BASE, WEIGHT, MEAN_CB, MEAN_CR, TINT_Y, TINT_CB, TINT_CR };
// The look, as in beauty_plain.go and skin.go.
#define EDGE 0.085f
#define GRAIN 0.25f
#define CHROMA 0.7f
#define LIFT_MOST 18
#define PALE 0.22f
#define HAIR 0.45f
#define INNER 1.25f
#define OUTER 1.85f
#define REACH 1.6f
BODY float clampf(float x, float lo, float hi) { return x < lo ? lo : x > hi ? hi : x; }
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

BODY void soften_body(struct cells c, float *restrict f, float *restrict row) {
	int n = c.x1 - c.x0;
	float *above = row, *sum = row + n + 1;
	for (int k = CB; k <= CR; k++) {
		float *first = f + k * c.size + (long)c.y0 * c.stride + c.x0;
		memcpy(above, first, (size_t)n * sizeof *above);
		for (int y = c.y0; y < c.y1; y++) {
			float *restrict at = f + k * c.size + (long)y * c.stride + c.x0;
			const float *restrict below = y + 1 < c.y1 ? at + c.stride : at;
#pragma GCC ivdep
			for (int x = 0; x < n; x++) {
				sum[x] = 0.25f * (above[x] + 2 * at[x] + below[x]);
				above[x] = at[x];
			}
			sum[-1] = sum[0];
			sum[n] = sum[n - 1];
#pragma GCC ivdep
			for (int x = 0; x < n; x++) at[x] = 0.25f * (sum[x - 1] + 2 * sum[x] + sum[x + 1]);
		}
	}
}

BODY void distance_body(struct cells c, struct polygon p, float *restrict out) {
	for (int y = c.y0; y < c.y1; y++) {
		float *restrict row = out + (long)y * c.stride, line = (float)y;
		int odd = 0;
		float crossings[36];
		for (int i = 0, j = p.n - 1; i < p.n; j = i++) {
			float px = p.x[i], ex = p.x[j] - px, ey = p.y[j] - p.y[i], wy = line - p.y[i];
			float len = ex * ex + ey * ey, per = 1 / (len > 1e-6f ? len : 1e-6f);
			for (int x = c.x0; x < c.x1; x++) {
				float wx = (float)x - px, t = clampf((wx * ex + wy * ey) * per, 0, 1);
				float dx = wx - t * ex, dy = wy - t * ey, d = dx * dx + dy * dy;
				row[x] = i && row[x] < d ? row[x] : d;
			}
			if ((p.y[i] > line) != (p.y[j] > line)) crossings[odd++] = px + wy * ex / ey;
		}
		for (int x = c.x0; x < c.x1; x++) row[x] = sqrtf(row[x]);
		for (int k = 0; k < odd; k++)
			for (int x = c.x0; x < c.x1; x++) row[x] = (float)x < crossings[k] ? -row[x] : row[x];
	}
}

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
			float k = l[x] * per, light = clampf(k, 0.35f, 1.1f), near = 0.5f + 0.5f * (light < 1 ? light : 1);
			float du = u[x] - light * s.cb, dv = v[x] - light * s.cr;
			float e = du * s.along[0] + dv * s.along[1], g = du * s.across[0] + dv * s.across[1];
			float q = (e * e + g * g) / (near * near), colour = u[x] * s.along[0] + v[x] * s.along[1] - s.grey * l[x];
			float m = ease((4.5f - q) * (1 / 3.5f)) * ease((k - s.dark) * ramp) * ease(4.5f * colour) * s.weight * where[x] + out[x];
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
			float e = EDGE * mean + 0.4f, a = e * e / (var + e * e);
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
	int16_t *restrict oc = og + c.size, *restrict ou = oc + c.size, *restrict ov = ou + c.size, *restrict om = ov + c.size;
	float area = 1 / (float)((2 * r + 1) * (2 * r + 1));
#pragma GCC ivdep
	for (int x = 0; x < c.x1 - c.x0; x++) {
		float mask = m[x] * clampf(w[x] * area * 3 - 0.2f, 0, 1), per = d.smooth * mask / w[x];
		float a = sa[x] * per, b = sb[x] * per - GRAIN * a * l[x];
		a *= 1 - GRAIN;
		float lift = d.whiten * mask * clampf(l[x] * (219 - l[x]) * (1 / 11990.0f), 0, 1) * LIFT_MOST + ty[x];
		float cs = CHROMA * d.smooth * mask, cw = PALE * d.whiten * mask, ca = cs + cw;
		float bu = cs * mu[x] + tu[x], bv = cs * mv[x] + tv[x];
		oa[x] = fixed(a * 32767);
		ob[x] = fixed((b + 16 * a) * 64);
		ol[x] = fixed(lift * 64);
		og[x] = fixed(131072 / clampf(HAIR * l[x], 5, 60));
		oc[x] = fixed(ca * 32767);
		ou[x] = fixed((bu + 128 * ca) * 64);
		ov[x] = fixed((bv + 128 * ca) * 64);
		om[x] = fixed(mask * 32767);
	}
}

// Where a row has skin or a tint, in cells from the left of the picture.
static void span(struct cells c, const int16_t *at, int32_t *out) {
	int from = c.x0, to = c.x1;
	const int16_t *m = at + MASK * c.size, *l = at + LIFT * c.size, *u = at + CBB * c.size, *v = at + CRB * c.size;
#define STILL(x) (!(m[x] | l[x] | u[x] | v[x]))
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

CHOOSE(distance, (struct cells c, struct polygon p, float *out), (c, p, out))
CHOOSE(region, (struct cells c, struct head h, const float *keep, float *region), (c, h, keep, region))
CHOOSE(soften, (struct cells c, float *f, float *row), (c, f, row))
CHOOSE(skin, (struct cells c, struct skin s, const float *region, float *f), (c, s, region, f))
CHOOSE(guide, (struct cells c, int radius, float *f, float *row), (c, radius, f, row))
CHOOSE(fold, (struct cells c, int radius, struct dose d, float *f, float *row, int16_t *planes, int32_t *spans), (c, radius, d, f, row, planes, spans))
