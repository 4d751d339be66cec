package cargo

import (
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
)

// ignoredKeys of a manifest have no influence on how dependencies are compiled.
// Keys that are not known here are kept.
var (
	ignoredKeys = []string{
		"package", "project", "lib", "bin", "test", "example", "bench",
		"lints", "badges", "profile", "patch", "replace", "workspace",
	}
	ignoredPackageKeys = []string{
		"version", "authors", "description", "documentation", "readme", "homepage", "repository",
		"license", "license-file", "keywords", "categories", "metadata", "badges", "rust-version",
		"publish", "include", "exclude", "default-run", "links", "resolver", "workspace",
		"build", "metabuild", "autolib", "autobins", "autotests", "autoexamples", "autobenches", "edition", "name",
	}
	ignoredWorkspaceKeys = []string{
		"members", "default-members", "package", "dependencies", "lints", "metadata",
	}
)

// cleaner makes the manifests of a skeleton.
type cleaner struct {
	w       *Workspace
	byDir   map[string]int
	locked  lockedPackages
	version []string
	// names counts the dummies by the name of their package.
	names map[string]int
	// aborts reports whether a profile has panics abort.
	aborts bool
	// artifact are the packages whose programs are a dependency of others.
	artifact map[int]bool
}

// newCleaner chooses the dummies' versions: DummyVersion, with a number where
// several packages share a name, since the lock distinguishes them by version.
func (w *Workspace) newCleaner() *cleaner {
	c := &cleaner{w: w, byDir: w.byDir(), locked: w.locked(), version: make([]string, len(w.Packages)), names: map[string]int{}}
	c.aborts = hasAbort(w.root.doc) || slices.ContainsFunc(w.configs, func(f configFile) bool { return hasAbort(f.doc) })
	c.artifact = w.artifacts(c.byDir)
	for i := range w.Packages {
		p := &w.Packages[i]
		if p.Real {
			c.version[i] = p.Version
			continue
		}
		c.version[i] = DummyVersion
		if n := c.names[p.Name]; n > 0 {
			c.version[i] = fmt.Sprintf("%s.%d", DummyVersion, n)
		}
		c.names[p.Name]++
	}
	return c
}

// hasAbort reports whether a profile of doc has `panic = "abort"`.
func hasAbort(doc table) bool {
	for _, profile := range tableAt(doc, "profile") {
		if t, ok := profile.(table); ok && t["panic"] == "abort" {
			return true
		}
	}
	return false
}

// dummy returns the manifest and the sources of the dummy of package i.
func (c *cleaner) dummy(i int) (doc table, sources map[string]string) {
	p := &c.w.Packages[i]
	doc = cloneTable(p.manifest)
	for _, key := range ignoredKeys {
		delete(doc, key)
	}
	doc["package"] = c.dummyPackage(i)
	sources = dummyTargets(p, doc, c.aborts, c.artifact[i])
	for _, t := range depTables(doc) {
		for key, value := range t.deps {
			t.deps[key] = c.dep(i, key, value)
		}
	}
	if p.Dir != c.w.Dir && tableAt(p.manifest, "workspace") != nil {
		doc["workspace"] = table{}
	}
	return doc, sources
}

func (c *cleaner) dummyPackage(i int) table {
	p := &c.w.Packages[i]
	real := tableAt(p.manifest, "package")
	pkg := maps.Clone(real)
	for _, key := range ignoredPackageKeys {
		delete(pkg, key)
	}
	pkg["name"], pkg["version"] = p.Name, c.version[i]
	if edition, ok := real["edition"]; ok && edition != "2015" {
		pkg["edition"] = edition
	}
	if resolver, ok := real["resolver"]; ok && p.Dir == c.w.Dir {
		pkg["resolver"] = resolver
	}
	if root, ok := real["workspace"]; ok && p.Member {
		pkg["workspace"] = root
	}
	pkg["build"] = false
	if hasDeps(p.manifest, buildDeps) {
		pkg["build"] = dummyBuild
	}
	for _, key := range []string{"autobins", "autotests", "autoexamples", "autobenches"} {
		pkg[key] = false
	}
	return pkg
}

// dep returns a dependency of package i as it stands in its dummy: without
// the version that a dummy on the other end does not have.
func (c *cleaner) dep(i int, key string, value any) any {
	if _, ok := depPath(value); ok {
		return c.pathDep(c.w.Packages[i].Dir, value.(table))
	}
	name := depPackage(key, value)
	if c.names[name] == 0 {
		return value
	}
	patched := c.patched(i, name, value)
	if patched < 0 {
		return value
	}
	requirement := "=" + c.version[patched]
	dep, ok := value.(table)
	if !ok {
		return requirement
	}
	dep = maps.Clone(dep)
	dep["version"] = requirement
	return dep
}

// pathDep cleans a dependency with a path that is relative to dir.
func (c *cleaner) pathDep(dir string, dep table) table {
	name, _ := depPath(dep)
	dep = maps.Clone(dep)
	dep["path"] = path.Clean(name)
	if local, ok := c.byDir[path.Join(dir, name)]; ok && c.w.Packages[local].Real {
		return dep
	}
	for _, key := range []string{"version", "registry", "registry-index", "git", "branch", "tag", "rev"} {
		delete(dep, key)
	}
	if kinds := artifactKinds(dep); kinds != nil {
		for i, kind := range kinds {
			// A program by name; the dummy's program has another name.
			kinds[i], _, _ = strings.Cut(kind, ":")
		}
		slices.Sort(kinds)
		dep["artifact"] = slices.Compact(kinds)
	}
	return dep
}

// patched returns the dummy that [patch] puts in the place of a dependency of
// package i on name, -1 when there is none.
func (c *cleaner) patched(i int, name string, value any) int {
	entry := c.locked.entry[i]
	if entry < 0 {
		return -1
	}
	found, rivals := -1, 0
	for _, ref := range c.w.Lock.Packages[entry].Dependencies {
		dep := c.locked.index.find(ref)
		if dep < 0 || c.w.Lock.Packages[dep].Name != name {
			continue
		}
		rivals++
		local := c.locked.local[dep]
		if local >= 0 && (found < 0 || admits(requirement(value), c.w.Packages[local].Version)) {
			found = local
		}
	}
	if found < 0 || c.w.Packages[found].Real || rivals > 1 && !admits(requirement(value), c.w.Packages[found].Version) {
		return -1
	}
	return found
}

// requirement returns the version requirement of a dependency.
func requirement(value any) string {
	if dep, ok := value.(table); ok {
		value = dep["version"]
	}
	version, _ := value.(string)
	return version
}

// root adds the tables to doc that only the manifest of the workspace root has.
func (c *cleaner) root(doc table) {
	src := c.w.root.doc
	for _, key := range []string{"profile", "patch", "replace"} {
		if value, ok := src[key]; ok {
			doc[key] = cloneValue(value)
		}
	}
	c.patches(c.w.Dir, doc)
	ws := tableAt(src, "workspace")
	if ws == nil {
		return
	}
	ws = cloneTable(ws)
	for _, key := range ignoredWorkspaceKeys {
		delete(ws, key)
	}
	if members := c.members(); len(members) > 0 {
		ws["members"] = members
	}
	doc["workspace"] = ws
}

// patches cleans the patches of doc, whose paths are relative to dir.
func (c *cleaner) patches(dir string, doc table) {
	for _, t := range patchTables(doc) {
		for key, value := range t.deps {
			if _, ok := depPath(value); ok {
				t.deps[key] = c.pathDep(dir, value.(table))
			}
		}
	}
}

// members are the directories of all members but the root, sorted.
func (c *cleaner) members() []string {
	var dirs []string
	for i := range c.w.Packages {
		if p := &c.w.Packages[i]; p.Member && p.Dir != c.w.Dir {
			dirs = append(dirs, c.memberPattern(p.Dir))
		}
	}
	slices.Sort(dirs)
	return dirs
}
