package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/containerd/containerd/v2/core/content"
	contentlocal "github.com/containerd/containerd/v2/plugins/content/local"
	"github.com/containerd/platforms"
	"github.com/moby/buildkit/client"
	bk "github.com/moby/buildkit/client/llb"
	gateway "github.com/moby/buildkit/frontend/gateway/client"
	"github.com/moby/buildkit/session"
	"github.com/moby/buildkit/session/secrets/secretsprovider"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
	"github.com/tonistiigi/fsutil"

	"github.com/cranekit/cranekit/buildkit"
	"github.com/cranekit/cranekit/config"
	"github.com/cranekit/cranekit/llb"
)

const (
	tarpaulin     = "cargo-tarpaulin"
	tarpaulinNode = "tool " + tarpaulin
)

// sourceMount names the copy of the workspace in sessions.
const sourceMount = "workspace"

// scene is cranekit's own graph of the workspace, seen from within a build: the
// peers take their commands, CARGO_HOME and tools from it, so that both sides
// do the same work with the same input.
type scene struct {
	gc       gateway.Client
	graph    *llb.Graph
	base     llb.Base
	platform ocispecs.Platform
}

func (b *bench) config(set ...string) (*config.Config, error) {
	return config.Load(config.Options{
		Dir: b.tree, Environ: b.environ(), Set: slices.Concat(b.set, set),
		Kinds: llb.Kinds(), DefaultChecks: llb.DefaultChecks(),
	})
}

// graph makes the graph as cranekit itself does.
func (b *bench) graph(platform ocispecs.Platform, set ...string) (*llb.Graph, llb.Base, error) {
	cfg, err := b.config(set...)
	if err != nil {
		return nil, llb.Base{}, err
	}
	base, _, err := buildkit.Offline(buildkit.Toolchain{Layout: b.image})
	if err != nil {
		return nil, llb.Base{}, err
	}
	g, err := graphOf(cfg, b.tree, base, platform)
	return g, base, err
}

// nodes are the checks that are measured.
func (b *bench) nodes(g *llb.Graph) ([]*llb.Node, error) {
	var nodes []*llb.Node
	for _, name := range b.checks {
		n := g.Node(name)
		if n == nil || n.Role != llb.RoleCheck {
			return nil, fmt.Errorf("the workspace has no check %q", name)
		}
		nodes = append(nodes, n)
	}
	return nodes, nil
}

// covers reports whether coverage is among the checks.
func (b *bench) covers(g *llb.Graph) bool {
	return slices.ContainsFunc(g.Closure(b.checks...), func(n *llb.Node) bool { return n.Name == tarpaulinNode })
}

// secrets are what vertices with network need on this machine.
func (b *bench) secrets() (map[string][]byte, error) {
	cfg, err := b.config()
	if err != nil || cfg.Network.CA == "" {
		return nil, err
	}
	data, err := os.ReadFile(cfg.Network.CA)
	if err != nil {
		return nil, fmt.Errorf("network.ca: %w", err)
	}
	return map[string][]byte{llb.SecretCA: data}, nil
}

// build runs f in a build with the files that the graph's vertices ask for.
// The logs of vertices go to w.
func (b *bench) build(ctx context.Context, w io.Writer, set []string, f func(context.Context, scene) (*gateway.Result, error), exports ...client.ExportEntry) error {
	store, err := contentlocal.NewStore(b.image)
	if err != nil {
		return err
	}
	source, err := fsutil.NewFS(b.tree)
	if err != nil {
		return err
	}
	secrets, err := b.secrets()
	if err != nil {
		return err
	}
	events, printed := make(chan *client.SolveStatus), make(chan error, 1)
	go func() { printed <- writeLogs(w, events) }()
	_, err = b.client.Build(ctx, client.SolveOpt{
		FrontendAttrs: map[string]string{},
		LocalMounts:   map[string]fsutil.FS{sourceMount: source},
		OCIStores:     map[string]content.Store{layoutStore: store},
		Session:       []session.Attachable{secretsprovider.FromMap(secrets)},
		Exports:       exports,
	}, "bench", func(ctx context.Context, gc gateway.Client) (*gateway.Result, error) {
		s := scene{gc: gc, platform: platforms.DefaultSpec()}
		if workers := gc.BuildOpts().Workers; len(workers) > 0 && len(workers[0].Platforms) > 0 {
			s.platform = workers[0].Platforms[0]
		}
		if s.graph, s.base, err = b.graph(s.platform, set...); err != nil {
			return nil, err
		}
		return f(ctx, s)
	}, events)
	return errors.Join(err, <-printed)
}

// layoutStore is the id under which graph and Dockerfile know the store of the
// toolchain's layout.
const layoutStore = "toolchain"

// state is the result of a node of the graph.
func (s scene) state(ctx context.Context, n *llb.Node) (bk.State, error) {
	caps := s.gc.BuildOpts().LLBCaps
	def, err := s.graph.Marshal(ctx, n, "bench", &caps)
	if err != nil {
		return bk.State{}, err
	}
	op, err := bk.NewDefinitionOp(def.ToPB())
	if err != nil {
		return bk.State{}, err
	}
	return bk.NewState(op), nil
}

// root is the toolchain with all that the configuration adds to the image.
func (s scene) root(ctx context.Context) (bk.State, error) {
	var last *llb.Node
	for _, n := range s.graph.Nodes {
		if n.Role == llb.RoleToolchain {
			last = n
		}
	}
	st, err := s.state(ctx, last)
	if err != nil {
		return bk.State{}, err
	}
	return st.WithImageConfig(s.base.Config)
}

func (s scene) solve(ctx context.Context, st bk.State) (*gateway.Result, error) {
	def, err := st.Marshal(ctx, bk.Platform(s.platform), bk.WithCaps(s.gc.BuildOpts().LLBCaps))
	if err != nil {
		return nil, err
	}
	return s.gc.Solve(ctx, gateway.SolveRequest{Definition: def.ToPB(), Evaluate: true})
}

// fetch downloads the workspace's dependencies under these settings. The next
// cranekit with the same settings finds them, as does a vertex of this
// benchmark that mounts them.
func (b *bench) fetch(ctx context.Context, set ...string) error {
	return b.build(ctx, io.Discard, set, func(ctx context.Context, s scene) (*gateway.Result, error) {
		home, err := s.state(ctx, s.graph.Node(llb.NodeFetch))
		if err != nil {
			return nil, err
		}
		_, err = s.solve(ctx, home)
		return gateway.NewResult(), err
	})
}

// prepare compiles the tool for coverage, if there is one, and exports it for
// the Dockerfile.
func (b *bench) prepare(ctx context.Context) error {
	b.say("preparing image and tools, which takes minutes the first time")
	g, _, err := b.graph(platforms.DefaultSpec())
	if err != nil || !b.covers(g) {
		return err
	}
	export := client.ExportEntry{Type: client.ExporterLocal, OutputDir: b.file("tools")}
	return b.build(ctx, io.Discard, nil, func(ctx context.Context, s scene) (*gateway.Result, error) {
		tool, err := s.state(ctx, s.graph.Node(tarpaulinNode))
		if err != nil {
			return nil, err
		}
		return s.solve(ctx, tool)
	}, export)
}

// compiler is the version of rustc in the toolchain.
func (b *bench) compiler(ctx context.Context) (string, error) {
	var version []byte
	err := b.build(ctx, io.Discard, nil, func(ctx context.Context, s scene) (*gateway.Result, error) {
		root, err := s.root(ctx)
		if err != nil {
			return nil, err
		}
		st := root.Run(bk.Shlex(`sh -c "rustc --version >/out/version"`), bk.Network(bk.NetModeNone)).AddMount("/out", bk.Scratch())
		res, err := s.solve(ctx, st)
		if err != nil {
			return nil, err
		}
		ref, err := res.SingleRef()
		if err != nil {
			return nil, err
		}
		version, err = ref.ReadFile(ctx, gateway.ReadRequest{Filename: "version"})
		return gateway.NewResult(), err
	})
	short, _, _ := strings.Cut(string(version), " (")
	return strings.TrimSpace(short), err
}
