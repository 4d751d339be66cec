package cargo

import (
	"path"
	"slices"
)

// lockedPackages pairs the packages of a workspace with their entries in its
// lock.
type lockedPackages struct {
	index lockIndex
	// entry is the lock's package of each local package, local the reverse;
	// -1 where there is none.
	entry, local []int
}

// locked pairs packages and lock: by name, and by version when several local
// packages share the name. So a lock that is out of date still fits, and the
// real command reports it.
func (w *Workspace) locked() lockedPackages {
	l := lockedPackages{
		index: newLockIndex(w.Lock.Packages),
		entry: make([]int, len(w.Packages)),
		local: make([]int, len(w.Lock.Packages)),
	}
	for i := range l.local {
		l.local[i] = -1
	}
	names := map[string]int{}
	for i := range w.Packages {
		names[w.Packages[i].Name]++
	}
	for i := range w.Packages {
		p := &w.Packages[i]
		l.entry[i] = -1
		for _, e := range l.index.byName[p.Name] {
			locked := &w.Lock.Packages[e]
			if locked.Source == "" && (names[p.Name] == 1 || locked.Version == p.Version) {
				l.entry[i], l.local[e] = e, i
			}
		}
	}
	return l
}

// markReal finds the packages that must keep their sources: those that a
// package of a registry or of git is compiled against, those that replace one
// under its own version, and what both depend on.
func (w *Workspace) markReal() {
	m := w.marker()
	for i := range w.Lock.Packages {
		if w.Lock.Packages[i].Source != "" {
			m.visit(i)
		}
	}
	for i := range w.Packages {
		if slices.Contains(w.root.replaced, w.Packages[i].Dir) {
			m.mark(i)
		}
	}
}

type realMarker struct {
	w      *Workspace
	locked lockedPackages
	byDir  map[string]int
	seen   []bool
}

func (w *Workspace) marker() realMarker {
	return realMarker{w: w, locked: w.locked(), byDir: w.byDir(), seen: make([]bool, len(w.Lock.Packages))}
}

// visit follows the dependencies of entry i of the lock.
func (m *realMarker) visit(i int) {
	if m.seen[i] {
		return
	}
	m.seen[i] = true
	if local := m.locked.local[i]; local >= 0 {
		m.mark(local)
	}
	for _, ref := range m.w.Lock.Packages[i].Dependencies {
		if dep := m.locked.index.find(ref); dep >= 0 {
			m.visit(dep)
		}
	}
}

// mark makes local package i real, and with it what its manifest reaches.
func (m *realMarker) mark(i int) {
	p := &m.w.Packages[i]
	if p.Real {
		return
	}
	p.Real = true
	if entry := m.locked.entry[i]; entry >= 0 {
		m.visit(entry)
	}
	for _, t := range depTables(p.manifest) {
		if t.kind == devDeps && !p.Member {
			continue
		}
		for _, value := range t.deps {
			if name, ok := depPath(value); ok {
				if dep, ok := m.byDir[path.Join(p.Dir, name)]; ok {
					m.mark(dep)
				}
			}
		}
	}
}

// byDir finds packages by their directory.
func (w *Workspace) byDir() map[string]int {
	dirs := make(map[string]int, len(w.Packages))
	for i := range w.Packages {
		dirs[w.Packages[i].Dir] = i
	}
	return dirs
}
