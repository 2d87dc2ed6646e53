//go:build cgo

// Every kernel is written once in plain C that compilers turn into vectors, and compiled for the processors of today and of
// yesterday.
#include "background.h"
#include <string.h>

#define INLINE static inline __attribute__((always_inline))

#if defined(__x86_64__)
#define KERNEL(name, parameters, arguments) \
	__attribute__((target("avx2"))) static void name##_avx2 parameters { name arguments; } \
	void vitrine_##name parameters { \
		if (__builtin_cpu_supports("avx2")) name##_avx2 arguments; \
		else name arguments; \
	}
#else
#define KERNEL(name, parameters, arguments) \
	void vitrine_##name parameters { name arguments; }
#endif

typedef uint8_t *restrict bytes;
typedef const uint8_t *restrict const_bytes;
typedef int16_t *restrict words;
typedef const int16_t *restrict const_words;

INLINE int min_int(int a, int b) { return a < b ? a : b; }
INLINE int max_int(int a, int b) { return a > b ? a : b; }
INLINE int clamp_int(int x, int low, int high) { return x < low ? low : x > high ? high : x; }

// Reduction

INLINE void backdrop_reduce(const uint8_t *src, long stride, int width, int height, int shift, uint8_t *dst, int cells, int rows, uint16_t *row) {
	int n = 1 << shift, half = (1 << (2 * shift)) >> 1;
	for (int cy = 0; cy < rows; cy++) {
		uint16_t *restrict r = row;
		for (int k = 0; k < n; k++) {
			const_bytes s = src + min_int(cy * n + k, height - 1) * stride;
			if (k == 0)
				for (int x = 0; x < width; x++) r[x] = s[x];
			else
				for (int x = 0; x < width; x++) r[x] += s[x];
		}
		for (int x = width; x < cells * n; x++) r[x] = r[width - 1];
		for (int m = cells * n; m > cells; m /= 2)
			for (int x = 0; x < m / 2; x++) r[x] = (uint16_t)(r[2 * x] + r[2 * x + 1]);
		bytes d = dst + (long)cy * cells;
		for (int x = 0; x < cells; x++) d[x] = (uint8_t)((r[x] + half) >> (2 * shift));
	}
}

KERNEL(backdrop_reduce, (const uint8_t *src, long stride, int width, int height, int shift, uint8_t *dst, int cells, int rows, uint16_t *row),
	(src, stride, width, height, shift, dst, cells, rows, row))

// Mask

INLINE int backdrop_place(int i, int n, int from, int to) {
	long p = (long)(2 * i + 1) * n * from * 128 / to - 128;
	long last = (long)(from - 1) * 256;
	return (int)(p < 0 ? 0 : p > last ? last : p);
}

INLINE void backdrop_fit(struct backdrop_mask m, int width, int height, struct backdrop_grid g, uint8_t *dst, int32_t *row) {
	int n = 1 << g.shift;
	for (int y = 0; y < g.height; y++) {
		int py = backdrop_place(y, n, m.height, height), f = py & 255;
		const_bytes a = m.pix + (py >> 8) * m.stride, b = m.pix + min_int((py >> 8) + 1, m.height - 1) * m.stride;
		for (int x = 0; x < m.width; x++) row[x] = a[x] * (256 - f) + b[x] * f;
		row[m.width] = row[m.width - 1];
		for (int x = 0; x < g.width; x++) {
			int px = backdrop_place(x, n, m.width, width), e = px & 255, i = px >> 8;
			int sure = (row[i] * (256 - e) + row[i + 1] * e + (1 << 15)) >> 16;
			dst[(long)y * g.width + x] = (uint8_t)clamp_int((sure - 20) * 304 >> 8, 0, 255);
		}
	}
}

KERNEL(backdrop_fit, (struct backdrop_mask m, int width, int height, struct backdrop_grid g, uint8_t *dst, int32_t *row),
	(m, width, height, g, dst, row))

// Guided filter

// Adds (sign 1) or takes away (−1) a row of cells from the column sums.
INLINE void backdrop_slide4(const_bytes luma, const_bytes mask, int width, int sign, int32_t *restrict a, int32_t *restrict b, int32_t *restrict c, int32_t *restrict d) {
	for (int x = 0; x < width; x++) {
		int i = luma[x], p = mask[x];
		a[x] += sign * i;
		b[x] += sign * p;
		c[x] += sign * i * i;
		d[x] += sign * i * p;
	}
}

INLINE void backdrop_slide2(const_words gain, const_words offset, int width, int sign, int32_t *restrict a, int32_t *restrict b) {
	for (int x = 0; x < width; x++) {
		a[x] += sign * gain[x];
		b[x] += sign * offset[x];
	}
}

// Sums columns over a window of 2·radius+1 that ends at the picture's edges.
INLINE void backdrop_window(const int32_t *restrict col, int width, int radius, int32_t *restrict sum) {
	int run = 0;
	for (int x = 0; x < min_int(radius, width); x++) run += col[x];
	int x = 0;
	for (; x < min_int(radius + 1, width); x++) {
		if (x + radius < width) run += col[x + radius];
		sum[x] = run;
	}
	for (; x + radius < width; x++) sum[x] = run += col[x + radius] - col[x - radius - 1];
	for (; x < width; x++) sum[x] = run -= col[x - radius - 1];
}

INLINE int backdrop_span(int i, int radius, int n) { return min_int(i + radius, n - 1) - max_int(i - radius, 0) + 1; }

INLINE void backdrop_fold(const int32_t *restrict s, int width, int radius, int rows, float epsilon, words gain, words offset) {
	const int32_t *restrict i = s, *restrict p = s + width, *restrict ii = s + 2 * width, *restrict ip = s + 3 * width;
	for (int x = 0; x < width; x++) {
		int n = rows * backdrop_span(x, radius, width);
		float cov = (float)(n * ip[x] - i[x] * p[x]), var = (float)(n * ii[x] - i[x] * i[x]), f = (float)n;
		float a = cov / (var + epsilon * (f * f));
		a = a < -7.99f ? -7.99f : a > 7.99f ? 7.99f : a;
		float b = ((float)p[x] - a * (float)i[x]) / f;
		gain[x] = (int16_t)((int)(a * 1024 + 8192.5f) - 8192);
		offset[x] = (int16_t)((int)(b * 8 + 32768.5f) - 32768);
	}
}

INLINE void backdrop_unfold(const int32_t *restrict s, const_bytes luma, int width, int radius, int rows, words gain, words base, words level) {
	for (int x = 0; x < width; x++) {
		float f = (float)(rows * backdrop_span(x, radius, width));
		float a = (float)s[x] / f, b = (float)s[width + x] / f;
		float p = (a * (float)luma[x]) * (1.0f / 32) + b * 4;
		p = p < 0 ? 0 : p > 8160 ? 8160 : p;
		gain[x] = (int16_t)((int)(a + 8192.5f) - 8192);
		base[x] = (int16_t)(int)(p + 0.5f);
		level[x] = (int16_t)(luma[x] << 5);
	}
}

INLINE void backdrop_guide(const uint8_t *luma, const uint8_t *mask, struct backdrop_grid g, int radius, float epsilon,
	int16_t *gain, int16_t *base, int16_t *level, int16_t *work, int32_t *sums) {
	int w = g.width, h = g.height;
	int32_t *col = sums, *win = sums + 4 * w;
	int16_t *offset = work + (long)w * h;
	memset(col, 0, sizeof(int32_t) * 4 * w);
	for (int y = -radius; y < h; y++) {
		if (y + radius < h) backdrop_slide4(luma + (long)(y + radius) * w, mask + (long)(y + radius) * w, w, 1, col, col + w, col + 2 * w, col + 3 * w);
		if (y < 0) continue;
		if (y > radius) backdrop_slide4(luma + (long)(y - radius - 1) * w, mask + (long)(y - radius - 1) * w, w, -1, col, col + w, col + 2 * w, col + 3 * w);
		for (int k = 0; k < 4; k++) backdrop_window(col + k * w, w, radius, win + k * w);
		backdrop_fold(win, w, radius, backdrop_span(y, radius, h), epsilon, work + (long)y * w, offset + (long)y * w);
	}
	memset(col, 0, sizeof(int32_t) * 2 * w);
	for (int y = -radius; y < h; y++) {
		if (y + radius < h) backdrop_slide2(work + (long)(y + radius) * w, offset + (long)(y + radius) * w, w, 1, col, col + w);
		if (y < 0) continue;
		if (y > radius) backdrop_slide2(work + (long)(y - radius - 1) * w, offset + (long)(y - radius - 1) * w, w, -1, col, col + w);
		for (int k = 0; k < 2; k++) backdrop_window(col + k * w, w, radius, win + k * w);
		long at = (long)y * w;
		backdrop_unfold(win, luma + at, w, radius, backdrop_span(y, radius, h), gain + at, base + at, level + at);
	}
}

KERNEL(backdrop_guide, (const uint8_t *luma, const uint8_t *mask, struct backdrop_grid g, int radius, float epsilon,
	int16_t *gain, int16_t *base, int16_t *level, int16_t *work, int32_t *sums),
	(luma, mask, g, radius, epsilon, gain, base, level, work, sums))

// Lens blur

// Light of a row's cells times how surely they are background.
INLINE void backdrop_light(const_bytes y, const_bytes u, const_bytes v, const_words base, int width, uint32_t *restrict r, uint32_t *restrict g, uint32_t *restrict b, uint32_t *restrict w) {
	for (int x = 0; x < width; x++) {
		int l = 298 * (y[x] - 16) + 128, cb = u[x] - 128, cr = v[x] - 128;
		int red = clamp_int((l + 459 * cr) >> 8, 0, 255), green = clamp_int((l - 55 * cb - 136 * cr) >> 8, 0, 255), blue = clamp_int((l + 541 * cb) >> 8, 0, 255);
		int k = clamp_int((2048 - base[x]) >> 6, 0, 32);
		r[x] = (uint32_t)(red * red * k);
		g[x] = (uint32_t)(green * green * k);
		b[x] = (uint32_t)(blue * blue * k);
		w[x] = (uint32_t)k;
	}
}

// The square root by Newton's iteration for its inverse, good to 5e-6, because compilers do not make sqrtf a vector.
INLINE float backdrop_root(float x) {
	union { float f; uint32_t i; } y = {x};
	y.i = 0x5f375a86 - (y.i >> 1);
	float h = x * 0.5f, r = y.f;
	r *= 1.5f - h * r * r;
	r *= 1.5f - h * r * r;
	return x * r;
}

INLINE void backdrop_shade(const uint32_t *restrict s, int width, const_bytes y, const_bytes u, const_bytes v, words oy, words ou, words ov) {
	for (int x = 0; x < width; x++) {
		float n = (float)(int32_t)s[3 * width + x], k = 1 / (n < 1 ? 1 : n);
		float r = backdrop_root((float)(int32_t)(s[x] >> 1) * k), g = backdrop_root((float)(int32_t)(s[width + x] >> 1) * k), b = backdrop_root((float)(int32_t)(s[2 * width + x] >> 1) * k);
		// The factors hold the √2 that halving before took away, 219/255 and 2^5.
		float l = (r * 8.262893f + g * 27.796900f) + b * 2.806119f;
		float cb = (b * 38.865912f - l) * 0.551213f, cr = (r * 38.865912f - l) * 0.649499f;
		int known = n >= 1;
		oy[x] = (int16_t)(known ? (int)(l + 512.5f) : y[x] << 5);
		ou[x] = (int16_t)(known ? (int)(cb + 4096.5f) : u[x] << 5);
		ov[x] = (int16_t)(known ? (int)(cr + 4096.5f) : v[x] << 5);
	}
}

INLINE void backdrop_defocus(const uint8_t *y, const uint8_t *u, const uint8_t *v, const int16_t *base, struct backdrop_grid g,
	const int32_t *reach, int radius, int16_t *oy, int16_t *ou, int16_t *ov, uint32_t *sums) {
	int w = g.width, h = g.height, pad = radius + 1, stride = w + 2 * pad + 1;
	long plane = (long)stride * h;
	uint32_t *acc = sums + 4 * plane;
	for (int row = 0; row < h; row++) {
		long at = (long)row * w;
		backdrop_light(y + at, u + at, v + at, base + at, w, acc, acc + w, acc + 2 * w, acc + 3 * w);
		for (int c = 0; c < 4; c++) {
			uint32_t run = 0, *p = sums + c * plane + (long)row * stride;
			for (int x = 0; x <= pad; x++) p[x] = 0;
			for (int x = 0; x < w; x++) p[pad + 1 + x] = run += acc[c * w + x];
			for (int x = pad + 1 + w; x < stride; x++) p[x] = run;
		}
	}
	for (int row = 0; row < h; row++) {
		memset(acc, 0, sizeof(uint32_t) * 4 * w);
		for (int dy = max_int(-radius, -row); dy <= min_int(radius, h - 1 - row); dy++) {
			int n = reach[dy < 0 ? -dy : dy];
			for (int c = 0; c < 4; c++) {
				const uint32_t *restrict p = sums + c * plane + (long)(row + dy) * stride + pad;
				uint32_t *restrict a = acc + c * w;
				for (int x = 0; x < w; x++) a[x] += p[x + n + 1] - p[x - n];
			}
		}
		long at = (long)row * w;
		backdrop_shade(acc, w, y + at, u + at, v + at, oy + at, ou + at, ov + at);
	}
}

KERNEL(backdrop_defocus, (const uint8_t *y, const uint8_t *u, const uint8_t *v, const int16_t *base, struct backdrop_grid g,
	const int32_t *reach, int radius, int16_t *oy, int16_t *ou, int16_t *ov, uint32_t *sums),
	(y, u, v, base, g, reach, radius, oy, ou, ov, sums))

// Composition

// Doubles a row: each new value lies a quarter of a cell from its nearest.
INLINE void backdrop_double(const_words in, int n, words out) {
	out[0] = in[0];
	for (int i = 0; i + 1 < n; i++) {
		out[2 * i + 1] = (int16_t)((int16_t)(3 * in[i] + in[i + 1] + 2) >> 2);
		out[2 * i + 2] = (int16_t)((int16_t)(in[i] + 3 * in[i + 1] + 2) >> 2);
	}
	out[2 * n - 1] = in[n - 1];
}

// A row of a cell plane at full resolution, of 2^shift pixels a cell; rows holds two rows, the result is in the one returned.
INLINE int16_t *backdrop_line(const int16_t *plane, struct backdrop_grid g, int shift, int y, int16_t *rows, long stride) {
	int n = 1 << shift, p = 2 * y + 1 - n, i = p >> (shift + 1), f = p & (2 * n - 1);
	const_words a = plane + (long)clamp_int(i, 0, g.height - 1) * g.width, b = plane + (long)clamp_int(i + 1, 0, g.height - 1) * g.width;
	int16_t *in = rows, *out = rows + stride;
	words r = in;
	for (int x = 0; x < g.width; x++) r[x] = (int16_t)((a[x] * (2 * n - f) + b[x] * f + n) >> (shift + 1));
	for (int k = 0; k < shift; k++) {
		backdrop_double(in, g.width << k, out);
		int16_t *t = in;
		in = out;
		out = t;
	}
	return in;
}

INLINE void backdrop_alpha(const_bytes luma, const_words gain, const_words base, const_words level, int width, bytes alpha) {
	for (int x = 0; x < width; x++) {
		int sure = base[x] + ((gain[x] * ((luma[x] << 5) - level[x]) + 512) >> 10);
		alpha[x] = (uint8_t)clamp_int(((sure - 1224) * 11) >> 8, 0, 255);
	}
}

INLINE uint8_t backdrop_over(int front, int back, int alpha) {
	unsigned t = (unsigned)(front * alpha + back * (255 - alpha) + 128);
	return (uint8_t)((t + (t >> 8)) >> 8);
}

INLINE void backdrop_over_words(bytes p, const_words back, const_bytes alpha, int width) {
	for (int x = 0; x < width; x++) p[x] = backdrop_over(p[x], (back[x] + 16) >> 5, alpha[x]);
}

INLINE void backdrop_over_bytes(bytes p, const_bytes back, const_bytes alpha, int width) {
	for (int x = 0; x < width; x++) p[x] = backdrop_over(p[x], back[x], alpha[x]);
}

struct backdrop_matte {
	const int16_t *gain, *base, *level;
};

// The rows' alpha at full resolution, for a pair of rows, then their mean for chroma.
INLINE void backdrop_pair(struct backdrop_picture p, struct backdrop_grid g, struct backdrop_matte m, int y, int16_t *rows, long stride, uint8_t *alpha) {
	for (int k = 0; k < 2; k++) {
		int at = min_int(y + k, p.height - 1);
		const int16_t *gain = backdrop_line(m.gain, g, g.shift, at, rows, stride);
		const int16_t *base = backdrop_line(m.base, g, g.shift, at, rows + 2 * stride, stride);
		const int16_t *level = backdrop_line(m.level, g, g.shift, at, rows + 4 * stride, stride);
		uint8_t *a = alpha + k * stride;
		backdrop_alpha(p.y + at * p.ystride, gain, base, level, p.width, a);
		a[p.width] = a[p.width - 1];
	}
	const_bytes a = alpha, b = alpha + stride;
	bytes c = alpha + 2 * stride;
	for (int x = 0; x < (p.width + 1) / 2; x++) c[x] = (uint8_t)((a[2 * x] + a[2 * x + 1] + b[2 * x] + b[2 * x + 1] + 2) >> 2);
}

INLINE void backdrop_compose(struct backdrop_picture p, struct backdrop_grid g, const int16_t *gain, const int16_t *base, const int16_t *level,
	const int16_t *by, const int16_t *bu, const int16_t *bv, int16_t *rows, uint8_t *alpha) {
	struct backdrop_matte m = {gain, base, level};
	long stride = (long)g.width << g.shift;
	int half = (p.width + 1) / 2;
	for (int y = 0; y < p.height; y += 2) {
		backdrop_pair(p, g, m, y, rows, stride, alpha);
		for (int k = 0; k < 2 && y + k < p.height; k++)
			backdrop_over_words(p.y + (y + k) * p.ystride, backdrop_line(by, g, g.shift, y + k, rows, stride), alpha + k * stride, p.width);
		backdrop_over_words(p.u + y / 2 * p.cstride, backdrop_line(bu, g, g.shift - 1, y / 2, rows, stride), alpha + 2 * stride, half);
		backdrop_over_words(p.v + y / 2 * p.cstride, backdrop_line(bv, g, g.shift - 1, y / 2, rows, stride), alpha + 2 * stride, half);
	}
}

KERNEL(backdrop_compose, (struct backdrop_picture p, struct backdrop_grid g, const int16_t *gain, const int16_t *base, const int16_t *level,
	const int16_t *by, const int16_t *bu, const int16_t *bv, int16_t *rows, uint8_t *alpha),
	(p, g, gain, base, level, by, bu, bv, rows, alpha))

INLINE void backdrop_replace(struct backdrop_picture p, struct backdrop_grid g, const int16_t *gain, const int16_t *base, const int16_t *level,
	struct backdrop_picture behind, int16_t *rows, uint8_t *alpha) {
	struct backdrop_matte m = {gain, base, level};
	long stride = (long)g.width << g.shift;
	int half = (p.width + 1) / 2;
	for (int y = 0; y < p.height; y += 2) {
		backdrop_pair(p, g, m, y, rows, stride, alpha);
		for (int k = 0; k < 2 && y + k < p.height; k++)
			backdrop_over_bytes(p.y + (y + k) * p.ystride, behind.y + (y + k) * behind.ystride, alpha + k * stride, p.width);
		backdrop_over_bytes(p.u + y / 2 * p.cstride, behind.u + y / 2 * behind.cstride, alpha + 2 * stride, half);
		backdrop_over_bytes(p.v + y / 2 * p.cstride, behind.v + y / 2 * behind.cstride, alpha + 2 * stride, half);
	}
}

KERNEL(backdrop_replace, (struct backdrop_picture p, struct backdrop_grid g, const int16_t *gain, const int16_t *base, const int16_t *level,
	struct backdrop_picture behind, int16_t *rows, uint8_t *alpha),
	(p, g, gain, base, level, behind, rows, alpha))

// Scaling

INLINE void backdrop_scale(const uint8_t *src, long stride, int sw, uint8_t *dst, long dstride, int width, int height,
	const int32_t *xs, const int32_t *ys, uint16_t *row) {
	for (int y = 0; y < height; y++) {
		int f = ys[y] & 255;
		const_bytes a = src + (ys[y] >> 8) * stride, b = f ? a + stride : a;
		uint16_t *restrict r = row;
		for (int x = 0; x < sw; x++) r[x] = (uint16_t)(a[x] * (256 - f) + b[x] * f);
		r[sw] = r[sw - 1];
		bytes d = dst + y * dstride;
		for (int x = 0; x < width; x++) {
			int i = xs[x] >> 8, e = xs[x] & 255;
			d[x] = (uint8_t)((r[i] * (256 - e) + r[i + 1] * e + (1 << 15)) >> 16);
		}
	}
}

KERNEL(backdrop_scale, (const uint8_t *src, long stride, int sw, uint8_t *dst, long dstride, int width, int height,
	const int32_t *xs, const int32_t *ys, uint16_t *row),
	(src, stride, sw, dst, dstride, width, height, xs, ys, row))
