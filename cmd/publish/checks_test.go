package publish

import "testing"

// TestRequirement: a build with an image tells what it runs, and why.
func TestRequirement(t *testing.T) {
	t.Parallel()
	for yaml, want := range map[string]string{
		"checks: {clippy: , package: }\n":                                  "image: published if these are green: clippy, package (all, unless image.requires names some)",
		"checks: {clippy: , package: , fmt: }\nimage: {requires: [fmt]}\n": "image: published if these are green: package, fmt (image.requires names them)",
		"checks: {clippy: , package: }\nimage: {requires: []}\n":           "image: published if these are green: package (image.requires names no other)",
	} {
		p, cfg := &Publication{}, publishingConfig(t, yaml)
		if err := p.choose(cfg); err != nil {
			t.Fatal(err)
		}
		if got := p.Requirement(cfg); got != want {
			t.Errorf("%s: it tells %q, want %q", yaml, got, want)
		}
	}
}
