package llb

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

// TestUnusedDownloads drops what no fetch had a use for in a long time.
func TestUnusedDownloads(t *testing.T) {
	t.Parallel()
	eachShell(t, func(t *testing.T, shell []string) {
		t.Parallel()
		r := newFetchRoot(t, shell)
		r.wants(t, "fnv-1.0.7.crate")
		const kept = "downloads/registry/cache/index-1/"
		long := time.Now().AddDate(0, 0, -40)
		for name, at := range map[string]time.Time{
			kept + "fnv-1.0.7.crate": long, kept + "old-1.0.0.crate": long, kept + "young-1.0.0.crate": time.Now().AddDate(0, 0, -20),
			"downloads/git/old-0123456789abcdef.bundle": long, "outside/old": long,
		} {
			if name != kept+"fnv-1.0.7.crate" {
				r.write(t, name, "", 0o644)
			}
			if err := os.Chtimes(r.dir+"/"+name, at, at); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.Symlink(r.dir+"/outside", r.dir+"/"+kept+"link"); err != nil {
			t.Fatal(err)
		}
		r.wants(t, "")
		r.wants(t, "") // what was used is young again
		for name, want := range map[string]bool{kept + "old-1.0.0.crate": false, kept + "young-1.0.0.crate": true, "downloads/git/old-0123456789abcdef.bundle": false, "outside/old": true} {
			if _, err := os.Stat(r.dir + "/" + name); (err == nil) != want {
				t.Errorf("%s is there: %t", name, err == nil)
			}
		}
	})
}

// TestPrivateDownloads: what credentials may have opened is not left for others.
func TestPrivateDownloads(t *testing.T) {
	t.Parallel()
	eachShell(t, func(t *testing.T, shell []string) {
		t.Parallel()
		for registry, public := range map[string]bool{
			"index.crates.io-1949cf8c6b5b557f": true, "index.crates.io-1949cf8c6b5b557": false, "index.crates.io-evil": false,
			"index.crates.io.example-1949cf8c6b5b557f": false, "index.crates.io-0123456789abcdef-1949cf8c6b5b557f": false, "acme.example-1949cf8c6b5b557f": false,
		} {
			r := newFetchRoot(t, shell)
			if err := os.Remove(r.dir + "/packages"); err != nil {
				t.Fatal(err)
			}
			r.serve(t, registry, "fnv-1.0.7.crate", trueCrate)
			r.write(t, "commit", repository(t, r.dir+"/server/tool", trueCrate), 0o644)
			if code, out := r.fetch(t, "CRANEKIT_PRIVATE=1"); code != 0 {
				t.Fatalf("exit code %d\n%s", code, out)
			}
			if _, err := os.Stat(r.dir + "/downloads/registry/cache/" + registry + "/fnv-1.0.7.crate"); (err == nil) != public {
				t.Errorf("%s: kept: %t", registry, err == nil)
			}
			if bundles, _ := filepath.Glob(r.dir + "/downloads/git/*"); len(bundles) > 0 {
				t.Errorf("kept %q", bundles)
			}
		}
	})
}

// TestTooManyDownloads drops what was of use longest ago.
func TestTooManyDownloads(t *testing.T) {
	t.Parallel()
	eachShell(t, func(t *testing.T, shell []string) {
		t.Parallel()
		r := newFetchRoot(t, shell)
		for i, name := range []string{"registry/cache/index-1/c-1.0.0+a.crate", "git/b-0123456789abcdef.bundle", "registry/cache/index-1/a-1.0.0.crate"} {
			r.write(t, "downloads/"+name, "", 0o644)
			at := time.Now().AddDate(0, 0, -1-i)
			if err := errorsOf(os.Truncate(r.dir+"/downloads/"+name, 4<<30), os.Chtimes(r.dir+"/downloads/"+name, at, at)); err != nil {
				t.Fatal(err)
			}
		}
		r.wants(t, "fnv-1.0.7.crate")
		for name, want := range map[string]bool{
			"registry/cache/index-1/fnv-1.0.7.crate": true, "registry/cache/index-1/c-1.0.0+a.crate": true,
			"git/b-0123456789abcdef.bundle": true, "registry/cache/index-1/a-1.0.0.crate": false,
		} {
			if _, err := os.Stat(r.dir + "/downloads/" + name); (err == nil) != want {
				t.Errorf("%s is there: %t", name, err == nil)
			}
		}
	})
}
