package scaffold

import (
	_ "embed" // natives.txt
	"slices"
	"strings"

	"github.com/cranekit/cranekit/config/cargo"
)

// Need is a Debian package that crates of the lock need in order to compile.
type Need struct {
	Package string
	// Crates are those that need it, sorted.
	Crates []string
}

// native is a row of natives.txt: a crate that needs more than the C compiler of
// the default image.
type native struct {
	crate string
	// debian and alpine are the packages.
	debian, alpine []string
	// unless are crates of which one makes the packages needless: it builds
	// from sources of its own. With own it has to be a dependency of the
	// crate.
	unless []string
	own    bool
}

//go:embed natives.txt
var nativesText string

// natives reads the table by the names of the crates.
func natives() map[string]native {
	table := map[string]native{}
	for line := range strings.Lines(nativesText) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		row := strings.Split(strings.TrimSuffix(line, "\n")+" | ", " | ")
		n := native{crate: row[0], debian: strings.Fields(row[1]), alpine: strings.Fields(row[2])}
		var unless string
		unless, n.own = strings.CutPrefix(row[3], "own:")
		n.unless = strings.Fields(unless)
		table[n.crate] = n
	}
	return table
}

// Packages are those of Debian and of Alpine that a crate needs to compile, nil
// where none are known.
func Packages(crate string) (debian, alpine []string) {
	n := natives()[crate]
	return n.debian, n.alpine
}

// optionalCMake are crates that list cmake as a dependency and do without it.
const optionalCMake = "aws-lc-sys"

// System lists the Debian packages that the crates of a lock need, sorted, what
// Alpine has in their place, and the crates that link to a library of which
// nothing is known here.
func System(lock *cargo.Lockfile) (needs []Need, alpine, unknown []string) {
	table := natives()
	for _, p := range lock.Packages {
		if p.Source == "" {
			continue
		}
		n, known := table[p.Name]
		switch {
		case !known && linksUnknown(&p) && !slices.Contains(unknown, p.Name):
			unknown = append(unknown, p.Name)
		case !known, needless(lock, &p, n):
		default:
			for _, name := range n.debian {
				needs = addNeed(needs, name, p.Name)
			}
			alpine = append(alpine, n.alpine...)
		}
	}
	slices.SortFunc(needs, func(a, b Need) int { return strings.Compare(a.Package, b.Package) })
	slices.Sort(alpine)
	slices.Sort(unknown)
	return needs, slices.Compact(alpine), unknown
}

func addNeed(needs []Need, name, crate string) []Need {
	i := slices.IndexFunc(needs, func(n Need) bool { return n.Package == name })
	if i < 0 {
		return append(needs, Need{name, []string{crate}})
	}
	if !slices.Contains(needs[i].Crates, crate) {
		needs[i].Crates = append(needs[i].Crates, crate)
		slices.Sort(needs[i].Crates)
	}
	return needs
}

func needless(lock *cargo.Lockfile, p *cargo.LockPackage, n native) bool {
	if n.crate == "cmake" {
		return !slices.ContainsFunc(lock.Packages, func(user cargo.LockPackage) bool {
			return user.Name != optionalCMake && dependsOn(&user, "cmake")
		})
	}
	return slices.ContainsFunc(n.unless, func(name string) bool {
		if n.own {
			return dependsOn(p, name)
		}
		return slices.ContainsFunc(lock.Packages, func(other cargo.LockPackage) bool { return other.Name == name })
	})
}

// linksUnknown reports whether a crate looks for a library with pkg-config and
// has, by its dependencies, no compiler for sources of its own.
func linksUnknown(p *cargo.LockPackage) bool {
	return strings.HasSuffix(p.Name, "-sys") && !dependsOn(p, "cc") && !dependsOn(p, "cmake") &&
		(dependsOn(p, "pkg-config") || dependsOn(p, "system-deps"))
}

func dependsOn(p *cargo.LockPackage, crate string) bool {
	return slices.ContainsFunc(p.Dependencies, func(ref string) bool {
		name, _, _ := strings.Cut(ref, " ")
		return name == crate
	})
}
