package buildkit

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/moby/buildkit/client"
	gateway "github.com/moby/buildkit/frontend/gateway/client"
	"github.com/tonistiigi/fsutil"

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
	c := dial(t)
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
		if _, err := (Toolchain{Dockerfile: file}).offer(t.Context(), &opt, ""); err != nil {
			t.Fatal(err)
		}
		write(toolchain.Dockerfile)
		toolchain.Dockerfile = file
		_, err := c.Build(t.Context(), opt, "cranekit", func(ctx context.Context, gc gateway.Client) (*gateway.Result, error) {
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

// TestDockerfileCopies builds a Dockerfile that copies all that it can.
func TestDockerfileCopies(t *testing.T) {
	t.Parallel()
	c := dial(t)
	dir := t.TempDir()
	for name, text := range map[string]string{
		"Dockerfile": "FROM scratch\nCOPY . /\n", ".dockerignore": "notes.txt\n", ".gitignore": ".env\n.dockerignore\n",
		"install.sh": "", ".env": "", "notes.txt": "",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if out, err := exec.CommandContext(t.Context(), "git", "-C", dir, "init", "-q").CombinedOutput(); err != nil {
		t.Fatalf("git init: %v\n%s", err, out)
	}
	opt := client.SolveOpt{LocalMounts: map[string]fsutil.FS{}}
	toolchain := Toolchain{Dockerfile: filepath.Join(dir, "Dockerfile")}
	if _, err := toolchain.offer(t.Context(), &opt, ""); err != nil {
		t.Fatal(err)
	}
	var got []string
	_, err := c.Build(t.Context(), opt, "cranekit", func(ctx context.Context, gc gateway.Client) (*gateway.Result, error) {
		base, err := toolchain.dockerfile(ctx, gc, llb.Base{})
		if err != nil {
			return nil, err
		}
		res, err := gc.Solve(ctx, gateway.SolveRequest{Definition: base.Definition})
		if err != nil {
			return nil, err
		}
		ref, err := res.SingleRef()
		if err != nil {
			return nil, err
		}
		entries, err := ref.ReadDir(ctx, gateway.ReadDirRequest{Path: "/"})
		for _, entry := range entries {
			got = append(got, entry.Path)
		}
		return gateway.NewResult(), err
	}, nil)
	slices.Sort(got)
	if want := []string{".dockerignore", ".gitignore", "Dockerfile", "install.sh"}; err != nil || !slices.Equal(got, want) {
		t.Errorf("copied %q (%v), want %q", got, err, want)
	}
}
