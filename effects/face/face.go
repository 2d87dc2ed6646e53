// Package face finds faces in pictures, the 468 points of each, and which pixels belong to persons. It does so on this
// computer, with MediaPipe's models as assets holds them, so no picture leaves the studio.
//
// Three models are run by a small executor of our own, [Network]: it knows the 16 operators they use, needs no library on
// any platform, and gives the same results as its plain-Go reference within rounding. A file is read with suspicion: what
// is damaged gives an error from the constructor, never a panic, and callers then do without faces or masks.
//
// [Detector] looks for faces, [Mesh] places points on one, [Tracker] does both from picture to picture and is what a
// studio runs, beside its picture loop and on the newest picture only, because points that are one picture old are good
// and a picture that waits for points is not. [Person] makes the mask. All are pure: time is the picture's PTS, nothing is
// started, nothing is allocated after the first picture. None is safe for concurrent use; several may run side by side.
package face
