#include "x11.h"

#include <X11/Xatom.h>
#include <X11/Xlib.h>
#include <X11/Xutil.h>
#include <X11/extensions/XShm.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/shm.h>

// In Go: takes a screen or window that was found. The name is UTF-8.
extern void grabFound(uintptr_t context, unsigned long id, char *name, int width, int height, int first);

struct grabber {
	Display *display;
	Window window;
	Visual *visual;
	int depth;
	int shared; // the server can write into our memory
	XShmSegmentInfo segment;
	XImage *image;
	uint8_t *pixels; // of an image that was not shared
};

// Xlib has one error handler a process, which must not exit. Errors are told apart by display: the handler marks the
// connection that failed. Few connections live at once.
enum { MARKS = 32 };
static struct {
	Display *display;
	int code;
} marks[MARKS];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static XErrorHandler former;
static XIOErrorHandler former_io;

static int on_error(Display *display, XErrorEvent *event) {
	int ours = 0;
	pthread_mutex_lock(&lock);
	for (int i = 0; i < MARKS; i++)
		if (marks[i].display == display) {
			marks[i].code = event->error_code;
			ours = 1;
		}
	XErrorHandler next = former;
	pthread_mutex_unlock(&lock);
	return ours || !next ? 0 : next(display, event);
}

// The server has gone away. Xlib's own handler ends the program before it asks for the connection's exit handler (libX11
// 1.8.4), so that both must let ours live: its calls only fail from then on.
static int on_io_error(Display *display) {
	int ours = 0;
	pthread_mutex_lock(&lock);
	for (int i = 0; i < MARKS; i++)
		if (marks[i].display == display) ours = 1;
	XIOErrorHandler next = former_io;
	pthread_mutex_unlock(&lock);
	return ours || !next ? 0 : next(display);
}

static void keep_running(Display *display, void *unused) { (void)display, (void)unused; }

// Our handlers go in front of whoever set one since (GLFW does for moments), and hand on what is not about our
// connections. The lock is held.
static void handle_errors(void) {
	XErrorHandler before = XSetErrorHandler(on_error);
	if (before != on_error) former = before;
	XIOErrorHandler before_io = XSetIOErrorHandler(on_io_error);
	if (before_io != on_io_error) former_io = before_io;
}

static void init_threads(void) { XInitThreads(); }

static Display *connect_display(void) {
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	pthread_once(&once, init_threads);
	Display *display = XOpenDisplay(NULL);
	if (!display) return NULL;
	XSetIOErrorExitHandler(display, keep_running, NULL);
	int place = -1;
	pthread_mutex_lock(&lock);
	for (int i = 0; i < MARKS && place < 0; i++)
		if (!marks[i].display) place = i;
	if (place >= 0) {
		marks[place].display = display;
		marks[place].code = 0;
		handle_errors();
	}
	pthread_mutex_unlock(&lock);
	if (place < 0) {
		XCloseDisplay(display);
		return NULL;
	}
	return display;
}

static void disconnect(Display *display) {
	XCloseDisplay(display);
	pthread_mutex_lock(&lock);
	for (int i = 0; i < MARKS; i++)
		if (marks[i].display == display) marks[i].display = NULL;
	pthread_mutex_unlock(&lock);
}

// Waits until the server has done all that was asked, and returns and forgets the error among it.
static int settle(Display *display) {
	int code = 0;
	XSync(display, False);
	pthread_mutex_lock(&lock);
	for (int i = 0; i < MARKS; i++)
		if (marks[i].display == display) {
			code = marks[i].code;
			marks[i].code = 0;
		}
	pthread_mutex_unlock(&lock);
	return code;
}

static void drop_image(struct grabber *g) {
	if (!g->image) return;
	if (g->segment.shmaddr) {
		XShmDetach(g->display, &g->segment);
		g->image->data = NULL;
		XDestroyImage(g->image);
		settle(g->display);
		shmdt(g->segment.shmaddr);
		memset(&g->segment, 0, sizeof g->segment);
	} else {
		XDestroyImage(g->image);
	}
	g->image = NULL;
}

// Makes an image whose memory the server shares; where it cannot, shared is cleared.
static void share_image(struct grabber *g, int width, int height) {
	g->image = XShmCreateImage(g->display, g->visual, (unsigned)g->depth, ZPixmap, NULL, &g->segment, (unsigned)width, (unsigned)height);
	if (!g->image) {
		g->shared = 0;
		return;
	}
	g->segment.shmid = shmget(IPC_PRIVATE, (size_t)g->image->bytes_per_line * (size_t)height, IPC_CREAT | 0600);
	if (g->segment.shmid >= 0) {
		void *memory = shmat(g->segment.shmid, NULL, 0);
		if (memory != (void *)-1) {
			g->segment.shmaddr = g->image->data = memory;
			int ok = XShmAttach(g->display, &g->segment) && !settle(g->display);
			// Marked for removal now, the segment goes when both have let go of it, also after a crash.
			shmctl(g->segment.shmid, IPC_RMID, NULL);
			if (ok) return;
			shmdt(memory);
		} else {
			shmctl(g->segment.shmid, IPC_RMID, NULL);
		}
	}
	g->image->data = NULL;
	XDestroyImage(g->image);
	g->image = NULL;
	memset(&g->segment, 0, sizeof g->segment);
	g->shared = 0;
}

enum grab_result grab_open(struct grabber **out, int screen, unsigned long window) {
	Display *display = connect_display();
	if (!display) return GRAB_REFUSED;
	if (screen < 0 || screen >= ScreenCount(display)) {
		disconnect(display);
		return GRAB_GONE;
	}
	XWindowAttributes a;
	Window w = window ? window : RootWindow(display, screen);
	Status ok = XGetWindowAttributes(display, w, &a);
	if (settle(display) || !ok) {
		disconnect(display);
		return GRAB_GONE;
	}
	if (a.depth != 24 && a.depth != 32) {
		disconnect(display);
		return GRAB_FORMAT;
	}
	struct grabber *g = calloc(1, sizeof *g);
	if (!g) abort();
	*g = (struct grabber){.display = display, .window = w, .visual = a.visual, .depth = a.depth, .shared = XShmQueryExtension(display)};
	*out = g;
	return GRAB_OK;
}

// Reads one part of the window into g->image. A window that was hidden a moment ago gives an error, which is forgotten here: what is asked next
// must not be blamed for it.
static int grab_part(struct grabber *g, int x, int y, int width, int height) {
	if (g->image && (!g->shared || g->image->width != width || g->image->height != height)) drop_image(g);
	if (!g->image && g->shared) share_image(g, width, height);
	int read;
	if (g->shared) {
		read = XShmGetImage(g->display, g->window, g->image, x, y, AllPlanes);
	} else {
		g->image = XGetImage(g->display, g->window, x, y, (unsigned)width, (unsigned)height, AllPlanes, ZPixmap);
		read = g->image != NULL;
	}
	return !settle(g->display) && read;
}

enum grab_result grab_next(struct grabber *g, int x, int y, int w, int h, const uint8_t **pixels, int *stride, int *width, int *height) {
	pthread_mutex_lock(&lock);
	handle_errors();
	pthread_mutex_unlock(&lock);
	XWindowAttributes a;
	Status ok = XGetWindowAttributes(g->display, g->window, &a);
	if (settle(g->display) || !ok) return GRAB_GONE;
	if (a.map_state != IsViewable) return GRAB_REFUSED;
	// Only what lies on the screen can be read.
	int left, top;
	Window child;
	XTranslateCoordinates(g->display, g->window, a.root, 0, 0, &left, &top, &child);
	int x0 = x, y0 = y, x1 = w ? x + w : a.width, y1 = h ? y + h : a.height;
	int sw = WidthOfScreen(a.screen), sh = HeightOfScreen(a.screen);
	if (x0 < 0) x0 = 0;
	if (y0 < 0) y0 = 0;
	if (x0 < -left) x0 = -left;
	if (y0 < -top) y0 = -top;
	if (x1 > a.width) x1 = a.width;
	if (y1 > a.height) y1 = a.height;
	if (x1 > sw - left) x1 = sw - left;
	if (y1 > sh - top) y1 = sh - top;
	if (x1 <= x0 || y1 <= y0) return GRAB_REFUSED;
	if (!grab_part(g, x0, y0, x1 - x0, y1 - y0)) return GRAB_REFUSED;
	XImage *i = g->image;
	if (i->bits_per_pixel != 32 || i->byte_order != LSBFirst || i->red_mask != 0xff0000) return GRAB_FORMAT;
	*pixels = (const uint8_t *)i->data;
	*stride = i->bytes_per_line;
	*width = i->width;
	*height = i->height;
	return GRAB_OK;
}

void grab_close(struct grabber *g) {
	drop_image(g);
	disconnect(g->display);
	free(g);
}

static void found_screen(Display *display, int n, uintptr_t context) {
	grabFound(context, (unsigned long)n, NULL, DisplayWidth(display, n), DisplayHeight(display, n), n == DefaultScreen(display));
}

// The window's name by EWMH, or by ICCCM; the caller frees it with XFree.
static char *window_name(Display *display, Window window) {
	Atom type, utf8 = XInternAtom(display, "UTF8_STRING", False);
	int format;
	unsigned long length, rest;
	unsigned char *text = NULL;
	if (XGetWindowProperty(display, window, XInternAtom(display, "_NET_WM_NAME", False), 0, 256, False, utf8, &type, &format, &length, &rest, &text) == Success && text && length)
		return (char *)text;
	if (text) XFree(text);
	char *name = NULL;
	return XFetchName(display, window, &name) ? name : NULL;
}

static void found_window(Display *display, Window window, uintptr_t context) {
	XWindowAttributes a;
	if (!XGetWindowAttributes(display, window, &a) || a.map_state != IsViewable || a.class != InputOutput || a.width < 32 || a.height < 32) return;
	char *name = window_name(display, window);
	if (!name) return;
	if (*name) grabFound(context, window, name, a.width, a.height, 0);
	XFree(name);
}

static void list_windows(Display *display, Window root, uintptr_t context) {
	Atom type;
	int format;
	unsigned long count = 0, rest;
	unsigned char *list = NULL;
	Atom clients = XInternAtom(display, "_NET_CLIENT_LIST", True);
	if (clients != None && XGetWindowProperty(display, root, clients, 0, 4096, False, XA_WINDOW, &type, &format, &count, &rest, &list) == Success && list && type == XA_WINDOW && format == 32 && count) {
		for (unsigned long i = 0; i < count; i++) found_window(display, ((Window *)list)[i], context);
		XFree(list);
		return;
	}
	if (list) XFree(list);
	// No window manager: the children of the root are the programs' windows.
	Window parent, above, *children = NULL;
	unsigned n = 0;
	if (XQueryTree(display, root, &above, &parent, &children, &n) && children) {
		for (unsigned i = 0; i < n; i++) found_window(display, children[i], context);
		XFree(children);
	}
}

int grab_list(int windows, uintptr_t context) {
	Display *display = connect_display();
	if (!display) return 0;
	for (int i = 0; i < ScreenCount(display); i++) {
		if (windows)
			list_windows(display, RootWindow(display, i), context);
		else
			found_screen(display, i, context);
	}
	settle(display);
	disconnect(display);
	return 1;
}
