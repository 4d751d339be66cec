package cargo

import (
	"io/fs"
	"path"
	"slices"
	"strings"
)

// pkg describes the local package p.
func (g *graph) pkg(p *local, base string) Package {
	table := tableAt(p.doc, "package")
	name, _ := table["name"].(string)
	version, _ := table["version"].(string)
	if version == "" {
		version = "0.0.0"
	}
	bins := g.bins(p, name)
	return Package{
		Name:      name,
		Version:   version,
		Dir:       relPath(base, p.dir),
		Member:    p.member,
		ProcMacro: procMacro(tableAt(p.doc, "lib")),
		Bins:      bins,
		text:      p.text,
		manifest:  p.doc,
		inherits:  p.inherits,
		library:   g.hasLibrary(p),
		examples:  g.has(p, "example", "autoexamples", "examples"),
		tests:     g.hasTests(p),
		tested:    g.tested(p, bins),
		script:    g.hasScript(p),
	}
}

func (g *graph) isFile(name string) bool {
	info, err := fs.Stat(g.fsys, name)
	return err == nil && info.Mode().IsRegular()
}

// bins returns the names of the binary targets: those of the manifest and
// those that cargo finds, unless autobins forbids.
func (g *graph) bins(p *local, name string) []string {
	var bins []string
	declared, _ := p.doc["bin"].([]any)
	for _, bin := range declared {
		if t, ok := bin.(table); ok {
			if name, ok := t["name"].(string); ok {
				bins = append(bins, name)
			}
		}
	}
	pkg := tableAt(p.doc, "package")
	edition, _ := pkg["edition"].(string)
	auto, explicit := pkg["autobins"].(bool)
	if !explicit {
		auto = len(declared) == 0 || edition != "" && edition != "2015"
	}
	if auto {
		if g.isFile(path.Join(p.dir, "src/main.rs")) {
			bins = append(bins, name)
		}
		bins = append(bins, g.found(path.Join(p.dir, "src/bin"))...)
	}
	slices.Sort(bins)
	return slices.Compact(bins)
}

// has reports whether there are targets of a kind: in the table kind of the
// manifest, or in dir, unless the key auto forbids.
func (g *graph) has(p *local, kind, auto, dir string) bool {
	declared, _ := p.doc[kind].([]any)
	return len(declared) > 0 ||
		tableAt(p.doc, "package")[auto] != false && len(g.found(path.Join(p.dir, dir))) > 0
}

// hasTests reports whether p has integration tests or benchmarks.
func (g *graph) hasTests(p *local) bool {
	return g.has(p, "test", "autotests", "tests") || g.has(p, "bench", "autobenches", "benches")
}

// tested reports whether p has anything to test: tests, benchmarks, or a
// library or binary whose own tests are not switched off.
func (g *graph) tested(p *local, bins []string) bool {
	if g.hasTests(p) {
		return true
	}
	untested := func(target table) bool { return target["test"] == false && target["bench"] == false }
	if g.hasLibrary(p) && !untested(tableAt(p.doc, "lib")) {
		return true
	}
	off := 0
	declared, _ := p.doc["bin"].([]any)
	for _, bin := range declared {
		if target, ok := bin.(table); ok && untested(target) {
			off++
		}
	}
	return len(bins) > off
}

// hasLibrary reports whether p has a library: in the manifest, or where cargo
// looks for it.
func (g *graph) hasLibrary(p *local) bool {
	if _, declared := p.doc["lib"].(table); declared {
		return true
	}
	return tableAt(p.doc, "package")["autolib"] != false && g.isFile(path.Join(p.dir, "src/lib.rs"))
}

// found are the targets that cargo finds in dir: files, and directories with
// a main.rs.
func (g *graph) found(dir string) []string {
	entries, err := fs.ReadDir(g.fsys, dir)
	if err != nil {
		return nil
	}
	var names []string
	for _, entry := range entries {
		name, isRust := strings.CutSuffix(entry.Name(), ".rs")
		if isRust && !entry.IsDir() || entry.IsDir() && g.isFile(path.Join(dir, name, "main.rs")) {
			names = append(names, name)
		}
	}
	return names
}

// procMacro reports whether a [lib] table is that of a procedural macro.
func procMacro(lib table) bool {
	return lib["proc-macro"] == true || lib["proc_macro"] == true || slices.Contains(crateTypes(lib), "proc-macro")
}

func crateTypes(lib table) []string {
	if types := stringsOf(lib["crate-type"]); types != nil {
		return types
	}
	return stringsOf(lib["crate_type"])
}
