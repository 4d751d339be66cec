package buildkit

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/moby/buildkit/client"
	bk "github.com/moby/buildkit/client/llb"
	"github.com/moby/buildkit/client/llb/sourceresolver"
	"github.com/moby/buildkit/client/ociindex"
	gateway "github.com/moby/buildkit/frontend/gateway/client"
	"github.com/moby/buildkit/solver/pb"
	"golang.org/x/sync/semaphore"

	"github.com/cranekit/cranekit/llb"
)

const (
	// probeTimeout is how long a cache may take to say whether it has a
	// record. One that is silent for longer is left out of the run.
	probeTimeout = 10 * time.Second
	// probesAtOnce bounds the requests to one registry.
	probesAtOnce = 16
	// importVertex starts the name of the vertex that reads a record.
	importVertex = "importing cache manifest from "
)

var errNoAnswer = fmt.Errorf("no answer in %s", probeTimeout)

// cacheState is what a run knows of one of its caches.
type cacheState struct {
	Cache

	mu    sync.Mutex
	found map[string][]gateway.CacheOptionsEntry // by node
	fact  CacheFact
	sizes map[string]int64 // of exported layers, by digest
	spans []span
	// unsized says that the size of something that was exported is unknown.
	unsized bool
	// failures are those exports in a row that failed last.
	failures int
	// down says that the cache is not there: it is asked nothing more.
	down bool
}

// span is a time in which an export went on.
type span struct{ from, to time.Time }

func newCaches(caches []Cache) []*cacheState {
	states := make([]*cacheState, len(caches))
	for i, c := range caches {
		states[i] = &cacheState{
			Cache: c, found: map[string][]gateway.CacheOptionsEntry{}, sizes: map[string]int64{},
			fact: CacheFact{Name: c.Name()},
		}
	}
	return states
}

// nameRecord names the record of a node. Image and layout of the toolchain have
// none: BuildKit exports no sources.
func (r *run) nameRecord(ctx context.Context, graph *llb.Graph, n *llb.Node) error {
	if len(r.caches) == 0 || isImage(n) {
		return nil
	}
	// Not with what this builder can do: records are for other builders too.
	def, err := graph.Marshal(ctx, n, r.id, nil)
	if err != nil {
		return err
	}
	r.records[n.Name], err = record(n, def.ToPB())
	return err
}

// isImage says that a node is the image of a toolchain, which comes from a
// registry or layout of its own.
func isImage(n *llb.Node) bool { return n.Role == llb.RoleToolchain && len(n.Needs) == 0 }

// problem keeps a problem once. Messages of different records differ by the
// record's name only.
func (c *cacheState) problem(record string, err error) {
	message := err.Error()
	if record != "" {
		message = strings.ReplaceAll(message, record, "…")
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if !slices.Contains(c.fact.Problems, message) {
		c.fact.Problems = append(c.fact.Problems, message)
	}
}

// probe asks every cache which records it has. BuildKit would take each as it
// is and show a red vertex for every one that is not there, and wait for a
// cache that does not answer for as long as that takes.
func (r *run) probe(ctx context.Context) {
	var wg sync.WaitGroup
	for _, c := range r.caches {
		if len(c.Import) == 0 {
			continue
		}
		wg.Go(func() { r.probeCache(ctx, c) })
	}
	wg.Wait()
}

func (r *run) probeCache(ctx context.Context, c *cacheState) {
	began := time.Now()
	slots := semaphore.NewWeighted(probesAtOnce)
	var wg sync.WaitGroup
	asked, silent := 0, 0
	results := map[string]map[string]gateway.CacheOptionsEntry{} // by name, then node
	for _, name := range c.Import {
		results[name] = map[string]gateway.CacheOptionsEntry{}
		for node, record := range r.records {
			entry, err := c.entry(name, record)
			if err != nil {
				c.problem(record, err)
				continue
			}
			asked++
			wg.Go(func() {
				if slots.Acquire(ctx, 1) != nil {
					return
				}
				defer slots.Release(1)
				ok, err := r.probeEntry(ctx, &entry)
				if err != nil && ctx.Err() == nil {
					c.problem(record, fmt.Errorf("import: %w", err))
				}
				c.mu.Lock()
				defer c.mu.Unlock()
				if errors.Is(err, errNoAnswer) {
					silent++
				}
				if ok {
					results[name][node] = entry
				}
			})
		}
	}
	wg.Wait()
	c.mu.Lock()
	defer c.mu.Unlock()
	// One that answers nonsense may take an export all the same, which mends it.
	c.down = asked > 0 && silent == asked
	c.fact.Import = time.Since(began)
	for _, n := range r.graph.Nodes {
		for _, name := range c.Import {
			entry, ok := results[name][n.Name]
			// The same stage is the same under every name; a check is that of
			// another source.
			if ok && (n.Role == llb.RoleCheck || len(c.found[n.Name]) == 0) {
				c.found[n.Name] = append(c.found[n.Name], entry)
			}
		}
		if len(c.found[n.Name]) > 0 {
			c.fact.Found = append(c.fact.Found, n.Name)
		}
	}
}

// probeEntry asks for one record. A local one is completed by its digest.
func (r *run) probeEntry(ctx context.Context, entry *gateway.CacheOptionsEntry) (found bool, err error) {
	if entry.Type == "local" {
		desc, err := ociindex.NewStoreIndex(entry.Attrs["src"]).Get(entry.Attrs["tag"])
		if err != nil || desc == nil {
			return false, nil //nolint:nilerr // A directory that is not there yet is empty.
		}
		entry.Attrs["digest"] = desc.Digest.String()
	}
	ctx, cancel := context.WithTimeoutCause(ctx, probeTimeout, errNoAnswer)
	defer cancel()
	message, err := r.readRecord(ctx, *entry)
	switch {
	case ctx.Err() != nil:
		return false, context.Cause(ctx)
	case err != nil:
		return false, err
	case message == "":
		return true, nil
	case strings.HasSuffix(message, "not found"), strings.Contains(message, "manifest unknown"):
		return false, nil
	}
	return false, errors.New(message)
}

// readRecord lets the builder read a record, which it does as soon as it gets
// a definition together with the record; nothing is executed. The message is
// the error of the builder, "" when the record was read.
func (r *run) readRecord(ctx context.Context, entry gateway.CacheOptionsEntry) (message string, err error) {
	// A vertex that two builds have in common waits for the caches of both: one
	// of its own keeps a silent cache from holding up the others.
	def, err := bk.Scratch().File(bk.Mkdir("/"+rand.Text(), 0o755)).Marshal(ctx)
	if err != nil {
		return "", err
	}
	opt := r.solveOpt([]gateway.CacheOptionsEntry{entry})
	opt.LocalMounts, opt.OCIStores = nil, nil
	events, read := make(chan *client.SolveStatus), make(chan string, 1)
	go func() {
		for status := range events {
			for _, v := range status.Vertexes {
				if strings.HasPrefix(v.Name, importVertex) && v.Completed != nil {
					select {
					case read <- v.Error:
					default:
					}
				}
			}
		}
	}()
	_, err = r.client.Build(ctx, opt, "cranekit", func(ctx context.Context, gc gateway.Client) (*gateway.Result, error) {
		if err := knock(ctx, gc, entry); err != nil {
			return nil, err
		}
		_, err := gc.Solve(ctx, gateway.SolveRequest{Definition: def.ToPB(), CacheImports: []gateway.CacheOptionsEntry{entry}, Evaluate: true})
		if err != nil {
			return nil, err
		}
		select {
		case message = <-read:
			return gateway.NewResult(), nil
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}, events)
	return message, err
}

// knock returns when a registry has answered, or the context is done. BuildKit
// (0.34) reads records within its scheduler: one that does not come would halt
// all builds of all clients of the builder, for as long as the registry likes.
func knock(ctx context.Context, gc gateway.Client, entry gateway.CacheOptionsEntry) error {
	if entry.Type != "registry" || entry.Attrs["registry.insecure"] == "true" {
		return nil
	}
	// What the answer is does not matter: a record is no image anyway.
	_, _, _, _ = gc.ResolveImageConfig(ctx, entry.Attrs["ref"], sourceresolver.Opt{ //nolint:dogsled // See above.
		ImageOpt: &sourceresolver.ResolveImageOpt{ResolveMode: pb.AttrImageResolveModeForcePull},
	})
	return context.Cause(ctx)
}
