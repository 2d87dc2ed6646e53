// Vectors and convolutions, compiled once for every set of instructions: NAME(f) is f for that set, TARGET its attributes.
// Vectors of eight floats become two of four where registers are short.

typedef float NAME(v8) __attribute__((vector_size(32)));
typedef int32_t NAME(i8) __attribute__((vector_size(32)));
#define v8 NAME(v8)
#define i8 NAME(i8)
#define INLINE TARGET static inline __attribute__((always_inline))

// Values in memory lie at any multiple of four bytes; may_alias because they are floats elsewhere.
typedef float NAME(u8) __attribute__((vector_size(32), aligned(4), may_alias));
#define load(p) ((v8) * (const NAME(u8) *)(p))
#define store(p, v) (*(NAME(u8) *)(p) = (NAME(u8))(v))
#define all(x) NAME(spread)(x)
#define pick(mask, a, b) ((v8)(((i8)(mask) & (i8)(a)) | (~(i8)(mask) & (i8)(b))))
#define vmax(a, b) pick((a) > (b), a, b)
#define vmin(a, b) pick((a) < (b), a, b)

INLINE v8 NAME(spread)(float x) { return (v8){x, x, x, x, x, x, x, x}; }

// Partial vectors at the end of tensors without gaps.
INLINE v8 NAME(load_some)(const float *p, int n) {
	float t[8] = {0};
	for (int i = 0; i < n; i++)
		t[i] = p[i];
	return load(t);
}

INLINE void NAME(store_some)(float *p, v8 v, int n) {
	float t[8];
	store(t, v);
	for (int i = 0; i < n; i++)
		p[i] = t[i];
}

// 1/(1+exp(-x)): the exponent by rounding x·log2(e), the rest by its Taylor polynomial, exact to 2 units in the last place.
INLINE v8 NAME(logistic)(v8 x) {
	x = vmin(vmax(-x, all(-87)), all(87));
	v8 magic = all(12582912.0f);
	v8 n = x * all(1.44269504f) + magic;
	i8 e = ((i8)n - (i8)magic) << 23;
	n -= magic;
	v8 r = x - n * all(0.693359375f) + n * all(2.12194440e-4f);
	v8 p = all(1.0f / 720);
	p = p * r + all(1.0f / 120);
	p = p * r + all(1.0f / 24);
	p = p * r + all(1.0f / 6);
	p = p * r + all(0.5f);
	p = p * r + all(1);
	p = p * r + all(1);
	return all(1) / (all(1) + (v8)((i8)p + e));
}

INLINE v8 NAME(activate)(int act, v8 v, const float *alpha) {
	v8 zero = {0};
	switch (act) {
	case ACT_RELU:
		return vmax(v, zero);
	case ACT_RELU6:
		return vmin(vmax(v, zero), all(6));
	case ACT_PRELU:
		return vmax(v, zero) + vmin(v, zero) * load(alpha);
	case ACT_HARD_SWISH:
		return v * vmin(vmax(v + all(3), zero), all(6)) * all(1.0f / 6);
	case ACT_LOGISTIC:
		return NAME(logistic)(v);
	}
	return v;
}

// What a product of pixels with weights needs: see step.go.
struct NAME(product) {
	const float *weights, *bias, *alpha, *other;
	int k, act, out_c, out_s, other_c, other_s;
};

// What follows the sums of pixels times blocks of eight channels from block b. It is a function of its own, because twelve copies of every
// activation in every tile take a compiler as long as all the rest.
TARGET static __attribute__((noinline)) void NAME(finish)(const struct NAME(product) *g, const float *sums, long pixel, float *out, int b, int pixels, int blocks) {
	for (int p = 0; p < pixels; p++)
		for (int j = 0; j < blocks; j++, sums += 8) {
			int c = 8 * (b + j);
			v8 v = load(sums);
			const float *other = g->other + (pixel + p) * g->other_s + c;
			if (c + 8 <= g->other_c)
				v += load(other);
			else if (c < g->other_c)
				v += NAME(load_some)(other, g->other_c - c);
			v = NAME(activate)(g->act, v, g->alpha + c);
			float *o = out + (pixel + p) * g->out_s + c;
			if (c + 8 <= g->out_s)
				store(o, v);
			else
				NAME(store_some)(o, v, g->out_s - c);
		}
}

// P pixels times B blocks of eight channels from block b: the sums, at most twelve, stay in registers.
INLINE void NAME(tile)(const struct NAME(product) *g, const float *in, int stride, long pixel, float *out, int b, const int P, const int B) {
	v8 sum[12], wk[3];
	float sums[96];
	const float *w = g->weights + (long)b * g->k * 8;
	long next = (long)g->k * 8;
#pragma GCC unroll 12
	for (int p = 0; p < P; p++)
#pragma GCC unroll 4
		for (int j = 0; j < B; j++)
			sum[p * B + j] = load(g->bias + 8 * (b + j));
	for (int k = 0; k < g->k; k++) {
#pragma GCC unroll 4
		for (int j = 0; j < B; j++)
			wk[j] = load(w + j * next + 8 * k);
#pragma GCC unroll 12
		for (int p = 0; p < P; p++) {
			v8 x = all(in[(long)p * stride + k]);
#pragma GCC unroll 4
			for (int j = 0; j < B; j++)
				sum[p * B + j] += x * wk[j];
		}
	}
#pragma GCC unroll 12
	for (int i = 0; i < P * B; i++)
		store(sums + 8 * i, sum[i]);
	NAME(finish)(g, sums, pixel, out, b, P, B);
}

#define TILES(P, B) \
	for (; x + P <= n; x += P) \
		NAME(tile)(g, in + (long)x * stride, stride, pixel + x, out, b, P, B);

// n pixels, the first of which is number pixel of the tensors out and other.
TARGET static void NAME(multiply)(const struct NAME(product) *g, const float *in, int stride, int n, long pixel, float *out) {
	int blocks = (g->out_c + 7) / 8;
	for (int b = 0; b < blocks;) {
		int x = 0, left = blocks - b;
		if (left == 3 || left > 4) {
			TILES(4, 3) TILES(2, 3) TILES(1, 3)
			b += 3;
		} else if (left >= 2) {
			TILES(6, 2) TILES(3, 2) TILES(1, 2)
			b += 2;
		} else {
			TILES(8, 1) TILES(4, 1) TILES(1, 1)
			b += 1;
		}
	}
}
#undef TILES

// P neighbouring pixels of a depthwise convolution with rows of KW weights, eight channels, all columns inside.
INLINE void NAME(columns)(const float *in, long row, long s, const float *w, int rows, float *out, long out_s, v8 bias, const int P, const int KW, const int SW) {
	v8 sum[4];
#pragma GCC unroll 8
	for (int p = 0; p < P; p++)
		sum[p] = bias;
	for (int ky = 0; ky < rows; ky++, in += row, w += KW * s)
#pragma GCC unroll 8
		for (int kx = 0; kx < KW; kx++) {
			v8 wk = load(w + kx * s);
#pragma GCC unroll 8
			for (int p = 0; p < P; p++)
				sum[p] += load(in + (p * SW + kx) * s) * wk;
		}
#pragma GCC unroll 8
	for (int p = 0; p < P; p++)
		store(out + p * out_s, sum[p]);
}

// One row y of a depthwise convolution.
INLINE void NAME(depthwise)(const struct step *s, const float *in, const float *w, const float *bias, int y, float *out, int out_s, const int KW, const int SW) {
	int y0 = y * s->sh - s->top, k0 = y0 < 0 ? -y0 : 0, k1 = y0 + s->kh > s->in_h ? s->in_h - y0 : s->kh;
	int kw = KW ? KW : s->kw, sw = SW ? SW : s->sw;
	long is = s->in_s, row = (long)s->in_w * is;
	// Columns from x0 to x1 have all their neighbours.
	int x0 = (s->left + sw - 1) / sw, x1 = s->in_w + s->left < kw ? 0 : (s->in_w - kw + s->left) / sw + 1;
	if (x1 > s->out_w)
		x1 = s->out_w;
	for (int c = 0; c < is; c += 8) {
		const float *wc = w + c, *rows = in + (long)(y0 + k0) * row + c;
		v8 start = load(bias + c);
		for (int x = 0; x < s->out_w; x++) {
			if (KW && x >= x0 && x < x1) {
				const float *from = rows + (long)(x * SW - s->left) * is, *wk = wc + k0 * KW * is;
				for (; x + 4 <= x1; x += 4, from += 4 * SW * is)
					NAME(columns)(from, row, is, wk, k1 - k0, out + (long)x * out_s + c, out_s, start, 4, KW, SW);
				for (; x < x1; x++, from += SW * is)
					NAME(columns)(from, row, is, wk, k1 - k0, out + (long)x * out_s + c, out_s, start, 1, KW, SW);
				if (x == s->out_w)
					break;
			}
			v8 sum = start;
			for (int ky = k0; ky < k1; ky++)
				for (int kx = 0; kx < kw; kx++) {
					int ix = x * sw - s->left + kx;
					if (ix >= 0 && ix < s->in_w)
						sum += load(in + (long)(y0 + ky) * row + (long)ix * is + c) * load(wc + (ky * kw + kx) * is);
				}
			store(out + (long)x * out_s + c, sum);
		}
	}
}

TARGET static void NAME(depthwise_row)(const struct step *s, const float *in, const float *w, const float *bias, int act, const float *alpha, int y, float *out, int out_s) {
	int kind = s->kw == 3 ? s->sw : s->kw == 5 ? 10 + s->sw : 0;
	switch (kind) {
	case 1: NAME(depthwise)(s, in, w, bias, y, out, out_s, 3, 1); break;
	case 2: NAME(depthwise)(s, in, w, bias, y, out, out_s, 3, 2); break;
	case 11: NAME(depthwise)(s, in, w, bias, y, out, out_s, 5, 1); break;
	case 12: NAME(depthwise)(s, in, w, bias, y, out, out_s, 5, 2); break;
	default: NAME(depthwise)(s, in, w, bias, y, out, out_s, 0, 0);
	}
	if (act == ACT_NONE)
		return;
	for (int x = 0; x < s->out_w; x++, out += out_s)
		for (int c = 0; c < s->in_s; c += 8)
			store(out + c, NAME(activate)(act, load(out + c), alpha + c));
}

// The neighbours of each pixel of row y, in the order of the weights.
TARGET static void NAME(patches)(const struct step *s, const float *in, int y, float *out) {
	for (int x = 0; x < s->out_w; x++)
		for (int ky = 0; ky < s->kh; ky++) {
			int iy = y * s->sh - s->top + ky, ix = x * s->sw - s->left;
			if (iy >= 0 && iy < s->in_h && ix >= 0 && ix + s->kw <= s->in_w && s->in_s == s->in_c) {
				const float *from = in + ((long)iy * s->in_w + ix) * s->in_s;
				for (int i = 0; i < s->kw * s->in_c; i++)
					*out++ = from[i];
				continue;
			}
			for (int kx = 0; kx < s->kw; kx++, ix++) {
				int inside = iy >= 0 && iy < s->in_h && ix >= 0 && ix < s->in_w;
				const float *from = inside ? in + ((long)iy * s->in_w + ix) * s->in_s : 0;
				for (int c = 0; c < s->in_c; c++)
					*out++ = inside ? from[c] : 0;
			}
		}
}

TARGET static void NAME(conv)(const struct step *s, const float *w, float *m) {
	struct NAME(product) g = {
		w + s->weights, w + s->bias, w + s->alpha, m + s->other, s->patch, s->act, s->out_c, s->out_s, s->other_c, s->other_s,
	};
	const float *in = m + s->in;
	float *out = m + s->out, *row = m + s->scratch;
	if (s->front == FRONT_NONE) {
		// As many pixels at a time as stay near the processor while all channels are made from them.
		int n = s->out_h * s->out_w;
		for (int p = 0; p < n; p += 96)
			NAME(multiply)(&g, in + (long)p * s->in_s, s->in_s, n - p < 96 ? n - p : 96, p, out);
		return;
	}
	for (int y = 0; y < s->out_h; y++) {
		int stride = s->patch;
		if (s->front == FRONT_PATCHES) {
			NAME(patches)(s, in, y, row);
		} else {
			stride = s->in_s;
			NAME(depthwise_row)(s, in, w + s->front_weights, w + s->front_bias, s->front_act, w + s->alpha, y, row, stride);
		}
		NAME(multiply)(&g, row, stride, s->out_w, (long)y * s->out_w, out);
	}
}
