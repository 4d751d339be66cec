package cargo

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Lockfile is a Cargo.lock of any format from 1 to 4.
type Lockfile struct {
	// Format is its version key; formats 1 and 2 have none.
	Format   int
	Packages []LockPackage

	// comments are the lines before the first key.
	comments []string
	unused   []LockPackage
	// checksums is the [metadata] table of format 1.
	checksums map[string]string
}

// LockPackage is one [[package]] of a lock.
type LockPackage struct {
	Name    string
	Version string
	// Source is "" for local packages.
	Source   string
	Checksum string
	// Dependencies are as short as cargo can make them: "name",
	// "name version" or "name version (source)".
	Dependencies []string

	replace string
}

const (
	oldestLock = 1
	newestLock = 4
	// maxVersions is ten times what one crate has in the locks that are known.
	// Each entry of a dependency list is compared with all of a name.
	maxVersions = 100
)

// ParseLock parses a Cargo.lock.
func ParseLock(text []byte) (*Lockfile, error) {
	const file = "Cargo.lock"
	doc, err := parseTOML(file, text)
	if err != nil {
		return nil, err
	}
	if err := refuseLines(file, text); err != nil {
		return nil, err
	}
	fault := func(err error, keys ...string) error {
		return &FileError{File: file, Line: lineOf(text, keys...), Err: err}
	}
	l := &Lockfile{Format: oldestLock}
	if version, ok := doc["version"]; ok {
		n, _ := version.(int64)
		if n < oldestLock || n > newestLock {
			return nil, fault(fmt.Errorf("lock format %v is not known, only %d to %d", version, oldestLock, newestLock), "version")
		}
		l.Format = int(n)
	}
	for line := range strings.Lines(string(text)) {
		if !strings.HasPrefix(line, "#") {
			break
		}
		l.comments = append(l.comments, strings.TrimSpace(line))
	}
	if l.Packages, err = lockPackages(doc["package"]); err != nil {
		return nil, fault(err, "package")
	}
	// Before 2018 the root package stood apart.
	if root, ok := doc["root"]; ok {
		pkg, err := lockPackages([]any{root})
		if err != nil {
			return nil, fault(err, "root")
		}
		l.Packages = append(l.Packages, pkg...)
		l.sort()
	}
	if name := l.crowded(); name != "" {
		return nil, fault(fmt.Errorf("there are more than %d packages called %s", maxVersions, name), "package")
	}
	if l.unused, err = lockPackages(tableAt(doc, "patch")["unused"]); err != nil {
		return nil, fault(err, "patch", "unused")
	}
	for key, value := range tableAt(doc, "metadata") {
		sum, ok := value.(string)
		if !ok {
			return nil, fault(errors.New("a checksum is not a string"), "metadata", key)
		}
		if l.checksums == nil {
			l.checksums = map[string]string{}
		}
		l.checksums[key] = sum
	}
	if doc["version"] == nil && !l.verbose() {
		l.Format = 2
	}
	return l, nil
}

// crowded is the name of a package that is there too many times, "" without
// one.
func (l *Lockfile) crowded() string {
	count := map[string]int{}
	for i := range l.Packages {
		name := l.Packages[i].Name
		if count[name]++; count[name] > maxVersions {
			return name
		}
	}
	return ""
}

// verbose reports whether a lock without a version is of format 1: checksums stand
// apart and every dependency is written with its version.
func (l *Lockfile) verbose() bool {
	for i := range l.Packages {
		for _, ref := range l.Packages[i].Dependencies {
			if parseRef(ref).version == "" {
				return false
			}
		}
	}
	return !slices.ContainsFunc(l.Packages, func(p LockPackage) bool { return p.Checksum != "" })
}

func lockPackages(value any) ([]LockPackage, error) {
	items, ok := value.([]any)
	if value != nil && !ok {
		return nil, errors.New("not a list of packages")
	}
	packages := make([]LockPackage, 0, len(items))
	for _, item := range items {
		t, _ := item.(table)
		var p LockPackage
		p.Name, _ = t["name"].(string)
		p.Version, _ = t["version"].(string)
		p.Source, _ = t["source"].(string)
		p.Checksum, _ = t["checksum"].(string)
		p.replace, _ = t["replace"].(string)
		p.Dependencies = stringsOf(t["dependencies"])
		if p.Name == "" || p.Version == "" {
			return nil, fmt.Errorf("package %d (%q) lacks a name or a version", len(packages)+1, p.Name)
		}
		packages = append(packages, p)
	}
	return packages, nil
}

// lockRef is an entry of a dependency list.
type lockRef struct{ name, version, source string }

func parseRef(ref string) lockRef {
	name, rest, _ := strings.Cut(ref, " ")
	version, source, _ := strings.Cut(rest, " ")
	return lockRef{name, version, strings.TrimSuffix(strings.TrimPrefix(source, "("), ")")}
}

func (r lockRef) String() string {
	s := r.name
	if r.version != "" {
		s += " " + r.version
	}
	if r.source != "" {
		s += " (" + r.source + ")"
	}
	return s
}

// unlocked is the source without the commit that a git source is locked to.
func (p *LockPackage) unlocked() string {
	if strings.HasPrefix(p.Source, "git+") {
		source, _, _ := strings.Cut(p.Source, "#")
		return source
	}
	return p.Source
}

// lockIndex finds packages by the entries of dependency lists.
type lockIndex struct {
	packages []LockPackage
	byName   map[string][]int
}

func newLockIndex(packages []LockPackage) lockIndex {
	x := lockIndex{packages: packages, byName: map[string][]int{}}
	for i := range packages {
		name := packages[i].Name
		x.byName[name] = append(x.byName[name], i)
	}
	return x
}

// find returns the index of the package that ref means, -1 when none does. A
// local package has no source to tell it by, so it is the last one left.
func (x lockIndex) find(ref string) int {
	r := parseRef(ref)
	found := -1
	for _, i := range x.byName[r.name] {
		p := &x.packages[i]
		if r.version != "" && p.Version != r.version || r.source != "" && p.unlocked() != r.source {
			continue
		}
		if found < 0 || p.Source == "" {
			found = i
		}
	}
	return found
}

// shorten returns the entry that cargo writes for package i.
func (x lockIndex) shorten(i int, format int) string {
	p := &x.packages[i]
	ref := lockRef{p.Name, p.Version, p.unlocked()}
	if format == oldestLock {
		return ref.String()
	}
	versions := map[string]int{}
	for _, j := range x.byName[p.Name] {
		versions[x.packages[j].Version]++
	}
	if versions[p.Version] == 1 {
		ref.source = ""
		if len(versions) == 1 {
			ref.version = ""
		}
	}
	return ref.String()
}

// HasGit reports whether a package comes from a git repository.
func (l *Lockfile) HasGit() bool {
	return slices.ContainsFunc(l.Packages, func(p LockPackage) bool { return strings.HasPrefix(p.Source, "git+") })
}
