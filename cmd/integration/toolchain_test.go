//go:build integration

package integration

import (
	"debug/elf"
	"path/filepath"
	"slices"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	emptyimage "github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/mutate"

	"github.com/cranekit/cranekit/cmd/internal/corpus"
)

// TestDockerfile makes the toolchain with a Dockerfile on top of a layout. The
// frontend that it names is in no registry: the builder has its own.
func TestDockerfile(t *testing.T) {
	w := unpack(t, "reruns")
	w.write(t, "ci/Dockerfile", "# syntax=docker/dockerfile:0.absent\nFROM toolchain AS ci\nARG WORD\nENV FROM_DOCKERFILE=yes\nRUN echo $WORD > /marker\nFROM ci\nRUN rm /marker\n")
	w.write(t, "crane.yaml", "toolchain: {dockerfile: ci/Dockerfile, build-target: ci, build-args: {WORD: made}}\nchecks:\n  clippy:\n  probe: {kind: custom, run: [\"grep made /marker && test $FROM_DOCKERFILE = yes\"]}\n")
	o := w.check(t, "--trust", "toolchain")
	o.wants(t, 0)
	o.noRebuilds(t)
	again := w.check(t, "--trust", "toolchain")
	again.wants(t, 0)
	if ran := again.ran(); len(ran) > 0 {
		t.Errorf("the second run executed %q", ran)
	}
}

// TestToolchainChanged runs everything again on another image.
func TestToolchainChanged(t *testing.T) {
	w := unpack(t, "reruns")
	w.check(t, "clippy", "package").wants(t, 0)
	w.layout = relabel(t, w.layout)
	o := w.check(t, "clippy", "package")
	o.wants(t, 0)
	want := []string{"clippy", "deps build", "deps check", "deps test", "fetch", "package"}
	if got := o.ran(); !slices.Equal(got, want) {
		t.Errorf("executed %q, want %q", got, want)
	}
}

// TestCross compiles for another architecture with Debian's cross compiler, and
// runs a program, unit tests and a documentation test under QEMU. They hung
// while loader and C library were of different packages. Tests that start a
// program of that architecture themselves need binfmt_misc, which belongs to
// the whole machine, and are left out.
func TestCross(t *testing.T) {
	w := unpack(t, "reruns")
	w.write(t, "crane.yaml", `toolchain: {packages: [gcc-aarch64-linux-gnu, libc6-dev-arm64-cross, "libstd-rust-web-dev:arm64", qemu-user]}
common: {timeout: 3m}
matrix:
  host:
  arm: {target: aarch64-unknown-linux-gnu}
checks:
  clippy:
  package: {test-args: --lib --bins}
  documented: {kind: test, matrix: [arm], args: --doc}
  prints: {kind: custom, matrix: [arm], run: ["test \"$(cargo run --locked --release --target aarch64-unknown-linux-gnu -p app)\" = '41 true'"]}
`)
	o := w.check(t, "--deny-rebuild")
	o.wants(t, 0)
	o.noRebuilds(t)
	for leg, machine := range map[string]elf.Machine{"host": elf.EM_X86_64, "arm": elf.EM_AARCH64} {
		binary, err := elf.Open(filepath.Join(w.dir, "result", "package@"+leg, "bin/app"))
		if err != nil {
			t.Fatal(err)
		}
		if binary.Machine != machine {
			t.Errorf("the binary of %s is for %s", leg, binary.Machine)
		}
		_ = binary.Close()
	}
	for _, check := range o.Checks {
		want := map[string]int{"package@host": 1, "package@arm": 1, "documented@arm": 1}[check.Name]
		if passed := check.Metrics.TestsPassed; want > 0 && (passed == nil || *passed != want) {
			t.Errorf("%s: tests passed: %v, want %d", check.Name, passed, want)
		}
	}
}

// relabel makes an OCI layout of the same layers under another digest.
func relabel(t *testing.T, dir string) string {
	t.Helper()
	image := onlyImage(t, dir)
	file, err := image.ConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	config := file.Config
	config.Env = append(slices.Clone(config.Env), "ANOTHER_IMAGE=1")
	if image, err = mutate.Config(image, config); err != nil {
		t.Fatal(err)
	}
	other := t.TempDir()
	made, err := layout.Write(other, mutate.AppendManifests(emptyimage.Index, mutate.IndexAddendum{Add: image}))
	if err != nil {
		t.Fatal(err)
	}
	return string(made)
}

// onlyImage opens the image of an OCI layout.
func onlyImage(t *testing.T, dir string) v1.Image {
	t.Helper()
	image, err := corpus.LayoutImage(dir)
	if err != nil {
		t.Fatal(err)
	}
	return image
}
