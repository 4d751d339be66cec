package embedded

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/moby/sys/mountinfo"
	"golang.org/x/sys/unix"
)

// bundles lists the directories of containers that run or were never cleaned
// up. The executor removes each when its container has ended.
func bundles(stateDir string) ([]string, error) {
	configs, err := filepath.Glob(filepath.Join(stateDir, "runc-*", "executor", "*", "config.json"))
	for i, config := range configs {
		configs[i] = filepath.Dir(config)
	}
	return configs, err
}

// sweep removes what a builder that was killed leaves behind: containers,
// mounts and temporary files. Only the holder of the lock may call it.
func sweep(ctx context.Context, stateDir, runtime string) error {
	left, err := bundles(stateDir)
	if err != nil {
		return err
	}
	var errs []error
	for _, bundle := range left {
		// An unknown container is an exit status of 0 with --force.
		out, err := exec.CommandContext(ctx, runtime, "delete", "--force", filepath.Base(bundle)).CombinedOutput()
		if err != nil {
			errs = append(errs, fmt.Errorf("remove container: %w: %s", err, out))
		}
	}
	if err := unmountBelow(stateDir); err != nil {
		return errors.Join(append(errs, err)...) // removing files now could reach into a snapshot
	}
	for _, pattern := range []string{"buildkit*", "runc*"} {
		found, err := filepath.Glob(filepath.Join(tempDir(stateDir), pattern))
		left = append(left, found...)
		errs = append(errs, err)
	}
	for _, dir := range left {
		errs = append(errs, os.RemoveAll(dir))
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
		if err := unix.Unmount(m.Mountpoint, unix.MNT_DETACH); err != nil && !errors.Is(err, unix.EINVAL) {
			errs = append(errs, fmt.Errorf("unmount %s: %w", m.Mountpoint, err))
		}
	}
	return errors.Join(errs...)
}
