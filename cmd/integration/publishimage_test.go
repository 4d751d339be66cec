//go:build integration

package integration

import (
	"archive/tar"
	"debug/elf"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/cranekit/cranekit/cmd/internal/corpus"
)

// publishing is a workspace whose program is to be published.
func publishing(t *testing.T) *workspace {
	t.Helper()
	w := unpack(t, "reruns")
	w.write(t, "crane.yaml", "checks: {clippy: , package: }\nimage:\n  env: {RUST_LOG: info}\n  labels: {org.opencontainers.image.vendor: ACME}\n")
	return w
}

// build runs cranekit build.
func (w *workspace) build(t *testing.T, args ...string) *outcome {
	t.Helper()
	return w.finish(t, w.command(t.Context(), append([]string{"build", "--set", "common.env.CRANEKIT_NONCE=" + w.nonce}, args...)...))
}

// published reads an index from a registry and the image for this machine.
func published(t *testing.T, ref string) (v1.ImageIndex, v1.Image) {
	t.Helper()
	at, err := name.ParseReference(ref)
	if err != nil {
		t.Fatal(err)
	}
	index, err := remote.Index(at)
	if err != nil {
		t.Fatal(err)
	}
	image, err := corpus.IndexImage(index, 0)
	if err != nil {
		t.Fatal(err)
	}
	return index, image
}

// unpackImage writes the files of an image to a directory.
func unpackImage(t *testing.T, image v1.Image) (root string) {
	t.Helper()
	root = t.TempDir()
	if err := os.Chmod(root, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(filepath.Dir(root), 0o755); err != nil { // the tests' user goes through
		t.Fatal(err)
	}
	files := mutate.Extract(image)
	defer files.Close()
	for archive := tar.NewReader(files); ; {
		h, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return root
		}
		if err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(root, filepath.FromSlash(h.Name))
		if h.Typeflag == tar.TypeDir {
			err = os.MkdirAll(file, 0o755)
		} else {
			var data []byte
			if data, err = io.ReadAll(archive); err == nil {
				err = os.WriteFile(file, data, h.FileInfo().Mode())
			}
		}
		if err = errors.Join(err, os.Chmod(file, h.FileInfo().Mode())); err != nil {
			t.Fatal(err)
		}
	}
}

// runIn runs what the image says as its user, with nothing else around it.
func runIn(t *testing.T, root string, image v1.Image) string {
	t.Helper()
	file, err := image.ConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	if file.Config.User != "65532:65532" {
		t.Errorf("the user is %s", file.Config.User)
	}
	cmd := exec.CommandContext(t.Context(), file.Config.Entrypoint[0])
	cmd.Env, cmd.Dir = file.Config.Env, "/"
	cmd.SysProcAttr = &syscall.SysProcAttr{Chroot: root, Credential: &syscall.Credential{Uid: 65532, Gid: 65532}}
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("running the image: %v\n%s", err, out)
	}
	return string(out)
}

// statement is what is read of an attestation.
type statement struct {
	Type    string `json:"predicateType"`
	Subject []struct {
		Digest map[string]string `json:"digest"`
	} `json:"subject"`
}

// attested are the attestations of an image in an index, by type, as text.
func attested(t *testing.T, index v1.ImageIndex, of v1.Image) map[string]string {
	t.Helper()
	digest, err := of.Digest()
	if err != nil {
		t.Fatal(err)
	}
	manifest, err := index.IndexManifest()
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]string{}
	for _, d := range manifest.Manifests {
		if d.Annotations["vnd.docker.reference.type"] != "attestation-manifest" || d.Annotations["vnd.docker.reference.digest"] != digest.String() {
			continue
		}
		image, err := index.Image(d.Digest)
		if err != nil {
			t.Fatal(err)
		}
		layers, err := image.Layers()
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range layers {
			body, err := l.Compressed()
			if err != nil {
				t.Fatal(err)
			}
			text, err := io.ReadAll(body)
			var s statement
			if err = errors.Join(err, body.Close(), json.Unmarshal(text, &s)); err != nil {
				t.Fatal(err)
			}
			if len(s.Subject) != 1 || s.Subject[0].Digest["sha256"] != digest.Hex {
				t.Errorf("%s is about %+v, not %s", s.Type, s.Subject, digest)
			}
			found[s.Type] = string(text)
		}
	}
	return found
}

// TestPublishOnBase puts a program on an image from a registry and from a layout.
func TestPublishOnBase(t *testing.T) {
	h := serveRegistry(t, nil)
	host := strings.TrimPrefix(h.URL, "http://")
	w := publishing(t)
	below := w.build(t, "--push", host+"/base:1", "--oci", "base.oci", "--set", "image.requires=package")
	below.wants(t, 0)
	digest := below.Images[0].Digest
	w.edit(t, "crates/util/src/lib.rs", "120", "122")
	o := w.build(t, "--push", host+"/app:1", "--set", "image.requires=package", "--set", "image.base="+host+"/base:1")
	o.wants(t, 0)
	if got, want := o.Images[0].Base, host+"/base:1@"+digest; got != want {
		t.Errorf("the base is %s, want %s", got, want)
	}
	_, image := published(t, host+"/app:1")
	if layers, err := image.Layers(); err != nil || len(layers) != 2 {
		t.Errorf("%d layers: %v", len(layers), err)
	}
	if out := runIn(t, unpackImage(t, image), image); out != "41 true\n" {
		t.Errorf("the image prints %q", out)
	}
	o = w.build(t, "--push", host+"/app:2", "--set", "image.requires=package", "--set", "image.oci-layout=base.oci")
	o.wants(t, 0)
	if o.Images[0].Base != "oci-layout@"+digest {
		t.Errorf("the base is %s", o.Images[0].Base)
	}
	o = w.build(t, "--push", host+"/app:3", "--set", "image.requires=package", "--set", "image.oci-layout=base.oci", "--set", "image.packages=curl")
	o.wants(t, 1)
	contains(t, o.stderr, "nothing published: image package: image-base package: exit code 1", "image.packages needs a base with apt-get or apk")
	o = w.build(t, "--push", host+"/app:3", "--set", "image.base="+host+"/base:none")
	o.wants(t, 1)
	contains(t, o.stderr, "base image "+host+"/base:none", "MANIFEST_UNKNOWN")
}

// TestPublishPlatforms makes an index of two architectures. Packages are those
// of TestCross, which the builder then has.
func TestPublishPlatforms(t *testing.T) {
	h := serveRegistry(t, nil)
	ref := strings.TrimPrefix(h.URL, "http://") + "/app:1"
	w := publishing(t)
	w.write(t, "crane.yaml", `toolchain: {packages: [gcc-aarch64-linux-gnu, libc6-dev-arm64-cross, "libstd-rust-web-dev:arm64", qemu-user]}
common: {timeout: 3m}
matrix:
  host:
  arm: {target: aarch64-unknown-linux-gnu}
checks:
  package: {test-args: --bins}
`)
	o := w.build(t, "--push", ref)
	o.wants(t, 0)
	if !slices.Equal(o.Images[0].Platforms, []string{"linux/amd64", "linux/arm64"}) {
		t.Errorf("platforms are %q", o.Images[0].Platforms)
	}
	index, _ := published(t, ref)
	image, err := corpus.IndexImage(index, 1)
	if err != nil {
		t.Fatal(err)
	}
	root := unpackImage(t, image)
	for _, file := range []string{"usr/local/bin/app", "lib/libc.so.6", "lib/libgcc_s.so.1", "lib/ld-linux-aarch64.so.1"} {
		program, err := elf.Open(filepath.Join(root, file))
		if err != nil {
			t.Error(err)
			continue
		}
		needs, err := program.ImportedLibraries()
		if err = errors.Join(err, program.Close()); err != nil || program.Machine != elf.EM_AARCH64 {
			t.Errorf("%s is for %s: %v", file, program.Machine, err)
		}
		for _, library := range needs {
			if _, err := os.Stat(filepath.Join(root, "lib", library)); err != nil {
				t.Errorf("%s needs %s: %v", file, library, err)
			}
		}
	}
	contains(t, attested(t, index, image)["https://spdx.dev/Document"], "pkg:deb/debian/libc6-arm64-cross@")
	for _, leg := range []string{"host", "arm"} {
		if _, err := os.Stat(filepath.Join(w.dir, "result", "bin", leg, "app")); err != nil {
			t.Error(err)
		}
	}
}

// TestPublishSeveralBuilders has two builders: the image is made on the one that
// has the binaries.
func TestPublishSeveralBuilders(t *testing.T) {
	h := serveRegistry(t, nil)
	f := newFarm(t, "type=registry,ref="+h.repository())
	o := f.build(t, "--push", strings.TrimPrefix(h.URL, "http://")+"/image", "--set", "image.requires=[package, wait-a]")
	o.wants(t, 0)
	if len(o.Images) != 1 || o.row(t, "package").Builder == "" {
		t.Fatalf("published %+v", o.Images)
	}
	_, image := published(t, o.Images[0].Ref)
	if out := runIn(t, unpackImage(t, image), image); out != "41 true\n" {
		t.Errorf("the image prints %q", out)
	}
}
