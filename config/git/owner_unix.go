//go:build unix

package git

import (
	"os"
	"strconv"
	"syscall"
)

// owns reports whether a path belongs to the user. Root owns also what belongs
// to the user that sudo was called by.
func owns(path string) bool {
	info, err := os.Lstat(path)
	// The variable is git's own, for tests that cannot give files away.
	if other, set := os.LookupEnv("GIT_TEST_ASSUME_DIFFERENT_OWNER"); err != nil || set && boolean.MatchString(other) && (settings{"": other}).is("") {
		return false
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return false
	}
	uid := os.Geteuid()
	if uid == 0 && stat.Uid != 0 {
		if sudo, err := strconv.ParseUint(os.Getenv("SUDO_UID"), 10, 32); err == nil {
			uid = int(sudo)
		}
	}
	return int64(stat.Uid) == int64(uid)
}
