package oci

import (
	"strings"
)

// ProvenanceType is the predicate type of a provenance: SLSA, version 1.
const ProvenanceType = "https://slsa.dev/provenance/v1"

const (
	home      = "https://github.com/cranekit/cranekit"
	buildType = home + "/blob/main/docs/publish.md#provenance"
)

type provenance struct {
	Definition buildDefinition `json:"buildDefinition"`
	Details    runDetails      `json:"runDetails"`
}

type buildDefinition struct {
	Type         string         `json:"buildType"`
	Parameters   map[string]any `json:"externalParameters"`
	Dependencies []resource     `json:"resolvedDependencies"`
}

type runDetails struct {
	Builder builder `json:"builder"`
}

type builder struct {
	ID      string            `json:"id"`
	Version map[string]string `json:"version"`
}

// Provenance names the source, the images, and every crate with its checksum.
// It leaves out when and where the image was made, or no two builds would give
// the same digest.
func Provenance(m Material) Predicate {
	p := provenance{
		Definition: buildDefinition{Type: buildType, Parameters: m.Parameters, Dependencies: []resource{}},
		Details:    runDetails{builder{home, map[string]string{"cranekit": m.Builder}}},
	}
	add := func(r resource) { p.Definition.Dependencies = append(p.Definition.Dependencies, r) }
	if m.Commit != "" {
		source := resource{Name: "source", Digest: map[string]string{"gitCommit": m.Commit}}
		if m.Repository != "" {
			source.URI = "git+" + strings.TrimSuffix(m.Repository, "/")
		}
		add(source)
	}
	for _, image := range []struct{ name, ref string }{{"toolchain", m.Toolchain}, {"base", m.Base}} {
		if ref, digest, ok := strings.Cut(image.ref, "@sha256:"); ok {
			r := resource{Name: image.name, Digest: map[string]string{"sha256": digest}}
			if !strings.HasPrefix(ref, "local/") && ref != layoutRef {
				r.URI = "oci://" + ref
			}
			add(r)
		}
	}
	for _, c := range m.Crates {
		if c.Source == "" {
			continue // part of the source
		}
		r := resource{Name: c.Name, URI: c.purl()}
		switch _, commit, git := strings.Cut(c.Source, "#"); {
		case c.Checksum != "":
			r.Digest = map[string]string{"sha256": c.Checksum}
		case git:
			r.Digest = map[string]string{"gitCommit": commit}
		}
		add(r)
	}
	return Predicate{ProvenanceType, p}
}
