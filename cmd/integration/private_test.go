//go:build integration

package integration

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/http/cgi"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cranekit/cranekit/buildkit/embedded"
)

// TestPrivateSources fetches from a registry that wants a token and from a git
// server that wants a password, both as secrets. The checks do without them,
// and nothing that is kept holds one.
func TestPrivateSources(t *testing.T) {
	w := empty(t)
	w.layout = upstreamCargo(t, w.layout)
	w.state = filepath.Join(t.TempDir(), "state") // to be searched as a whole
	t.Cleanup(func() {
		if _, err := embedded.Stop(context.Background(), embedded.Options{StateDir: w.state}); err != nil {
			t.Error(err)
		}
	})
	registry, checksum := privateRegistry(t)
	repository, commit := privateRepository(t)
	w.write(t, ".cargo/config.toml", "[registries.acme]\nindex = \"sparse+"+registry+"/index/\"\n")
	w.write(t, "Cargo.toml", fmt.Sprintf(`[package]
name = "app"
version = "0.1.0"
edition = "2021"

[dependencies]
hidden = { version = "1", registry = "acme" }
secluded = { git = %q, branch = "trunk" }
`, repository))
	w.write(t, "src/main.rs", "fn main() {\n    println!(\"{} {}\", hidden::WORD, secluded::WORD);\n}\n")
	w.write(t, "Cargo.lock", fmt.Sprintf(`version = 4

[[package]]
name = "app"
version = "0.1.0"
dependencies = [
 "hidden",
 "secluded",
]

[[package]]
name = "hidden"
version = "1.0.0"
source = "sparse+%s/index/"
checksum = %q

[[package]]
name = "secluded"
version = "0.3.0"
source = "git+%s?branch=trunk#%s"
`, registry, checksum, repository, commit))
	w.write(t, "crane.yaml", `fetch: {secrets: {CARGO_REGISTRIES_ACME_TOKEN: "env:ACME", git-credentials: "file:../credentials"}}
checks:
  clippy:
  package:
  own: {kind: custom, run: ["CARGO_TARGET_DIR=/tmp/own cargo run --locked --offline"]}
`)
	w.write(t, "../credentials", strings.Replace(repository, "://", "://ann:"+marker+"@", 1)+"\n")
	w.trust = "secrets"
	w.env = []string{"ACME=" + marker}
	o := w.check(t)
	o.wants(t, 0)
	o.noRebuilds(t)
	if reused := o.row(t, "package").Deps.Reused; reused == nil || *reused < 2 {
		t.Errorf("package reused %v dependencies", reused)
	}
	out, err := exec.Command(filepath.Join(w.dir, "result/package/bin/app")).Output()
	if err != nil || string(out) != "from the registry from git\n" {
		t.Errorf("app printed %q (%v)", out, err)
	}
	for _, dir := range []string{w.state, filepath.Join(w.dir, "result")} {
		out, err := exec.Command("grep", "-rlE", "--binary-files=text", marker+"|"+base64.StdEncoding.EncodeToString([]byte("ann:"+marker)), dir).CombinedOutput()
		if err == nil || len(out) > 0 {
			t.Errorf("a secret is in %s", out)
		}
	}
	for _, text := range []string{o.stdout, o.stderr} {
		if strings.Contains(text, marker) {
			t.Error("a secret was printed")
		}
	}

	// Without the token, fetch says what the registry says.
	w.env = []string{"ACME=wrong"}
	w.edit(t, "crane.yaml", "checks:", "common: {env: {CRANEKIT_AGAIN: \"1\"}}\nchecks:")
	o = w.check(t, "clippy")
	o.wants(t, 1)
	contains(t, o.stdout, "clippy could not be run", "401")
}

// privateRegistry serves one crate to those who have the token.
func privateRegistry(t *testing.T) (url, checksum string) {
	t.Helper()
	crate := packed(t, map[string]string{
		"hidden-1.0.0/Cargo.toml": "[package]\nname = \"hidden\"\nversion = \"1.0.0\"\nedition = \"2021\"\n",
		"hidden-1.0.0/src/lib.rs": "pub const WORD: &str = \"from the registry\";\n",
	})
	checksum = fmt.Sprintf("%x", sha256.Sum256(crate))
	mux := http.NewServeMux()
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != marker {
			http.Error(rw, "no token, no crates", http.StatusUnauthorized)
			return
		}
		mux.ServeHTTP(rw, r)
	}))
	t.Cleanup(server.Close)
	for name, body := range map[string]string{
		"/index/config.json":            fmt.Sprintf(`{"dl": "%s/crates", "api": "%[1]s", "auth-required": true}`, server.URL),
		"/index/hi/dd/hidden":           fmt.Sprintf(`{"name":"hidden","vers":"1.0.0","deps":[],"cksum":"%s","features":{},"yanked":false}`, checksum),
		"/crates/hidden/1.0.0/download": string(crate),
	} {
		mux.HandleFunc(name, func(rw http.ResponseWriter, _ *http.Request) { _, _ = rw.Write([]byte(body)) })
	}
	return server.URL, checksum
}

// packed makes a .crate file.
func packed(t *testing.T, files map[string]string) []byte {
	t.Helper()
	var out bytes.Buffer
	zip := gzip.NewWriter(&out)
	archive := tar.NewWriter(zip)
	for name, text := range files {
		if err := archive.WriteHeader(&tar.Header{Name: name, Mode: 0o644, Size: int64(len(text))}); err != nil {
			t.Fatal(err)
		}
		if _, err := archive.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	if err := archive.Close(); err != nil {
		t.Fatal(err)
	}
	if err := zip.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// committed makes a git repository with one package.
func committed(t *testing.T) (dir, commit string) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), "secluded")
	for name, text := range map[string]string{
		"Cargo.toml": "[package]\nname = \"secluded\"\nversion = \"0.3.0\"\nedition = \"2021\"\n",
		"src/lib.rs": "pub const WORD: &str = \"from git\";\n",
	} {
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	git(t, dir, "init", "-q", "-b", "trunk")
	git(t, dir, "add", ".")
	git(t, dir, "commit", "-qm", "one")
	return dir, git(t, dir, "rev-parse", "HEAD")
}

func git(t *testing.T, dir string, args ...string) string {
	t.Helper()
	out, err := exec.Command("git", append([]string{"-C", dir, "-c", "user.name=a", "-c", "user.email=a@example.org"}, args...)...).CombinedOutput()
	if err != nil {
		t.Fatalf("git %q: %v\n%s", args, err, out)
	}
	return strings.TrimSpace(string(out))
}

// privateRepository serves a git repository to those who have the password.
func privateRepository(t *testing.T) (url, commit string) {
	t.Helper()
	dir, commit := committed(t)
	git(t, dir, "config", "http.receivepack", "false")
	backend := filepath.Join(git(t, dir, "--exec-path"), "git-http-backend")
	handler := &cgi.Handler{Path: backend, Root: "/", Env: []string{"GIT_PROJECT_ROOT=" + filepath.Dir(dir), "GIT_HTTP_EXPORT_ALL=1", "GIT_CONFIG_COUNT=1", "GIT_CONFIG_KEY_0=safe.directory", "GIT_CONFIG_VALUE_0=*"}}
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if _, password, _ := r.BasicAuth(); password != marker {
			rw.Header().Set("WWW-Authenticate", `Basic realm="git"`)
			http.Error(rw, "who are you?", http.StatusUnauthorized)
			return
		}
		handler.ServeHTTP(rw, r)
	}))
	t.Cleanup(server.Close)
	return server.URL + "/secluded", commit
}
