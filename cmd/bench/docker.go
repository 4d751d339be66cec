package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"github.com/containerd/containerd/v2/core/content"
	contentlocal "github.com/containerd/containerd/v2/plugins/content/local"
	"github.com/moby/buildkit/client"
	"github.com/moby/buildkit/session"
	"github.com/moby/buildkit/session/secrets/secretsprovider"
	"github.com/tonistiigi/fsutil"

	"github.com/cranekit/cranekit/llb"
)

// dockerCommand is the hidden command by which the benchmark starts itself for
// a [dockerBuild].
const dockerCommand = "docker-build"

// dockerBuild is one build of a Dockerfile by BuildKit's own frontend, as by
// docker build.
type dockerBuild struct {
	// Address is that of the builder.
	Address string
	// Context and Dockerfile are directories, Target is a stage.
	Context, Dockerfile, Target string
	// Digest is that of the image in Layout, which FROM toolchain means.
	Digest, Layout string
	// Tools is the directory that COPY --from=tools means.
	Tools string
	// CA is a file of certificate authorities, "" for none.
	CA string
	// Output is the directory for what the target holds.
	Output string
	// Caches are read, and written if they are marked so.
	Caches []dockerCache
}

// dockerCache is a cache image in a registry.
type dockerCache struct {
	Ref   string
	Write bool
}

func dockerMain(ctx context.Context, order string) error {
	var d dockerBuild
	if err := json.Unmarshal([]byte(order), &d); err != nil {
		return fmt.Errorf("reading the order of a build: %w", err)
	}
	return d.run(ctx)
}

func (d dockerBuild) run(ctx context.Context) error {
	c, err := client.New(ctx, d.Address)
	if err != nil {
		return err
	}
	defer c.Close()
	opt, err := d.options()
	if err != nil {
		return err
	}
	events, printed := make(chan *client.SolveStatus), make(chan error, 1)
	go func() { printed <- writeLogs(os.Stdout, events) }()
	_, err = c.Solve(ctx, nil, *opt, events)
	return errors.Join(err, <-printed)
}

func (d dockerBuild) options() (*client.SolveOpt, error) {
	store, err := contentlocal.NewStore(d.Layout)
	if err != nil {
		return nil, err
	}
	secrets := map[string][]byte{}
	if d.CA != "" {
		if secrets[llb.SecretCA], err = os.ReadFile(d.CA); err != nil {
			return nil, err
		}
	}
	mounts := map[string]fsutil.FS{}
	for name, dir := range map[string]string{"context": d.Context, "dockerfile": d.Dockerfile, "tools": d.Tools} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return nil, err
		}
		if mounts[name], err = fsutil.NewFS(dir); err != nil {
			return nil, err
		}
	}
	var from, to []client.CacheOptionsEntry
	for _, c := range d.Caches {
		from = append(from, client.CacheOptionsEntry{Type: "registry", Attrs: map[string]string{"ref": c.Ref}})
		if c.Write {
			to = append(to, client.CacheOptionsEntry{Type: "registry", Attrs: map[string]string{"ref": c.Ref, "mode": "max"}})
		}
	}
	return &client.SolveOpt{
		CacheImports: from, CacheExports: to,
		Frontend: "dockerfile.v0",
		FrontendAttrs: map[string]string{
			"target":            d.Target,
			"context:toolchain": "oci-layout://" + layoutStore + "@" + d.Digest,
			"context:tools":     "local:tools",
		},
		LocalMounts: mounts,
		OCIStores:   map[string]content.Store{layoutStore: store},
		SharedKey:   d.Context,
		Session:     []session.Attachable{secretsprovider.FromMap(secrets)},
		Exports:     []client.ExportEntry{{Type: client.ExporterLocal, OutputDir: d.Output}},
	}, nil
}
