package face

import "testing"

// The faces in the photos, as found by looking at them: the middle between eyes and mouth, and the width of the head there,
// in pixels.
var photos = []struct {
	path  string
	faces []place
}{
	{demo + "sample1.jpg", []place{{485, 480, 230}, {935, 545, 240}, {1580, 320, 220}}},
	{demo + "sample2.jpg", []place{{430, 270, 230}, {985, 360, 210}, {1550, 285, 230}}},
	{demo + "sample3.jpg", []place{{680, 470, 240}, {1175, 380, 270}, {1600, 440, 220}}},
	{demo + "sample4.jpg", []place{{355, 320, 200}, {740, 205, 220}, {1070, 320, 220}, {1345, 275, 200}}},
	{demo + "sample5.jpg", []place{{855, 230, 200}, {690, 550, 210}, {1190, 325, 200}, {1505, 540, 240}, {475, 1050, 240}}},
	{demo + "sample6.jpg", []place{{360, 645, 240}, {765, 490, 220}, {1270, 460, 230}, {1590, 410, 240}}},
	{demo + "screenshot-webcam.png", []place{{460, 380, 300}}},
	{plots + "grace_hopper.jpg", []place{{265, 235, 210}}},
	{skim + "astronaut.png", []place{{225, 120, 110}}},
	{skim + "camera.png", []place{{230, 155, 70}}},
}

// place is a point in a picture and a length around it.
type place struct{ x, y, size float32 }

// empty are pictures without faces, some of which look as if: a cat, coins, cells, a colour wheel, a motorcycle's lamps.
var empty = []string{
	"brick.png", "cell.png", "chelsea.png", "clock_motion.png", "coffee.png", "coins.png", "color.png", "grass.png",
	"gravel.png", "horse.png", "ihc.png", "logo.png", "microaneurysms.png", "moon.png", "motorcycle_left.png",
	"motorcycle_right.png", "page.png", "phantom.png", "text.png", "hubble_deep_field.jpg", "retina.jpg", "rocket.jpg",
}

func TestFacesOnPhotosAreFound(t *testing.T) {
	d, err := NewDetector()
	if err != nil {
		t.Fatal(err)
	}
	faces, once, found, wrong := 0, 0, 0, 0
	for _, p := range photos {
		v := photo(t, p.path)
		faces += len(p.faces)
		n, _ := hits(p.faces, d.Find(v, nil))
		once += n
		n, others := hits(p.faces, d.Search(v, nil))
		found += n
		wrong += others
		if n < len(p.faces) || others > 0 {
			t.Logf("%s: %d of %d faces, %d false", p.path, n, len(p.faces), others)
		}
	}
	for _, name := range empty {
		wrong += len(d.Search(photo(t, skim+name), nil))
	}
	t.Logf("%d faces on %d photos: Search found %d, Find %d; Search took %d things for faces, on these and %d photos without",
		faces, len(photos), found, once, wrong, len(empty))
	if found < 25 || wrong > 0 {
		t.Error("too few or false")
	}
}

// hits counts the faces that have a box of about their place and size, and the boxes that are none.
func hits(faces []place, boxes []Box) (found, wrong int) {
	taken := make([]bool, len(boxes))
	for _, f := range faces {
		for i := range boxes {
			b := &boxes[i]
			x, y, w := (b.Min.X+b.Max.X)/2, (b.Min.Y+b.Max.Y)/2, b.Max.X-b.Min.X
			if dx, dy := x-f.x, y-f.y; !taken[i] && dx*dx+dy*dy < f.size*f.size/9 && w > f.size*0.6 && w < f.size*1.6 {
				taken[i] = true
				found++
				break
			}
		}
	}
	for _, ok := range taken {
		if !ok {
			wrong++
		}
	}
	return found, wrong
}
