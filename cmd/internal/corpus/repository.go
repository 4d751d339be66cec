package corpus

import (
	"archive/tar"
	"bytes"
	"context"
	"embed"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
)

// Repository is a workspace in a public repository of GitHub.
type Repository struct {
	// Owner and Name are GitHub's, Commit is a full hash.
	Owner, Name, Commit string
	// Without are files and directories that are left out: large ones that no
	// build reads and that mirrors may lack.
	Without []string
	// Why is the reason for trying it.
	Why string
	Settings
}

// locks are made for repositories that have none.
//
//go:embed locks
var locks embed.FS

// mirrorsVariable names a directory of repositories, each OWNER+NAME.git,
// OWNER+NAME or OWNER+NAME/repo: they are asked instead of GitHub.
const mirrorsVariable = "CONFORMANCE_MIRRORS"

// Case is the repository as a case.
func (r *Repository) Case() Case {
	return Case{
		Name: r.Name, About: r.Owner + " " + r.Commit[:12] + ": " + r.Why, Group: GroupRepository, Dir: ".", Quick: r.Quick, Settings: r.Settings, lay: r.lay,
	}
}

// lay writes the files of the commit, and the lock that the corpus keeps if
// the commit has none. What is in submodules is left out.
func (r *Repository) lay(ctx context.Context, dir string, _ *Server) error {
	fail := func(err error) error { return fmt.Errorf("getting %s/%s at %s: %w", r.Owner, r.Name, r.Commit, err) }
	git, done, err := r.clone(ctx)
	if err != nil {
		return fail(err)
	}
	defer done()
	args := []string{"archive", "--format=tar", r.Commit, "."}
	for _, path := range r.Without {
		args = append(args, ":(exclude)"+path)
	}
	archive, err := gitIn(ctx, git, args...)
	if err != nil {
		return fail(err)
	}
	if err := extract(archive, dir); err != nil {
		return fail(err)
	}
	lock, err := locks.ReadFile(path.Join("locks", r.Name+".lock"))
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fail(err)
	}
	return write(dir, "Cargo.lock", lock, 0o644)
}

// clone returns a repository that has the commit, and what takes it away.
func (r *Repository) clone(ctx context.Context) (git string, done func(), err error) {
	if mirrors := os.Getenv(mirrorsVariable); mirrors != "" {
		name := filepath.Join(mirrors, r.Owner+"+"+r.Name)
		for _, dir := range []string{name + ".git", filepath.Join(name, "repo"), name} {
			if _, err := os.Stat(dir); err == nil {
				return dir, func() {}, nil
			}
		}
		return "", nil, fmt.Errorf("$%s has no %s+%s", mirrorsVariable, r.Owner, r.Name)
	}
	if git, err = os.MkdirTemp("", "conformance-git-"); err != nil {
		return "", nil, err
	}
	done = func() { _ = os.RemoveAll(git) }
	_, err = gitIn(ctx, git, "init", "--quiet", "--bare")
	if err == nil {
		_, err = gitIn(ctx, git, "fetch", "--quiet", "--depth=1", "https://github.com/"+r.Owner+"/"+r.Name, r.Commit)
	}
	if err != nil {
		done()
		return "", nil, fmt.Errorf("%w (set %s to a directory of mirrors where GitHub is out of reach)", err, mirrorsVariable)
	}
	return git, done, nil
}

// gitIn runs git in a repository and returns what it prints.
func gitIn(ctx context.Context, dir string, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, "git", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GIT_TERMINAL_PROMPT=0", "GIT_CONFIG_COUNT=1", "GIT_CONFIG_KEY_0=safe.directory", "GIT_CONFIG_VALUE_0=*")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("git %s: %w: %s", args[0], err, strings.TrimSpace(stderr.String()))
	}
	return out, nil
}

// extract writes the files and links of an archive that git made.
func extract(archive []byte, dir string) error {
	for files := tar.NewReader(bytes.NewReader(archive)); ; {
		header, err := files.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if header.Typeflag != tar.TypeReg && header.Typeflag != tar.TypeSymlink {
			continue
		}
		if !filepath.IsLocal(header.Name) {
			return fmt.Errorf("the file name %q leads out of the repository", header.Name)
		}
		if header.Typeflag == tar.TypeSymlink {
			if err := link(dir, header.Name, header.Linkname); err != nil {
				return err
			}
			continue
		}
		text, err := io.ReadAll(files)
		if err != nil {
			return err
		}
		if err := write(dir, header.Name, text, header.FileInfo().Mode().Perm()|0o600); err != nil {
			return err
		}
	}
}

// link makes a symbolic link, which must not lead out of dir: files may be
// written through it.
func link(dir, name, to string) error {
	if filepath.IsAbs(to) || !filepath.IsLocal(filepath.Join(filepath.Dir(name), to)) {
		return fmt.Errorf("the link %q leads out of the tree, to %q", name, to)
	}
	file := filepath.Join(dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	return os.Symlink(to, file)
}
