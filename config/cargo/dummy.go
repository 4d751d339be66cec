package cargo

import "strings"

// The files of a dummy package. They lie beside its manifest, out of the way
// of every target that cargo would find by itself.
const (
	dummyLib   = DummyPrefix + "_lib.rs"
	dummyMain  = DummyPrefix + "_main.rs"
	dummyTest  = DummyPrefix + "_test.rs"
	dummyBuild = DummyPrefix + "_build.rs"
)

// Dummies compile under any lint level that RUSTFLAGS may set, and for
// targets without a standard library.
const (
	dummyHead = "//! Stands in for a package of the workspace while its dependencies are compiled.\n" +
		"#![allow(warnings, missing_docs, unused_crate_dependencies)]\n"
	bareTarget   = `any(target_os = "none", target_os = "uefi")`
	noStd        = "#![cfg_attr(" + bareTarget + ", no_std)]\n"
	noMain       = "#![cfg_attr(" + bareTarget + ", no_std, no_main)]\n"
	panicHandler = "#[cfg(" + bareTarget + ")]\n#[panic_handler]\nfn panic(_: &core::panic::PanicInfo) -> ! {\n    loop {}\n}\n"

	dummyMainSource  = dummyHead + noMain + panicHandler + "#[cfg(not(" + bareTarget + "))]\nfn main() {}\n"
	dummyBuildSource = dummyHead + "fn main() {}\n"
)

// dummyLibSource returns the library of a dummy package with these crate
// types.
func dummyLibSource(types []string, procMacro bool) string {
	if procMacro {
		return dummyHead
	}
	source := dummyHead + noStd
	for _, t := range types {
		if t == "cdylib" || t == "staticlib" {
			// Only these are linked, so that only they need a handler.
			return source + panicHandler
		}
	}
	return source
}

// dummyName returns the name of a target of the dummy of package: infix tells
// targets apart.
func dummyName(infix, pkg string) string {
	return DummyPrefix + "_" + infix + strings.ReplaceAll(pkg, "-", "_")
}

// dummyTargets sets the targets of a dummy manifest from those of the real
// package, and returns its sources by file name.
func dummyTargets(p *Package, doc table) map[string]string {
	real := tableAt(p.manifest, "lib")
	types := crateTypes(real)
	lib := table{"name": dummyName("", p.Name), "path": dummyLib}
	if types != nil {
		// Decides whether dependencies are compiled to objects or bitcode.
		lib["crate-type"] = types
	}
	if p.ProcMacro {
		lib["proc-macro"] = true
		delete(lib, "crate-type")
	}
	doc["lib"] = lib
	sources := map[string]string{dummyLib: dummyLibSource(types, p.ProcMacro)}

	// A library that nothing can be linked with leaves dependencies out that
	// a program beside it needs.
	if len(p.Bins) > 0 && !linkable(types, p.ProcMacro) {
		doc["bin"] = []any{table{"name": dummyName("bin_", p.Name), "path": dummyMain}}
		sources[dummyMain] = dummyMainSource
	}
	// The library of a procedural macro is compiled for the host only, its
	// tests for the target.
	if p.ProcMacro && hasDeps(p.manifest, devDeps) {
		doc["test"] = []any{table{"name": dummyName("test_", p.Name), "path": dummyTest}}
		sources[dummyTest] = dummyHead
	}
	if hasDeps(p.manifest, buildDeps) {
		sources[dummyBuild] = dummyBuildSource
	}
	return sources
}

func linkable(types []string, procMacro bool) bool {
	if procMacro {
		return false
	}
	for _, t := range types {
		if t == "lib" || t == "rlib" {
			return true
		}
	}
	return len(types) == 0
}

// hasDeps says that a table of this kind has an entry.
func hasDeps(doc table, kind string) bool {
	for _, t := range depTables(doc) {
		if t.kind == kind && len(t.deps) > 0 {
			return true
		}
	}
	return false
}
