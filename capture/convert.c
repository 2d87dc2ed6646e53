#include "convert.h"

static inline int clamp(int x) { return x < 0 ? 0 : x > 255 ? 255 : x; }

// Q14 of 219/255 and 224/255 times the weights of ITU-R BT.709-6, each row summing exactly.
static inline uint8_t luma(int r, int g, int b) {
	return (uint8_t)(((2991 * r + 10064 * g + 1016 * b + (1 << 13)) >> 14) + 16);
}

void vitrine_from_rgb(const uint8_t *src, int stride, int r, struct planes d) {
	int b = 2 - r;
	for (int y = 0; y < d.height; y++) {
		const uint8_t *s = src + (long)y * stride;
		uint8_t *o = d.y + (long)y * d.ystride;
		for (int x = 0; x < d.width; x++)
			o[x] = luma(s[4 * x + r], s[4 * x + 1], s[4 * x + b]);
	}
	for (int y = 0; y < d.height; y += 2) {
		const uint8_t *s0 = src + (long)y * stride;
		const uint8_t *s1 = y + 1 < d.height ? s0 + stride : s0;
		uint8_t *u = d.u + (long)(y / 2) * d.cstride, *v = d.v + (long)(y / 2) * d.cstride;
		for (int x = 0; x < (d.width + 1) / 2; x++) {
			int i = 8 * x, j = 2 * x + 1 < d.width ? i + 4 : i;
			int R = s0[i + r] + s0[j + r] + s1[i + r] + s1[j + r];
			int G = s0[i + 1] + s0[j + 1] + s1[i + 1] + s1[j + 1];
			int B = s0[i + b] + s0[j + b] + s1[i + b] + s1[j + b];
			u[x] = (uint8_t)(((-1649 * R - 5547 * G + 7196 * B + (1 << 15)) >> 16) + 128);
			v[x] = (uint8_t)(((7196 * R - 6536 * G - 660 * B + (1 << 15)) >> 16) + 128);
		}
	}
}

void vitrine_rematrix(struct planes p, int black, const int16_t m[9]) {
	for (int y = 0; y < p.height; y++) {
		uint8_t *l = p.y + (long)y * p.ystride;
		const uint8_t *u = p.u + (long)(y / 2) * p.cstride, *v = p.v + (long)(y / 2) * p.cstride;
		int w = p.width / 2;
		for (int x = 0; x < w; x++) {
			// Luma less its own gain, in Q14; two pixels share it.
			int c = m[1] * (u[x] - 128) + m[2] * (v[x] - 128) - m[0] * black + (16 << 14) + (1 << 13);
			l[2 * x] = (uint8_t)clamp((m[0] * l[2 * x] + c) >> 14);
			l[2 * x + 1] = (uint8_t)clamp((m[0] * l[2 * x + 1] + c) >> 14);
		}
		if (p.width & 1) {
			int c = m[1] * (u[w] - 128) + m[2] * (v[w] - 128) - m[0] * black + (16 << 14) + (1 << 13);
			l[2 * w] = (uint8_t)clamp((m[0] * l[2 * w] + c) >> 14);
		}
	}
	for (int y = 0; y < (p.height + 1) / 2; y++) {
		uint8_t *u = p.u + (long)y * p.cstride, *v = p.v + (long)y * p.cstride;
		for (int x = 0; x < (p.width + 1) / 2; x++) {
			int cb = u[x] - 128, cr = v[x] - 128;
			u[x] = (uint8_t)clamp(((m[4] * cb + m[5] * cr + (1 << 13)) >> 14) + 128);
			v[x] = (uint8_t)clamp(((m[7] * cb + m[8] * cr + (1 << 13)) >> 14) + 128);
		}
	}
}
