// Package buildkit runs graphs on BuildKit: builders, sessions, one build per
// run, and what comes out of it. It does not know what a check means.
package buildkit

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/containerd/containerd/v2/core/content"
	"github.com/containerd/platforms"
	"github.com/docker/cli/cli/config"
	"github.com/moby/buildkit/client"
	gateway "github.com/moby/buildkit/frontend/gateway/client"
	"github.com/moby/buildkit/session"
	"github.com/moby/buildkit/session/auth/authprovider"
	"github.com/moby/buildkit/session/secrets/secretsprovider"
	"github.com/moby/buildkit/session/sshforward/sshprovider"
	"github.com/moby/buildkit/solver/pb"
	digest "github.com/opencontainers/go-digest"
	"github.com/tonistiigi/fsutil"

	"github.com/cranekit/cranekit/llb"
)

// Run solves the checks of a graph on a builder. A red or broken check is a
// [Result]; the error is for a run that could not be done or was interrupted,
// and the report then holds what is known.
func Run(ctx context.Context, b Builder, req Request) (*Report, error) {
	r := &run{req: req, collector: newCollector(), results: map[string]Result{}, id: rand.Text()}
	r.digests, r.defs = map[string]digest.Digest{}, map[string]*pb.Definition{}
	r.images = map[string]string{}
	r.caches, r.records = newCaches(req.Caches), map[string]string{}
	err := r.build(ctx, b)
	return r.report(), err
}

// run is the state of one [Run].
type run struct {
	req       Request
	client    *client.Client
	options   *client.SolveOpt
	collector *collector
	id        string
	layouts   map[string]llb.Base

	graph   *llb.Graph
	defs    map[string]*pb.Definition
	digests map[string]digest.Digest
	image   string
	images  map[string]string

	caches  []*cacheState
	records map[string]string
	exports *exports
	// prepared says that graph and digests change no more.
	prepared atomic.Bool
	// distrusted says that a layer of a cache could not be used.
	distrusted atomic.Bool
	// importers are the checks that import from caches. Exports, which may hang
	// as long as their cache does, are not waited for.
	importers sync.RWMutex

	// red says that Done called a check so.
	red atomic.Bool

	mu      sync.Mutex
	results map[string]Result
	after   []Result
}

func (r *run) build(ctx context.Context, b Builder) (err error) {
	if r.req.Events != nil {
		defer close(r.req.Events)
	}
	// What is wrong with the files is said before a builder is started.
	if r.options, err = r.session(); err != nil {
		return err
	}
	if r.client, err = b.Client(ctx); err != nil {
		return err
	}
	defer r.client.Close()
	r.exports = newExports(ctx)
	defer r.exports.wait()
	var failed error
	err = r.solve(ctx, nil, func(ctx context.Context, gc gateway.Client) error {
		failed = r.prepare(ctx, gc)
		return failed
	})
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case failed != nil:
		return failed
	case err != nil:
		return lost(b, err)
	}
	r.prepared.Store(true)
	r.probe(ctx)
	r.checks(ctx)
	r.afterwards(ctx)
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	r.saveRest(r.results)
	return nil
}

// solve is one build on the builder. Every check has one of its own: a
// gateway that sees two processes fail on a common input answers the second
// with "releasing already released reference" (BuildKit 0.34). Vertices that
// builds have in common run once all the same.
func (r *run) solve(ctx context.Context, imports []gateway.CacheOptionsEntry, f func(context.Context, gateway.Client) error) error {
	opt := r.solveOpt(imports)
	events, forwarded := make(chan *client.SolveStatus), make(chan struct{})
	go func() {
		defer close(forwarded)
		for status := range events {
			r.collector.add(status, events, r.req.Events)
			r.saveStages(status)
		}
	}()
	_, err := r.client.Build(ctx, opt, "cranekit", func(ctx context.Context, gc gateway.Client) (*gateway.Result, error) {
		return gateway.NewResult(), f(ctx, gc)
	}, events)
	<-forwarded
	return err
}

// session is what the builder may ask of this process: local files, secrets,
// registry credentials.
func (r *run) session() (*client.SolveOpt, error) {
	opt := &client.SolveOpt{
		LocalMounts: map[string]fsutil.FS{},
		OCIStores:   map[string]content.Store{},
		SharedKey:   sharedKey(r.req.Tree.Root),
	}
	r.layouts = map[string]llb.Base{}
	for id, t := range r.req.Toolchains {
		if err := r.offer(opt, id, t); err != nil {
			return nil, err
		}
	}
	for _, source := range r.req.Sources {
		files, err := r.req.Tree.FS(source.Match)
		if err != nil {
			return nil, fmt.Errorf("reading the source: %w", err)
		}
		opt.LocalMounts[source.Name] = files
	}
	opt.Session = []session.Attachable{
		secretsprovider.FromMap(r.req.Secrets),
		authprovider.NewDockerAuthProvider(authprovider.DockerAuthProviderConfig{
			AuthConfigProvider: authprovider.LoadAuthConfig(config.LoadDefaultConfigFile(os.Stderr)),
		}),
	}
	if r.req.SSH {
		agent, err := sshprovider.NewSSHAgentProvider([]sshprovider.AgentConfig{{ID: "default"}})
		if err != nil {
			return nil, fmt.Errorf("fetch.ssh: %w (start an agent, and ssh-add the key)", err)
		}
		opt.Session = append(opt.Session, agent)
	}
	return opt, nil
}

// offer gives the files of a toolchain to the session.
func (r *run) offer(opt *client.SolveOpt, id string, t Toolchain) error {
	if err := t.check(); err != nil {
		return err
	}
	if t.Layout != "" {
		name := storeID + id
		base, store, err := openLayout(t.Layout, name)
		if err != nil {
			return err
		}
		r.layouts[id], opt.OCIStores[name] = base, store
	}
	if t.Dockerfile != "" {
		dir, err := fsutil.NewFS(filepath.Dir(t.Dockerfile))
		if err != nil {
			return err
		}
		opt.LocalMounts[dockerfileMount] = dir
	}
	return nil
}

// sharedKey lets the builder keep the files of a checkout between runs and
// receive differences only.
func sharedKey(root string) string {
	host, _ := os.Hostname()
	machine, _ := os.ReadFile("/etc/machine-id")
	sum := sha256.Sum256(fmt.Appendf(nil, "%s\x00%s\x00%s", host, machine, root))
	return hex.EncodeToString(sum[:])
}

// prepare makes the graph and its definitions. The digests are how events and
// errors name the nodes.
func (r *run) prepare(ctx context.Context, gc gateway.Client) error {
	platform := platforms.DefaultSpec()
	if workers := gc.BuildOpts().Workers; len(workers) > 0 && len(workers[0].Platforms) > 0 {
		platform = workers[0].Platforms[0]
	}
	bases := map[string]llb.Base{}
	for _, id := range slices.Sorted(maps.Keys(r.req.Toolchains)) {
		base, err := r.req.Toolchains[id].resolve(ctx, gc, r.layouts[id], platform)
		if err != nil {
			return err
		}
		bases[id], r.images[id] = base, base.Ref
		if r.image == "" {
			r.image = base.Ref
		}
	}
	graph, err := r.req.Plan(bases, platform)
	if err != nil {
		return err
	}
	caps := gc.BuildOpts().LLBCaps
	for _, n := range graph.Closure(slices.Concat(r.req.Checks, r.req.Afterwards)...) {
		def, err := graph.Marshal(ctx, n, r.id, &caps)
		if err != nil {
			return err
		}
		if r.digests[n.Name], err = def.Head(); err != nil {
			return fmt.Errorf("reading the definition of %s: %w", n.Name, err)
		}
		r.defs[n.Name] = def.ToPB()
		if err := r.nameRecord(ctx, graph, n); err != nil {
			return err
		}
	}
	r.graph = graph
	return nil
}

// checks runs the checks side by side. A failed one stops no other.
func (r *run) checks(ctx context.Context) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	jobs := make(chan struct{}, max(r.req.Jobs, 0))
	var wg sync.WaitGroup
	for _, name := range r.req.Checks {
		wg.Go(func() {
			if r.req.Jobs > 0 {
				jobs <- struct{}{}
				defer func() { <-jobs }()
			}
			n := r.graph.Node(name)
			result := r.check(ctx, n)
			if r.done(result) && r.req.FailFast {
				cancel(errFailFast)
			}
		})
	}
	wg.Wait()
	r.saveChecks()
}

var errFailFast = errors.New("another check failed")

func (r *run) done(result Result) (red bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.results[result.Name] = result
	red = result.Status != StatusPassed
	if r.req.Done != nil {
		red = r.req.Done(result)
	}
	if red {
		r.red.Store(true)
	}
	return red
}
