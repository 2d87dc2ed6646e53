#pragma once

// Each kernel is written once and compiled for any processor and, on x86, for those with AVX2, chosen when it is called.
#define BODY static inline __attribute__((always_inline)) void
#if defined(__x86_64__)
#define KERNEL(name, params, args) \
	static void plain_##name params { name args; } \
	__attribute__((target("avx2,fma"))) static void avx2_##name params { name args; } \
	void vitrine_##name params { \
		if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) avx2_##name args; \
		else plain_##name args; \
	}
#else
#define KERNEL(name, params, args) \
	void vitrine_##name params { name args; }
#endif
