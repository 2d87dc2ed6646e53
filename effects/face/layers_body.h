// All steps but convolutions, and how steps are run; compiled after kernels_body.h.

// Each channel of each pixel; other has one pixel or all.
INLINE void NAME(elements)(const struct step *s, const float *w, float *m, const int kind, const int act) {
	long n = (long)s->out_h * s->out_w;
	int channels = s->out_c, os = s->other_pixels == 1 ? 0 : s->other_s;
	const float *in = m + s->in, *other = m + s->other, *alpha = w + s->alpha;
	float *out = m + s->out;
	if (channels < 8 && s->in_s == s->out_s && (kind == STEP_ACT || os == s->out_s) && act != ACT_PRELU) {
		// Pixels of few channels follow each other without gaps.
		n *= s->out_s, channels = (int)n, n = 1;
	}
	for (long p = 0; p < n; p++, in += s->in_s, other += os, out += s->out_s)
		for (int c = 0; c < channels; c += 8) {
			int full = c + 8 <= channels;
			v8 v = full ? load(in + c) : NAME(load_some)(in + c, channels - c);
			if (kind != STEP_ACT) {
				v8 o = full ? load(other + c) : NAME(load_some)(other + c, channels - c);
				v = kind == STEP_ADD ? v + o : v * o;
			}
			v = NAME(activate)(act, v, alpha + c);
			if (full)
				store(out + c, v);
			else
				NAME(store_some)(out + c, v, channels - c);
		}
}

TARGET static void NAME(each)(const struct step *s, const float *w, float *m) {
	if (s->kind == STEP_MUL && s->act == ACT_NONE)
		NAME(elements)(s, w, m, STEP_MUL, ACT_NONE);
	else if (s->kind == STEP_MUL)
		NAME(elements)(s, w, m, STEP_MUL, s->act);
	else if (s->kind == STEP_ADD && s->act == ACT_NONE)
		NAME(elements)(s, w, m, STEP_ADD, ACT_NONE);
	else if (s->kind == STEP_ADD)
		NAME(elements)(s, w, m, STEP_ADD, s->act);
	else if (s->act == ACT_LOGISTIC)
		NAME(elements)(s, w, m, STEP_ACT, ACT_LOGISTIC);
	else
		NAME(elements)(s, w, m, STEP_ACT, s->act);
}

TARGET static void NAME(max_pool)(const struct step *s, float *m) {
	float *out = m + s->out;
	for (int y = 0; y < s->out_h; y++)
		for (int x = 0; x < s->out_w; x++, out += s->out_s) {
			for (int c = 0; c < s->out_c; c++)
				out[c] = -FLT_MAX;
			for (int ky = 0; ky < s->kh; ky++)
				for (int kx = 0; kx < s->kw; kx++) {
					int iy = y * s->sh - s->top + ky, ix = x * s->sw - s->left + kx;
					if (iy < 0 || iy >= s->in_h || ix < 0 || ix >= s->in_w)
						continue;
					const float *in = m + s->in + ((long)iy * s->in_w + ix) * s->in_s;
					for (int c = 0; c < s->out_c; c++)
						out[c] = in[c] > out[c] ? in[c] : out[c];
				}
		}
}

TARGET static void NAME(mean)(const struct step *s, float *m) {
	long n = (long)s->in_h * s->in_w;
	float *out = m + s->out;
	for (int c = 0; c < s->out_c; c++)
		out[c] = 0;
	for (long p = 0; p < n; p++) {
		const float *in = m + s->in + p * s->in_s;
		for (int c = 0; c < s->out_c; c++)
			out[c] += in[c];
	}
	for (int c = 0; c < s->out_c; c++)
		out[c] /= (float)n;
}

INLINE float NAME(between)(int i, int n, int m, int *a, int *b) {
	float p = ((float)i + 0.5f) * (float)n / (float)m - 0.5f;
	p = p < 0 ? 0 : p;
	*a = (int)p < n - 1 ? (int)p : n - 1;
	*b = *a + 1 < n ? *a + 1 : n - 1;
	return p - (float)*a;
}

TARGET static void NAME(resize)(const struct step *s, float *m) {
	float *out = m + s->out;
	for (int y = 0; y < s->out_h; y++) {
		int y0, y1, x0, x1;
		float fy = NAME(between)(y, s->in_h, s->out_h, &y0, &y1);
		const float *upper = m + s->in + (long)y0 * s->in_w * s->in_s, *lower = m + s->in + (long)y1 * s->in_w * s->in_s;
		for (int x = 0; x < s->out_w; x++, out += s->out_s) {
			float fx = NAME(between)(x, s->in_w, s->out_w, &x0, &x1);
			const float *a = upper + (long)x0 * s->in_s, *b = upper + (long)x1 * s->in_s;
			const float *c = lower + (long)x0 * s->in_s, *d = lower + (long)x1 * s->in_s;
			for (int i = 0; i < s->out_c; i++) {
				float u = a[i] + (b[i] - a[i]) * fx, l = c[i] + (d[i] - c[i]) * fx;
				out[i] = u + (l - u) * fy;
			}
		}
	}
}

TARGET static void NAME(zeros)(const struct step *s, float *m) {
	float *out = m + s->out;
	for (int y = -s->top; y < s->out_h - s->top; y++)
		for (int x = -s->left; x < s->out_w - s->left; x++, out += s->out_s) {
			int n = y >= 0 && y < s->in_h && x >= 0 && x < s->in_w ? s->in_c : 0;
			const float *in = n ? m + s->in + ((long)y * s->in_w + x) * s->in_s : 0;
			for (int c = 0; c < n; c++)
				out[c] = in[c];
			for (int c = n; c < s->out_c; c++)
				out[c] = 0;
		}
}

TARGET static void NAME(copy)(const struct step *s, float *m) {
	float *out = m + s->out + (long)(s->pad / s->out_c) * s->out_s;
	int o = s->pad % s->out_c;
	const float *in = m + s->in;
	for (long p = (long)s->in_h * s->in_w; p > 0; p--, in += s->in_s)
		for (int c = 0; c < s->in_c; c++) {
			out[o++] = in[c];
			if (o == s->out_c)
				o = 0, out += s->out_s;
		}
}

TARGET static void NAME(transpose)(const struct step *s, const float *w, float *m) {
	int n = s->kh * s->kw * s->out_c, stride = (n + 7) & ~7;
	struct NAME(product) g = {w + s->weights, w + s->bias, w, m, s->patch, ACT_NONE, n, stride, 0, 0};
	float *row = m + s->scratch;
	for (int y = 0; y < s->in_h; y++) {
		NAME(multiply)(&g, m + s->in + (long)y * s->in_w * s->in_s, s->in_s, s->in_w, 0, row);
		for (int ky = 0; ky < s->kh; ky++)
			for (int x = 0; x < s->in_w; x++)
				for (int kx = 0; kx < s->kw; kx++) {
					const float *from = row + (long)x * stride + (ky * s->kw + kx) * s->out_c;
					float *out = m + s->out + ((long)(y * s->kh + ky) * s->out_w + x * s->kw + kx) * s->out_s;
					for (int c = 0; c < s->out_c; c++)
						out[c] = from[c];
				}
	}
}

TARGET static void NAME(run)(const struct step *s, int n, const float *w, float *m) {
	for (; n > 0; n--, s++)
		switch (s->kind) {
		case STEP_CONV: NAME(conv)(s, w, m); break;
		case STEP_DEPTHWISE:
			for (int y = 0; y < s->out_h; y++)
				NAME(depthwise_row)(s, m + s->in, w + s->weights, w + s->bias, s->act, w + s->alpha, y, m + s->out + (long)y * s->out_w * s->out_s, s->out_s);
			break;
		case STEP_ADD:
		case STEP_MUL:
		case STEP_ACT: NAME(each)(s, w, m); break;
		case STEP_MAX_POOL: NAME(max_pool)(s, m); break;
		case STEP_MEAN: NAME(mean)(s, m); break;
		case STEP_RESIZE: NAME(resize)(s, m); break;
		case STEP_PAD: NAME(zeros)(s, m); break;
		case STEP_COPY: NAME(copy)(s, m); break;
		case STEP_TRANSPOSE: NAME(transpose)(s, w, m); break;
		}
}

#undef v8
#undef i8
#undef INLINE
#undef load
#undef store
#undef all
#undef pick
#undef vmax
#undef vmin
