//go:build cgo

#include "background_kernel.h"

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

// Lays a row of luma over cells, leaving out what is all person.
INLINE void backdrop_over_row(uint8_t *p, const int16_t *cells, const uint8_t *alpha, const struct backdrop_runs *runs, int shift, int width) {
	int from = 0, x = 0;
	for (int k = 0; k < runs->n; k++) {
		if (runs->run[k].from << shift > x && alpha[x] == 255) {
			if (x > from) backdrop_over_words(p + from, cells + from, alpha + from, x - from);
			from = runs->run[k].from << shift;
		}
		x = min_int(runs->run[k].to << shift, width);
	}
	int to = x < width && alpha[x] == 255 ? x : width;
	if (to > from) backdrop_over_words(p + from, cells + from, alpha + from, to - from);
}

// Lays a row of luma over a picture. Between runs it is the one or the other.
INLINE void backdrop_replace_row(uint8_t *p, struct backdrop_grid g, struct backdrop_behind b, int y, const uint8_t *alpha, const struct backdrop_runs *runs, int width, int16_t *rows, long stride) {
	const uint8_t *picture = b.picture.y + y * b.picture.ystride;
	int x = 0;
	for (int k = 0; k < runs->n; k++) {
		struct backdrop_range r = runs->run[k];
		int from = r.from << g.shift, to = min_int(r.to << g.shift, width);
		if (from > x && alpha[x] == 0) memcpy(p + x, picture + x, (size_t)(from - x));
		backdrop_over_clean(p + from, picture + from, backdrop_line(b.y, g, r, g.shift, y, rows, stride), alpha + from, to - from);
		x = to;
	}
	if (x < width && alpha[x] == 0) memcpy(p + x, picture + x, (size_t)(width - x));
}

INLINE void backdrop_chroma(struct backdrop_picture p, struct backdrop_grid g, struct backdrop_behind b, int y, int16_t *rows, long stride, uint8_t *alpha) {
	struct backdrop_range all = {0, g.width};
	const_bytes a0 = alpha, a1 = alpha + stride;
	bytes a = alpha + 2 * stride;
	int half = (p.width + 1) / 2;
	if (p.width & 1) alpha[p.width] = alpha[p.width - 1], alpha[stride + p.width] = alpha[stride + p.width - 1];
	for (int x = 0; x < half; x++) a[x] = (uint8_t)((a0[2 * x] + a0[2 * x + 1] + a1[2 * x] + a1[2 * x + 1] + 2) >> 2);
	const int16_t *u = backdrop_line(b.u, g, all, g.shift - 1, y, rows, stride), *v = backdrop_line(b.v, g, all, g.shift - 1, y, rows + 2 * stride, stride);
	long at = y * p.cstride, from = y * b.picture.cstride;
	if (b.picture.y) {
		backdrop_over_clean(p.u + at, b.picture.u + from, u, a, half);
		backdrop_over_clean(p.v + at, b.picture.v + from, v, a, half);
	} else {
		backdrop_over_words(p.u + at, u, a, half);
		backdrop_over_words(p.v + at, v, a, half);
	}
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
			uint8_t *luma = p.y + at * p.ystride, *a = alpha + k * stride;
			if (b.picture.y) backdrop_replace_row(luma, g, b, at, a, &runs, p.width, rows, stride);
			else backdrop_over_row(luma, backdrop_line(b.y, g, all, g.shift, at, rows, stride), a, &runs, g.shift, p.width);
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
