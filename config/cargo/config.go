package cargo

import (
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
)

// maxNamedFile is the size from which a file that the configuration names is
// not taken for a certificate.
const maxNamedFile = 1 << 20

// configuration is what .cargo/config.toml contributes to a workspace.
type configuration struct {
	files []configFile
	named
	// overrides are the packages of `paths`, vendored the directories of
	// replaced sources; both relative to the file system.
	overrides, vendored []string
}

// configFile is a cargo configuration without what the skeleton must not have.
type configFile struct {
	// path is the file, dir what its paths are relative to; both relative to
	// Base.
	path, dir string
	doc       table
	// fetch is what of it fetch may have.
	fetch fetchConfig
}

// configReader gathers the configuration of the levels from the workspace
// root up to base.
type configReader struct {
	g    *graph
	base string
	conf configuration
	seen map[string]bool
	// carried is what is carried, size its size.
	carried map[string]bool
	size    int64
}

// readConfig reads it all. settings are values of cranekit's own configuration
// that may name files as those of cargo do.
func (g *graph) readConfig(base string, settings []string) (*configuration, error) {
	r := &configReader{g: g, base: base, seen: map[string]bool{}, carried: map[string]bool{}}
	for _, value := range settings {
		n := namer{r, &manifest{dir: g.root, bound: g.bound, name: "crane.yaml"}, new(bool)}
		if err := n.value(value, []string{"target or rustflags"}); err != nil {
			return nil, err
		}
	}
	for dir := g.root; ; dir = path.Dir(dir) {
		// Cargo prefers the name without an extension.
		for _, name := range []string{"config", "config.toml"} {
			found, err := r.read(path.Join(dir, ".cargo", name), dir)
			if err != nil {
				return nil, err
			}
			if found {
				break
			}
		}
		if dir == base {
			break
		}
	}
	r.conf.sort()
	return &r.conf, nil
}

// read adds one configuration file and what it includes. dir is what its
// relative paths are relative to.
func (r *configReader) read(name, dir string) (found bool, err error) {
	if r.seen[name] || !inside(name) || !Within(name, r.base) {
		return false, nil
	}
	text, err := readFile(r.g.fsys, name)
	if err != nil || text == nil {
		return false, err
	}
	r.seen[name] = true
	m := &manifest{dir: dir, name: r.g.relative(name), bound: r.g.bound, text: text}
	if m.doc, err = parseTOML(m.name, text); err != nil {
		return false, err
	}
	if err := refusePasswords(m, append(personalTables(), "env", "http.proxy", "http.cainfo")...); err != nil {
		return false, err
	}
	for _, t := range patchTables(m.doc) {
		if err := r.g.addPatches(m, t); err != nil {
			return false, err
		}
	}
	if err := r.addSources(m); err != nil {
		return false, err
	}
	var included []string
	for _, include := range includes(m.doc["include"]) {
		file := path.Join(path.Dir(name), include)
		if !Within(file, r.g.bound) {
			return false, m.errorAt(fmt.Errorf("include %q leads out of the repository; allow it with --trust paths", include), "include")
		}
		if path.IsAbs(include) || !Within(file, r.base) {
			r.leave(m, []string{"include"}, include, errOutside)
			continue
		}
		if _, err := r.read(file, dir); err != nil {
			return false, err
		}
		if slices.ContainsFunc(r.conf.files, func(f configFile) bool { return f.path == relPath(r.base, file) }) {
			included = append(included, include)
		}
	}
	fetch, err := r.fetchConfig(m, included)
	if err != nil {
		return false, err
	}
	stripConfig(m.doc)
	r.conf.files = append(r.conf.files, configFile{relPath(r.base, name), relPath(r.base, dir), m.doc, fetch})
	return true, namer{r, m, new(bool)}.value(m.doc, nil)
}

// addSources notes the packages of `paths` and the directories of
// `source.*.directory` and `source.*.local-registry`.
func (r *configReader) addSources(m *manifest) error {
	for _, name := range stringsOf(m.doc["paths"]) {
		dir, err := m.join(name)
		if err != nil {
			return m.errorAt(err, "paths")
		}
		if err := r.g.addLocal(dir, m, []string{"paths"}, true); err != nil {
			return err
		}
		r.conf.overrides = append(r.conf.overrides, dir)
	}
	sources := tableAt(m.doc, "source")
	for _, source := range slices.Sorted(maps.Keys(sources)) {
		for _, key := range []string{"directory", "local-registry"} {
			name, ok := tableAt(sources, source)[key].(string)
			if !ok {
				continue
			}
			dir, err := m.join(name)
			if err != nil {
				return m.errorAt(err, "source", source, key)
			}
			if !Within(dir, r.base) {
				r.leave(m, []string{"source", source, key}, name, errOutside)
				continue
			}
			r.conf.vendored = append(r.conf.vendored, dir)
			if err := r.vendor(dir); err != nil {
				return err
			}
		}
	}
	return nil
}

// includes returns the paths of `include`: a string, or a list of strings and
// tables.
func includes(value any) []string {
	if name, ok := value.(string); ok {
		return []string{name}
	}
	items, _ := value.([]any)
	names := stringsOf(value)
	for _, item := range items {
		if name, ok := depPath(item); ok {
			names = append(names, name)
		}
	}
	return names
}

// personalTables are those of a configuration that only concern the person at
// the terminal.
func personalTables() []string {
	return []string{"alias", "cargo-new", "credential-alias", "future-incompat-report", "term"}
}

// stripConfig removes credentials, which must not reach a layer, and what dependencies
// are compiled without: the network and the person at the terminal.
func stripConfig(doc table) {
	for _, key := range append(personalTables(), "http", "net") {
		delete(doc, key)
	}
	stripEnv(tableAt(doc, "env"))
	stripCredentials(tableAt(doc, "registry"))
	for _, registry := range tableAt(doc, "registries") {
		if t, ok := registry.(table); ok {
			stripCredentials(t)
		}
	}
}

func stripCredentials(registry table) {
	maps.DeleteFunc(registry, func(key string, _ any) bool {
		return key == "token" || strings.HasPrefix(key, "secret-key") ||
			strings.HasPrefix(key, "credential-") || key == "global-credential-providers"
	})
}

// smallFile returns name when it is a small file below base that is reached
// without symbolic links, which could lead anywhere; else nil.
func (r *configReader) smallFile(name string) (*File, error) {
	if !fs.ValidPath(name) || !Within(name, r.base) {
		return nil, nil
	}
	switch path.Base(name) {
	case "Cargo.toml", "Cargo.lock", "credentials", "credentials.toml":
		return nil, nil
	}
	for dir := path.Dir(name); dir != r.base && dir != "."; dir = path.Dir(dir) {
		if info, err := fs.Lstat(r.g.fsys, dir); err != nil || !info.IsDir() {
			return nil, nil
		}
	}
	info, err := fs.Lstat(r.g.fsys, name)
	if err != nil || !info.Mode().IsRegular() || info.Size() >= maxNamedFile {
		return nil, nil
	}
	data, err := readFile(r.g.fsys, name)
	if err != nil || data == nil {
		return nil, err
	}
	mode := fs.FileMode(0o644)
	if info.Mode()&0o111 != 0 {
		mode = 0o755
	}
	return &File{Path: relPath(r.base, name), Data: data, Mode: mode, Config: true}, nil
}

// ConfiguresBuild reports whether .cargo/config.toml sets a key of [build], such as
// "target-dir".
func (w *Workspace) ConfiguresBuild(key string) bool {
	return slices.ContainsFunc(w.configs, func(f configFile) bool {
		_, set := tableAt(f.doc, "build")[key]
		return set
	})
}

// ConfiguresTarget reports whether .cargo/config.toml sets a key of [target.triple],
// such as "linker".
func (w *Workspace) ConfiguresTarget(triple, key string) bool {
	return slices.ContainsFunc(w.configs, func(f configFile) bool {
		_, set := tableAt(f.doc, "target", triple)[key]
		return set
	})
}
