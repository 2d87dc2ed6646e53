#include "dispatch.h"
#include "netkernel.h"

// See goRows. Sums of up to WIDE numbers of a row are kept in registers, and rows read to a multiple of it: see netSpace.
#define WIDE 40
typedef float lanes __attribute__((vector_size(32), aligned(4), may_alias));

BODY rows(int groups, int outs, int ins, int n, float *restrict y, int ystride, const float *restrict x, const int *restrict at,
	int step, const float *restrict w, const float *restrict bias, float slope)
{
	for (int g = 0; g < groups; g++, x += step)
		for (int o = 0; o < outs; o++, y += ystride, w += ins, bias++) {
			if (n == 1) {
				float sum = *bias;
				for (int i = 0; i < ins; i++)
					sum += w[i] * x[at[i]];
				y[0] = sum < 0 ? sum * slope : sum;
				continue;
			}
			for (int f = 0; f < n; f += WIDE) {
				lanes a = *bias - (lanes){0}, b = a, c = a, d = a, e = a;
				for (int i = 0; i < ins; i++) {
					const lanes *row = (const lanes *)(x + at[i] + f);
					a += w[i] * row[0];
					b += w[i] * row[1];
					c += w[i] * row[2];
					d += w[i] * row[3];
					e += w[i] * row[4];
				}
				lanes sum[5] = {a, b, c, d, e};
				const float *s = (const float *)sum;
				int m = n - f < WIDE ? n - f : WIDE;
				for (int i = 0; i < m; i++)
					y[f + i] = s[i] < 0 ? s[i] * slope : s[i];
			}
		}
}
EXACT(rows, (int groups, int outs, int ins, int n, float *restrict y, int ystride, const float *restrict x, const int *restrict at,
	int step, const float *restrict w, const float *restrict bias, float slope),
	(groups, outs, ins, n, y, ystride, x, at, step, w, bias, slope))

// See hyperbolic.
static inline __attribute__((always_inline)) float hyperbolic(float x)
{
	float y = x / 2;
	y = y < -5 ? -5 : y > 5 ? 5 : y;
	float s = y * y;
	float p = y * (135135 + s * (17325 + s * (378 + s)));
	float q = 135135 + s * (62370 + s * (3150 + s * 28));
	return 2 * p * q / (p * p + q * q);
}

BODY gates(int n, float *restrict h, const float *restrict x, const float *restrict back)
{
	for (int i = 0; i < n; i++) {
		float keep = .5f + .5f * hyperbolic((x[i] + back[i]) / 2);
		float reset = .5f + .5f * hyperbolic((x[n + i] + back[n + i]) / 2);
		float fresh = hyperbolic(x[2 * n + i] + reset * back[2 * n + i]);
		h[i] = fresh + keep * (h[i] - fresh);
	}
}
KERNEL(gates, (int n, float *restrict h, const float *restrict x, const float *restrict back),
	(n, h, x, back))
