// Package audio cleans and shapes the host's voice: the chain between the microphone and the mixer. Everything works in place
// on Mono, 10 ms of one channel at 48 kHz, because a voice has one place; room and width come with the reverb.
//
// The order of the chain, and why:
//
//  1. HighPass: rumble, handling noise and the microphone's offset would take the head-room and mislead every level that is
//     measured later.
//  2. Echo: removes what the loudspeaker plays. It models the way from loudspeaker to microphone as linear and steady, so
//     nothing before it may change with time or level; hence it comes before suppression and gain.
//  3. Noise: takes away what is not speech. After the canceller, so that the network sees a voice with little echo, and
//     before anything that raises quiet parts.
//  4. Level (AGC): brings the cleaned voice to one loudness; before noise suppression it would pump the noise up in pauses.
//  5. Equaliser, then Compressor and Gate: taste, on a voice whose level is known, so that thresholds mean the same for every
//     microphone.
//  6. Changer and Reverb: they may add sound that is not the voice, and so come last.
//
// All processors are pure: no clock, no goroutine, no lock, one goroutine at a time; each owns its memory, and after the first
// block nothing is allocated. They are not meant for a device's callback: a block costs up to several milliseconds. Latency
// methods say in samples how much later the sound comes out.
package audio
