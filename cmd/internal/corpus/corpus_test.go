package corpus

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/cranekit/cranekit/config/cargo"
)

// TestTrees lays all trees out, and makes a skeleton of each.
func TestTrees(t *testing.T) {
	t.Parallel()
	cases, err := Trees()
	if err != nil {
		t.Fatal(err)
	}
	served := t.TempDir()
	server, err := Serve(t.Context(), served)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	for i := range cases {
		c := &cases[i]
		top := t.TempDir()
		dir, err := c.Lay(t.Context(), top, server)
		if err != nil {
			t.Errorf("%s: %v", c.Name, err)
			continue
		}
		lock, err := os.ReadFile(filepath.Join(dir, "Cargo.lock"))
		if err != nil {
			t.Errorf("%s: %v", c.Name, err)
			continue
		}
		isLocked(t, filepath.Join(served, c.Name), string(lock))
		w, err := cargo.Load(os.DirFS(top), c.Dir, "")
		if err != nil {
			t.Errorf("%s: %v", c.Name, err)
			continue
		}
		if _, err := w.Skeleton(); err != nil {
			t.Errorf("%s: %v", c.Name, err)
		}
	}
}

var gitSource = regexp.MustCompile(`source = "git\+http://[^/]*/[^/]*/([^?#"]*)[^#"]*#([0-9a-f]{40})"`)

// isLocked fails the test unless a lock has the commits and checksums of what
// is served: they have to be the same wherever a tree is laid out.
func isLocked(t *testing.T, served, lock string) {
	t.Helper()
	for _, m := range gitSource.FindAllStringSubmatch(lock, -1) {
		if out, err := exec.CommandContext(t.Context(), "git", "-C", filepath.Join(served, m[1]), "cat-file", "-e", m[2]).CombinedOutput(); err != nil {
			t.Errorf("%s has no commit %s: %v %s", m[1], m[2], err, out)
		}
	}
	crates := filepath.Join(served, "crates")
	err := filepath.WalkDir(crates, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		sum := sha256.Sum256(data)
		if !strings.Contains(lock, hex.EncodeToString(sum[:])) {
			t.Errorf("the lock has another checksum than %s: %x", path, sum)
		}
		return nil
	})
	if err != nil && !os.IsNotExist(err) {
		t.Error(err)
	}
}

// TestUnpackRefusesNames has crates with names that lead out of them.
func TestUnpackRefusesNames(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"../x", "/x", "a/../../x"} {
		crate, err := pack("c-1.0.0", nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := unpack(crate, "c-1.0.0", t.TempDir()); err != nil {
			t.Errorf("an empty crate: %v", err)
		}
		if crate, err = packNamed(name); err != nil {
			t.Fatal(err)
		}
		dir := filepath.Join(t.TempDir(), "in")
		if err := unpack(crate, "c-1.0.0", dir); err == nil {
			t.Errorf("the name %q was unpacked", name)
		}
		if left, err := filepath.Glob(filepath.Join(filepath.Dir(dir), "*")); err != nil || len(left) > 0 {
			t.Errorf("%q left %v (%v)", name, left, err)
		}
	}
}

func TestPackIsConstant(t *testing.T) {
	t.Parallel()
	a, err := packNamed("x")
	if err != nil {
		t.Fatal(err)
	}
	b, err := packNamed("x")
	if err != nil || !bytes.Equal(a, b) {
		t.Errorf("the same files give two crates (%v)", err)
	}
}

// packNamed is a crate with one file, whose name is taken as it is.
func packNamed(name string) ([]byte, error) {
	var b bytes.Buffer
	zip := gzip.NewWriter(&b)
	archive := tar.NewWriter(zip)
	err := archive.WriteHeader(&tar.Header{Name: "c-1.0.0/" + name, Mode: 0o644, Typeflag: tar.TypeReg})
	err = errors.Join(err, archive.Close(), zip.Close())
	return b.Bytes(), err
}
