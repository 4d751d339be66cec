package doctor

import (
	"testing"

	"golang.org/x/sys/unix"

	"github.com/cranekit/cranekit/cmd/internal/cmdtest"
)

// TestDoctorDisk has file systems that are small or cannot be written.
func TestDoctorDisk(t *testing.T) {
	t.Parallel()
	dir, disk := t.TempDir(), t.TempDir()
	cmdtest.WriteTree(t, dir, cmdtest.Single())
	mount := func(flags uintptr, options string) {
		t.Helper()
		if err := unix.Mount("tmpfs", disk, "tmpfs", flags, options); err != nil {
			t.Fatalf("mount a small file system, which needs root: %v", err)
		}
		t.Cleanup(func() { _ = unix.Unmount(disk, unix.MNT_DETACH) })
	}
	d := newDoctor(t, dir)
	d.disk(t.Context())
	if d.Findings[0].Name != "disk" {
		t.Errorf("%v", d.Findings)
	}

	mount(0, "size=64m")
	d = newDoctor(t, dir)
	d.options.StateDir = disk + "/state/of/builder"
	d.disk(t.Context())
	d.expect(t, "disk", Fail, "0.1 GB are free", "CRANEKIT_STATE_DIR")

	mount(0, "size=6g,mode=0700") // a tmpfs takes no memory that is not used
	d = newDoctor(t, dir)
	d.options.StateDir = disk
	d.disk(t.Context())
	d.expect(t, "disk", Warn, "which is little", "CRANEKIT_STATE_DIR")

	mount(unix.MS_RDONLY, "")
	d = newDoctor(t, dir, "output="+disk+"/result")
	d.output(t.Context())
	d.expect(t, "output", Fail, "read-only", "--output")
}
