package cargo

import (
	"cmp"
	"slices"
	"strings"
)

// Crate is a package that went into a build.
type Crate struct {
	Name    string
	Version string
	// Source is as in Cargo.lock, "" for a local package.
	Source string
	// Checksum is the SHA-256 of the packed crate, "" where the lock has none,
	// as for git and local packages.
	Checksum string
}

// Built are the packages that the first cargo command of the messages needed,
// build scripts and macros included, sorted. What only tests need comes with
// later commands.
func (w *Workspace) Built(m *Messages) []Crate {
	seen := map[Crate]bool{}
	var crates []Crate
	for i := range m.Units {
		if m.Units[i].Command > 0 {
			continue
		}
		if c := w.crate(&m.Units[i]); !seen[c] {
			seen[c] = true
			crates = append(crates, c)
		}
	}
	slices.SortFunc(crates, func(a, b Crate) int {
		return cmp.Or(strings.Compare(a.Name, b.Name), strings.Compare(a.Version, b.Version), strings.Compare(a.Source, b.Source))
	})
	return crates
}

// crate finds the package of a unit in the lock. Cargo's messages have a git
// source without the commit, the lock has it.
func (w *Workspace) crate(u *Unit) Crate {
	c := Crate{Name: u.Name, Version: u.Version}
	if u.Local {
		return c
	}
	c.Source = parsePackageID(u.PackageID).source
	for i := range w.Lock.Packages {
		p := &w.Lock.Packages[i]
		if p.Name == u.Name && p.Version == u.Version && p.unlocked() == c.Source {
			c.Source, c.Checksum = p.Source, cmp.Or(p.Checksum, w.Lock.checksums[p.checksumKey()])
			break
		}
	}
	return c
}

// checksumKey is the package's key in the [metadata] of a lock of format 1.
func (p *LockPackage) checksumKey() string {
	return "checksum " + lockRef{p.Name, p.Version, p.Source}.String()
}

// Package returns the local package that a unit was compiled of, or nil.
func (w *Workspace) Package(u *Unit) *Package {
	if !u.Local {
		return nil
	}
	i := slices.IndexFunc(w.Packages, func(p Package) bool { return p.Name == u.Name && p.Version == u.Version })
	if i < 0 {
		return nil
	}
	return &w.Packages[i]
}

// Local returns the local package that a crate is, or nil.
func (w *Workspace) Local(c Crate) *Package {
	return w.Package(&Unit{Name: c.Name, Version: c.Version, Local: c.Source == ""})
}

// Field is a text of the manifest's [package] table, such as license or
// repository, with values of the workspace written out.
func (p *Package) Field(name string) string {
	text, _ := packageTable(p.manifest)[name].(string)
	return text
}
