package buildkit

import (
	"io"
	"log"
	"maps"
	"net/http"
	"net/http/httptest"
	"path"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-containerregistry/pkg/registry"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/cranekit/cranekit/buildkit/buildkittest"
)

// asked are the tags that somebody wanted of a registry since the last call.
type asked struct {
	mu   sync.Mutex
	tags map[string]int // how often
}

func (a *asked) take() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	tags := slices.Sorted(maps.Keys(a.tags))
	a.tags = map[string]int{}
	return tags
}

// often is how often the tag was wanted that was wanted most.
func (a *asked) often() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Max(slices.Collect(maps.Values(a.tags)))
}

// serveAsked starts a registry that remembers what it was asked for.
func serveAsked(t *testing.T) (*asked, Cache) {
	t.Helper()
	a := &asked{tags: map[string]int{}}
	inner := registry.New(registry.Logger(log.New(io.Discard, "", 0)))
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if dir, tag := path.Split(r.URL.Path); strings.HasSuffix(dir, "/manifests/") && !strings.HasPrefix(tag, "sha256:") {
			a.mu.Lock()
			a.tags[tag]++
			a.mu.Unlock()
		}
		inner.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	name := strings.TrimPrefix(server.URL, "http://") + "/app/cache"
	return a, Cache{Type: "registry", Import: []string{name}, Export: name}
}

// TestProbe: what is below a check is asked for only if no cache has a record
// of the check.
func TestProbe(t *testing.T) {
	t.Parallel()
	a, cache := serveAsked(t)
	content, address := make([]byte, big), buildkittest.Start(t)
	probed := func(rename map[string]string) *run {
		r := small(t, address, content, cache)
		maps.Copy(r.records, rename)
		a.take()
		r.probe(t.Context())
		return r
	}
	wants := func(what string, got, want []string) {
		t.Helper()
		if !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", what, got, want)
		}
	}

	first := probed(nil)
	if got := a.often(); got != 1 {
		t.Errorf("a record that is not there was asked for %d times", got)
	}
	wants("asked of an empty cache", a.take(), []string{"deps-check", "one", "two"})
	first.checks(t.Context())
	first.exports.wait()

	second := probed(nil)
	wants("asked of one that has the checks", a.take(), []string{"one", "two"})
	wants("found there", second.caches[0].fact.Found, []string{"deps check", "one", "two"})

	// The sources are others, so both are executed and saved. The stage is
	// found while that goes on, and is not.
	second.checks(t.Context())
	second.saveRest(t.Context(), second.results)
	second.exports.wait()
	wants("asked afterwards", a.take(), []string{"deps-check", "one", "two"})
	got := second.cacheFacts()[0].Saved
	slices.Sort(got)
	wants("saved then", got, []string{"one", "two"})

	// One check is another one now, the stage is still there for it.
	third := probed(map[string]string{"one": "other"})
	wants("asked for another check", a.take(), []string{"deps-check", "other", "two"})
	wants("found then", third.caches[0].fact.Found, []string{"deps check", "two"})

	// What is below the checks is asked for before it is saved again.
	fourth := probed(map[string]string{"deps check": "other-deps"})
	wants("asked for another stage", a.take(), []string{"one", "two"})
	fourth.checks(t.Context())
	fourth.saveRest(t.Context(), fourth.results)
	fourth.exports.wait()
	if got := fourth.caches[0].fact.Saved; !slices.Contains(got, "deps check") {
		t.Errorf("saved %q, want the stage with them", got)
	}
}

// TestMended has a run that executes nothing, and a cache whose record of one of
// the checks cannot be read, as after a builder that died while it sent it.
func TestMended(t *testing.T) {
	t.Parallel()
	h := serve(t)
	cache, address := h.cache(), buildkittest.Start(t)
	first := small(t, address, make([]byte, big), cache)
	again := func() *run {
		t.Helper()
		r := small(t, address, make([]byte, big), cache)
		r.defs, r.digests = first.defs, first.digests
		r.probe(t.Context())
		r.checks(t.Context())
		r.saveRest(t.Context(), r.results)
		r.exports.wait()
		for name, result := range r.results {
			if !result.Cached {
				t.Errorf("%s was executed", name)
			}
		}
		return r
	}
	first.probe(t.Context())
	first.checks(t.Context())
	first.exports.wait()
	if got := again().caches[0].fact.Saved; len(got) > 0 {
		t.Errorf("saved %q, and the cache had it all", got)
	}

	cut, err := http.NewRequestWithContext(t.Context(), http.MethodPut, h.URL+"/v2/app/cache/manifests/one", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	cut.Header.Set("Content-Type", ocispecs.MediaTypeImageManifest)
	if status, _, err := answer(cut); err != nil || status != http.StatusCreated {
		t.Fatalf("status %d, %v", status, err)
	}
	second := again().caches[0]
	if !slices.Equal(second.fact.Saved, []string{"one"}) || len(second.fact.Problems) != 1 {
		t.Errorf("saved %q, problems %q", second.fact.Saved, second.fact.Problems)
	}
	third := again().caches[0]
	if len(third.fact.Saved) > 0 || len(third.fact.Problems) > 0 {
		t.Errorf("saved %q, problems %q", third.fact.Saved, third.fact.Problems)
	}
}
