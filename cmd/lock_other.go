//go:build !unix

package cmd

import "os"

// lockFile is for systems with flock.
func lockFile(*os.File) (taken bool, err error) { return true, nil }
