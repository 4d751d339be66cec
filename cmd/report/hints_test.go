package report

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cranekit/cranekit/buildkit"
	"github.com/cranekit/cranekit/config"
)

func TestHints(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		log     string
		network bool
		// stage says that the log is of a stage, and the check did not run.
		stage bool
		want  string // the beginning of the only hint, "" for none
	}{
		"cargo":           {log: "[6] Couldn't resolve host name (Could not resolve host: index.crates.io)", want: "checks have no network"},
		"std":             {log: `failed to lookup address information: Temporary failure in name resolution`, want: "checks have no network"},
		"with network":    {log: "Could not resolve host: index.crates.io", network: true},
		"stage":           {log: "Could not resolve host: index.crates.io", stage: true},
		"dry run":         {log: "error: attempting to make an HTTP request, but --offline was specified\n", want: "cargo is offline in checks and has no crates but those of Cargo.lock: network: true"},
		"newer cargo":     {log: "error: no matching package named `libc` found\nlocation searched: crates.io index\nnote: offline mode (via `--offline`) can sometimes", want: "cargo is offline"},
		"other lock":      {log: "error: no matching package named `libc` found\nlocation searched: crates.io index\nAs a reminder, you're using offline mode (--offline) which can", want: "cargo is offline"},
		"git":             {log: "fatal: not a git repository (or any of the parent directories): .git", want: "the source has no .git"},
		"libgit2":         {log: "could not find repository at '.'; class=Repository (6); code=NotFound (-3)", want: "the source has no .git"},
		"openssl":         {log: "  Could not find directory of OpenSSL installation, and this `-sys` crate cannot", stage: true, want: "the image lacks a library"},
		"openssl-sys":     {log: "error: failed to run custom build command for `openssl-sys v0.9.104`\n\n  Could not find directory of OpenSSL installation, and this `-sys` crate cannot", stage: true, want: "the image lacks what openssl-sys needs: toolchain: {packages: [pkg-config, libssl-dev]}, of Alpine [pkgconf, openssl-dev, openssl-libs-static]"},
		"selinux-sys":     {log: "error: failed to run custom build command for `selinux-sys v0.7.1`\n  selinux-sys: Failed to find 'selinux/selinux.h'. Please make sure", stage: true, want: "the image lacks what selinux-sys needs: toolchain: {packages: [libselinux1-dev]}"},
		"a header":        {log: "wrapper.h:1:10: fatal error: 'selinux/selinux.h' file not found", stage: true, want: "the image lacks the header selinux/selinux.h: toolchain: {packages: [libselinux1-dev]}"},
		"an odd header":   {log: "x.c:1:10: fatal error: odd/thing.h: No such file or directory", stage: true, want: "the image lacks the header odd/thing.h: name the package"},
		"clang's headers": {log: "/usr/include/stdio.h:33:10: fatal error: 'stddef.h' file not found", stage: true, want: "the image lacks the header stddef.h: toolchain: {packages: [clang]}"},
		"libclang":        {log: "error: failed to run custom build command for `selinux-sys v0.7.1`\nUnable to find libclang: \"couldn't find any valid shared libraries matching: ['libclang.so', 'libclang-*.so']", stage: true, want: "the image lacks libclang, which bindgen needs: toolchain: {packages: [libclang-dev]}"},
		"pkg-config":      {log: "The system library `xcb` required by crate `xcb` was not found.", stage: true, want: "the image lacks a library"},
		"cmake":           {log: "is `cmake` not installed?", stage: true, want: "the image lacks cmake: toolchain: {packages: [cmake]}"},
		"protoc":          {log: "Could not find `protoc`. If `protoc` is installed, try setting", stage: true, want: "the image lacks protoc: toolchain: {packages: [protobuf-compiler]}"},
		"linker":          {log: "error: linker `clang` not found\n  |\n  = note: No such file or directory (os error 2)\n", want: "the image lacks the linker clang: toolchain: {packages: [clang]}, and [mold]"},
		"cross linker":    {log: "error: linker `aarch64-linux-gnu-gcc` not found", want: "the image lacks the linker aarch64-linux-gnu-gcc: toolchain: {packages: [gcc-aarch64-linux-gnu]}"},
		"mold for clang":  {log: "clang: error: invalid linker name in argument '-fuse-ld=mold'", want: "the image lacks the linker mold of -fuse-ld: toolchain: {packages: [mold]}"},
		"mold for gcc":    {log: "  = note: collect2: fatal error: cannot find 'ld'\n          compilation terminated.", want: "the image lacks the linker that -fuse-ld names"},
		"library":         {log: "/usr/bin/ld: cannot find -lsqlite3: No such file or directory", want: "the image lacks the library sqlite3"},
		"sccache":         {log: "error: could not execute process `sccache /usr/local/rustup/toolchains/1.95.0-x86_64-unknown-linux-gnu/bin/rustc -vV` (never executed)\n\nCaused by:\n  No such file or directory (os error 2)\n", stage: true, want: "the image has no sccache, which rustc-wrapper in .cargo/config.toml or a variable names: common: {env: {CARGO_BUILD_RUSTC_WRAPPER: \"\""},
		"target":          {log: "  = note: the `wasm32-unknown-unknown` target may not be installed", stage: true, want: "the toolchain lacks"},
		"killed":          {log: "error: could not compile `app` (bin \"app\")\n  process didn't exit successfully: `rustc` (signal: 9, SIGKILL: kill)", stage: true, want: "a process was killed"},
		"certificate":     {log: "Caused by:\n  [60] SSL peer certificate or SSH remote key was not OK (SSL certificate problem: self-signed certificate in certificate chain)", stage: true, want: "the certificate is of an authority"},
		"killed in C++":   {log: "g++: fatal error: Killed signal terminated program cc1plus", stage: true, want: "a process was killed"},
		"killed line":     {log: "/cranekit/lib/check.sh: line 1:    42 Killed\n", want: "a process was killed"},
		"no memory":       {log: "memory allocation of 8589934592 bytes failed", want: "a process was killed"},
		"postgres":        {log: "initdb: error: cannot be run as root\n", want: "checks run as root"},
		"bubblewrap":      {log: "bwrap: No permissions to create new namespace, likely because the kernel does not allow", want: "the sandbox of checks refuses bwrap"},
		"nothing special": {log: "test network ... FAILED\nassertion failed: git == pkg\nwas not Killed at all\nerror[E0433]: not found in this scope"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			result := buildkit.Result{Name: "test", Status: buildkit.StatusFailed, Log: []byte(c.log)}
			if !c.stage {
				result.Log, result.Dir = nil, logged(t, c.log)
			}
			wantHint(t, Judge(config.Check{Name: "test", Kind: "custom", Run: []string{"x"}, Network: c.network}, result, JudgeOptions{}), c.want)
		})
	}
	const own, guest = "deps: check gives it those of Cargo.lock", "fetch.locks: [guest/Cargo.lock]"
	for _, offline := range []string{
		"error: no matching package named `ryu` found\nAs a reminder, you're using offline mode (--offline) which can sometimes",
		"error: no matching package named `ryu` found\nlocation searched: crates.io index\n\nnote: offline mode (via `--offline`) can sometimes cause surprising resolution failures\n",
		"error: failed to download `ryu v1.0.18`\nattempting to make an HTTP request, but --offline was specified\n",
	} {
		for _, deps := range []string{"test", "none"} {
			for _, locks := range [][]string{nil, {"guest/Cargo.lock"}} {
				check := config.Check{Name: "test", Kind: "custom", Deps: deps}
				row := Judge(check, buildkit.Result{Status: buildkit.StatusFailed, ExitCode: 101, Log: []byte(offline)}, JudgeOptions{Locks: locks})
				got := strings.Join(row.Hints, "\n")
				if strings.Contains(got, guest) != (locks != nil) || strings.Contains(got, own) != (deps == "none") || len(row.Hints) > 1 {
					t.Errorf("deps %s, with the locks %q the hints are %s", deps, locks, got)
				}
			}
		}
	}
	passed := Judge(config.Check{Name: "test"}, buildkit.Result{Status: buildkit.StatusPassed, Log: []byte("linker `cc` not found")}, JudgeOptions{})
	if len(passed.Hints) > 0 {
		t.Errorf("a green check has hints: %q", passed.Hints)
	}
}

// logged is a directory with a log.
func logged(t *testing.T, log string) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "log.txt"), []byte(log), 0o644); err != nil {
		t.Fatal(err)
	}
	return dir
}

func wantHint(t *testing.T, row Check, want string) {
	t.Helper()
	switch {
	case want == "" && len(row.Hints) > 0:
		t.Errorf("hints %q, want none", row.Hints)
	case want != "" && (len(row.Hints) != 1 || !strings.HasPrefix(row.Hints[0], want)):
		t.Errorf("hints %q, want %q", row.Hints, want)
	}
}

// TestHintsOfTests has tests that fail for what the container is, as Rust's
// harness shows them.
func TestHintsOfTests(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ test, output, want string }{
		"unreadable":     {"tests::says_that_a_file_is_unreadable", "thread 'x' (1) panicked at src/lib.rs:17:35:\ncalled `Result::unwrap_err()` on an `Ok` value: \"1\"", "checks run as root"},
		"io_uring":       {"io_uring", "thread 'io_uring' (1) panicked at tests/kernel.rs:11:5:\nOs { code: 1, kind: PermissionDenied, message: \"Operation not permitted\" }", "the sandbox of checks refuses io_uring: insecure: true lifts it for this one"},
		"user namespace": {"user_namespace", "thread 'user_namespace' (1) panicked at tests/kernel.rs:21:5:\nassertion `left == right` failed\n  left: 256\n right: 0", "the sandbox of checks refuses user_namespace"},
		"setpriority":    {"os::setpriority_nice", "Os { code: 1, kind: PermissionDenied, message: \"Operation not permitted\" }", "the sandbox of checks refuses setpriority"},
		"a mount point":  {"parses_mount_points", "assertion failed: mount == \"/x\"", ""},
		"nothing":        {"adds", "assertion `left == right` failed", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			log := "     Running tests/k.rs (target/debug/deps/k-0000000000000001)\n\nrunning 1 test\ntest " + c.test + " ... FAILED\n\nfailures:\n\n---- " + c.test + " stdout ----\n" + c.output +
				"\n\n\nfailures:\n    " + c.test + "\n\ntest result: FAILED. 0 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s\n"
			result := buildkit.Result{Name: "test", Status: buildkit.StatusFailed, Dir: logged(t, log)}
			wantHint(t, Judge(config.Check{Name: "test", Kind: "custom", Run: []string{"x"}}, result, JudgeOptions{}), c.want)
		})
	}
}

// TestHintOfUnsentFiles has files that are on this machine only.
func TestHintOfUnsentFiles(t *testing.T) {
	t.Parallel()
	here := map[string]bool{"rust/src/generated.rs": true, "rust/data/x.json": true, "rust/src/a/mod.rs": true}
	o := JudgeOptions{Dir: "rust", Unsent: func(file string) bool { return here[file] }}
	for name, c := range map[string]struct{ log, want string }{
		"module":          {"error[E0583]: file not found for module `generated`\n  = help: to create the module `generated`, create file \"src/generated.rs\" or \"src/generated/mod.rs\"", `rust/src/generated.rs is on this machine and not in the source, as git ignores it or source.exclude names it: source: {include: ["rust/src/generated.rs"]}`},
		"its directory":   {"error[E0583]: file not found for module `a`\n  = help: to create the module `a`, create file \"src/a.rs\" or \"src/a/mod.rs\"", "rust/src/a/mod.rs is on"},
		"include_str":     {"error: couldn't read `src/../data/x.json`: No such file or directory (os error 2)", "rust/data/x.json is on"},
		"absolute":        {"Error: Os { code: 2 } opening /src/rust/data/x.json: No such file or directory", "rust/data/x.json is on"},
		"two":             {"couldn't read `data/x.json`: No such file or directory\ncouldn't read `src/generated.rs`: No such file or directory", "rust/data/x.json, rust/src/generated.rs are on"},
		"not here either": {"error: couldn't read `data/y.json`: No such file or directory (os error 2)", ""},
		"outside":         {"error: couldn't read `../../../etc/passwd`: No such file or directory (os error 2)", ""},
		"no trace":        {"opened /src/rust/data/x.json", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			result := buildkit.Result{Name: "test", Status: buildkit.StatusFailed, Dir: logged(t, c.log)}
			wantHint(t, Judge(config.Check{Name: "test", Kind: "test"}, result, o), c.want)
		})
	}
}

func TestHintOfMemory(t *testing.T) {
	t.Parallel()
	check := config.Check{Name: "test", Kind: "test"}
	result := buildkit.Result{Name: "test", Status: buildkit.StatusFailed, ExitCode: 137, Dir: logged(t, "")}
	wantHint(t, Judge(check, result, JudgeOptions{}), "a process was killed, probably because memory ran out: look at that of the builder")
	check.Limits.Memory = 2 << 30
	wantHint(t, Judge(check, result, JudgeOptions{}), "a process was killed, probably because memory ran out: the check has memory: 2GiB; more,")
}
