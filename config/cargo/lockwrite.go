package cargo

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Encode writes the lock as cargo does.
func (l *Lockfile) Encode() []byte {
	var b bytes.Buffer
	for _, line := range l.comments {
		b.WriteString(line + "\n")
	}
	// Format 2 is recognised by its shape.
	if l.Format > 2 {
		fmt.Fprintf(&b, "version = %d\n\n", l.Format)
	}
	for i := range l.Packages {
		b.WriteString("[[package]]\n")
		l.Packages[i].encode(&b)
		b.WriteByte('\n')
	}
	for i := range l.unused {
		b.WriteString("[[patch.unused]]\n")
		l.unused[i].encode(&b)
		b.WriteByte('\n')
	}
	if len(l.checksums) > 0 {
		b.WriteString("[metadata]\n")
		for _, key := range slices.Sorted(maps.Keys(l.checksums)) {
			fmt.Fprintf(&b, "%s = %s\n", strconv.Quote(key), strconv.Quote(l.checksums[key]))
		}
	}
	return append(bytes.TrimRight(b.Bytes(), "\n"), '\n')
}

func (p *LockPackage) encode(b *bytes.Buffer) {
	for _, kv := range [][2]string{{"name", p.Name}, {"version", p.Version}, {"source", p.Source}, {"checksum", p.Checksum}} {
		if kv[1] != "" {
			fmt.Fprintf(b, "%s = %s\n", kv[0], strconv.Quote(kv[1]))
		}
	}
	if len(p.Dependencies) > 0 {
		b.WriteString("dependencies = [\n")
		for _, dep := range p.Dependencies {
			fmt.Fprintf(b, " %s,\n", strconv.Quote(dep))
		}
		b.WriteString("]\n")
	}
	if p.replace != "" {
		fmt.Fprintf(b, "replace = %s\n", strconv.Quote(p.replace))
	}
}

// rename returns the lock with new versions for some packages without a
// source, and all that cargo would write differently because of them: entries
// of dependency lists, and the order of both. version returns "" to keep one.
func (l *Lockfile) rename(version func(p *LockPackage) string) *Lockfile {
	out := *l
	out.Packages = slices.Clone(l.Packages)
	out.unused = slices.Clone(l.unused)
	for _, list := range [][]LockPackage{out.Packages, out.unused} {
		for i := range list {
			if list[i].Source != "" {
				continue
			}
			if v := version(&list[i]); v != "" {
				list[i].Version = v
			}
		}
	}
	// Packages keep their index until the entries are written anew.
	before, after := newLockIndex(l.Packages), newLockIndex(out.Packages)
	again := func(ref string) string {
		if i := before.find(ref); i >= 0 {
			return after.shorten(i, l.Format)
		}
		return ref
	}
	for i := range out.Packages {
		p := &out.Packages[i]
		deps := make([]string, len(p.Dependencies))
		for j, ref := range p.Dependencies {
			deps[j] = again(ref)
		}
		slices.SortFunc(deps, compareRefs)
		p.Dependencies = deps
		if p.replace != "" {
			p.replace = again(p.replace)
		}
	}
	out.sort()
	return &out
}

// sort puts packages in cargo's order.
func (l *Lockfile) sort() {
	slices.SortStableFunc(l.Packages, func(a, b LockPackage) int {
		if c := strings.Compare(a.Name, b.Name); c != 0 {
			return c
		}
		return compareVersions(a.Version, b.Version)
	})
}

// compareRefs orders entries part by part, as cargo does.
func compareRefs(a, b string) int {
	x, y := parseRef(a), parseRef(b)
	return slices.Compare([]string{x.name, x.version, x.source}, []string{y.name, y.version, y.source})
}
