// Package cmdtest is what tests of commands share.
package cmdtest

import (
	"encoding/pem"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cranekit/cranekit/buildkit/buildkittest"
)

// Main is the TestMain of packages of commands: it keeps the settings of whoever
// runs the tests out of them. The builder of a test is the test binary once more.
func Main(m *testing.M) { os.Exit(runImpersonal(m)) }

// runImpersonal is m.Run without the settings of whoever runs the tests.
func runImpersonal(m *testing.M) int {
	for _, pair := range os.Environ() {
		if name, _, _ := strings.Cut(pair, "="); personal(name) {
			if err := os.Unsetenv(name); err != nil {
				fmt.Fprintln(os.Stderr, err)
				return 1
			}
		}
	}
	// Nobody's own file of trust counts; tests of it set another. The
	// directory is there: the go command, which tests call, makes it.
	settings, err := os.MkdirTemp("", "cranekit-settings")
	if err == nil {
		err = os.Setenv("XDG_CONFIG_HOME", settings)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(settings)
	return buildkittest.Run(m)
}

// personal reports whether a variable says something of whoever runs the tests,
// or of the CI that does.
func personal(name string) bool {
	for _, prefix := range []string{"CRANEKIT_", "GITHUB_", "GITLAB_", "CI_", "BUILDKITE", "CIRCLE", "SYSTEM_PULLREQUEST_", "BITBUCKET_"} {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	return name == "CI" || name == "TF_BUILD"
}

// Single are the files of a workspace of one package.
func Single() map[string]string {
	return map[string]string{
		"Cargo.toml":  "[package]\nname = \"single\"\nversion = \"1.0.0\"\nedition = \"2021\"\n",
		"Cargo.lock":  "version = 4\n\n[[package]]\nname = \"single\"\nversion = \"1.0.0\"\n",
		"src/main.rs": "fn main() {}\n",
	}
}

// WriteTree writes files below a directory.
func WriteTree(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// RealDir is a new directory by a path without links.
func RealDir(t *testing.T) string {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// Git runs git in a directory, as somebody.
func Git(t *testing.T, dir string, args ...string) {
	t.Helper()
	args = append([]string{"-C", dir, "-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "protocol.file.allow=always"}, args...)
	if out, err := exec.CommandContext(t.Context(), "git", args...).CombinedOutput(); err != nil {
		t.Fatalf("git %q: %v\n%s", args, err, out)
	}
}

// Certificate is text in the form of one.
func Certificate(text string) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: []byte(text)}))
}

// Symlink makes a link that leads to a path.
func Symlink(t *testing.T, to, at string) {
	t.Helper()
	if err := os.Symlink(to, at); err != nil {
		t.Fatal(err)
	}
}

// HostileGit calls f in workspaces that look like a bare repository to git, or whose
// git directory was unpacked, with a program in its configuration: none may run.
func HostileGit(t *testing.T, f func(t *testing.T, dir string)) {
	t.Helper()
	const bare = "\tworktree = .\n\tbare = false\n"
	for name, c := range map[string]struct {
		repository bool
		git        string // the directory that is taken for git's
		more       string
	}{
		"tracked files like a bare repository": {true, "ws", bare},
		"an unpacked git directory":            {true, ".git", ""},
		"without a repository around":          {false, "ws", bare},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir, canary := RealDir(t), filepath.Join(t.TempDir(), "canary")
			at := filepath.Join(dir, "ws")
			WriteTree(t, at, Single())
			WriteTree(t, at, map[string]string{"crane.yaml": "cache: [\"registry.example/app/cache:{branch}\"]\n"})
			if c.git == "ws" {
				WriteTree(t, at, map[string]string{"HEAD": "ref: refs/heads/main\n", "objects/x": "", "refs/x": ""})
			}
			if c.repository {
				Git(t, dir, "init", "-q")
			}
			text := "[core]\n\trepositoryFormatVersion = 0\n\tfsmonitor = \": >" + canary + "; false\"\n" + c.more
			WriteTree(t, filepath.Join(dir, c.git), map[string]string{"config": text})
			f(t, at)
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

// WithCache is a repository that has the directory of a local cache, .cache, among
// its files.
func WithCache(t *testing.T) (dir string) {
	t.Helper()
	dir = RealDir(t)
	WriteTree(t, dir, Single())
	WriteTree(t, dir, map[string]string{".cache/index.json": "{}"})
	Git(t, dir, "init", "-q")
	Git(t, dir, "add", "-Af")
	return dir
}
