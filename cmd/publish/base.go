package publish

import (
	"context"
	"fmt"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/cranekit/cranekit/buildkit"
	"github.com/cranekit/cranekit/cmd/project"
	"github.com/cranekit/cranekit/config"
	"github.com/cranekit/cranekit/images/oci"
	"github.com/cranekit/cranekit/llb"
)

// openBase finds the base of the image.
func (p *Publication) openBase(ctx context.Context, image config.Image) (err error) {
	switch {
	case image.OCILayout != "":
		if err := buildkit.CheckLayout(image.OCILayout); err != nil {
			return project.Usage(fmt.Errorf("image.oci-layout: %w", err))
		}
		p.baseLayout = image.OCILayout
		if p.base, err = oci.OpenBase(image.OCILayout); err != nil {
			return project.Usage(err)
		}
	case !image.Scratch():
		if p.base, err = oci.PullBase(ctx, image.Base); err != nil {
			return registryError(ctx, err)
		}
	}
	return nil
}

// BaseStore is the name of the base's OCI layout in the session.
const BaseStore = "image-base"

// graphBase is what the graph is to know of the base for a platform.
func (p *Publication) graphBase(image v1.Image, platform v1.Platform) (llb.ImageBase, error) {
	base := llb.ImageBase{Platform: ocispecs.Platform{OS: platform.OS, Architecture: platform.Architecture, Variant: platform.Variant}}
	digest, err := image.Digest()
	if err != nil {
		return base, fmt.Errorf("base image %s: %w", p.base.Ref, err)
	}
	if base.Config, err = image.RawConfigFile(); err != nil {
		return base, fmt.Errorf("base image %s: %w", p.base.Ref, err)
	}
	name, _, _ := strings.Cut(p.base.Ref, "@")
	if p.baseLayout != "" {
		base.Store, name = BaseStore, "local/"+BaseStore
	}
	base.Ref = name + "@" + digest.String()
	return base, nil
}

// Stores are the OCI layouts that the graph reads of an image.
func (p *Publication) Stores() map[string]string {
	if p == nil || p.baseLayout == "" || !p.installs {
		return nil
	}
	return map[string]string{BaseStore: p.baseLayout}
}

// ImageBases are the bases of images in the graph, of checks whose platform is
// known: a builder of another platform has those that compile for it.
func (p *Publication) ImageBases() (map[string]llb.ImageBase, error) {
	if p == nil || p.base == nil {
		return nil, nil
	}
	bases := map[string]llb.ImageBase{}
	for _, c := range p.Checks {
		platform, err := p.platform(c)
		if err != nil {
			return nil, fmt.Errorf("check %s: %w", c.Name, err)
		}
		if platform.Architecture == "" {
			continue
		}
		image, err := p.base.Image(platform)
		if err != nil {
			return nil, err
		}
		if bases[c.Name], err = p.graphBase(image, platform); err != nil {
			return nil, err
		}
	}
	return bases, nil
}

// packagesAdvice is what to do when packages could not be installed on a base, by
// what the step printed, "" for what nobody knows.
func packagesAdvice(log string) string {
	switch {
	case strings.Contains(log, `exec: "/bin/sh"`), strings.Contains(log, "neither apk nor apt-get"):
		return "\n(image.packages needs a base with apt-get or apk, such as debian or alpine)"
	case strings.Contains(log, "exec format error"):
		return "\n(the builder cannot run programs of the base's platform: register QEMU on it, or take a builder of that platform)"
	}
	return ""
}
