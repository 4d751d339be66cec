package git

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestUserExcludes wants files that the user ignores everywhere to stay out.
func TestUserExcludes(t *testing.T) {
	dir, home := fresh(t), t.TempDir()
	put(t, dir, "a.swp", "")
	put(t, dir, "b.swp", "")
	put(t, home, "ignored", "a.swp\n")
	put(t, home, ".config/git/ignore", "b.swp\n")
	t.Setenv("HOME", home)
	t.Setenv("XDG_CONFIG_HOME", "")
	if names := list(t, dir); slices.Contains(names, "b.swp") || !slices.Contains(names, "a.swp") {
		t.Errorf("without core.excludesFile: %q", names)
	}
	put(t, home, ".gitconfig", "[core]\n\texcludesFile = ~/ignored\n")
	if names := list(t, dir); slices.Contains(names, "a.swp") || !slices.Contains(names, "b.swp") {
		t.Errorf("with core.excludesFile: %q", names)
	}
}

// TestHook runs as in a hook, where git has set variables about another
// repository, and in another language.
func TestHook(t *testing.T) {
	outer, other := fresh(t), fresh(t)
	put(t, other, "other.txt", "")
	must(t, other, "add", ".")
	sub := filepath.Join(outer, "sub")
	must(t, outer, "submodule", "--quiet", "add", other, "sub")
	linked := filepath.Join(t.TempDir(), "linked")
	must(t, outer, "worktree", "add", "-q", linked)
	want := map[string][]string{}
	for _, dir := range []string{outer, sub, filepath.Join(linked, "ws")} {
		want[dir] = list(t, dir)
	}
	for name, value := range map[string]string{
		"GIT_DIR": filepath.Join(other, ".git"), "GIT_INDEX_FILE": filepath.Join(other, ".git/index"), "GIT_WORK_TREE": other, "GIT_PREFIX": "ws/",
		"GIT_OBJECT_DIRECTORY": "/nowhere", "GIT_COMMON_DIR": "/nowhere", "GIT_NAMESPACE": "x", "GIT_CEILING_DIRECTORIES": filepath.Dir(outer),
		"GIT_LITERAL_PATHSPECS": "1", "GIT_ICASE_PATHSPECS": "1", "LC_ALL": "de_DE.UTF-8", "LANGUAGE": "de",
	} {
		t.Setenv(name, value)
	}
	for dir, names := range want {
		if got := list(t, dir); !slices.Equal(got, names) {
			t.Errorf("%s: %q, want %q", dir, got, names)
		}
		if r, err := Open(t.Context(), dir); err != nil || dir != r.Top && dir != filepath.Join(r.Top, "ws") {
			t.Errorf("%s: top %v (%v)", dir, r, err)
		}
	}
}

// TestOwner compares with what git itself refuses.
func TestOwner(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("needs root to give files away")
	}
	const other = 12345
	home := t.TempDir()
	for name, c := range map[string]struct {
		give   []string
		config string
		sudo   string
		want   bool
	}{
		"own":               {nil, "", "", true},
		"top":               {[]string{"."}, "", "", false},
		"git directory":     {[]string{".git"}, "", "", false},
		"named":             {[]string{".", ".git"}, "[safe]\n\tdirectory = TOP\n", "", true},
		"all":               {[]string{".", ".git"}, "[safe]\n\tdirectory = *\n", "", true},
		"forgotten":         {[]string{".", ".git"}, "[safe]\n\tdirectory = *\n\tdirectory = \n", "", false},
		"another":           {[]string{".", ".git"}, "[safe]\n\tdirectory = TOP/ws\n", "", false},
		"sudo":              {[]string{".", ".git"}, "", "12345", true},
		"sudo of a third":   {[]string{".", ".git"}, "", "54321", false},
		"sudo, own":         {nil, "", "12345", true},
		"of the repository": {[]string{".", ".git"}, "OWN", "", false},
	} {
		t.Run(name, func(t *testing.T) {
			dir := fresh(t)
			if c.config == "OWN" {
				must(t, dir, "config", "safe.directory", "*")
			}
			put(t, home, ".gitconfig", strings.ReplaceAll(strings.ReplaceAll(c.config, "TOP", dir), "OWN", ""))
			t.Setenv("HOME", home)
			t.Setenv("SUDO_UID", c.sudo)
			for _, name := range c.give {
				if err := os.Lchown(filepath.Join(dir, name), other, other); err != nil {
					t.Fatal(err)
				}
			}
			_, err := plain(t.Context(), dir, "rev-parse", "HEAD")
			if (err == nil) != c.want {
				t.Fatalf("git itself: %v, want %v", err, c.want)
			}
			_, err = Open(t.Context(), filepath.Join(dir, "ws"))
			var owner *OwnerError
			if c.want && err != nil || !c.want && !errors.As(err, &owner) {
				t.Errorf("error %v, want none: %v", err, c.want)
			}
			if owner != nil && !strings.Contains(err.Error(), "safe.directory "+dir) {
				t.Errorf("%v does not say what to do", err)
			}
		})
	}
}
