package config

import (
	"os"
	"path/filepath"
	"strings"
)

// maxLinks is how many symbolic links a path may lead through, as for the
// system.
const maxLinks = 40

// repo is the repository as far as values of its file are judged by it.
type repo struct {
	// root is its top level without links, dir what paths of the file are
	// relative to.
	root, dir string
}

// outside reports whether a path, or one of several, leads out of the
// repository.
func (r *repo) outside(value any) bool {
	paths, many := value.([]string)
	if one, ok := value.(string); ok && !many && one != "" {
		paths = []string{one}
	}
	for _, path := range paths {
		if !r.holds(absolute(r.dir, path)) {
			return true
		}
	}
	return false
}

// holds reports whether an absolute path is in the repository once all links in
// it are followed.
func (r *repo) holds(path string) bool {
	real, ok := follow(path)
	return ok && below(r.root, real)
}

// below reports whether a path is a directory or in it, by their names.
func below(dir, path string) bool {
	rel, err := filepath.Rel(dir, path)
	return err == nil && filepath.IsLocal(rel)
}

// follow resolves the links in an absolute path, those too that lead to what is
// not there. It is not ok where nobody knows where the path leads.
func follow(path string) (real string, ok bool) {
	const separator = string(filepath.Separator)
	rest := strings.Split(path, separator)
	real, links := filepath.VolumeName(path)+separator, 0
	for len(rest) > 0 {
		name := rest[0]
		rest = rest[1:]
		if name == "" || name == "." {
			continue
		}
		next := filepath.Join(real, name) // .. is that of what a link led to
		info, err := os.Lstat(next)
		if err != nil && !os.IsNotExist(err) {
			return "", false
		}
		if err != nil || info.Mode()&os.ModeSymlink == 0 {
			real = next
			continue
		}
		target, err := os.Readlink(next)
		if links++; err != nil || links > maxLinks {
			return "", false
		}
		if filepath.IsAbs(target) {
			real = filepath.VolumeName(target) + separator
		}
		rest = append(strings.Split(target, separator), rest...)
	}
	return real, true
}

// linked is the first symbolic link in a path below a directory, "" if there is
// none.
func linked(dir, path string) string {
	rel, err := filepath.Rel(dir, path)
	if err != nil || !filepath.IsLocal(rel) {
		return ""
	}
	for name := range strings.SplitSeq(rel, string(filepath.Separator)) {
		dir = filepath.Join(dir, name)
		if info, err := os.Lstat(dir); err == nil && info.Mode()&os.ModeSymlink != 0 {
			return dir
		}
	}
	return ""
}
