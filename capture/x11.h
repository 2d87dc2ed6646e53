// A grabber of one X11 screen or window. All calls of one grabber come from one thread at a time; each has its own
// connection.
#ifndef VITRINE_X11_H
#define VITRINE_X11_H

#include <stdint.h>

struct grabber;

enum grab_result { GRAB_OK, GRAB_GONE, GRAB_REFUSED, GRAB_FORMAT };

// Opens a connection to the default display, and the window with that id, or the root window of a screen for 0.
enum grab_result grab_open(struct grabber **g, int screen, unsigned long window);

// Grabs the part of the window given by x, y, w, h (all of it for w = 0), cut to what there is. The pixels are valid
// until the next call: 4 bytes each, blue, green, red, and one that means nothing. Never blocks for long.
enum grab_result grab_next(struct grabber *g, int x, int y, int w, int h, const uint8_t **pixels, int *stride, int *width, int *height);

void grab_close(struct grabber *g);

// Lists screens, or named windows if windows is set: calls found for each. Returns 0 where there is no display.
int grab_list(int windows, uintptr_t context);

#endif
