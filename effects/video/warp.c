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

// One pixel, sx and sy in 32nds of a pixel; beyond the edge the last pixel goes on.
BODY uint8_t fetch(const uint8_t *p, int stride, int w, int h, int sx, int sy, int8_t cubics[32][4]) {
	int x = (sx >> 5) - 1, y = (sy >> 5) - 1, sum = 0;
	const int8_t *wx = cubics[sx & 31], *wy = cubics[sy & 31];
	if (x >= 0 && y >= 0 && x + 4 <= w && y + 4 <= h) {
		const uint8_t *s = p + (long)y * stride + x;
		for (int j = 0; j < 4; j++, s += stride)
			sum += wy[j] * (s[0] * wx[0] + s[1] * wx[1] + s[2] * wx[2] + s[3] * wx[3]);
	} else {
		for (int j = 0; j < 4; j++) {
			const uint8_t *s = p + (long)clampi(y + j, 0, h - 1) * stride;
			for (int i = 0; i < 4; i++) sum += wy[j] * wx[i] * s[clampi(x + i, 0, w - 1)];
		}
	}
	return (uint8_t)clampi((sum + 2048) >> 12, 0, 255);
}

// A cell is so many pixels wide and high: 4 of luma, 2 of chroma, whose pixels are twice as large.
BODY void warp_plane(uint8_t *to, const uint8_t *from, int stride, int from_stride, int w, int h, int cell, struct cells c,
	const int16_t *planes, const int32_t *spans, int16_t *row, int8_t cubics[32][4]) {
	int pitch = c.width + 2 * MARGIN, x0, x1, half = cell == 2;
	const int16_t *part = half ? part2 : part4, *r = row + MARGIN;
	int y0 = cell * c.y0 - cell / 2, y1 = cell * c.y1 + cell / 2;
	for (int y = y0 < 0 ? 0 : y0; y < y1 && y < h; y++) {
		if (!rows(c, planes, spans, y, cell, 2, row, &x0, &x1)) continue;
		x0 = x0 ? cell * (x0 - 1) : 0;
		x1 = cell * (x1 + 1) < w ? cell * (x1 + 1) : w;
		for (int x = x0; x < x1; x++) {
			int k = x / cell, j = x % cell, right = j >= cell / 2;
			int dx = sample(r, k, right, part[j]), dy = sample(r + pitch, k, right, part[j]);
			if (dx | dy) to[(long)y * stride + x] = fetch(from, from_stride, w, h, 32 * x + (dx >> half), 32 * y + (dy >> half), cubics);
		}
	}
}

BODY void warp_body(struct picture p, struct picture from, struct cells c, const int16_t *planes, const int32_t *spans, int16_t *row) {
	int cw = (p.width + 1) / 2, ch = (p.height + 1) / 2;
	int8_t cubics[32][4];
	for (int i = 0; i < 32; i++) cubic(i, cubics[i]);
	warp_plane(p.y, from.y, p.ystride, from.ystride, p.width, p.height, 4, c, planes, spans, row, cubics);
	warp_plane(p.u, from.u, p.cstride, from.cstride, cw, ch, 2, c, planes, spans, row, cubics);
	warp_plane(p.v, from.v, p.cstride, from.cstride, cw, ch, 2, c, planes, spans, row, cubics);
}

CHOOSE(warp, (struct picture p, struct picture from, struct cells c, const int16_t *planes, const int32_t *spans, int16_t *row), (p, from, c, planes, spans, row))
