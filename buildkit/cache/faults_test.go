package cache

import (
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-containerregistry/pkg/registry"

	"github.com/cranekit/cranekit/buildkit/buildkittest"
)

// TestSilentCache has one cache that never answers beside one that does.
func TestSilentCache(t *testing.T) {
	t.Parallel()
	silent := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }))
	t.Cleanup(silent.CloseClientConnections)
	mute := Cache{Type: "registry", Import: []string{strings.TrimPrefix(silent.URL, "http://") + "/app/cache"}}
	_, cache := serveAsked(t)
	first := newTrial(t, buildkittest.Start(t), cache)
	first.work(t)
	first.Wait()
	second := newTrial(t, buildkittest.Start(t), mute, cache)
	second.Probe(t.Context())
	facts := second.Facts(nil)
	if got := facts[0]; !second.states[0].gone() || len(got.Problems) != 1 || !strings.Contains(got.Problems[0], "no answer") {
		t.Errorf("the silent cache: gone %v, %q", second.states[0].gone(), got.Problems)
	}
	got := facts[1]
	if len(got.Found) == 0 || len(got.Problems) > 0 {
		t.Errorf("the other cache has %q, problems %q", got.Found, got.Problems)
	}
	if got.Import > probeTimeout/2 {
		t.Errorf("the other cache took %s: it waited for the silent one", got.Import)
	}
	if executed := second.work(t); len(executed) != 2 {
		t.Errorf("executed %q", executed)
	}
	second.Wait()
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
	r := newTrial(t, buildkittest.Start(t), Cache{Type: "registry", Export: strings.TrimPrefix(server.URL, "http://") + "/app/cache"})
	r.work(t)
	r.Wait()
	got := r.fact()
	if len(got.Saved) != 2 || len(got.Problems) != 1 || !strings.Contains(got.Problems[0], "export: ") {
		t.Errorf("saved %q, problems %q", got.Saved, got.Problems)
	}
}
