//go:build !linux

package buildkit

import "errors"

// exchange is for Linux.
func exchange(_, _ string) error { return errors.ErrUnsupported }
