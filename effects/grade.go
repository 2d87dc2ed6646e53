package effects

import (
	"bytes"
	"fmt"
	"io"

	"vitrine/assets"
	"vitrine/effects/video"
)

// Grades are the names of our own grades in the order in which they are offered.
func Grades() []string { return assets.LUTs }

// GradeEnding is how the names of files end that hold a grade.
const GradeEnding = ".cube"

// ReadGrade reads one of our own grades or, by open, the host's .cube file; nil for "".
func ReadGrade(name string, open func(path string) (io.ReadSeekCloser, error)) (*video.LUT, error) {
	if name == "" {
		return nil, nil
	}
	if own := assets.LUT(name); own != nil {
		return video.ReadLUT(bytes.NewReader(own))
	}
	file, err := open(name)
	if err != nil {
		return nil, fmt.Errorf("open the grade: %w", err)
	}
	defer file.Close()
	return video.ReadLUT(file)
}
