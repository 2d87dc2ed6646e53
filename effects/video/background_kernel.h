// What the kernels of the background are made with. Each is written once in plain C that compilers turn into vectors, and
// compiled for the processors of today and of yesterday.
#ifndef VITRINE_BACKGROUND_KERNEL_H
#define VITRINE_BACKGROUND_KERNEL_H

#include "background.h"
#include <string.h>

#define INLINE static inline __attribute__((always_inline))

#if defined(__x86_64__)
#define KERNEL(name, parameters, arguments) \
	__attribute__((target("avx2"))) static void name##_avx2 parameters { name arguments; } \
	void vitrine_##name parameters { \
		if (__builtin_cpu_supports("avx2")) name##_avx2 arguments; \
		else name arguments; \
	}
#else
#define KERNEL(name, parameters, arguments) \
	void vitrine_##name parameters { name arguments; }
#endif

typedef uint8_t *restrict bytes;
typedef const uint8_t *restrict const_bytes;
typedef int16_t *restrict words;
typedef const int16_t *restrict const_words;

INLINE int min_int(int a, int b) { return a < b ? a : b; }
INLINE int max_int(int a, int b) { return a > b ? a : b; }
INLINE int clamp_int(int x, int low, int high) { return x < low ? low : x > high ? high : x; }

#endif
