package buildkit

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/moby/buildkit/client"
	gateway "github.com/moby/buildkit/frontend/gateway/client"
	"github.com/tonistiigi/fsutil"

	"github.com/cranekit/cranekit/buildkit/builder"
	"github.com/cranekit/cranekit/buildkit/buildkittest"
	"github.com/cranekit/cranekit/llb"
)

// TestOwnFrontend builds Dockerfiles that name a frontend in a registry, but only
// after they were looked at: the registry is asked for nothing. They copy from
// their directory.
func TestOwnFrontend(t *testing.T) {
	t.Parallel()
	var asked atomic.Int32
	registry := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		w.WriteHeader(http.StatusNotFound)
	}))
	t.Cleanup(registry.Close)
	frontend := strings.TrimPrefix(registry.URL, "http://") + "/frontend"
	b, _, err := builder.Select(t.Context(), builder.Choice{Spec: buildkittest.Start(t)})
	if err != nil {
		t.Fatal(err)
	}
	c, err := b.Client(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	for name, toolchain := range map[string]Toolchain{
		"none":             {Dockerfile: "FROM scratch\nCOPY Dockerfile /\n"},
		"a line":           {Dockerfile: "# syntax=" + frontend + "\nFROM scratch\nCOPY Dockerfile /\n"},
		"a build argument": {Dockerfile: "FROM scratch\nCOPY Dockerfile /\n", Args: map[string]string{syntaxArg: frontend}},
	} {
		file := filepath.Join(t.TempDir(), "Dockerfile")
		write := func(text string) {
			if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		write("FROM scratch\n")
		opt := client.SolveOpt{LocalMounts: map[string]fsutil.FS{}}
		if _, err := (Toolchain{Dockerfile: file}).offer(&opt, ""); err != nil {
			t.Fatal(err)
		}
		write(toolchain.Dockerfile)
		toolchain.Dockerfile = file
		_, err = c.Build(t.Context(), opt, "cranekit", func(ctx context.Context, gc gateway.Client) (*gateway.Result, error) {
			base, err := toolchain.dockerfile(ctx, gc, llb.Base{})
			if err == nil && base.Definition == nil {
				t.Errorf("%s: there is no definition", name)
			}
			return gateway.NewResult(), err
		}, nil)
		if err != nil || asked.Load() > 0 {
			t.Errorf("%s: the registry was asked %d times (%v)", name, asked.Load(), err)
		}
	}
}
