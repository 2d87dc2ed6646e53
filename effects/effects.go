// Package effects is the rack: which effects there are, what the host can set on each, the presets, and their order.
//
// [Picture] is the rack of the picture, [Sound] that of the microphone's sound. Both are driven by the loops that own picture
// and sound, and know no device and no clock. Effects are pure transforms in the rooms below (video, audio, face); the rack
// introduces them to each other: it hands faces and masks, found in face, to what needs them in video.
//
// Looking for faces takes longer than a picture's effects, so it runs beside the picture loop, in Picture.Run, on the newest
// picture: a slot of one, newest wins. Effects use what was last seen.
package effects
