package cargo

import (
	"maps"
	"path"
	"slices"
	"strings"
)

// Cargo knows three kinds of dependency tables, the last two in two spellings.
const (
	normalDeps = "dependencies"
	devDeps    = "dev-dependencies"
	buildDeps  = "build-dependencies"
)

var depKinds = [...]string{normalDeps, devDeps, buildDeps}

// depTable is a dependency table of a manifest.
type depTable struct {
	// keys lead to the table.
	keys []string
	kind string
	deps table
}

// depTables returns the dependency tables of a manifest in a fixed order. Of
// two spellings of a table cargo takes the one with the dash.
func depTables(doc table) []depTable {
	tables := depTablesAt(doc, nil)
	targets := tableAt(doc, "target")
	for _, target := range slices.Sorted(maps.Keys(targets)) {
		if t, ok := targets[target].(table); ok {
			tables = append(tables, depTablesAt(t, []string{"target", target})...)
		}
	}
	return tables
}

func depTablesAt(doc table, at []string) []depTable {
	var tables []depTable
	for _, kind := range depKinds {
		for _, key := range []string{kind, strings.ReplaceAll(kind, "-", "_")} {
			if deps, ok := doc[key].(table); ok {
				keys := append(slices.Clone(at), key)
				tables = append(tables, depTable{keys: keys, kind: kind, deps: deps})
				break
			}
		}
	}
	return tables
}

// depPath returns the path of a dependency, which may be "", if it has one.
func depPath(value any) (name string, ok bool) {
	dep, _ := value.(table)
	name, ok = dep["path"].(string)
	return name, ok
}

// depPackage returns the name of the package that the dependency key means.
func depPackage(key string, value any) string {
	dep, _ := value.(table)
	if name, ok := dep["package"].(string); ok {
		return name
	}
	return key
}

// patchTables returns the tables of [patch], and [replace], each a table of
// dependencies, with the keys that lead to them.
func patchTables(doc table) []depTable {
	var tables []depTable
	patch := tableAt(doc, "patch")
	for _, source := range slices.Sorted(maps.Keys(patch)) {
		if deps, ok := patch[source].(table); ok {
			tables = append(tables, depTable{keys: []string{"patch", source}, kind: "patch", deps: deps})
		}
	}
	if deps := tableAt(doc, "replace"); deps != nil {
		tables = append(tables, depTable{keys: []string{"replace"}, kind: "replace", deps: deps})
	}
	return tables
}

// artifactKinds are the kinds of artifact that a dependency asks for, such as
// bin, bin:NAME and cdylib.
func artifactKinds(dep table) []string {
	if kind, ok := dep["artifact"].(string); ok {
		return []string{kind}
	}
	return stringsOf(dep["artifact"])
}

// artifacts finds the packages whose programs another package depends on.
func (w *Workspace) artifacts(byDir map[string]int) map[int]bool {
	found := map[int]bool{}
	for i := range w.Packages {
		for _, t := range depTables(w.Packages[i].manifest) {
			for _, value := range t.deps {
				name, ok := depPath(value)
				local, known := byDir[path.Join(w.Packages[i].Dir, name)]
				if !ok || !known {
					continue
				}
				for _, kind := range artifactKinds(value.(table)) {
					found[local] = found[local] || kind == "bin" || strings.HasPrefix(kind, "bin:")
				}
			}
		}
	}
	return found
}
