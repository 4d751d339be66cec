package config

import (
	"errors"
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

// parseDuration reads a duration; a number alone is seconds.
func parseDuration(s string) (time.Duration, error) {
	if n, err := strconv.ParseUint(s, 10, 31); err == nil {
		return time.Duration(n) * time.Second, nil
	}
	d, err := time.ParseDuration(s)
	if err == nil && d < 0 {
		err = errNegative
	}
	return d, err
}
