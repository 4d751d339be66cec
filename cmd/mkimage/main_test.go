package main

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/validate"
	"github.com/klauspost/compress/zstd"
)

// source makes a directory of sources whose root file system has one package,
// and which counts in the file runs how often it was made.
func source(t *testing.T, packages, script string) string {
	t.Helper()
	dir := t.TempDir()
	rootfs := filepath.Join(t.TempDir(), "var", "lib", "dpkg")
	if err := os.MkdirAll(rootfs, 0o755); err != nil {
		t.Fatal(err)
	}
	status := "Package: cargo\nVersion: 1.96.0-1\nDescription: x\n\nPackage: other\nVersion: 2\n"
	script = "#!/bin/sh\nset -e\n" + script + "\nexec tar -c --mtime=@0 --sort=name -C " + filepath.Join(rootfs, "../../..") + " .\n"
	for name, content := range map[string]string{
		filepath.Join(rootfs, "status"): status,
		filepath.Join(dir, "packages"):  packages,
		filepath.Join(dir, "mkrootfs"):  script,
	} {
		if err := os.WriteFile(name, []byte(content), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestBuild(t *testing.T) {
	work := t.TempDir()
	t.Setenv("CRANEKIT_CACHE_DIR", filepath.Join(work, "cache"))
	runs := filepath.Join(work, "runs")
	b := build{
		source: source(t, "# Rust\ncargo\n", "echo >>"+strconv.Quote(runs)),
		link:   filepath.Join(work, "clone", ".cache", "image"),
	}
	var digests []string
	for i, fresh := range []bool{false, false, true} {
		b.fresh = fresh
		if err := b.run(t.Context()); err != nil {
			t.Fatal(err)
		}
		digests = append(digests, digest(t, b.link))
		made, err := os.ReadFile(runs)
		if err != nil {
			t.Fatal(err)
		}
		if got, want := len(made), []int{1, 1, 2}[i]; got != want {
			t.Errorf("after run %d the image was made %d times, want %d", i, got, want)
		}
	}
	if digests[0] != digests[1] || digests[0] != digests[2] {
		t.Errorf("digests differ: %v", digests)
	}
}

// digest checks the layout and returns the digest of its image.
func digest(t *testing.T, dir string) string {
	t.Helper()
	index, err := layout.ImageIndexFromPath(dir)
	if err != nil {
		t.Fatal(err)
	}
	manifest, err := index.IndexManifest()
	if err != nil {
		t.Fatal(err)
	}
	if len(manifest.Manifests) != 1 {
		t.Fatalf("%d images, want 1", len(manifest.Manifests))
	}
	desc := manifest.Manifests[0]
	if got := desc.Annotations[refName]; got != "rust-debian" {
		t.Errorf("%s is %q", refName, got)
	}
	image, err := index.Image(desc.Digest)
	if err != nil {
		t.Fatal(err)
	}
	if err := validate.Image(image, validate.Fast); err != nil {
		t.Error(err)
	}
	config, err := image.ConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	if got, want := diffID(t, image), config.RootFS.DiffIDs[0]; got != want {
		t.Errorf("the layer's content is %s, want %s", got, want)
	}
	if got := config.Config.Labels["org.debian.package.cargo"]; got != "1.96.0-1" {
		t.Errorf("cargo's label is %q", got)
	}
	return desc.Digest.String()
}

// diffID hashes what the only layer holds.
func diffID(t *testing.T, image v1.Image) v1.Hash {
	t.Helper()
	layers, err := image.Layers()
	if err != nil {
		t.Fatal(err)
	}
	content, err := layers[0].Compressed()
	if err != nil {
		t.Fatal(err)
	}
	defer content.Close()
	plain, err := zstd.NewReader(content)
	if err != nil {
		t.Fatal(err)
	}
	defer plain.Close()
	hash, _, err := v1.SHA256(plain)
	if err != nil {
		t.Fatal(err)
	}
	return hash
}

func TestBuildFails(t *testing.T) {
	for name, test := range map[string]struct{ packages, script, want string }{
		"script":  {"cargo", "exit 3", "exit status 3"},
		"package": {"rustc", "", "package rustc is not in the root file system"},
		"cut off": {"cargo", "head -c 700 /dev/zero; exit", "reading the root file system"},
	} {
		t.Run(name, func(t *testing.T) {
			work := t.TempDir()
			t.Setenv("CRANEKIT_CACHE_DIR", work)
			b := build{source: source(t, test.packages, test.script), link: filepath.Join(t.TempDir(), "image")}
			err := b.run(t.Context())
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want %q", err, test.want)
			}
			if left, _ := filepath.Glob(filepath.Join(work, "images", "*")); len(left) > 0 {
				t.Errorf("left in the cache: %v", left)
			}
			if _, err := os.Lstat(b.link); err == nil {
				t.Error("there is a link")
			}
		})
	}
}
