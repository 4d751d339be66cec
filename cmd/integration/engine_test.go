//go:build integration && engine

package integration

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote"
)

// currentEngine starts the Docker engine that .ci/engine builds, with the
// containerd image store or a classic one.
func currentEngine(t *testing.T, containerd string) (address string) {
	t.Helper()
	binary, err := filepath.Abs("../../.cache/engine/dockerd")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(binary); err != nil {
		t.Fatalf("%v (make test-engine builds it)", err)
	}
	file := filepath.Join(t.TempDir(), "daemon.json")
	if err := os.WriteFile(file, []byte(`{"features": {"containerd-snapshotter": `+containerd+`}}`), 0o644); err != nil {
		t.Fatal(err)
	}
	return dockerd(t, binary, "--config-file", file, "--bridge=")
}

// checked is a workspace without dependencies, which need a network, with
// checks of several kinds.
func checked(t *testing.T) *workspace {
	w := empty(t)
	w.write(t, "Cargo.toml", "[package]\nname = \"single\"\nversion = \"1.0.0\"\nedition = \"2021\"\n")
	w.write(t, "Cargo.lock", "version = 4\n\n[[package]]\nname = \"single\"\nversion = \"1.0.0\"\n")
	w.write(t, "src/main.rs", "fn main() {\n    println!(\"one\");\n}\n")
	w.write(t, "crane.yaml", "checks:\n  fmt:\n  clippy:\n  package:\n")
	return w
}

// try runs green and red checks on an engine.
func (w *workspace) try(t *testing.T, args ...string) {
	t.Helper()
	o := w.check(t, args...)
	o.wants(t, 0)
	if _, err := os.Stat(filepath.Join(w.dir, "result", "package", "bin", "single")); err != nil {
		t.Error(err)
	}
	if again := w.check(t, args...); len(again.ran()) > 0 {
		t.Errorf("ran again: %q", again.ran())
	}
	w.edit(t, "src/main.rs", "println!(\"one\")", "let x = 1; println!(\"one\")")
	o = w.check(t, args...)
	o.wants(t, 1)
	contains(t, o.stdout, "unused variable", "clippy failed, exit code 101")
	if _, err := os.Stat(filepath.Join(w.dir, "result", "clippy", "log.txt")); err != nil {
		t.Error(err)
	}
}

// TestContainerdStore has an engine that can do all, so it is taken unasked.
func TestContainerdStore(t *testing.T) {
	w := checked(t)
	engine := currentEngine(t, "true")
	w.env = []string{"DOCKER_HOST=" + engine}
	o := w.check(t, "fmt")
	o.wants(t, 0)
	contains(t, o.stderr, "builder docker: the engine at "+engine+" can do all that a run needs\n")
	if o.Builder.Name != "docker" {
		t.Errorf("the builder is %s", o.Builder.Name)
	}
	// Nobody has told it to allow this.
	o = w.check(t, "fmt", "--set", "checks.fmt.insecure=true")
	o.wants(t, 2)
	contains(t, o.stderr, "allows no check without sandbox", "builder.entitlements.security-insecure")
	w.try(t)
}

// TestClassicStore has one that cannot export.
func TestClassicStore(t *testing.T) {
	w := checked(t)
	w.env = []string{"DOCKER_HOST=" + currentEngine(t, "false")}
	const limits = "it can export neither caches nor images: turn on Docker's containerd image store for that"
	o := w.check(t, "fmt")
	o.wants(t, 0)
	contains(t, o.stderr, "builder embedded: the Docker engine was passed over: "+limits+"\n")
	o = w.check(t, "fmt", "--builder", "docker")
	o.wants(t, 2)
	contains(t, o.stderr, "builder docker: from --builder ("+limits+")\n", "the toolchain is an OCI layout, which an engine with Docker's classic image store cannot use")

	// It pulls images, without TLS from this machine.
	ref := strings.TrimPrefix(serveRegistry(t, nil).URL, "http://") + "/rust:1"
	tag, err := name.ParseReference(ref)
	if err != nil {
		t.Fatal(err)
	}
	if err := remote.Write(tag, onlyImage(t, w.layout)); err != nil {
		t.Fatal(err)
	}
	w.env = append(w.env, "CRANEKIT_TOOLCHAIN_OCI_LAYOUT=", "CRANEKIT_TOOLCHAIN_IMAGE="+ref)
	o = w.check(t, "clippy", "--builder", "docker", "--set", "common.member-layers=true")
	o.wants(t, 0)
	contains(t, o.stdout, "builder: cannot merge states: members are compiled in the checks")
	w.try(t, "--builder", "docker")
}
