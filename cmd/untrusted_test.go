package cmd

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/spf13/pflag"

	"github.com/cranekit/cranekit/config"
)

// realDir is a new directory by a path without links.
func realDir(t *testing.T) string {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

func runGit(t *testing.T, dir string, args ...string) {
	t.Helper()
	args = append([]string{"-C", dir, "-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "protocol.file.allow=always"}, args...)
	if out, err := exec.CommandContext(t.Context(), "git", args...).CombinedOutput(); err != nil {
		t.Fatalf("git %q: %v\n%s", args, err, out)
	}
}

func symlink(t *testing.T, to, at string) {
	t.Helper()
	if err := os.Symlink(to, at); err != nil {
		t.Fatal(err)
	}
}

// loaded is the configuration of a workspace.
func loaded(t *testing.T, dir string) *config.Config {
	t.Helper()
	a := &app{global: globalFlags{dir: dir}}
	cfg, err := a.load(t.Context(), pflag.NewFlagSet("", pflag.ContinueOnError))
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}

// TestHostileGit plans, looks at and starts on a workspace that looks like a
// bare repository to git, and on one whose git directory was unpacked.
func TestHostileGit(t *testing.T) {
	t.Parallel()
	for name, prepare := range map[string]func(t *testing.T, dir, config string) string{
		"tracked files like a bare repository": func(t *testing.T, dir, config string) string {
			t.Helper()
			writeTree(t, dir, map[string]string{"ws/HEAD": "ref: refs/heads/main\n", "ws/objects/x": "", "ws/refs/x": "", "ws/config": config + "\tworktree = .\n\tbare = false\n"})
			runGit(t, dir, "init", "-q")
			return "ws"
		},
		"an unpacked git directory": func(t *testing.T, dir, config string) string {
			t.Helper()
			runGit(t, dir, "init", "-q")
			writeTree(t, dir, map[string]string{".git/config": config})
			return "ws"
		},
		"without a repository around": func(t *testing.T, dir, config string) string {
			t.Helper()
			writeTree(t, dir, map[string]string{"ws/HEAD": "ref: refs/heads/main\n", "ws/objects/x": "", "ws/refs/x": "", "ws/config": config + "\tworktree = .\n\tbare = false\n"})
			return "ws"
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir, canary := realDir(t), filepath.Join(t.TempDir(), "canary")
			for file, text := range single() {
				writeTree(t, dir, map[string]string{"ws/" + file: text})
			}
			at := filepath.Join(dir, prepare(t, dir, "[core]\n\trepositoryFormatVersion = 0\n\tfsmonitor = \": >"+canary+"; false\"\n"))
			writeTree(t, at, map[string]string{"crane.yaml": "cache: [\"registry.example/app/cache:{branch}\"]\n"})
			if out, err := command(t, at, "plan"); err != nil {
				t.Errorf("plan: %v\n%s", err, out)
			}
			if out, err := command(t, at, "init", "--stdout"); err != nil {
				t.Errorf("init: %v\n%s", err, out)
			}
			d := newDoctor(t, at)
			d.workspace(t.Context())
			d.git(t.Context())
			d.expect(t, "git", healthOK, "", "")
			p := d.project
			if _, err := p.tree(t.Context()); err != nil {
				t.Error(err)
			}
			p.commit(t.Context())
			p.caches(t.Context(), t.Output())
			if _, err := os.Stat(canary); err == nil {
				t.Fatal("a program of the repository ran")
			}
			// The canary is alive: git itself runs the program.
			_ = exec.CommandContext(t.Context(), "git", "-C", at, "status").Run() // its own errors are of no interest
			if _, err := os.Stat(canary); err != nil {
				t.Error("git status does not run the program either: the test tests nothing")
			}
		})
	}
}

// TestUnreadableRepository wants an error, with exit code 2, where git cannot
// tell what is private.
func TestUnreadableRepository(t *testing.T) {
	t.Parallel()
	dir := realDir(t)
	writeTree(t, dir, single())
	writeTree(t, dir, map[string]string{".git/HEAD": "nonsense"})
	for _, verb := range []string{"plan", "init"} {
		if out, err := command(t, dir, verb); exitCode(err) != exitUsage || !strings.Contains(err.Error(), "git repository in "+dir) {
			t.Errorf("%s: %v\n%s", verb, err, out)
		}
	}
	d := newDoctor(t, dir)
	d.git(t.Context())
	d.expect(t, "git", healthFail, "git repository in "+dir, "")
}

// TestAbsentSubmodule wants a clone without submodules to be said.
func TestAbsentSubmodule(t *testing.T) {
	t.Parallel()
	dir, sub, clone := realDir(t), realDir(t), realDir(t)
	writeTree(t, sub, map[string]string{"a.txt": ""})
	writeTree(t, dir, single())
	for _, repo := range []string{sub, dir} {
		runGit(t, repo, "init", "-q")
		runGit(t, repo, "add", ".")
		runGit(t, repo, "commit", "-qm", "x")
	}
	runGit(t, dir, "submodule", "--quiet", "add", sub, "sub")
	runGit(t, dir, "commit", "-qm", "sub")
	runGit(t, clone, "clone", "-q", dir, ".")
	d := newDoctor(t, clone)
	d.workspace(t.Context())
	d.git(t.Context())
	d.expect(t, "source", healthWarn, "the submodule sub is not checked out", submoduleAdvice)
	tree, err := d.project.tree(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var said strings.Builder
	warnAbsent(&said, tree)
	if want := "warning: the submodule sub is not checked out: run " + submoduleAdvice + " to have the files\n"; said.String() != want {
		t.Errorf("said %q, want %q", said.String(), want)
	}
}

// TestLinksInPlace has links where a run makes directories of its own.
func TestLinksInPlace(t *testing.T) {
	t.Parallel()
	for name, repo := range map[string]bool{"git": true, "no git": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir, outside := realDir(t), realDir(t)
			writeTree(t, dir, single())
			writeTree(t, dir, map[string]string{".gitignore": "target/\nresult/\n"})
			if repo {
				runGit(t, dir, "init", "-q")
			}
			symlink(t, outside, filepath.Join(dir, "target"))
			symlink(t, outside, filepath.Join(dir, "result"))
			p, err := open(t.Context(), loaded(t, dir))
			if err != nil {
				t.Fatal(err)
			}
			tree, err := p.tree(t.Context())
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
			d := newDoctor(t, dir)
			d.output(t.Context())
			d.expect(t, "output", healthFail, "result is a link to "+outside+", which is not there: remove the link", "--output")
			if err := claimOutput(p.cfg.Output, p.cfg.Workspace); exitCode(err) != exitUsage {
				t.Errorf("claimed: %v", err)
			}
		})
	}
}

// TestOddInputs has things that are not plain files of a sane size where the
// program reads one.
func TestOddInputs(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"crane.yaml", "Cargo.toml", "Cargo.lock", "rust-toolchain.toml", ".cargo/config.toml"} {
		for kind, place := range map[string]func(at string) error{
			"pipe":    func(at string) error { return syscall.Mkfifo(at, 0o644) },
			"endless": func(at string) error { return os.Symlink("/dev/zero", at) },
			"huge": func(at string) error {
				if err := os.WriteFile(at, nil, 0o644); err != nil {
					return err
				}
				return os.Truncate(at, 1<<40)
			},
			"secret": func(at string) error { return os.Symlink("/etc/passwd", at) },
		} {
			t.Run(kind+" as "+name, func(t *testing.T) {
				t.Parallel()
				dir := realDir(t)
				writeTree(t, dir, single())
				at := filepath.Join(dir, name)
				if err := os.MkdirAll(filepath.Dir(at), 0o755); err != nil {
					t.Fatal(err)
				}
				_ = os.Remove(at) // where it is there
				if err := place(at); err != nil {
					t.Fatal(err)
				}
				began := time.Now()
				out, err := command(t, dir, "plan")
				if exitCode(err) != exitUsage || !strings.Contains(err.Error(), filepath.Base(name)) || strings.Contains(out+err.Error(), "root:") {
					t.Errorf("error %v\n%s", err, out)
				}
				if took := time.Since(began); took > 30*time.Second {
					t.Errorf("it took %s", took)
				}
			})
		}
	}
}

// TestPathsOut has a workspace that reaches out of its repository.
func TestPathsOut(t *testing.T) {
	t.Parallel()
	for name, repo := range map[string]bool{"git": true, "crane.yaml": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			top := realDir(t)
			dir := filepath.Join(top, "repo")
			writeTree(t, top, map[string]string{"beside/Cargo.toml": "[package]\nname = \"beside\"\nversion = \"1.0.0\"\n[workspace]\n", "beside/src/lib.rs": ""})
			writeTree(t, dir, single())
			writeTree(t, dir, map[string]string{
				"Cargo.toml": single()["Cargo.toml"] + "[dependencies]\nbeside = {path = \"../beside\"}\n",
				"Cargo.lock": "version = 4\n\n[[package]]\nname = \"beside\"\nversion = \"1.0.0\"\n\n[[package]]\nname = \"single\"\nversion = \"1.0.0\"\ndependencies = [\"beside\"]\n",
				"crane.yaml": "checks: {fmt: }\n",
			})
			if repo {
				runGit(t, dir, "init", "-q")
			}
			cfg := loaded(t, dir)
			_, err := open(t.Context(), cfg)
			if want := `Cargo.toml:6: path "../beside" leads out of the repository; allow it with --trust paths`; exitCode(err) != exitUsage || !strings.Contains(err.Error(), want) {
				t.Errorf("error %v, want %q", err, want)
			}
			cfg.Trust = []config.Trust{config.TrustPaths}
			p, err := open(t.Context(), cfg)
			if err != nil {
				t.Fatal(err)
			}
			tree, err := p.tree(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Contains(tree.Files, "beside/src/lib.rs") || !slices.Contains(tree.Files, "repo/src/main.rs") {
				t.Errorf("files %q", tree.Files)
			}
		})
	}
}

// TestInitThroughLinks wants init to write nothing outside of the repository.
func TestInitThroughLinks(t *testing.T) {
	t.Parallel()
	for name, args := range map[string][]string{".github": {"--ci", "github"}, "crane.yaml": {"--force"}} {
		dir, outside := realDir(t), realDir(t)
		writeTree(t, dir, single())
		runGit(t, dir, "init", "-q")
		to := outside
		if name == "crane.yaml" {
			to = filepath.Join(outside, "new.yaml")
		}
		symlink(t, to, filepath.Join(dir, name))
		if out, err := command(t, dir, append([]string{"init"}, args...)...); err == nil {
			t.Errorf("%s: %s", name, out)
		}
		if left, err := os.ReadDir(outside); err != nil || len(left) > 0 {
			t.Errorf("%s: made %v (%v)", name, left, err)
		}
	}
}
