package source

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// TestDockerfileContext wants no token of git's in what a Dockerfile can copy,
// nor what git does not know.
func TestDockerfileContext(t *testing.T) {
	t.Parallel()
	files := []string{
		"ci/Dockerfile", "ci/Dockerfile.dockerignore", "ci/.dockerignore", "ci/install.sh", "ci/new.sh", "ci/.env",
		"ci/sub/id_rsa", "ci/sub/tool.sh", "ci/a.git/x", "Cargo.toml", "ci/other/file",
	}
	ignore := func(t *testing.T, dir, text string) {
		t.Helper()
		write(t, dir, ".gitignore", text)
		runGit(t, dir, "init", "-q")
		runGit(t, dir, "add", ".")
		runGit(t, dir, "commit", "-qm", "x")
	}
	for name, c := range map[string]struct {
		prepare func(t *testing.T, dir string)
		want    []string
	}{
		"no repository": {func(t *testing.T, dir string) {
			t.Helper()
			if err := os.Mkdir(filepath.Join(dir, "ci/other/.git"), 0o700); err != nil {
				t.Fatal(err)
			}
			write(t, dir, "ci/other/.git/config", "token")
		}, []string{".dockerignore", ".env", "Dockerfile", "Dockerfile.dockerignore", "a.git/x", "install.sh", "new.sh", "other/file", "sub/id_rsa", "sub/tool.sh"}},
		"ignored files": {func(t *testing.T, dir string) {
			t.Helper()
			ignore(t, dir, ".env\nid_rsa\n*.dockerignore\n/ci/other/\n")
		}, []string{".dockerignore", "Dockerfile", "Dockerfile.dockerignore", "a.git/x", "install.sh", "new.sh", "sub/tool.sh"}},
		"deleted, and a link for a directory": {func(t *testing.T, dir string) {
			t.Helper()
			ignore(t, dir, "/secret\n")
			for _, name := range []string{"secret", "ci/install.sh", "ci/sub"} {
				if err := os.RemoveAll(filepath.Join(dir, name)); err != nil {
					t.Fatal(err)
				}
			}
			if err := os.Symlink("../secret", filepath.Join(dir, "ci/sub")); err != nil {
				t.Fatal(err)
			}
		}, []string{".dockerignore", ".env", "Dockerfile", "Dockerfile.dockerignore", "a.git/x", "new.sh", "other/file", "sub"}},
		"all ignored": {func(t *testing.T, dir string) {
			t.Helper()
			ignore(t, dir, "/ci/\n")
		}, []string{".dockerignore", "Dockerfile", "Dockerfile.dockerignore"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := lay(t, files...)
			c.prepare(t, dir)
			files, err := DockerfileContext(t.Context(), filepath.Join(dir, "ci/Dockerfile"))
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			err = files.Walk(t.Context(), "", func(name string, d fs.DirEntry, err error) error {
				if err == nil && !d.IsDir() {
					got = append(got, filepath.ToSlash(name))
				}
				return err
			})
			slices.Sort(got)
			if err != nil || !slices.Equal(got, c.want) {
				t.Errorf("%q (%v), want %q", got, err, c.want)
			}
		})
	}
	// Where git fails, nobody knows what is private.
	broken := lay(t, "ci/Dockerfile", ".git")
	if _, err := DockerfileContext(t.Context(), filepath.Join(broken, "ci/Dockerfile")); err == nil {
		t.Error("a repository that cannot be read is taken for none")
	}
}

// TestDockerfileContextOfUser: what the user ignores everywhere is private too.
func TestDockerfileContextOfUser(t *testing.T) {
	home := t.TempDir()
	write(t, home, ".gitconfig", "[core]\n\texcludesFile = ~/ignored\n")
	write(t, home, "ignored", ".env\n")
	t.Setenv("HOME", home)
	dir := lay(t, "ci/Dockerfile", "ci/.env", "ci/new.sh")
	runGit(t, dir, "init", "-q")
	files, err := DockerfileContext(t.Context(), filepath.Join(dir, "ci/Dockerfile"))
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]bool{".env": false, "new.sh": true} {
		var seen bool
		walked := files.Walk(t.Context(), "", func(file string, _ fs.DirEntry, err error) error {
			seen = seen || file == name
			return err
		})
		if walked != nil || seen != want {
			t.Errorf("%s is in the context: %t (%v)", name, seen, walked)
		}
	}
}
