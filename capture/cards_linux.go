package capture

/*
#cgo LDFLAGS: -ldl
#define _GNU_SOURCE
#include <dlfcn.h>

static void quiet_alsa(const char *file, int line, const char *function, int err, const char *format, ...) {
	(void)file, (void)line, (void)function, (void)err, (void)format;
}

static void quiet_jack(const char *text) { (void)text; }

// PortAudio brings ALSA and perhaps JACK into the process; their headers and libraries are not needed to tell them.
static void hush(void) {
	typedef void (*set)(void (*)(void));
	set alsa = (set)dlsym(RTLD_DEFAULT, "snd_lib_error_set_handler");
	if (alsa) alsa((void (*)(void))quiet_alsa);
	set error = (set)dlsym(RTLD_DEFAULT, "jack_set_error_function");
	if (error) error((void (*)(void))quiet_jack);
	set text = (set)dlsym(RTLD_DEFAULT, "jack_set_info_function");
	if (text) text((void (*)(void))quiet_jack);
}
*/
import "C"

import (
	"bufio"
	"fmt"
	"os"
	"slices"
	"strings"
	"syscall"

	"github.com/gordonklaus/portaudio"

	"vitrine/capture/frame"
)

// hush keeps ALSA and JACK from writing to the terminal; what matters they return as errors.
func hush() { C.hush() }

// recognisable keeps cards and sound servers, and leaves out ALSA's plugins (dmix, front, surround51, samplerate …).
func recognisable(name string) bool {
	switch name {
	case "default", "pulse", "pipewire":
		return true
	}
	return strings.Contains(name, "(hw:")
}

// cardList is the kernel's list of sound cards and their PCM devices, in its own words.
func cardList() string {
	cards, _ := os.ReadFile("/proc/asound/cards")
	pcm, _ := os.ReadFile("/proc/asound/pcm")
	return string(cards) + "\n" + string(pcm)
}

// patchCards brings a list of PortAudio up to date with the kernel's list: cards that are gone leave, new ones come with
// the name that PortAudio will give them.
func patchCards(old []frame.Device) []frame.Device {
	present := kernelCards(cardList())
	var list []frame.Device
	for _, d := range old {
		if !strings.Contains(d.ID, "(hw:") || slices.ContainsFunc(present, func(p frame.Device) bool { return p.Kind == d.Kind && p.ID == d.ID }) {
			list = append(list, d)
		}
	}
	for _, p := range present {
		if !slices.ContainsFunc(list, func(d frame.Device) bool { return p.Kind == d.Kind && p.ID == d.ID }) {
			list = append(list, p)
		}
	}
	slices.SortStableFunc(list, func(a, b frame.Device) int { return strings.Compare(string(a.Kind), string(b.Kind)) })
	return list
}

// cardPresent reports whether the kernel has the card of a Device.ID.
func cardPresent(id string) bool {
	return slices.ContainsFunc(kernelCards(cardList()), func(d frame.Device) bool { return d.ID == id })
}

// kernelCards reads the text of cardList. A card is " 0 [PCH ]: HDA-Intel - HDA Intel PCH", a PCM device is
// "00-00: ALC257 Analog : ALC257 Analog : playback 1 : capture 1".
func kernelCards(text string) (list []frame.Device) {
	cards := map[int]string{}
	for lines := bufio.NewScanner(strings.NewReader(text)); lines.Scan(); {
		line := lines.Text()
		var card, device int
		if n, _ := fmt.Sscanf(line, "%d-%d:", &card, &device); n == 2 {
			fields := strings.Split(line, ": ")
			if len(fields) < 3 || cards[card] == "" {
				continue
			}
			name := cards[card] + ": " + strings.TrimSpace(fields[2])
			d := frame.Device{ID: fmt.Sprintf("ALSA/%s (hw:%d,%d)", name, card, device), Name: name}
			for _, side := range fields[3:] {
				switch {
				case strings.HasPrefix(side, "capture"):
					d.Kind = frame.Microphone
				case strings.HasPrefix(side, "playback"):
					d.Kind = frame.Speaker
				default:
					continue
				}
				list = append(list, d)
			}
		} else if n == 1 {
			if _, name, ok := strings.Cut(line, "]: "); ok {
				_, name, _ = strings.Cut(name, " - ")
				cards[card] = strings.TrimSpace(name)
			}
		}
	}
	return list
}

// hostFault says what an error of ALSA means; its codes are negative errno values.
func hostFault(err portaudio.UnanticipatedHostError) error {
	switch syscall.Errno(-err.Code) {
	case syscall.EBUSY, syscall.EAGAIN:
		return frame.ErrBusy
	case syscall.EACCES, syscall.EPERM:
		return frame.ErrRefused
	case syscall.EINVAL:
		return frame.ErrFormat
	default:
		return frame.ErrGone
	}
}
