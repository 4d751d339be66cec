package oci

import (
	"encoding/json"
	"fmt"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/partial"
	"github.com/google/go-containerregistry/pkg/v1/static"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

const (
	statementType = "https://in-toto.io/Statement/v1"
	statementMIME = types.MediaType("application/vnd.in-toto+json")
	predicateKey  = "in-toto.io/predicate-type"
	// The annotations by which BuildKit ties attestations to an image.
	referenceType   = "vnd.docker.reference.type"
	referenceDigest = "vnd.docker.reference.digest"
	attestationType = "attestation-manifest"
	artifactType    = "application/vnd.docker.attestation.manifest.v1+json"
	// noConfig is the content of types.OCIEmptyJSON.
	noConfig = "{}"
)

// Predicate is the statement of an attestation about an image.
type Predicate struct {
	// Type is the URI of the predicate's type.
	Type string
	Body any
}

// statement is an in-toto statement.
type statement struct {
	Type          string     `json:"_type"`
	Subject       []resource `json:"subject"`
	PredicateType string     `json:"predicateType"`
	Predicate     any        `json:"predicate"`
}

// resource is in-toto's ResourceDescriptor.
type resource struct {
	Name   string            `json:"name,omitempty"`
	URI    string            `json:"uri,omitempty"`
	Digest map[string]string `json:"digest,omitempty"`
}

// attestations is the manifest with the statements about an image, in
// BuildKit's form, which docker and buildx show. It has no subject: in a
// registry without an API for referrers, that would leave a tag of its own.
type attestations struct {
	manifest []byte
	layers   map[v1.Hash]v1.Layer
}

// attest states predicates of an image.
func attest(image v1.Image, title string, predicates []Predicate) (v1.Image, error) {
	digest, err := image.Digest()
	if err != nil {
		return nil, err
	}
	config := v1.Descriptor{MediaType: types.OCIEmptyJSON, Data: []byte(noConfig)}
	if config.Digest, config.Size, err = v1.SHA256(strings.NewReader(noConfig)); err != nil {
		return nil, err
	}
	manifest := v1.Manifest{SchemaVersion: 2, MediaType: types.OCIManifestSchema1, ArtifactType: artifactType, Config: config}
	a := &attestations{layers: map[v1.Hash]v1.Layer{}}
	for _, p := range predicates {
		text, err := json.Marshal(statement{
			Type: statementType, PredicateType: p.Type, Predicate: p.Body,
			Subject: []resource{{Name: title, Digest: map[string]string{digest.Algorithm: digest.Hex}}},
		})
		if err != nil {
			return nil, fmt.Errorf("writing an attestation: %w", err)
		}
		layer := static.NewLayer(text, statementMIME)
		descriptor, err := partial.Descriptor(layer)
		if err != nil {
			return nil, err
		}
		descriptor.Annotations = map[string]string{predicateKey: p.Type}
		manifest.Layers = append(manifest.Layers, *descriptor)
		a.layers[descriptor.Digest] = layer
	}
	if a.manifest, err = json.Marshal(manifest); err != nil {
		return nil, fmt.Errorf("writing the attestations: %w", err)
	}
	return partial.CompressedToImage(a)
}

// The methods of attestations are those of an image of go-containerregistry.

func (a *attestations) MediaType() (types.MediaType, error) { return types.OCIManifestSchema1, nil }
func (a *attestations) RawManifest() ([]byte, error)        { return a.manifest, nil }
func (a *attestations) RawConfigFile() ([]byte, error)      { return []byte(noConfig), nil }

func (a *attestations) LayerByDigest(h v1.Hash) (partial.CompressedLayer, error) {
	if layer, ok := a.layers[h]; ok {
		return layer, nil
	}
	return nil, fmt.Errorf("the attestations have no layer %s", h)
}

// Part is the image of one platform with its attestations.
type Part struct {
	Image      v1.Image
	Platform   v1.Platform
	Predicates []Predicate
}

// Published is an image or an index, as registries and layouts take it.
type Published interface {
	MediaType() (types.MediaType, error)
	Digest() (v1.Hash, error)
	RawManifest() ([]byte, error)
}

// plain is an image whose descriptor has no artifact type: go-containerregistry
// takes the media type of the configuration for one, and BuildKit writes none.
type plain struct{ v1.Image }

// Descriptor is asked for by go-containerregistry.
func (p plain) Descriptor() (*v1.Descriptor, error) {
	d, err := partial.Descriptor(p.Image)
	if err != nil {
		return nil, err
	}
	d.ArtifactType = ""
	return d, nil
}

// Join makes one image of its parts: an index, unless there is one part without
// attestations.
func Join(title string, parts []Part) (Published, error) {
	if len(parts) == 1 && len(parts[0].Predicates) == 0 {
		return parts[0].Image, nil
	}
	var images, attestations []mutate.IndexAddendum
	for _, p := range parts {
		images = append(images, mutate.IndexAddendum{Add: plain{p.Image}, Descriptor: v1.Descriptor{Platform: &p.Platform}})
		if len(p.Predicates) == 0 {
			continue
		}
		attestation, err := attest(p.Image, title, p.Predicates)
		if err != nil {
			return nil, err
		}
		digest, err := p.Image.Digest()
		if err != nil {
			return nil, err
		}
		attestations = append(attestations, mutate.IndexAddendum{Add: plain{attestation}, Descriptor: v1.Descriptor{
			Platform:    &v1.Platform{OS: "unknown", Architecture: "unknown"},
			Annotations: map[string]string{referenceType: attestationType, referenceDigest: digest.String()},
		}})
	}
	index := mutate.IndexMediaType(empty.Index, types.OCIImageIndex)
	return mutate.AppendManifests(index, append(images, attestations...)...), nil
}
