package source

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"github.com/tonistiigi/fsutil"

	"github.com/cranekit/cranekit/config/git"
)

// DockerfileContext is what a Dockerfile can copy of its directory. Its steps
// have network, and what is private to a user is there as well: so in a git
// work tree it is what the source would have, the files that git tracks and
// those that it does not ignore. Elsewhere it is all but the metadata of git,
// which may hold a token. The frontend leaves out what .dockerignore says.
func DockerfileContext(ctx context.Context, dockerfile string) (fsutil.FS, error) {
	dir := filepath.Dir(dockerfile)
	fail := func(err error) (fsutil.FS, error) {
		return nil, fmt.Errorf("toolchain.dockerfile: listing what it can copy: %w", err)
	}
	l := &lister{root: dir, real: map[string]bool{}}
	repo, known, err := l.known(ctx, ".")
	if errors.Is(err, git.ErrNoRepository) {
		files, err := Confined(dir)
		if err != nil {
			return fail(err)
		}
		return fsutil.NewFilterFS(files, &fsutil.FilterOpt{ExcludePatterns: []string{"**/.git"}})
	}
	if err != nil {
		return fail(err)
	}
	// Of a directory that git ignores it knows no file: then none is sent.
	if err := l.add(ctx, repo, ".", known); err != nil {
		return fail(err)
	}
	tree := &Tree{Root: dir, Files: l.files}
	// The frontend itself reads these, whatever git knows of them.
	name := filepath.Base(dockerfile)
	tree.Files = append(tree.Files, name, name+".dockerignore", ".dockerignore")
	return tree.FS(nil)
}
