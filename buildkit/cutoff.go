package buildkit

import (
	"fmt"
	"strings"
)

// cutOffTries is how often a build is done again that such a part ended: each
// time those layers are dropped that it came to.
const cutOffTries = 6

// cutOff reports whether a builder (BuildKit 0.34) has a part of an image from
// a run that was cut off, and cannot go on with it. The embedded builder drops
// the part then, and so it is worth another attempt.
func cutOff(err error) bool {
	return err != nil && strings.Contains(err.Error(), "unsupported offset")
}

// halfDone reports whether a builder met what it had begun when it was killed, and
// has cleared that away by failing: an image that was cut off, or the directory
// of a snapshot that it never noted (containerd 2.4).
func halfDone(err error) bool {
	return cutOff(err) || err != nil && strings.Contains(err.Error(), "failed to rename: ") && strings.Contains(err.Error(), ": file exists")
}

// pastHalfDone does a build again while it ends at what was half done. The error is
// that of the last attempt.
func pastHalfDone(build func() error) error {
	err := build()
	for tries := 0; halfDone(err) && tries < cutOffTries; tries++ {
		err = build()
	}
	return withCure(err)
}

// withCure adds to such an error what ends it on a builder of others.
func withCure(err error) error {
	if !cutOff(err) {
		return err
	}
	return fmt.Errorf("%w\nthe builder keeps a part of the toolchain's image from a run that was cut off: restart the builder, then run cranekit cache prune", err)
}
