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

// As many pixels as are read at a time, so that all but the reading itself is done in vectors.
#define BATCH 16
#define EACH for (int i = 0; i < BATCH; i++)

// Where the four pixels around places are, and how far each place is from the first.
struct NAME(places) {
	float fx[BATCH], fy[BATCH];
	int at[BATCH], right[BATCH], below[BATCH];
};

// Px and py are in pixels of which the plane's are scale, 0 the left edge of the first.
TARGET static inline __attribute__((always_inline)) void NAME(place)(struct NAME(places) *k, int stride, int w, int h, const float *px, const float *py, float scale) {
	float right = (float)(w - 1), bottom = (float)(h - 1);
	EACH {
		float x = px[i] * scale - 0.5f, y = py[i] * scale - 0.5f;
		x = x > 0 ? x : 0, y = y > 0 ? y : 0;
		x = x < right ? x : right, y = y < bottom ? y : bottom;
		int ix = (int)x, iy = (int)y;
		k->fx[i] = x - (float)ix, k->fy[i] = y - (float)iy;
		k->at[i] = iy * stride + ix;
		k->right[i] = ix < w - 1 ? 1 : 0;
		k->below[i] = iy < h - 1 ? stride : 0;
	}
}

TARGET static inline __attribute__((always_inline)) void NAME(bilinear)(const uint8_t *p, const struct NAME(places) *k, float *out) {
	int a[BATCH], b[BATCH], c[BATCH], d[BATCH];
	EACH {
		const uint8_t *q = p + k->at[i], *r = q + k->below[i];
		a[i] = q[0], b[i] = q[k->right[i]], c[i] = r[0], d[i] = r[k->right[i]];
	}
	EACH {
		float upper = (float)a[i] + (float)(b[i] - a[i]) * k->fx[i], lower = (float)c[i] + (float)(d[i] - c[i]) * k->fx[i];
		out[i] = upper + (lower - upper) * k->fy[i];
	}
}

TARGET static inline __attribute__((always_inline)) float NAME(clamped)(float v) {
	v = v > 0 ? v : 0;
	return v < 255 ? v : 255;
}

TARGET static void NAME(sample)(struct picture p, struct crop c, float *dst) {
	float px[BATCH], py[BATCH], y[BATCH], u[BATCH], v[BATCH], rgb[3][BATCH];
	struct NAME(places) k;
	float w = (float)p.width, h = (float)p.height;
	for (int j = 0; j < c.height; j++)
		for (int x = 0; x < c.width; x += BATCH) {
			EACH {
				float ox = (float)(x + i) + 0.5f, oy = (float)j + 0.5f;
				px[i] = c.xx * ox + c.xy * oy + c.x0;
				py[i] = c.yx * ox + c.yy * oy + c.y0;
			}
			NAME(place)(&k, p.ystride, p.width, p.height, px, py, 1);
			NAME(bilinear)(p.y, &k, y);
			NAME(place)(&k, p.cstride, (p.width + 1) / 2, (p.height + 1) / 2, px, py, 0.5f);
			NAME(bilinear)(p.u, &k, u);
			NAME(bilinear)(p.v, &k, v);
			EACH {
				float l = (y[i] - 16) * 1.164384f, cb = u[i] - 128, cr = v[i] - 128;
				rgb[0][i] = NAME(clamped)(l + 1.792741f * cr) * c.gain;
				rgb[1][i] = NAME(clamped)(l - 0.213249f * cb - 0.532909f * cr) * c.gain;
				rgb[2][i] = NAME(clamped)(l + 2.112402f * cb) * c.gain;
			}
			int n = c.width - x < BATCH ? c.width - x : BATCH;
			if (c.black)
				for (int i = 0; i < n; i++)
					if (px[i] < 0 || px[i] > w || py[i] < 0 || py[i] > h)
						rgb[0][i] = rgb[1][i] = rgb[2][i] = 0;
			for (int i = 0; i < n; i++, dst += 3)
				dst[0] = rgb[0][i] + c.offset, dst[1] = rgb[1][i] + c.offset, dst[2] = rgb[2][i] + c.offset;
		}
}
#undef BATCH
#undef EACH
