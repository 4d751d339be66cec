package cargo

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// metadata is what cargo knows of a workspace.
type metadata struct {
	Members  []string          `json:"workspace_members"`
	Packages []metadataPackage `json:"packages"`
}

type metadataPackage struct {
	ID           string         `json:"id"`
	Name         string         `json:"name"`
	Version      string         `json:"version"`
	Manifest     string         `json:"manifest_path"`
	Source       *string        `json:"source"`
	Features     map[string]any `json:"features"`
	Dependencies []struct {
		Name            string   `json:"name"`
		Rename          *string  `json:"rename"`
		Kind            *string  `json:"kind"`
		Target          *string  `json:"target"`
		Optional        bool     `json:"optional"`
		DefaultFeatures bool     `json:"uses_default_features"`
		Features        []string `json:"features"`
		Path            string   `json:"path"`
	} `json:"dependencies"`
}

// readMetadata asks cargo, with directories relative to dir.
func readMetadata(t *testing.T, top, dir string) metadata {
	t.Helper()
	var m metadata
	out := cargo(t, filepath.Join(top, dir), "metadata", "--locked", "--format-version=1")
	if err := json.Unmarshal([]byte(strings.ReplaceAll(string(out), top, "")), &m); err != nil {
		t.Fatal(err)
	}
	return m
}

func TestSkeletonIsWhatCargoWants(t *testing.T) {
	t.Parallel()
	for name, fixture := range fixtures {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			src, dst := t.TempDir(), t.TempDir()
			fixture.tree.lay(t, src)
			// Cargo would refuse what the pattern `crates/*` also matches.
			_ = os.RemoveAll(filepath.Join(src, "app/crates/empty"))
			cargo(t, filepath.Join(src, fixture.dir), "generate-lockfile")
			w, err := Load(os.DirFS(src), fixture.dir, ".")
			if err != nil {
				t.Fatal(err)
			}
			mustSkeleton(t, w).layOver(t, src, dst)

			want, got := readMetadata(t, src, fixture.dir), readMetadata(t, dst, fixture.dir)
			comparePackages(t, w, want)
			compareDependencies(t, want, got)
			lock := filepath.Join(dst, fixture.dir, "Cargo.lock")
			before, _ := os.ReadFile(lock)
			cargo(t, filepath.Join(dst, fixture.dir), "update", "--workspace")
			if after, _ := os.ReadFile(lock); string(after) != string(before) {
				t.Errorf("cargo writes the lock differently:\n%s\nnot\n%s", after, before)
			}
			for _, command := range [][]string{{"build"}, {"check", "--all-targets"}, {"test", "--no-run"}} {
				cargo(t, filepath.Join(dst, fixture.dir), append(command, "--workspace", "--locked")...)
			}
		})
	}
}

// comparePackages checks the local packages of w against cargo's.
func comparePackages(t *testing.T, w *Workspace, want metadata) {
	t.Helper()
	known := map[string]*Package{}
	for i := range w.Packages {
		known["/"+filepath.Join(w.Packages[i].Dir, "Cargo.toml")] = &w.Packages[i]
	}
	for _, p := range want.Packages {
		if p.Source != nil {
			continue
		}
		got := known[p.Manifest]
		if got == nil {
			t.Errorf("%s %s is missing", p.Name, p.Manifest)
			continue
		}
		if member := slices.Contains(want.Members, p.ID); got.Name != p.Name || got.Version != p.Version || got.Member != member {
			t.Errorf("%s: got %s %s member=%v, want %s %s member=%v", p.Manifest, got.Name, got.Version, got.Member, p.Name, p.Version, member)
		}
	}
}

// compareDependencies checks that the skeleton's packages have the same
// dependencies and features as the real ones.
func compareDependencies(t *testing.T, want, got metadata) {
	t.Helper()
	shape := func(m metadata) string {
		slices.SortFunc(m.Packages, func(a, b metadataPackage) int { return strings.Compare(a.Manifest, b.Manifest) })
		for i := range m.Packages {
			m.Packages[i].ID, m.Packages[i].Version = "", ""
			for j := range m.Packages[i].Dependencies {
				// Cargo repeats a feature that is inherited and named.
				dep := &m.Packages[i].Dependencies[j]
				slices.Sort(dep.Features)
				dep.Features = slices.Compact(dep.Features)
			}
		}
		text, err := json.MarshalIndent(m.Packages, "", " ")
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	if len(want.Members) != len(got.Members) {
		t.Errorf("members are %v, want %v", got.Members, want.Members)
	}
	a, b := strings.Split(shape(want), "\n"), strings.Split(shape(got), "\n")
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			t.Fatalf("the skeleton has %s, want %s in\n%s", b[i], a[i], strings.Join(a, "\n"))
		}
	}
}
