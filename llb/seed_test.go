package llb

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/moby/buildkit/solver/pb"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
)

// The hashes of units: of a dependency that stays, of one that goes, of one that
// the stage below has, of a build script and of its run.
const (
	stays    = "0123456789abcdef"
	goes     = "fedcba9876543210"
	before   = "00000000000000aa"
	scripted = "00000000000000bb"
	ran      = "00000000000000cc"
	made     = "00000000000000dd"
)

// layouts are the files of units in a target directory, before cargo 1.100 and
// since.
func layouts() map[string]func(hashes ...string) []string {
	return map[string]func(hashes ...string) []string{
		"old": func(hashes ...string) (files []string) {
			for _, h := range hashes {
				switch h {
				case scripted:
					files = append(files, "debug/.fingerprint/libc-"+h+"/build-script", "debug/build/libc-"+h+"/build-script-build")
				case ran:
					files = append(files, "debug/.fingerprint/libc-"+h+"/run", "debug/build/libc-"+h+"/out/deps/a b", "debug/build/libc-"+h+"/output")
				default:
					files = append(files, "x86/debug/.fingerprint/a_b-"+h+"/lib", "x86/debug/deps/liba_b-"+h+".rlib", "x86/debug/deps/a_b-"+h+".d")
				}
			}
			return files
		},
		"new": func(hashes ...string) (files []string) {
			for _, h := range hashes {
				files = append(files, "debug/build/a-b/"+h+"/fingerprint/lib", "debug/build/a-b/"+h+"/out/deps/liba_b-1111111111111111.rlib")
			}
			return files
		},
	}
}

// messages are what cargo says of the units that it uses.
func messages(layout string, hashes ...string) string {
	var lines []string
	for _, h := range hashes {
		id, file := "registry+https://github.com/rust-lang/crates.io-index#a-b@1.0.0", "/src/target/x86/debug/deps/liba_b-"+h+".rlib"
		reason, key := "compiler-artifact", `"filenames":["`
		switch {
		case layout == "new":
			file = "/src/target/debug/build/a-b/" + h + "/out/deps/liba_b-1111111111111111.rlib"
		case h == scripted:
			file = "/src/target/debug/build/libc-" + h + "/build-script-build"
		case h == ran:
			file, reason, key = "/src/target/debug/build/libc-"+h+"/out", "build-script-executed", `"out_dir":["`
		case h == made:
			id = "git+https://example.com/made?rev=1#0.2.0"
		}
		lines = append(lines, `{"reason":"`+reason+`","package_id":"`+id+`",`+key+file+`"],"fresh":true}`)
	}
	return strings.Join(append(lines, `{"reason":"compiler-artifact","package_id":"path+file:///src#w@0.0.0-cranekit","target":{"name":"cranekit_dummy_w"},"filenames":["/src/target/debug/deps/libcranekit_dummy_w-`+goes+`.rlib"]}`), "\n")
}

// TestSeed: what an earlier stage left is taken over whole or not at all, and
// what the commands do not use is gone in the end.
func TestSeed(t *testing.T) {
	t.Parallel()
	eachShell(t, func(t *testing.T, shell []string) {
		for layout, files := range layouts() {
			root := t.TempDir()
			lay := func(dir string, hashes ...string) {
				for _, file := range files(hashes...) {
					file = filepath.Join(root, dir, file)
					if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
						t.Fatal(err)
					}
					if err := os.WriteFile(file, []byte(dir), 0o644); err != nil {
						t.Fatal(err)
					}
				}
			}
			lay("earlier/0/stage", stays, goes, before, scripted, ran)
			lay("earlier/0/below", before)
			lay("a [b]/target", before)
			for _, dir := range []string{"seed", "notes", "bin"} {
				if err := os.MkdirAll(filepath.Join(root, dir), 0o755); err != nil {
					t.Fatal(err)
				}
			}
			if err := os.WriteFile(filepath.Join(root, "bin", "cargo"), []byte("#!/bin/sh\ncat \"$root/says\"\n"), 0o755); err != nil {
				t.Fatal(err)
			}
			says := filepath.Join(root, "says")
			if err := os.WriteFile(says, []byte(messages(layout, stays, before, scripted, ran, made)), 0o644); err != nil {
				t.Fatal(err)
			}
			const run = `sed -e "s#/cranekit/seed#$root/seed#" -e "s#/cranekit/earlier#$root/earlier#" -e "s#/cranekit/lib#.#" seed.sh >"$root/seed.sh"
				. "$root/seed.sh"
				lib=. target="$root/a [b]/target"
				. ./seeded.sh
				seed=$root/seed notes=$root/notes
				PATH=$root/bin:$PATH
				sow
				` // what cargo does
			weed := func(work string) (string, []string) {
				out, err := shellScript(t, shell, run+work+"\nweed build", "root="+root)
				if err != nil {
					t.Fatalf("%s: %v: %s", layout, err, out)
				}
				return out, filesBelow(t, filepath.Join(root, "a [b]", "target"))
			}
			out, left := weed("")
			if want := slices.Sorted(slices.Values(files(stays, before, scripted, ran))); !slices.Equal(left, want) {
				t.Errorf("%s: left are\n%s\nwant\n%s", layout, strings.Join(left, "\n"), strings.Join(want, "\n"))
			}
			said := map[string]string{"old": "1 of 5 units compiled: made 0.2.0\n", "new": "1 of 5 units compiled: a-b 1.0.0\n"}[layout]
			if out != said {
				t.Errorf("%s: %q, want %q", layout, out, said)
			}
			// The same again, and cargo could do nothing with it.
			if err := os.RemoveAll(filepath.Join(root, "a [b]", "target")); err != nil {
				t.Fatal(err)
			}
			lay("a [b]/target", before)
			if out, left = weed("uproot"); !slices.Equal(left, slices.Sorted(slices.Values(files(before)))) {
				t.Errorf("%s: left in spite of a failure are\n%s\n%s", layout, strings.Join(left, "\n"), out)
			}
		}
	})
}

// filesBelow are the files below a directory, sorted.
func filesBelow(t *testing.T, dir string) (files []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, entry os.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			files = append(files, strings.TrimPrefix(path, dir+"/"))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(files)
	return files
}

// TestDomains: what a stage starts from is in its key, and so in those of all that
// stand on it. Without a domain no stage starts from anything.
func TestDomains(t *testing.T) {
	t.Parallel()
	cfg, ws, skeleton := inputs(t, "testdata/workspace")
	seen := map[string]string{}
	for _, domain := range []string{"", "one", "two"} {
		g, err := New(cfg, ws, skeleton, Options{Bases: map[string]Base{"": layoutBase()}, Platform: ocispecs.Platform{OS: "linux", Architecture: "amd64"}, Domain: domain})
		if err != nil {
			t.Fatal(err)
		}
		all := keys(t, g)
		stages := 0
		for _, n := range g.Nodes {
			if n.Role != RoleStage {
				continue
			}
			stages++
			if other, taken := seen[all[n.Name]]; taken {
				t.Errorf("%s of %q has the key of %s", n.Name, domain, other)
			}
			seen[all[n.Name]] = n.Name + " of " + domain
			if (n.Family != "") != (domain != "") {
				t.Errorf("%s of %q has the family %q", n.Name, domain, n.Family)
			}
			for _, e := range execs(t, g, n) {
				mounts := slices.ContainsFunc(e.Mounts, func(m *pb.Mount) bool { return m.Dest == seedDir })
				if mounts && (domain == "" || !slices.Contains(e.Meta.Env, "CRANEKIT_DOMAIN="+domain)) {
					t.Errorf("%s of %q: %q mounts a seed, with %q", n.Name, domain, e.Meta.Args, e.Meta.Env)
				}
			}
		}
		if stages == 0 {
			t.Fatal("no stages")
		}
	}
}
