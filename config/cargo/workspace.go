package cargo

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
)

// ErrNoLock means that a workspace has no Cargo.lock.
var ErrNoLock = errors.New("there is no Cargo.lock: run `cargo generate-lockfile` and keep the file with the sources")

// Load reads the workspace that the package or workspace in dir belongs to.
// fsys is the whole file system, dir and base are slash-separated directories
// in it; base is the wanted source root, "" for the workspace's root. settings
// are values that may name files as those of cargo's configuration do: target
// descriptions, and flags of the compiler.
func Load(fsys fs.FS, dir, base string, settings ...string) (*Workspace, error) {
	return LoadWithin(fsys, dir, base, ".", settings...)
}

// LoadWithin is Load for a workspace that is not trusted: what manifests and
// cargo's configuration name must be in the directory bound, and nothing
// above it is read.
func LoadWithin(fsys fs.FS, dir, base, bound string, settings ...string) (*Workspace, error) {
	g, err := newGraph(fsys, cleanDir(dir), cleanDir(bound))
	if err != nil {
		return nil, err
	}
	if err := g.addMembers(); err != nil {
		return nil, err
	}
	if err := g.addReached(); err != nil {
		return nil, err
	}
	for _, t := range patchTables(g.rootDoc.doc) {
		if err := g.addPatches(g.rootDoc, t); err != nil {
			return nil, err
		}
	}
	top := g.root
	if base != "" {
		top = commonDir(top, cleanDir(base))
	}
	conf, top, err := g.configure(top, settings)
	if err != nil {
		return nil, err
	}
	return g.workspace(top, conf)
}

// cleanDir accepts a leading slash, since fsys is usually the root directory.
func cleanDir(dir string) string {
	return path.Clean(path.Join(".", strings.TrimLeft(dir, "/")))
}

// newGraph finds the root of the workspace around dir.
func newGraph(fsys fs.FS, dir, bound string) (*graph, error) {
	g := &graph{
		manifests: manifests{fsys: fsys, root: dir, bound: bound, known: map[string]*manifest{}},
		locals:    map[string]*local{},
	}
	if !fs.ValidPath(dir) {
		return nil, fmt.Errorf("workspace %q: %w", dir, fs.ErrInvalid)
	}
	m, err := g.read(dir)
	if err != nil {
		return nil, err
	}
	if m == nil {
		return nil, &FileError{File: "Cargo.toml", Err: fmt.Errorf("%w in /%s", fs.ErrNotExist, dir)}
	}
	root, err := g.workspaceOf(dir)
	if err != nil {
		return nil, err
	}
	if root == nil {
		root = m
	}
	g.root, g.rootDoc = root.dir, root
	return g, nil
}

func (g *graph) addPatches(m *manifest, t depTable) error {
	return eachPath(m, t, func(dir string, keys []string) error {
		return g.addLocal(dir, m, keys, true)
	})
}

// configure reads the configuration of every level from the root up to top
// and the packages that it patches in, which may raise top.
func (g *graph) configure(top string, settings []string) (*configuration, string, error) {
	for {
		conf, err := g.readConfig(top, settings)
		if err != nil {
			return nil, "", err
		}
		above := top
		for dir := range g.locals {
			above = commonDir(above, dir)
		}
		if above == top {
			return conf, top, nil
		}
		top = above
	}
}

// workspace turns what was found into a Workspace with paths relative to base.
func (g *graph) workspace(base string, conf *configuration) (*Workspace, error) {
	w := &Workspace{Base: base, Dir: relPath(base, g.root), configs: conf.files, named: conf.named}
	for _, dir := range slices.Sorted(maps.Keys(g.locals)) {
		w.Packages = append(w.Packages, g.pkg(g.locals[dir], base))
	}
	slices.SortFunc(w.Packages, func(a, b Package) int { return strings.Compare(a.Dir, b.Dir) })
	w.root.doc = cloneTable(g.rootDoc.doc)
	for _, dir := range slices.Concat(conf.overrides, g.replaced()) {
		w.root.replaced = append(w.root.replaced, relPath(base, dir))
	}
	for _, dir := range conf.vendored {
		w.vendored = append(w.vendored, relPath(base, dir))
	}
	if err := g.readToolchain(w); err != nil {
		return nil, err
	}
	text, err := readFile(g.fsys, path.Join(g.root, "Cargo.lock"))
	if err != nil {
		return nil, err
	}
	if text == nil {
		return nil, ErrNoLock
	}
	if w.Lock, err = ParseLock(text); err != nil {
		return nil, err
	}
	w.markReal()
	return w, nil
}

// replaced are the directories of [replace]: a replacement has the version of
// what it replaces.
func (g *graph) replaced() []string {
	var dirs []string
	for _, value := range tableAt(g.rootDoc.doc, "replace") {
		if name, ok := depPath(value); ok {
			dirs = append(dirs, path.Join(g.root, name))
		}
	}
	return dirs
}
