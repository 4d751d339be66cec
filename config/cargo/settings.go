package cargo

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Profiles are the names of the profiles that there are: cargo's own, those of
// the root manifest and those of the configuration.
func (w *Workspace) Profiles() []string {
	names := map[string]bool{"dev": true, "release": true, "test": true, "bench": true}
	docs := []table{w.root.doc}
	for _, conf := range w.configs {
		docs = append(docs, conf.doc)
	}
	for _, doc := range docs {
		for name := range tableAt(doc, "profile") {
			names[name] = true
		}
	}
	return slices.Sorted(maps.Keys(names))
}

// Features are the names that a package has for --features: its features, and
// optional dependencies, which are features where nothing says otherwise.
func (p *Package) Features() []string {
	names := map[string]bool{"default": true}
	for name := range tableAt(p.manifest, "features") {
		names[name] = true
	}
	for _, t := range depTables(p.manifest) {
		for name, value := range t.deps {
			if dep, ok := value.(table); ok && dep["optional"] == true {
				names[name] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(names))
}

// DependsOn reports whether a package has a dependency of that name, as it calls
// it.
func (p *Package) DependsOn(name string) bool {
	return slices.ContainsFunc(depTables(p.manifest), func(t depTable) bool { _, ok := t.deps[name]; return ok })
}

// FeaturesOfSelected reports whether --features means the packages that are
// selected. With the oldest resolver a root package gets them, whatever is.
func (w *Workspace) FeaturesOfSelected() bool {
	root := packageTable(w.root.doc)
	if root == nil {
		return true // A virtual workspace.
	}
	resolver := tableAt(w.root.doc, "workspace")["resolver"]
	if resolver == nil {
		resolver = root["resolver"]
	}
	if resolver == nil {
		edition, _ := root["edition"].(string)
		return edition >= "2021"
	}
	return resolver != "1"
}

// Outdated says why the lock cannot be that of the manifests, nothing where that
// is not certain: versions of members, dependencies that it lacks, and versions
// that a plain requirement does not allow.
func (w *Workspace) Outdated() []string {
	versions := map[string][]string{}
	for i := range w.Lock.Packages {
		versions[w.Lock.Packages[i].Name] = append(versions[w.Lock.Packages[i].Name], w.Lock.Packages[i].Version)
	}
	var reasons []string
	for i := range w.Packages {
		p := &w.Packages[i]
		if !p.Member {
			continue
		}
		locked := slices.ContainsFunc(w.Lock.Packages, func(l LockPackage) bool {
			return l.Source == "" && l.Name == p.Name && l.Version == p.Version
		})
		if !locked {
			reasons = append(reasons, fmt.Sprintf("lacks %s %s", p.Name, p.Version))
			continue
		}
		for _, t := range depTables(p.manifest) {
			for _, key := range slices.Sorted(maps.Keys(t.deps)) {
				name, required := depPackage(key, t.deps[key]), requirement(t.deps[key])
				have := versions[name]
				switch {
				case len(have) == 0:
					reasons = append(reasons, fmt.Sprintf("lacks %s, which %s depends on", name, p.Name))
				case !slices.ContainsFunc(have, func(v string) bool { return mayAdmit(required, v) }):
					reasons = append(reasons, fmt.Sprintf("has %s %s, and %s asks for %s", name, strings.Join(have, " and "), p.Name, required))
				}
			}
		}
	}
	return reasons
}

// mayAdmit reports whether a requirement can mean a version. It knows plain ones
// for sure, 1.2.3 and ^1.2, of versions that are no pre-releases.
func mayAdmit(required, version string) bool {
	wanted := strings.Split(strings.TrimPrefix(strings.TrimSpace(required), "^"), ".")
	core, _, _ := strings.Cut(version, "+")
	have := strings.Split(core, ".")
	if len(wanted) > 3 || len(have) != 3 || slices.ContainsFunc(slices.Concat(wanted, have), func(part string) bool { return !isNumber(part) }) {
		return true
	}
	// All up to the first number that is not 0 has to be the same.
	for i, part := range wanted {
		if compareIdentifiers(part, have[i]) != 0 {
			return false
		}
		if strings.Trim(part, "0") != "" {
			break
		}
	}
	return compareIdentifiers(strings.Join(wanted, "."), core) <= 0
}
