package cargo

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestSameDependencies makes workspaces up and asks cargo: where two sets of
// features are the same for dependencies, both compile the same third-party
// units for the skeleton, whatever is selected, and for the real workspace none
// that the skeleton lacks.
func TestSameDependencies(t *testing.T) {
	t.Parallel()
	const madeOf = 30
	equal := make([]int, madeOf)
	t.Cleanup(func() {
		// Sets that do nothing at all would be no proof.
		if n := sum(equal); n < 40 {
			t.Errorf("only %d pairs of sets of features were found to be the same", n)
		} else {
			t.Logf("%d pairs of sets of features are the same", n)
		}
	})
	for seed := range uint64(madeOf) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			r := rand.New(rand.NewPCG(seed, 2))
			files := featured(r)
			src, dst := t.TempDir(), t.TempDir()
			files.lay(t, src)
			cargo(t, src, "generate-lockfile")
			w, err := Load(os.DirFS(src), ".", ".")
			if err != nil {
				t.Fatal(err)
			}
			mustSkeleton(t, w).layOver(t, src, dst)
			effects := w.FeatureEffects()
			names := w.featureNames()
			for range 3 * madeOf {
				a, b := anyFlags(r, names), FeatureFlags{}
				if r.IntN(3) == 0 {
					b = anyFlags(r, names)
				}
				if equal[seed] == 4 || slices.Equal(a.words(), b.words()) || !effects.SameDependencies(a, b) {
					continue
				}
				scope := pick(r, "--workspace", "--workspace", "-p m0 -p m3", "--workspace --exclude m1")
				command := pick(r, "check --all-targets", "build", "build --release", "test --no-run", "test --no-run --release")
				words := strings.Fields(command + " " + scope)
				problem, judged := differ(t, src, dst, append(words, a.words()...), append(slices.Clip(words), b.words()...))
				if judged {
					equal[seed]++
				}
				if problem != "" {
					t.Errorf("%s\n%s", problem, dump(files))
				}
			}
		})
	}
}

// differ names a third-party unit that only one of two commands compiles for the
// skeleton, or that the first compiles for the real workspace and the second not
// for the skeleton. What cargo refuses is not judged.
func differ(t *testing.T, src, dst string, a, b []string) (problem string, judged bool) {
	t.Helper()
	real, err := tryThirdParty(t, src, a)
	if err != nil {
		return "", false
	}
	one, err := tryThirdParty(t, dst, a)
	if err != nil {
		return err.Error(), true
	}
	other, err := tryThirdParty(t, dst, b)
	if err != nil {
		return "", false
	}
	if !maps.Equal(one, other) {
		return fmt.Sprintf("cargo %v compiles %v, and %v %v", a, only(one, other), b, only(other, one)), true
	}
	moved := map[string]bool{}
	for unit := range real {
		moved[strings.ReplaceAll(unit, src, dst)] = true
	}
	if lacks := only(moved, other); len(lacks) > 0 && strings.HasPrefix(a[0], "build") {
		return fmt.Sprintf("cargo %v compiles for the skeleton what %v does not: %v", b, a, lacks), true
	}
	return "", true
}

// featured is a workspace by chance whose packages have features of all forms.
func featured(r *rand.Rand) tree {
	files := tree{filepath.Join(".cargo", "config.toml"): "[source.crates-io]\nreplace-with = \"v\"\n[source.v]\ndirectory = \"vendor\"\n"}
	const crates, members, beside = 5, 4, 2
	for i := range crates {
		madeUpCrate(r, files, i)
	}
	for i := range beside + members {
		name := fmt.Sprintf("m%d", i-beside)
		if i < beside {
			name = fmt.Sprintf("x%d", i)
		}
		featuredPackage(r, files, name, i, beside, crates)
	}
	files["Cargo.toml"] = "[workspace]\nmembers = [\"m*\"]\nexclude = [\"x0\", \"x1\"]\n" + pick(r, "", "resolver = \"1\"\n", "resolver = \"2\"\n", "resolver = \"3\"\n") +
		"[profile.release]\npanic = \"" + pick(r, "abort", "unwind") + "\"\nlto = " + pick(r, "false", "true") + "\n"
	return files
}

// featuredPackage adds a package that may use those before it.
func featuredPackage(r *rand.Rand, files tree, name string, i, beside, crates int) {
	var local, values []string
	for j := range i {
		if local = append(local, fmt.Sprintf("m%d", j-beside)); j < beside {
			local[j] = fmt.Sprintf("x%d", j)
		}
	}
	kinds := []string{normalDeps, normalDeps, normalDeps, buildDeps, "target.'cfg(windows)'.dependencies", "target.'cfg(unix)'.dependencies"}
	if name[0] == 'm' {
		kinds = append(kinds, devDeps)
	}
	tables := map[string]string{}
	add := func(key, what, feature string) {
		kind := kinds[r.IntN(len(kinds))]
		optional := kind != devDeps && r.IntN(2) == 0
		tables[kind] += fmt.Sprintf("%s = { %s, default-features = %t, optional = %t, features = [%s] }\n", key, what, r.IntN(2) == 0, optional, pick(r, "", "", fmt.Sprintf("%q", feature)))
		values = append(values, key+"/"+feature)
		if optional {
			values = append(values, key+"?/"+feature, "dep:"+key)
			if r.IntN(2) == 0 {
				values = values[:len(values)-1]
			}
		}
	}
	for _, other := range local {
		if r.IntN(2) == 0 {
			add(pick(r, other, "as-"+other), fmt.Sprintf("package = %q, path = \"../%s\"", other, other), fmt.Sprintf("f%d", r.IntN(4)))
		}
	}
	if r.IntN(3) > 0 {
		c := r.IntN(crates)
		add(fmt.Sprintf("c%d", c), "version = \"1\"", pick(r, "a", "b"))
	}
	m := fmt.Sprintf("[package]\nname = %q\nversion = \"0.1.0\"\nedition = \"%s\"\n[features]\n", name, pick(r, "2018", "2021", "2024"))
	for f := range 4 {
		var of []string
		for range r.IntN(3) {
			if f > 0 && r.IntN(3) == 0 {
				of = append(of, fmt.Sprintf("\"f%d\"", r.IntN(f)))
			} else if len(values) > 0 && r.IntN(2) == 0 {
				of = append(of, fmt.Sprintf("%q", values[r.IntN(len(values))]))
			}
		}
		m += fmt.Sprintf("f%d = [%s]\n", f, strings.Join(of, ", "))
	}
	m += pick(r, "", "default = []\n", "default = [\"f1\"]\n", "default = [\"f0\", \"f2\"]\n")
	if r.IntN(5) == 0 && name[0] == 'm' {
		m += "[lib]\nproc-macro = true\n"
	}
	for _, kind := range slices.Sorted(maps.Keys(tables)) {
		m += "[" + kind + "]\n" + tables[kind]
	}
	for _, file := range []string{"tests/t.rs", "examples/e.rs", "build.rs", "src/main.rs"} {
		if r.IntN(3) == 0 {
			files[name+"/"+file] = "fn main() {}"
		}
	}
	files[name+"/src/lib.rs"], files[name+"/Cargo.toml"] = "", m
}

// featureNames are names that --features can have.
func (w *Workspace) featureNames() []string {
	var names []string
	for i := range w.Packages {
		p := &w.Packages[i]
		for _, feature := range p.Features() {
			names = append(names, p.Name+"/"+feature)
			if p.Member {
				names = append(names, feature)
			}
		}
	}
	return names
}

func anyFlags(r *rand.Rand, names []string) FeatureFlags {
	flags := FeatureFlags{All: r.IntN(8) == 0, NoDefault: r.IntN(4) == 0}
	for range r.IntN(3) {
		flags.Names = append(flags.Names, names[r.IntN(len(names))])
	}
	return flags
}

func (flags FeatureFlags) words() []string {
	var words []string
	for _, name := range flags.Names {
		words = append(words, "--features", name)
	}
	if flags.NoDefault {
		words = append(words, "--no-default-features")
	}
	if flags.All {
		words = append(words, "--all-features")
	}
	return words
}

func only(a, b map[string]bool) []string {
	var names []string
	for name := range a {
		if !b[name] {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

func sum(counts []int) int {
	n := 0
	for _, count := range counts {
		n += count
	}
	return n
}
