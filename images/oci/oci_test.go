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

// headers are those of the entries of a layer.
func headers(t *testing.T, layer v1.Layer) (list []*tar.Header) {
	t.Helper()
	content, err := layer.Uncompressed()
	if err != nil {
		t.Fatal(err)
	}
	defer content.Close()
	for archive := tar.NewReader(content); ; {
		h, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return list
		}
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, h)
	}
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
	var rows []string
	for _, h := range headers(t, layer) {
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
			Entrypoint: []string{"sh"}, Cmd: []string{"-l"}, User: "root", WorkingDir: "/work", ExposedPorts: map[string]struct{}{"1/tcp": {}},
			Env: []string{"PATH=/bin", "A=1", "AB=2"}, Labels: map[string]string{"base": "yes", "gone": "soon"},
		},
	}
	c := Config{
		Entrypoint: []string{"/usr/local/bin/app"}, User: "65532:65532", Env: map[string]string{"Z": "26", "A": "one"},
		Workdir: "/srv", Expose: []string{"8080", "53/udp"},
		Labels: map[string]string{"own": "x", "gone": "", "unknown": ""}, Created: epoch, Platform: v1.Platform{OS: "linux", Architecture: "arm", Variant: "v7"},
	}
	for name, test := range map[string]struct {
		base *v1.ConfigFile
		want v1.ConfigFile
	}{
		"base": {&base, v1.ConfigFile{
			Created: v1.Time{Time: epoch}, OS: "linux", Architecture: "arm", Variant: "v7", RootFS: v1.RootFS{Type: "layers"},
			Config: v1.Config{
				Entrypoint: c.Entrypoint, User: "65532:65532", WorkingDir: "/srv", ExposedPorts: map[string]struct{}{"1/tcp": {}, "8080/tcp": {}, "53/udp": {}},
				Env: []string{"PATH=/bin", "AB=2", "A=one", "Z=26"}, Labels: map[string]string{"base": "yes", "own": "x"},
			},
		}},
		"scratch": {&v1.ConfigFile{}, v1.ConfigFile{
			Created: v1.Time{Time: epoch}, OS: "linux", Architecture: "arm", Variant: "v7",
			Config: v1.Config{
				Entrypoint: c.Entrypoint, User: "65532:65532", WorkingDir: "/srv", ExposedPorts: map[string]struct{}{"8080/tcp": {}, "53/udp": {}},
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
