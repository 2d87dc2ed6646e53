package frame

// FacePoints is the number of points of a face: those of MediaPipe's face mesh, in its order.
const FacePoints = 468

// Point is a place in a picture, in pixels of the picture's full size; (0, 0) is the upper left corner of its first pixel.
type Point struct{ X, Y float32 }

// Face is one face in a picture. It is a value: passing it on copies it.
type Face struct {
	// Points are MediaPipe's 468 points, smoothed over time.
	Points [FacePoints]Point
	// Strength fades effects in and out when faces come, go or turn away, 0 to 1.
	Strength float32
}

// Mask says for each pixel how sure it is that it belongs to a person: 0 is background, 255 a person. It may be smaller than
// the picture that it covers from edge to edge. Whoever holds it reads it only.
type Mask struct {
	Pix           []byte
	Stride        int // bytes from one row to the next
	Width, Height int
}
