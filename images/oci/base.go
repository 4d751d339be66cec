package oci

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/remote"
)

// Base is a base image, of one platform or more.
type Base struct {
	// Ref is the image with its digest.
	Ref    string
	Digest v1.Hash

	single v1.Image
	index  v1.ImageIndex
}

// PullBase finds a base image in its registry, with the credentials of Docker's
// configuration. Its layers are read when they are needed.
func PullBase(ctx context.Context, ref string) (*Base, error) {
	at, err := name.ParseReference(ref)
	if err != nil {
		return nil, fmt.Errorf("base image: %w", err)
	}
	found, err := remote.Get(at, options(ctx)...)
	if err != nil {
		return nil, fmt.Errorf("base image %s: %w", ref, err)
	}
	b := &Base{Ref: at.Name(), Digest: found.Digest}
	if _, pinned := at.(name.Digest); !pinned {
		b.Ref += "@" + found.Digest.String()
	}
	if found.MediaType.IsIndex() {
		b.index, err = found.ImageIndex()
	} else {
		b.single, err = found.Image()
	}
	return b, err
}

// layoutRef stands for the reference of a base from an OCI layout.
const layoutRef = "oci-layout"

// OpenBase reads a base image from an OCI layout. Its name does not contain the
// path.
func OpenBase(dir string) (*Base, error) {
	index, err := layout.ImageIndexFromPath(dir)
	if err != nil {
		return nil, fmt.Errorf("base image: %w", err)
	}
	manifest, err := index.IndexManifest()
	if err != nil {
		return nil, fmt.Errorf("base image: %w", err)
	}
	// Tools write an index in the index of the layout.
	if len(manifest.Manifests) == 1 && manifest.Manifests[0].MediaType.IsIndex() {
		digest := manifest.Manifests[0].Digest
		if index, err = index.ImageIndex(digest); err != nil {
			return nil, fmt.Errorf("base image: %w", err)
		}
		return &Base{Ref: layoutRef + "@" + digest.String(), Digest: digest, index: index}, nil
	}
	if len(manifest.Manifests) == 1 {
		digest := manifest.Manifests[0].Digest
		image, err := index.Image(digest)
		return &Base{Ref: layoutRef + "@" + digest.String(), Digest: digest, single: image}, err
	}
	digest, err := index.Digest()
	return &Base{Ref: layoutRef + "@" + digest.String(), Digest: digest, index: index}, err
}

// Image is the base for a platform.
func (b *Base) Image(want v1.Platform) (v1.Image, error) {
	if b.single != nil {
		config, err := b.single.ConfigFile()
		if err != nil {
			return nil, fmt.Errorf("base image %s: %w", b.Ref, err)
		}
		if have := (v1.Platform{OS: config.OS, Architecture: config.Architecture, Variant: config.Variant}); !fits(have, want) {
			return nil, fmt.Errorf("base image %s is for %s, the binaries are for %s; name a base for that", b.Ref, have, want)
		}
		return b.single, nil
	}
	manifest, err := b.index.IndexManifest()
	if err != nil {
		return nil, fmt.Errorf("base image %s: %w", b.Ref, err)
	}
	var have []string
	for _, d := range manifest.Manifests {
		if d.Platform == nil || d.Platform.OS == "unknown" || !d.MediaType.IsImage() {
			continue
		}
		if fits(*d.Platform, want) {
			return b.index.Image(d.Digest)
		}
		have = append(have, d.Platform.String())
	}
	slices.Sort(have)
	return nil, fmt.Errorf("base image %s is for %s, the binaries are for %s; name a base for that", b.Ref, strings.Join(have, ", "), want)
}

// fits reports whether a platform is the wanted one. Many images do not name
// the variant of an architecture.
func fits(have, want v1.Platform) bool {
	return have.OS == want.OS && have.Architecture == want.Architecture &&
		(have.Variant == want.Variant || have.Variant == "" || want.Variant == "")
}

// options are those of every request to a registry.
func options(ctx context.Context) []remote.Option {
	return []remote.Option{remote.WithContext(ctx), remote.WithAuthFromKeychain(authn.DefaultKeychain), remote.WithUserAgent("cranekit")}
}

// ErrDigest is the error of a reference that names an image by its digest,
// which cannot be chosen.
var ErrDigest = errors.New("a reference with a digest cannot be pushed to; name a tag")

// Tag parses a reference to push to. Without a tag it is latest, as for docker.
func Tag(ref string) (name.Tag, error) {
	at, err := name.ParseReference(ref)
	if err != nil {
		return name.Tag{}, err
	}
	tag, ok := at.(name.Tag)
	if !ok {
		return name.Tag{}, ErrDigest
	}
	if !strings.HasSuffix(ref, ":"+tag.TagStr()) {
		// Written out, because people and docker load see it.
		return name.NewTag(ref + ":" + tag.TagStr())
	}
	return tag, nil
}
