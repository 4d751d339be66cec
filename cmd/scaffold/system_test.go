package scaffold

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/cranekit/cranekit/config/cargo"
)

// TestNativesForm wants the table to be sorted, whole, and to have names that
// the package managers could have.
func TestNativesForm(t *testing.T) {
	t.Parallel()
	name := regexp.MustCompile(`^[a-z0-9][a-z0-9+.-]+$`)
	crate := regexp.MustCompile(`^[a-z0-9][a-z0-9_-]+$`)
	var crates []string
	for line := range strings.Lines(nativesText) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		row := strings.Split(strings.TrimSuffix(line, "\n"), " | ")
		if len(row) != 3 && len(row) != 4 {
			t.Errorf("%d columns in %q", len(row), line)
			continue
		}
		crates = append(crates, row[0])
		if !crate.MatchString(row[0]) {
			t.Errorf("%q is no crate", row[0])
		}
		for _, packages := range row[1:3] {
			if packages == "" {
				t.Errorf("%s has no packages of one system", row[0])
			}
			for p := range strings.SplitSeq(packages, " ") {
				if !name.MatchString(p) {
					t.Errorf("%s: %q is no package", row[0], p)
				}
			}
		}
		if len(row) == 4 && !regexp.MustCompile(`^(own:)?[a-z0-9-]+( [a-z0-9-]+)*$`).MatchString(row[3]) {
			t.Errorf("%s: %q", row[0], row[3])
		}
	}
	if !slices.IsSorted(crates) || len(slices.Compact(slices.Clone(crates))) != len(crates) {
		t.Error("the crates are not sorted, or one is there twice")
	}
	if len(crates) < 100 {
		t.Errorf("only %d crates", len(crates))
	}
}

// locked is a lock with crates.io's crates of these names, "name:dependency" for
// one with a dependency.
func locked(crates ...string) *cargo.Lockfile {
	lock := &cargo.Lockfile{}
	for _, crate := range crates {
		name, dependency, found := strings.Cut(crate, ":")
		p := cargo.LockPackage{Name: name, Version: "1.0.0", Source: "registry+https://github.com/rust-lang/crates.io-index"}
		if found {
			p.Dependencies = []string{dependency + " 1.0.0"}
		}
		lock.Packages = append(lock.Packages, p)
	}
	return lock
}

func TestSystem(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		lock                    *cargo.Lockfile
		debian, alpine, unknown string
	}{
		"nothing":                         {locked("serde", "libz-sys"), "", "", ""},
		"openssl":                         {locked("openssl-sys"), "libssl-dev pkg-config", "openssl-dev openssl-libs-static pkgconf", ""},
		"openssl from source":             {locked("openssl-sys", "openssl-src"), "make perl", "linux-headers make perl", ""},
		"sqlite of the system":            {locked("libsqlite3-sys:pkg-config", "cc"), "libsqlite3-dev pkg-config", "pkgconf sqlite-dev", ""},
		"sqlite from source":              {locked("libsqlite3-sys:cc"), "", "", ""},
		"lua from one of several":         {locked("mlua-sys", "luau0-src"), "", "", ""},
		"selinux, as coreutils has it":    {locked("selinux-sys", "clang-sys"), "libclang-dev libselinux1-dev", "clang-dev libselinux-dev", ""},
		"cmake that nobody has to use":    {locked("cmake", "aws-lc-sys:cmake"), "", "", ""},
		"a library of which is no row":    {locked("rare-sys:pkg-config"), "", "", "rare-sys"},
		"a member of the name of a crate": {&cargo.Lockfile{Packages: []cargo.LockPackage{{Name: "openssl-sys"}}}, "", "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			needs, alpine, unknown := System(c.lock)
			var debian []string
			for _, n := range needs {
				debian = append(debian, n.Package)
			}
			if got := strings.Join(debian, " "); got != c.debian {
				t.Errorf("Debian's %q, want %q", got, c.debian)
			}
			if got := strings.Join(alpine, " "); got != c.alpine {
				t.Errorf("Alpine's %q, want %q", got, c.alpine)
			}
			if got := strings.Join(unknown, " "); got != c.unknown {
				t.Errorf("unknown %q, want %q", got, c.unknown)
			}
		})
	}
}
