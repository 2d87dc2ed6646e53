#include "kernels.h"
#include <float.h>

enum { STEP_CONV, STEP_DEPTHWISE, STEP_ADD, STEP_MUL, STEP_ACT, STEP_MAX_POOL, STEP_MEAN, STEP_RESIZE, STEP_PAD, STEP_COPY, STEP_TRANSPOSE };
enum { FRONT_NONE, FRONT_PATCHES, FRONT_DEPTHWISE };
enum { ACT_NONE, ACT_RELU, ACT_RELU6, ACT_PRELU, ACT_HARD_SWISH, ACT_LOGISTIC };

#define NAME(f) f##_plain
#define TARGET
#include "kernels_body.h"
#include "layers_body.h"
#include "sample_body.h"
#undef NAME
#undef TARGET

#ifdef __x86_64__
#define NAME(f) f##_avx2
#define TARGET __attribute__((target("avx2,fma")))
#include "kernels_body.h"
#include "layers_body.h"
#include "sample_body.h"
#undef NAME
#undef TARGET
#endif

// BEST calls f in the best form that this processor runs.
#ifdef __x86_64__
#define BEST(f, ...) \
	(!plain && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") ? f##_avx2(__VA_ARGS__) : f##_plain(__VA_ARGS__))
#else
#define BEST(f, ...) ((void)plain, f##_plain(__VA_ARGS__))
#endif

void vitrine_face_run(const struct step *steps, int n, const float *weights, float *memory, int plain) {
	BEST(run, steps, n, weights, memory);
}

void vitrine_face_sample(struct picture p, struct crop c, float *dst, int plain) { BEST(sample, p, c, dst); }

void vitrine_face_halve(const uint8_t *src, int stride, int w, int h, uint8_t *dst, int dst_stride, int plain) {
	BEST(halve, src, stride, w, h, dst, dst_stride);
}
