// Package video makes pictures beautiful: skin that looks cared for, colour that is right, a background of one's own. Its
// transforms are pure: they change a picture that their caller owns, in place, and know no clock, device, goroutine or
// window; where time matters it is the picture's own. The room owns no queue. What a transform keeps from frame to frame is
// memory to work in, allocated with the first frame of a size and then reused.
//
// [Beauty] smooths, whitens and tints skin, sharpens the rest and moves contours. Skin is found at a quarter of the
// resolution by colour, recentred on each face's own where landmarks are known, so that all tones and coloured light work,
// and a guided filter weighted by that mask is computed there. Filter, mask, whitening and tints fold into planes of an
// affine function of the pixel; one pass over the full picture interpolates them and applies them through a gate that opens
// for small deviations only. So the cost is near that of reading the picture, pores and hair survive, and where there is no
// skin every bit stays. All strengths are relative to luma: what a tenth of contrast is on light skin it is on dark skin.
// One field of displacements serves luma and chroma, so that colour never leaves its contour.
//
// The colour part corrects and grades whole pictures by one table of colours, and the background part blurs or replaces
// what the person mask leaves; both stand in files that begin with their name. In which order they follow is the caller's
// choice; landmarks and mask belong to the picture before contours were moved.
//
// Pixel loops are C behind cgo, compiled twice (AVX2 and not) and chosen when running, with the same in Go: the reference
// that the tests compare with and what runs where cgo cannot.
package video
