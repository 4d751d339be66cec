package cargo

import (
	"maps"
	"slices"
	"strings"
)

// FeatureFlags are what a cargo command has of features.
type FeatureFlags struct {
	All, NoDefault bool
	// Names are values of --features: each can have several names.
	Names []string
}

// FeatureEffects are what the features of a workspace turn on in its
// dependencies.
type FeatureEffects struct {
	w        *Workspace
	packages []packageFeatures
}

// SameDependencies reports whether the dependencies of the workspace, which no
// dummies stand in for, are resolved alike with both: the same packages with the
// same features. Where that is not certain it is false.
//
// A feature reaches a dependency by those of its values that name one, and by
// nothing else. If each member has the same values, without those that lead to
// dummies only, no resolver, target or selection of packages can tell the flags
// apart. Members that are not selected count too.
func (e *FeatureEffects) SameDependencies(a, b FeatureFlags) bool {
	for i := range e.packages {
		if e.w.Packages[i].Member && !maps.Equal(e.turnedOn(i, a), e.turnedOn(i, b)) {
			return false
		}
	}
	return maps.Equal(e.unknown(a), e.unknown(b))
}

// turnedOn are the values of the features of member i that reach dependencies,
// and its features that matter by themselves.
func (e *FeatureEffects) turnedOn(i int, flags FeatureFlags) map[string]bool {
	p := &e.packages[i]
	found, seen := map[string]bool{}, map[string]bool{}
	for next := e.selected(i, flags); len(next) > 0; {
		value := next[len(next)-1]
		next = next[:len(next)-1]
		if seen[value] {
			continue
		}
		seen[value] = true
		values, known := p.values[value]
		if p.own[value] || !known && e.reaches(i, value) {
			found[value] = true
		}
		next = append(next, values...)
	}
	return found
}

// selected are the features and values that a command selects for member i.
func (e *FeatureEffects) selected(i int, flags FeatureFlags) []string {
	p := &e.packages[i]
	var values []string
	if flags.All {
		values = slices.Collect(maps.Keys(p.values))
		for dep, entries := range p.deps {
			if slices.ContainsFunc(entries, func(d featureDep) bool { return d.optional }) {
				values = append(values, "dep:"+dep)
			}
		}
	}
	if _, known := p.values["default"]; known && !flags.NoDefault {
		values = append(values, "default")
	}
	for _, name := range flags.names() {
		values = append(values, e.meant(i, name)...)
	}
	return values
}

// meant is what a name on the command line is for member i: one of its features,
// of another member's or of a dependency's.
func (e *FeatureEffects) meant(i int, name string) []string {
	p := &e.packages[i]
	dep, feature, other := strings.Cut(name, "/")
	if !other {
		if _, known := p.values[name]; known {
			return []string{name}
		}
		return nil
	}
	var values []string
	dep = strings.TrimSuffix(dep, "?")
	if len(p.deps[dep]) > 0 {
		values = append(values, name)
	}
	if dep == e.w.Packages[i].Name {
		values = append(values, feature)
	}
	return values
}

// unknown are the names that mean nothing: cargo refuses them.
func (e *FeatureEffects) unknown(flags FeatureFlags) map[string]bool {
	names := map[string]bool{}
	for _, name := range flags.names() {
		meant := false
		for i := range e.packages {
			meant = meant || e.w.Packages[i].Member && len(e.meant(i, name)) > 0
		}
		if !meant {
			names[name] = true
		}
	}
	return names
}

func (flags FeatureFlags) names() []string {
	var names []string
	for _, value := range flags.Names {
		names = append(names, strings.FieldsFunc(value, func(r rune) bool { return r == ',' || r == ' ' })...)
	}
	return names
}
