package corpus

import (
	"archive/tar"
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
)

// UpstreamCargo writes an OCI layout into a directory: that of an image with
// this machine's cargo over that of the image. Debian's is linked with a
// libgit2 of another version than its bindings are for, and fails on any git
// dependency: "invalid version 0 on git_proxy_options".
func UpstreamCargo(ctx context.Context, image, dir string) error {
	fail := func(err error) error {
		return fmt.Errorf("putting this machine's cargo over that of %s: %w", image, err)
	}
	sysroot, err := exec.CommandContext(ctx, "rustc", "--print", "sysroot").Output()
	if err != nil {
		return fail(err)
	}
	binary, err := os.ReadFile(filepath.Join(strings.TrimSpace(string(sysroot)), "bin", "cargo"))
	if err != nil {
		return fail(err)
	}
	var archive bytes.Buffer
	w := tar.NewWriter(&archive)
	if err := w.WriteHeader(&tar.Header{Name: "usr/local/bin/cargo", Mode: 0o755, Size: int64(len(binary))}); err != nil {
		return fail(err)
	}
	if _, err := w.Write(binary); err != nil {
		return fail(err)
	}
	if err := w.Close(); err != nil {
		return fail(err)
	}
	layer, err := tarball.LayerFromOpener(func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(archive.Bytes())), nil })
	if err != nil {
		return fail(err)
	}
	base, err := LayoutImage(image)
	if err != nil {
		return fail(err)
	}
	over, err := mutate.AppendLayers(base, layer)
	if err != nil {
		return fail(err)
	}
	if _, err := layout.Write(dir, mutate.AppendManifests(empty.Index, mutate.IndexAddendum{Add: over})); err != nil {
		return fail(err)
	}
	return nil
}

// LayoutImage opens the first image of an OCI layout.
func LayoutImage(dir string) (v1.Image, error) {
	index, err := layout.ImageIndexFromPath(dir)
	if err != nil {
		return nil, err
	}
	return IndexImage(index, 0)
}

// IndexImage opens an image of an index by its number.
func IndexImage(index v1.ImageIndex, number int) (v1.Image, error) {
	manifest, err := index.IndexManifest()
	if err != nil {
		return nil, err
	}
	return index.Image(manifest.Manifests[number].Digest)
}
