// Reading crops out of pictures, compiled like kernels_body.h.

// Two by two pixels become their mean; at odd ends the last counts twice.
TARGET static void NAME(halve)(const uint8_t *src, int stride, int w, int h, uint8_t *dst, int dst_stride) {
	for (int y = 0; y < (h + 1) / 2; y++) {
		const uint8_t *a = src + (long)2 * y * stride, *b = 2 * y + 1 < h ? a + stride : a;
		uint8_t *d = dst + (long)y * dst_stride;
		for (int x = 0; x < w / 2; x++)
			d[x] = (uint8_t)((a[2 * x] + a[2 * x + 1] + b[2 * x] + b[2 * x + 1] + 2) >> 2);
		if (w & 1)
			d[w / 2] = (uint8_t)((a[w - 1] + b[w - 1] + 1) >> 1);
	}
}

#define BATCH 16

struct NAME(corners) {
	float fx[BATCH], fy[BATCH];
	int x[BATCH], y[BATCH];
	float a[BATCH], b[BATCH], c[BATCH], d[BATCH];
};

// Interpolates between the four pixels around each place, which is given in pixels, 0 the left edge of the first.
TARGET static inline __attribute__((always_inline)) void NAME(bilinear)(const uint8_t *p, int stride, int w, int h, const float *px, const float *py, float scale, float *out) {
	struct NAME(corners) k;
	float right = (float)(w - 1), bottom = (float)(h - 1);
	for (int i = 0; i < BATCH; i++) {
		float x = px[i] * scale - 0.5f, y = py[i] * scale - 0.5f;
		x = x > 0 ? x : 0, y = y > 0 ? y : 0;
		x = x < right ? x : right, y = y < bottom ? y : bottom;
		k.x[i] = (int)x, k.y[i] = (int)y;
		k.fx[i] = x - (float)k.x[i], k.fy[i] = y - (float)k.y[i];
	}
	for (int i = 0; i < BATCH; i++) {
		const uint8_t *q = p + (long)k.y[i] * stride + k.x[i];
		int dx = k.x[i] < w - 1, dy = k.y[i] < h - 1 ? stride : 0;
		k.a[i] = q[0], k.b[i] = q[dx], k.c[i] = q[dy], k.d[i] = q[dy + dx];
	}
	for (int i = 0; i < BATCH; i++) {
		float upper = k.a[i] + (k.b[i] - k.a[i]) * k.fx[i], lower = k.c[i] + (k.d[i] - k.c[i]) * k.fx[i];
		out[i] = upper + (lower - upper) * k.fy[i];
	}
}

TARGET static inline float NAME(clamped)(float v) { return v < 0 ? 0 : v > 255 ? 255 : v; }

TARGET static void NAME(sample)(struct picture p, struct crop c, float *dst) {
	float px[BATCH], py[BATCH], y[BATCH], u[BATCH], v[BATCH], rgb[3][BATCH];
	int cw = (p.width + 1) / 2, ch = (p.height + 1) / 2;
	for (int j = 0; j < c.height; j++)
		for (int x = 0; x < c.width; x += BATCH) {
			for (int i = 0; i < BATCH; i++) {
				float ox = (float)(x + i) + 0.5f, oy = (float)j + 0.5f;
				px[i] = c.xx * ox + c.xy * oy + c.x0;
				py[i] = c.yx * ox + c.yy * oy + c.y0;
			}
			NAME(bilinear)(p.y, p.ystride, p.width, p.height, px, py, 1, y);
			NAME(bilinear)(p.u, p.cstride, cw, ch, px, py, 0.5f, u);
			NAME(bilinear)(p.v, p.cstride, cw, ch, px, py, 0.5f, v);
			for (int i = 0; i < BATCH; i++) {
				float l = (y[i] - 16) * 1.164384f, cb = u[i] - 128, cr = v[i] - 128;
				float inside = !c.black || (px[i] >= 0 && px[i] <= (float)p.width && py[i] >= 0 && py[i] <= (float)p.height) ? 1 : 0;
				rgb[0][i] = inside * NAME(clamped)(l + 1.792741f * cr) * c.gain + c.offset;
				rgb[1][i] = inside * NAME(clamped)(l - 0.213249f * cb - 0.532909f * cr) * c.gain + c.offset;
				rgb[2][i] = inside * NAME(clamped)(l + 2.112402f * cb) * c.gain + c.offset;
			}
			int n = c.width - x < BATCH ? c.width - x : BATCH;
			for (int i = 0; i < n; i++, dst += 3)
				dst[0] = rgb[0][i], dst[1] = rgb[1][i], dst[2] = rgb[2][i];
		}
}
#undef BATCH
