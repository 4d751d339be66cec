//go:build integration

package integration

import (
	"archive/tar"
	"errors"
	"fmt"
	"io"
	"maps"
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// TestPublishWhole has an image with all that the last stage of a Dockerfile has:
// files of the source, packages on a base, a directory to run in, ports.
func TestPublishWhole(t *testing.T) {
	h := serveRegistry(t, nil)
	host := strings.TrimPrefix(h.URL, "http://")
	var digests []string
	for _, tag := range []string{"1", "2"} {
		w := publishing(t)
		w.trust = "paths,toolchain"
		w.write(t, "crane.yaml", `checks: {package: }
image:
  oci-layout: `+w.layout+`
  packages: [iputils-ping, bzip2]
  files: {static: /srv/www, conf/app.toml: /etc/app/}
  workdir: /var/lib/app
  expose: [8080, 53/udp]
`)
		w.write(t, "static/index.html", "hello\n")
		w.write(t, "static/img/dot.svg", "<svg/>\n")
		w.write(t, "conf/app.toml", "answer = 41\n")
		o := w.build(t, "--push", host+"/app:"+tag)
		o.wants(t, 0)
		digests = append(digests, o.Images[0].Digest)
	}
	if digests[0] != digests[1] {
		t.Errorf("the same source became %q", digests)
	}
	index, image := published(t, host+"/app:1")
	file, err := image.ConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	if c := file.Config; c.WorkingDir != "/var/lib/app" || !maps.Equal(c.ExposedPorts, map[string]struct{}{"8080/tcp": {}, "53/udp": {}}) {
		t.Errorf("the image runs in %s, with the ports %v", c.WorkingDir, c.ExposedPorts)
	}
	layers, err := image.Layers()
	if err != nil || len(layers) != 3 {
		t.Fatalf("%d layers: %v", len(layers), err)
	}
	packages, own := entries(t, layers[1]), entries(t, layers[2])
	for name, want := range map[string]string{
		"usr/bin/ping": "-rwxr-xr-x 0:0 capable", "usr/bin/bzip2": "-rwxr-xr-x 0:0", "usr/bin/bzcmp": "Lrwxrwxrwx 0:0", "var/lib/dpkg/status": "-rw-r--r-- 0:0", "var/log/dpkg.log": "", "var/lib/apt/lists/lock": "",
		"cranekit/": "", "proc/": "", "etc/resolv.conf": "", "tmp/": "",
	} {
		if packages[name] != want {
			t.Errorf("%s of the packages is %q, want %q", name, packages[name], want)
		}
	}
	for name, want := range map[string]string{
		"usr/local/bin/app": "-rwxr-xr-x 0:0", "srv/www/index.html": "-rw-r--r-- 0:0", "srv/www/img/dot.svg": "-rw-r--r-- 0:0", "etc/app/app.toml": "-rw-r--r-- 0:0",
		"var/lib/app/": "drwxr-xr-x 65532:65532", "srv/": "drwxr-xr-x 0:0",
	} {
		if own[name] != want {
			t.Errorf("%s is %q, want %q", name, own[name], want)
		}
	}
	contains(t, attested(t, index, image)["https://spdx.dev/Document"], "pkg:deb/debian/iputils-ping@", "pkg:deb/debian/bzip2@")
}

// entries are what a layer says of its files, by name.
func entries(t *testing.T, l v1.Layer) map[string]string {
	t.Helper()
	in, err := l.Uncompressed()
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	found := map[string]string{}
	for archive := tar.NewReader(in); ; {
		h, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return found
		}
		if err != nil {
			t.Fatal(err)
		}
		text := fmt.Sprintf("%s %d:%d", h.FileInfo().Mode(), h.Uid, h.Gid)
		if h.PAXRecords["SCHILY.xattr.security.capability"] != "" {
			text += " capable"
		}
		found[h.Name] = text
	}
}
