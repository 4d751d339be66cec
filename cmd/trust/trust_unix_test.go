//go:build unix

package trust

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/cranekit/cranekit/config"
)

func TestGiven(t *testing.T) {
	t.Parallel()
	entries := []Entry{
		{Repository: "/a", Root: "1", Branch: "main", Trust: []config.Trust{"secrets"}},
		{Repository: "/a", Root: "1", Branch: AllBranches, Trust: []config.Trust{"network"}},
		{Repository: "/dir", Branch: AllBranches, Trust: []config.Trust{"ssh"}},
	}
	for name, c := range map[string]struct {
		place Place
		want  []config.Trust
	}{
		"branch":            {Place{"/a", true, "main", "1"}, []config.Trust{"secrets", "network"}},
		"other branch":      {Place{"/a", true, "topic", "1"}, []config.Trust{"network"}},
		"detached":          {Place{"/a", true, "", "1"}, []config.Trust{"network"}},
		"other repository":  {Place{"/a", true, "main", "2"}, nil},
		"no commits":        {Place{"/a", true, "main", ""}, nil},
		"no longer git":     {Place{"/a", false, "", ""}, nil},
		"below":             {Place{"/a/b", true, "main", "1"}, nil},
		"outside of git":    {Place{"/dir", false, "", ""}, []config.Trust{"ssh"}},
		"git in its place":  {Place{"/dir", true, "main", "1"}, nil},
		"a branch called *": {Place{"/a", true, "*", "2"}, nil},
	} {
		if got := Given(entries, c.place); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

func TestAddAndRevoke(t *testing.T) {
	t.Parallel()
	other := Entry{Repository: "/b", Root: "9", Branch: "main", Trust: []config.Trust{"ssh"}}
	at := Place{"/a", true, "main", "1"}
	list := Add([]Entry{other, {Repository: "/a", Root: "0", Branch: "main", Trust: []config.Trust{"builder"}}}, at, []config.Trust{"network"})
	list = Add(list, at, []config.Trust{"secrets", "network"})
	list = Add(list, Place{"/a", true, AllBranches, "1"}, []config.Trust{"cache"})
	want := []Entry{
		other,
		{Repository: "/a", Root: "1", Branch: "main", Trust: []config.Trust{"secrets", "network"}},
		{Repository: "/a", Root: "1", Branch: AllBranches, Trust: []config.Trust{"cache"}},
	}
	if !reflect.DeepEqual(list, want) {
		t.Errorf("%+v\nwant %+v", list, want)
	}
	want[1].Trust = []config.Trust{"network"}
	if got := Revoke(list, "/a", "main", []config.Trust{"secrets"}); !reflect.DeepEqual(got, want) {
		t.Errorf("some revoked: %+v", got)
	}
	if got := Revoke(list, "/a", "", nil); !reflect.DeepEqual(got, []Entry{other}) {
		t.Errorf("all revoked: %+v", got)
	}
}

func TestUnsafeFiles(t *testing.T) {
	t.Parallel()
	const text = "- {repository: /a, root: \"1\", branch: main, trust: [ssh]}\n"
	for name, c := range map[string]struct {
		make func(t *testing.T, dir, file string) (repository string)
		want string
	}{
		"fine":           {func(*testing.T, string, string) string { return "/a" }, ""},
		"world-writable": {func(t *testing.T, _, file string) string { try(t, os.Chmod(file, 0o602)); return "" }, "others can write it"},
		"group-writable": {func(t *testing.T, _, file string) string { try(t, os.Chmod(file, 0o620)); return "" }, "others can write it"},
		"another's":      {func(t *testing.T, _, file string) string { try(t, os.Chown(file, 12345, -1)); return "" }, "it belongs to user 12345"},
		"link": {func(t *testing.T, dir, file string) string {
			try(t, os.Rename(file, filepath.Join(dir, "other")))
			try(t, os.Symlink("other", file))
			return ""
		}, "it is a symbolic link"},
		"pipe": {func(t *testing.T, _, file string) string {
			try(t, os.Remove(file))
			try(t, unix.Mkfifo(file, 0o600))
			return ""
		}, "it is no regular file"},
		"directory": {func(t *testing.T, _, file string) string {
			try(t, os.Remove(file))
			try(t, os.Mkdir(file, 0o700))
			return ""
		}, "it is no regular file"},
		"in the repository":     {func(_ *testing.T, dir, _ string) string { return filepath.Dir(dir) }, "it lies in the repository"},
		"a way into repository": {func(t *testing.T, dir, _ string) string { return dir }, "it lies in the repository"},
		"unknown key": {func(t *testing.T, _, file string) string {
			try(t, os.WriteFile(file, []byte("- {repo: /a}\n"), 0o600))
			return ""
		}, "field repo not found"},
		"unknown trust": {func(t *testing.T, _, file string) string {
			try(t, os.WriteFile(file, []byte("- {trust: [all]}\n"), 0o600))
			return ""
		}, `"all" is nothing to trust`},
		"huge": {func(t *testing.T, _, file string) string { try(t, os.Truncate(file, 1<<30)); return "" }, "more than"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			file := filepath.Join(dir, "trust.yaml")
			try(t, os.WriteFile(file, []byte(text), 0o600))
			repository := c.make(t, dir, file)
			entries, err := Read(file, repository)
			if c.want == "" {
				if err != nil || len(entries) != 1 {
					t.Errorf("%v, %v", entries, err)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), c.want) || len(entries) > 0 {
				t.Errorf("%v, %v; want %s", entries, err, c.want)
			}
			if err := Update(t.Context(), file, repository, func(e []Entry) []Entry { return e }); err == nil {
				t.Error("it is written all the same")
			}
		})
	}
	if entries, err := Read(filepath.Join(t.TempDir(), "a", "b"), "/x"); entries != nil || err != nil {
		t.Errorf("no file: %v, %v", entries, err)
	}
	way := filepath.Join(t.TempDir(), "way")
	repository := t.TempDir()
	try(t, os.Symlink(repository, way))
	if _, err := Read(filepath.Join(way, "trust.yaml"), repository); !errors.Is(err, ErrUnsafe) {
		t.Errorf("through a link into the repository: %v", err)
	}
}

// TestTwoWriters has many writers at once, none of which may be lost.
func TestTwoWriters(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "new", "trust.yaml")
	var group sync.WaitGroup
	const writers = 20
	for i := range writers {
		group.Go(func() {
			at := Place{Repository: fmt.Sprintf("/%d", i), Branch: AllBranches}
			if err := Update(t.Context(), file, "", func(e []Entry) []Entry { return Add(e, at, []config.Trust{"ssh"}) }); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	entries, err := Read(file, "")
	if err != nil || len(entries) != writers {
		t.Errorf("%d entries, %v", len(entries), err)
	}
	info, err := os.Stat(file)
	if err != nil || info.Mode() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	left, _ := filepath.Glob(filepath.Join(filepath.Dir(file), ".trust-*"))
	if len(left) > 0 {
		t.Errorf("left over: %v", left)
	}
}

func try(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
