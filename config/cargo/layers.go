package cargo

import (
	"fmt"
	"path"
	"runtime"
	"slices"

	"golang.org/x/sync/errgroup"
)

// Layer is a local package that can be compiled apart from the rest of the
// workspace: with its own files and those of the local packages that it depends
// on, and dummies for all others. Packages that need one another, by
// dev-dependencies, are one layer.
type Layer struct {
	// Name is that of the first package.
	Name string
	// Dirs are the directories of the packages, relative to Workspace.Base;
	// Scripts are those among them with a build script.
	Dirs, Scripts []string
	// Needs are the layers that it depends on, as indices of the list it is in.
	// They come before it, and those that they need are among them.
	Needs []int
	// Skeleton has the packages of the layer and of all in Needs as Real.
	Skeleton *Skeleton
}

// Layers finds the layers of a workspace, each after those it needs.
//
// Packages with others below them have none, because their files cannot be
// separated. Packages with a build script that reads the whole workspace have
// none, because the lock has the versions of dummies there. Packages that
// depend on these have none either.
func (w *Workspace) Layers() ([]Layer, error) {
	closures, apart := make([][]int, len(w.Packages)), make([]*Workspace, len(w.Packages))
	var order []int
	m := w.marker()
	for i := range w.Packages {
		apart[i] = m.with(i)
		if closures[i] = apart[i].added(w); w.apart(closures[i]) {
			order = append(order, i)
		}
	}
	slices.SortStableFunc(order, func(a, b int) int { return len(closures[a]) - len(closures[b]) })
	var layers []Layer
	var views []*Workspace
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
				if w.Packages[j].script {
					l.Scripts = append(l.Scripts, w.Packages[j].Dir)
				}
			} else if !slices.Contains(l.Needs, of[j]) {
				l.Needs = append(l.Needs, of[j])
			}
		}
		slices.Sort(l.Needs)
		layers, views = append(layers, l), append(views, apart[i])
	}
	return layers, skeletons(layers, views)
}

// skeletons gives each layer its own, of the workspace in which its packages
// are real.
func skeletons(layers []Layer, views []*Workspace) error {
	var group errgroup.Group
	group.SetLimit(runtime.GOMAXPROCS(0))
	for i := range layers {
		group.Go(func() (err error) {
			if layers[i].Skeleton, err = views[i].Skeleton(); err != nil {
				return fmt.Errorf("layer of %s: %w", layers[i].Name, err)
			}
			return nil
		})
	}
	return group.Wait()
}

// with is the workspace with one more real package, and those it depends on.
func (m realMarker) with(i int) *Workspace {
	c := *m.w
	c.Packages = slices.Clone(c.Packages)
	m.w, m.seen = &c, make([]bool, len(c.Lock.Packages))
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

// apart reports whether all of these packages can be in layers.
func (w *Workspace) apart(closure []int) bool {
	for _, i := range closure {
		p := &w.Packages[i]
		holds := slices.ContainsFunc(w.Packages, func(other Package) bool {
			return other.Dir != p.Dir && Within(other.Dir, p.Dir)
		})
		if holds || p.Dir == w.Dir || p.script && readsWorkspace(p.manifest) {
			return false
		}
	}
	return len(closure) > 0
}

// readsWorkspace reports whether a build script has a dependency that reads the
// lock or asks cargo for all packages, to compile them into the program.
func readsWorkspace(manifest table) bool {
	readers := []string{"build-info-build", "built", "cargo-lock", "cargo_metadata", "guppy", "shadow-rs"}
	for _, t := range depTables(manifest) {
		if t.kind != buildDeps {
			continue
		}
		for name, value := range t.deps {
			if slices.Contains(readers, depPackage(name, value)) {
				return true
			}
		}
	}
	return false
}

// hasScript reports whether a package has a build script.
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
