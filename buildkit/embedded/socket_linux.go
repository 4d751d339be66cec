package embedded

import (
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// maxSocketDir is the room for a path in struct sockaddr_un, less that of the
// longest socket below a directory, rootlesskit's.
const maxSocketDir = 107 - len("/rootlesskit/api.sock")

// socketDir returns where the sockets of a builder are: in its state directory
// or, when that path is too long for a socket, in a private one below /tmp.
func socketDir(stateDir string) (string, error) {
	if len(stateDir) <= maxSocketDir {
		return stateDir, nil
	}
	dir := filepath.Join("/tmp", fmt.Sprintf("cranekit-%x", sha256.Sum256([]byte(stateDir)))[:32])
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", fmt.Errorf("builder socket: %w", err)
	}
	var stat unix.Stat_t
	if err := unix.Lstat(dir, &stat); err != nil {
		return "", fmt.Errorf("builder socket: %s: %w", dir, err)
	}
	if stat.Mode != unix.S_IFDIR|0o700 || int(stat.Uid) != os.Getuid() {
		return "", fmt.Errorf("builder socket: %s must be a directory of uid %d with mode 0700", dir, os.Getuid())
	}
	return dir, nil
}
