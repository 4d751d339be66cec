package oci

import (
	"archive/tar"
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/validate"
)

var update = flag.Bool("update", false, "write golden files")

var epoch = time.Unix(0, 0).UTC()

func digestOf(t *testing.T, of interface{ Digest() (v1.Hash, error) }) string {
	t.Helper()
	digest, err := of.Digest()
	if err != nil {
		t.Fatal(err)
	}
	return digest.String()
}

// tree has files added in one order or the other.
func tree(t *testing.T, backward bool) Tree {
	t.Helper()
	files := fstest.MapFS{
		"lib/libc.so.6":          {Data: []byte("libc"), Mode: 0o755, ModTime: time.Now()},
		"usr/local/bin/app":      {Data: []byte("app"), Mode: 0o700},
		"usr/local/bin-more/app": {Data: []byte("more"), Mode: 0o600},
		"etc/passwd":             {Data: []byte("root"), Mode: 0o644},
	}
	var names []string
	for name := range files {
		names = append(names, name)
	}
	slices.Sort(names)
	if backward {
		slices.Reverse(names)
	}
	tree := Tree{}
	for _, name := range names {
		if err := tree.AddFile(files, name, name); err != nil {
			t.Fatal(err)
		}
	}
	tree["tmp"] = File{Mode: fs.ModeDir | fs.ModeSticky | 0o777}
	return tree
}

func newLayer(t *testing.T, tree Tree, at time.Time) v1.Layer {
	t.Helper()
	layer, err := NewLayer(t.TempDir(), tree, at)
	if err != nil {
		t.Fatal(err)
	}
	return layer
}

func TestLayer(t *testing.T) {
	t.Parallel()
	layer := newLayer(t, tree(t, false), epoch)
	if err := validate.Layer(layer); err != nil {
		t.Error(err)
	}
	if other := newLayer(t, tree(t, true), epoch); digestOf(t, other) != digestOf(t, layer) {
		t.Error("the order of files makes another layer")
	}
	if other := newLayer(t, tree(t, false), epoch.Add(time.Hour)); digestOf(t, other) == digestOf(t, layer) {
		t.Error("the time is not in the layer")
	}
	content, err := layer.Uncompressed()
	if err != nil {
		t.Fatal(err)
	}
	defer content.Close()
	var rows []string
	for archive := tar.NewReader(content); ; {
		h, err := archive.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if h.Uid != 0 || h.Gid != 0 || h.Uname != "" || !h.ModTime.Equal(epoch) {
			t.Errorf("%s tells who made it when: %+v", h.Name, h)
		}
		rows = append(rows, h.FileInfo().Mode().String()+" "+h.Name)
	}
	want := []string{
		"drwxr-xr-x etc/", "-rw-r--r-- etc/passwd", "drwxr-xr-x lib/", "-rwxr-xr-x lib/libc.so.6", "dtrwxrwxrwx tmp/", "drwxr-xr-x usr/",
		"drwxr-xr-x usr/local/", "drwxr-xr-x usr/local/bin/", "-rwxr-xr-x usr/local/bin/app", "drwxr-xr-x usr/local/bin-more/", "-rw-r--r-- usr/local/bin-more/app",
	}
	if !slices.Equal(rows, want) {
		t.Errorf("entries are %q, want %q", rows, want)
	}
}

func TestLayerRefuses(t *testing.T) {
	t.Parallel()
	for name, names := range map[string][]string{
		"a way out":            {"../etc/passwd"},
		"an absolute path":     {"/etc/passwd"},
		"a file and directory": {"bin", "bin/app"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tree := Tree{}
			for _, name := range names {
				tree.AddBytes(name, 0o644, nil)
			}
			if _, err := NewLayer(t.TempDir(), tree, epoch); err == nil {
				t.Error("it is taken")
			}
		})
	}
}

func TestConfig(t *testing.T) {
	t.Parallel()
	base := v1.ConfigFile{
		Author: "someone", Created: v1.Time{Time: time.Unix(9, 0)}, OS: "linux", Architecture: "arm", RootFS: v1.RootFS{Type: "layers"},
		Config: v1.Config{
			Entrypoint: []string{"sh"}, Cmd: []string{"-l"}, User: "root", WorkingDir: "/work",
			Env: []string{"PATH=/bin", "A=1", "AB=2"}, Labels: map[string]string{"base": "yes", "gone": "soon"},
		},
	}
	c := Config{
		Entrypoint: []string{"/usr/local/bin/app"}, User: "65532:65532", Env: map[string]string{"Z": "26", "A": "one"},
		Labels: map[string]string{"own": "x", "gone": "", "unknown": ""}, Created: epoch, Platform: v1.Platform{OS: "linux", Architecture: "arm", Variant: "v7"},
	}
	for name, test := range map[string]struct {
		base *v1.ConfigFile
		want v1.ConfigFile
	}{
		"base": {&base, v1.ConfigFile{
			Created: v1.Time{Time: epoch}, OS: "linux", Architecture: "arm", Variant: "v7", RootFS: v1.RootFS{Type: "layers"},
			Config: v1.Config{
				Entrypoint: c.Entrypoint, User: "65532:65532", WorkingDir: "/work",
				Env: []string{"PATH=/bin", "AB=2", "A=one", "Z=26"}, Labels: map[string]string{"base": "yes", "own": "x"},
			},
		}},
		"scratch": {&v1.ConfigFile{}, v1.ConfigFile{
			Created: v1.Time{Time: epoch}, OS: "linux", Architecture: "arm", Variant: "v7",
			Config: v1.Config{
				Entrypoint: c.Entrypoint, User: "65532:65532",
				Env: []string{defaultPath, "A=one", "Z=26"}, Labels: map[string]string{"own": "x"},
			},
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := c.file(test.base); !reflect.DeepEqual(*got, test.want) {
				t.Errorf("got %+v, want %+v", *got, test.want)
			}
		})
	}
}

func material() Material {
	return Material{
		Title: "greet", Version: "1.2.0", License: "MIT/Apache-2.0", Repository: "https://example.org/greet", Commit: strings.Repeat("c", 40),
		Crates: []Crate{
			{Name: "greet", Version: "1.2.0", License: "MIT/Apache-2.0"},
			{Name: "itoa", Version: "1.0.14", Source: "registry+https://github.com/rust-lang/crates.io-index", Checksum: strings.Repeat("a", 64)},
			{Name: "log", Version: "0.4.0", Source: "git+https://example.org/log?rev=1#" + strings.Repeat("d", 40)},
			{Name: "own", Version: "0.1.0+build", Source: "sparse+https://crates.example/index/", Checksum: strings.Repeat("b", 64)},
		},
		System: ParseSystem("apk alpine musl 1.2.5-r0 x86_64\ndeb debian libc6 2.36-9+deb12u14 amd64\nfile /opt/lib/libx y.so\n"),
		Base:   "docker.io/library/debian:12@sha256:" + strings.Repeat("e", 64), Toolchain: "local/toolchain@sha256:" + strings.Repeat("f", 64),
		Parameters: map[string]any{"check": "package", "profile": "release", "features": []string{"tls"}}, Builder: "1.0.0",
	}
}

func TestAttestations(t *testing.T) {
	t.Parallel()
	sbom, err := SBOM(material(), epoch)
	if err != nil {
		t.Fatal(err)
	}
	for name, predicate := range map[string]Predicate{"sbom": sbom, "provenance": Provenance(material())} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text, err := json.MarshalIndent(predicate.Body, "", "  ")
			if err != nil {
				t.Fatal(err)
			}
			golden := filepath.Join("testdata", name+".golden.json")
			if *update {
				if err := os.WriteFile(golden, append(text, '\n'), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(append(text, '\n'), want) {
				t.Errorf("it differs from %s; run go test ./images/oci -update and look at the difference\n%s", golden, text)
			}
		})
	}
}

// parts are images of two platforms.
func parts(t *testing.T, base v1.Image) []Part {
	t.Helper()
	var parts []Part
	for _, arch := range []string{"amd64", "arm64"} {
		platform := v1.Platform{OS: "linux", Architecture: arch}
		image, err := New(base, newLayer(t, tree(t, false), epoch), Config{User: "65532:65532", Platform: platform, Created: epoch})
		if err != nil {
			t.Fatal(err)
		}
		parts = append(parts, Part{Image: image, Platform: platform, Predicates: []Predicate{Provenance(material())}})
	}
	return parts
}

func TestJoin(t *testing.T) {
	t.Parallel()
	two := parts(t, nil)
	image, err := Join("greet", two)
	if err != nil {
		t.Fatal(err)
	}
	index, ok := image.(v1.ImageIndex)
	if !ok {
		t.Fatalf("two parts are a %T", image)
	}
	if err := validate.Index(index); err != nil {
		t.Error(err)
	}
	manifest, err := index.IndexManifest()
	if err != nil {
		t.Fatal(err)
	}
	var rows []string
	for _, d := range manifest.Manifests {
		if d.ArtifactType != "" {
			t.Errorf("%s has the artifact type %s", d.Platform, d.ArtifactType)
		}
		rows = append(rows, d.Platform.String()+" "+d.Annotations[referenceType]+" "+d.Annotations[referenceDigest])
	}
	want := []string{
		"linux/amd64  ", "linux/arm64  ",
		"unknown/unknown attestation-manifest " + digestOf(t, two[0].Image), "unknown/unknown attestation-manifest " + digestOf(t, two[1].Image),
	}
	if !slices.Equal(rows, want) {
		t.Errorf("manifests are %q, want %q", rows, want)
	}
	again, err := Join("greet", parts(t, nil))
	if err != nil {
		t.Fatal(err)
	}
	if digestOf(t, again) != digestOf(t, image) {
		t.Error("equal parts make different images")
	}
	two[0].Predicates = nil
	if alone, err := Join("greet", two[:1]); err != nil || digestOf(t, alone) != digestOf(t, two[0].Image) {
		t.Errorf("a part without attestations is not published as it is: %v", err)
	}
}

func TestWriteLayout(t *testing.T) {
	t.Parallel()
	image, err := Join("greet", parts(t, nil))
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "image")
	for range 2 { // the second replaces the first
		if err := WriteLayout(dir, image); err != nil {
			t.Fatal(err)
		}
	}
	written, err := layout.ImageIndexFromPath(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := validate.Index(written); err != nil {
		t.Error(err)
	}
	other := t.TempDir()
	if err := os.WriteFile(filepath.Join(other, "thesis.txt"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := WriteLayout(other, image); err == nil {
		t.Error("a directory with other files is replaced")
	}

	// The layout is a base in its turn.
	base, err := OpenBase(dir)
	if err != nil {
		t.Fatal(err)
	}
	if base.Digest.String() != digestOf(t, image) || strings.Contains(base.Ref, dir) {
		t.Errorf("the base is %s", base.Ref)
	}
	below, err := base.Image(v1.Platform{OS: "linux", Architecture: "arm64", Variant: "v8"})
	if err != nil {
		t.Fatal(err)
	}
	onTop := parts(t, below)[1].Image
	if err := validate.Image(onTop); err != nil {
		t.Error(err)
	}
	if layers, err := onTop.Layers(); err != nil || len(layers) != 2 {
		t.Errorf("%d layers: %v", len(layers), err)
	}
	if _, err := base.Image(v1.Platform{OS: "linux", Architecture: "s390x"}); err == nil || !strings.Contains(err.Error(), "is for linux/amd64, linux/arm64, the binaries are for linux/s390x") {
		t.Errorf("a platform that the base lacks: %v", err)
	}
	// A layout of a single image, in Docker's format.
	single := filepath.Join(t.TempDir(), "single")
	path, err := layout.Write(single, empty.Index)
	if err != nil {
		t.Fatal(err)
	}
	docker, err := mutate.ConfigFile(empty.Image, &v1.ConfigFile{OS: "linux", Architecture: "amd64", RootFS: v1.RootFS{Type: "layers"}})
	if err != nil {
		t.Fatal(err)
	}
	if err := path.AppendImage(docker); err != nil {
		t.Fatal(err)
	}
	if base, err = OpenBase(single); err != nil {
		t.Fatal(err)
	}
	if below, err = base.Image(v1.Platform{OS: "linux", Architecture: "amd64"}); err != nil {
		t.Fatal(err)
	}
	if err := validate.Image(parts(t, below)[0].Image); err != nil {
		t.Error(err)
	}
}

func TestTag(t *testing.T) {
	t.Parallel()
	for ref, want := range map[string]string{
		"registry.example/app": "registry.example/app:latest", "localhost:5000/app": "localhost:5000/app:latest", "app:1": "app:1",
		"app@sha256:" + strings.Repeat("0", 64): "", "UPPER": "",
	} {
		tag, err := Tag(ref)
		if (err == nil) != (want != "") || err == nil && tag.String() != want {
			t.Errorf("%s is %s (%v), want %q", ref, tag, err, want)
		}
	}
}
