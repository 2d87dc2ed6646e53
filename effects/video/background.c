//go:build cgo

#include "background_kernel.h"

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
