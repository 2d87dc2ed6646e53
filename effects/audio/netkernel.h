#pragma once

void vitrine_rows(int groups, int outs, int ins, int n, float *restrict y, int ystride, const float *restrict x, const int *restrict at,
	int step, const float *restrict w, const float *restrict bias, float slope);
void vitrine_gates(int n, float *restrict h, const float *restrict x, const float *restrict back);
