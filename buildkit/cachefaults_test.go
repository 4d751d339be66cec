package buildkit

import (
	"context"
	"crypto/rand"
	"errors"
	"io"
	"log"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-containerregistry/pkg/registry"
	"github.com/moby/buildkit/client"
	bk "github.com/moby/buildkit/client/llb"
	"github.com/moby/buildkit/solver/pb"
	digest "github.com/opencontainers/go-digest"

	"github.com/cranekit/cranekit/buildkit/buildkittest"
	"github.com/cranekit/cranekit/buildkit/events"
	"github.com/cranekit/cranekit/llb"
)

// big is the least size of the blobs that a [host] damages: the one of a stage.
const big = 1 << 19

// host is a registry. It damages big blobs on their way out once it is told
// how.
type host struct {
	*httptest.Server
	damage  atomic.Pointer[func(w http.ResponseWriter, blob []byte)]
	damaged atomic.Int64
}

func serve(t *testing.T) *host {
	t.Helper()
	h := &host{}
	inner := registry.New(registry.Logger(log.New(io.Discard, "", 0)))
	h.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		damage := h.damage.Load()
		if damage == nil || r.Method != http.MethodGet || !strings.Contains(r.URL.Path, "/blobs/") {
			inner.ServeHTTP(w, r)
			return
		}
		got := httptest.NewRecorder()
		inner.ServeHTTP(got, r)
		maps.Copy(w.Header(), got.Header())
		w.WriteHeader(got.Code)
		blob := got.Body.Bytes()
		if len(blob) < big {
			_, _ = w.Write(blob)
			return
		}
		h.damaged.Add(1)
		(*damage)(w, blob)
	}))
	t.Cleanup(h.Close)
	return h
}

func (h *host) cache() Cache {
	name := strings.TrimPrefix(h.URL, "http://") + "/app/cache"
	return Cache{Type: "registry", Import: []string{name}, Export: name}
}

// small is a run of two checks, each on top of one stage of a megabyte.
func small(t *testing.T, address string, content []byte, caches ...Cache) *run {
	t.Helper()
	stage := bk.Scratch().File(bk.Mkdir("/deps", 0o755)).File(bk.Mkfile("/deps/lib", 0o644, content))
	nodes := []*llb.Node{{Name: "deps check", Role: llb.RoleStage}}
	states := []bk.State{stage}
	for _, name := range []string{"one", "two"} {
		nodes = append(nodes, &llb.Node{Name: name, Role: llb.RoleCheck, Needs: []string{"deps check"}})
		states = append(states, bk.Scratch().File(bk.Copy(stage, "/deps/lib", "/"+name)).File(bk.Mkfile("/source", 0o644, []byte(rand.Text()))))
	}
	c, err := client.New(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	r := &run{
		req:    Request{Checks: []string{"one", "two"}, Output: t.TempDir(), Caches: caches},
		client: c, options: &client.SolveOpt{}, collector: events.NewCollector(), results: map[string]Result{},
		id: rand.Text(), digests: map[string]digest.Digest{}, defs: map[string]*pb.Definition{},
		caches: newCaches(caches), records: map[string]string{}, graph: &llb.Graph{Nodes: nodes},
	}
	r.exports = newExports(t.Context())
	r.prepared.Store(true)
	for i, n := range nodes {
		def, err := states[i].Marshal(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if r.digests[n.Name], err = def.Head(); err != nil {
			t.Fatal(err)
		}
		r.defs[n.Name], r.records[n.Name] = def.ToPB(), strings.ReplaceAll(n.Name, " ", "-")
	}
	return r
}

// TestUnusableLayers has a cache that says what it has and then hands out
// something else.
func TestUnusableLayers(t *testing.T) {
	t.Parallel()
	for name, damage := range map[string]func(http.ResponseWriter, []byte){
		"corrupt": func(w http.ResponseWriter, blob []byte) {
			changed := slices.Clone(blob)
			for i := 1000; i < 2000; i++ {
				changed[i] ^= 0xff
			}
			_, _ = w.Write(changed)
		},
		"cut off": func(w http.ResponseWriter, blob []byte) {
			_, _ = w.Write(blob[:len(blob)/2])
			panic(http.ErrAbortHandler)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			content := make([]byte, 2*big)
			_, _ = rand.Read(content)
			h := serve(t)
			first := small(t, buildkittest.Start(t), content, h.cache())
			first.checks(t.Context())
			first.exports.wait()
			second := small(t, buildkittest.Start(t), content, h.cache())
			second.probe(t.Context())
			if found := second.caches[0].fact.Found; !slices.Contains(found, "deps check") {
				t.Fatalf("the cache has %q, %q", found, first.caches[0].fact.Problems)
			}
			h.damage.Store(&damage)
			second.checks(t.Context())
			second.exports.wait()
			if h.damaged.Load() == 0 {
				t.Error("nothing was damaged")
			}
			for _, check := range []string{"one", "two"} {
				if got := second.results[check]; got.Status != StatusPassed {
					t.Errorf("%s is %s: %v", check, got.Status, got.Err)
				}
				got, err := os.ReadFile(filepath.Join(second.req.Output, check, check))
				if err != nil || !slices.Equal(got, content) {
					t.Errorf("%s has not what the stage has: %v", check, err)
				}
			}
			if problems := second.caches[0].fact.Problems; len(problems) == 0 || !strings.Contains(problems[0], "given up") {
				t.Errorf("problems: %q", problems)
			}
		})
	}
}

// TestSilentCache has one cache that never answers beside one that does.
func TestSilentCache(t *testing.T) {
	t.Parallel()
	content := make([]byte, 2*big)
	silent := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }))
	t.Cleanup(silent.CloseClientConnections)
	mute := Cache{Type: "registry", Import: []string{strings.TrimPrefix(silent.URL, "http://") + "/app/cache"}}
	h := serve(t)
	first := small(t, buildkittest.Start(t), content, h.cache())
	first.checks(t.Context())
	first.exports.wait()
	second := small(t, buildkittest.Start(t), content, mute, h.cache())
	second.probe(t.Context())
	if got := second.caches[0]; !got.down || len(got.fact.Problems) != 1 || !strings.Contains(got.fact.Problems[0], "no answer") {
		t.Errorf("the silent cache: down %v, %q", got.down, got.fact.Problems)
	}
	got := second.caches[1]
	if len(got.fact.Found) == 0 || len(got.fact.Problems) > 0 {
		t.Errorf("the other cache has %q, problems %q", got.fact.Found, got.fact.Problems)
	}
	if got.fact.Import > probeTimeout/2 {
		t.Errorf("the other cache took %s: it waited for the silent one", got.fact.Import)
	}
}

// TestExportStumbles has a cache that refuses one export of three.
func TestExportStumbles(t *testing.T) {
	t.Parallel()
	inner := registry.New(registry.Logger(log.New(io.Discard, "", 0)))
	var refused atomic.Bool
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPut && strings.Contains(r.URL.Path, "/manifests/") && refused.CompareAndSwap(false, true) {
			w.WriteHeader(http.StatusInsufficientStorage)
			return
		}
		inner.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	r := small(t, buildkittest.Start(t), make([]byte, big), Cache{Type: "registry", Export: strings.TrimPrefix(server.URL, "http://") + "/app/cache"})
	r.checks(t.Context())
	r.exports.wait()
	got := r.cacheFacts()[0]
	if len(got.Saved) != 2 || len(got.Problems) != 1 || !strings.Contains(got.Problems[0], "export: ") {
		t.Errorf("saved %q, problems %q", got.Saved, got.Problems)
	}
	for name, result := range r.results {
		if result.Status != StatusPassed {
			t.Errorf("%s is %s: %v", name, result.Status, result.Err)
		}
	}
}

// TestExportInterrupted leaves an export that has begun its time when the run
// is cancelled, and no more.
func TestExportInterrupted(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		e := newExports(ctx)
		cancel()
		time.Sleep(exportGrace - time.Nanosecond)
		synctest.Wait()
		if err := e.ctx.Err(); err != nil {
			t.Errorf("the export ended before its time: %v", err)
		}
		time.Sleep(time.Nanosecond)
		synctest.Wait()
		if err := context.Cause(e.ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("after its time: %v", err)
		}
	})
}

// TestExportTimeout has an export that never ends.
func TestExportTimeout(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		e := newExports(t.Context())
		e.wg.Go(func() { <-e.ctx.Done() })
		began := time.Now()
		e.limit()
		time.Sleep(time.Minute)
		e.wait()
		if took := time.Since(began); took != exportTimeout || !errors.Is(context.Cause(e.ctx), errExportTimeout) {
			t.Errorf("ended after %s: %v", took, context.Cause(e.ctx))
		}
	})
}

// TestLeaderOfHangingCache has a leader whose cache takes what it exports and
// never answers: those who wait for it have to hear of it.
func TestLeaderOfHangingCache(t *testing.T) {
	t.Parallel()
	hanging := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet && r.URL.Path == "/v2/" {
			return
		}
		if r.Method == http.MethodHead || r.Method == http.MethodGet {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		<-r.Context().Done()
	}))
	t.Cleanup(hanging.CloseClientConnections)
	name := strings.TrimPrefix(hanging.URL, "http://") + "/app/cache"
	r := small(t, buildkittest.Start(t), make([]byte, 2*big), Cache{Type: "registry", Import: []string{name}, Export: name})
	r.exports.timeout = time.Second
	r.req.Checks, r.lead = []string{"one"}, newLead([]string{"two"})
	done := make(chan struct{})
	go func() {
		r.work(t.Context())
		close(done)
	}()
	select {
	case <-done:
	case <-time.After(30 * time.Second):
		t.Fatal("the leader waits for its cache")
	}
	if err := r.lead.wait(t.Context()); !errors.Is(err, errUnled) {
		t.Errorf("the others hear %v", err)
	}
	r.exports.wait()
	if got := r.results["one"]; got.Status != StatusPassed {
		t.Errorf("the check is %s: %v", got.Status, got.Err)
	}
}
