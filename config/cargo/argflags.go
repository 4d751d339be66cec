package cargo

import "slices"

// takes says how many words after a flag are its values. Where one may be left
// out, a word that starts with a dash is none.
type takes int

const (
	nothing takes = iota
	one
	optional
	several
)

// flagSpec is a flag of a command.
type flagSpec struct {
	// name is the long name, others are further ones.
	name   string
	others []string
	takes  takes
	// repeats is set if the flag may be there several times.
	repeats bool
}

type flagTable []flagSpec

func (flags flagTable) named(name string) (flagSpec, bool) {
	at := -1
	if name != "" {
		at = slices.IndexFunc(flags, func(f flagSpec) bool { return f.name == name || slices.Contains(f.others, name) })
	}
	if at < 0 {
		return flagSpec{}, false
	}
	return flags[at], true
}

// flagsOf are the flags of a subcommand. Those that are not here take no value
// apart, or are none of a command that cranekit runs.
func flagsOf(subcommand string) flagTable {
	switch subcommand {
	case "fmt":
		return fmtFlags()
	case "taplo":
		return taploFlags()
	case "tarpaulin":
		return tarpaulinFlags()
	default:
		return cargoFlags()
	}
}

func switches(names ...string) flagTable {
	var flags flagTable
	for _, name := range names {
		flags = append(flags, flagSpec{name: name})
	}
	return flags
}

// cargoFlags are those of cargo 1.95 for check, build, test, doc and clippy.
func cargoFlags() flagTable {
	return append(switches(
		"--all-features", "--all-targets", "--benches", "--bins", "--doc", "--document-private-items", "--examples", "--frozen",
		"--future-incompat-report", "--ignore-rust-version", "--keep-going", "--lib", "--locked", "--no-default-features",
		"--no-deps", "--no-fail-fast", "--no-run", "--offline", "--open", "--tests", "--unit-graph", "--timings",
	),
		flagSpec{name: "--workspace", others: []string{"--all"}},
		flagSpec{name: "--release", others: []string{"-r"}},
		flagSpec{name: "--quiet", others: []string{"-q"}},
		flagSpec{name: "--verbose", others: []string{"-v"}, repeats: true},
		flagSpec{name: "--profile", takes: one},
		flagSpec{name: "--jobs", others: []string{"-j"}, takes: one},
		flagSpec{name: "--color", takes: one},
		flagSpec{name: "--manifest-path", takes: one},
		flagSpec{name: "--lockfile-path", takes: one},
		flagSpec{name: "--target-dir", takes: one},
		flagSpec{name: "--artifact-dir", takes: one},
		flagSpec{name: "--package", others: []string{"-p"}, takes: optional, repeats: true},
		flagSpec{name: "--exclude", takes: one, repeats: true},
		flagSpec{name: "--features", others: []string{"-F"}, takes: one, repeats: true},
		flagSpec{name: "--target", takes: optional, repeats: true},
		flagSpec{name: "--bin", takes: optional, repeats: true},
		flagSpec{name: "--example", takes: optional, repeats: true},
		flagSpec{name: "--test", takes: optional, repeats: true},
		flagSpec{name: "--bench", takes: optional, repeats: true},
		flagSpec{name: "--message-format", takes: one, repeats: true},
		flagSpec{name: "--config", takes: one, repeats: true},
		flagSpec{name: "-Z", takes: one, repeats: true},
	)
}

func fmtFlags() flagTable {
	return append(switches("--all", "--check"),
		flagSpec{name: "--quiet", others: []string{"-q"}},
		flagSpec{name: "--verbose", others: []string{"-v"}},
		flagSpec{name: "--package", others: []string{"-p"}, takes: several, repeats: true},
		flagSpec{name: "--manifest-path", takes: one},
		flagSpec{name: "--message-format", takes: one},
	)
}

// taploFlags are those of taplo fmt 0.10.
func taploFlags() flagTable {
	return append(switches("--check", "--diff", "--force", "--verbose", "--no-auto-config"),
		flagSpec{name: "--config", others: []string{"-c"}, takes: one},
		flagSpec{name: "--colors", takes: one},
		flagSpec{name: "--cache-path", takes: one},
		flagSpec{name: "--stdin-filepath", takes: one},
		flagSpec{name: "--option", others: []string{"-o"}, takes: one, repeats: true},
	)
}

// tarpaulinFlags are those of cargo-tarpaulin 0.37. -r is not --release there.
func tarpaulinFlags() flagTable {
	return append(switches(
		"--all", "--all-features", "--all-targets", "--avoid-cfg-tarpaulin", "--benches", "--bins", "--count", "--debug", "--doc",
		"--dump-traces", "--examples", "--fail-immediately", "--follow-exec", "--force-clean", "--frozen", "--ignore-config",
		"--ignore-panics", "--ignore-tests", "--implicit-test-threads", "--include-tests", "--lib", "--locked", "--no-dead-code",
		"--no-default-features", "--no-fail-fast", "--no-run", "--offline", "--release", "--skip-clean", "--stderr", "--tests", "--workspace",
	),
		flagSpec{name: "--verbose", others: []string{"-v"}},
		flagSpec{name: "--ignored", others: []string{"-i"}},
		flagSpec{name: "--line", others: []string{"-l"}},
		flagSpec{name: "--branch", others: []string{"-b"}},
		flagSpec{name: "--forward", others: []string{"-f"}},
		flagSpec{name: "--color", takes: one},
		flagSpec{name: "--command", takes: one},
		flagSpec{name: "--config", takes: one},
		flagSpec{name: "--coveralls", takes: one},
		flagSpec{name: "--engine", takes: one},
		flagSpec{name: "--fail-under", takes: one},
		flagSpec{name: "--jobs", others: []string{"-j"}, takes: one},
		flagSpec{name: "--manifest-path", takes: one},
		flagSpec{name: "--output-dir", takes: one},
		flagSpec{name: "--post-test-delay", takes: one},
		flagSpec{name: "--profile", takes: one},
		flagSpec{name: "--report-uri", takes: one},
		flagSpec{name: "--root", others: []string{"-r"}, takes: one},
		flagSpec{name: "--rustflags", takes: one},
		flagSpec{name: "--target", takes: one},
		flagSpec{name: "--target-dir", takes: one},
		flagSpec{name: "--timeout", others: []string{"-t"}, takes: one},
		flagSpec{name: "--run-types", takes: one, repeats: true},
		flagSpec{name: "--package", others: []string{"--packages", "-p"}, takes: several, repeats: true},
		flagSpec{name: "--exclude", others: []string{"-e"}, takes: several, repeats: true},
		flagSpec{name: "--exclude-files", takes: several, repeats: true},
		flagSpec{name: "--features", takes: several, repeats: true},
		flagSpec{name: "--bin", takes: several, repeats: true},
		flagSpec{name: "--example", takes: several, repeats: true},
		flagSpec{name: "--test", takes: several, repeats: true},
		flagSpec{name: "--bench", takes: several, repeats: true},
		flagSpec{name: "--objects", takes: several, repeats: true},
		flagSpec{name: "--out", others: []string{"-o"}, takes: several, repeats: true},
		flagSpec{name: "-Z", takes: several, repeats: true},
	)
}
