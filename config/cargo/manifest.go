package cargo

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"syscall"
)

// manifest is a Cargo.toml as it stands in the file system.
type manifest struct {
	// dir holds the file, name is the file in errors. Its paths must not lead
	// out of bound.
	dir, name, bound string
	text             []byte
	doc              table
}

// packageTable returns [package], or [project] as old manifests call it.
func packageTable(doc table) table {
	if pkg := tableAt(doc, "package"); pkg != nil {
		return pkg
	}
	return tableAt(doc, "project")
}

// errorAt is an error at the line of the key that keys lead to, or of the
// nearest table around it.
func (m *manifest) errorAt(err error, keys ...string) error {
	line := 0
	for ; line == 0 && len(keys) > 0; keys = keys[:len(keys)-1] {
		line = lineOf(m.text, keys...)
	}
	return &FileError{File: m.name, Line: line, Err: err}
}

// join resolves a path of the manifest. In a container only relative paths
// lead to the same place.
func (m *manifest) join(name string) (string, error) {
	if path.IsAbs(name) {
		return "", fmt.Errorf("path %q is absolute and means nothing in a container: make it relative", name)
	}
	dir := path.Join(m.dir, name)
	if !inside(dir) {
		return "", fmt.Errorf("path %q leads out of the file system", name)
	}
	if !Within(dir, m.bound) {
		return "", fmt.Errorf("path %q leads out of the repository; allow it with --trust paths", name)
	}
	return dir, nil
}

// workspaceRoot returns the directory of the workspace that m declares or
// points to for the package in dir, "" when it does neither.
func (m *manifest) workspaceRoot(dir string) string {
	if ws := tableAt(m.doc, "workspace"); ws != nil {
		if dir != m.dir && excluded(ws, m.dir, dir) {
			return ""
		}
		return m.dir
	}
	if pointer, ok := tableAt(m.doc, "package")["workspace"].(string); ok {
		return path.Join(m.dir, pointer)
	}
	return ""
}

// excluded follows cargo: a package below an entry of `exclude` is no member,
// unless an entry of `members` names a directory around it literally.
func excluded(ws table, root, dir string) bool {
	below := func(entry string) bool { return Within(dir, path.Join(root, entry)) }
	return slices.ContainsFunc(stringsOf(ws["exclude"]), below) &&
		!slices.ContainsFunc(stringsOf(ws["members"]), below)
}

// IsWorkspace reports whether a manifest has a [workspace] table.
func IsWorkspace(text []byte) bool {
	doc, err := parseTOML("Cargo.toml", text)
	return err == nil && tableAt(doc, "workspace") != nil
}

// manifests reads each manifest once.
type manifests struct {
	fsys fs.FS
	// root is what names in errors are relative to.
	root string
	// bound is the directory that nothing is read outside of.
	bound string
	known map[string]*manifest
}

// readFor is read for a directory that m names at keys: a manifest that cannot
// be read is a fault there.
func (ms *manifests) readFor(m *manifest, dir string, keys ...string) (*manifest, error) {
	found, err := ms.read(dir)
	if _, inFile := errors.AsType[*FileError](err); err != nil && !inFile {
		return nil, m.errorAt(err, keys...)
	}
	return found, err
}

// read returns the manifest in dir, nil when there is none.
func (ms *manifests) read(dir string) (*manifest, error) {
	if m, ok := ms.known[dir]; ok {
		return m, nil
	}
	text, err := readFile(ms.fsys, path.Join(dir, "Cargo.toml"))
	if err != nil || text == nil {
		return nil, err
	}
	name := ms.relative(path.Join(dir, "Cargo.toml"))
	doc, err := parseTOML(name, text)
	if err != nil {
		return nil, err
	}
	m := &manifest{dir: dir, name: name, bound: ms.bound, text: text, doc: doc}
	if err := refusePasswords(m, manifestProse()...); err != nil {
		return nil, err
	}
	ms.known[dir] = m
	return m, nil
}

// manifestProse are the tables of a manifest that reach no skeleton.
func manifestProse() []string {
	return []string{"package", "project", "lints", "badges", "workspace.package", "workspace.metadata", "workspace.lints"}
}

func (ms *manifests) relative(name string) string { return relPath(ms.root, name) }

// workspaceOf returns the root manifest of the workspace that the package in
// dir belongs to, nil for a package of its own.
func (ms *manifests) workspaceOf(dir string) (*manifest, error) {
	for at := dir; ; at = path.Dir(at) {
		m, err := ms.read(at)
		if err != nil && !(at != dir && errors.Is(err, fs.ErrPermission)) {
			return nil, err
		}
		if m != nil {
			if root := m.workspaceRoot(dir); root != "" {
				return ms.pointed(m, root)
			}
		}
		if at == "." || at == ms.bound {
			return nil, nil
		}
	}
}

// pointed reads the workspace root that m names.
func (ms *manifests) pointed(m *manifest, root string) (*manifest, error) {
	if !inside(root) {
		return nil, m.errorAt(errors.New("package.workspace leads out of the file system"), "package", "workspace")
	}
	if !Within(root, ms.bound) {
		return nil, m.errorAt(errors.New("package.workspace leads out of the repository; allow it with --trust paths"), "package", "workspace")
	}
	ws, err := ms.read(root)
	if err != nil {
		return nil, err
	}
	if ws == nil || tableAt(ws.doc, "workspace") == nil {
		return nil, m.errorAt(fmt.Errorf("no workspace in %s", ms.relative(path.Join(root, "Cargo.toml"))), "package", "workspace")
	}
	return ws, nil
}

// readFile returns nil without an error when name is not there.
func readFile(fsys fs.FS, name string) ([]byte, error) {
	data, err := fs.ReadFile(fsys, name)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", strings.TrimPrefix(name, "./"), err)
	}
	if data == nil {
		data = []byte{}
	}
	return data, nil
}
