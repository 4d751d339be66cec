package config

import (
	"errors"
	"regexp"
	"strconv"
	"time"

	"github.com/docker/go-units"
)

// Size is a number of bytes. As text it has a binary unit: 512MiB.
type Size int64

// String writes the size with the largest unit that fits.
func (s Size) String() string {
	if s == 0 {
		return "0"
	}
	return units.CustomSize("%.4g%s", float64(s), 1024, []string{"B", "KiB", "MiB", "GiB", "TiB", "PiB"})
}

// MarshalYAML writes the size as [Size.String] does.
func (s Size) MarshalYAML() (any, error) {
	if s == 0 {
		return 0, nil
	}
	return s.String(), nil
}

var errNegative = errors.New("negative")

// parseSize reads a size; units are binary, as with docker.
func parseSize(s string) (Size, error) {
	n, err := units.RAMInBytes(s)
	if err == nil && n < 0 {
		err = errNegative
	}
	return Size(n), err
}

// days are whole or broken days before the rest of a duration.
var days = regexp.MustCompile(`^([0-9]+(?:\.[0-9]+)?)d(.*)$`)

// parseDuration reads a duration as Go writes it, with days in front. A number
// alone but 0 is none: some systems take it for seconds, others for minutes.
func parseDuration(s string) (time.Duration, error) {
	var sum time.Duration
	if m := days.FindStringSubmatch(s); m != nil {
		n, err := strconv.ParseFloat(m[1], 64)
		if err != nil || n > maxDays {
			return 0, errTooLong
		}
		if sum = time.Duration(n * float64(24*time.Hour)); m[2] == "" {
			return sum, nil
		}
		s = m[2]
	}
	d, err := time.ParseDuration(s)
	if err == nil && (d < 0 || sum+d < 0) {
		err = errNegative
	}
	return sum + d, err
}

// maxDays is a century: more does not fit into a duration with what may follow.
const maxDays = 36500

var errTooLong = errors.New("too long")

// durationHint is what to write in the place of a number alone.
func durationHint(s string) string {
	if _, err := strconv.ParseUint(s, 10, 31); err != nil {
		return ""
	}
	return "give it a unit: " + s + "s, " + s + "m or " + s + "h"
}
