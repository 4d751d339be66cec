package embedded

import (
	"crypto/sha256"
	"fmt"
	"path/filepath"
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
	// Its name can be guessed: it may be somebody else's.
	open, err := walk(dir, true)
	if err != nil {
		return "", fmt.Errorf("builder socket: %s: %w", dir, err)
	}
	return dir, open.Close()
}
