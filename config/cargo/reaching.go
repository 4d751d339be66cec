package cargo

import (
	"path"
	"strings"
)

// packageFeatures are the features of a local package.
type packageFeatures struct {
	// values are those of each feature, the implied ones of optional
	// dependencies too.
	values map[string][]string
	// own are features that matter by themselves: of a package that is compiled
	// as a dependency, those that targets require, and those that are written in
	// a way that is not known here.
	own  map[string]bool
	deps map[string][]featureDep
	// reaching are the features that turn something on in what is compiled as a
	// dependency; outward is set if the package needs any such thing, whatever
	// its features are.
	reaching map[string]bool
	outward  bool
}

// featureDep is an entry in a table of dependencies.
type featureDep struct {
	// dummy is the local package that it means, -1 for what is no dummy.
	dummy    int
	optional bool
}

// FeatureEffects reads the features of all local packages.
func (w *Workspace) FeatureEffects() *FeatureEffects {
	e := &FeatureEffects{w: w, packages: make([]packageFeatures, len(w.Packages))}
	byDir := w.byDir()
	for i := range w.Packages {
		e.packages[i] = w.packageFeatures(i, byDir)
	}
	// Packages and features go round in circles: what reaches dependencies grows
	// until nothing more does.
	for grown := true; grown; {
		grown = false
		for i := range e.packages {
			if p := &e.packages[i]; !p.outward && e.leadsOut(i) {
				p.outward, grown = true, true
			}
		}
	}
	for grown := true; grown; {
		grown = false
		for i := range e.packages {
			for feature := range e.packages[i].values {
				if p := &e.packages[i]; !p.reaching[feature] && e.featureReaches(i, feature) {
					p.reaching[feature], grown = true, true
				}
			}
		}
	}
	return e
}

// leadsOut reports whether a package has a dependency that is no dummy, or that
// has one itself.
func (e *FeatureEffects) leadsOut(i int) bool {
	if e.w.Packages[i].Real {
		return true
	}
	for _, entries := range e.packages[i].deps {
		for _, d := range entries {
			if d.dummy < 0 || e.packages[d.dummy].outward {
				return true
			}
		}
	}
	return false
}

func (e *FeatureEffects) featureReaches(i int, feature string) bool {
	p := &e.packages[i]
	if p.own[feature] {
		return true
	}
	for _, value := range p.values[feature] {
		if e.reaches(i, value) {
			return true
		}
	}
	return false
}

// reaches reports whether a value of a feature of package i turns something on
// in what is compiled as a dependency. What is not known does.
func (e *FeatureEffects) reaches(i int, value string) bool {
	p := &e.packages[i]
	if dep, ok := strings.CutPrefix(value, "dep:"); ok {
		return e.depReaches(i, dep)
	}
	dep, feature, other := strings.Cut(value, "/")
	if !other {
		_, known := p.values[value]
		return !known || p.reaching[value]
	}
	dep, weak := strings.CutSuffix(dep, "?")
	optional := false
	for _, d := range p.deps[dep] {
		if d.dummy < 0 || e.reaches(d.dummy, feature) {
			return true
		}
		optional = optional || d.optional
	}
	// Of an optional dependency it turns on the dependency itself, and a feature
	// of the same name.
	turnsOn := optional && !weak
	return len(p.deps[dep]) == 0 || turnsOn && (e.depReaches(i, dep) || p.reaching[dep])
}

// depReaches reports whether a dependency of package i brings in what is compiled
// as one.
func (e *FeatureEffects) depReaches(i int, dep string) bool {
	entries := e.packages[i].deps[dep]
	for _, d := range entries {
		if d.dummy < 0 || e.packages[d.dummy].outward {
			return true
		}
	}
	return len(entries) == 0
}

func (w *Workspace) packageFeatures(i int, byDir map[string]int) packageFeatures {
	doc := w.Packages[i].manifest
	p := packageFeatures{values: map[string][]string{}, own: requiredFeatures(doc), deps: map[string][]featureDep{}, reaching: map[string]bool{}}
	hidden := map[string]bool{}
	for feature, value := range tableAt(doc, "features") {
		items, _ := value.([]any)
		values := stringsOf(value)
		p.values[feature] = values
		p.own[feature] = p.own[feature] || w.Packages[i].Real || items == nil || len(values) != len(items)
		for _, value := range values {
			if dep, ok := strings.CutPrefix(value, "dep:"); ok {
				hidden[dep] = true
			}
		}
	}
	for _, t := range depTables(doc) {
		for key, value := range t.deps {
			d := w.featureDep(i, value, byDir)
			p.deps[key] = append(p.deps[key], d)
			if _, known := p.values[key]; d.optional && !known && !hidden[key] {
				p.values[key] = []string{"dep:" + key}
				p.own[key] = p.own[key] || w.Packages[i].Real
			}
		}
	}
	return p
}

func (w *Workspace) featureDep(i int, value any, byDir map[string]int) featureDep {
	dep, _ := value.(table)
	d := featureDep{dummy: -1, optional: dep["optional"] == true}
	name, ok := depPath(value)
	local, known := byDir[path.Join(w.Packages[i].Dir, name)]
	if ok && known && !w.Packages[local].Real && dep["artifact"] == nil {
		d.dummy = local
	}
	return d
}

// requiredFeatures are those that targets cannot be made without.
func requiredFeatures(doc table) map[string]bool {
	required := map[string]bool{}
	for _, kind := range []string{"bin", "example", "test", "bench"} {
		targets, _ := doc[kind].([]any)
		for _, target := range targets {
			t, _ := target.(table)
			for _, key := range []string{"required-features", "required_features"} {
				for _, feature := range stringsOf(t[key]) {
					required[feature] = true
				}
			}
		}
	}
	return required
}
