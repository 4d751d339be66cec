package buildkit

import (
	"context"
	"fmt"

	"github.com/containerd/containerd/v2/core/content"
	contentlocal "github.com/containerd/containerd/v2/plugins/content/local"
	"github.com/docker/cli/cli/config/configfile"
	"github.com/moby/buildkit/client"
	"github.com/moby/buildkit/session"
	"github.com/moby/buildkit/session/auth/authprovider"
	"github.com/moby/buildkit/session/secrets/secretsprovider"
	"github.com/moby/buildkit/session/sshforward/sshprovider"
	"github.com/tonistiigi/fsutil"

	"github.com/cranekit/cranekit/buildkit/sanitize"
	"github.com/cranekit/cranekit/buildkit/source"
	"github.com/cranekit/cranekit/llb"
)

// Inputs are what a builder may ask of this process in a run.
type Inputs struct {
	// Toolchains are those of the checks, by the ids of [llb.ToolchainID].
	// At most one has a Dockerfile.
	Toolchains map[string]Toolchain
	// Stores are the directories of OCI layouts that the graph reads besides, by
	// the names of their content stores.
	Stores map[string]string
	Tree   *source.Tree
	// Sources are the parts of Tree that the checks mount.
	Sources []llb.Source
	// Secrets are handed to the vertices that ask for them, by id.
	Secrets map[string][]byte
	// Mask covers secrets in all that comes from the builder; nil covers nothing.
	Mask *sanitize.Mask
	// Insecure asks the builder for its entitlement security.insecure: a check
	// has no sandbox.
	Insecure bool
	// Docker is the configuration of docker, which has the credentials of
	// registries; nil for none.
	Docker *configfile.ConfigFile
	// SSH offers the agent of SSH_AUTH_SOCK.
	SSH bool
}

// offer makes options of a build of the inputs: local files, secrets,
// credentials. The images of OCI layouts are by the ids of their toolchains.
func (in Inputs) offer(ctx context.Context) (opt *client.SolveOpt, layouts map[string]llb.Base, err error) {
	opt = &client.SolveOpt{
		LocalMounts: map[string]fsutil.FS{},
		OCIStores:   map[string]content.Store{},
	}
	layouts = map[string]llb.Base{}
	for id, t := range in.Toolchains {
		base, err := t.offer(ctx, opt, id)
		if err != nil {
			return nil, nil, err
		}
		if base.Ref != "" {
			layouts[id] = base
		}
	}
	for name, dir := range in.Stores {
		if opt.OCIStores[name], err = contentlocal.NewStore(dir); err != nil {
			return nil, nil, fmt.Errorf("reading the OCI layout %s: %w", dir, err)
		}
	}
	for _, part := range in.Sources {
		files, err := in.Tree.FS(part.Match)
		if err != nil {
			return nil, nil, fmt.Errorf("reading the source: %w", err)
		}
		opt.LocalMounts[part.Name] = files
	}
	in.share(opt)
	opt.Session = []session.Attachable{secretsprovider.FromMap(in.Secrets), in.registries()}
	if in.SSH {
		agent, err := sshprovider.NewSSHAgentProvider([]sshprovider.AgentConfig{{ID: "default"}})
		if err != nil {
			return nil, nil, fmt.Errorf("fetch.ssh: %w (start an agent, and ssh-add the key)", err)
		}
		opt.Session = append(opt.Session, agent)
	}
	return opt, layouts, nil
}

// registries gives credentials of registries.
func (in Inputs) registries() session.Attachable {
	docker := in.Docker
	if docker == nil {
		docker = configfile.New("")
	}
	return authprovider.NewDockerAuthProvider(authprovider.DockerAuthProviderConfig{
		AuthConfigProvider: authprovider.LoadAuthConfig(docker),
	})
}

// offer gives the files of a toolchain to the options of a build. The image is
// that of its layout, if it has one.
func (t Toolchain) offer(ctx context.Context, opt *client.SolveOpt, id string) (base llb.Base, err error) {
	if err := t.check(); err != nil {
		return llb.Base{}, err
	}
	if t.Layout != "" {
		name := storeID + id
		var store content.Store
		if base, store, err = openLayout(t.Layout, name); err != nil {
			return llb.Base{}, err
		}
		opt.OCIStores[name] = store
	}
	if t.Dockerfile != "" {
		files, err := source.DockerfileContext(ctx, t.Dockerfile)
		if err != nil {
			return llb.Base{}, err
		}
		opt.LocalMounts[dockerfileMount], opt.LocalMounts[contextMount] = files, files
	}
	return base, nil
}
