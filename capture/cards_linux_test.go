package capture

import (
	"errors"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/gordonklaus/portaudio"

	"vitrine/capture/frame"
)

const laptop = ` 0 [PCH            ]: HDA-Intel - HDA Intel PCH
                      HDA Intel PCH at 0xf7f10000 irq 32
 1 [Mic            ]: USB-Audio - Blue Snowball
                      BLUE MICROPHONE Blue Snowball at usb-0000:00:14.0-2, full speed

00-00: ALC257 Analog : ALC257 Analog : playback 1 : capture 1
00-03: HDMI 0 : HDMI 0 : playback 1
01-00: USB Audio : USB Audio : capture 1
`

func TestThe_kernels_cards_get_PortAudios_names(t *testing.T) {
	want := []frame.Device{
		{Kind: frame.Speaker, ID: "ALSA/HDA Intel PCH: ALC257 Analog (hw:0,0)", Name: "HDA Intel PCH: ALC257 Analog"},
		{Kind: frame.Microphone, ID: "ALSA/HDA Intel PCH: ALC257 Analog (hw:0,0)", Name: "HDA Intel PCH: ALC257 Analog"},
		{Kind: frame.Speaker, ID: "ALSA/HDA Intel PCH: HDMI 0 (hw:0,3)", Name: "HDA Intel PCH: HDMI 0"},
		{Kind: frame.Microphone, ID: "ALSA/Blue Snowball: USB Audio (hw:1,0)", Name: "Blue Snowball: USB Audio"},
	}
	if got := kernelCards(laptop); !slices.Equal(got, want) {
		t.Errorf("read %+v", got)
	}
}

func FuzzKernelCards(f *testing.F) {
	f.Add(laptop)
	f.Add("--- no soundcards ---\n\n")
	f.Add("99-99: : : capture")
	f.Fuzz(func(t *testing.T, text string) {
		for _, d := range kernelCards(text) {
			if d.Kind != frame.Microphone && d.Kind != frame.Speaker || !strings.HasPrefix(d.ID, "ALSA/"+d.Name+" (hw:") {
				t.Errorf("read %+v", d)
			}
		}
	})
}

func TestPortAudios_errors_become_one_sentence_with_the_cause(t *testing.T) {
	for _, c := range []struct{ err, want error }{
		{portaudio.DeviceUnavailable, frame.ErrBusy},
		{portaudio.InvalidSampleRate, frame.ErrFormat},
		{portaudio.InvalidChannelCount, frame.ErrFormat},
		{portaudio.InternalError, frame.ErrGone},
		{portaudio.UnanticipatedHostError{Code: -int(syscall.EBUSY), Text: "busy"}, frame.ErrBusy},
		{portaudio.UnanticipatedHostError{Code: -int(syscall.EACCES), Text: "denied"}, frame.ErrRefused},
		{portaudio.UnanticipatedHostError{Code: -int(syscall.ENODEV), Text: "no device"}, frame.ErrGone},
	} {
		err := soundError(frame.Microphone, "Blue Snowball", c.err)
		if !errors.Is(err, c.want) || !strings.HasPrefix(err.Error(), `microphone "Blue Snowball"`) {
			t.Errorf("%v became %v", c.err, err)
		}
	}
}
