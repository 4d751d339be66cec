//go:build integration

package integration

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/validate"
	"github.com/sigstore/cosign/v3/pkg/cosign"
	"github.com/sigstore/sigstore/pkg/signature"
)

// TestPublish pushes the program of a workspace, from two directories and with
// a change.
func TestPublish(t *testing.T) {
	h := serveRegistry(t, nil)
	host := strings.TrimPrefix(h.URL, "http://")
	one := publishing(t)
	o := one.build(t, "--push", host+"/app:1", "--push", host+"/other/app", "--oci", "app.oci")
	o.wants(t, 0)
	if len(o.Images) != 3 || !slices.Equal(o.Images[0].Platforms, []string{"linux/amd64"}) || o.Images[1].Ref != host+"/app:1" || o.Images[2].Ref != host+"/other/app:latest" {
		t.Fatalf("images in the summary: %+v", o.Images)
	}
	digest := o.Images[1].Digest
	contains(t, o.stdout, "pushed "+host+"/app:1@"+digest, "pushed "+host+"/other/app:latest@"+digest, "wrote the OCI layout app.oci, "+digest)
	if o.row(t, "clippy").Status != "passed" {
		t.Error("a required check did not run")
	}
	if _, err := os.Stat(filepath.Join(one.dir, "result", "bin", "app")); err != nil {
		t.Error(err)
	}

	index, image := published(t, host+"/app@"+digest)
	root := unpackImage(t, image)
	if out := runIn(t, root, image); out != "41 true\n" {
		t.Errorf("the image prints %q", out)
	}
	for _, file := range []string{"etc/ssl/certs/ca-certificates.crt", "usr/share/zoneinfo/Europe/Berlin", "etc/passwd", "lib64/ld-linux-x86-64.so.2"} {
		if _, err := os.Stat(filepath.Join(root, file)); err != nil {
			t.Error(err)
		}
	}
	statements := attested(t, index, image)
	for _, kind := range []string{"https://spdx.dev/Document", "https://slsa.dev/provenance/v1"} {
		contains(t, statements[kind], "pkg:cargo/itoa@1.0.14", "d75a2a4b1b190afb6f5425f10f6a8f959d2ea0b9c2b1d79553551850539e4674",
			"pkg:cargo/libc@0.2.191", "65cd87c9a6d60536580b316ad985726104730a5151c99845f2490428ef91240a")
	}
	contains(t, statements["https://spdx.dev/Document"], "pkg:deb/debian/libc6@")
	for kind, text := range statements {
		if strings.Contains(text, one.dir) {
			t.Errorf("%s has a path of this machine: %s", kind, text)
		}
	}
	written, err := layout.ImageIndexFromPath(filepath.Join(one.dir, "app.oci"))
	if err != nil {
		t.Fatal(err)
	}
	if err := validate.Index(written); err != nil {
		t.Errorf("the OCI layout: %v", err)
	}
	republish(t, host, digest)
}

// republish publishes the same source from elsewhere, compiled again, and then a
// changed one.
func republish(t *testing.T, host, digest string) {
	t.Helper()
	two := publishing(t)
	two.nonce += "-elsewhere"
	o := two.build(t, "--push", host+"/app:2")
	o.wants(t, 0)
	if !slices.Contains(o.ran(), "package") {
		t.Error("nothing was compiled again")
	}
	if o.Images[0].Digest != digest {
		t.Errorf("the same source became %s and %s", digest, o.Images[0].Digest)
	}
	two.edit(t, "crates/util/src/lib.rs", "120", "121")
	o = two.build(t, "--push", host+"/app:3", "--sbom=false", "--provenance=false")
	o.wants(t, 0)
	if o.Images[0].Digest == digest {
		t.Error("another source became the same image")
	}
	at, err := name.ParseReference(host + "/app:3")
	if err != nil {
		t.Fatal(err)
	}
	if d, err := remote.Get(at); err != nil || !d.MediaType.IsImage() {
		t.Errorf("without attestations it is no image: %+v, %v", d, err)
	}
}

// TestPublishNothing has what keeps an image from being published.
func TestPublishNothing(t *testing.T) {
	var puts []string
	h := serveRegistry(t, func(w http.ResponseWriter, r *http.Request) bool {
		// An upload is begun, and given up, to see whether one may push.
		if r.Method == http.MethodPut || r.Method == http.MethodPatch {
			puts = append(puts, r.Method+" "+r.URL.Path)
		}
		if user, given, _ := r.BasicAuth(); strings.HasPrefix(r.URL.Path, "/v2/") && (user != "ann" || given != "secret") {
			w.Header().Set("WWW-Authenticate", `Basic realm="test"`)
			w.WriteHeader(http.StatusUnauthorized)
			return true
		}
		return false
	})
	host := strings.TrimPrefix(h.URL, "http://")
	w := publishing(t)
	w.env = []string{"DOCKER_CONFIG=" + t.TempDir()}
	auth := func(password string) {
		t.Helper()
		file := filepath.Join(strings.TrimPrefix(w.env[0], "DOCKER_CONFIG="), "config.json")
		config, err := json.Marshal(map[string]any{"auths": map[string]any{host: map[string]string{"username": "ann", "password": password}}})
		if err = errors.Join(err, os.WriteFile(file, config, 0o600)); err != nil {
			t.Fatal(err)
		}
	}

	auth("secret")
	w.edit(t, "crates/util/src/lib.rs", "pub fn", "pub fn unused(x: &Vec<u8>) -> usize {\n    return x.len();\n}\n\npub fn")
	o := w.build(t, "--push", host+"/app", "--oci", "app.oci")
	o.wants(t, 1)
	contains(t, o.stdout, "nothing published: not green: clippy\n")
	if _, err := os.Stat(filepath.Join(w.dir, "app.oci")); len(puts) > 0 || err == nil || len(o.Images) > 0 {
		t.Errorf("published all the same: %q, %v", puts, o.Images)
	}
	// It is the user's to say what is required.
	w.build(t, "--push", host+"/app", "--set", "image.requires=package").wants(t, 0)

	auth("wrong")
	o = w.build(t, "--push", host+"/app", "--set", "image.requires=package")
	o.wants(t, 1)
	contains(t, o.stderr, "401", "cranekit login stores credentials")
	h.Close()
	o = w.build(t, "--push", host+"/app", "--set", "image.requires=package")
	o.wants(t, 75)
}

// TestPublishUsage has what is wrong before anything is compiled.
func TestPublishUsage(t *testing.T) {
	w := publishing(t)
	for _, c := range []struct {
		args []string
		says string
	}{
		{[]string{"--push", "app@sha256:" + strings.Repeat("0", 64)}, "a reference with a digest cannot be pushed to"},
		{[]string{"--push", "UPPER"}, "could not parse reference"},
		{[]string{"--oci", "crates"}, "is not empty and no OCI layout"},
		{[]string{"--load", "--sign", "nowhere.key"}, "--sign needs --push"},
		{[]string{"--push", "app", "--sign", "nowhere.key"}, "nowhere.key: no such file"},
		{[]string{"--load", "--set", "image.checks=clippy"}, `image.checks: no check matches "clippy"; there is package`},
		{[]string{"--oci", "new.oci", "--set", "matrix.a.profile=dev", "--set", "matrix.b.profile=release"}, "package@a and package@b are both for linux/amd64: name one check for each platform in image.checks"},
	} {
		o := w.build(t, c.args...)
		o.wants(t, 2)
		contains(t, o.stderr, c.says)
	}
}

// TestLoad loads an image into Debian's old Docker and runs it there.
func TestLoad(t *testing.T) {
	engine := dockerd(t, "/usr/sbin/dockerd")
	w := publishing(t)
	w.env = []string{"DOCKER_HOST=" + engine}
	o := w.build(t, "--load", "--set", "image.requires=package")
	o.wants(t, 0)
	contains(t, o.stdout, "loaded app:latest into the Docker engine at "+engine+"\n")
	if len(o.Images) != 1 || o.Images[0].Kind != "load" || o.Images[0].Ref != "app:latest" {
		t.Errorf("images in the summary: %+v", o.Images)
	}
	out, err := exec.CommandContext(t.Context(), "docker", "-H", engine, "run", "--rm", "--network=none", "app").CombinedOutput()
	if err != nil || string(out) != "41 true\n" {
		t.Errorf("docker run: %v\n%s", err, out)
	}
	w.build(t, "--load=own/name:2", "--set", "image.requires=package").wants(t, 0)
	run(t, "docker", "-H", engine, "image", "inspect", "own/name:2")
	// An image of cranekit's is replaced, that of somebody else only by its name.
	w.build(t, "--load", "--set", "image.requires=package").wants(t, 0)
	run(t, "sh", "-c", "tar -c --files-from /dev/null | docker -H \"$1\" import - app:latest", "sh", engine)
	o = w.build(t, "--load", "--set", "image.requires=package")
	o.wants(t, 2)
	contains(t, o.stderr, "the Docker engine has an image app:latest that cranekit has not made")
	w.build(t, "--load=app", "--set", "image.requires=package").wants(t, 0)

	w.env = []string{"DOCKER_HOST=unix:///nonexistent/docker.sock"}
	o = w.build(t, "--load", "--set", "image.requires=package")
	o.wants(t, 75)
	contains(t, o.stderr, "/nonexistent/docker.sock")
}

// TestSign signs with a key of cosign's and lets cosign's own code verify it.
func TestSign(t *testing.T) {
	h := serveRegistry(t, nil)
	ref := strings.TrimPrefix(h.URL, "http://") + "/app:1"
	w := publishing(t)
	keys, err := cosign.GenerateKeyPair(func(bool) ([]byte, error) { return []byte("open sesame"), nil })
	if err != nil {
		t.Fatal(err)
	}
	w.write(t, "cosign.key", string(keys.PrivateBytes))
	push := []string{"--push", ref, "--set", "image.requires=package", "--sign"}
	o := w.build(t, append(push, "cosign.key")...)
	o.wants(t, 2)
	contains(t, o.stderr, "its password is taken from COSIGN_PASSWORD")
	w.env = []string{"COSIGN_PASSWORD=open sesame", "KEY=" + string(keys.PrivateBytes)}
	o = w.build(t, append(push, "cosign.key")...)
	o.wants(t, 0)
	again := w.build(t, append(push, "env://KEY")...)
	again.wants(t, 0)
	if o.Images[0].Digest != again.Images[0].Digest {
		t.Error("the key is part of the source")
	}

	at, err := name.ParseReference(ref)
	if err != nil {
		t.Fatal(err)
	}
	verify := func(public []byte) (int, error) {
		key, err := cosign.PemToECDSAKey(public)
		if err != nil {
			t.Fatal(err)
		}
		verifier, err := signature.LoadECDSAVerifier(key, 5) // SHA-256
		if err != nil {
			t.Fatal(err)
		}
		found, _, err := cosign.VerifyImageSignatures(context.Background(), at, &cosign.CheckOpts{SigVerifier: verifier, IgnoreTlog: true, IgnoreSCT: true, ClaimVerifier: cosign.SimpleClaimVerifier})
		return len(found), err
	}
	if n, err := verify(keys.PublicBytes); err != nil || n != 1 {
		t.Errorf("cosign finds %d signatures: %v", n, err)
	}
	other, err := cosign.GenerateKeyPair(func(bool) ([]byte, error) { return nil, nil })
	if err != nil {
		t.Fatal(err)
	}
	if n, err := verify(other.PublicBytes); err == nil {
		t.Errorf("cosign takes %d signatures for those of another key", n)
	}
	if bytes.Contains([]byte(o.stdout+o.stderr), []byte("sesame")) {
		t.Error("the password is in the output")
	}
}
