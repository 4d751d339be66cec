package cargo

import (
	"fmt"
	"io/fs"
	"path"
	"slices"
)

// Guest is a workspace with a lock of its own that tests or build scripts build:
// its crates are fetched, and nothing of it is compiled before.
type Guest struct {
	// Dir is relative to Workspace.Base.
	Dir string
	// Files are manifests, targets that stand in for the real ones, and the lock.
	Files []File
}

// Guest reads the workspace of a lock, in the file system and for the base that
// w was loaded with. Files that w has itself are left out.
func (w *Workspace) Guest(fsys fs.FS, lock string, skeleton *Skeleton) (Guest, error) {
	dir := path.Dir(lock)
	if path.Base(lock) != "Cargo.lock" || !Within(dir, w.Base) {
		return Guest{}, fmt.Errorf("/%s is not a Cargo.lock in the repository", lock)
	}
	g, err := LoadWithin(fsys, dir, w.Base, w.Base)
	if err != nil {
		return Guest{}, err
	}
	if at := relPath(w.Base, dir); g.Base != w.Base || g.Dir != at {
		return Guest{}, fmt.Errorf("cargo does not read /%s: it is not in the directory of a workspace below /%s", lock, w.Base)
	}
	if g.Dir == w.Dir {
		return Guest{}, fmt.Errorf("/%s is the lock of the workspace itself", lock)
	}
	own, err := g.Skeleton()
	if err != nil {
		return Guest{}, err
	}
	guest := Guest{Dir: g.Dir}
	files := own.Files
	for _, dir := range own.Real {
		// Cargo wants a target to be there before it reads any dependency.
		files = append(files, File{Path: path.Join(dir, "src/lib.rs"), Data: []byte{}, Mode: 0o644})
	}
	for _, file := range files {
		known := slices.ContainsFunc(skeleton.Files, func(f File) bool { return f.Path == file.Path }) ||
			slices.ContainsFunc(skeleton.Real, func(dir string) bool { return Within(file.Path, dir) })
		if !known && path.Base(path.Dir(file.Path)) != ".cargo" && !slices.Contains(own.Named, file.Path) {
			guest.Files = append(guest.Files, file)
		}
	}
	return guest, nil
}
