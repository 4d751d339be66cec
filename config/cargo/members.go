package cargo

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/bmatcuk/doublestar/v4"
)

// local is a package on disk with its own workspace applied.
type local struct {
	*manifest
	doc      table
	inherits bool
	member   bool
}

// graph finds the local packages of a workspace: its members as cargo's own
// algorithm finds them, then whatever they reach by paths.
type graph struct {
	manifests
	rootDoc *manifest
	locals  map[string]*local
}

// addMembers adds the root package, the packages that `members` names, and
// their path dependencies. A root without [workspace] has one member.
func (g *graph) addMembers() error {
	ws := tableAt(g.rootDoc.doc, "workspace")
	if ws != nil {
		for _, pattern := range stringsOf(ws["members"]) {
			if err := g.addPattern(pattern); err != nil {
				return err
			}
		}
	}
	if packageTable(g.rootDoc.doc) == nil {
		return nil
	}
	return g.addMember(g.rootDoc.dir, ws != nil)
}

// addPattern adds the packages that an entry of `members` matches. What a
// pattern finds may lack a manifest, what is named must have one.
func (g *graph) addPattern(pattern string) error {
	dirs, literal, err := g.expand(pattern)
	if err != nil {
		return g.rootDoc.errorAt(err, "workspace", "members")
	}
	for _, dir := range dirs {
		// What is excluded may be anything.
		if g.excluded(dir) {
			continue
		}
		m, err := g.readFor(g.rootDoc, dir, "workspace", "members")
		if err != nil {
			return err
		}
		if m == nil && literal {
			return g.rootDoc.errorAt(fmt.Errorf("member %q has no Cargo.toml", pattern), "workspace", "members")
		}
		if err := g.addMember(dir, true); err != nil {
			return err
		}
	}
	return nil
}

// expand returns the directories that an entry of `members` means. literal
// says that it names one rather than matches some.
func (g *graph) expand(pattern string) (dirs []string, literal bool, err error) {
	if !strings.ContainsAny(pattern, "*?[") {
		dir, err := g.rootDoc.join(pattern)
		return []string{dir}, true, err
	}
	// Cargo's patterns know neither alternatives nor escapes.
	pattern = strings.NewReplacer("{", `\{`, "}", `\}`, `\`, `\\`).Replace(path.Clean(pattern))
	top, rest := doublestar.SplitPattern(pattern)
	if top, err = g.rootDoc.join(top); err != nil {
		return nil, false, err
	}
	// A directory that is not there matches nothing, one that must not be
	// read is a fault.
	if _, err := fs.Stat(g.fsys, top); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, false, err
	}
	sub, err := fs.Sub(g.fsys, top)
	if err != nil {
		return nil, false, err
	}
	found, err := doublestar.Glob(sub, rest, doublestar.WithNoFollow())
	if err != nil {
		return nil, false, fmt.Errorf("pattern %q: %w", pattern, err)
	}
	for _, name := range found {
		info, err := fs.Stat(sub, name)
		if info, linkErr := fs.Lstat(sub, name); err != nil && linkErr == nil && info.Mode()&fs.ModeSymlink != 0 && !errors.Is(err, fs.ErrNotExist) {
			return nil, false, err
		}
		if err == nil && info.IsDir() {
			dirs = append(dirs, path.Join(top, name))
		}
	}
	slices.Sort(dirs)
	return dirs, false, nil
}

// addMember adds the package in dir and, with follow, its path dependencies
// that belong to the workspace: those below the root, and those elsewhere
// that point to it.
func (g *graph) addMember(dir string, follow bool) error {
	if g.locals[dir] != nil || g.excluded(dir) {
		return nil
	}
	p, err := g.load(dir, g.rootDoc)
	if err != nil || p == nil {
		return err
	}
	if dir != g.root && tableAt(p.doc, "workspace") != nil {
		return p.errorAt(fmt.Errorf("a member cannot be a workspace of its own: exclude it in %s", g.rootDoc.name), "workspace")
	}
	p.member = true
	if !follow {
		return nil
	}
	return g.eachPathDep(p, func(dep string, keys []string) error {
		m, err := g.readFor(p.manifest, dep, keys...)
		if err != nil {
			return err
		}
		if m == nil || packageTable(m.doc) == nil {
			return p.errorAt(fmt.Errorf("path dependency %q has no package in %s", keys[len(keys)-1], g.relative(path.Join(dep, "Cargo.toml"))), keys...)
		}
		if !Within(dep, g.root) {
			ws, err := g.workspaceOf(dep)
			if err != nil || ws != g.rootDoc {
				return err
			}
		}
		return g.addMember(dep, true)
	})
}

// excluded reports whether the workspace excludes the package in dir.
func (g *graph) excluded(dir string) bool {
	return dir != g.root && excluded(tableAt(g.rootDoc.doc, "workspace"), g.root, dir)
}

// load reads and flattens the package in dir, nil when it holds none.
func (g *graph) load(dir string, ws *manifest) (*local, error) {
	m, err := g.read(dir)
	if err != nil || m == nil || packageTable(m.doc) == nil {
		return nil, err
	}
	if name, _ := packageTable(m.doc)["name"].(string); name == "" {
		return nil, m.errorAt(errors.New("package.name is missing"), "package")
	}
	if err := m.checkTargets(); err != nil {
		return nil, err
	}
	if ws != nil && tableAt(ws.doc, "workspace") == nil {
		ws = nil
	}
	doc, inherits, err := flatten(m, ws)
	if err != nil {
		return nil, err
	}
	p := &local{manifest: m, doc: doc, inherits: inherits}
	g.locals[dir] = p
	return p, nil
}

// eachPathDep calls visit for the path dependencies that cargo reads: the dev
// ones only of members.
func (g *graph) eachPathDep(p *local, visit func(dir string, keys []string) error) error {
	for _, t := range depTables(p.doc) {
		if t.kind == devDeps && !p.member {
			continue
		}
		if err := eachPath(p.manifest, t, visit); err != nil {
			return err
		}
	}
	return nil
}

func eachPath(m *manifest, t depTable, visit func(dir string, keys []string) error) error {
	for _, key := range slices.Sorted(maps.Keys(t.deps)) {
		name, ok := depPath(t.deps[key])
		if !ok {
			continue
		}
		keys := append(slices.Clone(t.keys), key)
		dir, err := m.join(name)
		if err != nil {
			return m.errorAt(err, keys...)
		}
		if err := visit(dir, keys); err != nil {
			return err
		}
	}
	return nil
}

// addReached adds the path dependencies of all packages so far that are not
// members, each with the workspace it belongs to.
func (g *graph) addReached() error {
	for _, dir := range slices.Sorted(maps.Keys(g.locals)) {
		if err := g.reach(g.locals[dir]); err != nil {
			return err
		}
	}
	return nil
}

func (g *graph) reach(p *local) error {
	return g.eachPathDep(p, func(dep string, keys []string) error {
		return g.addLocal(dep, p.manifest, keys, p.member)
	})
}

// addLocal adds the package in dir, which m names at keys, and all that it
// reaches. Cargo never reads an optional dependency that nobody enables, so
// only members have to have all of theirs.
func (g *graph) addLocal(dir string, m *manifest, keys []string, required bool) error {
	if g.locals[dir] != nil {
		return nil
	}
	if _, err := g.readFor(m, dir, keys...); err != nil {
		return err
	}
	ws, err := g.workspaceOf(dir)
	if err != nil {
		return err
	}
	p, err := g.load(dir, ws)
	if err != nil {
		return err
	}
	if p == nil {
		if !required {
			return nil
		}
		return m.errorAt(fmt.Errorf("path dependency %q has no package in %s", keys[len(keys)-1], g.relative(path.Join(dir, "Cargo.toml"))), keys...)
	}
	return g.reach(p)
}
