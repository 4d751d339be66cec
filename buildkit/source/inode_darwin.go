package source

import "golang.org/x/sys/unix"

// reliable reports whether a file is on a file system of this machine, whose
// kernel keeps the time of change.
func reliable(file string) bool {
	var system unix.Statfs_t
	return unix.Statfs(file, &system) == nil && unix.ByteSliceToString(system.Fstypename[:]) == "apfs"
}
