package cache

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
	address := buildkittest.Start(t)
	probed := func(rename map[string]string) *trial {
		tr := newTrial(t, address, cache)
		maps.Copy(tr.run.Records, rename)
		a.take()
		tr.Probe(t.Context())
		return tr
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
	first.work(t)
	first.Wait()

	second := probed(nil)
	wants("asked of one that has the checks", a.take(), []string{"one", "two"})
	wants("found there", second.fact().Found, []string{"deps check", "one", "two"})

	// The sources are others, so both are executed and saved. The stage is
	// found while that goes on, and is not.
	second.rest(t, second.work(t))
	wants("asked afterwards", a.take(), []string{"deps-check", "one", "two"})
	wants("saved then", second.fact().Saved, []string{"one", "two"})

	// One check is another one now, the stage is still there for it.
	third := probed(map[string]string{"one": "other"})
	wants("asked for another check", a.take(), []string{"deps-check", "other", "two"})
	wants("found then", third.fact().Found, []string{"deps check", "two"})

	// What is below the checks is asked for before it is saved again.
	fourth := probed(map[string]string{"deps check": "other-deps"})
	wants("asked for another stage", a.take(), []string{"one", "two"})
	fourth.rest(t, fourth.work(t))
	if got := fourth.fact().Saved; !slices.Contains(got, "deps check") {
		t.Errorf("saved %q, want the stage with them", got)
	}
}

// TestMended has a run that executes nothing, and a cache whose record of one of
// the checks cannot be read, as after a builder that died while it sent it.
func TestMended(t *testing.T) {
	t.Parallel()
	_, cache := serveAsked(t)
	address := buildkittest.Start(t)
	first := newTrial(t, address, cache)
	again := func() Fact {
		t.Helper()
		tr := newTrial(t, address, cache)
		tr.run.Definitions, tr.digests = first.run.Definitions, first.digests
		tr.Probe(t.Context())
		executed := tr.work(t)
		if len(executed) > 0 {
			t.Errorf("%q were executed", executed)
		}
		tr.rest(t, executed)
		return tr.fact()
	}
	first.Probe(t.Context())
	first.work(t)
	first.Wait()
	if got := again().Saved; len(got) > 0 {
		t.Errorf("saved %q, and the cache had it all", got)
	}

	cut, err := http.NewRequestWithContext(t.Context(), http.MethodPut, "http://"+strings.TrimSuffix(cache.Export, "/app/cache")+"/v2/app/cache/manifests/one", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	cut.Header.Set("Content-Type", ocispecs.MediaTypeImageManifest)
	response, err := http.DefaultClient.Do(cut)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusCreated {
		t.Fatalf("status %s", response.Status)
	}
	second := again()
	if !slices.Equal(second.Saved, []string{"one"}) || len(second.Problems) != 1 {
		t.Errorf("saved %q, problems %q", second.Saved, second.Problems)
	}
	third := again()
	if len(third.Saved) > 0 || len(third.Problems) > 0 {
		t.Errorf("saved %q, problems %q", third.Saved, third.Problems)
	}
}
