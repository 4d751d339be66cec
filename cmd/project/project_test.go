package project

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/cranekit/cranekit/cmd/internal/cmdtest"
	"github.com/cranekit/cranekit/config"
)

func TestMain(m *testing.M) { cmdtest.Main(m) }

// loaded is the configuration of the workspace in a directory, with values as by
// --set and --trust.
func loaded(t *testing.T, dir string, set []string, trust ...config.Trust) *config.Config {
	t.Helper()
	cfg, _, err := Load(t.Context(), config.Options{Dir: dir, Set: set}, trust)
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}

// opened is the project of files in a new directory, with values as by --set and
// --trust.
func opened(t *testing.T, files map[string]string, set []string, trust string) *Project {
	t.Helper()
	dir := t.TempDir()
	cmdtest.WriteTree(t, dir, files)
	given, err := config.ParseTrust(trust)
	if err != nil {
		t.Fatal(err)
	}
	p, err := Open(t.Context(), loaded(t, dir, set, given...))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// isUsage reports whether an error is one of the user's.
func isUsage(err error) bool {
	_, ok := errors.AsType[UsageError](err)
	return ok
}

// TestProjectOfHostileGit asks git about workspaces whose git directory runs
// programs.
func TestProjectOfHostileGit(t *testing.T) {
	t.Parallel()
	cmdtest.HostileGit(t, func(t *testing.T, at string) {
		t.Helper()
		p, err := Open(t.Context(), loaded(t, at, nil))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := p.Tree(t.Context()); err != nil {
			t.Error(err)
		}
		p.Commit(t.Context())
		p.Caches(t.Context(), t.Output())
	})
}

// TestLinksInPlace has links where a run makes directories of its own.
func TestLinksInPlace(t *testing.T) {
	t.Parallel()
	for name, repo := range map[string]bool{"git": true, "no git": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir, outside := cmdtest.RealDir(t), cmdtest.RealDir(t)
			cmdtest.WriteTree(t, dir, cmdtest.Single())
			cmdtest.WriteTree(t, dir, map[string]string{".gitignore": "target/\nresult/\n"})
			if repo {
				cmdtest.Git(t, dir, "init", "-q")
			}
			cmdtest.Symlink(t, outside, filepath.Join(dir, "target"))
			cmdtest.Symlink(t, outside, filepath.Join(dir, "result"))
			p, err := Open(t.Context(), loaded(t, dir, nil))
			if err != nil {
				t.Fatal(err)
			}
			tree, err := p.Tree(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if want := []string{".gitignore", "Cargo.lock", "Cargo.toml", "src/main.rs"}; !slices.Equal(tree.Files, want) {
				t.Errorf("files %q, want %q", tree.Files, want)
			}
			// As nix build leaves it when its store is swept.
			if err := os.Remove(outside); err != nil {
				t.Fatal(err)
			}
			if err := claimOutput(p.Config.Output, p.Config.Workspace); !isUsage(err) || !strings.Contains(err.Error(), "result is a link to "+outside+", which is not there: remove the link") {
				t.Errorf("claimed: %v", err)
			}
		})
	}
}

// TestPathsOut has a workspace that reaches out of its repository.
func TestPathsOut(t *testing.T) {
	t.Parallel()
	for name, repo := range map[string]bool{"git": true, "crane.yaml": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			top := cmdtest.RealDir(t)
			dir := filepath.Join(top, "repo")
			cmdtest.WriteTree(t, top, map[string]string{"beside/Cargo.toml": "[package]\nname = \"beside\"\nversion = \"1.0.0\"\n[workspace]\n", "beside/src/lib.rs": ""})
			cmdtest.WriteTree(t, dir, cmdtest.Single())
			cmdtest.WriteTree(t, dir, map[string]string{
				"Cargo.toml": cmdtest.Single()["Cargo.toml"] + "[dependencies]\nbeside = {path = \"../beside\"}\n",
				"Cargo.lock": "version = 4\n\n[[package]]\nname = \"beside\"\nversion = \"1.0.0\"\n\n[[package]]\nname = \"single\"\nversion = \"1.0.0\"\ndependencies = [\"beside\"]\n",
				"crane.yaml": "checks: {fmt: }\n",
			})
			if repo {
				cmdtest.Git(t, dir, "init", "-q")
			}
			cfg := loaded(t, dir, nil)
			_, err := Open(t.Context(), cfg)
			if want := `Cargo.toml:6: path "../beside" leads out of the repository; allow it with --trust paths`; !isUsage(err) || !strings.Contains(err.Error(), want) {
				t.Errorf("error %v, want %q", err, want)
			}
			cfg.Trust = []config.Trust{config.TrustPaths}
			p, err := Open(t.Context(), cfg)
			if err != nil {
				t.Fatal(err)
			}
			tree, err := p.Tree(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Contains(tree.Files, "beside/src/lib.rs") || !slices.Contains(tree.Files, "repo/src/main.rs") {
				t.Errorf("files %q", tree.Files)
			}
		})
	}
}
