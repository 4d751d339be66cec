package cargo

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

var errNoWorkspace = errors.New("`workspace = true` outside of a workspace")

// flatten returns the document of m with everything inherited from its
// workspace written out, underscores in table names turned into dashes and
// [project] into [package]. inherits reports whether there was something to
// inherit.
func flatten(m, ws *manifest) (doc table, inherits bool, err error) {
	doc = cloneTable(m.doc)
	if pkg := packageTable(doc); pkg != nil {
		delete(doc, "project")
		doc["package"] = pkg
		if inherits, err = flattenPackage(m, ws, pkg); err != nil {
			return nil, false, err
		}
	}
	if tableAt(doc, "lints")["workspace"] == true {
		delete(doc, "lints")
		if ws != nil {
			if lints := tableAt(ws.doc, "workspace", "lints"); len(lints) > 0 {
				// Cargo counts them as part of the profile that a unit was compiled with.
				doc["lints"] = cloneTable(lints)
			}
		}
		inherits = true
	}
	for _, t := range depTables(doc) {
		for _, key := range slices.Sorted(maps.Keys(t.deps)) {
			dep, ok := t.deps[key].(table)
			if !ok || dep["workspace"] != true {
				continue
			}
			inherits = true
			merged, err := inheritDep(m, ws, key, dep)
			if err != nil {
				return nil, false, m.errorAt(err, append(t.keys, key)...)
			}
			t.deps[key] = merged
		}
	}
	dashTables(doc)
	for _, target := range tableAt(doc, "target") {
		if t, ok := target.(table); ok {
			dashTables(t)
		}
	}
	return doc, inherits, nil
}

// dashTables renames dev_dependencies and build_dependencies.
func dashTables(doc table) {
	for _, kind := range depKinds {
		old := strings.ReplaceAll(kind, "-", "_")
		if old == kind {
			continue
		}
		if deps, ok := doc[old]; ok && doc[kind] == nil {
			doc[kind] = deps
		}
		delete(doc, old)
	}
}

// flattenPackage resolves `key.workspace = true` in [package].
func flattenPackage(m, ws *manifest, pkg table) (inherits bool, err error) {
	for _, key := range slices.Sorted(maps.Keys(pkg)) {
		if entry, ok := pkg[key].(table); !ok || entry["workspace"] != true {
			continue
		}
		inherits = true
		if ws == nil {
			return false, m.errorAt(errNoWorkspace, "package", key)
		}
		value, ok := tableAt(ws.doc, "workspace", "package")[key]
		if !ok {
			return false, m.errorAt(fmt.Errorf("workspace.package.%s is not in %s", key, ws.name), "package", key)
		}
		if file, ok := value.(string); ok && (key == "readme" || key == "license-file") {
			if at, err := ws.join(file); err == nil {
				value = relPath(m.dir, at)
			}
		}
		pkg[key] = cloneValue(value)
	}
	return inherits, nil
}

// inheritDep merges a dependency with its entry in workspace.dependencies by
// cargo's rules: features add up, optional and public are the member's, and
// default features can only be turned on.
func inheritDep(m, ws *manifest, key string, dep table) (table, error) {
	if ws == nil {
		return nil, errNoWorkspace
	}
	entry, ok := tableAt(ws.doc, "workspace", "dependencies")[key]
	if !ok {
		return nil, fmt.Errorf("workspace.dependencies.%s is not in %s", key, ws.name)
	}
	merged := table{}
	switch e := entry.(type) {
	case string:
		merged["version"] = e
	case table:
		merged = cloneTable(e)
	default:
		return nil, fmt.Errorf("workspace.dependencies.%s in %s is neither a version nor a table", key, ws.name)
	}
	normalizeDep(merged)
	dep = cloneTable(dep)
	normalizeDep(dep)
	if name, ok := depPath(merged); ok {
		at, err := ws.join(name)
		if err != nil {
			return nil, err
		}
		merged["path"] = relPath(m.dir, at)
	}
	for name, value := range dep {
		switch name {
		case "workspace":
		case "features":
			merged[name] = unionFeatures(merged[name], value)
		case "default-features":
			if value == true && merged[name] == false {
				merged[name] = true
			}
		default:
			merged[name] = value
		}
	}
	return merged, nil
}

// normalizeDep gives the old spelling of default-features its new name.
func normalizeDep(dep table) {
	const key, old = "default-features", "default_features"
	if value, ok := dep[old]; ok {
		if _, both := dep[key]; !both {
			dep[key] = value
		}
		delete(dep, old)
	}
}

func unionFeatures(a, b any) []any {
	var out []any
	seen := map[string]bool{}
	for _, feature := range append(stringsOf(a), stringsOf(b)...) {
		if !seen[feature] {
			seen[feature] = true
			out = append(out, feature)
		}
	}
	return out
}
