#pragma once

// Each kernel is written once and compiled for any processor and, on x86, for those with AVX2, chosen when it is called. An EXACT one
// rounds every product before it is added, as Go does there: who decides by its sums decides alike.
#define BODY static inline __attribute__((always_inline)) void
#define KERNEL(name, params, args) COMPILED("avx2,fma", name, params, args)
#define EXACT(name, params, args) COMPILED("avx2", name, params, args)
#if defined(__x86_64__)
#define COMPILED(features, name, params, args) \
	static void plain_##name params { name args; } \
	__attribute__((target(features))) static void avx2_##name params { name args; } \
	void vitrine_##name params { \
		if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) avx2_##name args; \
		else plain_##name args; \
	}
#else
#define COMPILED(features, name, params, args) \
	void vitrine_##name params { name args; }
#endif
