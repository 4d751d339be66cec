package publish

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"

	"github.com/cranekit/cranekit/buildkit"
	"github.com/cranekit/cranekit/buildkit/builder"
	"github.com/cranekit/cranekit/buildkit/engine"
	"github.com/cranekit/cranekit/cmd/project"
	"github.com/cranekit/cranekit/cmd/report"
	"github.com/cranekit/cranekit/images/oci"
)

// send brings an image to all places that were asked for. The first that
// fails is the last; the summary has those before.
func (p *Publication) send(ctx context.Context, image oci.Published, parts []oci.Part, s *report.Summary) error {
	digest, err := image.Digest()
	if err != nil {
		return err
	}
	record := report.Image{Digest: digest.String()}
	for _, part := range parts {
		record.Platforms = append(record.Platforms, part.Platform.String())
	}
	if p.base != nil {
		record.Base = p.base.Ref
	}
	add := func(kind, ref, told string) {
		record.Kind, record.Ref = kind, ref
		s.Images = append(s.Images, record)
		p.Told = append(p.Told, told)
	}
	if p.Layout != "" {
		if err := oci.WriteLayout(p.Layout, image); err != nil {
			return err
		}
		add("oci", p.Layout, fmt.Sprintf("wrote the OCI layout %s, %s", project.ShortPath(p.Layout), digest))
	}
	if p.Load != "" {
		tag, told, err := p.loadInto(ctx, parts)
		if err != nil {
			return err
		}
		add("load", tag.String(), told)
	}
	for _, tag := range p.tags {
		at, err := oci.Push(ctx, tag, image)
		if err != nil {
			return registryError(ctx, err)
		}
		add("push", tag.String(), fmt.Sprintf("pushed %s@%s", tag, digest))
		if p.signer == nil {
			continue
		}
		if err := p.signer.Sign(ctx, at); err != nil {
			return registryError(ctx, err)
		}
		p.Told = append(p.Told, "signed "+at.String())
	}
	return nil
}

// wordName is a name for an image without registry, directory and tag.
var wordName = regexp.MustCompile(`^[a-z0-9]+([._-]+[a-z0-9]+)*$`)

// loadTag is what the image is called in the Docker engine. The name of a program
// comes out of a container: it must not be a reference that others use, such as
// that of a toolchain.
func (p *Publication) loadTag() (name.Tag, error) {
	if p.Load != LoadByName {
		return oci.Tag(p.Load)
	}
	title := strings.ToLower(p.title)
	if !wordName.MatchString(title) {
		return name.Tag{}, fmt.Errorf("%q is not a plain name for an image", p.title)
	}
	return oci.Tag(title)
}

// loadInto loads the image for the engine's own platform.
func (p *Publication) loadInto(ctx context.Context, parts []oci.Part) (tag name.Tag, told string, err error) {
	if tag, err = p.loadTag(); err != nil {
		return tag, "", fmt.Errorf("--load: %w (give it a name: --load=NAME)", err)
	}
	e, err := engine.Open(p.context, os.Getenv)
	if err != nil {
		return tag, "", project.Usage(fmt.Errorf("--load: %w", err))
	}
	defer e.Close()
	system, arch, err := e.Platform(ctx)
	if err != nil {
		return tag, "", fmt.Errorf("%w: the Docker engine at %s: %w", builder.ErrUnreachable, e.Host(), err)
	}
	part, ok := oci.For(parts, v1.Platform{OS: system, Architecture: arch})
	if !ok {
		return tag, "", fmt.Errorf("--load: the Docker engine is for %s/%s, and the image has no such platform", system, arch)
	}
	if p.Load == LoadByName {
		maker, err := e.Maker(ctx, tag.String())
		if err != nil {
			return tag, "", err
		}
		if maker != "" && maker != oci.CreatedBy {
			return tag, "", project.Usage(fmt.Errorf("--load: the Docker engine has an image %s that cranekit has not made (give it a name: --load=NAME)", tag))
		}
	}
	reader, writer := io.Pipe()
	go func() { writer.CloseWithError(oci.WriteTarball(writer, tag, part.Image)) }()
	err = errors.Join(e.Load(ctx, reader), reader.Close())
	return tag, fmt.Sprintf("loaded %s into the Docker engine at %s", tag, e.Host()), err
}

// registryError marks the error of a registry that could not be reached, or
// says what to do when it refuses.
func registryError(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if answer, ok := errors.AsType[*transport.Error](err); ok {
		switch code := answer.StatusCode; {
		case code == http.StatusUnauthorized || code == http.StatusForbidden:
			return fmt.Errorf("%w; cranekit login stores credentials", err)
		case code >= 500 || code == http.StatusTooManyRequests || code == http.StatusRequestTimeout:
			return fmt.Errorf("%w: %w", buildkit.ErrRegistry, err)
		}
		return err
	}
	var request *url.Error
	var network net.Error
	if errors.As(err, &request) || errors.As(err, &network) || errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("%w: %w", buildkit.ErrRegistry, err)
	}
	return err
}
