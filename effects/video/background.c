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
		// At most 127.5/2/√epsilon, whatever the picture.
		float a = cov / (var + epsilon * (f * f));
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
		gain[x] = (int16_t)((int)(a + 8192.5f) - 8192);
		base[x] = (int16_t)clamp_int((int)(p + 65536.5f) - 65536, 0, 8160);
		level[x] = (int16_t)(luma[x] << 5);
	}
}

INLINE void backdrop_guide(const uint8_t *luma, const uint8_t *mask, struct backdrop_grid g, int radius, float epsilon,
	struct backdrop_matte out, int16_t *work, int32_t *sums) {
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
		backdrop_unfold(win, luma + at, w, radius, backdrop_span(y, radius, h), out.gain + at, out.base + at, out.level + at);
	}
}

KERNEL(backdrop_guide, (const uint8_t *luma, const uint8_t *mask, struct backdrop_grid g, int radius, float epsilon,
	struct backdrop_matte out, int16_t *work, int32_t *sums),
	(luma, mask, g, radius, epsilon, out, work, sums))

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
		int n = (int)s[3 * width + x], fy = y[x] << 5, fu = u[x] << 5, fv = v[x] << 5;
		float k = 1 / (float)max_int(n, 1);
		float r = backdrop_root((float)(int32_t)(s[x] >> 1) * k), g = backdrop_root((float)(int32_t)(s[width + x] >> 1) * k), b = backdrop_root((float)(int32_t)(s[2 * width + x] >> 1) * k);
		// The factors hold the √2 that halving before took away, 219/255 and 2^5.
		float l = (r * 8.262893f + g * 27.796900f) + b * 2.806119f;
		float cb = (b * 38.865912f - l) * 0.551213f, cr = (r * 38.865912f - l) * 0.649499f;
		int ly = (int)(l + 512.5f), lu = (int)(cb + 4096.5f), lv = (int)(cr + 4096.5f);
		int known = -(n > 0); // not a condition, which would keep the loop from becoming vectors
		oy[x] = (int16_t)((ly & known) | (fy & ~known));
		ou[x] = (int16_t)((lu & known) | (fu & ~known));
		ov[x] = (int16_t)((lv & known) | (fv & ~known));
	}
}

// Adds the sums of n cells each way around every cell of a row, given the row's running sum, or of two rows.
INLINE void backdrop_add(const uint32_t *restrict p, int n, int width, uint32_t *restrict sum) {
	for (int x = 0; x < width; x++) sum[x] += p[x + n + 1] - p[x - n];
}

INLINE void backdrop_add2(const uint32_t *restrict p, const uint32_t *restrict q, int n, int width, uint32_t *restrict sum) {
	for (int x = 0; x < width; x++) sum[x] += (p[x + n + 1] - p[x - n]) + (q[x + n + 1] - q[x - n]);
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
		for (int c = 0; c < 4; c++) {
			const uint32_t *middle = sums + c * plane + (long)row * stride + pad;
			for (int dy = 0; dy <= radius; dy++) {
				int n = reach[dy], above = dy > 0 && row - dy >= 0, below = row + dy < h;
				if (above && below) backdrop_add2(middle - (long)dy * stride, middle + (long)dy * stride, n, w, acc + c * w);
				else if (above) backdrop_add(middle - (long)dy * stride, n, w, acc + c * w);
				else if (below) backdrop_add(middle + (long)dy * stride, n, w, acc + c * w);
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

struct backdrop_range {
	int from, to;
};

// Cells of a row of a plane at a resolution of 2^shift pixels a cell. Rows holds two rows; the result is in the one returned.
INLINE int16_t *backdrop_line(const int16_t *plane, struct backdrop_grid g, struct backdrop_range cells, int shift, int y, int16_t *rows, long stride) {
	int n = 1 << shift, p = 2 * y + 1 - n, i = p >> (shift + 1), f = p & (2 * n - 1), w = cells.to - cells.from;
	plane += cells.from;
	const_words a = plane + (long)clamp_int(i, 0, g.height - 1) * g.width, b = plane + (long)clamp_int(i + 1, 0, g.height - 1) * g.width;
	int16_t *in = rows, *out = rows + stride;
	words r = in;
	for (int x = 0; x < w; x++) r[x] = (int16_t)((a[x] * (2 * n - f) + b[x] * f + n) >> (shift + 1));
	for (int k = 0; k < shift; k++) {
		backdrop_double(in, w << k, out);
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

// In 16 bits throughout: none of the sums passes 65,407.
INLINE uint8_t backdrop_over(uint16_t front, uint16_t back, uint16_t alpha) {
	uint16_t t = (uint16_t)((uint16_t)(front * alpha) + (uint16_t)(back * (uint16_t)(255 - alpha)) + 128);
	return (uint8_t)((uint16_t)(t + (t >> 8)) >> 8);
}

INLINE void backdrop_over_words(bytes p, const_words back, const_bytes alpha, int width) {
	for (int x = 0; x < width; x++) p[x] = backdrop_over(p[x], (uint16_t)((uint16_t)(back[x] + 16) >> 5), alpha[x]);
}

// Also takes away what the room shone through a border: with s the source, a alpha and r the room, the foreground is
// (s − (1−a)·r) / a, so that s − r is missing (1−a) times. It is added by half and less where alpha is low, where s is mostly room.
INLINE void backdrop_over_clean(bytes p, const_bytes back, const_words room, const_bytes alpha, int width) {
	for (int x = 0; x < width; x++) {
		int16_t a = alpha[x], twice = (int16_t)(2 * a), share = twice < 255 ? twice : 255;
		int16_t missing = (int16_t)((uint16_t)(share * (255 - a)) >> 8), d = (int16_t)(p[x] - ((room[x] + 16) >> 5));
		int16_t sum = (int16_t)(backdrop_over(p[x], back[x], alpha[x]) + ((int16_t)(d * missing + 128) >> 8));
		p[x] = (uint8_t)(sum < 0 ? 0 : sum > 255 ? 255 : sum);
	}
}

// What persons are laid over: cells, or a picture; then the cells are the room that was behind them.
struct backdrop_behind {
	const int16_t *y, *u, *v;
	struct backdrop_picture picture;
};

// Where alpha is not sure in the pixels between two rows of cells. The row is the upper one's.
struct backdrop_runs {
	int row, n;
	struct backdrop_range run[256];
};

// Whether alpha is 0 or 1 in all of a cell.
INLINE int backdrop_sure(struct backdrop_matte m, long i) { return m.gain[i] == 0 && (m.base[i] == 0 || m.base[i] == 8160); }

// Finds the runs with those cells beside them that interpolation needs. Runs less than 8 cells apart are one. Between runs all
// is person or all is room, because the windows of the guided filter overlap.
INLINE void backdrop_find(struct backdrop_runs *runs, struct backdrop_matte m, struct backdrop_grid g, int row) {
	long a = (long)clamp_int(row, 0, g.height - 1) * g.width, b = (long)clamp_int(row + 1, 0, g.height - 1) * g.width;
	int last = -16;
	runs->row = row;
	runs->n = 0;
	for (int x = 0; x < g.width; x++) {
		if (backdrop_sure(m, a + x) && backdrop_sure(m, b + x)) continue;
		if (x > last + 8 && runs->n < 256) runs->run[runs->n++].from = max_int(x - 2, 0);
		last = x;
		runs->run[runs->n - 1].to = min_int(x + 3, g.width);
	}
}

// A row's alpha at full resolution.
INLINE void backdrop_row(struct backdrop_picture p, struct backdrop_grid g, struct backdrop_matte m, struct backdrop_runs *runs, int y, int16_t *rows, long stride, uint8_t *alpha) {
	int i = (2 * y + 1 - (1 << g.shift)) >> (g.shift + 1), x = 0;
	const int16_t *base = m.base + (long)clamp_int(i, 0, g.height - 1) * g.width;
	if (i != runs->row) backdrop_find(runs, m, g, i);
	for (int k = 0; k < runs->n; k++) {
		struct backdrop_range r = runs->run[k];
		if (r.from > x) memset(alpha + ((long)x << g.shift), base[x] ? 255 : 0, (size_t)(r.from - x) << g.shift);
		int from = r.from << g.shift, to = min_int(r.to << g.shift, p.width);
		backdrop_alpha(p.y + y * p.ystride + from, backdrop_line(m.gain, g, r, g.shift, y, rows, stride),
			backdrop_line(m.base, g, r, g.shift, y, rows + 2 * stride, stride),
			backdrop_line(m.level, g, r, g.shift, y, rows + 4 * stride, stride), to - from, alpha + from);
		x = r.to;
	}
	if (x < g.width) memset(alpha + ((long)x << g.shift), base[x] ? 255 : 0, (size_t)(g.width - x) << g.shift);
}

INLINE void backdrop_over_part(uint8_t *p, const int16_t *cells, const uint8_t *picture, const uint8_t *alpha, int from, int to) {
	if (picture) backdrop_over_clean(p + from, picture + from, cells + from, alpha + from, to - from);
	else backdrop_over_words(p + from, cells + from, alpha + from, to - from);
}

// Lays a row over another, leaving out what is all person.
INLINE void backdrop_over_row(uint8_t *p, const int16_t *cells, const uint8_t *picture, const uint8_t *alpha, const struct backdrop_runs *runs, int shift, int width) {
	int from = 0, x = 0;
	for (int k = 0; k < runs->n; k++) {
		if (runs->run[k].from << shift > x && alpha[x] == 255) {
			if (x > from) backdrop_over_part(p, cells, picture, alpha, from, x);
			from = runs->run[k].from << shift;
		}
		x = min_int(runs->run[k].to << shift, width);
	}
	int to = x < width && alpha[x] == 255 ? x : width;
	if (to > from) backdrop_over_part(p, cells, picture, alpha, from, to);
}

INLINE void backdrop_chroma(struct backdrop_picture p, struct backdrop_grid g, struct backdrop_behind b, int y, int16_t *rows, long stride, uint8_t *alpha) {
	struct backdrop_range all = {0, g.width};
	const_bytes a0 = alpha, a1 = alpha + stride;
	bytes a = alpha + 2 * stride;
	int half = (p.width + 1) / 2;
	if (p.width & 1) alpha[p.width] = alpha[p.width - 1], alpha[stride + p.width] = alpha[stride + p.width - 1];
	for (int x = 0; x < half; x++) a[x] = (uint8_t)((a0[2 * x] + a0[2 * x + 1] + a1[2 * x] + a1[2 * x + 1] + 2) >> 2);
	const int16_t *u = backdrop_line(b.u, g, all, g.shift - 1, y, rows, stride), *v = backdrop_line(b.v, g, all, g.shift - 1, y, rows + 2 * stride, stride);
	backdrop_over_part(p.u + y * p.cstride, u, b.picture.u ? b.picture.u + y * b.picture.cstride : 0, a, 0, half);
	backdrop_over_part(p.v + y * p.cstride, v, b.picture.v ? b.picture.v + y * b.picture.cstride : 0, a, 0, half);
}

INLINE void backdrop_lay(struct backdrop_picture p, struct backdrop_grid g, struct backdrop_matte m, struct backdrop_behind b, int16_t *rows, uint8_t *alpha) {
	struct backdrop_range all = {0, g.width};
	struct backdrop_runs runs = {.row = -2};
	long stride = (long)g.width << g.shift;
	for (int y = 0; y < p.height; y += 2) {
		for (int k = 0; k < 2; k++) {
			int at = y + k;
			if (at == p.height) {
				memcpy(alpha + stride, alpha, (size_t)p.width);
				break;
			}
			backdrop_row(p, g, m, &runs, at, rows, stride, alpha + k * stride);
			const int16_t *cells = backdrop_line(b.y, g, all, g.shift, at, rows, stride);
			const uint8_t *picture = b.picture.y ? b.picture.y + at * b.picture.ystride : 0;
			backdrop_over_row(p.y + at * p.ystride, cells, picture, alpha + k * stride, &runs, g.shift, p.width);
		}
		backdrop_chroma(p, g, b, y / 2, rows, stride, alpha);
	}
}

INLINE void backdrop_compose(struct backdrop_picture p, struct backdrop_grid g, struct backdrop_matte m,
	const int16_t *y, const int16_t *u, const int16_t *v, int16_t *rows, uint8_t *alpha) {
	struct backdrop_behind b = {y, u, v, {0}};
	backdrop_lay(p, g, m, b, rows, alpha);
}

KERNEL(backdrop_compose, (struct backdrop_picture p, struct backdrop_grid g, struct backdrop_matte m,
	const int16_t *y, const int16_t *u, const int16_t *v, int16_t *rows, uint8_t *alpha), (p, g, m, y, u, v, rows, alpha))

INLINE void backdrop_replace(struct backdrop_picture p, struct backdrop_grid g, struct backdrop_matte m, struct backdrop_picture behind,
	const int16_t *y, const int16_t *u, const int16_t *v, int16_t *rows, uint8_t *alpha) {
	struct backdrop_behind b = {y, u, v, behind};
	backdrop_lay(p, g, m, b, rows, alpha);
}

KERNEL(backdrop_replace, (struct backdrop_picture p, struct backdrop_grid g, struct backdrop_matte m, struct backdrop_picture behind,
	const int16_t *y, const int16_t *u, const int16_t *v, int16_t *rows, uint8_t *alpha), (p, g, m, behind, y, u, v, rows, alpha))

// Scaling

INLINE void backdrop_scale(const uint8_t *src, long stride, int sw, uint8_t *dst, long dstride, int width, int height,
	const int32_t *xs, const int32_t *ys, int low, int gain, uint16_t *row) {
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
		if (low || gain != 256)
			for (int x = 0; x < width; x++) d[x] = (uint8_t)clamp_int((d[x] - low) * gain >> 8, 0, 255);
	}
}

KERNEL(backdrop_scale, (const uint8_t *src, long stride, int sw, uint8_t *dst, long dstride, int width, int height,
	const int32_t *xs, const int32_t *ys, int low, int gain, uint16_t *row),
	(src, stride, sw, dst, dstride, width, height, xs, ys, low, gain, row))
