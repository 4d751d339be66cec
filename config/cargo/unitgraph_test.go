package cargo

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestSkeletonKeepsUnits makes workspaces up and asks cargo: whatever
// third-party units a command compiles for the real workspace, the stages
// compile for the skeleton, with the same settings.
func TestSkeletonKeepsUnits(t *testing.T) {
	t.Parallel()
	realSkeletons(t, strings.FieldsFunc(*workspaces, func(r rune) bool { return r == ',' }))
	const madeOf, plain = 24, 16
	for seed := range uint64(madeOf) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			r := rand.New(rand.NewPCG(seed, 1))
			files := madeUp(r)
			flags := []string{"--workspace"}
			if seed >= plain {
				// What the settings and arguments of a check select.
				flags = append(strings.Fields(pick(r, "--workspace", "--workspace --exclude m2", "-p m4", "-p m3 -p m1")),
					strings.Fields(pick(r, "", "--all-features", "--no-default-features", "--target x86_64-unknown-linux-gnu"))...)
			}
			src, dst := t.TempDir(), t.TempDir()
			files.lay(t, src)
			cargo(t, src, "generate-lockfile")
			w, err := Load(os.DirFS(src), ".", ".")
			if err != nil {
				t.Fatal(err)
			}
			mustSkeleton(t, w).layOver(t, src, dst)
			if missing := uncooked(t, src, dst, flags); missing != "" {
				t.Errorf("%s\n%s", missing, dump(files))
			}
		})
	}
}

// workspaces are real ones, to try by hand:
//
//	go test ./config/cargo -run TestSkeletonKeepsUnits -workspaces /path/one,/path/two
//
// Their dependencies must have been fetched.
var workspaces = flag.String("workspaces", "", "more `directories` for TestSkeletonKeepsUnits")

// realSkeletons asks cargo the same of workspaces that exist.
func realSkeletons(t *testing.T, dirs []string) {
	t.Helper()
	for _, src := range dirs {
		src, err := filepath.Abs(src)
		if err != nil {
			t.Fatal(err)
		}
		t.Run(filepath.Base(src), func(t *testing.T) {
			t.Parallel()
			w, err := Load(os.DirFS(src), ".", ".")
			if err != nil {
				t.Fatal(err)
			}
			for _, features := range []string{"", "--all-features", "--no-default-features"} {
				dst := t.TempDir()
				mustSkeleton(t, w).layOver(t, src, dst)
				flags := append([]string{"--workspace", "--ignore-rust-version"}, strings.Fields(features)...)
				if missing := uncooked(t, src, dst, flags); missing != "" {
					t.Error(missing)
				}
			}
		})
	}
}

func dump(files tree) string {
	var b strings.Builder
	for _, name := range sortedKeys(files) {
		if strings.HasSuffix(name, ".toml") && !strings.HasPrefix(name, "vendor/") {
			fmt.Fprintf(&b, "-- %s --\n%s", name, files[name])
		}
	}
	return b.String()
}

func sortedKeys(files tree) []string {
	var names []string
	for name := range files {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// madeUp is a workspace by chance, with a vendored registry.
func madeUp(r *rand.Rand) tree {
	files := tree{
		filepath.Join(".cargo", "config.toml"): "[source.crates-io]\nreplace-with = \"v\"\n[source.v]\ndirectory = \"vendor\"\n",
	}
	const crates, members = 8, 5
	for i := range crates {
		madeUpCrate(r, files, i)
	}
	for i := range members {
		madeUpMember(r, files, i, crates)
	}
	resolver := pick(r, "1", "2", "3")
	files["Cargo.toml"] = "[workspace]\nmembers = [\"m*\"]\nresolver = \"" + resolver + "\"\n" +
		"[profile.release]\nlto = " + pick(r, "false", "true", "\"thin\"", "\"off\"") + "\npanic = \"" + pick(r, "abort", "unwind") + "\"\n" +
		"[profile.dev.package.c1]\nopt-level = 2\n[profile.dev.package.\"*\"]\ndebug = " + pick(r, "0", "1") +
		"\n[profile.dev.build-override]\nopt-level = " + pick(r, "0", "1") + "\n"
	return files
}

// madeUpCrate adds package i of the registry, which uses those before it.
func madeUpCrate(r *rand.Rand, files tree, i int) {
	name := fmt.Sprintf("c%d", i)
	dir := "vendor/" + name + "/"
	m := fmt.Sprintf("[package]\nname = %q\nversion = \"1.0.0\"\nedition = \"2021\"\n", name)
	if i%4 == 3 {
		m += "[lib]\nproc-macro = true\n"
	}
	features, tables := "[features]\ndefault = [\"a\"]\na = []\nb = []\n", map[string]string{}
	for j := range i {
		if r.IntN(3) > 0 {
			continue
		}
		kind := pick(r, normalDeps, normalDeps, buildDeps, "target.'cfg(unix)'.dependencies")
		dep := fmt.Sprintf("c%d = { version = \"1\", default-features = %t, features = [%s]", j, r.IntN(2) == 0, pick(r, "", `"b"`))
		if kind == normalDeps && r.IntN(3) == 0 {
			dep += ", optional = true"
			features += fmt.Sprintf("with%d = [\"dep:c%d\"]\nweak%d = [\"c%d?/b\"]\n", j, j, j, j)
		}
		tables[kind] += dep + " }\n"
	}
	for _, kind := range []string{normalDeps, buildDeps, "target.'cfg(unix)'.dependencies"} {
		m += "[" + kind + "]\n" + tables[kind]
	}
	files[dir+"Cargo.toml"] = m + features
	files[dir+".cargo-checksum.json"] = fmt.Sprintf(`{"files":{},"package":"%064d"}`, i)
	files[dir+"src/lib.rs"] = ""
	if tables[buildDeps] != "" || r.IntN(3) == 0 {
		files[dir+"build.rs"] = "fn main() {}"
	}
}

// madeUpMember adds member i, with targets of any kinds and dependencies on
// the registry and on the members before it.
func madeUpMember(r *rand.Rand, files tree, i, crates int) {
	name := fmt.Sprintf("m%d", i)
	m := fmt.Sprintf("[package]\nname = %q\nversion = \"0.%d.0\"\n", name, i)
	m += pick(r, "", "edition = \"2018\"\n", "edition = \"2021\"\n", "edition = \"2024\"\n")
	kind := r.IntN(7)
	switch kind {
	case 0:
		m += "[lib]\nproc-macro = true\n"
	case 1:
		m += "[lib]\ncrate-type = [" + pick(r, `"cdylib"`, `"staticlib", "rlib"`, `"dylib"`, `"cdylib", "lib"`) + "]\n"
	case 2:
		m += "[lib]\ntest = false\nbench = false\n"
	}
	// One that is no program has to have a library.
	switch {
	case kind == 6: // neither
		files[name+"/"+pick(r, "tests/t.rs", "examples/e.rs", "benches/b.rs")] = "fn main() {}"
	case kind < 4 || r.IntN(2) == 0:
		files[name+"/src/lib.rs"] = ""
	}
	if kind >= 3 && kind != 6 || kind < 3 && r.IntN(3) == 0 {
		files[name+"/src/main.rs"] = "fn main() {}"
	}
	for _, file := range []string{"tests/t.rs", "examples/e.rs", "benches/b.rs", "build.rs", "src/bin/other.rs"} {
		if r.IntN(3) == 0 {
			files[name+"/"+file] = "fn main() {}"
		}
	}
	tables, features := map[string]string{}, "[features]\ndefault = []\n"
	kinds := []string{normalDeps, devDeps, buildDeps, "target.'cfg(unix)'.dependencies", "target.'cfg(windows)'.dependencies", "target.'cfg(unix)'.dev-dependencies"}
	for j := range crates {
		if r.IntN(2) == 0 {
			continue
		}
		k := kinds[r.IntN(len(kinds))]
		dep := fmt.Sprintf("dep-%d = { package = \"c%d\", version = \"1\", default-features = %t, features = [%s]", j, j, r.IntN(2) == 0, pick(r, "", `"b"`, `"a", "b"`))
		if k == normalDeps && r.IntN(3) == 0 {
			dep += ", optional = true"
			features += fmt.Sprintf("with%d = [\"dep:dep-%d\"]\n", j, j)
		}
		tables[k] += dep + " }\n"
	}
	for j := range i {
		if r.IntN(3) == 0 && files[fmt.Sprintf("m%d/src/lib.rs", j)] == "" && hasFile(files, fmt.Sprintf("m%d/src/lib.rs", j)) {
			tables[pick(r, normalDeps, devDeps, buildDeps)] += fmt.Sprintf("m%d = { path = \"../m%d\", version = \"0.%d\" }\n", j, j, j)
		}
	}
	for _, k := range kinds {
		m += "[" + k + "]\n" + tables[k]
	}
	files[name+"/Cargo.toml"] = m + features
}

func hasFile(files tree, name string) bool {
	_, ok := files[name]
	return ok
}

func pick(r *rand.Rand, choices ...string) string { return choices[r.IntN(len(choices))] }
