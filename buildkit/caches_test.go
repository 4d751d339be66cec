package buildkit

import (
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
	"time"

	"github.com/google/go-containerregistry/pkg/registry"
	"github.com/moby/buildkit/client"
	bk "github.com/moby/buildkit/client/llb"
	"github.com/moby/buildkit/solver/pb"
	digest "github.com/opencontainers/go-digest"

	"github.com/cranekit/cranekit/buildkit/buildkittest"
	"github.com/cranekit/cranekit/buildkit/cache"
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

func (h *host) cache() cache.Cache {
	name := strings.TrimPrefix(h.URL, "http://") + "/app/cache"
	return cache.Cache{Type: "registry", Import: []string{name}, Export: name}
}

// small is a run of two checks, each on top of one stage of a megabyte.
func small(t *testing.T, address string, content []byte, caches ...cache.Cache) *run {
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
		req:        Request{Checks: []string{"one", "two"}, Output: t.TempDir(), Caches: caches},
		results:    map[string]Result{},
		connection: &connection{client: c, options: &client.SolveOpt{}, collector: events.NewCollector(nil)},
		id:         rand.Text(), digests: map[string]digest.Digest{}, defs: map[string]*pb.Definition{},
		records: map[string]string{}, graph: &llb.Graph{Nodes: nodes},
	}
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
	r.useCaches(t.Context())
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
			first.caches.Wait()
			second := small(t, buildkittest.Start(t), content, h.cache())
			second.probe(t.Context())
			if found := second.report().Caches[0].Found; !slices.Contains(found, "deps check") {
				t.Fatalf("the cache has %q, %q", found, first.report().Caches[0].Problems)
			}
			h.damage.Store(&damage)
			second.checks(t.Context())
			second.caches.Wait()
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
			if problems := second.report().Caches[0].Problems; len(problems) == 0 || !strings.Contains(problems[0], "given up") {
				t.Errorf("problems: %q", problems)
			}
		})
	}
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
	r := small(t, buildkittest.Start(t), make([]byte, 2*big), cache.Cache{Type: "registry", Import: []string{name}, Export: name})
	r.exportTimeout = time.Second
	r.useCaches(t.Context())
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
	r.caches.Wait()
	if got := r.results["one"]; got.Status != StatusPassed {
		t.Errorf("the check is %s: %v", got.Status, got.Err)
	}
}
