package embedded

import (
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/moby/buildkit/client/llb"
	"golang.org/x/sys/unix"
)

// TestCutFiles cuts the databases and blobs of a builder that was killed at
// random lengths, as a power loss does. The next one must start and build.
func TestCutFiles(t *testing.T) {
	t.Parallel()
	o := newState(t)
	store, state := newLayout(t)
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	for _, pattern := range []string{
		"cache.db", "history.db", "runc-*/containerdmeta.db", "runc-*/metadata_v2.db", "runc-*/snapshots/metadata.db",
		"runc-*/workerid", "runc-*/content/blobs/sha256/*",
	} {
		for _, share := range []float64{0, 1} {
			address, _ := ensure(t, o)
			mustDo(t, copyLayout(t.Context(), t, address, store, state))
			mustDo(t, unix.Kill(status(t, o).PID, unix.SIGKILL))
			awaitGone(t, o)
			file := largest(t, o.StateDir, pattern)
			info, err := os.Stat(file)
			mustDo(t, err)
			length := int64(share * random.Float64() * float64(info.Size()))
			mustDo(t, os.Truncate(file, length))
			address, _ = ensure(t, o)
			if err := copyLayout(t.Context(), t, address, store, state); err != nil {
				t.Fatalf("%s at %d of %d bytes: %v", pattern, length, info.Size(), err)
			}
			if err := solve(t.Context(), t, address, llb.Scratch().File(llb.Mkfile("/a", 0o644, nil))); err != nil {
				t.Fatalf("%s at %d of %d bytes: %v", pattern, length, info.Size(), err)
			}
			if lost := status(t, o).Lost; lost == "" && length == 0 { // the end of a file can be free space
				t.Errorf("%s at %d of %d bytes: nothing was dropped", pattern, length, info.Size())
			}
		}
	}
	if stopped, err := Stop(t.Context(), o); !stopped || err != nil {
		t.Fatal(err)
	}
	address, _ := ensure(t, o)
	mustDo(t, copyLayout(t.Context(), t, address, store, state))
	if lost := status(t, o).Lost; lost != "" {
		t.Errorf("after a clean end it dropped %s", lost)
	}
	log, err := os.ReadFile(logPath(o.StateDir))
	mustDo(t, err)
	for line := range strings.Lines(string(log)) {
		if strings.Contains(line, "looked at its state for") {
			t.Log(line)
		}
	}
}

// TestUnnotedSnapshots has directories that a builder made when it was killed,
// just before it noted them. The next step failed as their numbers were given out
// again.
func TestUnnotedSnapshots(t *testing.T) {
	t.Parallel()
	o := newState(t)
	address, _ := ensure(t, o)
	mustDo(t, solve(t.Context(), t, address, llb.Scratch().File(llb.Mkfile("/a", 0o644, []byte("one")))))
	mustDo(t, unix.Kill(status(t, o).PID, unix.SIGKILL))
	awaitGone(t, o)
	for number := range 100 {
		dir := filepath.Join(o.StateDir, "runc-overlayfs/snapshots/snapshots", strconv.Itoa(number), "fs")
		if _, err := os.Lstat(filepath.Dir(dir)); err == nil {
			continue // a true one
		}
		mustDo(t, os.MkdirAll(dir, 0o755), os.WriteFile(filepath.Join(dir, "left"), nil, 0o600))
	}
	address, _ = ensure(t, o)
	mustDo(t, solve(t.Context(), t, address, llb.Scratch().File(llb.Mkfile("/a", 0o644, []byte("two")))))
}

// largest is the largest file that matches a pattern.
func largest(t *testing.T, dir, pattern string) (file string) {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(dir, pattern))
	mustDo(t, err)
	var size int64 = -1
	for _, f := range found {
		info, err := os.Lstat(f)
		mustDo(t, err)
		if info.Mode().Type() == fs.FileMode(0) && info.Size() > size {
			file, size = f, info.Size()
		}
	}
	if file == "" {
		t.Fatalf("no file %s", pattern)
	}
	return file
}
