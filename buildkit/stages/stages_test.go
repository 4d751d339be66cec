package stages

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"
)

func TestMemory(t *testing.T) {
	t.Parallel()
	place := &Place{Dir: t.TempDir(), Workspace: "/w", Branch: "main", Base: "main"}
	on := func(branch string) *Memory {
		p := *place
		p.Branch = branch
		return p.On("worker")
	}
	remember := func(branch string, s Stage) {
		t.Helper()
		if err := on(branch).Remember(s); err != nil {
			t.Fatal(err)
		}
	}
	old := time.Now().Add(-time.Hour)
	remember("main", Stage{Key: "1", Name: "deps check", Family: "f", Definition: []byte("one")})
	age(t, place.Dir, old)
	remember("main", Stage{Key: "2", Name: "deps (x) check", Family: "f", Below: []byte("two")})
	age(t, place.Dir, old.Add(time.Minute))
	remember("change 7", Stage{Key: "3", Name: "deps check", Family: "f"})

	for _, c := range []struct {
		branch, family, name, want string
	}{
		{"main", "f", "deps check", "1"},     // that of the name, though another one is newer
		{"main", "f", "deps (y) check", "2"}, // the newest
		{"main", "g", "deps check", ""},
		{"change 7", "f", "deps check", "3"},
		{"change 7", "f", "deps (x) check", "3"}, // its own before the base's
		{"change 8", "f", "deps check", "1"},     // the base's, never another change's
	} {
		s, ok := on(c.branch).Latest(c.family, c.name)
		if ok != (c.want != "") || s.Key != c.want {
			t.Errorf("%s: the last %s of %s is %q, want %q", c.branch, c.name, c.family, s.Key, c.want)
		}
	}
	if !on("change 8").Known("1") || on("main").Known("3") {
		t.Error("what is known is not that of the branch and of its base")
	}
	if _, ok := place.On("another").Latest("f", "deps check"); ok {
		t.Error("one builder has what another made")
	}
	place.Workspace = "/v"
	if _, ok := on("main").Latest("f", "deps check"); ok {
		t.Error("one workspace has what is another's")
	}
}

// TestDomain: no workspace and no branch has the domain of another.
func TestDomain(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{(*Place)(nil).Domain(): true}
	for _, p := range []Place{{Workspace: "/w", Branch: "main"}, {Workspace: "/w", Branch: "fork main"}, {Workspace: "/v", Branch: "main"}, {Workspace: "/w\x00main"}} {
		if domain := p.Domain(); seen[domain] {
			t.Errorf("%+v has the domain of another", p)
		} else {
			seen[domain] = true
		}
	}
}

// TestDamaged: what was cut off is not there, and does not hide what is.
func TestDamaged(t *testing.T) {
	t.Parallel()
	place := &Place{Dir: t.TempDir(), Workspace: "/w", Branch: "main", Base: "main"}
	m := place.On("worker")
	for _, key := range []string{"1", "2"} {
		if err := m.Remember(Stage{Key: key, Name: "deps check", Family: "f", Definition: make([]byte, 1<<16)}); err != nil {
			t.Fatal(err)
		}
	}
	damaged := filepath.Join(m.dirs[0], file("2"))
	if err := os.Truncate(damaged, 20); err != nil {
		t.Fatal(err)
	}
	if s, ok := m.Latest("f", "deps check"); !ok || s.Key != "1" {
		t.Errorf("found %q", s.Key)
	}
}

func TestKept(t *testing.T) {
	t.Parallel()
	m := (&Place{Dir: t.TempDir(), Workspace: "/w", Branch: "main", Base: "main"}).On("worker")
	for i := range 2 * kept {
		if err := m.Remember(Stage{Key: fmt.Sprint(i), Family: "f"}); err != nil {
			t.Fatal(err)
		}
		age(t, m.dirs[0], time.Now().Add(time.Duration(i-1000)*time.Minute), file(fmt.Sprint(i)))
	}
	if n := len(newest(m.dirs[0])); n != kept {
		t.Errorf("%d stages are kept, want %d", n, kept)
	}
	if m.Known("0") || !m.Known(fmt.Sprint(2*kept-1)) {
		t.Error("the oldest are kept, not the newest")
	}
}

// age sets the times of files, all below dir or those named.
func age(t *testing.T, dir string, to time.Time, names ...string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() || len(names) > 0 && filepath.Base(path) != names[0] {
			return err
		}
		if info, err := entry.Info(); err != nil || len(names) == 0 && info.ModTime().Before(time.Now().Add(-10*time.Minute)) {
			return err
		}
		return os.Chtimes(path, to, to)
	})
	if err != nil {
		t.Fatal(err)
	}
}
