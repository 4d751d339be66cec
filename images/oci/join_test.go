package oci

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/validate"
)

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
}

// TestBase has a layout that WriteLayout wrote, and one of a single image in
// Docker's format.
func TestBase(t *testing.T) {
	t.Parallel()
	image, err := Join("greet", parts(t, nil))
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "image")
	if err := WriteLayout(dir, image); err != nil {
		t.Fatal(err)
	}
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
