package cargo

import (
	"fmt"
	"path"
	"slices"
)

// Layer is a local package that can be compiled apart from the rest of the
// workspace: with its own files and those of the local packages that it depends
// on, and dummies for all others. Packages that need one another, by
// dev-dependencies, are one layer.
type Layer struct {
	// Name is that of the first package.
	Name string
	// Dirs are the directories of the packages, relative to Workspace.Base.
	Dirs []string
	// Needs are the layers that it depends on, as indices of the list it is in.
	// They come before it, and those that they need are among them.
	Needs []int
	// Skeleton has the packages of the layer and of all in Needs as Real.
	Skeleton *Skeleton
}

// Layers finds the layers of a workspace, each after those it needs.
//
// A package with a build script is none, nor is what depends on one: a script
// may look for files of the repository and do without those that are not there.
// The compiler fails for lack of a file, and then there is no artifact that
// could be wrong. Packages with others below them are none either, as their
// files are not told apart.
func (w *Workspace) Layers() ([]Layer, error) {
	closures := make([][]int, len(w.Packages))
	var order []int
	for i := range w.Packages {
		if closures[i] = w.with(i).added(w); w.apart(closures[i]) {
			order = append(order, i)
		}
	}
	slices.SortStableFunc(order, func(a, b int) int { return len(closures[a]) - len(closures[b]) })
	var layers []Layer
	of := map[int]int{} // the layer of each package
	for _, i := range order {
		if _, done := of[i]; done {
			continue
		}
		l := Layer{Name: w.Packages[i].Name}
		for _, j := range closures[i] {
			if slices.Equal(closures[i], closures[j]) {
				of[j] = len(layers)
				l.Dirs = append(l.Dirs, w.Packages[j].Dir)
			} else if !slices.Contains(l.Needs, of[j]) {
				l.Needs = append(l.Needs, of[j])
			}
		}
		slices.Sort(l.Needs)
		var err error
		if l.Skeleton, err = w.with(i).Skeleton(); err != nil {
			return nil, fmt.Errorf("layer of %s: %w", l.Name, err)
		}
		layers = append(layers, l)
	}
	return layers, nil
}

// with is the workspace with one more real package, and those it depends on.
func (w *Workspace) with(i int) *Workspace {
	c := *w
	c.Packages = slices.Clone(w.Packages)
	m := realMarker{w: &c, locked: c.locked(), byDir: c.byDir(), seen: make([]bool, len(c.Lock.Packages))}
	m.mark(i)
	return &c
}

// added are the packages that are real here and were not before.
func (w *Workspace) added(before *Workspace) []int {
	var list []int
	for i := range w.Packages {
		if w.Packages[i].Real && !before.Packages[i].Real {
			list = append(list, i)
		}
	}
	return list
}

// apart says that all of these packages can be in layers.
func (w *Workspace) apart(closure []int) bool {
	for _, i := range closure {
		p := &w.Packages[i]
		holds := slices.ContainsFunc(w.Packages, func(other Package) bool {
			return other.Dir != p.Dir && within(other.Dir, p.Dir)
		})
		if p.script || p.Dir == w.Dir || holds {
			return false
		}
	}
	return len(closure) > 0
}

// hasScript says that a package has a build script.
func (g *graph) hasScript(p *local) bool {
	switch build := tableAt(p.doc, "package")["build"].(type) {
	case bool:
		return build
	case nil:
		return g.isFile(path.Join(p.dir, "build.rs"))
	default: // a path, or several of them
		return true
	}
}
