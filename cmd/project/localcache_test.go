package project

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cranekit/cranekit/buildkit/cache"
	"github.com/cranekit/cranekit/cmd/internal/cmdtest"
	"github.com/cranekit/cranekit/config"
)

// TestOwnCaches wants no local cache that a repository brings along: whoever
// wrote it wrote what others on the builder compile with.
func TestOwnCaches(t *testing.T) {
	t.Parallel()
	outside := cmdtest.RealDir(t)
	for name, c := range map[string]struct {
		// git adds all there is, then made is done, and dir used from ws.
		git       bool
		prepare   func(t *testing.T, root string)
		made      func(t *testing.T, root string)
		dir, want string
	}{
		"nothing there":  {git: true, dir: "ws/.cache"},
		"untracked":      {git: true, made: file("ws/.cache/index.json"), dir: "ws/.cache"},
		"tracked":        {git: true, prepare: file("ws/.cache/blobs/x"), dir: "ws/.cache", want: "ws/.cache/blobs/x is tracked by git"},
		"below it":       {git: true, prepare: file("ws/.cache/pr-x/index.json"), dir: "ws/.cache", want: "tracked"},
		"tracked link":   {git: true, prepare: link("ws/.cache", outside), dir: "ws/.cache", want: "ws/.cache is tracked by git"},
		"link above":     {git: true, prepare: link("ws/a", outside), dir: "ws/a/cache", want: "ws/a is tracked by git"},
		"own link":       {git: true, made: link("ws/.cache", outside), dir: "ws/.cache"},
		"own link to it": {git: true, prepare: file("ws/other/index.json"), made: link("ws/.cache", "other"), dir: "ws/.cache", want: "ws/other/index.json is tracked"},
		"no git":         {prepare: file("ws/.cache/index.json"), dir: "ws/.cache"},
		"link, no git":   {prepare: link("ws/.cache", outside), dir: "ws/.cache", want: "is a link"},
		"lost link":      {git: true, made: link("ws/.cache", "nowhere"), dir: "ws/.cache", want: "to nowhere"},
		"beside":         {git: true, prepare: file("cache/index.json"), dir: "cache", want: "cache/index.json is tracked"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			root := cmdtest.RealDir(t)
			cmdtest.WriteTree(t, root, map[string]string{"ws/Cargo.toml": ""})
			if c.prepare != nil {
				c.prepare(t, root)
			}
			if c.git {
				cmdtest.Git(t, root, "init", "-q")
				cmdtest.Git(t, root, "add", "-Af")
			}
			if c.made != nil {
				c.made(t, root)
			}
			cfg := &config.Config{Root: root, Workspace: filepath.Join(root, "ws")}
			for _, l := range []cache.Cache{{Type: config.CacheLocal, Import: []string{filepath.Join(root, c.dir)}}, {Type: config.CacheLocal, Export: filepath.Join(root, c.dir)}} {
				kept, notes := OwnCaches(t.Context(), cfg, []cache.Cache{l})
				if (len(kept) == 1) != (c.want == "") || !strings.Contains(strings.Join(notes, ""), c.want) {
					t.Errorf("kept %v, noted %q; want %q", kept, notes, c.want)
				}
			}
		})
	}
}

// TestOwnCacheOfRun asks what a run would use.
func TestOwnCacheOfRun(t *testing.T) {
	t.Parallel()
	dir := cmdtest.WithCache(t)
	cfg := loaded(t, dir, nil)
	cfg.Cache = []config.CacheEntry{{Type: config.CacheLocal, Import: true, Src: ".cache"}}
	p, err := Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	if list := p.Caches(t.Context(), t.Output()); len(list) > 0 || !p.CacheLeftOut {
		t.Errorf("a run uses %v", list)
	}
}

func file(name string) func(*testing.T, string) {
	return func(t *testing.T, root string) {
		t.Helper()
		cmdtest.WriteTree(t, root, map[string]string{name: "{}"})
	}
}

func link(name, to string) func(*testing.T, string) {
	return func(t *testing.T, root string) {
		t.Helper()
		if err := os.Symlink(to, filepath.Join(root, name)); err != nil {
			t.Fatal(err)
		}
	}
}
