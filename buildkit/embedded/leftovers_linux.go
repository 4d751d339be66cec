package embedded

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/moby/sys/mountinfo"
	"golang.org/x/sys/unix"
)

// bundles lists the directories of containers that run or were never cleaned
// up. The executor removes each when its container has ended.
func (h home) bundles() ([]string, error) {
	dirs, err := h.directories("runc-*/executor/*")
	return slices.DeleteFunc(dirs, func(dir string) bool {
		_, err := h.root.Lstat(dir + "/config.json")
		return err != nil || !containerID.MatchString(path.Base(dir))
	}), err
}

// containerID is what BuildKit calls its containers.
var containerID = regexp.MustCompile("^[0-9a-z]+$")

// sweep removes what a builder that was killed leaves behind: containers,
// mounts, temporary files and half a copy of an image. Only the holder of the lock may call it.
func (h home) sweep(ctx context.Context, runtime string) error {
	left, err := h.bundles()
	if err != nil {
		return err
	}
	var errs []error
	for _, bundle := range left {
		// An unknown container is an exit status of 0 with --force.
		out, err := exec.CommandContext(ctx, runtime, "delete", "--force", path.Base(bundle)).CombinedOutput()
		if err != nil {
			errs = append(errs, fmt.Errorf("remove container: %w: %s", err, out))
		}
	}
	if err := unmountBelow(h.path); err != nil {
		return errors.Join(append(errs, err)...) // removing files now could reach into a snapshot
	}
	// A copy that was cut off is nobody's: all who could write are gone.
	for _, pattern := range []string{"tmp/buildkit*", "tmp/runc*", ingests} {
		found, err := h.directories(pattern)
		left = append(left, found...)
		errs = append(errs, err)
	}
	for _, dir := range left {
		errs = append(errs, h.root.RemoveAll(dir))
	}
	return errors.Join(errs...)
}

// tempDir keeps BuildKit's temporary mounts where sweep finds them.
func tempDir(stateDir string) string { return filepath.Join(stateDir, "tmp") }

// unmountBelow unmounts everything below dir, innermost first.
func unmountBelow(dir string) error {
	dir, err := filepath.EvalSymlinks(dir)
	if err != nil {
		return err
	}
	mounts, err := mountinfo.GetMounts(func(m *mountinfo.Info) (skip, stop bool) {
		return !strings.HasPrefix(m.Mountpoint, dir+"/"), false
	})
	if err != nil {
		return err
	}
	var errs []error
	for _, m := range slices.Backward(mounts) {
		if err := unix.Unmount(m.Mountpoint, unix.MNT_DETACH|unix.UMOUNT_NOFOLLOW); err != nil && !errors.Is(err, unix.EINVAL) {
			errs = append(errs, fmt.Errorf("unmount %s: %w", m.Mountpoint, err))
		}
	}
	return errors.Join(errs...)
}
