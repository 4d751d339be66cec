package buildkit

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/moby/buildkit/client"
	gateway "github.com/moby/buildkit/frontend/gateway/client"
	digest "github.com/opencontainers/go-digest"

	"github.com/cranekit/cranekit/buildkit/events"
	"github.com/cranekit/cranekit/llb"
)

const (
	// exportTimeout is how long an export may go on when all checks are done.
	exportTimeout = 5 * time.Minute
	// exportGrace is what an interrupted run leaves to exports that began. A
	// CI service that cancels a job kills it after ten seconds or so.
	exportGrace = 5 * time.Second
	// exportsAtOnce bounds what is compressed beside running checks.
	exportsAtOnce = 2
	// failuresInARow is after how many a cache gets nothing more.
	failuresInARow = 3
)

// exports are the exports of a run, each in a build of its own: BuildKit
// exports when a build is over, and a run must not wait for its end to save
// what took longest.
type exports struct {
	wg     sync.WaitGroup
	slots  chan struct{}
	ctx    context.Context
	cancel context.CancelCauseFunc
	// timeout is how long exports may go on when all else is done, and timer
	// is running then.
	timeout time.Duration
	timer   *time.Timer

	mu      sync.Mutex
	started map[string]*export
}

// export is that of one node to all caches.
type export struct {
	// done is closed when the export is over. There is then a record if saved
	// is true.
	done  chan struct{}
	saved atomic.Bool
}

var errExportTimeout = fmt.Errorf("not done %s after the last check", exportTimeout)

func newExports(ctx context.Context) *exports {
	e := &exports{slots: make(chan struct{}, exportsAtOnce), started: map[string]*export{}, timeout: exportTimeout}
	e.ctx, e.cancel = context.WithCancelCause(context.WithoutCancel(ctx))
	context.AfterFunc(ctx, func() {
		time.AfterFunc(exportGrace, func() { e.cancel(context.Cause(ctx)) })
	})
	return e
}

// limit starts the time that exports have, if it has not begun.
func (e *exports) limit() {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.timer == nil {
		e.timer = time.AfterFunc(e.timeout, func() { e.cancel(errExportTimeout) })
	}
}

// wait returns when all exports are done, or have had their time.
func (e *exports) wait() {
	e.limit()
	defer e.timer.Stop()
	e.wg.Wait()
	e.cancel(nil)
}

// saveStages exports the stages, tools and parts of the toolchain that the
// builder has just executed.
func (r *run) saveStages(status *client.SolveStatus) {
	if len(r.caches) == 0 || !r.prepared.Load() {
		return
	}
	for _, v := range status.Vertexes {
		if v.Completed == nil || v.Error != "" || v.Cached {
			continue
		}
		n := r.node(v.Digest.String())
		if n == nil || n.Role == llb.RoleCheck || isImage(n) {
			continue
		}
		if ran, _ := r.collector.Executed(v.Digest); ran {
			r.save(n)
		}
	}
}

// saveChecks exports the green checks that were executed. It waits for all
// checks: what BuildKit (0.34) exports of one while others that stand on the
// same stage still run can lack the result.
func (r *run) saveChecks() {
	for _, name := range r.req.Checks {
		if result, ok := r.results[name]; ok && result.Status == StatusPassed && !result.Cached {
			r.save(r.graph.Node(name))
		}
	}
}

// saveRest exports what the builder had and no cache knows, as after an export
// that was cut off. A run that executed nothing exports nothing, unless a cache
// wants it.
func (r *run) saveRest(ctx context.Context, results map[string]Result) {
	r.exports.mu.Lock()
	executed := len(r.exports.started) > 0
	r.exports.mu.Unlock()
	if !executed && !slices.ContainsFunc(r.caches, func(c *cacheState) bool { return r.wanting(c, results) }) {
		return
	}
	var rest []string
	for _, fact := range r.facts(r.needed()) {
		red := fact.Role == llb.RoleCheck && results[fact.Name].Status != StatusPassed
		if !red && fact.Cached && r.records[fact.Name] != "" {
			rest = append(rest, fact.Name)
		}
	}
	// Of what is below a check with a record nobody has asked yet.
	r.ask(ctx, rest)
	for _, name := range rest {
		if n := r.graph.Node(name); !r.known(n) {
			r.save(n)
		}
	}
}

// wanting says that a cache is there and lacks what a run had: it is a new one
// that has nothing of all that the run wants, or it has records but none of a
// green check, or none that can be read.
func (r *run) wanting(c *cacheState, results map[string]Result) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.Export == "" || len(c.asked) == 0 || c.down:
		return false
	case len(c.fact.Found) == 0:
		return len(c.fact.Problems) == 0
	}
	return slices.ContainsFunc(r.req.Checks, func(check string) bool {
		return results[check].Status == StatusPassed && c.asked[check] && len(c.found[check]) == 0
	})
}

// known says that every cache that is exported to has a record of the node.
func (r *run) known(n *llb.Node) bool {
	return !slices.ContainsFunc(r.caches, func(c *cacheState) bool {
		return c.Export != "" && len(c.Import) > 0 && !c.has(n.Name)
	})
}

// save exports a node to all caches, once in a run.
func (r *run) save(n *llb.Node) *export {
	r.exports.mu.Lock()
	defer r.exports.mu.Unlock()
	if e := r.exports.started[n.Name]; e != nil {
		return e
	}
	e := &export{done: make(chan struct{})}
	r.exports.started[n.Name] = e
	var caches sync.WaitGroup
	for _, c := range r.caches {
		if c.Export == "" {
			continue
		}
		caches.Add(1)
		r.exports.wg.Go(func() {
			defer caches.Done()
			select {
			case r.exports.slots <- struct{}{}:
				defer func() { <-r.exports.slots }()
			case <-r.exports.ctx.Done():
				return
			}
			if r.saveTo(c, n) && c.shared() {
				e.saved.Store(true)
			}
		})
	}
	go func() {
		caches.Wait()
		close(e.done)
	}()
	return e
}

// saveTo exports a node to one cache and says whether it is there now.
func (r *run) saveTo(c *cacheState, n *llb.Node) bool {
	if c.gone() {
		return false
	}
	ctx, record, began := r.exports.ctx, r.records[n.Name], time.Now()
	entry, err := c.entry(c.Export, record)
	var written map[string]int64
	if err == nil {
		err = again(func() error {
			written, err = r.exportAlone(ctx, c, n, entry)
			return err
		})
	}
	if err != nil && ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	if err != nil {
		c.problem(record, fmt.Errorf("export: %w", err))
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	// A cache that takes nothing is not tried again for every node. One that
	// stumbles is.
	if c.failures++; err == nil {
		c.failures = 0
	}
	c.down = c.down || c.failures >= failuresInARow
	c.spans = append(c.spans, events.Span{From: began, To: time.Now()})
	if err == nil {
		c.fact.Saved = append(c.fact.Saved, n.Name)
		c.unsized = c.unsized || written == nil
		maps.Copy(c.sizes, written)
	}
	return err == nil
}

// exportEntry solves a node again, which is cached by now, in a build that
// exports it. It returns the sizes of the layers.
func (r *run) exportEntry(ctx context.Context, c *cacheState, n *llb.Node, entry gateway.CacheOptionsEntry) (map[string]int64, error) {
	imports := r.imports(n)
	opt := r.solveOpt(imports)
	opt.CacheExports = []client.CacheOptionsEntry{{Type: entry.Type, Attrs: exportAttrs(entry)}}
	events, forwarded := make(chan *client.SolveStatus), make(chan struct{})
	title := fmt.Sprintf("[cache] export %s to %s", n.Name, c.Name())
	go func() {
		defer close(forwarded)
		exporting := map[digest.Digest]bool{}
		for status := range events {
			r.forwardExport(status, title, exporting)
		}
	}()
	response, err := r.client.Build(ctx, opt, "cranekit", func(ctx context.Context, gc gateway.Client) (*gateway.Result, error) {
		return gc.Solve(ctx, gateway.SolveRequest{Definition: r.defs[n.Name], CacheImports: imports, Evaluate: true})
	}, events)
	<-forwarded
	if err != nil {
		return nil, err
	}
	return layerSizes(ctx, entry, response.ExporterResponse), nil
}

func exportAttrs(entry gateway.CacheOptionsEntry) map[string]string {
	attrs := map[string]string{"mode": "max", "compression": "zstd", "oci-mediatypes": "true"}
	maps.Copy(attrs, entry.Attrs)
	return attrs
}

// forwardExport passes on what an export says of itself. That the node was
// cached for it is no news.
func (r *run) forwardExport(status *client.SolveStatus, title string, exporting map[digest.Digest]bool) {
	if r.req.Events == nil {
		return
	}
	fresh := &client.SolveStatus{}
	for _, v := range status.Vertexes {
		if strings.HasPrefix(v.Name, "exporting ") {
			renamed := *v
			renamed.Name = title
			fresh.Vertexes = append(fresh.Vertexes, &renamed)
			exporting[v.Digest] = true
		}
	}
	for _, s := range status.Statuses {
		if exporting[s.Vertex] {
			fresh.Statuses = append(fresh.Statuses, s)
		}
	}
	if len(fresh.Vertexes) > 0 || len(fresh.Statuses) > 0 {
		r.req.Events <- fresh
	}
}
