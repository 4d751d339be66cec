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
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/containerd/containerd/v2/core/content"
	"github.com/containerd/platforms"
	"github.com/docker/cli/cli/config"
	"github.com/moby/buildkit/client"
	gateway "github.com/moby/buildkit/frontend/gateway/client"
	"github.com/moby/buildkit/session"
	"github.com/moby/buildkit/session/auth/authprovider"
	"github.com/moby/buildkit/session/secrets/secretsprovider"
	digest "github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
	"github.com/tonistiigi/fsutil"

	"github.com/cranekit/cranekit/llb"
)

// Request is one run of some checks of a graph.
type Request struct {
	Toolchain Toolchain
	// Plan makes the graph once the toolchain's image is known.
	Plan func(base llb.Base, platform ocispecs.Platform) (*llb.Graph, error)
	// Checks are the names of the nodes to run.
	Checks []string
	Tree   *Tree
	// Sources are the parts of Tree that the checks mount.
	Sources []llb.Source
	// Secrets are handed to the vertices that ask for them, by id.
	Secrets map[string][]byte
	// Output is the directory that receives a directory per check.
	Output string
	// Jobs is how many checks run at once, 0 for all.
	Jobs int
	// FailFast cancels the other checks when Done calls one red.
	FailFast bool
	// Events receives BuildKit's events in order; it may be nil. The run
	// closes it.
	Events chan<- *client.SolveStatus
	// Done is called once per check, one call at a time, and says whether
	// the result is red.
	Done func(Result) (red bool)
}

// Status is how a check ended.
type Status string

// The ways in which a check can end.
const (
	StatusPassed   Status = "passed"
	StatusFailed   Status = "failed"
	StatusError    Status = "error"
	StatusSkipped  Status = "skipped"
	StatusCanceled Status = "canceled"
)

// Result is the end of one check.
type Result struct {
	Name   string
	Status Status
	// Cached says that the builder had the result already.
	Cached bool
	// Took is the time that the check's own vertex ran.
	Took time.Duration
	// ExitCode is that of the check's command, 0 when it did not fail.
	ExitCode int
	// Dir holds what the check wrote to /out, "" when nothing came out.
	Dir string
	// Err says why a check with StatusError could not be run.
	Err error
	// Log is the end of the log of the vertex that failed.
	Log []byte
}

// NodeFact says what a run did with a node of the graph.
type NodeFact struct {
	Name   string
	Role   llb.Role
	Cached bool
	Took   time.Duration
}

// Report is what a run did.
type Report struct {
	Results []Result
	// Nodes are the facts of the nodes that the checks needed, in graph order.
	Nodes []NodeFact
	// Image is the toolchain's image with its digest.
	Image string
}

// Run solves the checks of a graph on a builder. A red or broken check is a
// [Result]; the error is for a run that could not be done or was interrupted,
// and the report then holds what is known.
func Run(ctx context.Context, b Builder, req Request) (*Report, error) {
	r := &run{req: req, collector: newCollector(), results: map[string]Result{}, digests: map[string]digest.Digest{}, id: rand.Text()}
	err := r.build(ctx, b)
	return r.report(), err
}

// run is the state of one [Run].
type run struct {
	req       Request
	collector *collector
	id        string
	layout    llb.Base

	graph   *llb.Graph
	digests map[string]digest.Digest
	image   string

	mu      sync.Mutex
	results map[string]Result
}

func (r *run) build(ctx context.Context, b Builder) error {
	events := make(chan *client.SolveStatus)
	forwarded := make(chan struct{})
	go r.forward(events, forwarded)
	opt, err := r.options()
	var c *client.Client
	if err == nil {
		c, err = b.Client(ctx)
	}
	if err != nil {
		close(events)
		<-forwarded
		return err
	}
	defer c.Close()
	var failed error
	_, err = c.Build(ctx, *opt, "cranekit", func(ctx context.Context, gc gateway.Client) (*gateway.Result, error) {
		failed = r.solve(ctx, gc)
		return gateway.NewResult(), failed
	}, events)
	<-forwarded
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case failed != nil:
		return failed
	case err != nil:
		return lost(b, err)
	}
	return nil
}

// forward feeds the collector and passes events on.
func (r *run) forward(events <-chan *client.SolveStatus, done chan<- struct{}) {
	defer close(done)
	for status := range events {
		r.collector.add(status)
		if r.req.Events != nil {
			r.req.Events <- status
		}
	}
	if r.req.Events != nil {
		close(r.req.Events)
	}
}

// options is the session: local files, secrets, registry credentials.
func (r *run) options() (*client.SolveOpt, error) {
	opt := &client.SolveOpt{
		// Build panics when these are nil and a cache is imported.
		FrontendAttrs: map[string]string{},
		LocalMounts:   map[string]fsutil.FS{},
		OCIStores:     map[string]content.Store{},
		SharedKey:     sharedKey(r.req.Tree.Root),
	}
	if err := r.req.Toolchain.check(); err != nil {
		return nil, err
	}
	if dir := r.req.Toolchain.Layout; dir != "" {
		base, store, err := openLayout(dir)
		if err != nil {
			return nil, err
		}
		r.layout = base
		opt.OCIStores[storeID] = store
	}
	if file := r.req.Toolchain.Dockerfile; file != "" {
		dir, err := fsutil.NewFS(filepath.Dir(file))
		if err != nil {
			return nil, err
		}
		opt.LocalMounts[dockerfileMount] = dir
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
	return opt, nil
}

// sharedKey lets the builder keep the files of a checkout between runs and
// receive differences only.
func sharedKey(root string) string {
	host, _ := os.Hostname()
	machine, _ := os.ReadFile("/etc/machine-id")
	sum := sha256.Sum256(fmt.Appendf(nil, "%s\x00%s\x00%s", host, machine, root))
	return hex.EncodeToString(sum[:])
}

// solve makes the graph and runs the checks. It returns an error only when
// the graph could not be made: a failed check must not end the build.
func (r *run) solve(ctx context.Context, gc gateway.Client) error {
	platform := platforms.DefaultSpec()
	if workers := gc.BuildOpts().Workers; len(workers) > 0 && len(workers[0].Platforms) > 0 {
		platform = workers[0].Platforms[0]
	}
	base, err := r.req.Toolchain.resolve(ctx, gc, r.layout, platform)
	if err != nil {
		return err
	}
	graph, err := r.req.Plan(base, platform)
	if err != nil {
		return err
	}
	defs, err := r.definitions(ctx, gc, graph)
	if err != nil {
		return err
	}
	r.mu.Lock()
	r.graph, r.image = graph, base.Ref
	r.mu.Unlock()

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
			result := r.checkOne(ctx, gc, graph.Node(name), defs[name])
			if r.done(result) && r.req.FailFast {
				cancel(errFailFast)
			}
		})
	}
	wg.Wait()
	return nil
}

var errFailFast = errors.New("another check failed")

// definitions marshals the checks and what they need. The digests are how
// events and errors name the nodes.
func (r *run) definitions(ctx context.Context, gc gateway.Client, graph *llb.Graph) (map[string]*pbDefinition, error) {
	caps := gc.BuildOpts().LLBCaps
	defs := map[string]*pbDefinition{}
	for _, n := range graph.Closure(r.req.Checks...) {
		def, err := graph.Marshal(ctx, n, r.id, &caps)
		if err != nil {
			return nil, err
		}
		dgst, err := def.Head()
		if err != nil {
			return nil, fmt.Errorf("reading the definition of %s: %w", n.Name, err)
		}
		r.digests[n.Name] = dgst
		defs[n.Name] = def.ToPB()
	}
	return defs, nil
}

func (r *run) done(result Result) (red bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.results[result.Name] = result
	if r.req.Done == nil {
		return result.Status != StatusPassed
	}
	return r.req.Done(result)
}

func (r *run) report() *Report {
	r.mu.Lock()
	defer r.mu.Unlock()
	report := &Report{Image: r.image}
	for _, name := range r.req.Checks {
		result, ok := r.results[name]
		if !ok {
			result = Result{Name: name, Status: StatusCanceled}
		}
		report.Results = append(report.Results, result)
	}
	if r.graph == nil {
		return report
	}
	report.Nodes = r.facts(r.graph.Closure(r.req.Checks...))
	return report
}

// facts are about the nodes that the run got to. A node that says nothing of
// itself was cached when one that needs it has a result.
func (r *run) facts(nodes []*llb.Node) []NodeFact {
	var facts []NodeFact
	reached := map[string]bool{}
	for _, n := range slices.Backward(nodes) {
		ran, took := r.collector.executed(r.digests[n.Name])
		if !ran && !reached[n.Name] && !r.collector.cached(r.digests[n.Name]) {
			continue
		}
		facts = append(facts, NodeFact{Name: n.Name, Role: n.Role, Cached: !ran, Took: took})
		for _, need := range n.Needs {
			reached[need] = true
		}
	}
	slices.Reverse(facts)
	return facts
}
