package publish

import (
	"errors"
	"io"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/cranekit/cranekit/buildkit/source"
	"github.com/cranekit/cranekit/cmd/project"
	"github.com/cranekit/cranekit/config"
	"github.com/cranekit/cranekit/config/cargo"
	"github.com/cranekit/cranekit/config/repofs"
	"github.com/cranekit/cranekit/images/oci"
)

// sourceFiles is one entry of image.files.
type sourceFiles struct {
	// key is that of the configuration.
	key string
	// from is the path below the root of the source, to that in the image.
	from, to string
	// files are those of the source that from is or holds, dir is set where it
	// is a directory.
	files []string
	dir   bool
}

// SelectFiles finds what image.files names among the files of the source: what
// git ignores and what source.exclude leaves out does not go into an image. An
// entry that names nothing is an error before anything is compiled.
func (p *Publication) SelectFiles(pr *project.Project, tree *source.Tree) error {
	if p == nil {
		return nil
	}
	p.source = tree
	var problems []config.Problem
	for _, name := range slices.Sorted(maps.Keys(pr.Config.Image.Files)) {
		s := sourceFiles{key: "image.files." + name, from: path.Join(pr.Workspace.Dir, name), to: pr.Config.Image.Files[name]}
		for _, file := range tree.Files {
			if cargo.Within(file, s.from) {
				s.files = append(s.files, file)
				s.dir = s.dir || file != s.from
			}
		}
		if len(s.files) == 0 {
			problems = append(problems, pr.Config.Problem(config.Check{}, s.key, config.Fault{
				Message: "the source has no such file or directory", Hint: "git add it, or see source.include and source.exclude",
			}))
		}
		slices.Sort(s.files)
		p.files = append(p.files, s)
	}
	return config.NewError(problems)
}

// addFiles adds what was selected. Root is that of the source.
func (p *Publication) addFiles(tree oci.Tree, contents oci.Contents, root *os.Root) error {
	for _, s := range p.files {
		to, err := contents.Resolve(s.to)
		if err == nil && !s.dir && (strings.HasSuffix(s.to, "/") || tree.IsDir(to) || contents[to].Mode.IsDir()) {
			to, err = contents.Resolve(path.Join(to, path.Base(s.from)))
		}
		if err != nil {
			return &keyError{s.key, err}
		}
		for _, file := range slices.Compact(s.files) {
			f, err := sourceFile(root, file)
			if err == nil {
				err = contents.Place(tree, path.Join(to, strings.TrimPrefix(strings.TrimPrefix(file, s.from), "/")), f)
			}
			if err != nil {
				return &keyError{s.key, err}
			}
		}
	}
	return nil
}

// keyError is an error about a key.
type keyError struct {
	key string
	error
}

func (e *keyError) Error() string { return e.key + ": " + e.error.Error() }
func (e *keyError) Unwrap() error { return e.error }

// sourceFile is a file or link of the source. Links stay links.
func sourceFile(root *os.Root, name string) (oci.File, error) {
	info, err := root.Lstat(filepath.FromSlash(name))
	switch {
	case err != nil:
		return oci.File{}, err
	case info.Mode()&fs.ModeSymlink != 0:
		target, err := root.Readlink(filepath.FromSlash(name))
		return oci.File{Mode: fs.ModeSymlink | 0o777, Target: target}, err
	case !info.Mode().IsRegular():
		return oci.File{}, errors.New(name + " is neither a file nor a link")
	}
	return oci.Regular(info.Mode(), info.Size(), func() (io.ReadCloser, error) { return repofs.OpenWithin(root, filepath.FromSlash(name)) }), nil
}
