package face

import (
	"fmt"
	"image"
	"math"
	"time"

	"vitrine/assets"
	"vitrine/capture/frame"
)

// Size of the picture that the person model sees.
const (
	personWidth  = 256
	personHeight = 144
)

// How long a pixel of the mask takes to change, as the time constant of a first-order low-pass: long where the model is in
// doubt although nothing moved, which is where masks flicker, and hardly any where it is certain or the picture changed,
// so that nothing trails behind a person.
const (
	doubtful = 300 * time.Millisecond
	certain  = 10 * time.Millisecond
)

// Green, of 0 to 1, changes by less than noise where nothing moves, and by more than motion where something surely does.
const (
	noise  = 0.03
	motion = 0.08
)

// cut is the mean change of green, of 0 to 1, from one picture to the next that is another scene.
const cut = 0.12

// Person makes the mask of the persons in a picture with MediaPipe's selfie segmentation, landscape (Tkachenka et al.,
// "Real-time Hair Segmentation and Recoloring on Mobile GPUs", 2019, describes its kind). Not safe for concurrent use.
type Person struct {
	net           *Network
	sampler       sampler
	mask          [personWidth * personHeight]float32
	green, moved  [personWidth * personHeight]float32 // of the picture seen; its change
	pts           time.Duration
	width, height int // of the last picture
	components    components
	centres       []frame.Point
}

// NewPerson returns a Person, or an error when its model is missing or damaged.
func NewPerson() (*Person, error) { return newPerson(assets.Model("person.tflite")) }

func newPerson(file []byte) (*Person, error) {
	const pixels = personWidth * personHeight
	net, err := newModel(file, pixels*3, pixels)
	if err != nil {
		return nil, fmt.Errorf("person mask: %w", err)
	}
	return &Person{net: net, components: newComponents()}, nil
}

// Mask writes the mask of v to out, whose memory is used again if it is large enough. It is smoothed over time by v.PTS;
// after a cut, a gap of a second, or a picture of another size it begins anew. Small parts that hang together with no person
// are left out, unless one of the faces lies in them, which are v's as far as they are known. It only reads v.
func (p *Person) Mask(v *frame.Video, faces []frame.Face, out *frame.Mask) {
	passed := v.PTS - p.pts
	fresh := passed < 0 || passed > forget || v.Width != p.width || v.Height != p.height
	p.pts, p.width, p.height = v.PTS, v.Width, v.Height
	c, part := fit(v)
	p.sampler.set(v)
	p.sampler.read(c, p.net.Input(0))
	change := p.changed()
	fresh = change > cut || fresh
	p.net.Run()
	p.smooth(float32(passed.Seconds()), fresh)
	p.write(part, out)
	p.centre(faces, v, out)
	p.components.sift(out, &scene{
		faces: p.centres, moved: p.moved[part.Min.Y*personWidth+part.Min.X:], calm: noise + change, passed: passed, fresh: fresh,
	})
}

// centre notes where faces of v have their centres in a mask.
func (p *Person) centre(faces []frame.Face, v *frame.Video, m *frame.Mask) {
	p.centres = p.centres[:0]
	for i := range faces {
		var sum frame.Point
		for _, q := range faces[i].Points {
			sum.X, sum.Y = sum.X+q.X, sum.Y+q.Y
		}
		p.centres = append(p.centres, frame.Point{
			X: sum.X / frame.FacePoints * float32(m.Width) / float32(v.Width),
			Y: sum.Y / frame.FacePoints * float32(m.Height) / float32(v.Height),
		})
	}
}

// fit is the crop that shows all of v, undistorted but for rounding, and the part of it that v fills.
func fit(v *frame.Video) (crop, image.Rectangle) {
	k := math.Max(float64(v.Width)/personWidth, float64(v.Height)/personHeight)
	size := func(n int) int { return max(int(math.Round(float64(n)/k)), 1) }
	w, h := size(v.Width), size(v.Height)
	c := crop{
		xx: float32(v.Width) / float32(w), yy: float32(v.Height) / float32(h),
		width: personWidth, height: personHeight, black: true,
	}
	x, y := (personWidth-w)/2, (personHeight-h)/2
	c.x0, c.y0 = -float32(x)*c.xx, -float32(y)*c.yy
	return c.ranged(0, 1), image.Rect(x, y, x+w, y+h)
}

// changed notes what changed since the last picture, and returns the mean change of green.
func (p *Person) changed() float32 {
	in, sum := p.net.Input(0), float32(0)
	for i := range p.green {
		d := in[3*i+1] - p.green[i]
		d = max(d, -d)
		p.green[i], p.moved[i] = in[3*i+1], d
		sum += d
	}
	return sum / float32(len(p.green))
}

// smooth moves the mask towards the network's, the faster the surer that is, or the more has moved.
func (p *Person) smooth(seconds float32, fresh bool) {
	now := p.net.Output(0)
	if fresh {
		copy(p.mask[:], now)
		return
	}
	slow, quick := seconds/(seconds+float32(doubtful.Seconds())), seconds/(seconds+float32(certain.Seconds()))
	for i, v := range now {
		sure := (2*v - 1) * (2*v - 1)
		sure = max(sure*sure, min((p.moved[i]-noise)/(motion-noise), 1))
		p.mask[i] += (slow + (quick-slow)*sure) * (v - p.mask[i])
	}
}

func (p *Person) write(part image.Rectangle, out *frame.Mask) {
	w, h := part.Dx(), part.Dy()
	if cap(out.Pix) < w*h {
		out.Pix = make([]byte, w*h)
	}
	out.Pix, out.Stride, out.Width, out.Height = out.Pix[:w*h], w, w, h
	for y := range h {
		row := p.mask[(part.Min.Y+y)*personWidth+part.Min.X:][:w]
		for x, v := range row {
			out.Pix[y*w+x] = byte(v*255 + 0.5)
		}
	}
}
