#include "dispatch.h"
#include "kernel.h"

BODY multiply(int n, float *restrict sum, const float *restrict x, const float *restrict w)
{
	for (int k = 0; k < n; k++) {
		float xr = x[2 * k], xi = x[2 * k + 1], wr = w[2 * k], wi = w[2 * k + 1];
		sum[2 * k] += xr * wr - xi * wi;
		sum[2 * k + 1] += xr * wi + xi * wr;
	}
}
KERNEL(multiply, (int n, float *restrict sum, const float *restrict x, const float *restrict w),
	(n, sum, x, w))

BODY spread(int n, float *restrict s, const float *restrict x, const float *restrict p)
{
	for (int k = 0; k < n; k++)
		s[k] += p[k] * (x[2 * k] * x[2 * k] + x[2 * k + 1] * x[2 * k + 1]);
}
KERNEL(spread, (int n, float *restrict s, const float *restrict x, const float *restrict p),
	(n, s, x, p))

BODY learn(int n, float *restrict w, float *restrict p, const float *restrict x, const float *restrict e,
	const float *restrict g, float share, float forget)
{
	for (int k = 0; k < n; k++) {
		float xr = x[2 * k], xi = x[2 * k + 1], er = e[2 * k], ei = e[2 * k + 1];
		float step = p[k] * g[k];
		float wr = w[2 * k] + step * (xr * er + xi * ei);
		float wi = w[2 * k + 1] + step * (xr * ei - xi * er);
		w[2 * k] = wr;
		w[2 * k + 1] = wi;
		p[k] = p[k] * (1 - forget - share * step * (xr * xr + xi * xi)) + forget * (wr * wr + wi * wi);
	}
}
KERNEL(learn, (int n, float *restrict w, float *restrict p, const float *restrict x, const float *restrict e,
	const float *restrict g, float share, float forget),
	(n, w, p, x, e, g, share, forget))

// One step of radix 4 of Stockham's transform: see fftStep.
BODY by4(int groups, int stride, float *restrict y, const float *restrict x, const float *restrict turn)
{
	int n = 2 * stride;
	for (int g = 0; g < groups; g++, turn += 6, y += 4 * n, x += n) {
		const float *x1 = x + n * groups;
		const float *x2 = x1 + n * groups;
		const float *x3 = x2 + n * groups;
		float ur = turn[0], ui = turn[1], vr = turn[2], vi = turn[3], wr = turn[4], wi = turn[5];
		for (int q = 0; q < n; q += 2) {
			float pr = x[q] + x2[q], pi = x[q + 1] + x2[q + 1];
			float mr = x[q] - x2[q], mi = x[q + 1] - x2[q + 1];
			float sr = x1[q] + x3[q], si = x1[q + 1] + x3[q + 1];
			float dr = x1[q + 1] - x3[q + 1], di = x3[q] - x1[q];
			float ar = mr + dr, ai = mi + di, br = pr - sr, bi = pi - si, cr = mr - dr, ci = mi - di;
			y[q] = pr + sr;
			y[q + 1] = pi + si;
			y[n + q] = ar * ur - ai * ui;
			y[n + q + 1] = ar * ui + ai * ur;
			y[2 * n + q] = br * vr - bi * vi;
			y[2 * n + q + 1] = br * vi + bi * vr;
			y[3 * n + q] = cr * wr - ci * wi;
			y[3 * n + q + 1] = cr * wi + ci * wr;
		}
	}
}
KERNEL(by4, (int groups, int stride, float *restrict y, const float *restrict x, const float *restrict turn),
	(groups, stride, y, x, turn))
