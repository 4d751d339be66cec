package cargo

import (
	"slices"
	"strings"
)

// The files of a dummy package. They lie beside its manifest, out of the way
// of every target that cargo would find by itself.
const (
	dummyLib   = DummyPrefix + "_lib.rs"
	dummyBuild = DummyPrefix + "_build.rs"
)

// Dummies compile under any lint level in RUSTFLAGS, and for targets without a
// standard library. Their tests have no harness, because such targets have
// none.
const (
	dummyHead = "//! Stands in for a package of the workspace while its dependencies are compiled.\n" +
		"#![allow(warnings, missing_docs, unused_crate_dependencies)]\n"
	bareTarget = `any(target_os = "none", target_os = "uefi")`

	dummyLibSource = dummyHead +
		"#![cfg_attr(" + bareTarget + ", no_std)]\n" +
		"#![cfg_attr(all(test, " + bareTarget + "), no_main)]\n" +
		"#[cfg(all(test, not(" + bareTarget + ")))]\nfn main() {}\n"
	dummyMainSource = dummyHead +
		"#![cfg_attr(" + bareTarget + ", no_std, no_main)]\n" +
		"#[cfg(not(" + bareTarget + "))]\nfn main() {}\n" +
		"#[cfg(" + bareTarget + ")]\n" + panicHandler
	dummyMacroSource = dummyHead + "#[cfg(test)]\nfn main() {}\n"
	dummyBuildSource = dummyHead + "fn main() {}\n"
	panicHandler     = "#[panic_handler]\nfn panic(_: &core::panic::PanicInfo) -> ! {\n    loop {}\n}\n"
)

// libSource returns the library of the dummy of p. A linked library needs a
// panic handler if there is no standard library.
func libSource(p *Package, types []string) string {
	switch {
	case p.ProcMacro:
		return dummyMacroSource
	case slices.Contains(types, "cdylib"), slices.Contains(types, "staticlib"):
		return dummyLibSource + "#[cfg(" + bareTarget + ")]\n" + panicHandler
	default:
		return dummyLibSource + "#[cfg(all(test, " + bareTarget + "))]\n" + panicHandler
	}
}

// dummyTargets sets the targets of a dummy manifest from those of the real
// package, and returns its sources by file name. aborts reports whether a
// profile has panics abort, artifact whether another package depends on
// programs of p.
func dummyTargets(p *Package, doc table, aborts, artifact bool) map[string]string {
	sources := map[string]string{}
	program := func(kind string) table {
		file := DummyPrefix + "_" + kind + ".rs"
		target := dummyTarget(p, kind+"_", file)
		doc[kind] = []any{target}
		sources[file] = dummyMainSource
		return target
	}
	uses := hasDeps(p.manifest, devDeps) || hasDeps(p.manifest, normalDeps)
	// cargo build does not compile a package that has nothing but tests and
	// examples, nor its dependencies: a library would bring them in. In the dev
	// profile it would change others too, as cargo compiles build-dependencies
	// without debug information unless the workspace uses the same at run time.
	bare := !p.library && len(p.Bins) == 0 && (p.tests || p.examples)
	var types []string
	if !bare {
		types = crateTypes(tableAt(p.manifest, "lib"))
		doc["lib"] = dummyLibrary(p, types)
		sources[dummyLib] = libSource(p, types)
	}
	// A library that nothing can be linked with leaves dependencies out that
	// a program beside it needs. Tests get the programs of their package, which
	// abort where tests unwind, with features that dev-dependencies turn on.
	linked := len(p.Bins) > 0 && aborts && p.tests && uses
	if len(p.Bins) > 0 && !linkable(p, types) || linked || artifact {
		program("bin")
	}
	// The library of a procedural macro and its unit tests are compiled for the
	// host only, other tests and examples for the target.
	outer := bare || p.ProcMacro && (p.tests || p.examples) && uses
	if outer && p.tests || linked {
		program("test")
	}
	// Tests always unwind: only examples need what they use compiled to abort.
	// Where there are no tests, nothing but examples uses dev-dependencies.
	if p.examples && uses && (aborts || !p.tested) || outer && !p.tests {
		example := program("example")
		example["test"], example["bench"] = false, false
	}
	if hasDeps(p.manifest, buildDeps) {
		sources[dummyBuild] = dummyBuildSource
	}
	return sources
}

// dummyLibrary returns the library target of a dummy. Its type decides whether
// dependencies are compiled to objects or bitcode.
func dummyLibrary(p *Package, types []string) table {
	lib := dummyTarget(p, "", dummyLib)
	switch {
	case p.ProcMacro:
		lib["proc-macro"] = true
	case types != nil:
		lib["crate-type"] = types
	}
	return lib
}

// dummyTarget returns a target of the dummy of p.
func dummyTarget(p *Package, infix, file string) table {
	return table{
		"name": DummyPrefix + "_" + infix + strings.ReplaceAll(p.Name, "-", "_"),
		"path": file, "harness": false, "test": p.tested, "bench": p.tested,
	}
}

// linkable reports whether Rust programs can be linked with the library of p.
func linkable(p *Package, types []string) bool {
	if p.ProcMacro || len(types) == 0 {
		return !p.ProcMacro
	}
	return slices.Contains(types, "lib") || slices.Contains(types, "rlib")
}

// hasDeps reports whether a table of this kind has an entry.
func hasDeps(doc table, kind string) bool {
	for _, t := range depTables(doc) {
		if t.kind == kind && len(t.deps) > 0 {
			return true
		}
	}
	return false
}
