//go:build integration

package integration

import (
	"context"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/cranekit/cranekit/buildkit/embedded"
	"github.com/cranekit/cranekit/cmd/report"
)

// host is a registry that counts what is pulled from it.
type host struct {
	*httptest.Server
	pulled atomic.Int64
}

// serveRegistry starts a registry in this process. The filter answers requests
// itself where it returns true; it may be nil.
func serveRegistry(t *testing.T, filter func(http.ResponseWriter, *http.Request) bool) *host {
	t.Helper()
	h := &host{}
	inner := registry.New(registry.Logger(log.New(io.Discard, "", 0)))
	h.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if filter != nil && filter(w, r) {
			return
		}
		if r.Method == http.MethodGet && strings.Contains(r.URL.Path, "/blobs/") {
			h.pulled.Add(1)
		}
		inner.ServeHTTP(w, r)
	}))
	t.Cleanup(h.Close)
	return h
}

func (h *host) repository() string { return strings.TrimPrefix(h.URL, "http://") + "/app/cache" }

// tags are the tags of the cache, sorted.
func (h *host) tags(t *testing.T) []string {
	t.Helper()
	repo, err := name.NewRepository(h.repository())
	if err != nil {
		t.Fatal(err)
	}
	tags, err := remote.List(repo)
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(tags)
	return tags
}

// spoil puts something under every tag that is no manifest of a cache.
func (h *host) spoil(t *testing.T) {
	t.Helper()
	for _, tag := range h.tags(t) {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPut, h.URL+"/v2/app/cache/manifests/"+tag, strings.NewReader("garbage"))
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Content-Type", "application/vnd.oci.image.manifest.v1+json")
		response, err := h.Client().Do(request)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		if response.StatusCode >= 300 {
			t.Fatalf("%s: %s", tag, response.Status)
		}
	}
}

// machine is a workspace on a builder of its own.
func machine(t *testing.T, state string) *workspace {
	t.Helper()
	w := unpack(t, "reruns")
	w.write(t, "crane.yaml", "checks: {clippy: , package: }\n")
	w.state = state
	return w
}

// newState is the state directory of a builder that is gone when the test ends.
func newState(t *testing.T) string {
	t.Helper()
	state := filepath.Join(t.TempDir(), "state")
	t.Cleanup(func() {
		if _, err := embedded.Stop(context.Background(), embedded.Options{StateDir: state}); err != nil {
			t.Error(err)
		}
	})
	return state
}

func (o *outcome) cache(t *testing.T) report.Cache {
	t.Helper()
	if len(o.Caches) != 1 {
		t.Fatalf("%d caches in the summary\n%s\n%s", len(o.Caches), o.stderr, o.stdout)
	}
	return o.Caches[0]
}

func (o *outcome) executed(t *testing.T, want ...string) {
	t.Helper()
	if got := o.ran(); !slices.Equal(got, want) {
		t.Errorf("executed %q, want %q\n%s\n%s", got, want, o.stderr, o.stdout)
	}
	o.noRebuilds(t)
}

var everything = []string{"clippy", "deps build", "deps check", "deps test", "fetch", "package"}

// TestCaches has two machines that share nothing but a cache. Each case is
// something new to both.
func TestCaches(t *testing.T) {
	one, two := newState(t), newState(t)
	pair := func(t *testing.T) (*workspace, *workspace) {
		a, b := machine(t, one), machine(t, two)
		a.nonce += "-" + t.Name()
		b.nonce = a.nonce
		return a, b
	}

	t.Run("registry", func(t *testing.T) {
		h := serveRegistry(t, nil)
		a, b := pair(t)
		cache := "--cache=type=registry,ref=" + h.repository()
		first := a.check(t, cache)
		first.wants(t, 0)
		first.executed(t, everything...)
		saved := first.cache(t)
		if len(saved.Problems) > 0 || !slices.Equal(saved.Export.Saved, everything) || saved.Export.Bytes == nil || *saved.Export.Bytes < 1<<20 {
			t.Errorf("the first run saved %+v", saved)
		}
		second := b.check(t, cache)
		second.wants(t, 0)
		second.executed(t)
		t.Logf("a second machine took %.1f s: %+v", second.Seconds, second.cache(t))
		if got := second.cache(t); len(got.Problems) > 0 || len(got.Export.Saved) > 0 || got.Import.Bytes > 1<<20 {
			t.Errorf("a run of nothing: %+v", got)
		}
		if second.Seconds > 15 {
			t.Errorf("a run of nothing took %.1f s", second.Seconds)
		}

		b.edit(t, "crates/util/src/lib.rs", "120", "121")
		changed := b.check(t, cache)
		changed.wants(t, 0)
		changed.executed(t, "clippy", "package")
		t.Logf("with a changed line it took %.1f s: %+v", changed.Seconds, changed.cache(t))
		if got := changed.cache(t); got.Import.Bytes < 1<<20 || !slices.Equal(got.Export.Saved, []string{"clippy", "package"}) {
			t.Errorf("a run of the checks: %+v", got)
		}
	})

	t.Run("new to a builder that has it all", func(t *testing.T) {
		h := serveRegistry(t, nil)
		a, b := pair(t)
		cache := "--cache=type=registry,ref=" + h.repository()
		a.check(t).wants(t, 0)
		for _, want := range [][]string{everything, {}} {
			o := a.check(t, cache)
			o.wants(t, 0)
			o.executed(t)
			if got := o.cache(t).Export.Saved; !slices.Equal(got, want) {
				t.Errorf("saved %q, want %q", got, want)
			}
		}
		b.check(t, cache).executed(t)
	})

	t.Run("all red", func(t *testing.T) {
		h := serveRegistry(t, nil)
		a, b := pair(t)
		cache := "--cache=type=registry,ref=" + h.repository()
		a.edit(t, "crates/util/src/lib.rs", "pub fn", "compile_error!(\"red\");\npub fn")
		o := a.check(t, cache)
		o.wants(t, 1)
		if got := o.cache(t).Export.Saved; !slices.Equal(got, []string{"deps build", "deps check", "deps test", "fetch"}) {
			t.Errorf("a red run saved %q", got)
		}
		o = b.check(t, cache)
		o.wants(t, 0)
		o.executed(t, "clippy", "package")
	})

	t.Run("interrupted", func(t *testing.T) {
		h := serveRegistry(t, nil)
		a, b := pair(t)
		a.env = []string{"CRANEKIT_CACHE=" + h.repository()}
		a.write(t, "crane.yaml", "checks:\n  wait: {kind: custom, run: [\"echo waiting; sleep 300\"]}\n")
		cmd, _ := start(t, a)
		if err := cmd.Process.Signal(os.Interrupt); err != nil {
			t.Fatal(err)
		}
		_ = cmd.Wait()
		if code := cmd.ProcessState.ExitCode(); code != 130 {
			t.Errorf("exit code %d, want 130", code)
		}
		o := b.check(t, "--cache="+h.repository())
		o.wants(t, 0)
		o.executed(t, "clippy", "package")
	})

	t.Run("local", func(t *testing.T) {
		a, b := pair(t)
		dir := t.TempDir()
		cache := "--cache=type=local,path=" + dir
		a.check(t, cache).wants(t, 0)
		o := b.check(t, cache)
		o.wants(t, 0)
		o.executed(t)
		b.edit(t, "crates/util/src/lib.rs", "120", "121")
		o = b.check(t, cache)
		o.wants(t, 0)
		o.executed(t, "clippy", "package")
	})

	t.Run("garbage", func(t *testing.T) {
		h := serveRegistry(t, nil)
		a, b := pair(t)
		cache := "--cache=type=registry,ref=" + h.repository()
		a.check(t, cache).wants(t, 0)
		h.spoil(t)
		o := b.check(t, cache)
		o.wants(t, 0)
		o.executed(t, everything...)
		if got := o.cache(t); len(got.Problems) == 0 || !slices.Equal(got.Export.Saved, everything) {
			t.Errorf("garbage under the tags: %+v", got)
		}
		if got := b.check(t, cache).cache(t); len(got.Problems) > 0 {
			t.Errorf("after the next export: %q", got.Problems)
		}
	})

	t.Run("import only", func(t *testing.T) {
		h := serveRegistry(t, nil)
		a, _ := pair(t)
		o := a.check(t, "fmt", "--set", "checks.fmt.kind=fmt", "--cache=type=registry,ref="+h.repository()+",export=false")
		o.wants(t, 0)
		if len(o.cache(t).Export.Saved) > 0 {
			t.Errorf("saved %q", o.cache(t).Export.Saved)
		}
	})
}
