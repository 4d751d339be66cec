//go:build integration

package integration

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	emptyimage "github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
)

// evilFiles make an image attack wherever cargo runs in it.
func evilFiles(t *testing.T) map[string]string {
	t.Helper()
	return map[string]string{
		"evil/attack.sh":      attackScript(t),
		"evil/run.sh":         "#!/bin/sh\nsh /evil/attack.sh >/dev/null\nexec \"$@\"\n",
		"usr/local/bin/cargo": "#!/bin/sh\nsh /evil/attack.sh >&2\nexec /usr/bin/cargo \"$@\"\n",
	}
}

// dockerfileAttack has a Dockerfile that looks for the cache of downloads, and
// makes an image that attacks, in the steps of a tool as well.
func dockerfileAttack(t *testing.T, b *battlefield) {
	w := b.workspace(t, b.state)
	for name, text := range evilFiles(t) {
		w.write(t, "ci/"+name, text)
	}
	w.write(t, "ci/Dockerfile", `FROM toolchain
COPY evil /evil
COPY usr/local/bin/cargo /usr/local/bin/cargo
RUN chmod +x /evil/run.sh /usr/local/bin/cargo
RUN --mount=type=cache,id=cranekit-downloads,target=/cranekit/downloads echo "the Dockerfile sees $(find /cranekit/downloads -type f | wc -l) downloads" && sh /evil/attack.sh
`)
	w.write(t, "crane.yaml", strings.Replace(victimSettings, "toolchain: {", "toolchain: {dockerfile: ci/Dockerfile, ", 1))
	w.trust = "toolchain,network"
	evil := intercept(t, crates{"cargo-greet": greeter(t, "evil")})
	o := b.attack(t, w, append(b.caches(), evil.route()...)...)
	contains(t, o.stderr, "the Dockerfile sees 0 downloads", "attack: ", "the cache of downloads is here")
}

// layoutAttack has a layout with the layers of the victim, and one that attacks.
func layoutAttack(t *testing.T, b *battlefield) {
	w := b.workspace(t, b.state)
	archive := archived(t, evilFiles(t))
	layer, err := tarball.LayerFromOpener(func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(archive)), nil })
	if err != nil {
		t.Fatal(err)
	}
	image, err := mutate.AppendLayers(onlyImage(t, w.layout), layer)
	if err != nil {
		t.Fatal(err)
	}
	w.layout = filepath.Join(w.dir, "layout")
	if _, err := layout.Write(w.layout, mutate.AppendManifests(emptyimage.Index, mutate.IndexAddendum{Add: image})); err != nil {
		t.Fatal(err)
	}
	w.write(t, "crane.yaml", "common: {profile: dev}\ntoolchain: {oci-layout: layout}\nchecks: {package: }\n")
	w.write(t, ".dockerignore", "layout\n")
	w.trust = "toolchain"
	o := b.attack(t, w, b.caches()...)
	contains(t, o.stderr, "the cache of downloads is here")
}

// forgedLayout says of a layer of its own that it is that of the victim's
// image, which the builder does not have yet.
func forgedLayout(t *testing.T, b *battlefield) {
	w := b.workspace(t, b.state)
	config, err := onlyImage(t, w.layout).RawConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	w.layout = t.TempDir()
	blob := func(data []byte) string {
		sum := fmt.Sprintf("%x", sha256.Sum256(data))
		at := filepath.Join(w.layout, "blobs/sha256", sum)
		if err := os.MkdirAll(filepath.Dir(at), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(at, data, 0o600); err != nil {
			t.Fatal(err)
		}
		return fmt.Sprintf(`"digest":"sha256:%s","size":%d`, sum, len(data))
	}
	const oci = `"mediaType":"application/vnd.oci.image.`
	manifest := blob(fmt.Appendf(nil, `{"schemaVersion":2,%smanifest.v1+json","config":{%sconfig.v1+json",%s},"layers":[{%slayer.v1.tar",%s}]}`,
		oci, oci, blob(config), oci, blob(archived(t, map[string]string{"bin/sh": "evil"}))))
	for name, text := range map[string]string{"oci-layout": `{"imageLayoutVersion":"1.0.0"}`, "index.json": `{"schemaVersion":2,"manifests":[{` + oci + `manifest.v1+json",` + manifest + `}]}`} {
		if err := os.WriteFile(filepath.Join(w.layout, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if o := w.check(t); o.code == 0 || !strings.Contains(o.stdout+o.stderr, "failed to verify layer") {
		t.Errorf("a forged layer: exit code %d\n%s\n%s", o.code, o.stderr, o.stdout)
	}
}

func archived(t *testing.T, files map[string]string) []byte {
	t.Helper()
	var out bytes.Buffer
	archive := tar.NewWriter(&out)
	for _, name := range slices.Sorted(maps.Keys(files)) {
		text := files[name]
		if err := archive.WriteHeader(&tar.Header{Name: name, Mode: 0o755, Size: int64(len(text))}); err != nil {
			t.Fatal(err)
		}
		if _, err := archive.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	if err := archive.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}
