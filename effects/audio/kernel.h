#pragma once

// Complex numbers are pairs of floats, real part first, as Go's complex64.
void vitrine_multiply(int n, float *restrict sum, const float *restrict x, const float *restrict w);
void vitrine_spread(int n, float *restrict s, const float *restrict x, const float *restrict p);
void vitrine_learn(int n, float *restrict w, float *restrict p, const float *restrict x, const float *restrict e,
	const float *restrict g, float share, float forget);
void vitrine_by4(int groups, int stride, float *restrict y, const float *restrict x, const float *restrict turn);
