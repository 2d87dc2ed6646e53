// Kernel of the colour table: see colourtable.go for its layout and colourplain.go for what it computes.
#ifndef VITRINE_COLOUR_H
#define VITRINE_COLOUR_H

#include <stdint.h>

// Looks every pixel of an I420 picture up in place. The tables hold 32 × 32 × 33 entries.
void vitrine_colour_apply(uint8_t *y, uint8_t *u, uint8_t *v, long ystride, long cstride, int width, int height,
	const uint32_t *ty, const uint32_t *tu, const uint32_t *tv);

#endif
