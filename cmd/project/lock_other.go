//go:build !unix

package project

import "os"

// lockFile is for systems with flock.
func lockFile(*os.File) (taken bool, err error) { return true, nil }
