//go:build integration

package integration

import (
	"archive/tar"
	"bytes"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	emptyimage "github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
)

// upstreamCargo makes a layout with this machine's cargo over that of the
// image. Debian's is linked with a libgit2 of another version than its bindings
// are for, and fails on any git dependency: "invalid version 0 on
// git_proxy_options".
func upstreamCargo(t *testing.T, dir string) string {
	t.Helper()
	sysroot, err := exec.Command("rustc", "--print", "sysroot").Output()
	if err != nil {
		t.Fatalf("git dependencies need an upstream cargo on this machine: %v", err)
	}
	binary, err := os.ReadFile(filepath.Join(strings.TrimSpace(string(sysroot)), "bin", "cargo"))
	if err != nil {
		t.Fatal(err)
	}
	var archive bytes.Buffer
	w := tar.NewWriter(&archive)
	if err := w.WriteHeader(&tar.Header{Name: "usr/local/bin/cargo", Mode: 0o755, Size: int64(len(binary))}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(binary); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	layer, err := tarball.LayerFromOpener(func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(archive.Bytes())), nil })
	if err != nil {
		t.Fatal(err)
	}
	image, err := mutate.AppendLayers(onlyImage(t, dir), layer)
	if err != nil {
		t.Fatal(err)
	}
	other := t.TempDir()
	if _, err := layout.Write(other, mutate.AppendManifests(emptyimage.Index, mutate.IndexAddendum{Add: image})); err != nil {
		t.Fatal(err)
	}
	return other
}
