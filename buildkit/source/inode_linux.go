package source

import "golang.org/x/sys/unix"

// Numbers of file systems that golang.org/x/sys has not.
const (
	zfs      = 0x2fc12fc1
	bcachefs = 0xca451a4e
)

// reliable reports whether a file is on a file system of this machine, whose
// kernel keeps the time of change.
func reliable(file string) bool {
	var system unix.Statfs_t
	if unix.Statfs(file, &system) != nil {
		return false
	}
	switch uint32(system.Type) {
	case unix.EXT4_SUPER_MAGIC, unix.XFS_SUPER_MAGIC, unix.BTRFS_SUPER_MAGIC, unix.F2FS_SUPER_MAGIC, unix.TMPFS_MAGIC, unix.OVERLAYFS_SUPER_MAGIC, zfs, bcachefs:
		return true
	}
	return false
}
