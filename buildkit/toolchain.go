package buildkit

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/containerd/containerd/v2/core/content"
	contentlocal "github.com/containerd/containerd/v2/plugins/content/local"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/moby/buildkit/client/llb/sourceresolver"
	"github.com/moby/buildkit/exporter/containerimage/exptypes"
	gateway "github.com/moby/buildkit/frontend/gateway/client"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/cranekit/cranekit/buildkit/builder"
	"github.com/cranekit/cranekit/llb"
)

// ErrRegistry is for a registry, of images or of crates, that could not be
// reached. Trying again can help.
var ErrRegistry = errors.New("registry unreachable")

// Toolchain is where the toolchain image comes from: exactly one of Image and
// Layout, and a Dockerfile on top of Layout or by itself.
type Toolchain struct {
	// Image is an image reference.
	Image string
	// Layout is the directory of an OCI layout.
	Layout string
	// Dockerfile is the path of a Dockerfile, Args and Target what it is
	// built with.
	Dockerfile string
	Args       map[string]string
	Target     string
}

const (
	// storeID starts the names of content stores of OCI layouts in the session.
	storeID = "toolchain"
	// dockerfileMount names the local mount with the Dockerfile's directory.
	dockerfileMount = "dockerfile"
	// contextMount is the frontend's name for the same as what is copied from.
	// It has a key for another, and does not use it in COPY.
	contextMount = "context"
)

// openLayout reads the image of an OCI layout: its reference by digest, and
// its configuration. The content store is for the session, as storeID.
func openLayout(dir, storeID string) (llb.Base, content.Store, error) {
	fail := func(err error) (llb.Base, content.Store, error) {
		return llb.Base{}, nil, fmt.Errorf("reading the OCI layout %s: %w", dir, err)
	}
	if err := CheckLayout(dir); err != nil {
		return fail(err)
	}
	index, err := layout.ImageIndexFromPath(dir)
	if err != nil {
		return fail(err)
	}
	manifest, err := index.IndexManifest()
	if err != nil {
		return fail(err)
	}
	if len(manifest.Manifests) != 1 {
		return fail(fmt.Errorf("it holds %d images where one is expected", len(manifest.Manifests)))
	}
	dgst := manifest.Manifests[0].Digest
	image, err := index.Image(dgst)
	if err != nil {
		return fail(err)
	}
	config, err := image.RawConfigFile()
	if err != nil {
		return fail(err)
	}
	store, err := contentlocal.NewStore(dir)
	if err != nil {
		return fail(err)
	}
	// BuildKit wants a reference with a slash.
	return llb.Base{Ref: "local/" + storeID + "@" + dgst.String(), Store: storeID, Config: config}, store, nil
}

// resolve pins the toolchain's image by digest and reads its configuration.
func (t Toolchain) resolve(ctx context.Context, gc gateway.Client, layout llb.Base, platform ocispecs.Platform) (llb.Base, error) {
	if layout.Ref != "" && builder.Classic(gc.BuildOpts().Workers) {
		return llb.Base{}, fmt.Errorf("%w: the toolchain is an OCI layout, which an engine with Docker's classic image store cannot use\nname it in toolchain.image, turn on the engine's containerd image store, or take --builder container or embedded", builder.ErrUnfit)
	}
	if t.Dockerfile != "" {
		return t.dockerfile(ctx, gc, layout)
	}
	if t.Layout != "" {
		return layout, nil
	}
	opt := sourceresolver.Opt{LogName: "[toolchain] resolve " + t.Image, ImageOpt: &sourceresolver.ResolveImageOpt{Platform: &platform}}
	ref, dgst, config, err := gc.ResolveImageConfig(ctx, t.Image, opt)
	if err != nil {
		if ctx.Err() != nil {
			return llb.Base{}, ctx.Err()
		}
		return llb.Base{}, fmt.Errorf("%w: resolving the toolchain image %s: %w\n(name another image in toolchain.image or, where no registry can be reached, an OCI layout in toolchain.oci-layout: docs/first-workspace.md)", ErrRegistry, t.Image, err)
	}
	return llb.Base{Ref: withDigest(ref, dgst.String()), Config: config}, nil
}

func withDigest(ref, dgst string) string {
	if strings.Contains(ref, "@") {
		return ref
	}
	return ref + "@" + dgst
}

// dockerfile builds the user's Dockerfile. Its directory is the context; with
// a layout, FROM toolchain names that.
func (t Toolchain) dockerfile(ctx context.Context, gc gateway.Client, layout llb.Base) (llb.Base, error) {
	opt := map[string]string{"filename": filepath.Base(t.Dockerfile), "dockerfilekey": dockerfileMount}
	// With a command line given, the builder takes its own frontend.
	opt["cmdline"] = ownFrontend
	if layout.Ref != "" {
		// The frontend takes the id of the store from the name.
		_, dgst, _ := strings.Cut(layout.Ref, "@")
		opt["context:toolchain"] = "oci-layout://" + layout.Store + "@" + dgst
	}
	for name, value := range t.Args {
		opt["build-arg:"+name] = value
	}
	if t.Target != "" {
		opt["target"] = t.Target
	}
	res, err := gc.Solve(ctx, gateway.SolveRequest{Frontend: "dockerfile.v0", FrontendOpt: opt, Evaluate: true})
	if err != nil {
		return llb.Base{}, fmt.Errorf("building the toolchain of %s: %w", t.Dockerfile, err)
	}
	ref, err := res.SingleRef()
	if err != nil {
		return llb.Base{}, fmt.Errorf("building the toolchain of %s: %w", t.Dockerfile, err)
	}
	st, err := ref.ToState()
	if err != nil {
		return llb.Base{}, err
	}
	def, err := st.Marshal(ctx)
	if err != nil {
		return llb.Base{}, err
	}
	config := res.Metadata[exptypes.ExporterImageConfigKey]
	return llb.Base{Ref: t.Dockerfile, Definition: def.ToPB(), Config: config}, nil
}

// Offline is what can be said of a toolchain without a builder: all of an OCI
// layout, no more than the name of an image or a Dockerfile.
func Offline(t Toolchain) (llb.Base, ocispecs.Platform, error) {
	platform := ocispecs.Platform{OS: "linux", Architecture: runtime.GOARCH}
	switch {
	case t.Dockerfile != "":
		return llb.Base{Ref: t.Dockerfile}, platform, t.check()
	case t.Layout != "":
		base, _, err := openLayout(t.Layout, storeID)
		return base, platform, err
	default:
		return llb.Base{Ref: t.Image}, platform, nil
	}
}
