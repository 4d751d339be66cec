package llb

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// eachShell runs a test with every shell that images may have.
func eachShell(t *testing.T, test func(t *testing.T, shell []string)) {
	t.Helper()
	found := 0
	for _, shell := range [][]string{{"dash"}, {"bash", "--posix"}, {"bash"}, {"busybox", "sh"}} {
		if _, err := exec.LookPath(shell[0]); err != nil {
			continue
		}
		found++
		t.Run(strings.Join(shell, " "), func(t *testing.T) { test(t, shell) })
	}
	if found == 0 {
		t.Fatal("there is no shell")
	}
}

// shellScript runs lines of a shell in the directory of the scripts.
func shellScript(t *testing.T, shell []string, script string, env ...string) (string, error) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), shell[0], slices.Concat(shell[1:], []string{"-euc", script})...)
	cmd.Dir = "scripts"
	cmd.Env = append(os.Environ(), env...)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// TestDeclared: the order of the lines of a build script makes no difference. An
// absolute path in the package as the last line left the layer empty.
func TestDeclared(t *testing.T) {
	t.Parallel()
	const here, there, relative, env = "cargo:rerun-if-changed=/src/a b/x.txt", "cargo:rerun-if-changed=/src/ab/x.txt", "cargo::rerun-if-changed=src/y", "cargo:rerun-if-env-changed=X"
	tests := map[string]struct {
		lines []string
		want  bool
	}{
		"nothing":                  {nil, false},
		"other lines only":         {[]string{"cargo:rustc-cfg=x", "warning"}, false},
		"a variable":               {[]string{env}, true},
		"relative":                 {[]string{relative}, true},
		"the package itself":       {[]string{"cargo:rerun-if-changed=/src/a b"}, true},
		"absolute":                 {[]string{here}, true},
		"absolute last":            {[]string{relative, env, here}, true},
		"absolute first":           {[]string{here, relative, env}, true},
		"in the last package":      {[]string{"cargo:rerun-if-changed=/src/c/x", here}, true},
		"elsewhere":                {[]string{there}, false},
		"elsewhere last":           {[]string{relative, here, there}, false},
		"elsewhere first":          {[]string{there, here, relative}, false},
		"upwards":                  {[]string{"cargo:rerun-if-changed=../x", here}, false},
		"upwards last":             {[]string{here, "cargo:rerun-if-changed=/src/c/../x"}, false},
		"a pattern is no pattern":  {[]string{"cargo:rerun-if-changed=/src/d/x"}, false},
		"a space does not matter":  {[]string{"cargo:rerun-if-changed=/src/a b/ y "}, true},
		"a backslash does neither": {[]string{`cargo:rerun-if-changed=/src/c/\x`}, true},
	}
	eachShell(t, func(t *testing.T, shell []string) {
		for name, test := range tests {
			output := filepath.Join(t.TempDir(), "output")
			if err := os.WriteFile(output, []byte(strings.Join(append(test.lines, ""), "\n")), 0o644); err != nil {
				t.Fatal(err)
			}
			out, err := shellScript(t, shell, `. ./declared.sh; declared "$output"`, "output="+output, "scripted=/src/a b\n/src/[d]\n/src/c")
			if got := err == nil; got != test.want || out != "" {
				t.Errorf("%s: %v, want %v (%s)", name, got, test.want, out)
			}
		}
	})
}

// TestClean: only what cargo itself makes is removed. A dependency's OUT_DIR may
// hold the same names, and a profile or a target have one.
func TestClean(t *testing.T) {
	t.Parallel()
	kept := []string{
		".rustc_info.json", "cranekit-deps.txt",
		"debug/.fingerprint/libc-0123456789abcdef/lib-libc", "debug/deps/liblibc-0123456789abcdef.rlib",
		"debug/build/gen-0123456789abcdef/out/incremental/a.rs", "debug/build/gen-0123456789abcdef/out/.cargo-lock",
		"debug/build/gen-0123456789abcdef/out/cargo-timings/a", "debug/build/gen-0123456789abcdef/out/tmp/a", "debug/build/gen-0123456789abcdef/out/doc/a",
		"debug/build/gen-0123456789abcdef/out/target/debug/.cargo-lock", "debug/build/gen-0123456789abcdef/out/target/debug/incremental/a",
		"x86/release/build/incremental/0123456789abcdef/out/libincremental.rlib", "release/build/tmp/0123456789abcdef/fingerprint/lib-tmp",
		"incremental/deps/liblibc-1.rlib", "x86/incremental/deps/liblibc-1.rlib",
	}
	dropped := []string{
		"debug/.cargo-lock", "debug/incremental/a-1/s/x.bin", "release/.cargo-build-lock", "release/.cargo-artifact-lock", "release/incremental/x",
		"x86/release/.cargo-lock", "x86/release/incremental/x", "incremental/.cargo-lock", "incremental/incremental/x", "x86/incremental/.cargo-lock", "x86/incremental/incremental/x",
		"tmp/x", "x86/tmp/x", "cargo-timings/cargo-timing.html",
		"debug/.fingerprint/app-0123456789abcdef/lib-cranekit_dummy_app", "debug/build/app-0123456789abcdef/out/x", "debug/deps/libcranekit_dummy_app-0123456789abcdef.rlib",
		"release/build/app/0123456789abcdef/fingerprint/lib-cranekit_dummy_app", "release/build/app/0123456789abcdef/out/x",
	}
	eachShell(t, func(t *testing.T, shell []string) {
		target := filepath.Join(t.TempDir(), "src [x]", "target")
		for _, name := range slices.Concat(kept, dropped) {
			file := filepath.Join(target, name)
			if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(file, nil, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if out, err := shellScript(t, shell, ". ./clean.sh", "target="+target); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		var left []string
		err := filepath.WalkDir(target, func(path string, entry fs.DirEntry, err error) error {
			if err == nil && !entry.IsDir() {
				left = append(left, strings.TrimPrefix(path, target+"/"))
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		want := slices.Sorted(slices.Values(kept))
		if slices.Sort(left); !slices.Equal(left, want) {
			t.Errorf("left are\n%s\nwant\n%s", strings.Join(left, "\n"), strings.Join(want, "\n"))
		}
	})
}
